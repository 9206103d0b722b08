"""Whether the snapshot files of a connection are what was recorded."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import msgspec

from jackfield.snapshots.file import digest
from jackfield.state import Home, Run, State

_ALL = 10**9


class Standing(Enum):
    """How a snapshot file stands to its record."""

    INTACT = "intact"
    CHANGED = "changed"
    MISSING = "missing"
    UNRECORDED = "unrecorded"


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """One snapshot: its record, if there is one, and what its file has now."""

    connection: str
    run: str
    standing: Standing
    status: str | None = None
    taken: str | None = None
    file: str
    sha256: str | None = None
    recorded: str | None = None


def verified(home: Home, state: State, connection: str, keep: int) -> Iterator[Verified]:
    """Every snapshot of *connection* that is recorded or there, the oldest first, and last what has no record.

    The newest *keep* are missed where they are not there, unless their record says that they were deleted as too old.
    """
    folder = home.folder / "snapshots" / connection
    runs = {run.run: run for run in state.history(connection, _ALL) if run.sha256 is not None}
    files = {file.stem: file for file in folder.glob("*.sqlite")} if folder.is_dir() else {}
    current = {run.run for run in state.published(connection, 1)}
    kept = min((_made(runs[name]) for name in files if name in runs), default="")
    newest = {run.run for run in sorted(runs.values(), key=lambda run: run.run)[-keep:]}
    for run in sorted(runs.values(), key=lambda run: (_made(run), run.run)):
        there = run.run in files or run.run in current
        # Those beyond what is kept are marked when they are deleted, and by older versions were not.
        if there or (run.snapshot is not None and (run.run in newest or _made(run) > kept)):
            yield _one(connection, run.run, run, files.get(run.run, folder / f"{run.run}.sqlite"))
    for name in sorted(files.keys() - runs.keys()):
        yield _one(connection, name, None, files[name])


def _made(run: Run) -> str:
    return run.started if run.imported else run.finished or run.started


def _one(connection: str, name: str, run: Run | None, file: Path) -> Verified:
    plain = file.is_file()
    now = digest(file) if plain else None
    if run is None:
        return Verified(connection=connection, run=name, standing=Standing.UNRECORDED, file=str(file), sha256=now)
    standing = Standing.INTACT if now == run.sha256 else Standing.CHANGED if plain else Standing.MISSING
    return Verified(
        connection=connection,
        run=name,
        standing=standing,
        status=run.status.value,
        taken=run.taken,
        file=str(file),
        sha256=now,
        recorded=run.sha256,
    )
