"""Rows that stand in for what can't be seen: never one that a change through Jackfield has taken away since."""

from typing import Any

import pytest
from harness.cli import NAME
from harness.pictures import of_file
from harness.staging import Stage, entitlement, open_group
from harness.syncs import snapshot_of

from jackfield.state import open_state

LISTINGS = ("team/groups/members/list", "team/groups/get_info")


def _holders(stage: Stage, group: dict[str, Any]) -> set[str]:
    with open_state(stage.site.home.database) as state:
        (run,) = state.published(NAME, 1)
    return {row.user for row in of_file(snapshot_of(run)).grants if row.id == group["group_id"]}


@pytest.mark.parametrize("do", ["revoke", "delete"])
def test_what_was_taken_away_since_is_not_carried(stage: Stage, do: str) -> None:
    group = open_group(stage)
    who, other = stage.now().inside(group, "member")[:2]
    assert stage.site.run("sync", NAME).code == 0
    assert {who["team_member_id"], other["team_member_id"]} <= _holders(stage, group)
    command = ("revoke", NAME, entitlement(group, "member")) if do == "revoke" else ("account", "delete", NAME)
    stage.make(*command, who["email"])
    stage.site.configure(retry_deadline=2.0)
    for each in LISTINGS:
        stage.control.fault("server_error", route=each)
    for route in ("team/members/list_v2",) if do == "delete" else ():
        stage.control.fault("server_error", route=route)
    synced = stage.site.run("sync", NAME)
    assert synced.code == 8
    assert "has taken away since: left out" in synced.out
    held = _holders(stage, group)
    assert other["team_member_id"] in held, "what stands in for the rest is there"
    assert who["team_member_id"] not in held


def test_what_was_given_back_since_is_carried(stage: Stage) -> None:
    group = open_group(stage)
    who = stage.now().inside(group, "member")[0]
    assert stage.site.run("sync", NAME).code == 0
    stage.make("revoke", NAME, entitlement(group, "member"), who["email"])
    stage.make("grant", NAME, entitlement(group, "member"), who["email"])
    stage.site.configure(retry_deadline=2.0)
    for each in LISTINGS:
        stage.control.fault("server_error", route=each)
    assert stage.site.run("sync", NAME).code == 8
    assert who["team_member_id"] in _holders(stage, group)
