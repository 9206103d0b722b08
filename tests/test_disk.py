"""A disk that refuses: the sync ends with what to do about it, loses nothing that it stored, and goes on afterwards."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from harness.benches import bench
from harness.cli import JACKFIELD, Site
from harness.partials import stored_in
from harness.pictures import assert_same, of_file, of_truth
from harness.simulators import simulating
from harness.spawned import spawn
from harness.syncs import snapshot_of

from jackfield.errors import BadStorage
from jackfield.snapshots.stored import StoredResources
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.state import RunStatus
from jackfield.sync import publish
from jackfield_dropbox_simulator.options import TeamOptions

TEAM = ("--members", "3000", "--groups", "300", "--seed", "5")
_LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
os.execv(sys.argv[2], sys.argv[2:])
"""


def limited(site: Site, size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command line whose files can't grow beyond *size* bytes."""
    command = [JACKFIELD, "--home", str(site.home.folder), *arguments]
    return subprocess.run(
        [sys.executable, "-c", _LIMITED, str(size), *command],
        cwd=site.folder,
        capture_output=True,
        text=True,
        timeout=90,
    )


def check_told(said: str, place: str) -> None:
    assert "Traceback" not in said
    assert "did not expect" not in said
    assert place in said


@pytest.mark.parametrize("size", [300_000, 1_000_000])
def test_a_sync_whose_file_may_not_grow_fails_and_goes_on_later(tmp_path: Path, size: int) -> None:
    with spawn(*TEAM) as simulator:
        site = Site(tmp_path, simulator)
        ended = limited(site, size, "sync", "acme", "--output", "json")
        assert ended.returncode == 12, ended.stderr
        check_told(ended.stderr, str(site.home.folder))
        assert "A sync within an hour goes on where this one was." in ended.stderr
        told = json.loads(ended.stdout)
        assert (told["status"], told["snapshot"]) == ("failed", None)
        (run,) = site.history()
        assert run.status.value == "failed"
        assert run.reason
        stored = stored_in(site.home.partial("acme")).pages
        simulator.reset_requests()
        again = site.sync()
        assert (again.code, again.json["run"]) == (0, run.run), again.err
        asked_again = simulator.requests()["total"]
        assert_same(of_file(Path(again.json["snapshot"])), of_truth(simulator.truth()), "with room")
        simulator.reset_requests()
        assert site.sync().code == 0
        whole = simulator.requests()["total"]
        assert (asked_again < whole) if stored else (asked_again == whole), "what was stored is not asked for again"


def test_what_the_disk_refuses_to_a_connector_is_no_fault_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TeamOptions(members=30, groups=4, seed=2)) as simulator:
                with monkeypatch.context() as patch:
                    patch.setattr(StoredResources, "find", _refuse(sqlite3.SQLITE_FULL, "SQLITE_FULL"))
                    failed = await workshop.sync(simulator)
                assert isinstance(failed.error, BadStorage)
                assert failed.run.status is RunStatus.FAILED
                assert "no room is left on the disk" in (failed.run.reason or "")
                result = await workshop.sync(simulator)
                assert (result.run.run, result.run.complete) == (failed.run.run, True)
                assert_same(of_file(snapshot_of(result.run)), of_truth(simulator.truth()), "with room")

    asyncio.run(run())


def test_a_partial_snapshot_that_is_damaged_is_not_carried_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TeamOptions(members=30, groups=4, seed=2)) as simulator:
                with monkeypatch.context() as patch:
                    patch.setattr(SnapshotWriter, "cursor_hashes", _refuse(sqlite3.SQLITE_CORRUPT, "SQLITE_CORRUPT"))
                    failed = await workshop.sync(simulator)
                assert isinstance(failed.error, BadStorage)
                assert failed.error.damaged
                assert not workshop.home.partial("acme").exists()
                result = await workshop.sync(simulator)
                assert result.run.run != failed.run.run
                assert result.run.complete

    asyncio.run(run())


def test_without_room_to_publish_nothing_half_made_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TeamOptions(members=30, groups=4, seed=2)) as simulator:
                with monkeypatch.context() as patch:
                    patch.setattr(publish, "digest", _refuse(sqlite3.SQLITE_FULL, "SQLITE_FULL"))
                    failed = await workshop.sync(simulator)
                assert isinstance(failed.error, BadStorage)
                left = {file.name for file in workshop.home.snapshots("acme").iterdir()}
                assert left == {"snapshot.partial"}
                simulator.reset_requests()
                result = await workshop.sync(simulator)
                assert result.run.run == failed.run.run
                assert simulator.requests()["total"] == 0, "it was read already"

    asyncio.run(run())


def _refuse(code: int, name: str) -> Callable[..., NoReturn]:
    def refuse(*_: object) -> NoReturn:
        error = sqlite3.OperationalError("in any words")
        error.sqlite_errorcode, error.sqlite_errorname = code, name
        raise error

    return refuse


def in_a_namespace(site: Site, script: str, folder: Path) -> dict[str, str]:
    """Run *script* where the home folder is a small disk of its own; what it wrote to $OUT, by file."""
    folder.mkdir()
    site.home.folder.mkdir()
    lines = f"""
set -u
jackfield() {{ "{JACKFIELD}" --home "$HOME_FOLDER" "$@"; }}
try() {{ name=$1; shift; "$@" > "$OUT/$name.out" 2> "$OUT/$name.err"; echo $? > "$OUT/$name.code"; }}
mount -t tmpfs -o size=1500k tmpfs "$HOME_FOLDER" || exit 77
{script}
"""
    environment = {**os.environ, "HOME_FOLDER": str(site.home.folder), "OUT": str(folder)}
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", lines],
        cwd=site.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode == 77:
        # A disk that is really full or read-only has to be mounted, and some containers forbid it to everybody.
        pytest.skip("this machine lets nobody mount a disk")
    assert done.returncode == 0, done.stderr
    return {file.name: file.read_text() for file in folder.iterdir() if file.suffix != ".sqlite"}


@pytest.fixture
def namespaces() -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode:
        # Without them only root could mount a disk, and root is refused nothing on a read-only one.
        pytest.skip("this machine has no namespaces for everybody")


@pytest.mark.usefixtures("namespaces")
def test_a_full_disk(tmp_path: Path) -> None:
    with spawn(*TEAM) as simulator:
        site = Site(tmp_path / "site", simulator)
        left = in_a_namespace(
            site,
            """
try first jackfield sync acme --output json
try still jackfield sync acme --output json
mount -o remount,size=100m "$HOME_FOLDER"
try syncs jackfield syncs acme --output json
try again jackfield sync acme --output json
cp "$HOME_FOLDER"/snapshots/acme/*.sqlite "$OUT/copy.sqlite"
""",
            tmp_path / "out",
        )
        for name in ("first", "still"):
            assert left[f"{name}.code"] == "12\n", left
            check_told(left[f"{name}.err"], str(site.home.folder))
        assert "no room is left on the disk (SQLITE_FULL)" in left["first.err"]
        (run,) = json.loads(left["syncs.out"])["syncs"]
        assert run["status"] in ("failed", "interrupted")
        assert left["again.code"] == "0\n", left
        assert json.loads(left["again.out"])["run"] == run["run"]
        assert_same(of_file(tmp_path / "out" / "copy.sqlite"), of_truth(simulator.truth()), "with room")


@pytest.mark.usefixtures("namespaces")
def test_a_disk_that_became_read_only(tmp_path: Path) -> None:
    with spawn("--members", "20", "--groups", "3", "--seed", "5") as simulator:
        site = Site(tmp_path / "site", simulator)
        left = in_a_namespace(
            site,
            """
try first jackfield sync acme
mount -o remount,ro "$HOME_FOLDER"
try sync jackfield sync acme
try stats jackfield stats acme
HOME_FOLDER="$HOME_FOLDER/new" try new jackfield sync acme
""",
            tmp_path / "out",
        )
    assert left["first.code"] == "0\n", left
    for name in ("sync", "stats", "new"):
        assert left[f"{name}.code"] == "12\n", left
        check_told(left[f"{name}.err"], str(site.home.folder))
        assert "read-only" in left[f"{name}.err"]
