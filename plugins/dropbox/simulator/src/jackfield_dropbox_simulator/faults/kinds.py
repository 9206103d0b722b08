"""The catalogue of faults: one table, read by the server, by `GET /_sim/fault-kinds` and by test sweeps.

`stage` is when a fault acts: `instead` of the route, on its `data`, on the finished `body`, on the `transport`, or on
the `state` of the service before the request is looked at. `recovers` says whether a client that keeps to the rules
(wait, retry, refresh the token, restart the listing, halve the limit) ends with the whole truth. `lasting_only` marks
what is a property of the application and only makes sense without `times`. A kind is transient when it recovers and is
not lasting only: ordered with `times: 1` on any read, it must leave no trace in what the client finds.

`when` says on which side of a write's effect a kind can act, the usual side first: `before` means that the request was
lost and nothing is done, `after` that it is done and its answer is lost.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Stage = Literal["state", "instead", "data", "body", "transport"]
When = Literal["before", "after"]

TOKEN = "oauth2/token"
AUTHORIZE = "oauth2/authorize"
MEMBERS = ("team/members/list_v2", "team/members/list/continue_v2")
GROUPS = ("team/groups/list", "team/groups/list/continue")
GROUP_MEMBERS = ("team/groups/members/list", "team/groups/members/list/continue")
LISTINGS = (*MEMBERS, *GROUPS, *GROUP_MEMBERS)
CONTINUES = tuple(route for route in LISTINGS if "continue" in route)
# The writes whose answers show members or groups.
SHOWING = (
    "team/members/add_v2",
    "team/members/set_profile_v2",
    "team/groups/members/add",
    "team/groups/members/remove",
    "team/groups/members/set_access_type",
)


class FaultKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of fault; `routes` are those it applies to: names, or `*` for all of `/2/`."""

    kind: str
    stage: Stage
    about: str
    recovers: bool = False
    lasting_only: bool = False
    when: tuple[When, ...] = ("before",)
    routes: tuple[str, ...] = ("*",)
    params: dict[str, Any] = msgspec.field(default_factory=lambda: dict[str, Any]())

    def applies(self, route: str) -> bool:
        """Whether this kind can happen on the route."""
        return route in self.routes or ("*" in self.routes and not route.startswith("oauth2/"))


_ALL = ("*", TOKEN)
_EITHER: tuple[When, ...] = ("before", "after")
_AFTER: tuple[When, ...] = ("after",)
_GROUP_ROUTES = (*GROUPS, "team/groups/get_info")


def _instead(
    kind: str,
    about: str,
    *,
    recovers: bool = True,
    when: tuple[When, ...] = ("before",),
    routes: tuple[str, ...] = _ALL,
    **params: Any,
) -> FaultKind:
    return FaultKind(
        kind=kind, stage="instead", about=about, recovers=recovers, when=when, routes=routes, params=params
    )


def catalogue() -> dict[str, FaultKind]:
    """All kinds of faults by name, with the defaults of their parameters."""
    kinds = (
        _instead(
            "rate_limited", "429 with Retry-After and JSON", when=_EITHER, retry_after=1, reason="too_many_requests"
        ),
        _instead("rate_limited_bare", "429 without Retry-After and with an empty body", when=_EITHER),
        _instead(
            "rate_limited_json",
            "429 that says when to come back in its JSON only",
            when=_EITHER,
            retry_after=1,
            reason="too_many_requests",
        ),
        _instead("server_error", "500 with an HTML page", when=_EITHER),
        _instead("unavailable", "503 with plain text", when=_EITHER),
        _instead("unauthorized", "401 invalid_access_token", when=_EITHER, routes=("*",)),
        _instead(
            "missing_scope", "401 missing_scope, by default the route's own", recovers=False, routes=("*",), scope=""
        ),
        _instead("cursor_reset", "409 invalid_cursor on a continue route", routes=CONTINUES),
        _instead("revoked_refresh", "400 invalid_grant at the token endpoint", recovers=False, routes=(TOKEN,)),
        _instead("access_denied", "the admin refuses consent", recovers=False, routes=(AUTHORIZE,)),
        FaultKind(
            kind="expired_token",
            stage="state",
            about="expires all access tokens before the request is looked at",
            recovers=True,
        ),
        FaultKind(
            kind="slow",
            stage="state",
            about="waits before it answers",
            recovers=True,
            when=_EITHER,
            routes=_ALL,
            params={"ms": 1000},
        ),
        FaultKind(kind="hang", stage="transport", about="never answers", recovers=True, when=_EITHER, routes=_ALL),
        FaultKind(
            kind="drop",
            stage="transport",
            about="closes the connection without an answer",
            recovers=True,
            when=_EITHER,
            routes=_ALL,
        ),
        FaultKind(
            kind="drop_after",
            stage="transport",
            about="does the work, then closes the connection in the middle of the body",
            recovers=True,
            when=_AFTER,
            routes=_ALL,
        ),
        FaultKind(
            kind="truncated", stage="body", about="200 with half of the JSON", recovers=True, when=_AFTER, routes=_ALL
        ),
        FaultKind(
            kind="invalid_body",
            stage="body",
            about="200 with an HTML page instead of JSON",
            recovers=True,
            when=_AFTER,
            routes=_ALL,
        ),
        FaultKind(
            kind="huge_body",
            stage="body",
            about="200 with the JSON padded by spaces to that many bytes",
            recovers=True,
            when=_AFTER,
            routes=_ALL,
            params={"bytes": 100_000_000},
        ),
        FaultKind(
            kind="unknown_tags",
            stage="body",
            about="tags that no specification has, in every n-th place; `unions` says where",
            params={"every": 3, "unions": ["status", "membership_type", "access_type", "group_management_type"]},
            when=_AFTER,
            routes=(*LISTINGS, "team/groups/get_info", "team/members/get_info_v2", *SHOWING),
        ),
        FaultKind(
            kind="empty_page",
            stage="data",
            about="a page without rows that says has_more, then the listing goes on properly",
            recovers=True,
            routes=LISTINGS,
        ),
        FaultKind(
            kind="repeated_cursor",
            stage="data",
            about="the same cursor that came in, has_more is true",
            lasting_only=True,
            routes=LISTINGS,
        ),
        FaultKind(
            kind="cycling_cursors",
            stage="data",
            about="two cursors that lead to one another, has_more is true",
            lasting_only=True,
            routes=LISTINGS,
        ),
        FaultKind(
            kind="endless_empty",
            stage="data",
            about="empty pages with ever new cursors, has_more is true",
            lasting_only=True,
            routes=LISTINGS,
        ),
        FaultKind(
            kind="duplicate_rows",
            stage="data",
            about="a row comes twice: the last one of the page before again, or a first page's first one",
            recovers=True,
            routes=(*LISTINGS, "team/groups/get_info"),
        ),
        FaultKind(
            kind="short_listing",
            stage="data",
            about="the last rows of an answer are silently left out; for groups/get_info those of each group's members",
            routes=(*MEMBERS, *GROUP_MEMBERS, "team/groups/get_info"),
            params={"omit": 1, "group_id": ""},
        ),
        FaultKind(
            kind="short_tail",
            stage="data",
            about="the listing that begins with this request lacks its last share, over all of its pages",
            routes=(MEMBERS[0], GROUPS[0], GROUP_MEMBERS[0], "team/groups/get_info"),
            params={"share": 0.1, "group_id": ""},
        ),
        FaultKind(
            kind="wrong_count",
            stage="data",
            about="member_count off by delta, in groups/list, with `everywhere` in groups/get_info, too",
            routes=_GROUP_ROUTES,
            params={"delta": 1, "group_id": "", "everywhere": False},
        ),
        FaultKind(
            kind="absent_count",
            stage="data",
            about="no member_count",
            recovers=True,
            routes=_GROUP_ROUTES,
            params={"group_id": ""},
        ),
        FaultKind(
            kind="wrong_totals",
            stage="data",
            about="used licences and provisioned users off by delta",
            routes=("team/get_info",),
            params={"delta": 1},
        ),
        FaultKind(
            kind="big_limit_fails",
            stage="data",
            about="500 for a listing whose limit is larger than this",
            lasting_only=True,
            recovers=True,
            routes=LISTINGS,
            params={"limit": 100},
        ),
    )
    return {kind.kind: kind for kind in kinds}
