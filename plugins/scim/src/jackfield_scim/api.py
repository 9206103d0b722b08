"""The requests: each method is one, and says what it needs by the name of a permission.

Hides how a request is written for this provider: media type, PATCH forms, ETags.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from jackfield.errors import MissingPermission, NotFound, Refused, RemoteContract, Unsupported
from jackfield.hookspecs import Context
from jackfield.http import Answer, JsonApi
from jackfield_scim import wire
from jackfield_scim.config import Choice, Form, Paging, Removal, ScimConfig, authorizer, base_url

USERS: Final = "Users"
GROUPS: Final = "Groups"
PROBE: Final = "jackfield-probe"
"""An id that nobody has."""

_REFUSALS: Final[Mapping[int | str, Any]] = {400: Refused, 405: Unsupported, 413: Refused}
_DOCUMENT: Final = "ServiceProviderConfig"


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says of itself; None where it does not say."""

    patch: bool | None = None
    filter: bool | None = None
    etag: bool | None = None
    cursor: bool | None = None


class _Once:
    """What the provider says of itself, once it was asked; shared by all that is ``traced``."""

    def __init__(self) -> None:
        self.asking = asyncio.Lock()
        self.said: Service | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One resource: as it came (*raw*), with names in small letters (*seen*), and its version if it has one."""

    raw: dict[str, Any]
    seen: wire.Attributes
    etag: str | None = None

    @property
    def id(self) -> str | None:
        """Its id."""
        return wire.ident(self.seen.get("id"))


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One change of an attribute: *op* is add, remove or replace."""

    op: str
    path: str
    value: Any = msgspec.UNSET


class Api:
    """The routes of one provider. Keeps what the provider says of itself, which is asked for once."""

    def __init__(self, json: JsonApi, config: ScimConfig) -> None:
        self._json = json
        self.config = config
        self._once = _Once()

    def traced(self) -> "Api":
        """The same, with its own list of ``request_ids``."""
        traced = Api.__new__(Api)
        vars(traced).update(vars(self), _json=self._json.traced())
        return traced

    @property
    def request_ids(self) -> tuple[str, ...]:
        """The ids of the requests so far, where it is ``traced``."""
        return self._json.request_ids

    # --- what the provider can do ------------------------------------------------------------------------------------

    async def service(self) -> Service:
        """What the provider says of itself; nothing where it has no such document."""
        once = self._once
        if once.said is None:
            async with once.asking:
                if once.said is None:
                    once.said = await self._ask_service()
        return once.said

    async def _ask_service(self) -> Service:
        config = self.config
        if config.paging is not Paging.AUTO and Choice.AUTO not in (config.patch, config.filters):
            return Service()
        try:
            answer = await self._call("GET", _DOCUMENT)
        except (NotFound, MissingPermission, Refused, RemoteContract, Unsupported):
            return Service()
        found = wire.attributes(wire.lowered(wire.document(answer.response.body))) or {}

        def says(what: str, key: str) -> bool | None:
            part = wire.attributes(found.get(what))
            return wire.truth(part.get(key), texts=True) if part is not None else None

        return Service(
            patch=says("patch", "supported"),
            filter=says("filter", "supported"),
            etag=says("etag", "supported"),
            cursor=says("pagination", "cursor"),
        )

    async def patches(self) -> bool:
        """Whether PATCH is used."""
        if self.config.patch is not Choice.AUTO:
            return self.config.patch is Choice.YES
        return (await self.service()).patch is not False

    async def filters(self) -> bool:
        """Whether the provider can be asked by filters."""
        if self.config.filters is not Choice.AUTO:
            return self.config.filters is Choice.YES
        return (await self.service()).filter is not False

    async def by_cursor(self) -> bool:
        """Whether listings are read by cursor."""
        if self.config.paging is not Paging.AUTO:
            return self.config.paging is Paging.CURSOR
        return (await self.service()).cursor is True

    # --- reads -------------------------------------------------------------------------------------------------------

    async def find(self, endpoint: str, id: str) -> Found | None:
        """One resource, None if the provider says that there is none. Raises what can't be decided."""
        try:
            answer = await self._call("GET", endpoint + "/{}", id)
        except NotFound:
            return None
        return self.resource(answer, id)

    async def listing(self, endpoint: str, params: Mapping[str, str | int], expired: Sequence[str] = ()) -> Answer:
        """One page of a listing."""
        return await self._call("GET", endpoint, params=params, expired=expired)

    def resource(self, answer: Answer, id: str | None = None) -> Found:
        """The resource that an answer holds; raises RemoteContract unless it is one, and has the *id* that was asked for."""
        raw = wire.document(answer.response.body)
        seen = wire.attributes(wire.lowered(raw))
        found = wire.ident(seen.get("id")) if seen is not None else None
        if seen is None or found is None or (id is not None and found != id):
            what = "no resource" if found is None else "another resource than the one asked for"
            raise RemoteContract(f"the answer holds {what}", route=answer.route, request_id=answer.response.request_id)
        meta = wire.attributes(seen.get("meta")) or {}
        etag = wire.text(answer.response.headers.get("etag")) or wire.text(meta.get("version"))
        return Found(raw=raw, seen=seen, etag=etag)

    # --- writes ------------------------------------------------------------------------------------------------------

    async def create(self, endpoint: str, document: Mapping[str, Any]) -> Found:
        """Make a resource, and give it as the provider has it."""
        return self.resource(await self._call("POST", endpoint, json=document))

    async def delete(self, endpoint: str, id: str) -> None:
        """Delete one resource."""
        await self._call("DELETE", endpoint + "/{}", id)

    async def patch(self, endpoint: str, id: str, operations: Sequence[Operation], etag: str | None = None) -> None:
        """Change single attributes of a resource."""
        written = [self._written(each) for each in operations]
        if self.config.patch_form is Form.VALUE:
            written = _joined(written)
        document = {"schemas": [wire.PATCH_OP], self.config.patch_operations: written}
        await self._call("PATCH", endpoint + "/{}", id, json=document, headers=_if_match(etag))

    async def put(self, endpoint: str, id: str, document: Mapping[str, Any], etag: str | None) -> None:
        """Put a whole resource in the place of the one that has this *etag*."""
        await self._call("PUT", endpoint + "/{}", id, json=document, headers=_if_match(etag))

    def removal(self, attribute: str, ids: Sequence[str]) -> list[Operation]:
        """What takes values of a multi-valued attribute away, in the provider's form."""
        if self.config.patch_removal is Removal.VALUE:
            return [Operation(op="remove", path=attribute, value=[{"value": id} for id in ids])]
        return [Operation(op="remove", path=f"{attribute}[value eq {quoted(id)}]") for id in ids]

    def truth(self, value: bool) -> bool | str:
        """A truth as the provider writes it."""
        return str(value) if self.config.text_booleans else value

    def _written(self, operation: Operation) -> dict[str, Any]:
        op = operation.op.capitalize() if self.config.patch_capitals else operation.op
        value = {} if operation.value is msgspec.UNSET else {"value": operation.value}
        return {"op": op, "path": operation.path, **value}

    async def _call(
        self,
        method: str,
        path: str,
        *ids: str,
        params: Mapping[str, str | int] | None = None,
        json: Any = msgspec.UNSET,
        headers: Mapping[str, str] | None = None,
        expired: Sequence[str] = (),
    ) -> Answer:
        api = self._json
        address = api.address(path, *ids, params=params)
        try:
            return await api.call(method, address, path, json=json, headers=headers, expired=expired)
        except MissingPermission as error:
            error.permission = permission(method, path)
            raise


def permission(method: str, path: str) -> str:
    """What a request needs, in words: SCIM itself has no names for rights."""
    return f"{'read' if method == 'GET' else 'write'} /{path.split('/')[0]}"


def quoted(value: str) -> str:
    """A text as filters and paths write it: that is JSON's way (RFC 7644, 3.4.2.2)."""
    return msgspec.json.encode(value).decode()


def open_api(config: ScimConfig, context: Context) -> Api:
    """The API of one connection; makes no request."""
    json = JsonApi(
        context.http,
        base_url(config),
        authorizer(config, context),
        tag=wire.word_of_status if config.bare_errors else wire.word_of_error,
        refusals=_REFUSALS,
        media_type=config.media_type,
    )
    return Api(json, config)


def _if_match(etag: str | None) -> Mapping[str, str]:
    return {"If-Match": etag} if etag is not None else {}


def _joined(written: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Operations that replace single values as one that has no path; others as they are."""
    values: dict[str, Any] = {}
    others: list[dict[str, Any]] = []
    op = ""
    for each in written:
        if str(each["op"]).lower() == "replace" and "[" not in str(each["path"]):
            op, values[str(each["path"])] = str(each["op"]), each["value"]
        else:
            others.append(dict(each))
    return [*others, *([{"op": op, "value": values}] if values else [])]
