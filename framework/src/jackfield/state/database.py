"""The operational database: opened, brought to its newest form, and asked about runs."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text, update
from sqlalchemy.dialects.sqlite import insert

from jackfield.errors import BadConfig
from jackfield.state.runs import Counts, Run, RunStatus
from jackfield.state.tables import runs
from jackfield_contracts import Seal

HEAD = "0001"
"""The newest migration; a test holds it to the migration files."""


class State:
    """The record of runs. Each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, run: Run, *, published: str | None = None) -> None:
        """Write the record of *run*, over an older one. *published*: when it became the current snapshot."""
        row = _to_row(run)
        if published is not None:
            row["published"] = published
        statement = insert(runs).values(row)
        with self._engine.begin() as db:
            db.execute(statement.on_conflict_do_update(index_elements=["run"], set_=row))

    def get(self, connection: str, run: str) -> Run | None:
        """The record of one run, None if there is none."""
        with self._engine.connect() as db:
            row = db.execute(select(runs).where(runs.c.connection == connection, runs.c.run == run)).mappings().first()
        return _from_row(dict(row)) if row else None

    def history(self, connection: str, limit: int = 1000) -> list[Run]:
        """The records of a connection, the newest first."""
        query = select(runs).where(runs.c.connection == connection).order_by(runs.c.started.desc(), runs.c.run.desc())
        with self._engine.connect() as db:
            return [_from_row(dict(row)) for row in db.execute(query.limit(limit)).mappings()]

    def published(self, connection: str, limit: int = 2) -> list[Run]:
        """The published runs of a connection, the latest published first."""
        query = (
            select(runs)
            .where(runs.c.connection == connection, runs.c.status == RunStatus.PUBLISHED.value)
            .order_by(runs.c.published.desc(), runs.c.run.desc())
        )
        with self._engine.connect() as db:
            return [_from_row(dict(row)) for row in db.execute(query.limit(limit)).mappings()]

    def interrupt_others(self, connection: str, run: str | None) -> None:
        """Mark runs that still say *running* as interrupted, except *run*. Call while holding the connection's lock."""
        statement = (
            update(runs)
            .where(runs.c.connection == connection, runs.c.status == RunStatus.RUNNING.value, runs.c.run != (run or ""))
            .values(status=RunStatus.INTERRUPTED.value, reason="its process ended before it did")
        )
        with self._engine.begin() as db:
            db.execute(statement)


@contextmanager
def open_state(file: Path) -> Generator[State]:
    """The database at *file* (made with mode 0600 if need be), brought to its newest form."""
    if not file.exists():
        file.touch(mode=0o600)
    engine = create_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", _tune)
    try:
        _migrate(engine, file)
        yield State(engine)
    finally:
        engine.dispose()


def _tune(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _migrate(engine: Engine, file: Path) -> None:
    with engine.connect() as db:
        version = _version(db)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise BadConfig(f"{file} was written by a newer jackfield (schema {version})", hint="Upgrade jackfield.")
    # Imported only when there is something to do: it takes a third of a second.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as db:
        db.execute(text("PRAGMA foreign_keys = ON"))
        config.attributes["connection"] = db
        command.upgrade(config, "head")


def _version(db: Connection) -> str | None:
    if not inspect(db).has_table("alembic_version"):
        return None
    return db.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _to_row(run: Run) -> dict[str, Any]:
    row = msgspec.structs.asdict(run)
    return {
        **row,
        "status": run.status.value,
        "counts": msgspec.json.encode(run.counts).decode(),
        "scopes": msgspec.json.encode(run.scopes).decode(),
    }


def _from_row(row: dict[str, Any]) -> Run:
    del row["published"]
    row["status"] = RunStatus(row["status"])
    row["counts"] = msgspec.json.decode(row["counts"], type=Counts)
    row["scopes"] = msgspec.json.decode(row["scopes"], type=tuple[Seal, ...])
    return Run(**row)
