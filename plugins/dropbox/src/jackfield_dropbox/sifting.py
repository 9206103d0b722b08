"""Listings row by row: a row that can't be understood is kept aside with its place, and costs no other row.

Promises that nothing of a broken row's content is told but its id, and that only where it looks like one.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar, cast

import msgspec

from jackfield.errors import RemoteContract
from jackfield.http import decode_json, decoder_of, peek_json
from jackfield_dropbox import wire
from jackfield_dropbox.presumption import Presumption

T = TypeVar("T")

_ID: Final = re.compile(r"(dbmid:|g:|pid_dbtmr:)[A-Za-z0-9_-]{1,100}")
_NAMES: Final = ("team_member_id", "group_id", "role_id", "id_not_found")
UNREADABLE: Final = (msgspec.ValidationError, RemoteContract)
_MOST_TOLD = 3


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A row that can't be understood: its number on its page, counted from 1, its own id as far as it is legible, and why.

    ``within`` is the id of the group whose member the row is, where one answer holds several groups.
    """

    number: int
    id: str | None
    why: str
    within: str | None = None


class Sifted(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What an answer holds that can be understood, and the rows that can't."""

    route: str
    page: T
    broken: tuple[Broken, ...] = ()

    def reason(self, broken: Iterable[Broken] | None = None) -> str | None:
        """The broken rows, or some of them, in words for a seal; None if there are none."""
        rows = self.broken if broken is None else tuple(broken)
        if not rows:
            return None
        some = "; ".join(
            f"row {one.number}{f' ({one.id})' if one.id else ''}{f' of {one.within}' if one.within else ''}: {one.why}"
            for one in rows[:_MOST_TOLD]
        )
        more = f"; and {len(rows) - _MOST_TOLD} more" if len(rows) > _MOST_TOLD else ""
        number = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
        return f"{number} of a page of {self.route} can't be understood: {some}{more}"


class _Members(wire.Wire, frozen=True, kw_only=True):
    members: tuple[msgspec.Raw, ...]
    cursor: str
    has_more: bool


class _Found(wire.Wire, frozen=True, kw_only=True):
    members_info: tuple[msgspec.Raw, ...]


class _Roles(wire.Wire, frozen=True, kw_only=True):
    roles: tuple[msgspec.Raw, ...]


class _Groups(wire.Wire, frozen=True, kw_only=True):
    groups: tuple[msgspec.Raw, ...]
    cursor: str
    has_more: bool


class _Info(wire.Wire, frozen=True, kw_only=True):
    members: tuple[msgspec.Raw, ...]


class Form(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """How an answer is read: as a whole, or else its ``envelope``, of which ``sift`` reads the rows alone."""

    whole: type[T]
    envelope: Any
    sift: Callable[[Any], tuple[T, tuple[Broken, ...]]]


def _rows(
    raws: Iterable[msgspec.Raw], row: type[T], within: str | None = None
) -> tuple[tuple[T, ...], tuple[Broken, ...]]:
    good: list[T] = []
    broken: list[Broken] = []
    for number, raw in enumerate(raws, 1):
        try:
            good.append(decode_json(raw, decoder_of(row)))
        except UNREADABLE as error:
            broken.append(Broken(number=number, id=_id(raw), why=why(error), within=within))
    return tuple(good), tuple(broken)


def why(error: Exception) -> str:
    """What is wrong about an answer, without anything of its content."""
    return error.summary if isinstance(error, RemoteContract) else str(error)


def _id(raw: msgspec.Raw) -> str | None:
    """The row's own id, if it has one that looks like one."""
    row: object = peek_json(raw, object)
    for _ in range(2):
        if not isinstance(row, dict):
            return None
        fields = cast("dict[str, object]", row)
        for name in _NAMES:
            id = fields.get(name)
            if isinstance(id, str) and _ID.fullmatch(id):
                return id
        row = fields.get("profile")
    return None


def _members(page: _Members) -> tuple[wire.MembersPage, tuple[Broken, ...]]:
    rows, broken = _rows(page.members, wire.Member)
    return wire.MembersPage(members=rows, cursor=page.cursor, has_more=page.has_more), broken


def _found(page: _Found) -> tuple[wire.MembersInfo, tuple[Broken, ...]]:
    rows, broken = _rows(page.members_info, wire.MemberItem)
    return wire.MembersInfo(members_info=rows), broken


def _roles(page: _Roles) -> tuple[wire.Roles, tuple[Broken, ...]]:
    rows, broken = _rows(page.roles, wire.Role)
    return wire.Roles(roles=rows), broken


def _groups(page: _Groups) -> tuple[wire.GroupsPage, tuple[Broken, ...]]:
    rows, broken = _rows(page.groups, wire.Group)
    return wire.GroupsPage(groups=rows, cursor=page.cursor, has_more=page.has_more), broken


def _group_members(page: _Members) -> tuple[wire.GroupMembersPage, tuple[Broken, ...]]:
    rows, broken = _rows(page.members, wire.GroupMember)
    return wire.GroupMembersPage(members=rows, cursor=page.cursor, has_more=page.has_more), broken


def _infos(answer: tuple[msgspec.Raw, ...]) -> tuple[tuple[wire.GroupInfo, ...], tuple[Broken, ...]]:
    good: list[wire.GroupInfo] = []
    broken: list[Broken] = []
    for number, raw in enumerate(answer, 1):
        try:
            good.append(decode_json(raw, decoder_of(wire.GroupInfo)))
        except UNREADABLE as error:
            parted = _parted(raw)
            if parted is None:
                broken.append(Broken(number=number, id=_id(raw), why=why(error)))
            else:
                good.append(parted[0])
                broken += parted[1]
    return tuple(good), tuple(broken)


def _parted(raw: msgspec.Raw) -> tuple[wire.GroupInfo, tuple[Broken, ...]] | None:
    """A group without those of its members whose rows are broken; None if it is the group's own that is."""
    try:
        group = decode_json(raw, decoder_of(wire.GroupWithoutMembers))
        raws = decode_json(raw, decoder_of(_Info)).members
    except UNREADABLE:
        return None
    members, broken = _rows(raws, wire.GroupMember, within=group.group_id)
    fields = {name: getattr(group, name) for name in group.__struct_fields__}
    return wire.GroupInfo(**fields, members=members), broken


MEMBERS: Final = Form(whole=wire.MembersPage, envelope=_Members, sift=_members)
FOUND: Final = Form(whole=wire.MembersInfo, envelope=_Found, sift=_found)
ROLES: Final = Form(whole=wire.Roles, envelope=_Roles, sift=_roles)
GROUPS: Final = Form(whole=wire.GroupsPage, envelope=_Groups, sift=_groups)
GROUP_MEMBERS: Final = Form(whole=wire.GroupMembersPage, envelope=_Members, sift=_group_members)
INFOS: Final = Form(whole=tuple[wire.GroupInfo, ...], envelope=tuple[msgspec.Raw, ...], sift=_infos)


PRESUMES = (
    Presumption(
        name="member-row",
        presumed="A member has the fields that the specification requires.",
        source="the specification",
        noticed="a row does not have them, or in another form",
        then="the row is kept aside with its place, its scopes are partial, all other rows stand",
        switch="broken_member",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="group-row",
        presumed="A group has the fields that the specification requires.",
        source="the specification",
        noticed="a row does not have them, or in another form",
        then="the row is kept aside with its place, and the listing of groups is partial",
        switch="broken_group",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="group-member-row",
        presumed="A member of a group has the fields that the specification requires.",
        source="the specification",
        noticed="a row does not have them, or in another form",
        then="the row is kept aside with its place, and the group's memberships are partial",
        switch="broken_group_member",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
)
