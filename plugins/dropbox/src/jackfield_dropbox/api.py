"""The routes that are used, typed: one method each, one request each, and Dropbox's errors by the host's names."""

import re
from typing import Any, Final, Generic, NoReturn, TypeVar, cast

import msgspec

from jackfield.errors import (
    BadCredentials,
    CursorExpired,
    MissingPermission,
    NotFound,
    Refused,
    RemoteContract,
    Transient,
)
from jackfield.hookspecs import Clock, HttpSession
from jackfield.http import (
    Authorizer,
    NotJson,
    Response,
    decode_json,
    decoder_of,
    default_retry_after,
    peek_json,
)
from jackfield_dropbox import sifting, wire
from jackfield_dropbox.presumption import Presumption
from jackfield_dropbox.sifting import Form, Sifted

T = TypeVar("T")

_HEADERS: Final = {"Content-Type": "application/json"}
_NOT_FOUND = ("group_not_found", "group_not_on_team", "user_not_found", "id_not_found")
_TAG: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SCOPE: Final = re.compile(r"[a-z_.]{1,64}")
_CURSOR = ("invalid_cursor", "bad_cursor", "reset")


class Reply(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a route answered: ``answer``, or else the ``tag`` of its error and the people whom that ``names``.

    ``repeated``: it is the answer to a second request, the first having been answered that the token has ended.
    """

    route: str
    answer: T | None = None
    tag: str | None = None
    names: tuple[str, ...] = ()
    repeated: bool = False


class Api:
    """The team API of Dropbox. Each method raises what ``HttpSession.request`` raises, and

    BadCredentials (the token is not accepted), MissingPermission (a scope is missing), CursorExpired (the listing must
    start again), NotFound and Refused (with Dropbox's tag), RemoteContract (an answer that can't be understood).
    """

    def __init__(self, http: HttpSession, base_url: str, auth: Authorizer) -> None:
        self._http = http
        self._base_url = base_url
        self._auth = auth
        self._heard: list[str] | None = None

    def traced(self) -> "Api":
        """The same, with its own list of ``request_ids``."""
        traced = Api(self._http, self._base_url, self._auth)
        traced._heard = []
        return traced

    @property
    def request_ids(self) -> tuple[str, ...]:
        """The ids of the requests so far, where it is ``traced``."""
        return tuple(self._heard or ())

    async def ask(self, route: str, arg: Any, answer: type[T]) -> Reply[T]:
        """Send *arg* to *route*; a refusal with a tag is a reply like any other, all else raises as elsewhere."""
        response = await self._send(route, arg)
        if response.status == 409 and (refusal := _refusal(response)) is not None:
            tag, names = refusal
            return Reply(route=route, tag=tag, names=names, repeated=response.repeated)
        return Reply(route=route, answer=_understood(route, response, answer), repeated=response.repeated)

    async def sifted(self, route: str, arg: Any, form: Form[T]) -> Sifted[T]:
        """The answer of *route* to *arg*, row by row: rows that can't be understood are kept aside."""
        response = await self._send(route, arg)
        if response.status != 200:
            refuse(route, response)
        try:
            return Sifted(route=route, page=decode_json(response.body, decoder_of(form.whole)))
        except sifting.UNREADABLE:
            # It is a row that is at fault, or the whole answer, and then reading what is around the rows says why.
            page, broken = form.sift(_understood(route, response, form.envelope))
            return Sifted(route=route, page=page, broken=broken)

    async def members_list(self, *, limit: int, include_removed: bool) -> Sifted[wire.MembersPage]:
        """The first page of the team's members, at most *limit* (1 to 1000)."""
        arg = {"limit": limit, "include_removed": include_removed}
        return await self.sifted("team/members/list_v2", arg, sifting.MEMBERS)

    async def members_list_continue(self, cursor: str) -> Sifted[wire.MembersPage]:
        """A further page of members."""
        return await self.sifted("team/members/list/continue_v2", {"cursor": cursor}, sifting.MEMBERS)

    async def members_get_info(self, ids: list[str]) -> Sifted[wire.MembersInfo]:
        """Several members by their ids; those that are not found say so in the answer."""
        return await self.members_find([wire.selector("team_member_id", id) for id in ids])

    async def members_find(self, selectors: list[dict[str, str]]) -> Sifted[wire.MembersInfo]:
        """Several members by ids, e-mail addresses or external ids; those that are not found say so in the answer."""
        return await self.sifted("team/members/get_info_v2", {"members": selectors}, sifting.FOUND)

    async def roles(self) -> wire.Roles:
        """The whole catalogue of admin roles."""
        return await self._call("team/members/get_available_team_member_roles", None, wire.Roles)

    async def groups_list(self, *, limit: int) -> Sifted[wire.GroupsPage]:
        """The first page of the team's groups."""
        return await self.sifted("team/groups/list", {"limit": limit}, sifting.GROUPS)

    async def groups_list_continue(self, cursor: str) -> Sifted[wire.GroupsPage]:
        """A further page of groups."""
        return await self.sifted("team/groups/list/continue", {"cursor": cursor}, sifting.GROUPS)

    async def role_catalogue(self) -> Sifted[wire.Roles]:
        """The whole catalogue of admin roles, row by row."""
        return await self.sifted("team/members/get_available_team_member_roles", None, sifting.ROLES)

    async def groups_in_full(self, ids: tuple[str, ...]) -> Sifted[tuple[wire.GroupInfo, ...]]:
        """Several groups with all their members, row by row."""
        arg = {".tag": "group_ids", "group_ids": ids}
        return await self.sifted("team/groups/get_info", arg, sifting.INFOS)

    async def group_members(self, group: str, cursor: str | None, *, limit: int) -> Sifted[wire.GroupMembersPage]:
        """A page of one group's members, row by row."""
        if cursor is not None:
            return await self.sifted("team/groups/members/list/continue", {"cursor": cursor}, sifting.GROUP_MEMBERS)
        arg = {"group": {".tag": "group_id", "group_id": group}, "limit": limit}
        return await self.sifted("team/groups/members/list", arg, sifting.GROUP_MEMBERS)

    async def groups_get_info(self, ids: tuple[str, ...]) -> tuple[wire.GroupInfo, ...]:
        """Several groups with all their members; Dropbox documents no largest number."""
        arg = {".tag": "group_ids", "group_ids": ids}
        return await self._call("team/groups/get_info", arg, tuple[wire.GroupInfo, ...])

    async def group_members_list(self, group: str, *, limit: int) -> wire.GroupMembersPage:
        """The first page of one group's members."""
        arg = {"group": {".tag": "group_id", "group_id": group}, "limit": limit}
        return await self._call("team/groups/members/list", arg, wire.GroupMembersPage)

    async def group_members_list_continue(self, cursor: str) -> wire.GroupMembersPage:
        """A further page of one group's members."""
        return await self._call("team/groups/members/list/continue", {"cursor": cursor}, wire.GroupMembersPage)

    async def team_info(self) -> wire.TeamInfo:
        """The team's name, id and totals."""
        return await self._call("team/get_info", None, wire.TeamInfo)

    async def authenticated_admin(self) -> wire.Admin:
        """The admin who authorised the app."""
        return await self._call("team/token/get_authenticated_admin", None, wire.Admin)

    async def events(self, *, limit: int, category: str, since: str) -> wire.LogPage:
        """The first page of the team's events of one category that happened at *since* (RFC 3339, whole seconds) or later."""
        arg = {"limit": limit, "category": {".tag": category}, "time": {"start_time": since}}
        return await self._call("team_log/get_events", arg, wire.LogPage)

    async def events_continue(self, cursor: str) -> wire.LogPage:
        """A further page of events; also of those that came since the last one."""
        return await self._call("team_log/get_events/continue", {"cursor": cursor}, wire.LogPage)

    async def job_status(self, route: str, job: str) -> None:
        """Ask a job-status route about *job*, for its errors only: it has no effect."""
        await self._call(route, {"async_job_id": job}, msgspec.Raw)

    async def _call(self, route: str, arg: dict[str, Any] | None, answer: type[T]) -> T:
        return _understood(route, await self._send(route, arg), answer)

    async def _send(self, route: str, arg: Any) -> Response:
        # A route without an argument wants the body null; {} is a 400.
        response = await self._http.request(
            "POST",
            f"{self._base_url}/2/{route}",
            body=msgspec.json.encode(arg),
            headers=_HEADERS,
            auth=self._auth,
            retry_after=retry_after,
        )
        if self._heard is not None and response.request_id is not None:
            self._heard.append(response.request_id)
        return response


def _understood(route: str, response: Response, answer: type[T]) -> T:
    if response.status != 200:
        refuse(route, response)
    try:
        return decode_json(response.body, decoder_of(answer))
    except msgspec.ValidationError as error:
        raise RemoteContract(
            f"Dropbox's answer is not of the form that it documents: {error}",
            route=route,
            request_id=response.request_id,
        ) from None
    except NotJson as error:
        raise Transient(error.summary, route=route, request_id=response.request_id) from None
    except RemoteContract as error:
        raise error.locate(route=route, request_id=response.request_id) from None


def _refusal(response: Response) -> tuple[str, tuple[str, ...]] | None:
    """The tag of a refusal and the people whom it names; None if there is no tag."""
    text = peek_json(response.body, wire.Refusal)
    if text is None:
        return None
    error = text.error
    tag = error.get(".tag")
    if not isinstance(tag, str):
        return None
    carried = error.get(tag)
    names = cast("list[object]", carried) if isinstance(carried, list) else []
    return wire.plain_tag(tag), tuple(name for name in names if isinstance(name, str))


def refuse(route: str, response: Response) -> NoReturn:
    """Raise the host's error for an answer that is not a 200; decided by status and tag, never by text."""
    where = {"route": route, "request_id": response.request_id}
    error = (peek_json(response.body, wire.ErrorBody) or wire.ErrorBody()).error
    status, tag = response.status, error.tag
    # A server, or what stands before it, may echo what it was sent.
    if tag is not None and not _TAG.fullmatch(tag):
        tag = "an unknown tag"
    if status == 401 and tag == "missing_scope":
        asked = error.required_scope or ""
        scope = asked if _SCOPE.fullmatch(asked) else "unknown"
        raise MissingPermission(
            f"the app lacks the scope {scope}",
            permission=scope,
            hint="Add it in the Dropbox App Console, then run `jackfield authorize` again: a token keeps its scopes.",
            **where,
        )
    if status == 401 and tag == "expired_access_token":
        raise Transient("the access token ended before it was used", **where)
    if status == 401 and tag == "route_access_denied":
        raise MissingPermission("Dropbox denies this app the route", permission=tag, **where)
    if status == 401:
        raise BadCredentials(
            f"Dropbox does not accept the token ({tag or 'no reason given'})",
            hint="Run `jackfield authorize`.",
            **where,
        )
    if status == 403:
        reason = tag or "no reason given"
        raise MissingPermission(
            f"the team's plan or the admin's role does not allow it ({reason})", permission=reason, **where
        )
    if status == 409 and tag in _CURSOR:
        raise CursorExpired(f"Dropbox no longer honours the cursor ({tag})", **where)
    if status == 409 and tag in _NOT_FOUND:
        raise NotFound(f"Dropbox does not know it ({tag})", tag=tag, **where)
    if status == 409 and tag is not None:
        raise Refused(f"Dropbox refused ({tag})", tag=tag, **where)
    content_type = response.headers.get("content-type", "")
    if status in (400, 409) and content_type.startswith("text/html"):
        # Seen as passing trouble of a front server; the API itself never answers in HTML.
        raise Transient(f"a front server answered {status} with a web page", **where)
    sample = response.body[:300].decode("utf-8", "replace") if content_type.startswith("text/plain") else None
    raise RemoteContract(
        f"Dropbox refused the form of the request with status {status}",
        detail=sample,
        hint="The token may be of a user instead of a team: the app needs at least one team scope."
        if status == 400
        else None,
        **where,
    )


def retry_after(response: Response, clock: Clock) -> float | None:
    """The pause that a 429 asks for: its header, else the figure in its body."""
    header = default_retry_after(response, clock)
    if header is not None:
        return header
    text = peek_json(response.body, wire.RateLimit)
    return text.error.retry_after if text is not None else None


PRESUMES = (
    Presumption(
        name="cursor-lifetime",
        presumed="A cursor is honoured for as long as a listing takes.",
        source="no lifetime is documented",
        noticed="invalid_cursor, or reset",
        then="the listing starts again, three times at most",
        switch="cursor_reset",
        test="tests/test_faults.py::test_faults_end_in_the_truth_or_are_told",
    ),
)
