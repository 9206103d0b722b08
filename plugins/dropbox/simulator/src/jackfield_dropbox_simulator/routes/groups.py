"""Routes that read groups and their members."""

from __future__ import annotations

from bisect import bisect_right
from itertools import islice
from math import ceil

from ..behaviour import Behaviour
from ..team import Group
from ..wire import rendering
from ..wire.answers import RouteError, encode
from ..wire.cursors import Cursor
from . import arguments
from .bounds import too_many
from .call import Call, Route
from .listing import Rows, arranged, page, resume

_LISTING = "groups"
_MEMBERS = "group members"


def groups_list(call: Call) -> bytes:
    """team/groups/list."""
    return page(call, "groups", Cursor(_LISTING, -1, call.arg["limit"]), _group_rows(call))


def groups_list_continue(call: Call) -> bytes:
    """team/groups/list/continue."""
    return page(call, "groups", resume(call, _LISTING), _group_rows(call), call.arg["cursor"])


def _group_rows(call: Call) -> Rows:
    twist, groups, behaviour = call.twist, call.team.groups, call.behaviour
    without_system = behaviour.groups_listed == "without_system"

    def shows(group: Group) -> bool:
        return not group.deleted and not (without_system and group.management == "system_managed")

    def shown(group: Group) -> bytes:
        delta = twist.delta(group.id, listed=True) + _uncounted(group, behaviour)
        return rendering.summary(group, delta, with_count=twist.counted(group.id))

    if behaviour.listing_order != "joined":
        return arranged(((g.seq, g) for g in groups if shows(g)), behaviour.listing_order, shown)

    def rows(after: int, count: int) -> tuple[list[int], list[bytes]]:
        found = list(islice((g for g in islice(groups, after + 1, None) if shows(g)), count))
        return [g.seq for g in found], [shown(g) for g in found]

    return rows


def groups_get_info(call: Call) -> bytes:
    """team/groups/get_info; Dropbox returns the members of all but system-managed groups."""
    kind, wanted = call.arg
    too_many("team/groups/get_info", call.behaviour.groups_a_call, len(wanted))
    items: list[bytes] = []
    for value in wanted:
        group = call.team.find_group("group_id" if kind == "group_ids" else "group_external_id", value)
        if group is None and call.behaviour.unknown_group == "error":
            raise RouteError("group_not_on_team")
        if group is None:
            items.append(encode({".tag": "id_not_found", "id_not_found": value}))
        else:
            items.append(_full_info(call, group))
    return b"[" + b",".join(items) + b"]"


def _full_info(call: Call, group: Group) -> bytes:
    twist = call.twist
    members: list[bytes] | None = None
    if group.management != "system_managed" or call.behaviour.system_info == "with_members":
        members = [rendering.group_member(group, member) for member in group.in_order()]
        if omitted := twist.omitted(group.id):
            members = members[:-omitted]
        if share := twist.omitted_share(group.id):
            members = members[: len(members) - ceil(len(members) * share)]
        if twist.duplicate:
            members = [*members, *members[:1]]
    delta = twist.delta(group.id, listed=False) + _uncounted(group, call.behaviour)
    return rendering.group_item(rendering.full_info(group, members, delta, with_count=twist.counted(group.id)))


def members_list(call: Call) -> bytes:
    """team/groups/members/list."""
    group = call.group(call.arg["group"])
    if group is None:
        raise RouteError("group_not_found")
    start = Cursor(_MEMBERS, -1, call.arg["limit"], subject=group.id)
    return page(call, "members", start, _member_rows(call, group))


def members_list_continue(call: Call) -> bytes:
    """team/groups/members/list/continue."""
    start = resume(call, _MEMBERS)
    group = call.team.group_by_id.get(start.subject)
    if group is None:
        raise RouteError("invalid_cursor")
    return page(call, "members", start, _member_rows(call, group), call.arg["cursor"])


def _member_rows(call: Call, group: Group) -> Rows:
    behaviour = call.behaviour
    members = group.in_order()
    if group.management == "system_managed" and behaviour.system_listing != "whole":
        members = members[: len(members) * 2 // 3] if behaviour.system_listing == "partial" else []
    if behaviour.listing_order != "joined":
        return arranged(
            ((m.seq, m) for m in members), behaviour.listing_order, lambda member: rendering.group_member(group, member)
        )

    def rows(after: int, count: int) -> tuple[list[int], list[bytes]]:
        at = bisect_right(members, after, key=lambda member: member.seq)
        found = members[at : at + count]
        return [m.seq for m in found], [rendering.group_member(group, m) for m in found]

    return rows


def _uncounted(group: Group, behaviour: Behaviour) -> int:
    """What `member_count` is off by where it does not count everybody."""
    left_out = {
        "everybody": (),
        "without_suspended": ("suspended",),
        "without_invited": ("invited",),
        "without_either": ("suspended", "invited"),
    }[behaviour.member_count]
    return -sum(member.status in left_out for member in group.members) if left_out else 0


def routes() -> list[Route]:
    """The routes of this file."""
    scope = "groups.read"
    return [
        Route(name="team/groups/list", scope=scope, arg=arguments.GROUPS_LIST, answer=groups_list, lags=True),
        Route(
            name="team/groups/list/continue",
            scope=scope,
            arg=arguments.CONTINUE,
            answer=groups_list_continue,
            lags=True,
        ),
        Route(name="team/groups/get_info", scope=scope, arg=arguments.GROUPS, answer=groups_get_info, lags=True),
        Route(
            name="team/groups/members/list",
            scope=scope,
            arg=arguments.GROUP_MEMBERS_LIST,
            answer=members_list,
            lags=True,
        ),
        Route(
            name="team/groups/members/list/continue",
            scope=scope,
            arg=arguments.CONTINUE,
            answer=members_list_continue,
            lags=True,
        ),
    ]
