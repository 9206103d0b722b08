"""The routes that change who is in a group."""

from __future__ import annotations

from ..team import Access, Group, Member, RefusedError
from ..wire import rendering
from ..wire.answers import RouteError
from ..wire.schema import Json
from ..writes.outcomes import GROUPS_ADD, GROUPS_REMOVE, GROUPS_STATUS
from . import arguments, write_arguments
from .call import Call, Route

SET_ACCESS = "team/groups/members/set_access_type"


def members_add(call: Call) -> bytes:
    """team/groups/members/add: all of them or nobody."""
    group, ledger = _group(call), call.behind.ledger
    wanted = call.arg["members"]
    people = _people(call, [one["user"] for one in wanted])
    accesses: list[Access] = [one["access_type"][0] for one in wanted]
    joining = list(zip(people, accesses, strict=True))
    new: list[tuple[Member, Access]] = [(member, access) for member, access in joining if member not in group.members]
    if call.behaviour.group_batch == "partial" and 0 < len(new) < len(joining):
        call.team.add_to_group(group, new)
        raise RouteError("duplicate_user")
    call.team.add_to_group(group, joining)
    ledger.applied(GROUPS_ADD)
    for member in people:
        ledger.count("group_additions", f"{group.id} {member.id}")
    return _changed(call, group)


def members_remove(call: Call) -> bytes:
    """team/groups/members/remove: all of them or nobody; the only owner may go, too."""
    group, ledger = _group(call), call.behind.ledger
    people = _people(call, call.arg["users"])
    inside = [member for member in people if member in group.members]
    if call.behaviour.group_batch == "partial" and 0 < len(inside) < len(people):
        call.team.remove_from_group(group, inside)
        raise RouteError("member_not_in_group")
    call.team.remove_from_group(group, people)
    ledger.applied(GROUPS_REMOVE)
    for member in dict.fromkeys(people):
        ledger.count("group_removals", f"{group.id} {member.id}")
    return _changed(call, group)


def set_access_type(call: Call) -> bytes:
    """team/groups/members/set_access_type, which answers with a list.

    What Dropbox says of a user who is not known is not documented, here it is `member_not_in_group`; nor what it says
    of a suspended one who should become an owner: here `user_must_be_active_to_be_owner`, which this union lacks, so
    that the SDK reads it as `other`.
    """
    group, ledger = _group(call), call.behind.ledger
    member = call.member(call.arg["user"])
    access: Access = call.arg["access_type"][0]
    if member is None:
        # A system-managed group is refused first, as for a known user.
        call.team.check_changeable(group)
        raise RouteError("member_not_in_group")
    try:
        call.team.set_access(group, member, access)
    except RefusedError as error:
        # Unlike in groups/members/add, the tag for company-managed groups carries nothing.
        raise RouteError(error.tag) from error
    ledger.applied(SET_ACCESS)
    ledger.count("access_changes", f"{group.id} {member.id}")
    return b"[" + rendering.group_item(_info(call, group)) + b"]"


def job_status(call: Call) -> bytes:
    """team/groups/job_status/get; changes of groups launch no jobs any more, so that every id is unknown."""
    raise RouteError("invalid_async_job_id")


def _group(call: Call) -> Group:
    group = call.group(call.arg["group"])
    if group is None:
        raise RouteError("group_not_found")
    return group


def _people(call: Call, selectors: list[Json]) -> list[Member]:
    call.team.check_changeable(_group(call))
    found = [(selector[1], call.member(selector)) for selector in selectors]
    unknown = [value for value, member in found if member is None]
    if unknown:
        raise RouteError("users_not_found", unknown)
    return [member for _, member in found if member is not None]


def _changed(call: Call, group: Group) -> bytes:
    # The job id is deprecated: always one space.
    return b'{"group_info":' + _info(call, group) + b',"async_job_id":" "}'


def _info(call: Call, group: Group) -> bytes:
    members: list[bytes] | None = None
    if call.arg["return_members"]:
        members = [rendering.group_member(group, member) for member in group.in_order()]
    return rendering.full_info(group, members)


def routes() -> list[Route]:
    """The routes of this file."""
    scope = "groups.write"
    return [
        Route(name=GROUPS_ADD, scope=scope, arg=write_arguments.GROUP_MEMBERS_ADD, answer=members_add, writes=True),
        Route(
            name=GROUPS_REMOVE,
            scope=scope,
            arg=write_arguments.GROUP_MEMBERS_REMOVE,
            answer=members_remove,
            writes=True,
        ),
        Route(
            name=SET_ACCESS,
            scope=scope,
            arg=write_arguments.GROUP_MEMBERS_SET_ACCESS,
            answer=set_access_type,
            writes=True,
        ),
        Route(name=GROUPS_STATUS, scope=scope, arg=arguments.POLL, answer=job_status),
    ]
