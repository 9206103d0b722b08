"""A sample of the sweep ``truth``: snapshots equal the simulator's truth, within the allowed requests."""

import asyncio
from pathlib import Path

import pytest
from harness.benches import bench
from harness.oracle import check_record
from harness.pictures import assert_same, of_file, of_truth
from harness.simulators import simulating
from harness.syncs import snapshot_of

from jackfield_dropbox_simulator.options import TeamOptions
from tests.sweeps.truth import Case, cases, show

SAMPLE = [case for case in cases() if case.team.members in (2, 3, 11, 55, 160, 999, 1001, 5200)]


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: f"{case.team.members} members")
def test_snapshot_is_the_truth(case: Case) -> None:
    with bench() as workshop:
        asyncio.run(show(case, workshop, "acme"))


def test_the_official_sdk_understands_all_that_was_said(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"

    async def run() -> None:
        with bench() as workshop:
            async with simulating(TeamOptions(members=1100, groups=1010, seed=4), record=str(record)) as simulator:
                run = (await workshop.sync(simulator)).run
                assert_same(of_file(snapshot_of(run)), of_truth(simulator.truth()), "recorded")

    asyncio.run(run())
    assert check_record(record) >= 7
