"""What Dropbox is known to refuse is told before anything is asked, and as it is told when it is asked."""

from __future__ import annotations

from jackfield_contracts import (
    AccessState,
    Change,
    CreateAccount,
    DeleteAccount,
    Outcome,
    OutcomeKind,
    ResourceId,
    RunAction,
    Value,
)

from .support import Team, entitlement, gets, joins, leaves, loses, over_http

REFUSED = OutcomeKind.REFUSED


async def foreseen(team: Team, *changes: Change) -> tuple[Outcome | None, ...]:
    """What is told beforehand; nothing is written for it."""
    before = team.calls(), team.sim.truth()
    read = [each for each in changes if not isinstance(each, CreateAccount)]
    state = await team.state(*read) if read else AccessState()
    said = await team.connection.foresee(changes, state)
    assert (team.calls(), team.sim.truth()) == before
    return said


async def asked(team: Team, change: Change) -> Outcome:
    """What becomes of it."""
    kind = {"GrantAccess": "grant", "RevokeAccess": "revoke", "CreateAccount": "create_account"}
    kind |= {"DeleteAccount": "delete_account", "RunAction": "run_action"}
    state = AccessState() if isinstance(change, CreateAccount) else await team.state(change)
    return (await team.connection.change(kind[type(change).__name__], (change,), state))[0]


async def refused_alike(team: Team, change: Change, tag: str) -> None:
    """Refused beforehand with the tag and sentence of the refusal that follows."""
    [said] = await foreseen(team, change)
    assert said is not None
    assert (said.outcome, said.tag) == (REFUSED, tag)
    end = await asked(team, change)
    assert (end.outcome, end.tag, end.reason) == (said.outcome, said.tag, said.reason)


def delete(user: str, **terms: Value) -> DeleteAccount:
    return DeleteAccount(account=ResourceId(type="user", id=user), arguments={"wipe_data": False, **terms})


def run(name: str, user: str, **values: Value) -> RunAction:
    return RunAction(name=name, arguments={"user_id": user, **values}, account=ResourceId(type="user", id=user))


@over_http()
async def test_what_the_status_of_a_person_forbids(team: Team) -> None:
    group, suspended, invited = team.new_group(), team.someone("suspended"), team.someone("invited")
    await refused_alike(team, gets(team.roles()[0], suspended), "cannot_set_permissions")
    await refused_alike(team, joins(group, suspended, "owner"), "user_must_be_active_to_be_owner")
    await refused_alike(team, joins(group, invited, "owner"), "user_must_be_active_to_be_owner")
    assert (
        await foreseen(team, joins(group, suspended), joins(group, invited), joins(group, team.people()[0], "owner"))
        == (None,) * 3
    )


@over_http()
async def test_a_role_for_the_invited_is_not_known_to_be_refused(team: Team) -> None:
    [said] = await foreseen(team, gets(team.roles()[0], team.someone("invited")))
    assert said is not None
    assert (said.outcome, "does not document" in (said.reason or "")) == (OutcomeKind.CHANGED, True)


@over_http()
async def test_what_nobody_can_be_granted(team: Team) -> None:
    change = joins("x", team.people()[0])
    for id in (entitlement("app", "dropbox", "access"), entitlement("license", "full", "assigned")):
        await refused_alike(team, type(change)(entitlement=id, principal=change.principal), "not_grantable")


@over_http()
async def test_invitations_with_roles_and_groups_that_are_not_there(team: Team) -> None:
    def invite(**more: Value) -> CreateAccount:
        return CreateAccount(arguments={"email": "new.one@team.example", **more})

    await refused_alike(team, invite(role="Chief of everything"), "role_not_found")
    await refused_alike(team, invite(groups=("g:none",)), "group_not_found")
    await refused_alike(team, invite(groups=(team.system_group(),)), "group_not_found")
    await refused_alike(team, invite(given_name="x" * 51), "invalid_argument")
    good = invite(role=team.roles()[0], groups=(team.new_group(),))
    assert [bool(each) for each in await foreseen(team, good, invite(role="none"))] == [False, True]


@over_http()
async def test_terms_that_exclude_each_other(team: Team) -> None:
    user = team.people()[0]
    await refused_alike(team, delete(user, retain_team_shares=True), "cannot_retain_shares_when_no_account_kept")
    await refused_alike(team, run("set_profile", user), "no_new_data_specified")
    await refused_alike(team, run("set_profile", user, email="none"), "invalid_argument")


@over_http()
async def test_the_last_administrator_stays(team: Team) -> None:
    first, *others = await alone(team)
    role = team.admin_role()
    await refused_alike(team, loses(role, first), "last_admin")
    await refused_alike(team, gets(team.roles()[0], first, replace=True), "last_admin")
    await refused_alike(team, run("disable_user", first, wipe_data=False), "suspend_last_admin")
    await refused_alike(team, delete(first), "remove_last_admin")
    # Somebody suspended administers nothing.
    team.do("set_role", others[0], role=role)
    team.do("suspend", others[0])
    await refused_alike(team, loses(role, first), "last_admin")


@over_http()
async def test_of_all_administrators_of_a_plan_the_last_one_stays(team: Team) -> None:
    first, other, *_ = await alone(team)
    role = team.admin_role()
    team.do("set_role", other, role=role)
    said = await foreseen(team, loses(role, first), run("disable_user", other, wipe_data=False))
    assert [each.tag if each else None for each in said] == [None, "suspend_last_admin"]
    third = team.people()[0]
    said = await foreseen(team, gets(role, third), loses(role, first), delete(other))
    assert said == (None, None, None)


@over_http()
async def test_where_others_have_other_roles_it_is_not_known(team: Team) -> None:
    first, other, *_ = await alone(team)
    team.do("set_role", other, role=team.roles()[0])
    said = await foreseen(team, loses(team.admin_role(), first), loses(team.roles()[0], other))
    assert [each.outcome if each else None for each in said] == [OutcomeKind.CHANGED, OutcomeKind.REFUSED]
    [said_of_other] = await foreseen(team, loses(team.roles()[0], other))
    assert said_of_other is not None
    assert said_of_other.outcome is OutcomeKind.CHANGED


@over_http()
async def test_members_are_listed_only_where_a_role_is_to_go(team: Team) -> None:
    listing = "team/members/list_v2"
    group, user = team.new_group(), team.people()[0]
    team.enter(group, user)
    await foreseen(team, leaves(group, user), delete(user), run("disable_user", user, wipe_data=False))
    assert team.sent(listing) == []
    [admin] = [one["team_member_id"] for one in team.sim.truth()["users"] if team.admin_role() in one["roles"]][:1]
    await foreseen(team, delete(admin), loses(team.admin_role(), admin))
    assert len(team.sent(listing)) == 1


async def alone(team: Team) -> list[str]:
    """The one who has a role by now, and those who had one."""
    role = team.admin_role()
    users = [one for one in team.sim.truth()["users"] if one["roles"]]
    admins = [one["team_member_id"] for one in users if role in one["roles"] and one["status"] == "active"]
    rest = [one["team_member_id"] for one in users if one["status"] == "active"]
    rest.remove(admins[0])
    for user in rest:
        team.do("set_role", user, role=None)
    return [admins[0], *rest, *team.people()]
