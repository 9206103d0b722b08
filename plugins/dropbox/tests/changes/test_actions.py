"""The actions, over HTTP."""

from __future__ import annotations

import pytest

from jackfield_contracts import AccessState, ActionKind, Confirmation, OutcomeKind, RunAction
from jackfield_dropbox.actions import declared

from .support import Team, over_http

CHANGED, ALREADY, REFUSED = OutcomeKind.CHANGED, OutcomeKind.ALREADY, OutcomeKind.REFUSED


@over_http()
async def test_disabling_wipes_and_enabling_brings_back(team: Team) -> None:
    user = team.people()[0]
    end = await team.run("disable_user", user)
    assert (end.outcome, team.true(user)["status"], team.sim.effects()["wipes"]) == (CHANGED, "suspended", {user: 1})
    assert (await team.run("disable_user", user)).outcome is ALREADY
    assert team.sim.effects()["wipes"] == {user: 1}
    assert (await team.run("enable_user", user)).outcome is CHANGED
    assert (await team.run("enable_user", user)).outcome is ALREADY
    assert team.true(user)["status"] == "active"


@over_http()
async def test_disabling_wipes_nothing_if_told_so(team: Team) -> None:
    user = team.people()[0]
    end = await team.run("disable_user", user, wipe_data=False)
    assert (end.outcome, team.sim.effects()["wipes"]) == (CHANGED, {})


@over_http(config={"disable_wipes_devices": False})
async def test_disabling_wipes_nothing_if_configured_so(team: Team) -> None:
    first, second = team.people()[:2]
    await team.run("disable_user", first)
    await team.run("disable_user", second, wipe_data=True)
    assert team.sim.effects()["wipes"] == {second: 1}
    [action] = [each for each in team.connection.actions() if each.name == "disable_user"]
    assert "if wipe_data=true" in action.description


def test_disabling_says_that_it_wipes() -> None:
    [action] = [each for each in declared(wipes=True) if each.kind is ActionKind.DISABLE_ACCOUNT]
    assert action.destructive
    for text in (action.description, action.warning or ""):
        assert "wipes the account's data from its linked devices unless wipe_data=false" in text.lower()


def test_every_action_says_whose_account_it_is_about() -> None:
    for action in declared(wipes=True):
        assert action.account == "user_id"
        [who] = [each for each in action.arguments if each.name == "user_id"]
        assert who.required
        assert action.permissions
        assert (
            action.leads_to or action.confirmed_by is Confirmation.ANSWER or any(each.sets for each in action.arguments)
        )


@pytest.mark.parametrize(
    ("name", "situation", "tag"),
    [
        ("disable_user", "invited", "suspend_inactive_user"),
        ("disable_user", "recoverable", "user_not_in_team"),
        ("enable_user", "invited", "unsuspend_non_suspended_member"),
        ("enable_user", "recoverable", "user_not_in_team"),
        ("recover_user", "removed", "user_unrecoverable"),
        ("recover_user", "suspended", "user_unrecoverable"),
        ("recover_user", "invited", "user_unrecoverable"),
        ("send_welcome_email", "active", "not_invited"),
        ("set_profile", "recoverable", "set_profile_disallowed"),
    ],
)
@over_http()
async def test_what_can_not_be_done_is_refused(team: Team, name: str, situation: str, tag: str) -> None:
    user = team.someone(situation)
    before = team.sim.truth()
    end = await team.run(name, user, **({"surname": "New"} if name == "set_profile" else {}))
    assert (end.outcome, end.tag, end.account and end.account.id) == (REFUSED, tag, user)
    assert team.sim.truth() == before


@over_http()
async def test_the_last_admin_is_not_disabled(team: Team) -> None:
    role = team.admin_role()
    admins = [one["team_member_id"] for one in team.sim.truth()["users"] if role in one["roles"]]
    for user in admins[1:]:
        team.do("set_role", user, role=None)
    end = await team.run("disable_user", admins[0])
    assert (end.outcome, end.tag) == (REFUSED, "suspend_last_admin")


@over_http()
async def test_a_removed_account_is_recovered(team: Team) -> None:
    group, user = team.new_group(), team.someone("active")
    team.enter(group, user)
    team.do("leave", user)
    end = await team.run("recover_user", user)
    assert (end.outcome, team.true(user)["status"], team.access(group, user)) == (CHANGED, "active", "member")
    assert (await team.run("recover_user", user)).outcome is ALREADY


@over_http()
async def test_the_welcome_mail_is_sent_again(team: Team) -> None:
    user = team.someone("invited")
    end = await team.run("send_welcome_email", user)
    assert (end.outcome, list(team.sim.effects()["welcome_mails"].values())) == (CHANGED, [1])


@over_http()
async def test_a_profile_is_set_and_only_what_is_given(team: Team) -> None:
    user = team.someone("active")
    before = team.true(user)
    end = await team.run("set_profile", user, given_name="A", surname="B", external_id="x-9")
    after = team.true(user)
    assert (end.outcome, after["display_name"], after["external_id"]) == (CHANGED, "A B", "x-9")
    assert after["email"] == before["email"]
    await team.run("set_profile", user, external_id="")
    assert team.true(user)["external_id"] is None
    await team.run("set_profile", user, email="moved@team.example")
    assert team.true(user)["email"] == "moved@team.example"


@pytest.mark.parametrize("values", [{}, {"email": "nobody"}, {"surname": "a|b"}, {"external_id": "x" * 65}])
@over_http()
async def test_a_profile_that_dropbox_would_not_take_is_refused(team: Team, values: dict[str, str]) -> None:
    end = await team.run("set_profile", team.people()[0], **values)
    assert (end.outcome, team.calls()) == (REFUSED, {})


@over_http()
async def test_an_action_finds_its_account_by_any_name(team: Team) -> None:
    user = team.someone("active")
    await team.run("set_profile", user, external_id="x-7")
    for name in (user, team.true(user)["email"], "x-7"):
        change = RunAction(name="enable_user", arguments={"user_id": name})
        for state in (AccessState(), await team.state(change)):
            [end] = await team.connection.change("run_action", (change,), state)
            assert (end.outcome, end.account and end.account.id) == (ALREADY, user)
    change = RunAction(name="enable_user", arguments={"user_id": "nobody@team.example"})
    [end] = await team.connection.change("run_action", (change,), AccessState())
    assert end.tag == "user_not_found"
    change = RunAction(name="no_such", arguments={})
    [end] = await team.connection.change("run_action", (change,), AccessState())
    assert end.tag == "unknown_action"
