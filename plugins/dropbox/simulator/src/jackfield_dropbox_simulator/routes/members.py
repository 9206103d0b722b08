"""Routes that read members and roles."""

from __future__ import annotations

from itertools import islice

from ..wire import rendering
from ..wire.answers import encode
from ..wire.cursors import Cursor
from . import arguments
from .bounds import too_many
from .call import Call, Route
from .listing import Rows, arranged, page, resume

_LISTING = "members"


def list_v2(call: Call) -> bytes:
    """team/members/list_v2."""
    start = Cursor(_LISTING, -1, call.arg["limit"], with_removed=call.arg["include_removed"])
    return page(call, "members", start, _rows(call, with_removed=start.with_removed))


def list_continue_v2(call: Call) -> bytes:
    """team/members/list/continue_v2."""
    start = resume(call, _LISTING)
    return page(call, "members", start, _rows(call, with_removed=start.with_removed), call.arg["cursor"])


def _rows(call: Call, *, with_removed: bool) -> Rows:
    # A member's `seq` is its place in `team.members`, so that a page starts where the last one ended.
    members = call.team.members
    if (order := call.behaviour.listing_order) != "joined":
        shown = [(m.seq, m) for m in members if with_removed or m.status != "removed"]
        return arranged(shown, order, rendering.info)

    def rows(after: int, count: int) -> tuple[list[int], list[bytes]]:
        following = islice(members, after + 1, None)
        found = list(islice((m for m in following if with_removed or m.status != "removed"), count))
        return [m.seq for m in found], [m.info_json or rendering.info(m) for m in found]

    return rows


def get_info_v2(call: Call) -> bytes:
    """team/members/get_info_v2."""
    items: list[bytes] = []
    too_many("team/members/get_info_v2", call.behaviour.members_a_call, len(call.arg["members"]))
    unknown = call.behaviour.removed_looked_up == "id_not_found"
    for selector in call.arg["members"]:
        member = call.member(selector)
        if member is None or (unknown and not member.on_team):
            items.append(encode({".tag": "id_not_found", "id_not_found": selector[1]}))
        else:
            items.append(b'{".tag":"member_info",' + rendering.info(member)[1:])
    return b'{"members_info":[' + b",".join(items) + b"]}"


def roles_available(call: Call) -> bytes:
    """team/members/get_available_team_member_roles."""
    return encode({"roles": [rendering.role(role) for role in call.team.roles]})


def routes() -> list[Route]:
    """The routes of this file."""
    scope = "members.read"
    return [
        Route(name="team/members/list_v2", scope=scope, arg=arguments.MEMBERS_LIST, answer=list_v2, lags=True),
        Route(
            name="team/members/list/continue_v2",
            scope=scope,
            arg=arguments.CONTINUE,
            answer=list_continue_v2,
            lags=True,
        ),
        Route(
            name="team/members/get_info_v2", scope=scope, arg=arguments.MEMBERS_GET_INFO, answer=get_info_v2, lags=True
        ),
        Route(
            name="team/members/get_available_team_member_roles",
            scope=scope,
            arg=arguments.VOID,
            answer=roles_available,
        ),
    ]
