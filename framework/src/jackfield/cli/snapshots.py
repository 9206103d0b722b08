"""The snapshot that a command looks at, what must be told with it, and what to tell where its file is damaged."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from jackfield.cli.app import App
from jackfield.cli.output import note
from jackfield.cli.text import age, clean, count, moment, taken_when
from jackfield.errors import BadConfig, BadStorage, JackfieldError, NotFound
from jackfield.snapshots.file import is_recorded, open_snapshot
from jackfield.snapshots.reader import Snapshot, read_snapshot
from jackfield.snapshots.records import Carried
from jackfield.state import Run, RunStatus
from jackfield.state.journal_filter import JournalFilter
from jackfield_contracts import OutcomeKind

_SHOWN = 10
_NAMED = 5
_MOST_TRIED = 100
_LONGEST_CHANGE = timedelta(days=1)

_OF_DAMAGE = (BadStorage, BadConfig, sqlite3.Error, msgspec.MsgspecError, ValueError, LookupError)
"""What reading a damaged file may raise: SQLite does not notice all of it."""

_looked: WeakKeyDictionary[App, dict[str, Run]] = WeakKeyDictionary()
"""The runs whose snapshots each command line looks at."""


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """How many changes were ``made`` through Jackfield since a snapshot was read; ``perhaps``: of how many more nobody knows."""

    made: int = 0
    perhaps: int = 0


class Looked(Snapshot):
    """A snapshot with the record of its run, and what Jackfield has changed since."""

    def __init__(self, snapshot: Snapshot, run: Run, since: Since) -> None:
        super().__init__(snapshot.db)
        self.run = run
        self.since = since


def published_runs(app: App, connection: str, limit: int) -> list[Run]:
    """The latest published runs; raises BadConfig for an unknown connection, NotFound if nothing is published yet."""
    found: list[Run] = []
    if app.has_state:
        with app.state() as state:
            found = state.published(connection, limit)
    if not found:
        app.settings.connection(connection)
        raise NotFound(
            f"the connection {connection!r} has no published snapshot yet in {app.home.folder}",
            hint=f"Make one with `jackfield sync {connection}`.",
        )
    _looked.setdefault(app, {}).update((run.run, run) for run in found)
    return found


def latest_file(app: App, connection: str) -> Path | BadStorage | None:
    """The file of the latest published snapshot, why it can't be used, None if nothing is published yet."""
    if not app.has_state:
        return None
    with app.state() as state:
        found = state.published(connection, 1)
    _looked.setdefault(app, {}).update((run.run, run) for run in found)
    if not found:
        return None
    return app.home.snapshot(connection, found[0].run) if _whole(app, found[0]) else _damaged(app, found[0])


def demand_whole(app: App, run: Run) -> Path:
    """The snapshot file of *run*; raises BadStorage where it is not the file that was recorded."""
    if not _whole(app, run):
        raise _damaged(app, run)
    return app.home.snapshot(run.connection, run.run)


def run_named(app: App, connection: str, name: str) -> Run:
    """The record of one run that left a snapshot, published or held, by any name that ``resolve_run`` takes.

    Raises NotFound, and BadConfig for an unknown connection.
    """
    from jackfield.cli.run_names import resolve_run

    published: list[Run] = []
    history: list[Run] = []
    if app.has_state:
        with app.state() as state:
            published, history = state.published(connection, None), state.history(connection)
    if not history:
        app.settings.connection(connection)
    record = resolve_run(name, connection, published, history, app.clock.now())
    if record.status not in (RunStatus.PUBLISHED, RunStatus.HELD):
        raise NotFound(f"the run {record.run!r} left no snapshot: it is {record.status.value}")
    _looked.setdefault(app, {})[record.run] = record
    return record


def damage(app: App, error: Exception) -> BadStorage | None:
    """What to tell instead of *error* where a snapshot that was looked at is not the file that was recorded; else None.

    It names the file, and the run that can be used in its place.
    """
    if not isinstance(error, _OF_DAMAGE):
        return None
    with suppress(JackfieldError, OSError):  # then it is the disk, and not the file
        for run in _looked.get(app, {}).values():
            if not (isinstance(error, BadConfig) and _opens(app, run)) and not _whole(app, run):
                return _damaged(app, run)
    return None


def _damaged(app: App, run: Run) -> BadStorage:
    file = app.home.snapshot(run.connection, run.run)
    hint = f"Make a new snapshot with `jackfield sync {run.connection}`."
    with suppress(JackfieldError, sqlite3.Error, OSError), app.state() as state:
        others = (one for one in state.published(run.connection, _MOST_TRIED) if one.run != run.run)
        other = next((one for one in others if _whole(app, one)), None)
        if other is not None:
            hint += (
                f" The run {other.run}, taken {moment(other.taken) or 'nobody knows when'}, can be used in its place."
            )
    state = "is damaged: its content is not what was recorded (SHA-256)" if file.exists() else "is missing"
    return BadStorage(
        f"the snapshot of the run {run.run} {state}",
        hint=hint,
        connection=run.connection,
        path=str(file),
        damaged=True,
    )


def _whole(app: App, run: Run) -> bool:
    return is_recorded(app.home.snapshot(run.connection, run.run), run.sha256)


def _opens(app: App, run: Run) -> bool:
    try:
        open_snapshot(app.home.snapshot(run.connection, run.run)).close()
    except BadConfig:
        return False
    return True


@contextmanager
def look(app: App, connection: str, run: str | None) -> Generator[Looked]:
    """The snapshot of *run*, or the latest published one, for as long as the block lasts."""
    record = run_named(app, connection, run) if run is not None else published_runs(app, connection, 1)[0]
    with read_snapshot(demand_whole(app, record)) as snapshot:
        try:
            yield Looked(snapshot, record, changes_since(app, record))
        except NotFound as error:
            if not snapshot.header.complete:
                unseen = ", ".join(seal.scope for seal in snapshot.seals(not_whole=True)[:_NAMED])
                unknown = f"It may exist all the same: the snapshot is not complete ({unseen})."
                error.hint = f"{error.hint} {unknown}" if error.hint else unknown
            raise


def head(snapshot: Looked) -> dict[str, object]:
    """What stands first in the JSON of every command that shows a snapshot."""
    return {
        "connection": snapshot.run.connection,
        "run": snapshot.run.run,
        "status": snapshot.run.status.value,
        "complete": snapshot.header.complete,
        "taken": snapshot.header.taken or None,
        "changes_since": snapshot.since,
        "imported": imported(snapshot),
        "scopes": snapshot.seals(not_whole=True),
    }


def imported(snapshot: Snapshot) -> dict[str, object] | None:
    """From which file a snapshot was imported; None for one that was read from an application."""
    header = snapshot.header
    if header.imported_from is None:
        return None
    return {
        "from": header.imported_from,
        "format": header.imported_format,
        "sha256": header.imported_sha256,
        "at": header.imported_at,
    }


def caveats(app: App, snapshot: Looked) -> None:
    """Tell on stderr of what a reader must know: that the snapshot is held, or not complete, and how old it is."""
    record = snapshot.run
    note(f"{record.connection}, run {record.run}, {taken_when(snapshot.header.taken, app.clock.now())}")
    if (header := snapshot.header).imported_from is not None:
        note(
            f"IMPORTED from {clean(header.imported_from)} ({header.imported_format}) on {moment(header.imported_at)};"
            " the application was not asked"
        )
    if record.status is RunStatus.HELD:
        note(f"HELD, not published: {record.reason or 'see `jackfield syncs`'}")
    if not snapshot.header.complete:
        note(not_complete(snapshot))
    if (text := since_in_words(app, record, snapshot.since)) is not None:
        note(text)


def changes_since(app: App, run: Run) -> Since:
    """The changes that were made through Jackfield after the sync of *run* had begun, so that it may lack them."""
    began = datetime.fromisoformat(run.started)
    with app.state() as state:

        def number(**wanted: Any) -> int:
            return state.count_changes(JournalFilter(connection=run.connection, **wanted))

        made = number(outcome=OutcomeKind.CHANGED, since=began)
        # What was asked for before may have been made after it.
        before = JournalFilter(
            connection=run.connection, outcome=OutcomeKind.CHANGED, since=began - _LONGEST_CHANGE, until=began
        )
        made += sum(
            1 for entry in state.each_change(before) if datetime.fromisoformat(entry.settled or entry.intended) >= began
        )
        return Since(
            made=made,
            perhaps=number(undecided=True, since=began - _LONGEST_CHANGE)
            + number(outcome=OutcomeKind.UNVERIFIED, since=began),
        )


def since_in_words(app: App, run: Run, since: Since) -> str | None:
    """What people must know of changes since *run* was read; None where there was none."""
    if not (since.made or since.perhaps):
        return None
    parts = [count(since.made, "change was", "changes were") + " made"] if since.made else []
    if since.perhaps:
        parts.append(
            f"of {count(since.perhaps, 'change')} it is not known" + (" whether it was made" if not parts else "")
        )
    text = f"{' and '.join(parts)} through Jackfield since this was read, which may lack what was changed"
    if _is_latest(app, run):
        return f"{text}: `jackfield sync {run.connection}` shows it."
    return f"{text}."


def _is_latest(app: App, run: Run) -> bool:
    with app.state() as state:
        return any(one.run == run.run for one in state.published(run.connection, 1))


def not_complete(snapshot: Snapshot) -> str:
    """Which scopes were not seen whole, in words, and what that means for the rows."""
    seals = snapshot.seals(not_whole=True)
    why: dict[tuple[str, str], list[str]] = {}
    for seal in seals:
        why.setdefault((seal.seal.value, seal.reason or "no reason is known"), []).append(seal.scope)
    lines = [f"NOT COMPLETE: {count(len(seals), 'scope was', 'scopes were')} not seen whole."]
    for (verdict, reason), scopes in list(why.items())[:_SHOWN]:
        more = f" and {len(scopes) - _NAMED:,} more" if len(scopes) > _NAMED else ""
        lines.append(f"  {clean(', '.join(scopes[:_NAMED]))}{more}: {verdict}; {clean(reason)}")
    if len(why) > _SHOWN:
        hidden = sum(map(len, list(why.values())[_SHOWN:]))
        lines.append(f"  … and {count(hidden, 'more scope')}; `jackfield stats --output json` lists all of them.")
    carried = snapshot.counts().carried
    stand_in = f"; {count(carried, 'row')} of an older snapshot stand in" if carried else ""
    lines.append(f"There, what is absent is unknown, not gone{stand_in}.")
    return "\n".join(lines)


class CarriedCells:
    """The columns that tell a carried row: always in CSV, in tables only if the snapshot can have such rows."""

    csv = ("carried_from", "carried_taken")

    def __init__(self, app: App, snapshot: Snapshot) -> None:
        self._now = app.clock.now()
        self.table: tuple[str, ...] = () if snapshot.header.complete else ("carried",)

    def for_table(self, carried: Carried | None) -> tuple[Any, ...]:
        """Where and when the row was last seen, in words."""
        if not self.table:
            return ()
        return (f"seen {age(carried.taken, self._now)}, run {carried.run}" if carried else None,)

    def for_csv(self, carried: Carried | None) -> tuple[Any, ...]:
        """The run and the time of it."""
        return (carried.run, carried.taken) if carried else (None, None)
