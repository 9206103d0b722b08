"""``scim2-server``, a SCIM server by others, in a thread on loopback: what the connector is tried on.

Needs the extra ``server``.
"""

import io
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlencode
from wsgiref.simple_server import WSGIRequestHandler, make_server

from scim2_models import (
    ForbiddenException,
    InvalidValueException,
    Pagination,
    Resource,
    ResourceType,
    ScimProvider,
    ServiceProviderConfig,
)
from scim2_server.memory import InMemoryStorage
from scim2_server.requests import ScimRequest
from scim2_server.routing import Operation, Target
from scim2_server.service import ScimService
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.testserver.cli import ThreadingWSGIServer
from scim2_server.utils import load_default_resource_types, load_default_schemas, load_default_service_provider_config

TOKEN: Final = "of-the-test-server"  # noqa: S105 - of no other server than this
CLIENT: Final = "the-test-client"
CLIENT_SECRET: Final = "secret-of-the-test-client"  # noqa: S105
_READS: Final = (Operation.query, Operation.search, Operation.search_with_body)


class Storage(InMemoryStorage):
    """The server's storage in memory, which counts the resources that were made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: Counter[str] = Counter()

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """As that of others."""
        found = super().create(resource_type, resource)
        self.made[f"made {resource_type.name} {getattr(resource, 'user_name', None)}"] += 1
        return found

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """As that of others; but as large providers do, it takes no new member whom it does not know."""
        known = {each.id for each in self.resources}
        old = next((each for each in self.resources if each.id == resource.id), None)
        had = {each.value for each in getattr(old, "members", None) or ()}
        if any(each.value not in known | had for each in getattr(resource, "members", None) or ()):
            raise InvalidValueException
        return super().update(resource_type, resource, expected_version=expected_version)


class Service(ScimService):
    """The server's protocol, with rights: the names of what the token may do; None lets it do everything."""

    rights: frozenset[str] | None = None

    def know_cursors_by(self, secret: str) -> None:
        """Take another secret, so that cursors that were given before mean nothing."""
        self._cursors = self._build_cursors(secret)

    def authorize(self, request: ScimRequest, target: Target, resource_type: ResourceType) -> None:
        """Refuse what the token may not."""
        verb = "read" if target.operation in _READS else "write"
        if self.rights is not None and f"{verb} {resource_type.endpoint}" not in self.rights:
            raise ForbiddenException


class Server:
    """A server that runs."""

    token = TOKEN

    def __init__(self, url: str, storage: Storage, service: Service, issued: set[str]) -> None:
        self.url = url
        self.token_url = url.replace("/v2", "/token")
        self._issued = issued
        self.storage = storage
        self.service = service

    def expire(self) -> None:
        """Let all access tokens lapse that the client was given."""
        self._issued.clear()

    def add(self, document: dict[str, Any]) -> str:
        """Make a resource by no request, and give its id."""
        provider = self.service.provider
        for type in provider.resource_types:
            if type.schema_ in document["schemas"]:
                model = self.service.get_model(type)
                return self.storage.create(type, model.model_validate(document)).id or ""
        raise ValueError(document["schemas"])

    def give(self, id: str, attributes: dict[str, Any]) -> None:
        """Give a user other attributes, by no request."""
        (found,) = [each for each in self.storage.resources if each.id == id]
        model = type(found)
        whole = model.model_validate({**found.model_dump(), **attributes})
        with self.storage.lock:
            for name in attributes:
                setattr(found, name, getattr(whole, name))
            if found.meta is not None and found.meta.created is not None:
                found.meta.last_modified = found.meta.created + timedelta(days=1)

    def remove(self, id: str, *, from_groups: bool = False) -> None:
        """Take a resource away by no request; groups go on naming it, as this server lets them, unless *from_groups*."""
        for type in self.service.provider.resource_types:
            if any(each["id"] == id for each in self.every(type.name or "")):
                self.storage.delete(type, id)
        with self.storage.lock:
            for each in self.storage.resources if from_groups else ():
                if members := getattr(each, "members", None):
                    setattr(each, "members", [one for one in members if one.value != id])  # noqa: B010 - models are made at run time

    def every(self, type: str) -> list[dict[str, Any]]:
        """All resources of a type, as the storage has them."""
        found = [each for each in self.storage.resources if each.meta is not None and each.meta.resource_type == type]
        return [each.model_dump() for each in found]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def by_cursor() -> ServiceProviderConfig:
    """What a server says of itself that gives its listings by cursor."""
    config = load_default_service_provider_config()
    config.pagination = Pagination(
        cursor=True,
        index=True,
        default_pagination_method=Pagination.DefaultPaginationMethod.index,
        default_page_size=3,
        max_page_size=100,
    )
    return config


Answering = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_EMPTY: Final = "empty."
_ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:Error"
_LIST: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def _sparing(application: Answering) -> Answering:
    """*application* with listings as large providers give them: groups without their members, and empty pages on the way.

    Each page by a cursor is preceded by an empty one, whose next cursor leads to it; there are no pages by index.
    """

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or not environ["PATH_INFO"].endswith(("/Users", "/Groups")):
            return application(environ, start)
        asked = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"], keep_blank_values=True).items()}
        if "startIndex" in asked:
            start("400 Bad Request", [("Content-Type", "application/scim+json")])
            refusal = {"schemas": [_ERROR], "status": "400", "scimType": "invalidValue", "detail": "pages go by cursor"}
            return [json.dumps(refusal).encode()]
        cursor = asked.get("cursor", "")
        if cursor and not cursor.startswith(_EMPTY):
            body = {"schemas": [_LIST], "Resources": [], "nextCursor": _EMPTY + cursor}
            start("200 OK", [("Content-Type", "application/scim+json")])
            return [json.dumps(body).encode()]
        if cursor:
            asked["cursor"] = cursor.removeprefix(_EMPTY)
        if environ["PATH_INFO"].endswith("/Groups"):
            asked["excludedAttributes"] = "members"
        return application({**environ, "QUERY_STRING": urlencode(asked)}, start)

    return answer


def _strict(application: Answering) -> Answering:
    """*application*, which refuses a resource with a schema extension that its ``schemas`` does not name (RFC 7643, 3)."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("POST", "PUT"):
            return application(environ, start)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            given = json.loads(body)
        except ValueError:
            given = None
        if isinstance(given, dict):
            document = cast("dict[str, Any]", given)
            if any(name.startswith("urn:") and name not in document.get("schemas", ()) for name in document):
                start("400 Bad Request", [("Content-Type", "application/scim+json")])
                refusal = {
                    "schemas": [_ERROR],
                    "status": "400",
                    "scimType": "invalidSyntax",
                    "detail": "unnamed schema",
                }
                return [json.dumps(refusal).encode()]
        return application({**environ, "wsgi.input": io.BytesIO(body)}, start)

    return answer


_TRUTHS: Final = re.compile(rb'("(?:active|primary)": ?)(true|false)\b')
_TOTAL_RESULTS: Final = re.compile(rb'("totalResults": ?)\d+')
_TRUTH_SENT: Final = re.compile(rb'"(?:active|primary|value)": ?(?:true|false)\b')


def _textual(application: Answering) -> Answering:
    """*application* of a provider that gives truths as the texts "True" and "False", takes no others, and has no groups.

    Where it should count all, it counts the page.
    """

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if "/Groups" in environ["PATH_INFO"] or _TRUTH_SENT.search(body):
            status, said = ("400 Bad Request", "invalidValue") if body else ("404 Not Found", None)
            start(status, [("Content-Type", "application/scim+json")])
            return [json.dumps({"schemas": [_ERROR], "status": status[:3], "scimType": said}).encode()]
        begun: list[Any] = []
        given = application({**environ, "wsgi.input": io.BytesIO(body)}, lambda *some: begun.extend(some))
        told = _TRUTHS.sub(lambda found: found[1] + b'"' + found[2].title() + b'"', b"".join(given))
        if _TOTAL_RESULTS.search(told):
            told = _TOTAL_RESULTS.sub(
                lambda found: found[1] + str(len(json.loads(told).get("Resources") or ())).encode(), told
            )
        start(begun[0], [(name, value) for name, value in begun[1] if name.lower() != "content-length"])
        return [told]

    return answer


def _issuing(application: Answering, issued: set[str]) -> Answering:
    """*application* with a token endpoint for client credentials (RFC 6749, 4.4); it keeps what it gives in *issued*."""
    number = count(1)

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/token":
            sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
            form = {name: values[0] for name, values in parse_qs(sent).items()}
            known = (form.get("client_id"), form.get("client_secret")) == (CLIENT, CLIENT_SECRET)
            token = f"access-token-{next(number)}"
            if known:
                issued.add(token)
            body = (
                {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
                if known
                else {"error": "invalid_client"}
            )
            start("200 OK" if known else "401 Unauthorized", [("Content-Type", "application/json")])
            return [json.dumps(body).encode()]
        if environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ") in issued:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
        return application(environ, start)

    return answer


@cache
def _provider(config: str) -> ScimProvider:
    """The default types under a configuration, given as JSON: models are made at run time, which takes longer than a test."""
    return ScimProvider.from_discovery(
        load_default_schemas().values(),
        load_default_resource_types().values(),
        config=ServiceProviderConfig.model_validate_json(config),
    )


@contextmanager
def serve(
    config: ServiceProviderConfig | None = None, *, sparing: bool = False, textual: bool = False
) -> Generator[Server]:
    """A server with nothing in it, for as long as the block lasts.

    *sparing* with what it puts into listings; *textual*: without groups, truths are texts, and
    totals those of a page.
    """
    provider = _provider((config or load_default_service_provider_config()).model_dump_json())
    storage, service = Storage(), Service(provider, secret=TOKEN)
    application = BearerTokenApplication(storage, provider, service=service, bearer_tokens=[TOKEN])
    strict = _strict(application)
    issued: set[str] = set()
    own = _sparing(strict) if sparing else _textual(strict) if textual else strict
    answering: Any = _issuing(own, issued)
    with make_server("127.0.0.1", 0, answering, server_class=ThreadingWSGIServer, handler_class=_Quiet) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Server(f"http://127.0.0.1:{http.server_port}/v2", storage, service, issued)
        finally:
            http.shutdown()
            thread.join()
