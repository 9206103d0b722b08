"""Backups that others wrote: what in them is refused, with nothing restored."""

import gzip
import hashlib
import io
import json
import os
import random
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .backups import made, members
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


def test_one_that_was_packed_again_is_told_as_such(line: WritableLine, backup: Path):
    """As an archiver does that writes names of owners."""

    def owned(old: tarfile.TarFile, new: tarfile.TarFile) -> None:
        for each in old.getmembers():
            content = old.extractfile(each).read()  # type: ignore[union-attr]
            if each.name != "manifest.json":
                each.uname = "somebody"
            new.addfile(each, io.BytesIO(content))

    ran = line.run(
        "--home", str(line.folder / "other"), "restore", str(repacked(backup, owned, line.folder / "c.backup"))
    )
    assert ran.code == 12
    assert "packed again" in ran.err
