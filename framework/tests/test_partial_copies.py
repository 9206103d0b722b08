"""A partial snapshot of another host is copied as it stands: whole with its log, or not at all."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from jackfield.snapshots.file import copy_partial, create_partial, open_partial
from jackfield.state import Home


@pytest.fixture
def written(tmp_path: Path) -> Generator[tuple[Path, sqlite3.Connection]]:
    """A partial snapshot whose host still has it open, with what is in its log only."""
    file = tmp_path / "snapshot-3.partial"
    with closing(create_partial(file)) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("INSERT INTO header VALUES ('run', 'r1')")
        yield file, db


def header(file: Path) -> dict[str, str]:
    db = open_partial(file)
    assert db is not None
    with closing(db):
        return dict(db.execute("SELECT key, value FROM header"))


def test_what_is_only_in_the_log_is_copied_too_and_what_is_not_committed_is_not(
    written: tuple[Path, sqlite3.Connection], tmp_path: Path
) -> None:
    file, db = written
    db.execute("BEGIN")
    db.execute("INSERT INTO header VALUES ('tenant', 't')")
    copied = tmp_path / "snapshot-4.partial"
    assert copy_partial(file, copied)
    assert header(copied) == {"run": "r1"}
    assert stat.S_IMODE(copied.stat().st_mode) == 0o600
    db.execute("COMMIT")
    db.execute("INSERT INTO header VALUES ('base', 'b')")
    assert header(copied) == {"run": "r1"}, "the first host goes on with its own"
    assert header(file) == {"run": "r1", "tenant": "t", "base": "b"}


def test_one_that_is_written_meanwhile_is_not_carried_on(
    written: tuple[Path, sqlite3.Connection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, db = written

    def copy(source: Path, target: Path) -> None:
        real(source, target)
        db.execute("INSERT OR REPLACE INTO header VALUES ('tenant', ?)", (str(source),))
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    real = shutil.copyfile
    monkeypatch.setattr("jackfield.snapshots.file.shutil.copyfile", copy)
    copied = tmp_path / "snapshot-4.partial"
    assert not copy_partial(file, copied)
    assert not list(tmp_path.glob("snapshot-4*"))


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"x" * 5000])
def test_one_that_is_damaged_is_not_carried_on(tmp_path: Path, content: bytes) -> None:
    file, copied = tmp_path / "snapshot-3.partial", tmp_path / "snapshot-4.partial"
    file.write_bytes(content)
    assert not copy_partial(file, copied)
    assert not list(tmp_path.glob("snapshot-4*"))


def test_a_page_that_was_torn_is_noticed(written: tuple[Path, sqlite3.Connection], tmp_path: Path) -> None:
    file, db = written
    for number in range(2000):
        db.execute("INSERT INTO header VALUES (?, ?)", (f"key {number}", "x" * 100))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as pages:
        pages.seek(file.stat().st_size - 8192)
        pages.write(os.urandom(8192))
    assert not copy_partial(file, tmp_path / "snapshot-4.partial")


def test_a_link_in_its_place_is_not_followed(written: tuple[Path, sqlite3.Connection], tmp_path: Path) -> None:
    link = tmp_path / "snapshot-2.partial"
    link.symlink_to(written[0])
    assert not copy_partial(link, tmp_path / "snapshot-4.partial")
    assert written[0].is_file()


def test_which_of_them_are_older(tmp_path: Path) -> None:
    home = Home(folder=tmp_path)
    folder = home.snapshots("acme")
    names = ["snapshot.partial", *(f"snapshot-{token}.partial" for token in (2, 10, 11, 12, "x", "-1", "²"))]
    for name in [*names, "snapshot-10.partial-wal", "r1.sqlite"]:
        (folder / name).touch()
    found = [file.name for file in home.older_partials("acme", 11)]
    assert found == ["snapshot-10.partial", "snapshot-2.partial", "snapshot.partial"]
    assert home.partial("acme", 11).name == "snapshot-11.partial"
    assert home.older_partials("other", 11) == []
