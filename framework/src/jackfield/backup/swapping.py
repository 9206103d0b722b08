"""Two folders that change places in one step, while no process works in either."""

import errno
import os
import sqlite3
import sys
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from jackfield.errors import BadConfig, BadStorage, Busy
from jackfield.files import demand_plain
from jackfield.state import hold_lock
from jackfield.state.lock import Holder

_HERE = -100
_EXCHANGE = 2
_UNKNOWN = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


def exchange(one: Path, other: Path) -> None:
    """Let the folders *one* and *other*, which lie in one folder, change places in one step.

    Raises BadConfig where the system can't do that, OSError where it refuses.
    """
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            failed = library.renamex_np(*names, _EXCHANGE)
        else:
            failed = library.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE)
    except AttributeError:
        raise _impossible(other) from None
    if failed:
        code = ctypes.get_errno()
        if code in _UNKNOWN:
            raise _impossible(other)
        raise OSError(code, os.strerror(code), str(other))


@contextmanager
def quiet(home: Path) -> Generator[None]:
    """Hold every lock of *home* for as long as the block lasts; raises Busy if another process has one, or its state open.

    What stands there instead of a lock or a database is no matter.
    """
    with ExitStack() as held:
        holder = Holder(pid=os.getpid(), run="restore", since=datetime.now(UTC).isoformat(timespec="seconds"))
        locks = home / "locks"
        for file in sorted(locks.iterdir()) if locks.is_dir() else ():
            connection, _, purpose = file.name.rpartition(".")
            try:
                held.enter_context(hold_lock(file, connection=connection, purpose=purpose, holder=holder))
            except BadStorage:
                continue
            except Busy as error:
                raise Busy(
                    f"{error.summary}, in {home}", hint="Stop what works there first, `jackfield serve` too."
                ) from None
        _demand_closed(home / "state.db")
        yield


def _demand_closed(file: Path) -> None:
    """Raise Busy if another process has the database at *file* open."""
    if not file.is_file():
        return
    try:
        demand_plain(file)
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=0.5)) as db:
            # SQLite leaves the write-ahead log only where nobody else has the file open.
            db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Busy(f"another process works in {file.parent}", path=str(file), hint="Stop it first.") from None
    except (sqlite3.Error, BadStorage):
        pass  # that it is damaged may be why another is to take its place


def _impossible(place: Path) -> BadConfig:
    return BadConfig(
        f"{place} can't be replaced in one step on this file system",
        hint="Move it away yourself while nothing uses it, and restore without --force.",
    )
