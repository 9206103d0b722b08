"""Answers that can't be understood, over the command line: a read settles them, and nobody else pays for them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from harness.cli import NAME
from harness.staging import Stage, entitlement, joins, make_plan, open_group, role, rows_file, told

from jackfield_dropbox_simulator.behaviour import values

NEW = "new@team.example"
Command = tuple[str, ...]
Prepared = tuple[Command, Callable[[Stage], bool]]


def _grant(stage: Stage) -> Prepared:
    group = open_group(stage)
    who = stage.now().outside(group)[0]
    id = who["team_member_id"]
    command = ("grant", NAME, entitlement(group, "member"), who["email"])
    return command, lambda stage: stage.now().access(group["group_id"], id) == "member"


def _own(stage: Stage) -> Prepared:
    group = stage.now().group()
    who = stage.now().inside(group, "member")[0]
    id = who["team_member_id"]
    command = ("grant", NAME, entitlement(group, "owner"), who["email"])
    return command, lambda stage: stage.now().access(group["group_id"], id) == "owner"


def _revoke(stage: Stage) -> Prepared:
    group = stage.now().group()
    who = stage.now().inside(group, "member")[0]
    id = who["team_member_id"]
    command = ("revoke", NAME, entitlement(group, "member"), who["email"])
    return command, lambda stage: stage.now().access(group["group_id"], id) is None


def _role(stage: Stage) -> Prepared:
    now = stage.now()
    who, asked = now.people()[0], list(now.roles.values())[-1]
    return (
        "grant",
        NAME,
        role(asked),
        who["email"],
    ), lambda stage: stage.now().users[who["team_member_id"]]["roles"] == [asked]


def _create(stage: Stage) -> Prepared:
    return ("account", "create", NAME, f"email={NEW}"), lambda stage: stage.now().named(NEW) is not None


def _delete(stage: Stage) -> Prepared:
    who = stage.now().people()[0]
    command = ("account", "delete", NAME, who["email"])
    return command, lambda stage: who["team_member_id"] in stage.now().removed


def _status(verb: str, before: str, after: str) -> Callable[[Stage], Prepared]:
    def prepared(stage: Stage) -> Prepared:
        who = stage.now().people(before)[0]
        command = ("account", verb, NAME, who["email"])
        return command, lambda stage: stage.now().users[who["team_member_id"]]["status"] == after

    return prepared


def _recover(stage: Stage) -> Prepared:
    who = stage.now().people()[0]
    stage.control.change({"do": "leave", "user": who["team_member_id"]})
    command = ("action", "run", NAME, "recover_user", f"user_id={who['team_member_id']}")
    return command, lambda stage: who["team_member_id"] in stage.now().users


def _rename(stage: Stage) -> Prepared:
    who = stage.now().people()[0]
    command = ("action", "run", NAME, "set_profile", f"user_id={who['email']}", "given_name=Renamed")
    id = who["team_member_id"]
    return command, lambda stage: stage.now().users[id]["display_name"].startswith("Renamed")


WRITES: dict[str, Callable[[Stage], Prepared]] = {
    "grant": _grant,
    "own": _own,
    "revoke": _revoke,
    "role": _role,
    "create": _create,
    "delete": _delete,
    "disable": _status("disable", "active", "suspended"),
    "enable": _status("enable", "suspended", "active"),
    "recover": _recover,
    "rename": _rename,
}


@pytest.mark.parametrize("answer", ["unknown_tag", "text"])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_was_made_is_changed_whatever_its_answer_looks_like(stage: Stage, write: str, answer: str) -> None:
    command, made = WRITES[write](stage)
    stage.control.behave(write_answer=answer)
    document = stage.make(*command)
    assert made(stage)
    assert told(document) == ("changed", None, "read")
    assert stage.effects()["calls"] == 1


@pytest.mark.parametrize("write", ["create", "delete"])
@pytest.mark.parametrize("answer", ["empty_object", "list", "no_json"])
def test_so_are_launches_of_every_form(stage: Stage, write: str, answer: str) -> None:
    command, made = WRITES[write](stage)
    stage.control.behave(write_answer=answer)
    assert told(stage.make(*command)) == ("changed", None, "read")
    assert made(stage)
    assert stage.effects()["calls"] == 1


@pytest.mark.parametrize("answer", ["unknown_tag", "list"])
def test_a_mail_of_which_nothing_can_be_read_is_unverified_and_not_sent_twice(stage: Stage, answer: str) -> None:
    who = stage.now().people("invited")[0]
    stage.control.behave(write_answer=answer)
    document = stage.make("action", "run", NAME, "send_welcome_email", f"user_id={who['email']}", code=11)
    assert (document["outcome"], document["confirmed_by"]) == ("unverified", None)
    assert stage.effects() == {"calls": 1, "welcome_mails": 1}


@pytest.mark.parametrize("how", values()["added"][1:])
@pytest.mark.parametrize("job", [False, True])
def test_an_invitation_that_was_made_is_changed_in_whatever_form_its_success_comes(
    stage: Stage, how: str, job: bool
) -> None:
    stage.control.behave(added=how)
    stage.control.settings(async_jobs=job)
    group = stage.now().group()
    made = stage.make("account", "create", NAME, f"email={NEW}", f"groups={group['group_id']}")
    assert told(made)[::2] == ("changed", "read")
    new = stage.now().named(NEW)
    assert new is not None
    assert made["account"] == f"user:{new['team_member_id']}"
    assert new["team_member_id"] in stage.now().groups[group["group_id"]]["members"]
    effects = stage.effects()
    assert (effects["invitations"], effects["welcome_mails"]) == (1, 1)


@pytest.mark.parametrize("job", [False, True])
def test_a_success_that_shows_somebody_else_leads_to_no_write_about_that_person(stage: Stage, job: bool) -> None:
    stage.control.behave(added="of_another")
    stage.control.settings(async_jobs=job)
    stage.control.change({"do": "create_group", "name": "Empty"})
    group = next(each for each in stage.now().groups.values() if each["name"] == "Empty")
    made = stage.make("account", "create", NAME, f"email={NEW}", f"groups={group['group_id']}")
    new = stage.now().named(NEW)
    assert new is not None
    assert (made["outcome"], made["account"]) == ("changed", f"user:{new['team_member_id']}")
    assert list(stage.now().groups[group["group_id"]]["members"]) == [new["team_member_id"]]


def test_an_invitation_whose_success_is_not_understood_waits_for_reads_that_lag(stage: Stage) -> None:
    stage.control.behave(added="unknown_tag")
    stage.control.settings(read_lag=2.0)
    assert told(stage.make("account", "create", NAME, f"email={NEW}")) == ("changed", None, "read")
    assert stage.effects()["invitations"] == 1


def test_an_invitation_whose_answer_is_lost_joins_its_groups_though_reads_lag(stage: Stage) -> None:
    groups = [each["group_id"] for each in stage.now().groups.values() if each["management_type"] == "user_managed"][:2]
    stage.control.settings(read_lag=2.0)
    stage.control.fault("drop", route="team/members/add_v2", when="after", times=1)
    made = stage.make("account", "create", NAME, f"email={NEW}", *(f"groups={id}" for id in groups))
    assert told(made) == ("changed", None, "read")
    (user,) = [each["team_member_id"] for each in stage.now().users.values() if each["email"] == NEW]
    assert all(stage.now().access(id, user) == "member" for id in groups)
    assert stage.effects()["invitations"] == 1


def test_a_refusal_of_tomorrow_is_a_failure_that_names_it_and_is_asked_for_once(stage: Stage) -> None:
    stage.control.force("team/members/add_v2", "moon_in_retrograde", email=NEW)
    made = stage.make("account", "create", NAME, f"email={NEW}", code=12)
    assert told(made) == ("failed", "moon_in_retrograde", None)
    assert stage.now().named(NEW) is None
    assert stage.effects() == {"calls": 1}


@pytest.mark.parametrize("route", ["team/groups/members/add", "team/members/add_v2"])
def test_a_refusal_of_tomorrow_that_was_none_is_changed(stage: Stage, route: str) -> None:
    command, made = WRITES["create" if "add_v2" in route else "grant"](stage)
    stage.control.force(route, "moon_in_retrograde", applied=True)
    assert told(stage.make(*command))[::2] == ("changed", "read")
    assert made(stage)
    assert stage.effects()["calls"] == 1


ROUTES = {
    "grant": "team/groups/members/add",
    "own": "team/groups/members/set_access_type",
    "revoke": "team/groups/members/remove",
    "role": "team/members/set_admin_permissions_v2",
    "create": "team/members/add_v2",
    "delete": "team/members/remove",
    "disable": "team/members/suspend",
    "enable": "team/members/unsuspend",
    "recover": "team/members/recover",
    "rename": "team/members/set_profile_v2",
}


@pytest.mark.parametrize("tag", ["moon_in_retrograde", "other"])
@pytest.mark.parametrize("write", WRITES)
def test_a_tag_without_a_meaning_is_settled_by_a_read(stage: Stage, write: str, tag: str) -> None:
    command, made = WRITES[write](stage)
    stage.control.force(ROUTES[write], tag, applied=True)
    assert told(stage.make(*command)) == ("changed", None, "read")
    assert made(stage)
    assert stage.effects()["calls"] == 1


@pytest.mark.parametrize("write", ["grant", "create", "disable"])
def test_other_is_a_failure_where_a_read_shows_that_nothing_was_made(stage: Stage, write: str) -> None:
    command, made = WRITES[write](stage)
    stage.control.force(ROUTES[write], "other")
    assert told(stage.make(*command, code=12)) == ("failed", "other", None)
    assert not made(stage)
    assert stage.effects() == {"calls": 1}


@pytest.mark.parametrize("write", ["grant", "own", "revoke"])
def test_a_refusal_in_a_group_that_was_carried_out_is_told_as_a_read_shows_it(stage: Stage, write: str) -> None:
    command, made = WRITES[write](stage)
    stage.control.force(ROUTES[write], "users_not_found", applied=True)
    document = stage.make(*command)
    assert told(document) == ("changed", None, "read")
    assert "somebody else may have made it" in document["reason"]
    assert made(stage)


def test_some_who_join_by_a_call_that_was_refused_are_told_as_changed(stage: Stage, tmp_path: Path) -> None:
    group = open_group(stage)
    some = [one["team_member_id"] for one in stage.now().outside(group)][:3]
    rows = rows_file(tmp_path, [joins(group, id) for id in some])
    make_plan(stage, tmp_path, rows)
    stage.control.force("team/groups/members/add", "users_not_found", value=[some[0]], applied=True)
    assert stage.make("apply", str(tmp_path / "the.plan"))["outcomes"] == {"changed": len(some)}
    assert set(stage.now().groups[group["group_id"]]["members"]) == {*group["members"], *some}


@pytest.mark.parametrize("tag", ["moon_in_retrograde", "other", "users_not_found"])
def test_an_account_is_in_the_group_that_it_joined_whatever_was_answered(stage: Stage, tag: str) -> None:
    group = stage.now().group()
    stage.control.force("team/groups/members/add", tag, applied=True)
    made = stage.make("account", "create", NAME, f"email={NEW}", f"groups={group['group_id']}")
    assert told(made) == ("changed", None, "read")
    assert made["results"]["groups_joined"] == [group["group_id"]]
    assert "Not joined" not in (made["reason"] or "")


@pytest.mark.parametrize("write", ["grant", "revoke", "create", "delete", "disable", "enable", "recover"])
def test_what_the_request_before_a_renewed_token_made_is_changed(stage: Stage, write: str) -> None:
    command, made = WRITES[write](stage)
    stage.control.fault("unauthorized", route=ROUTES[write], times=1, when="after")
    document = stage.make(*command)
    assert told(document) == ("changed", None, "read")
    assert "somebody else may have made it" in document["reason"]
    assert made(stage)


@pytest.mark.parametrize("effect", ["start", "end"])
def test_a_job_may_have_its_effect_early_or_late(stage: Stage, effect: str) -> None:
    stage.control.settings(async_jobs=True, job_polls=1, job_effect=effect)
    for write in ("create", "delete"):
        command, made = WRITES[write](stage)
        assert told(stage.make(*command)) == ("changed", None, "read")
        assert made(stage)
