"""The operational database: opened, brought to its newest form, and asked about runs and changes.

Plain SQL that SQLite and PostgreSQL share, on the standard library's driver, since importing SQLAlchemy takes longer than
a small sync; see ``docs/decisions/state-without-orm.md``. Alembic migrates, in ``migrate.py``.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from jackfield.errors import BadConfig, BadStorage, storage_failure, storing
from jackfield.files import demand_trusted, make_plain
from jackfield.files.shape import strange
from jackfield.state.address import DatabaseAddress
from jackfield.state.journal import Journal
from jackfield.state.plans import Plans
from jackfield.state.runs import Counts, Run, RunStatus
from jackfield.state.schema import HEAD, NEW
from jackfield.state.sql import Leases, Sqlite, Statements
from jackfield_contracts import Seal

_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database, and believes."""
_HINT = "Take the right to write away from others there (`chmod go-w`), and what is another user's away."

_FIELDS = Run.__struct_fields__
_SAVE = (
    f"INSERT INTO runs ({', '.join(_FIELDS)}, published) VALUES ({', '.join('?' * (len(_FIELDS) + 1))})"
    f" ON CONFLICT (run) DO UPDATE SET {', '.join(f'{field} = excluded.{field}' for field in _FIELDS)},"
    " published = coalesce(excluded.published, runs.published)"
)
_SELECT = f"SELECT {', '.join(_FIELDS)} FROM runs WHERE connection = ?"


class State(Journal, Plans):
    """The record of runs, beside the journal of changes and the plans made here. Each method is one transaction."""

    @property
    def leases(self) -> Leases | None:
        """The locks of a database that several hosts share; None where locks are files."""
        return self._db.leases

    def save(self, run: Run, *, published: str | None = None) -> None:
        """Write the record of *run*, over an older one. *published*: when it became the current snapshot.

        Later published is always later in order, also where the clock went back in between. Raises LeaseLost where the
        right to sync was taken here and is another's by now.
        """

        def write(db: Statements) -> None:
            at = published if published is None else _after_all_others(db, run, published)
            db.do(_SAVE, (*_to_row(run), at))

        self._db.write(write, [(run.connection, "sync")])

    def get(self, connection: str, run: str) -> Run | None:
        """The record of one run, None if there is none."""
        row = self._db.one(f"{_SELECT} AND run = ?", (connection, run))
        return _from_row(row) if row else None

    def history(self, connection: str, limit: int | None = None) -> list[Run]:
        """The records of a connection, the newest first."""
        query = f"{_SELECT} ORDER BY started DESC, run DESC LIMIT ?"
        return [
            _from_row(row) for row in self._db.each(query, (connection, self._db.every if limit is None else limit))
        ]

    def published(self, connection: str, limit: int | None = 2) -> list[Run]:
        """The published runs of a connection, the latest published first."""
        query = f"{_SELECT} AND status = ? ORDER BY published DESC, run DESC LIMIT ?"
        most = self._db.every if limit is None else limit
        return [_from_row(row) for row in self._db.each(query, (connection, RunStatus.PUBLISHED.value, most))]

    def connections(self) -> list[str]:
        """The connections that have a record of a run, in alphabetical order."""
        return [row[0] for row in self._db.each("SELECT DISTINCT connection FROM runs ORDER BY connection")]

    def interrupt_others(self, connection: str, run: str | None) -> None:
        """Mark runs that still say *running* as interrupted, except *run*. Call while holding the connection's lock."""
        values = (
            RunStatus.INTERRUPTED.value,
            "its process ended before it did",
            connection,
            RunStatus.RUNNING.value,
            run or "",
        )
        interrupt = "UPDATE runs SET status = ?, reason = ? WHERE connection = ? AND status = ? AND run <> ?"
        self._db.write(lambda db: db.do(interrupt, values), [(connection, "sync")])


def _after_all_others(db: Statements, run: Run, published: str) -> str:
    query = "SELECT max(published) FROM runs WHERE connection = ? AND run <> ?"
    row = db.one(query, (run.connection, run.run))
    last = row[0] if row else None
    if last is None or last < published:
        return published
    return (datetime.fromisoformat(last) + timedelta(microseconds=1)).isoformat(timespec="microseconds")


@contextmanager
def open_state(place: Path | DatabaseAddress) -> Generator[State]:
    """The database at *place*, a file (made with mode 0600 if need be) or a server's, brought to its newest form.

    Raises BadStorage if it is damaged or can't be written, BadConfig if it is of a newer Jackfield or another user may
    write it; it is then left as it is. Of a server: StateUnavailable where it can't be asked now.
    """
    if isinstance(place, DatabaseAddress):
        from jackfield.state.postgres import open_postgres

        with open_postgres(place) as shared:
            yield State(shared)
        return
    with _opened(place) as db:
        yield State(Sqlite(db))


@contextmanager
def _opened(file: Path) -> Generator[sqlite3.Connection]:
    with storing(file):
        for each in (file, *(file.with_name(file.name + suffix) for suffix in _BESIDE)):
            demand_trusted(each, what="the state", hint=_HINT)
        make_plain(file)
        db = sqlite3.connect(file, isolation_level=None, timeout=10)
    try:
        with storing(file):
            _prepare(db, file)
        yield db
    finally:
        db.close()


def _prepare(db: sqlite3.Connection, file: Path) -> None:
    try:
        what = strange(db)
        version = _version(db) if what is None else None
        if version is None and what is None:
            version = _create(db)
    except sqlite3.DatabaseError as error:
        failure = storage_failure(error, file)
        if failure is not None and failure.damaged:
            raise BadStorage(
                f"the state {file} is damaged or no database", hint="Restore it from a backup.", damaged=True
            ) from None
        raise failure or BadConfig(f"the state {file} can't be opened: {error}") from None
    if version is None:
        raise BadStorage(
            f"the state {file} holds {what}, as no state of ours does", hint="Restore it from a backup.", damaged=True
        )
    if version > HEAD:
        raise BadConfig(f"{file} was written by a newer jackfield (schema {version})", hint="Upgrade jackfield.")
    if version != HEAD:
        from jackfield.state.migrate import migrate

        migrate(file)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")


def _create(db: sqlite3.Connection) -> str:
    db.execute("BEGIN IMMEDIATE")
    try:
        version = _version(db)  # another process may have been first
        if version is None:
            for statement in NEW:
                db.execute(statement)
        db.execute("COMMIT")
    except BaseException:
        _roll_back(db)
        raise
    return version or HEAD


def _roll_back(db: sqlite3.Connection) -> None:
    # Where the disk is full SQLite has done so itself, and a second time would hide that error.
    if db.in_transaction:
        db.execute("ROLLBACK")


def _version(db: sqlite3.Connection) -> str | None:
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
        return None
    row = db.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def _to_row(run: Run) -> tuple[Any, ...]:
    row = msgspec.structs.asdict(run)
    row["status"] = run.status.value
    row["counts"] = msgspec.json.encode(run.counts).decode()
    row["scopes"] = msgspec.json.encode(run.scopes).decode()
    return tuple(row[field] for field in _FIELDS)


def _from_row(values: tuple[Any, ...]) -> Run:
    row = dict(zip(_FIELDS, values, strict=True))
    row["status"] = RunStatus(row["status"])
    row["complete"] = bool(row["complete"])
    row["counts"] = msgspec.json.decode(row["counts"], type=Counts)
    row["scopes"] = msgspec.json.decode(row["scopes"], type=tuple[Seal, ...])
    return Run(**row)
