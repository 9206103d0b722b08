"""The judge of the sweeps sees what it is there to see: a snapshot that was tampered with is told."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest
from harness.benches import bench
from harness.pictures import Picture, differences, of_file, of_jsonl, of_truth
from harness.simulators import simulating
from harness.syncs import snapshot_of
from harness.verdicts import judge

from jackfield.exports.jsonl import write_jsonl
from jackfield.snapshots.reader import read_snapshot
from jackfield.state import Run
from jackfield.sync import SyncResult
from jackfield_dropbox_simulator.options import TeamOptions

TAMPERED = {
    "DELETE FROM resource_row WHERE key = (SELECT key FROM node WHERE type = 'user' LIMIT 1)": "user",
    "DELETE FROM grant_row WHERE (entitlement, principal) IN (SELECT entitlement, principal FROM grant_row LIMIT 1)": "missing",
    "UPDATE resource_row SET display_name = 'x' WHERE key = (SELECT key FROM node WHERE type = 'group' LIMIT 1)": "group",
    "UPDATE resource_row SET data = replace(data, 'enabled', 'disabled')": "user",
    "UPDATE resource_row SET origin = 1 WHERE key = (SELECT key FROM node WHERE type = 'user' LIMIT 1)": "user",
    "UPDATE scope_row SET seal = 'unreadable', reason = 'x' WHERE name = 'user'": "complete",
}


def _synced(folder: Path) -> tuple[Run, Picture, bytes]:
    async def run() -> tuple[Run, Picture, bytes]:
        with bench() as workshop:
            async with simulating(TeamOptions(members=30, groups=6, seed=1)) as simulator:
                run = (await workshop.sync(simulator)).run
                file = folder / "copy.sqlite"
                shutil.copy(snapshot_of(run), file)
                with read_snapshot(file) as snapshot, (folder / "copy.jsonl").open("wb") as lines:
                    write_jsonl(snapshot, lines)
                copied = msgspec.structs.replace(run, snapshot=str(file))
                return copied, of_truth(simulator.truth()), (folder / "copy.jsonl").read_bytes()

    return asyncio.run(run())


@pytest.mark.parametrize("statement", [None, *TAMPERED])
def test_what_was_tampered_with_is_told(tmp_path: Path, statement: str | None) -> None:
    run, truth, _ = _synced(tmp_path)
    if statement is None:
        assert judge(SyncResult(run=run), truth, None) == []
        return
    db = sqlite3.connect(snapshot_of(run))
    db.execute("INSERT INTO origin (run, taken) VALUES ('earlier', '2026-01-01')")
    db.execute(statement)
    db.commit()
    db.close()
    told = judge(SyncResult(run=run), truth, None)
    assert any(TAMPERED[statement] in one for one in told), told


def test_a_line_that_is_missing_is_told(tmp_path: Path) -> None:
    _, truth, lines = _synced(tmp_path)
    assert not differences(of_jsonl(lines.splitlines()), truth)
    for number in (1, len(lines.splitlines()) - 1):
        short = [line for at, line in enumerate(lines.splitlines()) if at != number]
        assert differences(of_jsonl(short), truth)


def test_the_truth_of_a_changed_team_is_another(tmp_path: Path) -> None:
    run, truth, _ = _synced(tmp_path)
    user = next(iter(truth.users))
    truth.users[user] = truth.users[user]._replace(status="disabled")
    assert differences(of_file(snapshot_of(run)), truth)
