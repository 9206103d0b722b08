"""Where two answers of the application contradict each other, the snapshot says so, or asks once more."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from harness.benches import bench
from harness.pictures import of_truth
from harness.simulators import simulating
from harness.verdicts import exit_code, judge

from jackfield.clock import SystemClock
from jackfield.snapshots.file import create_partial
from jackfield.snapshots.reads import add_read, add_scope
from jackfield.snapshots.sealing import keep_last_of_exclusive
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.state import Run, RunStatus, open_state
from jackfield_contracts import Entitlement, EntitlementId, Exclusive, Grant, Item, Page, ResourceId, Scope
from jackfield_dropbox_simulator.options import TeamOptions

TEAM = TeamOptions(members=30, groups=6, seed=5)
WITHOUT_TOTALS = ("members.read", "groups.read")


def test_a_short_listing_of_members_is_told_though_no_count_is_held_against_it() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM, scopes=WITHOUT_TOTALS) as simulator:
                base = (await workshop.sync(simulator)).run
                simulator.fault("short_listing", route="team/members/list_v2")
                result = await workshop.sync(simulator)
                assert exit_code(result) == 8
                (seal,) = (seal for seal in result.run.scopes if seal.scope == "user")
                assert seal.seal.value == "partial"
                assert "left out" in (seal.reason or "")
                assert judge(result, of_truth(simulator.truth()), base) == []

    asyncio.run(run())


def test_a_failing_total_costs_the_reconciliation_only() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                simulator.fault("server_error", route="team/get_info")
                result = await workshop.sync(simulator)
                assert exit_code(result) == 0
                assert result.run.counts.resources["role"] > 0
                assert judge(result, of_truth(simulator.truth()), None) == []

    asyncio.run(run())


def test_the_tenant_is_remembered_through_syncs_that_could_not_tell_it() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                await workshop.sync(simulator)
                simulator.fault("missing_scope", route="team/get_info", times=1)
                assert (await workshop.sync(simulator)).run.status is RunStatus.PUBLISHED
                simulator.settings(team_id="dbtid:AnotherTeam")
                result = await workshop.sync(simulator)
                assert result.run.status is RunStatus.FAILED
                assert "another account" in str(result.error) or "reaches" in str(result.error)

    asyncio.run(run())


def test_a_snapshot_that_was_changed_is_not_built_upon() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                first = (await workshop.sync(simulator)).run
                second = (await workshop.sync(simulator)).run
                file = Path(second.snapshot or "")
                file.write_bytes(file.read_bytes() + b" ")
                third = (await workshop.sync(simulator)).run
                assert third.base == first.run

    asyncio.run(run())


def test_a_clock_that_went_back_does_not_bring_back_an_older_snapshot(tmp_path: Path) -> None:
    def record(name: str) -> Run:
        return Run(
            run=name,
            connection="acme",
            connector="x",
            connector_version="1",
            status=RunStatus.PUBLISHED,
            started="2030-01-01T00:00:00+00:00",
        )

    with open_state(tmp_path / "state.db") as state:
        state.save(record("first"), published="2030-01-01T00:00:00.000000+00:00")
        state.save(record("second"), published="2026-01-01T00:00:00.000000+00:00")
        assert [run.run for run in state.published("acme")] == ["second", "first"]


@pytest.mark.parametrize(
    ("pages", "kept"),
    [
        ([["a", "b"]], {"a", "b"}),  # one answer named both at once
        ([["a"], ["b"]], {"b"}),  # changed between two pages
        ([["b"], ["a"]], {"a"}),
        ([["a"], ["a", "b"]], {"a", "b"}),
    ],
)
def test_of_two_exclusive_grants_the_later_page_is_kept(tmp_path: Path, pages: list[list[str]], kept: set[str]) -> None:
    def entitlement(id: str) -> EntitlementId:
        return EntitlementId(resource=ResourceId(type="role", id=id), slug="member")

    def offer(id: str) -> Item:
        return Entitlement(id=entitlement(id), scope="role", display_name=id, exclusive=Exclusive(set="role"))

    def held(id: str) -> Item:
        return Grant(entitlement=entitlement(id), principal=ResourceId(type="user", id="1"), scope="role")

    async def run() -> set[Any]:
        writer = SnapshotWriter(create_partial(tmp_path / "x.partial"), SystemClock())
        async with writer.transaction():
            read = add_read(writer.db, "roles")
            add_scope(writer.db, Scope(name="role", family="roles"), read=read.key)
        contents = [(offer("a"), offer("b")), *(tuple(held(id) for id in page) for page in pages)]
        for number, items in enumerate(contents):
            page = Page(items=items, next=str(number))
            await writer.store(read, page, feeding={}, next_hash=number, requests=number)
        await writer.merge()
        async with writer.transaction():
            keep_last_of_exclusive(writer.db)
        rows = writer.db.execute(
            "SELECT n.id FROM grant_row g JOIN entitlement_row e ON e.key = g.entitlement JOIN node n ON n.key = e.resource"
        ).fetchall()
        writer.db.close()
        return {row[0] for row in rows}

    assert asyncio.run(run()) == kept
