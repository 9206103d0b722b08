"""A JSON API over HTTP: addresses, credentials, typed answers, and refusals by the host's names for them.

Promises that only an answer known as success counts as one, that what a refusal means is decided by status and tag and
never by its text, and that nothing secret shows. Hides encoding and decoding.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast, overload
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from jackfield.errors import (
    BadCredentials,
    CursorExpired,
    JackfieldError,
    MissingPermission,
    NotFound,
    Refused,
    RemoteContract,
    Transient,
    Unsupported,
)
from jackfield.http import links, places
from jackfield.http.address import checked_address
from jackfield.http.contract import Authorizer, HttpSession, KeyInAddress, Response, RetryAfter
from jackfield_contracts import Outcome, OutcomeKind

T = TypeVar("T")

Plain = str | int | float | bool | None
Params = Mapping[str, Plain | Sequence[Plain]]
"""Query parameters: None is left out, true and false are so written, of several values each is sent."""

Meaning = type[JackfieldError]

Tag = str | Callable[[Response], str | None]
"""The place of the application's own word for a refusal, or what finds that word in an answer."""

REFUSALS: Final[Mapping[int | str, Meaning]] = MappingProxyType(
    {
        400: RemoteContract,
        401: BadCredentials,
        402: MissingPermission,
        403: MissingPermission,
        404: NotFound,
        408: Transient,
        409: Refused,
        410: NotFound,
        412: Refused,
        422: Refused,
        423: Refused,
        425: Transient,
        501: Unsupported,
    }
)
"""What a status means unless the connector says otherwise; any other that is no success is RemoteContract."""

DONE: Final = (200, 201, 204)
"""Statuses of success. 202 is none of them: it only says that something may come of it."""

_JSON: Final = "application/json"
_TAG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_NO_SEGMENT: Final = ("", ".", "..")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A success: the answer as it came, and the route and address that it is of."""

    response: Response
    route: str
    address: str


class JsonApi:
    """A JSON API under *base_url*, called with the credentials of *auth*.

    *refusals* says what statuses and tags mean, laid over ``REFUSALS``; a tag counts more than a status. *tag* is the
    place of the application's own word for a refusal (see ``places``), or a function that gives it for an answer:
    where it is named, only an answer with such a word is NotFound. *permission* is the place of what is missing in a
    refusal that means MissingPermission; without it that is the tag. *ok* is the place of a value that is true in
    every success, for applications that refuse with status 200 as well. *request_id* names the header by which the
    application tells its requests apart, where its name does not end in ``request-id``. *media_type* is that of what
    is sent and asked for. *headers* go with every request.

    Raises BadConfig for a *base_url* over which credentials would travel in the clear, see ``checked_address``. Each
    method is one request and raises what ``HttpSession.request`` raises, and what the answer means.
    """

    def __init__(
        self,
        http: HttpSession,
        base_url: str,
        auth: Authorizer | None = None,
        *,
        tag: Tag | None = None,
        refusals: Mapping[int | str, Meaning] | None = None,
        permission: str | None = None,
        ok: str | None = None,
        request_id: str | None = None,
        media_type: str = _JSON,
        headers: Mapping[str, str] | None = None,
        retry_after: RetryAfter | None = None,
    ) -> None:
        self._http = http
        self._base_url = checked_address(base_url).rstrip("/")
        self._auth = auth
        self._tag = tag
        self._refusals = {**REFUSALS, **(refusals or {})}
        self._permission = permission
        self._ok = ok
        self._request_id = request_id.lower() if request_id is not None else None
        self._media_type = media_type
        self._headers = dict(headers or {})
        self._retry_after = retry_after
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
        self._heard: list[str] | None = None

    def traced(self) -> "JsonApi":
        """The same, with its own list of ``request_ids``."""
        traced = JsonApi.__new__(JsonApi)
        vars(traced).update(vars(self), _heard=[])
        return traced

    @property
    def request_ids(self) -> tuple[str, ...]:
        """The ids of the requests so far, where it is ``traced``."""
        return tuple(self._heard or ())

    async def get(self, path: str, *ids: str, type: type[T], params: Params | None = None) -> T:
        """What lies at *path*, in which each ``{}`` stands for one of *ids*, encoded."""
        answer = await self.call("GET", self.address(path, *ids, params=params), path)
        return self.decode(answer, type)

    async def find(self, path: str, *ids: str, type: type[T], params: Params | None = None) -> T | None:
        """As ``get``, None where the application says that there is no such thing."""
        try:
            return await self.get(path, *ids, type=type, params=params)
        except NotFound:
            return None

    @overload
    async def send(
        self,
        method: str,
        path: str,
        *ids: str,
        json: Any = ...,
        params: Params | None = ...,
        headers: Mapping[str, str] | None = ...,
        type: type[T],
    ) -> T: ...
    @overload
    async def send(
        self,
        method: str,
        path: str,
        *ids: str,
        json: Any = ...,
        params: Params | None = ...,
        headers: Mapping[str, str] | None = ...,
    ) -> None: ...
    async def send(
        self,
        method: str,
        path: str,
        *ids: str,
        json: Any = msgspec.UNSET,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        type: type[T] | None = None,
    ) -> T | None:
        """Send *json* (nothing unless given) by *method*, and decode the answer if a *type* is given.

        *headers* go with this request alone, such as ``If-Match``.
        """
        answer = await self.call(method, self.address(path, *ids, params=params), path, json=json, headers=headers)
        return None if type is None else self.decode(answer, type)

    async def begin(
        self,
        method: str,
        path: str,
        *ids: str,
        json: Any = msgspec.UNSET,
        params: Params | None = None,
        type: type[T],
    ) -> T:
        """As ``send``, for what the application only promises to do: 202 is a success here, and names what to ask after.

        The change is then ``pending``, its ``job`` a text by which ``job_status`` asks how it stands.
        """
        address = self.address(path, *ids, params=params)
        return self.decode(await self.call(method, address, path, json=json, done=(*DONE, 202)), type)

    async def begin_at(
        self, method: str, path: str, *ids: str, json: Any = msgspec.UNSET, params: Params | None = None
    ) -> str:
        """As ``begin``, for applications that name what to ask after in the header Location: its path and query.

        Raises RemoteContract without such a header, or for one on another origin: credentials go to one only.
        """
        address = self.address(path, *ids, params=params)
        answer = await self.call(method, address, path, json=json, done=(*DONE, 202))
        target = answer.response.headers.get("location", "")
        try:
            if not target:
                raise RemoteContract("the answer names nothing to ask after: it has no header Location")
            return links.same_origin(target, address)
        except RemoteContract as error:
            raise error.locate(route=path, request_id=answer.response.request_id) from None

    async def change(
        self,
        method: str,
        path: str,
        *ids: str,
        json: Any = msgspec.UNSET,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        already: Collection[str] = (),
    ) -> Outcome:
        """Send a change of one thing for its outcome: *changed*, *already* by a tag in *already*, or *refused*.

        Raises where the answer is no decision on the change; whether it was made is then for the host to read.
        """
        api = self.traced()
        try:
            await api.call(method, api.address(path, *ids, params=params), path, json=json, headers=headers)
        except Refused as error:
            known = error.tag is not None and error.tag in already
            return Outcome(
                outcome=OutcomeKind.ALREADY if known else OutcomeKind.REFUSED,
                tag=error.tag or error.code,
                reason=error.summary,
                request_ids=api.request_ids,
            )
        finally:
            if self._heard is not None:
                self._heard.extend(api.request_ids)
        return Outcome(outcome=OutcomeKind.CHANGED, request_ids=api.request_ids)

    # --- what paging is made of --------------------------------------------------------------------------------------

    def address(self, path: str, *ids: str, params: Params | None = None) -> str:
        """The address of *path* with *ids* in their places, encoded; raises Refused for an id that no path can carry."""
        if path.count("{}") != len(ids):
            raise ValueError(f"the path {path!r} has places for {path.count('{}')} ids, not for {len(ids)}")
        if any(id in _NO_SEGMENT for id in ids):
            # Clients and servers alike take these for steps of the path, which would then name something else.
            raise Refused("the application can't be asked for such an id: it is empty, '.' or '..'", tag="bad_id")
        filled = path.lstrip("/").format(*(quote(id, safe="") for id in ids))
        query = urlencode(list(_pairs(params or {})))
        address = f"{self._base_url}/{filled}"
        return f"{address}{'&' if '?' in address else '?'}{query}" if query else address

    def on_origin(self, target: str) -> str:
        """The address of *target*, a path with a query, on the API's own origin."""
        parts = urlsplit(self._base_url)
        return f"{parts.scheme}://{parts.netloc}{target}"

    @property
    def key_names(self) -> frozenset[str]:
        """Query parameters that carry credentials; the application may repeat them in the addresses that it gives."""
        return frozenset(self._auth.parameters()) if isinstance(self._auth, KeyInAddress) else frozenset()

    def holds_secret(self, text: str) -> bool:
        """See ``HttpSession.holds_secret``."""
        return self._http.holds_secret(text)

    async def call(
        self,
        method: str,
        address: str,
        route: str,
        *,
        json: Any = msgspec.UNSET,
        expired: Collection[int | str] = (),
        done: Collection[int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send to a whole *address*; *expired* are statuses and tags that mean CursorExpired at this call.

        *headers* go with this request alone. *done* are the statuses of success: ``DONE`` for a write and 200 for a read,
        unless given.
        """
        response = await self._http.request(
            method,
            address,
            body=None if json is msgspec.UNSET else msgspec.json.encode(json),
            headers={
                "Accept": self._media_type,
                **({} if json is msgspec.UNSET else {"Content-Type": self._media_type}),
                **self._headers,
                **(headers or {}),
            },
            auth=self._auth,
            retry_after=self._retry_after,
        )
        if self._request_id is not None and response.request_id is None:
            named = response.headers.get(self._request_id, "")
            response = msgspec.structs.replace(response, request_id=named if _TAG.fullmatch(named) else None)
        if self._heard is not None and response.request_id is not None:
            self._heard.append(response.request_id)
        if done is None:
            done = DONE if method != "GET" else (200,)
        if response.status not in done or not self._is_ok(response):
            raise self._refusal(response, expired).locate(route=route, request_id=response.request_id)
        return Answer(response=response, route=route, address=address)

    def decode(self, answer: Answer, type: type[T], body: bytes | msgspec.Raw | None = None, place: str = "") -> T:
        """*answer*, or *body* that lies at *place* in it, as a value of *type*; raises RemoteContract."""
        decoder = self._decoders.get(type)
        if decoder is None:
            decoder = self._decoders[type] = msgspec.json.Decoder(type)
        try:
            return cast("T", places.decode(answer.response.body if body is None else body, decoder, place))
        except RemoteContract as error:
            raise error.locate(route=answer.route, request_id=answer.response.request_id) from None

    def _is_ok(self, response: Response) -> bool:
        if self._ok is None or response.status == 204:
            return True
        try:
            return places.plain_at(response.body, self._ok) is True
        except RemoteContract:
            return False

    def _refusal(self, response: Response, expired: Collection[int | str]) -> JackfieldError:
        status, tag = response.status, self._tag_of(response)
        if status in expired or tag in expired:
            return CursorExpired(f"the application no longer honours the cursor ({tag or status})")
        meaning = self._refusals.get(tag) if tag is not None else None
        if meaning is None:
            meaning = self._refusals.get(status, RemoteContract)
            if issubclass(meaning, NotFound) and self._tag is not None and tag is None:
                # A gateway's answer, or that of a wrong address: absence is believed of the application only.
                meaning = RemoteContract
        message = f"with status {status}" + (f" ({tag})" if tag else "")
        if issubclass(meaning, MissingPermission):
            hint = "Grant it to the credentials of this connection."
            lacks = self._word_at(response, self._permission) if self._permission is not None else tag
            without = f": {lacks} is missing" if self._permission is not None and lacks else ""
            return meaning(
                f"the application does not allow it, {message}{without}", permission=lacks or "unknown", hint=hint
            )
        if issubclass(meaning, BadCredentials):
            return meaning(f"the application does not accept the credentials, {message}", tag=tag)
        if issubclass(meaning, Refused):
            known = "does not know it" if issubclass(meaning, NotFound) else "refused"
            return meaning(f"the application {known}, {message}", tag=tag)
        if issubclass(meaning, RemoteContract):
            return meaning(f"the application gave no answer of success, {message}", detail=places.sample(response.body))
        return meaning(f"the application refused, {message}")

    def _tag_of(self, response: Response) -> str | None:
        return self._word_at(response, self._tag) if self._tag is not None else None

    def _word_at(self, response: Response, place: Tag) -> str | None:
        """The application's own word; what can't be one is not shown, for it may echo what was sent."""
        try:
            word = places.text_at(response.body, place) if isinstance(place, str) else place(response)
        except RemoteContract:
            return None
        return word if word is None or _TAG.fullmatch(word) else "malformed_tag"


def _pairs(params: Params) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        for each in (value,) if isinstance(value, (str, int, float)) or value is None else value:
            if each is not None:
                yield name, str(each).lower() if isinstance(each, bool) else str(each)
