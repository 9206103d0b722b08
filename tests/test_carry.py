"""Parts that can't be seen: old rows stand in for them, marked with their origin."""

import asyncio
import random
import sqlite3
from pathlib import Path
from typing import Any

from harness.benches import bench
from harness.changes import change_at_random
from harness.pictures import assert_same, of_file, of_truth
from harness.simulators import Inside, simulating
from harness.syncs import snapshot_of
from harness.verdicts import exit_code, judge, scopes_of

from jackfield.state import RunStatus
from jackfield_dropbox_simulator.bending import victims
from jackfield_dropbox_simulator.options import SCOPES, TeamOptions

TEAM = TeamOptions(members=60, groups=14, seed=9)


def _without(simulator: Inside, *missing: str) -> None:
    simulator.settings(scopes=[scope for scope in SCOPES if scope not in missing])
    simulator.expire()


def _origins(file: Path, view: str) -> set[str | None]:
    db = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    try:
        group = "type = 'group'" if view == "resources" else "resource_type = 'group'"
        return {row[0] for row in db.execute(f"SELECT DISTINCT carried_from FROM {view} WHERE {group}")}
    finally:
        db.close()


def _leaver(truth: dict[str, Any]) -> str:
    """Somebody without a role who is in several groups."""
    able = [user for user in truth["users"] if not user["roles"] and len(user["groups"]) > 1]
    return str(able[0]["team_member_id"])


def test_who_was_promoted_since_holds_no_older_right_beside_it() -> None:
    """Of a group that was not seen whole, old rows stand in only for those of whom nothing newer is known."""

    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                assert (await workshop.sync(simulator)).run.complete
                group, _ = victims(simulator.service.team).membership
                truth = next(each for each in simulator.truth()["groups"] if each["group_id"] == group)
                promoted = next(user for user, access in truth["members"].items() if access == "member")
                simulator.change({"do": "set_access", "user": promoted, "group": group, "access": "owner"})
                simulator.behave(broken_group_member="no_profile")
                result = await workshop.sync(simulator)
                scope = scopes_of(snapshot_of(result.run))[f"group:{group}/*"]
                assert scope.carried
                held = [row.slug for row in scope.fresh | scope.carried if row.user == promoted]
                assert held == ["owner"]

    asyncio.run(run())


def test_without_the_scope_for_groups() -> None:
    """Groups and memberships are carried, twice with the oldest origin; users are fresh; who left holds nothing."""

    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                base = (await workshop.sync(simulator)).run
                assert base.complete
                before = of_file(snapshot_of(base))
                leaver = _leaver(simulator.truth())
                simulator.change({"do": "leave", "user": leaver}, {"do": "join", "given": "Fresh"})
                _without(simulator, "groups.read")
                previous = base
                for about in ("once", "twice"):
                    result = await workshop.sync(simulator)
                    run = result.run
                    assert exit_code(result) == 8, about
                    assert judge(result, of_truth(simulator.truth()), previous) == []
                    file = snapshot_of(run)
                    found = of_file(file)
                    truth = of_truth(simulator.truth())
                    assert found.users == truth.users, about
                    assert found.groups == before.groups, about
                    held = {grant for grant in before.grants if grant.type == "group" and grant.user in truth.users}
                    assert {grant for grant in found.grants if grant.type == "group"} == held, about
                    assert found.entitlements == before.entitlements, about
                    assert not [grant for grant in found.grants if grant.user == leaver], about
                    for view in ("resources", "entitlements", "grants"):
                        assert _origins(file, view) == {base.run}, f"{about}: {view}"
                    assert all("groups.read" in (seal.reason or "") for seal in run.scopes), about
                    previous = run
                    change_at_random(simulator, random.Random(1), 3)
                _without(simulator)
                whole = (await workshop.sync(simulator)).run
                assert whole.complete
                assert_same(of_file(snapshot_of(whole)), of_truth(simulator.truth()), "whole again")

    asyncio.run(run())


def test_without_the_scope_for_members() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                base = (await workshop.sync(simulator)).run
                simulator.change({"do": "leave", "user": _leaver(simulator.truth())})
                _without(simulator, "members.read")
                result = await workshop.sync(simulator)
                assert exit_code(result) == 8
                assert judge(result, of_truth(simulator.truth()), base) == []
                found = scopes_of(snapshot_of(result.run))
                assert found["user"].carried
                assert not found["user"].fresh
                assert found["group"].seal == "unreconciled"

    asyncio.run(run())


def test_without_any_scope_and_without_a_base_it_fails() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM, scopes=("events.read",)) as simulator:
                result = await workshop.sync(simulator)
                assert result.run.status is RunStatus.FAILED
                assert exit_code(result) == 4
                assert "groups.read" in str(result.error) or "members.read" in str(result.error)
                assert not list(workshop.home.snapshots("acme").glob("*.sqlite"))

    asyncio.run(run())


def test_removed_members_are_shown_when_asked_for() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TeamOptions(members=90, groups=6, seed=3)) as simulator:
                assert simulator.truth()["removed"]
                run = (await workshop.sync(simulator, include_removed=True)).run
                truth = of_truth(simulator.truth(), include_removed=True)
                assert "deleted" in {user.status for user in truth.users.values()}
                assert_same(of_file(snapshot_of(run)), truth, "with removed members")

    asyncio.run(run())


def test_a_sync_outlives_its_token() -> None:
    async def run() -> None:
        with bench() as workshop:
            team = TeamOptions(members=1100, groups=1010, seed=4)
            async with simulating(team, token_lifetime=1.0, latency_ms=450.0) as simulator:
                run = (await workshop.sync(simulator)).run
                asked = simulator.requests()
                assert run.complete, run
                assert run.seconds > 3
                assert_same(of_file(snapshot_of(run)), of_truth(simulator.truth()), "a short-lived token")
                assert 3 <= asked["token_refreshes"] <= 1 + run.seconds / 0.45
                assert run.requests == asked["total"]
                assert asked["per_status"].get("401", 0) <= 2

    asyncio.run(run())
