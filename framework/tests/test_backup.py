"""Backups: what is in them, what a restore refuses, and that it leaves the home before or the one of the backup."""

import hashlib
import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .backups import answers, made, members, tree
from .imaginary import APP_SECRET, TOKEN
from .writable import WritableLine


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


@pytest.fixture
def backup(line: WritableLine) -> Path:
    """A backup of two snapshots and a change."""
    line.published()
    assert line.run("grant", "acme", "g1/member", "u3", "--reason", "asked for").code == 0
    line.published()
    return made(line)


class TestBackup:
    def test_any_tar_reads_it_and_the_manifest_speaks_of_every_file(self, line: WritableLine, backup: Path):
        held = members(backup)
        manifest = json.loads(held.pop("manifest.json"))
        assert [*held] == [each["path"] for each in manifest["files"]]
        assert {path: hashlib.sha256(content).hexdigest() for path, content in held.items()} == {
            each["path"]: each["sha256"] for each in manifest["files"]
        }
        for path, content in held.items():
            if path.startswith("snapshots/"):
                assert content == (line.home / path).read_bytes()
        assert manifest["format"] == 1
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600

    def test_no_lock_no_partial_no_secret(self, line: WritableLine, backup: Path):
        (line.home / "snapshots" / "acme" / "snapshot.partial").write_bytes(b"half")
        held = members(made(line, "second.backup"))
        assert {path.split("/")[0] for path in held} == {"manifest.json", "state.db", "snapshots"}
        assert not [path for path in held if "partial" in path or "lock" in path]
        for secret in (TOKEN, APP_SECRET):
            assert not [path for path, content in held.items() if secret.encode() in content]

    def test_everything_says_the_same_after_it_was_restored(self, line: WritableLine, backup: Path):
        before = answers(line, line.home)
        other = line.folder / "other" / "home"
        ran = line.run("--home", str(other), "restore", str(backup), "--output", "json")
        assert (ran.code, ran.json()["snapshots"], ran.json()["aside"]) == (0, 2, None)
        assert answers(line, other) == before
        assert stat.S_IMODE(other.stat().st_mode) == 0o700
        assert {stat.S_IMODE(each.stat().st_mode) for each in other.rglob("*") if each.is_file()} == {0o600}
        assert [each.name for each in other.parent.iterdir()] == ["home"]

    def test_a_sync_goes_on_from_what_was_restored(self, line: WritableLine, backup: Path):
        other = line.folder / "other"
        assert line.run("--home", str(other), "restore", str(backup)).code == 0
        ran = line.run("--home", str(other), "sync", "acme", "--output", "json")
        assert ran.code == 0
        assert len(list((other / "snapshots" / "acme").glob("*.sqlite"))) == 3

    def test_a_snapshot_that_was_changed_is_left_out_and_told(self, line: WritableLine, backup: Path):
        bad = min((line.home / "snapshots" / "acme").glob("*.sqlite"))
        with bad.open("ab") as stream:
            stream.write(b"x")
        (bad.parent / "20200101T000000Z-aaaaaa.sqlite").write_bytes(b"whatever")
        (line.home / "notes.txt").write_text("mine")
        ran = line.run("backup", "-o", str(line.folder / "c.backup"), "--output", "json")
        assert ran.code == 12
        told = {Path(each["path"]).name: each["lost"] for each in ran.json()["left_out"]}
        assert told == {bad.name: True, "20200101T000000Z-aaaaaa.sqlite": False, "notes.txt": False}
        assert bad.name in ran.err
        assert not [path for path in members(line.folder / "c.backup") if bad.name in path]

    def test_a_snapshot_that_is_deleted_meanwhile_makes_it_begin_again(
        self, line: WritableLine, backup: Path, monkeypatch: pytest.MonkeyPatch
    ):
        from jackfield.backup import making

        oldest = min((line.home / "snapshots" / "acme").glob("*.sqlite"))
        write, tries = making.write_archive, list[int]()

        def written(*arguments: Any) -> None:
            tries.append(1)
            oldest.unlink(missing_ok=True)
            write(*arguments)

        monkeypatch.setattr(making, "write_archive", written)
        assert line.run("backup", "-o", str(line.folder / "d.backup")).code == 0
        assert len(tries) == 2
        assert oldest.name not in str([*members(line.folder / "d.backup")])

    def test_where_there_is_nothing(self, line: WritableLine):
        ran = line.run("backup", "-o", str(line.folder / "e.backup"))
        assert (ran.code, "nothing to back up" in ran.err) == (2, True)

    @pytest.mark.parametrize("target", ["home/b.backup", "home/state.db", "no/such/folder", "secrets"])
    def test_where_it_can_not_go(self, line: WritableLine, backup: Path, target: str):
        before = tree(line.home)
        ran = line.run("backup", "-o", str(line.folder / target))
        assert (ran.code, ran.out, "Traceback" in ran.err) == (2, "", False)
        assert tree(line.home) == before

    def test_where_the_state_is_elsewhere(self, line: WritableLine, backup: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("JACKFIELD_DATABASE", "postgresql://user:secret@db.example.com/jackfield")
        for words in (("backup", "-o", str(line.folder / "g.backup")), ("restore", str(backup), "--force")):
            ran = line.run(*words)
            assert (ran.code, "in a database" in ran.err, "secret" in ran.err) == (7, True, False)
        assert not (line.folder / "g.backup").exists()

    def test_a_damaged_state_is_no_backup(self, line: WritableLine, backup: Path):
        (line.home / "state.db").write_bytes(b"no database" * 1000)
        ran = line.run("backup", "-o", str(line.folder / "f.backup"))
        assert ran.code == 12
        assert sorted(each.name for each in line.folder.glob("*f.backup*")) == []


class TestRestore:
    def test_a_home_that_is_not_empty_is_refused(self, line: WritableLine, backup: Path):
        before = tree(line.home)
        ran = line.run("restore", str(backup))
        assert (ran.code, "is not empty" in ran.err) == (5, True)
        assert tree(line.home) == before

    def test_an_empty_one_is_taken(self, line: WritableLine, backup: Path):
        (line.folder / "empty").mkdir(mode=0o700)
        assert line.run("--home", str(line.folder / "empty"), "restore", str(backup)).code == 0

    def test_force_keeps_the_one_before(self, line: WritableLine, backup: Path):
        line.world.users["u99"] = "Somebody New"
        line.published()
        before = tree(line.home)
        ran = line.run("restore", str(backup), "--force", "--output", "json")
        assert ran.code == 0, ran.err
        assert tree(Path(ran.json()["aside"])).keys() == before.keys()
        assert len(list((line.home / "snapshots" / "acme").glob("*.sqlite"))) == 2
        assert line.run("verify").code == 0

    def test_also_over_a_damaged_state(self, line: WritableLine, backup: Path):
        (line.home / "state.db").write_bytes(b"no database" * 1000)
        assert line.run("verify").code == 12
        assert line.run("restore", str(backup), "--force").code == 0
        assert line.run("verify").code == 0

    def test_not_while_another_process_works_there(self, line: WritableLine, backup: Path):
        import fcntl

        with (line.home / "locks" / "acme.sync").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert line.run("restore", str(backup), "--force").code == 13
        with closing(sqlite3.connect(line.home / "state.db")) as db:
            db.execute("SELECT * FROM runs").fetchall()
            ran = line.run("restore", str(backup), "--force")
            assert (ran.code, "works in" in ran.err) == (13, True)
        assert line.run("restore", str(backup), "--force").code == 0

    def test_a_disk_that_fails_right_after_it_takes_nothing_away(
        self, line: WritableLine, backup: Path, monkeypatch: pytest.MonkeyPatch
    ):
        from jackfield.backup import restoring

        (line.home / "mark").write_text("old")
        sync_folder = restoring.sync_folder

        def synced(folder: Path) -> None:
            if folder == line.home.parent:
                raise OSError(5, "Input/output error")
            sync_folder(folder)

        monkeypatch.setattr(restoring, "sync_folder", synced)
        ran = line.run("restore", str(backup), "--force")
        assert (ran.code, "Traceback" in ran.err) == (12, False)
        (old,) = line.folder.glob(".home.restore-*")
        assert (old / "mark").read_text() == "old"
        assert line.run("verify").code == 0

    def test_check_reads_all_and_restores_nothing(self, line: WritableLine, backup: Path):
        before = tree(line.home)
        ran = line.run("restore", str(backup), "--check", "--output", "json")
        assert (ran.code, ran.json()["whole"], ran.json()["snapshots"]) == (0, True, 2)
        assert tree(line.home) == before

    def test_a_home_under_a_link(self, line: WritableLine, backup: Path):
        (line.folder / "disk").mkdir(mode=0o700)
        (line.folder / "link").symlink_to(line.folder / "disk")
        assert line.run("--home", str(line.folder / "link"), "restore", str(backup)).code == 0
        assert (line.folder / "link").is_symlink()
        assert (line.folder / "disk" / "state.db").is_file()

    @pytest.mark.skipif(not Path("/proc").is_mount(), reason="there is no folder that is a mount for sure")
    def test_a_mount_is_told(self, line: WritableLine, backup: Path):
        ran = line.run("--home", "/proc", "restore", str(backup), "--force")
        assert (ran.code, "mounted" in ran.err) == (2, True)
