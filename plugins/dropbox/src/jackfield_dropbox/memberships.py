"""Groups as they are now: who is in them and as what, and what of that can't be told."""

from collections.abc import Iterable

import msgspec

from jackfield.errors import NotFound, RemoteContract, Transient
from jackfield_dropbox import model, wire
from jackfield_dropbox.api import Api
from jackfield_dropbox.presumption import Presumption

_PAGE = 1000
_INFO = "team/groups/get_info"


class GroupNow(msgspec.Struct, frozen=True, kw_only=True):
    """A group and the access type of each member; None where only the profiles of members tell who is in it.

    ``unclear`` says why some who are not in ``access`` may be in the group nevertheless.
    """

    group: wire.Group
    access: dict[str, str] | None
    unclear: str | None = None


class GroupsNow(msgspec.Struct, frozen=True, kw_only=True):
    """Groups by their ids, without those that Dropbox does not know; and why nothing can be told of the ``unreadable``."""

    known: dict[str, GroupNow]
    unreadable: dict[str, str]


async def groups_now(api: Api, ids: tuple[str, ...]) -> GroupsNow:
    """Groups with their members by one groups/get_info; a large group, or one that is not told whole, costs its listing."""
    if not ids:
        return GroupsNow(known={}, unreadable={})
    try:
        answer = await api.groups_in_full(ids)
    except (NotFound, RemoteContract, Transient) as error:
        if len(ids) == 1:
            if isinstance(error, NotFound):
                return GroupsNow(known={}, unreadable={})
            raise
        # One of them may spoil the answer for all, and Dropbox documents no largest number for one call. Where it fails
        # for another reason, the first half does, too.
        middle = len(ids) // 2
        first, second = await groups_now(api, ids[:middle]), await groups_now(api, ids[middle:])
        return GroupsNow(known=first.known | second.known, unreadable=first.unreadable | second.unreadable)
    found = GroupsNow(known={}, unreadable={})
    missing = {info.id_not_found for info in answer.page}
    for info in answer.page:
        group = wire.summary(info)
        if group is None:
            continue
        broken = answer.reason(one for one in answer.broken if one.within == group.group_id)
        found.known[group.group_id] = await _group_now(api, group, info.members, broken)
    for id in ids:
        if id not in found.known and id not in missing:
            found.unreadable[id] = (
                answer.reason() or f"{_INFO}: Dropbox left out some of the groups asked for, or what they are"
            )
    return found


async def _group_now(
    api: Api, group: wire.Group, members: tuple[wire.GroupMember, ...] | None, broken: str | None
) -> GroupNow:
    whole = members is not None and broken is None and len(members) >= (group.member_count or 0)
    if members is not None and whole:
        return GroupNow(group=group, access=_access(members))
    if members is None and group.group_management_type.tag in model.WITHOUT_OWNERS:
        return GroupNow(group=group, access=None)
    listed, unclear = await listed_members(api, group.group_id)
    # Whom one of the two shows is in it; as an owner, if one of them says so.
    return GroupNow(group=group, access=_access([*(members or ()), *listed]), unclear=unclear)


async def listed_members(api: Api, group: str) -> tuple[list[wire.GroupMember], str | None]:
    """The members by the group's own listing; and why it can't be understood in part."""
    members: list[wire.GroupMember] = []
    unclear: str | None = None
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        answer = await api.group_members(group, cursor, limit=_PAGE)
        members += answer.page.members
        unclear = unclear or answer.reason()
        if not answer.page.has_more:
            return members, unclear
        cursor = answer.page.cursor
        if cursor in seen:
            raise RemoteContract("Dropbox repeats a cursor", route="team/groups/members/list/continue")
        seen.add(cursor)


def _access(members: Iterable[wire.GroupMember]) -> dict[str, str]:
    access: dict[str, str] = {}
    for member in members:
        id = member.profile.team_member_id
        if access.get(id) != "owner":
            access[id] = "owner" if member.access_type.tag == "owner" else "member"
    return access


PRESUMES = (
    Presumption(
        name="system-info",
        presumed="groups/get_info gives no members of a group that Dropbox manages.",
        source="documented",
        noticed="it gives them",
        then="they count as any other",
        switch="system_info",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="row-of-a-group",
        presumed="What Dropbox says of a group can be understood.",
        source="the specification",
        noticed="a row of the answer can't",
        then="changes in that group failed and may be tried again; no request is made",
        switch="broken_group",
        test="tests/test_unclear_lookups.py::test_a_group_that_can_not_be_understood_is_told_with_its_place",
    ),
    Presumption(
        name="row-of-a-membership",
        presumed="What Dropbox says of a member of a group can be understood.",
        source="the specification",
        noticed="a row of the answer can't, nor in the group's own listing",
        then="whether that person is in the group is unknown, and nothing is changed about it; the others go on",
        switch="broken_group_member",
        test="tests/test_unclear_lookups.py::test_a_membership_that_can_not_be_understood_concerns_that_person_only",
    ),
)
