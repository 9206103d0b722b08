"""Invitations, over HTTP."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from harness.sdk import decode
from harness.sdk import routes as sdk_routes
from hypothesis import given
from hypothesis import strategies as st

from jackfield_contracts import OutcomeKind, StateQuery
from jackfield_dropbox import routes
from jackfield_dropbox.arguments import problem

from .support import Team, over_http

CHANGED, ALREADY, REFUSED, FAILED, PENDING = (
    OutcomeKind.CHANGED,
    OutcomeKind.ALREADY,
    OutcomeKind.REFUSED,
    OutcomeKind.FAILED,
    OutcomeKind.PENDING,
)
NEW = "new@team.example"


@over_http()
async def test_an_invitation_with_all_that_can_be_said(team: Team) -> None:
    group, role = team.new_group(), team.sim.truth()["roles"][1]
    [end] = await team.create(
        {
            "email": NEW,
            "given_name": "New",
            "surname": "Person",
            "external_id": "x-1",
            "role": role["name"],
            "send_welcome_email": False,
            "directory_restricted": True,
            "groups": (group,),
        }
    )
    true = team.by_email(NEW)
    assert true is not None
    assert (end.outcome, end.account and end.account.id) == (CHANGED, true["team_member_id"])
    assert (true["status"], true["roles"], true["external_id"]) == ("invited", [role["role_id"]], "x-1")
    assert (true["display_name"], true["groups"][group]) == ("New Person", "member")
    assert end.results == {"groups_joined": (group,), "groups_not_joined": ()}
    assert team.sim.effects()["welcome_mails"] == {}
    [sent] = team.sent(routes.ADD)
    assert sent["new_members"][0]["is_directory_restricted"] is True


@over_http()
async def test_twenty_by_one_call_each_with_its_own_outcome(team: Team) -> None:
    group = team.new_group()
    emails = [f"new{number}@team.example" for number in range(20)]
    there = team.true(team.people()[0])["email"]
    team.sim.force(routes.ADD, "team_license_limit", email=emails[3])
    people: list[dict[str, Any]] = [{"email": email, "groups": (group,)} for email in emails[:19]]
    ends = await team.create(*people, {"email": there.upper()})
    assert [end.outcome for end in ends] == [CHANGED] * 3 + [REFUSED] + [CHANGED] * 15 + [ALREADY]
    assert team.calls() == {routes.ADD: 1, routes.GROUPS_ADD: 1}
    assert len(team.sim.effects()["invitations"]) == 18


@over_http()
async def test_nobody_is_invited_for_a_group_that_can_not_be_joined(team: Team) -> None:
    group, system = team.new_group(), team.system_group()
    for groups in ((group, "g:none"), (group, system)):
        [end] = await team.create({"email": NEW, "groups": groups})
        assert (end.outcome, end.tag) == (REFUSED, "group_not_found")
        assert groups[1] in (end.reason or "")
    assert team.sim.effects()["invitations"] == {}


@over_http()
async def test_a_group_that_went_meanwhile_is_named_and_the_account_not_told_as_not_made(team: Team) -> None:
    group, gone = team.new_group(), team.new_group()
    team.sim.force(routes.GROUPS_ADD, "group_not_found", times=1)
    [end] = await team.create({"email": NEW, "groups": (gone, group)})
    assert end.outcome is OutcomeKind.UNVERIFIED
    assert (end.results["groups_joined"], end.results["groups_not_joined"]) == ((group,), (gone,))
    assert "The account was made" in (end.reason or "")


@over_http(scopes=("members.read", "members.write", "groups.read"))
async def test_without_the_scope_for_groups_the_account_is_made_and_the_groups_are_named(team: Team) -> None:
    group = team.new_group()
    [end] = await team.create({"email": NEW, "groups": (group,)})
    assert (end.outcome, end.results["groups_not_joined"]) == (OutcomeKind.UNVERIFIED, (group,))
    assert "groups.write" in (end.reason or "")


@over_http()
async def test_a_token_that_ends_before_the_groups_does_not_hide_that_the_account_was_made(team: Team) -> None:
    group = team.new_group()
    team.sim.fault("unauthorized", route=routes.GROUPS_ADD)
    [end] = await team.create({"email": NEW, "groups": (group,)})
    assert (end.outcome, end.results["groups_not_joined"]) == (OutcomeKind.UNVERIFIED, (group,))
    assert "token" in (end.reason or "")
    assert team.sim.effects()["invitations"] == {NEW: 1}


@over_http()
async def test_asked_twice_it_invites_once_and_joins_what_is_missing(team: Team) -> None:
    first, second = team.new_group(), team.new_group()
    asked: dict[str, Any] = {"email": NEW, "groups": (first,)}
    await team.create(asked)
    [again] = await team.create(asked)
    assert (again.outcome, again.tag) == (ALREADY, "user_already_on_team")
    [more] = await team.create({"email": NEW, "groups": (first, second)})
    assert (more.outcome, more.results["groups_joined"]) == (CHANGED, (second,))
    effects = team.sim.effects()
    assert set(effects["invitations"].values()) == set(effects["welcome_mails"].values()) == {1}
    assert len(effects["group_additions"]) == 2


@pytest.mark.parametrize(
    ("situation", "outcome", "named"),
    [
        ("invited", ALREADY, "invited already"),
        ("active", ALREADY, "member of the team already"),
        ("suspended", REFUSED, "enable_user"),
        ("recoverable", REFUSED, "recover_user"),
    ],
)
@over_http()
async def test_an_address_that_is_on_the_team_is_looked_up(
    team: Team, situation: str, outcome: OutcomeKind, named: str
) -> None:
    user = team.someone(situation)
    before = team.sim.truth()
    [end] = await team.create({"email": team.true(user)["email"], "groups": ()})
    assert (end.outcome, end.account and end.account.id) == (outcome, user)
    assert named in (end.reason or "")
    assert team.sim.truth() == before


@over_http(async_jobs=True, job_polls=2)
async def test_an_invitation_by_a_job_is_followed_to_its_end(team: Team) -> None:
    group = team.new_group()
    there = team.true(team.people()[0])["email"]
    ends = await team.create({"email": NEW, "groups": (group,)}, {"email": there})
    assert [end.outcome for end in ends] == [PENDING, PENDING]
    jobs = [end.job or "" for end in ends]
    first = await team.connection.job_status(jobs[0])
    assert (first.outcome, first.job) == (PENDING, jobs[0])
    while (end := await team.connection.job_status(jobs[0])).outcome is PENDING:
        pass
    true = team.by_email(NEW)
    assert true is not None
    assert (end.outcome, end.account and end.account.id) == (CHANGED, true["team_member_id"])
    assert (end.results["groups_joined"], true["groups"][group]) == ((group,), "member")
    assert (await team.connection.job_status(jobs[1])).outcome is ALREADY
    once_more = await team.connection.job_status(jobs[0])
    assert once_more.results["groups_joined"] == (group,)
    assert set(team.sim.effects()["group_additions"].values()) == {1}


@over_http(async_jobs=True)
async def test_a_job_that_fails_is_a_failure(team: Team) -> None:
    team.sim.settings(job_fails="something broke")
    [end] = await team.create({"email": NEW})
    end = await team.connection.job_status(end.job or "")
    assert (end.outcome, end.tag, end.retryable, team.by_email(NEW)) == (FAILED, "failed", True, None)


@over_http(async_jobs=True)
async def test_a_job_that_says_nothing_of_the_person_is_looked_up(team: Team) -> None:
    [end] = await team.create({"email": NEW})
    team.sim.force(routes.ADD_STATUS, "complete", times=None)
    found = await team.connection.job_status(end.job or "")
    assert found.outcome is CHANGED
    user = team.by_email(NEW)
    assert user is not None
    team.do("leave", user["team_member_id"])
    assert (await team.connection.job_status(end.job or "")).outcome is FAILED


@over_http()
async def test_a_text_that_is_no_job(team: Team) -> None:
    for job in ("", "{}", '{"route":"add"}', "dbjid:1"):
        assert (await team.connection.job_status(job)).tag == "unknown_job"


@pytest.mark.parametrize(
    "values",
    [
        {"email": "nobody"},
        {"email": ""},
        {"email": "a@b"},
        {"email": "é@team.example"},
        {"email": NEW + "\n"},
        {"email": "a" * 250 + "@team.example"},
        {"email": NEW, "given_name": "x" * 51},
        {"email": NEW, "given_name": "a/b"},
        {"email": NEW, "surname": "<b>"},
        {"email": NEW, "external_id": "x" * 65},
        {"email": NEW, "surname": "\ud800"},
    ],
)
@over_http()
async def test_what_dropbox_would_not_take_is_refused_before_any_call(team: Team, values: dict[str, Any]) -> None:
    [end] = await team.create(values)
    assert (end.outcome, end.tag, team.calls()) == (REFUSED, "invalid_argument", {})


@over_http()
async def test_a_role_that_is_unknown_refuses_that_one_only(team: Team) -> None:
    ends = await team.create({"email": NEW, "role": "No such role"}, {"email": "other@team.example"})
    assert [(end.outcome, end.tag) for end in ends] == [(REFUSED, "role_not_found"), (CHANGED, None)]
    assert team.by_email(NEW) is None


@over_http()
async def test_one_person_twice_in_a_call_is_invited_once(team: Team) -> None:
    ends = await team.create({"email": NEW}, {"email": NEW.upper()})
    assert [end.outcome for end in ends] == [CHANGED, ALREADY]
    assert set(team.sim.effects()["invitations"].values()) == {1}


NAMES = st.text(st.characters(codec="utf-8") | st.sampled_from('/:?*<>"|'), max_size=55)
EMAILS = st.text(string.ascii_letters + string.digits + "'#&._%+-@é \n", max_size=30) | st.emails()


@given(email=EMAILS, given_name=NAMES, surname=NAMES, external_id=st.text(st.characters(codec="utf-8"), max_size=70))
def test_what_is_refused_beforehand_is_what_the_sdk_refuses(**values: str) -> None:
    names = {"given_name": "member_given_name", "surname": "member_surname", "external_id": "member_external_id"}
    member = {"member_email": values["email"], **{names[name]: values[name] for name in names}}
    argument = json.dumps({"new_members": [member]}).encode()
    try:
        decode(sdk_routes()[routes.ADD].arg_type, argument)
    except AssertionError:
        assert problem(values) is not None
    else:
        assert problem(values) is None


@over_http()
async def test_nobody_is_asked_for_by_what_is_nobodys_address_or_id(team: Team) -> None:
    before = team.calls()
    names = ("a@@team.example", "a\u200b@team.example", "\u061cx", "a\x1b[2J", "x@y@z")
    assert (await team.connection.read_state(StateQuery(names=names))).accounts == ()
    assert team.calls() == before
    for email in names:
        [end] = await team.create({"email": email})
        assert (end.outcome, end.tag) == (REFUSED, "invalid_argument")
    assert team.calls() == before
