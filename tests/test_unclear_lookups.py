"""Look-ups that answer otherwise than presumed, over the command line: nobody else pays for it, and the write route decides."""

from pathlib import Path

import pytest
from harness.cli import NAME
from harness.staging import Stage, entitlement, joins, make_plan, open_group, rows_file, told

from jackfield_dropbox_simulator.behaviour import values


@pytest.mark.parametrize("name", ["team_member_id", "email"])
def test_somebody_whom_look_ups_do_not_know_is_recovered_all_the_same(stage: Stage, name: str) -> None:
    gone = stage.now().people()[0]
    stage.control.change({"do": "leave", "user": gone["team_member_id"]})
    stage.control.behave(removed_looked_up="id_not_found")
    made = stage.make("action", "run", NAME, "recover_user", f"user_id={gone[name]}")
    assert told(made) == ("changed", None, "read")
    assert made["account"] == f"user:{gone['team_member_id']}"
    assert stage.now().users[gone["team_member_id"]]["status"] == "active"


def test_recovering_nobody_is_refused_by_the_route_itself(stage: Stage) -> None:
    made = stage.make("action", "run", NAME, "recover_user", "user_id=nobody@team.example", code=5)
    assert told(made) == ("refused", "user_not_found", None)
    assert stage.effects() == {"calls": 1}


def test_rehiring_somebody_whom_look_ups_do_not_know_names_the_way(stage: Stage) -> None:
    gone = stage.now().people()[0]
    stage.control.change({"do": "leave", "user": gone["team_member_id"]})
    stage.control.behave(removed_looked_up="id_not_found")
    made = stage.make("account", "create", NAME, f"email={gone['email']}", code=5)
    assert told(made) == ("refused", "user_already_on_team", None)
    assert "recover_user" in made["reason"]
    assert not made["retryable"]
    stage.control.behave(rehire="invites_anew")
    assert told(stage.make("account", "create", NAME, f"email={gone['email']}")) == ("changed", None, "read")


BROKEN = [value for value in values()["broken_member"][1:] if value not in ("groups_null", "emails_null")]


@pytest.mark.parametrize("how", BROKEN)
def test_somebody_who_can_not_be_understood_stops_nobody_else(stage: Stage, how: str, tmp_path: Path) -> None:
    broken = stage.control.behave(broken_member=how)["victims"]["member"]
    group = open_group(stage)
    others = [one["team_member_id"] for one in stage.now().outside(group) if one["team_member_id"] != broken][:2]
    rows = rows_file(tmp_path, [joins(group, id) for id in (broken, *others)])
    make_plan(stage, tmp_path, rows)
    changes = stage.make("apply", str(tmp_path / "the.plan"), code=75)["changes"]
    by_person = {each["change"].rpartition("user:")[2].split(" ")[0]: each for each in changes}
    outcomes = {"failed": 0, "changed": 0}
    for each in changes:
        outcomes[each["outcome"]] += 1
    assert outcomes == {"failed": 1, "changed": 2}, by_person
    (failed,) = [each for each in changes if each["outcome"] == "failed"]
    assert failed["retryable"]
    assert "team/members/get_info_v2" in failed["reason"]
    assert "row 1" in failed["reason"]
    members = stage.now().groups[group["group_id"]]["members"]
    assert set(members) == {*group["members"], *others}


@pytest.mark.parametrize("how", values()["broken_group"][1:])
def test_a_group_that_can_not_be_understood_is_told_with_its_place(stage: Stage, how: str) -> None:
    broken = stage.control.behave(broken_group=how)["victims"]["group"]
    who = stage.now().outside(stage.now().groups[broken])[0]
    made = stage.make("grant", NAME, f"group:{broken}/member", who["email"], code=75)
    assert (made["outcome"], made["tag"], made["retryable"]) == ("failed", "unreadable", True)
    assert "team/groups/get_info" in made["reason"]
    assert stage.effects() == {"calls": 0}


@pytest.mark.parametrize("how", values()["broken_group_member"][1:])
def test_a_membership_that_can_not_be_understood_concerns_that_person_only(stage: Stage, how: str) -> None:
    group, person = stage.control.behave(broken_group_member=how)["victims"]["membership"]
    who = next(
        one for one in stage.now().inside(stage.now().groups[group], "member") if one["team_member_id"] != person
    )
    assert told(stage.make("revoke", NAME, f"group:{group}/member", who["email"])) == ("changed", None, "read")
    made = stage.make("revoke", NAME, f"group:{group}/member", f"user:{person}", code=75)
    assert (made["outcome"], made["tag"]) == ("failed", "unreadable")
    assert stage.now().access(group, person) is not None


def test_a_group_that_dropbox_manages_shows_its_members_though_profiles_do_not_name_it(stage: Stage) -> None:
    stage.control.behave(profile_groups="without_system")
    group = stage.now().group("system_managed")
    who = stage.now().people()[0]
    made = stage.make("revoke", NAME, entitlement(group, "member"), who["email"], code=5)
    assert told(made) == ("refused", "immutable", None)


def test_somebody_who_left_is_in_no_group_whatever_the_old_profile_says(stage: Stage) -> None:
    stage.control.behave(removed_profile="keeps_groups")
    group = stage.now().group("company_managed")
    who = stage.now().inside(group, "member")[0]
    stage.control.change({"do": "leave", "user": who["team_member_id"]})
    made = stage.make("revoke", NAME, entitlement(group, "member"), f"user:{who['team_member_id']}")
    assert made["outcome"] == "already"
    assert stage.effects() == {"calls": 0}


@pytest.mark.parametrize("value", ["refuses_many", "fails_for_many"])
def test_a_plan_about_more_people_than_one_call_may_ask_for_is_made(stage: Stage, value: str, tmp_path: Path) -> None:
    stage.control.behave(members_a_call=value, groups_a_call=value, unknown_group="error")
    group = open_group(stage)
    others = [one["team_member_id"] for one in stage.now().outside(group)][:5]
    rows = rows_file(tmp_path, [joins(group, id) for id in others])
    make_plan(stage, tmp_path, rows)
    assert stage.make("apply", str(tmp_path / "the.plan"))["outcomes"] == {"changed": len(others)}


def test_members_who_join_though_their_call_was_refused_are_told_as_they_are(stage: Stage, tmp_path: Path) -> None:
    stage.control.behave(group_batch="partial")
    group = open_group(stage)
    first, *others = [one["team_member_id"] for one in stage.now().outside(group)][:3]
    rows = rows_file(tmp_path, [joins(group, id) for id in (first, *others)])
    make_plan(stage, tmp_path, rows)
    # Somebody else adds one of them after the state was read: the call is refused, and the others join nevertheless.
    hold = stage.control.hold("team/groups/members/add", "before")
    started = stage.site.start("apply", str(tmp_path / "the.plan"), "--yes", "--output", "json")
    stage.control.wait_held(hold)
    stage.control.change({"do": "group_add", "user": first, "group": group["group_id"]})
    stage.control.release(hold)
    ended = started.end()
    assert ended.code == 0, ended
    assert set(ended.json["outcomes"]) <= {"changed", "already"}
    assert set(stage.now().groups[group["group_id"]]["members"]) == {*group["members"], first, *others}


def test_an_address_in_other_letters_is_refused_by_the_route_itself(stage: Stage) -> None:
    stage.control.behave(email_case="exact")
    who = stage.now().people()[0]
    other = who["email"].upper()
    made = stage.make("account", "create", NAME, f"email={other}", code=5)
    assert told(made) == ("refused", "user_already_on_team", None)
    assert [each["email"] for each in stage.now().users.values()].count(who["email"]) == 1


def test_somebody_is_found_by_a_further_address_where_dropbox_does_so(stage: Stage) -> None:
    # The fifth member of a simulated team has a further address.
    who = list(stage.now().users.values())[4]
    further = f"alias4@{who['email'].rpartition('@')[2]}"
    group = next(each for each in stage.now().groups.values() if each["management_type"] == "user_managed")
    if who["team_member_id"] in group["members"]:
        stage.control.change({"do": "group_remove", "user": who["team_member_id"], "group": group["group_id"]})
    command = ("grant", NAME, entitlement(group, "member"), further)
    refused = stage.site.run(*command, "--yes", "--output", "json")
    assert refused.code in (2, 5), refused
    stage.control.behave(email_selectors="secondary_too")
    assert told(stage.make(*command)) == ("changed", None, "read")
    assert stage.now().access(group["group_id"], who["team_member_id"]) == "member"


def test_an_account_that_can_be_recovered_for_a_shorter_time_is_refused_by_the_route_itself(stage: Stage) -> None:
    stage.control.behave(recoverable_for="one_day")
    gone = stage.now().people()[0]
    document = stage.make("account", "delete", NAME, gone["email"])
    assert "can be recovered until" in document["reason"]
    stage.control.advance(2 * 86_400)
    made = stage.make("action", "run", NAME, "recover_user", f"user_id={gone['team_member_id']}", code=5)
    assert told(made) == ("refused", "user_unrecoverable", None)
