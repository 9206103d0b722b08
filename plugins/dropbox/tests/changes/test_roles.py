"""Admin roles, over HTTP."""

from __future__ import annotations

from jackfield_contracts import AccessState, OutcomeKind
from jackfield_dropbox import routes

from .support import Team, gets, loses, over_http

CHANGED, ALREADY, REFUSED = OutcomeKind.CHANGED, OutcomeKind.ALREADY, OutcomeKind.REFUSED


@over_http()
async def test_a_role_is_given_and_taken(team: Team) -> None:
    role, user = team.roles()[0], team.people()[0]
    [end] = await team.grant(gets(role, user))
    assert (end.outcome, team.true(user)["roles"]) == (CHANGED, [role])
    [end] = await team.grant(gets(role, user))
    assert end.outcome is ALREADY
    [end] = await team.revoke(loses(role, user))
    assert (end.outcome, team.true(user)["roles"]) == (CHANGED, [])
    assert team.calls() == {routes.SET_ROLES: 2}


@over_http()
async def test_the_role_of_the_last_admin_stays(team: Team) -> None:
    role = team.admin_role()
    admins = [one["team_member_id"] for one in team.sim.truth()["users"] if role in one["roles"]]
    for user in admins[1:]:
        team.do("set_role", user, role=None)
    [end] = await team.revoke(loses(role, admins[0]))
    assert (end.outcome, end.tag, team.true(admins[0])["roles"]) == (REFUSED, "last_admin", [role])


@over_http()
async def test_a_suspended_user_gets_no_role(team: Team) -> None:
    user = team.someone("suspended")
    [end] = await team.grant(gets(team.roles()[0], user))
    assert (end.outcome, end.tag, team.true(user)["roles"]) == (REFUSED, "cannot_set_permissions", [])


@over_http()
async def test_an_unknown_role_is_refused(team: Team) -> None:
    [end] = await team.grant(gets("pid_dbtmr:none", team.people()[0]))
    assert (end.outcome, end.tag) == (REFUSED, "role_not_found")


@over_http()
async def test_a_role_that_is_not_the_one_held_is_not_taken(team: Team) -> None:
    held, asked = team.roles()[:2]
    user = team.do("set_role", team.people()[0], role=held)
    [end] = await team.revoke(loses(asked, user))
    assert (end.outcome, team.true(user)["roles"], team.calls()) == (ALREADY, [held], {})
    assert f"role:{held}" in (end.reason or "")
    team.do("set_role", user, role=None)
    [end] = await team.revoke(loses(asked, user))
    assert "no role is held" in (end.reason or "")


@over_http()
async def test_a_role_over_another_one_has_to_be_meant(team: Team) -> None:
    held, asked = team.roles()[:2]
    user = team.do("set_role", team.people()[0], role=held)
    [end] = await team.grant(gets(asked, user))
    assert (end.outcome, end.tag, team.true(user)["roles"], team.calls()) == (REFUSED, "needs_replace", [held], {})
    [end] = await team.grant(gets(asked, user, replace=True))
    assert (end.outcome, team.true(user)["roles"]) == (CHANGED, [asked])


@over_http()
async def test_the_role_is_looked_at_before_it_is_taken_whatever_the_state_says(team: Team) -> None:
    held, asked = team.roles()[:2]
    user = team.do("set_role", team.people()[0], role=asked)
    change = loses(asked, user)
    state = await team.state(change)
    team.do("set_role", user, role=held)
    [end] = await team.revoke(change, state=state)
    assert (end.outcome, team.true(user)["roles"], team.calls()) == (ALREADY, [held], {})


@over_http()
async def test_a_grant_on_a_state_that_is_old(team: Team) -> None:
    role, user = team.roles()[0], team.people()[0]
    team.do("set_role", user, role=role)
    state = await team.state(gets(role, user))
    team.do("set_role", user, role=None)
    [end] = await team.grant(gets(role, user), state=state)
    assert (end.outcome, team.true(user)["roles"]) == (CHANGED, [role])


@over_http()
async def test_nobody_has_no_role(team: Team) -> None:
    role = team.roles()[0]
    [end] = await team.revoke(loses(role, "dbmid:nobody"), state=AccessState())
    assert end.outcome is ALREADY
    [end] = await team.grant(gets(role, "dbmid:nobody"), state=AccessState())
    assert (end.outcome, end.tag) == (REFUSED, "user_not_found")


@over_http()
async def test_a_role_given_meanwhile_is_not_replaced(team: Team) -> None:
    person = team.people()[0]
    first, second = team.roles()[:2]
    state = await team.state(gets(first, person))
    team.do("set_role", person, role=second)
    [end] = await team.grant(gets(first, person), state=state)
    assert (end.outcome, end.tag) == (REFUSED, "needs_replace")
    assert team.calls() == {}
    assert team.true(person)["roles"] == [second]
