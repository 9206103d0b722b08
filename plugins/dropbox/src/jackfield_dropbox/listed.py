"""What a page of members gives: users, roles and seats held, memberships, and what it says of groups read elsewhere."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jackfield.hookspecs import SyncView
from jackfield_contracts import Diagnostic, GroupTrait, Item, Resource, ResourceId, Severity, Witness
from jackfield_dropbox import model, wire
from jackfield_dropbox.presumption import Presumption
from jackfield_dropbox.sifting import Sifted

_MOST_TOLD = 20

Members = Sequence[wire.Member]


def people(members: Members, view: SyncView) -> tuple[list[Item], list[Diagnostic]]:
    """The users and the roles that they hold, with roles that the catalogue lacks; and unknown tags."""
    held = {role.role_id for member in members for role in member.held}
    known_roles = view.stored("role", held)
    items: list[Item] = []
    notes: list[Diagnostic] = []
    for member in members:
        items.append(model.user(member))
        notes += model.user_drift(member.profile)
        for role in member.held:
            if role.role_id not in known_roles:
                items.extend(model.role(role))
            items.append(model.role_grant(role.role_id, member.profile.team_member_id))
    return items, notes


def seats(members: Members) -> Iterator[Item]:
    """The seats that they hold."""
    for member in members:
        if (seat := model.seat(member.profile)) is not None:
            yield seat


def joined(members: Members) -> dict[str, list[str]]:
    """By the id of a group, who says to be in it."""
    joiners: defaultdict[str, list[str]] = defaultdict(list)
    for member in members:
        id = member.profile.team_member_id
        for group in member.profile.member_of or ():
            joiners[group].append(id)
    return joiners


def memberships(joiners: Mapping[str, list[str]], groups: Mapping[str, Resource]) -> Iterator[Item]:
    """The memberships of groups without owners; of the others it is only known who is in them."""
    for group, members in joiners.items():
        known = groups.get(group)
        if known is not None and isinstance(known.trait, GroupTrait) and known.trait.management in model.WITHOUT_OWNERS:
            yield from model.plain_members(known, members)


def witness(members: Members, joiners: dict[str, list[str]], unread: int = 0, gone: Iterable[str] = ()) -> Witness:
    """What they say of all groups; *gone* are in none any more, of *unread* people and those without groups it is silent."""
    speaking = [member.profile.team_member_id for member in members if member.profile.member_of is not None]
    return Witness(
        principal_type="user",
        resource_type="group",
        principals=(*speaking, *gone),
        holds=joiners,
        silent=len(members) - len(speaking) + unread,
    )


def unlisted(joiners: Mapping[str, list[str]], groups: Mapping[str, Resource]) -> tuple[ResourceId, ...]:
    """The groups that they name and the listing of groups lacks."""
    return tuple(ResourceId(type="group", id=group) for group in joiners if group not in groups)


def kept_aside(answer: Sifted[Any]) -> list[Diagnostic]:
    """A note for each row that can't be understood, as far as they are not too many."""
    return [
        Diagnostic(
            code="broken_row",
            severity=Severity.WARNING,
            summary=f"a row of {answer.route} can't be understood and was kept aside: {one.why}",
            path=f"{one.within + ', ' if one.within else ''}row {one.number}{f' ({one.id})' if one.id else ''}",
        )
        for one in answer.broken[:_MOST_TOLD]
    ]


PRESUMES = (
    Presumption(
        name="profile-groups",
        presumed="profile.groups names every group of a member, those that Dropbox manages as well.",
        source="documented as the list of groups of the user; seen otherwise for groups that Dropbox manages",
        noticed="a group's memberships are fewer than its count, or a member has no list of groups",
        then="the group is read by its own listing; where routes contradict each other, it is partial",
        switch="profile_groups",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="plain-roles",
        presumed="A member without a role has an empty list of roles, no list, or null.",
        source="the field is optional; all of them have been seen or are valid by the official SDK",
        noticed="it can't be noticed",
        then="all three mean a plain member",
        switch="plain_roles",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="removed-profile",
        presumed="Nothing of the groups and roles of somebody who was removed.",
        source="not documented",
        noticed="a removed account names groups or roles",
        then="it is in none of them and holds none",
        switch="removed_profile",
        test="tests/test_presumptions.py::test_who_was_removed_holds_nothing_whatever_the_profile_says",
    ),
)
