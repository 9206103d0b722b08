"""Backups: what is in them, what a restore refuses, and that it leaves the home before or the one of the backup."""

import gzip
import hashlib
import io
import json
import os
import random
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .imaginary import APP_SECRET, TOKEN
from .writable import WritableLine

QUESTIONS = (
    ("verify",),
    ("diff", "acme"),
    ("changes", "list"),
    ("syncs", "acme"),
    ("grants", "acme"),
    ("access", "acme", "u1"),
)


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


def made(line: WritableLine, name: str = "b.backup") -> Path:
    ran = line.run("backup", "-o", str(line.folder / name))
    assert ran.code == 0, ran.err
    return line.folder / name


def answers(line: WritableLine, home: Path) -> list[str]:
    """What the commands say, wherever the home is."""
    said: list[str] = []
    for question in QUESTIONS:
        ran = line.run("--home", str(home), *question, "--output", "json")
        assert ran.code == 0, ran.err
        said.append(ran.out.replace(str(home), "HOME"))
    return said


def tree(folder: Path) -> dict[str, str]:
    """Every file below *folder* with its digest, but for what SQLite keeps beside a database."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and not file.name.endswith(("-wal", "-shm"))
    }


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        return {each.name: archive.extractfile(each).read() for each in archive.getmembers()}  # type: ignore[union-attr]


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


def repacked(file: Path, edit: Callable[[tarfile.TarFile, tarfile.TarFile], None], to: Path) -> Path:
    """The archive with its members as *edit* writes them."""
    with tarfile.open(file) as old, tarfile.open(to, "w:gz", format=tarfile.GNU_FORMAT) as new:
        edit(old, new)
    return to


def copied(old: tarfile.TarFile, new: tarfile.TarFile, *, but: dict[str, bytes] | None = None) -> None:
    for each in old.getmembers():
        content = (but or {}).get(each.name) or old.extractfile(each).read()  # type: ignore[union-attr]
        each.size = len(content)
        new.addfile(each, io.BytesIO(content))


def with_manifest(file: Path, change: Callable[[dict[str, Any]], None], to: Path) -> Path:
    manifest = json.loads(members(file)["manifest.json"])
    change(manifest)
    return repacked(file, lambda old, new: copied(old, new, but={"manifest.json": json.dumps(manifest).encode()}), to)


def _path(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest["files"][1].update(path=name)


MANIFESTS: dict[str, tuple[int, Callable[[dict[str, Any]], None]]] = {
    "newer": (2, lambda manifest: manifest.update(format=2)),
    "newer and other": (2, lambda manifest: (manifest.clear(), manifest.update(kind="jackfield backup", format=9))[0]),
    "newer state": (2, lambda manifest: manifest.update(schema="9999")),
    "another's": (2, lambda manifest: manifest.update(kind="other")),
    "outside": (12, _path("../../evil")),
    "absolute": (12, _path("/etc/evil")),
    "inside out": (12, _path("snapshots/acme/../../evil.sqlite")),
    "a lock": (12, _path("locks/acme.sync")),
    "a line end": (12, _path("state.db\n")),
    "twice": (12, lambda manifest: manifest["files"].append(manifest["files"][0])),
    "no state": (12, lambda manifest: manifest["files"].pop(0)),
    "negative": (12, lambda manifest: manifest["files"][0].update(size=-1)),
    "huge": (12, lambda manifest: manifest["files"][0].update(size=1 << 60)),
    "other digest": (12, lambda manifest: manifest["files"][0].update(sha256="0" * 64)),
    "no time": (12, lambda manifest: manifest.update(created="yesterday")),
    "far time": (12, lambda manifest: manifest.update(created="9999-12-31T00:00:00+00:00")),
    "no list": (12, lambda manifest: manifest.update(files=7)),
}


TEXTS: dict[str, bytes] = {
    "deep": b'{"kind":"jackfield backup","format":1,"x":' + b"[" * 200_000,
    "deep and closed": b'{"kind":"jackfield backup","format":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a long number": b'{"kind":"jackfield backup","format":' + b"9" * 5000 + b"}",
    "no UTF-8": b'{"kind":"jackfield backup","format":1,"host_version":"\xff"}',
    "a terminal's": b'{"kind":"jackfield backup","format":7,"host_version":"\\u001b[31m\\u202e"}',
    "nothing": b"",
    "no object": b"[1]",
}


class TestWhatOthersWrote:
    @pytest.mark.parametrize("case", TEXTS)
    def test_a_manifest_that_is_none(self, line: WritableLine, backup: Path, case: str):
        def edit(_: tarfile.TarFile, new: tarfile.TarFile) -> None:
            info = tarfile.TarInfo("manifest.json")
            info.size = len(TEXTS[case])
            new.addfile(info, io.BytesIO(TEXTS[case]))

        ran = line.run("--home", str(line.folder / "fresh"), "restore", str(repacked(backup, edit, line.folder / "x")))
        assert (ran.code in (2, 12), "Traceback" in ran.err, "did not expect" in ran.err) == (True, False, False), (
            ran.err
        )
        assert not {"\x1b", "\u202e"} & {*ran.err}

    def refused(self, line: WritableLine, file: Path, code: int) -> None:
        home = line.folder / "fresh"
        for arguments in (("restore", str(file)), ("restore", str(file), "--check")):
            if code == 99 and "--check" in arguments:
                continue
            ran = line.run("--home", str(home), *arguments)
            assert "Traceback" not in ran.err
            assert ran.code == (12 if code == 99 else code), ran.err
            assert not home.exists()
            assert not list(line.folder.glob(".fresh*"))

    @pytest.mark.parametrize("case", MANIFESTS)
    def test_its_manifest(self, line: WritableLine, backup: Path, case: str):
        code, change = MANIFESTS[case]
        self.refused(line, with_manifest(backup, change, line.folder / "x"), code)

    @pytest.mark.parametrize(
        "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
    )
    def test_a_member_that_is_no_file(self, line: WritableLine, backup: Path, kind: bytes):
        def edit(old: tarfile.TarFile, new: tarfile.TarFile) -> None:
            for each in old.getmembers():
                content = old.extractfile(each).read()  # type: ignore[union-attr]
                if each.name == "state.db":
                    each.type, each.linkname, each.size = kind, "/etc/passwd", 0
                    new.addfile(each)
                else:
                    new.addfile(each, io.BytesIO(content))

        self.refused(line, repacked(backup, edit, line.folder / "x"), 12)

    def test_a_member_more_and_one_less(self, line: WritableLine, backup: Path):
        def more(old: tarfile.TarFile, new: tarfile.TarFile) -> None:
            copied(old, new)
            new.addfile(tarfile.TarInfo("more"), io.BytesIO(b""))

        self.refused(line, repacked(backup, more, line.folder / "x"), 12)

        def less(old: tarfile.TarFile, new: tarfile.TarFile) -> None:
            for each in old.getmembers()[:-1]:
                new.addfile(each, old.extractfile(each))

        self.refused(line, repacked(backup, less, line.folder / "y"), 12)

    def test_a_long_header_is_not_read(self, line: WritableLine, backup: Path):
        def edit(old: tarfile.TarFile, new: tarfile.TarFile) -> None:
            info = tarfile.TarInfo("././@LongLink")
            info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
            new.fileobj.write(info.tobuf(tarfile.GNU_FORMAT))  # type: ignore[union-attr]

        self.refused(line, repacked(backup, edit, line.folder / "x"), 2)

    def test_a_state_that_computes(self, line: WritableLine, backup: Path):
        held = members(backup)
        place = line.folder / "state"
        place.write_bytes(held["state.db"])
        with closing(sqlite3.connect(place)) as db:
            db.execute("CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM changes; END")
            db.commit()
        self.refused(line, self._with(line, backup, "state.db", place.read_bytes()), 99)

    def test_a_snapshot_that_the_state_knows_otherwise(self, line: WritableLine, backup: Path):
        held = members(backup)
        name = next(name for name in held if name.startswith("snapshots/"))
        self.refused(line, self._with(line, backup, name, held[name] + b"x"), 99)

    def _with(self, line: WritableLine, backup: Path, name: str, content: bytes) -> Path:
        manifest = json.loads(members(backup)["manifest.json"])
        for each in manifest["files"]:
            if each["path"] == name:
                each |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        but = {"manifest.json": json.dumps(manifest).encode(), name: content}
        return repacked(backup, lambda old, new: copied(old, new, but=but), line.folder / "x")

    def test_no_backup_at_all(self, line: WritableLine, tmp_path: Path):
        files = {
            "text": b"hello",
            "empty": b"",
            "gzip": gzip.compress(b"hello" * 1000),
            "bomb": gzip.compress(bytes(50_000_000)),
        }
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        os.mkfifo(tmp_path / "pipe")
        with tarfile.open(tmp_path / "tar", "w:gz") as archive:
            archive.add(tmp_path / "text", "text")
        for name in (*files, "pipe", "tar", "missing", "."):
            ran = line.run("--home", str(tmp_path / "fresh"), "restore", str(tmp_path / name))
            assert (ran.code in (2, 12), "Traceback" in ran.err) == (True, False), name
            assert not (tmp_path / "fresh").exists()

    def test_cut_off_or_flipped_anywhere(self, line: WritableLine, backup: Path):
        content, rng = backup.read_bytes(), random.Random(8)
        whole = tree_of(members(backup))
        place, home = line.folder / "x", line.folder / "fresh"
        for number in range(60):
            at = rng.randrange(len(content))
            spoilt = bytearray(content)
            spoilt[at] ^= 1 << rng.randrange(8)
            place.write_bytes(content[:at] if number % 2 else bytes(spoilt))
            ran = line.run("--home", str(home), "restore", str(place), "--check")
            assert "Traceback" not in ran.err
            assert ran.code in (0, 2, 12), (at, ran.err)
            if ran.code == 0:  # a bit that nothing rests on, such as gzip's time
                assert tree_of(members(place)) == whole

    def test_more_behind_its_end(self, line: WritableLine, backup: Path):
        with backup.open("ab") as stream:
            stream.write(gzip.compress(b"more"))
        self.refused(line, backup, 12)


def tree_of(held: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in held.items()}
