"""A sample of the sweep ``faults``, and what it judges by."""

import asyncio
import random
from pathlib import Path

import pytest
from harness.benches import bench
from harness.oracle import check_record
from harness.pictures import of_truth
from harness.simulators import simulating
from harness.syncs import QUICK
from harness.verdicts import exit_code, judge

from jackfield_dropbox_simulator.faults.kinds import catalogue
from jackfield_dropbox_simulator.options import TeamOptions
from tests.sweeps.faults import TEAMS, Case, cases, sweep


def _sample(seed: int = 1, number: int = 40) -> list[Case]:
    """Each kind once where it happens once, a few for good, and those that once were wrong."""
    every = asyncio.run(cases(["small"]))
    rng = random.Random(seed)
    once = [rng.choice(some) for kind in catalogue() if (some := [c for c in every if c.kind == kind and c.once])]
    lasting = rng.sample([case for case in every if not case.once and "rate" not in case.kind], number - len(once))
    members = [case for case in every if case.kind in ("short_listing", "unknown_tags")]
    return [*once, *lasting, *members]


@pytest.mark.long
@pytest.mark.parametrize("part", [0, 1])
def test_faults_end_in_the_truth_or_are_told(part: int) -> None:
    seen = asyncio.run(sweep(_sample()[part::2]))
    wrong = [f"{one.case}: {one.wrong}" for one in seen if one.wrong]
    assert not wrong, "\n".join(wrong)
    assert sum(bool(one.fired) for one in seen) > len(seen) / 2


@pytest.mark.long
def test_faults_that_were_or_would_be_wrong() -> None:
    chosen = [
        Case("small", "hang", route="team/groups/get_info"),
        Case("many members", "server_error", route="team/groups/members/list/continue"),
        Case("many members", "cursor_reset", route="team/members/list/continue_v2"),
        Case("many groups", "cycling_cursors", route="team/groups/list/continue"),
        Case("many groups", "truncated", at=4),
    ]
    seen = asyncio.run(sweep(chosen))
    wrong = [f"{one.case}: {one.wrong}" for one in seen if one.wrong]
    assert not wrong, "\n".join(wrong)
    assert all(one.fired for one in seen)


def test_requests_stay_well_formed_under_faults(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"

    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAMS["small"], record=str(record)) as simulator:
                for at, kind in enumerate(("unknown_tags", "truncated", "expired_token", "server_error", "empty_page")):
                    simulator.fault(kind, at=2 + 2 * at, times=2)
                simulator.fault("short_listing", route="team/groups/get_info", times=1)
                await workshop.sync(simulator)

    asyncio.run(run())
    assert check_record(record) > 10


def test_a_big_page_that_fails_is_halved() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TeamOptions(members=450, groups=5, seed=3), big_page_limit=200) as simulator:
                result = await workshop.sync(simulator, **QUICK)
                assert exit_code(result) == 0
                assert judge(result, of_truth(simulator.truth()), None) == []
                listed = [one for one in simulator.requests()["requests"] if "members/list" in one["route"]]
                assert [one["status"] for one in listed] == [500, 500, 500, 500, 200, 200, 200, 200]

    asyncio.run(run())


def test_a_licence_total_that_stays_wrong_is_told() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAMS["small"]) as simulator:
                simulator.fault("wrong_totals", delta=2)
                result = await workshop.sync(simulator)
                assert exit_code(result) == 8
                seals = {seal.scope: seal for seal in result.run.scopes}
                assert set(seals) == {"license:full/*", "role/*", "user"}, (
                    "what the same listing feeds is in doubt, too"
                )
                seal = seals["license:full/*"]
                assert seal.seal.value == "partial"
                used = simulator.truth()["team"]["used_licenses"]
                assert (seal.observed, seal.expected) == (used, used + 2)
                assert "also after one more read" in (seal.reason or "")
                assert judge(result, of_truth(simulator.truth()), None) == []

    asyncio.run(run())


def test_a_second_listing_that_fails_takes_nothing_away() -> None:
    """The seats are read again, that read restarts and then fails: what the first listing gave stays."""
    listing, following = "team/members/list_v2", "team/members/list/continue_v2"

    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAMS["many members"]) as simulator:
                simulator.fault("wrong_totals", delta=1)
                await workshop.sync(simulator, "probe")
                routes = [one["route"] for one in simulator.requests()["requests"]]
                again = routes.index(listing, routes.index(listing) + 1)
                simulator.reset_requests()
                simulator.fault("cursor_reset", route=following, at=again, times=1)
                simulator.fault("server_error", route=listing, at=again + 1)
                result = await workshop.sync(simulator, **QUICK)
                assert [one["fired"] for one in simulator.faults()][1] == 1
                assert exit_code(result) == 8
                assert {seal.scope for seal in result.run.scopes} == {"license:full/*", "role/*", "user"}
                assert judge(result, of_truth(simulator.truth()), None) == []

    asyncio.run(run())


def test_a_pause_longer_than_the_patience_is_told_as_such() -> None:
    """Reads that were not told of the pause themselves wait for its end too, and say so."""

    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAMS["small"]) as simulator:
                await workshop.sync(simulator)
                simulator.reset_requests()
                simulator.fault("rate_limited", at=3, times=1, retry_after=60)
                result = await workshop.sync(simulator, retry_deadline=30.0, stall_timeout=5.0)
                reasons = {seal.reason or "" for seal in result.run.scopes} or {result.run.reason or ""}
                assert not [reason for reason in reasons if "no page within" in reason]
                assert all("asked for a pause of 60 s, longer than the 5 s" in reason for reason in reasons), reasons

    asyncio.run(run())


def test_a_read_that_stalls_after_its_parallel_requests_failed() -> None:
    """The catalogue asks for two things at once; its time-out still ends the read, and what it opens is carried."""

    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAMS["small"]) as simulator:
                base = (await workshop.sync(simulator)).run
                simulator.fault("server_error", route="team/members/get_available_team_member_roles")
                result = await workshop.sync(simulator, retry_deadline=30.0, stall_timeout=4.0)
                assert exit_code(result) == 8
                assert {seal.scope for seal in result.run.scopes} == {"app", "license", "license:full/*", "role"}
                assert {seal.reason for seal in result.run.scopes if seal.scope == "role"} == {"no page within 4 s"}
                assert judge(result, of_truth(simulator.truth()), base) == []

    asyncio.run(run())
