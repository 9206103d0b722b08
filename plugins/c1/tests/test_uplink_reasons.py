"""What the platform hears of a change that was not made, or not as it was asked for, is of use to whoever reads it there."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from harness.platforms import fresh
from harness.spawned import spawn
from harness.uplinks import Between, deleting, granting, inviting
from platform_stand_in.launch import Platform
from platform_stand_in.launch import spawn as platform_in_a_process

from jackfield.changes.single import latest_attempt
from jackfield.state import Home, open_state

_ADD = "team/groups/members/add"


@pytest.fixture(scope="module")
def platform() -> Generator[Platform]:
    with platform_in_a_process() as process:
        yield process


@pytest.fixture
def between(tmp_path: Path, platform: Platform) -> Generator[Between]:
    with fresh(platform) as anew, spawn("--members", "24", "--groups", "5") as team:
        yield Between(tmp_path, anew, team)


def _pair(between: Between) -> tuple[dict[str, Any], dict[str, Any]]:
    now = between.now()
    group = next(
        each for each in now.groups.values() if each["management_type"] == "user_managed" and now.outside(each)
    )
    return group, now.outside(group)[0]


def test_a_refusal_names_the_reason_and_no_option_of_a_command_line(between: Between) -> None:
    group, user = _pair(between)
    with between.served(BATON_LIMITS='{"grant": 0, "delete": 0}', JACKFIELD_REQUIRE_REASON="true"):
        granted = between.carried_out("grant", granting(group, user))
        deleted = between.carried_out("delete_resource", deleting(user))
    for told in (granted, deleted):
        message = told["status"]["message"]
        assert told["status"]["code"] == 9
        assert "are more than the limit of 0" in message
        assert "--" not in message
        assert "`" not in message
    # Of a grant alone the platform knows what that means.
    assert [each["reason"] for each in granted["status"]["details"]] == ["grant_cancelled"]
    assert "details" not in deleted["status"]
    assert between.team.effects()["total_calls"] == 0


def test_an_error_is_told_without_its_hint(between: Between) -> None:
    group, user = _pair(between)
    group = group | {"group_id": "g:none-such"}
    with between.served():
        told = between.carried_out("grant", granting(group, user))
    assert told["status"]["code"] in (5, 9)
    assert "jackfield" not in told["status"]["message"]
    assert "--" not in told["status"]["message"]


def test_what_failed_for_now_is_tried_again_when_it_is_delivered_again(between: Between) -> None:
    group, user = _pair(between)
    between.team.fault("rate_limited", route=_ADD, retry_after=900, times=1)
    with between.served():
        id = between.platform.offer("grant", granting(group, user))
        first = between.platform.wait(id)["finishes"][0]
        assert (first["status"]["code"], "nothing was changed" in first["status"]["message"]) == (14, True)
        assert between.team.effects()["applied"].get(_ADD, 0) == 0
        between.platform.deliver(id)
        task = between.platform.wait_for(lambda: between.platform.task(id), lambda one: len(one["finishes"]) == 2)
        assert "success" in task["finishes"][1], task["finishes"]
        between.platform.deliver(id)
        task = between.platform.wait_for(lambda: between.platform.task(id), lambda one: len(one["finishes"]) == 3)
        assert task["finishes"][2]["success"] == task["finishes"][1]["success"]
    assert user["team_member_id"] in between.now().groups[group["group_id"]]["members"]
    assert between.team.effects()["applied"][_ADD] == 1
    with open_state(Home(folder=between.folder / "home").database) as state:
        last = latest_attempt(state, id)
        assert last is not None
        assert (last.id, len(state.changes("c1", limit=None) or state.changes(last.connection, limit=None))) == (
            f"{id}~2",
            2,
        )


def test_a_new_account_is_told_with_what_is_known_of_it(between: Between) -> None:
    payload = inviting("ann.new@team.example")
    payload["account_info"]["profile"] |= {"surname": "New", "department": "Sales", "title": ""}
    with between.served() as server:
        id = between.platform.offer("create_account", payload)
        made = between.platform.wait(id)["finishes"][0]["success"]["response"]["success"]["resource"]
        (trait,) = made["annotations"]
        assert trait["@type"].endswith("UserTrait")
        assert made["display_name"] == "Ann New"
        assert trait["emails"] == [{"address": "ann.new@team.example", "is_primary": True}]
        assert trait["login"] == "ann.new@team.example"
        assert trait["structured_name"] == {"given_name": "Ann", "family_name": "New"}
        assert "details" in trait["status"], trait
        # What no account here is made of is told: to the log, and in the journal.
        line = server.logged("a task ended", task=id)
        assert "'department'" in line["note"]
        assert "'title'" not in line["note"]
        there = between.carried_out("create_account", inviting("ann.new@team.example"))
        (trait,) = there["success"]["response"]["already_exists"]["resource"]["annotations"]
        assert "structured_name" not in trait, "whose name it has is not known"
    entry = between.entry(id)
    assert entry is not None
    assert "'department'" in (entry.reason or "")
