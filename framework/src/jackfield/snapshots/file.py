"""Opening snapshot files: a partial one for writing, a published one for reading only."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from jackfield.errors import BadConfig, raise_unless_damaged, storing
from jackfield.files import create
from jackfield.snapshots.schema import APPLICATION_ID, FORMAT, TABLES
from jackfield.snapshots.shape import foreign


def create_partial(file: Path) -> sqlite3.Connection:
    """A new, empty snapshot at *file* (mode 0600), ready to be written; an older one there is replaced."""
    remove(file)
    with storing(file):
        os.close(create(file))
    connection = _connect(file)
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA page_size = 8192")
        _tune(connection)
        connection.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def open_partial(file: Path) -> sqlite3.Connection | None:
    """The partial snapshot at *file*, as far as it was committed; None if there is none that can be carried on.

    Raises BadStorage where only the disk is in the way: the snapshot may be carried on when that is gone.
    """
    if file.is_symlink() or not file.is_file():
        return None  # what stands there instead is taken away when a new one is made
    connection = _connect(file)
    try:
        if foreign(connection) is None and connection.execute("PRAGMA user_version").fetchone()[0] == FORMAT:
            _tune(connection)
            return connection
    except sqlite3.DatabaseError as error:
        connection.close()
        raise_unless_damaged(error, file)
    connection.close()
    return None


def copy_partial(file: Path, to: Path) -> bool:
    """Copy the partial snapshot at *file*, which another process may still have open; whether *to* is whole.

    The files are copied as they are, with what is in the write-ahead log: its locks may be held by a host that is gone.
    """
    parts = [(file.with_name(file.name + suffix), to.with_name(to.name + suffix)) for suffix in ("", "-wal")]
    parts = [(source, target) for source, target in parts if source.is_file() and not source.is_symlink()]
    before = [_written(source) for source, _ in parts]
    remove(to)
    with storing(to):
        for source, target in parts:
            os.close(create(target))
            shutil.copyfile(source, target)
    if before == [_written(source) for source, _ in parts] and _is_sound(to):
        return True
    remove(to)
    return False


def _written(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size


def _is_sound(file: Path) -> bool:
    db = open_partial(file)
    if db is None:
        return False
    try:
        return db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.DatabaseError as error:
        raise_unless_damaged(error, file)
        return False
    finally:
        db.close()


def open_snapshot(file: Path) -> sqlite3.Connection:
    """The published snapshot at *file*, read-only.

    Raises BadConfig if it is none that this version can read, and BadStorage where only the disk is in the way.
    """
    if not file.is_file():
        raise BadConfig(f"the snapshot file {file} does not exist")
    with storing(file):
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    _distrust(connection)
    try:
        identity = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        strange = foreign(connection) if identity == APPLICATION_ID and version <= FORMAT else None
    except sqlite3.DatabaseError as error:
        connection.close()
        raise_unless_damaged(error, file)
        identity, version, strange = 0, 0, None
    if identity != APPLICATION_ID or version > FORMAT:
        connection.close()
        if identity == APPLICATION_ID:
            raise BadConfig(
                f"{file} has snapshot format {version}, this version reads up to {FORMAT}", hint="Upgrade jackfield."
            )
        raise BadConfig(f"{file} is not a snapshot")
    if strange is not None:
        connection.close()
        raise BadConfig(
            f"{file} is not a snapshot as they are written: it has {strange}",
            hint="Somebody has changed it. Make a new one with `jackfield sync`.",
        )
    connection.execute("PRAGMA cache_size = -32000")
    return connection


def digest(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def is_recorded(file: Path, sha256: str | None) -> bool:
    """Whether *file* is there and still what was recorded of it; raises BadStorage where the disk is in the way."""
    with storing(file):
        return file.is_file() and digest(file) == sha256


def strip_header(file: Path, keys: Iterable[str]) -> None:
    """Take entries out of the header of the snapshot at *file*, which nobody else has open; no trace of them is left."""
    connection = _connect(file)
    try:
        # A kill in the middle spoils the file: it is only a copy yet, and made again.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA secure_delete = ON")
        connection.executemany("DELETE FROM header WHERE key = ?", ((key,) for key in keys))
    finally:
        connection.close()


def remove(file: Path) -> None:
    """Delete *file* with SQLite's files beside it; none need be there."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _connect(file: Path) -> sqlite3.Connection:
    # The writer runs its long statements in another thread, one at a time.
    connection = sqlite3.connect(file.absolute().as_uri(), uri=True, isolation_level=None, check_same_thread=False)
    _distrust(connection)
    return connection


def _distrust(connection: sqlite3.Connection) -> None:
    """Let what stands in the schema of a file call no function with effects, and no cell reach beyond its page."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")


def _tune(connection: sqlite3.Connection) -> None:
    # A WAL with NORMAL keeps every committed page through a kill, and a consistent file through a power cut.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -16000")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    # Sorting a million grants and indexing them may use a second core.
    connection.execute("PRAGMA threads = 2")
