"""What Dropbox counts otherwise than it gives: believed where another route gives the same, remembered, and told."""

import asyncio
import sqlite3

import pytest
from harness.benches import bench
from harness.pictures import of_truth
from harness.simulators import Inside, simulating
from harness.syncs import Bench, asked, snapshot_of
from harness.verdicts import exit_code, judge, without_counts

from jackfield.sync import SyncResult
from jackfield_dropbox_simulator.options import TeamOptions

TEAM = TeamOptions(members=30, groups=6, seed=5)
COUNTS = ("team/groups/list", "team/groups/get_info")


async def _sync(workshop: Bench, simulator: Inside) -> tuple[SyncResult, int]:
    simulator.reset_requests()
    base = next(iter(workshop.state.published("acme", 1)), None)
    result = await workshop.sync(simulator)
    assert judge(result, of_truth(simulator.truth()), base, without_counts) == []
    return result, asked(simulator)


def _notes(result: SyncResult) -> list[tuple[str, str]]:
    db = sqlite3.connect(snapshot_of(result.run))
    try:
        return db.execute("SELECT code, summary FROM diagnostic").fetchall()
    finally:
        db.close()


def test_a_count_that_is_always_off_is_told_and_asked_about_once() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                _, usual = await _sync(workshop, simulator)
                company = next(one for one in simulator.truth()["groups"] if one["management_type"] != "user_managed")
                off = {"group_id": company["group_id"], "everywhere": True}

                def count_off_by(delta: int) -> None:
                    simulator.clear_faults()
                    for route in COUNTS:
                        simulator.fault("wrong_count", route=route, delta=delta, **off)

                count_off_by(2)
                first, requests = await _sync(workshop, simulator)
                assert exit_code(first) == 0
                assert requests == usual + 1
                (note,) = (summary for code, summary in _notes(first) if code == "count_differs")
                assert "another route gives the same rows" in note
                second, requests = await _sync(workshop, simulator)
                assert (exit_code(second), requests) == (0, usual)
                assert any("the difference was there before" in summary for _, summary in _notes(second))
                count_off_by(3)
                third, requests = await _sync(workshop, simulator)
                assert (exit_code(third), requests) == (0, usual + 1)
                # Fewer than there are says nothing at all.
                count_off_by(-1)
                fourth, requests = await _sync(workshop, simulator)
                assert (exit_code(fourth), requests) == (0, usual)

    asyncio.run(run())


@pytest.mark.parametrize("route", ["team/groups/get_info", "team/groups/members/list"])
def test_what_was_remembered_of_a_count_excuses_no_listing_that_is_short(route: str) -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                for each in COUNTS:
                    simulator.fault("wrong_count", route=each, delta=1, everywhere=True)
                assert exit_code((await _sync(workshop, simulator))[0]) == 0
                simulator.fault("short_listing", route=route, omit=1)
                result, _ = await _sync(workshop, simulator)
                assert exit_code(result) == 0
                simulator.fault("short_listing", route="team/groups/get_info", omit=1)
                simulator.fault("short_listing", route="team/groups/members/list", omit=1)
                result, _ = await _sync(workshop, simulator)
                assert exit_code(result) == 8
                assert all("belong" in (seal.reason or "") for seal in result.run.scopes)

    asyncio.run(run())


def test_what_the_team_counts_as_active_and_invited_confirms_the_listing() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                simulator.behave(used_licenses="zero")
                simulator.fault("short_tail", route="team/members/list_v2")
                simulator.fault("short_tail", route="team/groups/get_info")
                result, _ = await _sync(workshop, simulator)
                assert exit_code(result) == 8
                assert {"user", "role/*", "license:full/*"} <= {seal.scope for seal in result.run.scopes}

    asyncio.run(run())


def test_a_pause_longer_than_the_patience_is_told_as_such() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                simulator.fault("rate_limited", route="team/groups/list", retry_after=900)
                result = await workshop.sync(simulator, stall_timeout=5.0)
                told = " ".join([str(result.error), *(seal.reason or "" for seal in result.run.scopes)])
                assert "asked for a pause of 900 s, longer than the 5 s without any page" in told
                assert "no page within" not in told

    asyncio.run(run())
