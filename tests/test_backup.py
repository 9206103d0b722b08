"""Backups and restores as processes: made while a sync runs, and killed at every step."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from harness import forking, stepping
from harness.cli import Site
from harness.spawned import spawn

TEAM = ("--members", "60", "--groups", "8", "--seed", "12")
_LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
os.execv(sys.argv[2], sys.argv[2:])
"""
QUESTIONS = (("verify",), ("diff", "acme"), ("changes", "list"), ("syncs", "acme"), ("grants", "acme"))


def answers(site: Site, home: Path) -> list[str]:
    """What the commands say, wherever the home is."""
    said: list[str] = []
    for question in QUESTIONS:
        ended = site.run("--home", str(home), *question, "--output", "json")
        assert ended.code == 0, ended.err
        said.append(ended.out.replace(str(home), "HOME"))
    return said


def tree(folder: Path) -> dict[str, str]:
    """Every file below *folder* with its digest, but for locks and what SQLite keeps beside a database.

    Of the state it is what stands in it: a database says of itself how it was opened last.
    """
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(_content(file)).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and not file.name.endswith(("-wal", "-shm", "-journal")) and file.parent.name != "locks"
    }


def _content(file: Path) -> bytes:
    if file.name != "state.db":
        return file.read_bytes()
    with TemporaryDirectory() as folder:
        for each in file.parent.glob("state.db*"):
            shutil.copy(each, folder)
        with closing(sqlite3.connect(Path(folder, "state.db"))) as db:
            return "\n".join(db.iterdump()).encode()


class Killed:
    """A site whose commands are killed at a step."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.folder = folder
        self._trace = folder.parent / f"{folder.name}.trace"

    def at(self, step: int, *arguments: str) -> int:
        """Run *arguments* up to *step*; its exit code, negative where that killed it."""
        program = (sys.executable, stepping.__file__, str(self.folder), str(self._trace), str(step))
        return self.site.start(*arguments, program=program).end().code

    def steps(self, *arguments: str) -> list[str]:
        """The steps of *arguments*, which is run to its end."""
        self._trace.unlink(missing_ok=True)
        assert self.at(0, *arguments) == 0
        return [line.split(" ", 1)[1] for line in self._trace.read_text().splitlines()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Path, list[str]]:
    """A site with two snapshots, a change and some activity; a backup of it; and what it said then."""
    with spawn(*TEAM) as simulator:
        site = Site(tmp_path_factory.mktemp("made") / "site", simulator, provisioning=True, activity=True)
        assert site.sync().code == 0
        listed = site.run("resources", "acme", "--type", "user", "--status", "enabled", "--output", "json")
        user = listed.json["resources"][-1]["id"]
        assert site.run("account", "disable", "acme", user, "--reason", "test", "--yes").code == 0
        assert site.run("events", "acme").code == 0
        assert site.sync().code == 0
        backup = site.folder / "made.backup"
        ended = site.run("backup", "-o", str(backup), "--output", "json")
        assert (ended.code, ended.json["snapshots"], ended.json["activity"]) == (0, 2, 1)
        secret = str(site.settings["refresh_token"]).encode()
        assert not [file for file in site.home.folder.rglob("*") if file.is_file() and secret in file.read_bytes()]
        return site, backup, answers(site, site.home.folder)


def test_while_a_sync_runs(tmp_path: Path) -> None:
    with spawn("--members", "900", "--groups", "30", "--latency", "60", "--seed", "3") as simulator:
        site = Site(tmp_path / "site", simulator)
        assert site.sync().code == 0
        process = site.start("sync", "acme", "--output", "json")
        codes: list[int] = []
        number = 0
        while process.process.poll() is None or number < 3:
            number += 1
            codes.append(site.run("backup", "-o", str(tmp_path / f"{number}.backup")).code)
        assert process.end().code == 0
        assert set(codes) == {0}
        for each in range(1, number + 1):
            home = tmp_path / f"home{each}"
            assert site.run("--home", str(home), "restore", str(tmp_path / f"{each}.backup")).code == 0
            ended = site.run("--home", str(home), "verify", "--output", "json")
            assert (ended.code, ended.json["intact"] >= 1) == (0, True)
            assert site.run("--home", str(home), "sync", "acme").code == 0


@pytest.mark.long
def test_a_backup_killed_at_any_step_is_whole_or_not_there(made: tuple[Site, Path, list[str]], tmp_path: Path) -> None:
    site, _, _ = made
    folder = tmp_path / "out"
    folder.mkdir()
    file = folder / "b.backup"
    killed = Killed(site, folder)
    steps = killed.steps("backup", "-o", str(file))
    assert {"os.rename", "before fsync", "sqlite3.connect"} <= {*steps}
    before = tree(site.home.folder)
    seen: set[bool] = set()
    for step in range(1, len(steps) + 1):
        file.unlink(missing_ok=True)
        assert killed.at(step, "backup", "-o", str(file)) == -9
        seen.add(file.exists())
        if file.exists():
            assert site.run("restore", str(file), "--check").code == 0
    assert seen == {True, False}
    assert tree(site.home.folder) == before


@pytest.mark.long
@pytest.mark.parametrize("there", ["nothing", "empty", "another"])
def test_a_restore_killed_at_any_step_leaves_the_old_or_the_new(
    made: tuple[Site, Path, list[str]], tmp_path: Path, there: str
) -> None:
    site, backup, said = made
    force = ("--force",) * (there == "another")
    folder = tmp_path / "homes"
    home = folder / "home"
    killed = Killed(site, folder)

    def prepare() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        if there == "empty":
            home.mkdir(parents=True, mode=0o700)
        elif there == "another":
            shutil.copytree(site.home.folder, home)
            (home / "mark").write_text("old")

    prepare()
    steps = killed.steps("--home", str(home), "restore", str(backup), *force)
    assert ("before exchange" if force else "os.rename") in steps
    new = tree(home)
    prepare()
    old = tree(home)
    seen: list[str] = []
    for step in range(1, len(steps) + 1):
        prepare()
        assert killed.at(step, "--home", str(home), "restore", str(backup), *force) == -9
        now = tree(home)
        assert now in (old, new), steps[step - 1]
        seen.append("new" if now == new else "old")
        if seen[-1] == "new":
            if len({*seen}) == 2 and seen.count("new") == 1:
                assert answers(site, home) == said
            if force:
                (aside,) = [each for each in folder.iterdir() if each != home]
                assert tree(aside) == old
    assert seen == sorted(seen, reverse=True)
    assert {*seen} == {"old", "new"}


def test_killed_and_run_again(made: tuple[Site, Path, list[str]], tmp_path: Path) -> None:
    site, backup, said = made
    home = tmp_path / "homes" / "home"
    killed = Killed(site, home.parent)
    for step in (2, 9, 15):
        assert killed.at(step, "--home", str(home), "restore", str(backup)) == -9
    assert site.run("--home", str(home), "restore", str(backup)).code == 0
    assert answers(site, home) == said


@pytest.mark.parametrize("size", [1000, 20_000, 40_000])
def test_where_a_file_may_not_grow_nothing_is_left_and_it_is_told(
    made: tuple[Site, Path, list[str]], tmp_path: Path, size: int
) -> None:
    site, backup, _ = made
    home = tmp_path / "home"
    for arguments in (
        ("backup", "-o", str(tmp_path / "b.backup")),
        ("--home", str(home), "restore", str(backup)),
    ):
        command = [forking.JACKFIELD, "--home", str(site.home.folder), *arguments]
        done = subprocess.run(
            [sys.executable, "-c", _LIMITED, str(size), *command], cwd=site.folder, capture_output=True, text=True
        )
        assert done.returncode == 12, done.stderr
        assert "Traceback" not in done.stderr
        assert "ulimit" in done.stderr or "no room" in done.stderr
        assert [*tmp_path.iterdir()] == []


def test_it_is_a_program_that_can_be_forked() -> None:
    assert forking.knows((sys.executable, stepping.__file__))
    assert os.path.isfile(stepping.__file__)
