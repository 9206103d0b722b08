"""Roles that members hold and the catalogue lacks: believed where a second route gives them, too, else told as unknown."""

from collections.abc import Mapping, Sequence

import msgspec

from jackfield.hookspecs import SyncView
from jackfield_contracts import Diagnostic, Severity
from jackfield_dropbox import model, routes, wire
from jackfield_dropbox.api import Api
from jackfield_dropbox.presumption import Presumption

Roles = tuple[wire.Role, ...]
_CATALOGUE = "team/members/get_available_team_member_roles"
_MOST_TOLD = 3


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """Members with the roles that two routes agree on; ``unsure`` says of whom they don't, or is None."""

    members: Sequence[wire.Member]
    unsure: str | None = None
    notes: tuple[Diagnostic, ...] = ()

    def incomplete(self, others: Mapping[str, str]) -> dict[str, str]:
        """The scopes that are incomplete by that, and those of *others*."""
        mine = dict.fromkeys((model.ROLES.name, model.ROLE_GRANTS.name), self.unsure) if self.unsure else {}
        return mine | dict(others)


async def confirmed(api: Api, members: Sequence[wire.Member], view: SyncView) -> Confirmed:
    """*members*, whose roles the catalogue has or ``members/get_info_v2`` gives as well.

    No request where the catalogue has all roles, else one. Whoever has a role by one route alone is left without any.
    """
    known = view.stored("role", {role.role_id for member in members for role in member.held})
    doubtful = [member for member in members if any(role.role_id not in known for role in member.held)]
    if not doubtful:
        return Confirmed(members=members)
    second = await _looked_up(api, doubtful)
    known = view.stored("role", {role.role_id for roles in second.values() for role in roles})
    replaced: dict[str, wire.Member] = {}
    unsure: list[str] = []
    notes: dict[str, Diagnostic] = {}
    for member in doubtful:
        id = member.profile.team_member_id
        roles = second.get(id, ())
        listed = {role.role_id for role in member.held}
        if roles and all(role.role_id in known or role.role_id in listed for role in roles):
            replaced[id] = msgspec.structs.replace(member, roles=roles)
            notes |= {role.role_id: _note(role.role_id) for role in (*roles, *member.held) if role.role_id not in known}
        else:
            replaced[id] = msgspec.structs.replace(member, roles=None)
            unsure.append(id)
    return Confirmed(
        members=[replaced.get(member.profile.team_member_id, member) for member in members],
        unsure=_text(unsure) if unsure else None,
        notes=tuple(notes.values()),
    )


async def _looked_up(api: Api, members: Sequence[wire.Member]) -> dict[str, Roles]:
    answer = await api.members_get_info([member.profile.team_member_id for member in members])
    return {
        item.profile.team_member_id: wire.Member(profile=item.profile, roles=item.roles).held
        for item in answer.page.members_info
        if item.profile is not None
    }


def _note(role: str) -> Diagnostic:
    return Diagnostic(
        code="unlisted_role",
        severity=Severity.WARNING,
        summary=f"a listing of members names the role {role}, which {_CATALOGUE} lacks; {routes.GET_INFO} was asked, too",
    )


def _text(members: Sequence[str]) -> str:
    more = f" and {len(members) - _MOST_TOLD} more" if len(members) > _MOST_TOLD else ""
    return (
        f"the routes do not agree on the roles of {', '.join(members[:_MOST_TOLD])}{more}: the listing names one that"
        f" {_CATALOGUE} lacks, and {routes.GET_INFO} says otherwise"
    )


PRESUMES = (
    Presumption(
        name="role-catalogue",
        presumed="The catalogue gives every role that somebody holds.",
        source="documented as the roles that are available to the team",
        noticed="a member has a role that the catalogue lacks",
        then="the members are looked up by their ids; a role that both routes give stands, with a note",
        switch="role_catalogue",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="role-listed",
        presumed="The listing of members gives the role as the look-up by id does.",
        source="both are documented as the roles of the member",
        noticed="the listing gives a role that the catalogue lacks, and the look-up gives another",
        then="one that the catalogue has stands; else the roles and who holds them are partial",
        switch="role_listed",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
)
