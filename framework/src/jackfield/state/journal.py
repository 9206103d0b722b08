"""The journal of changes: what was meant before it is done, and what became of it.

Promises that an entry is on the disk when a method returns. Hides its table.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from jackfield_contracts import JournalEntry, JournalStatus, Outcome

_SAVE = (
    "INSERT INTO changes (id, connection, status, plan, intended, entry) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET status = excluded.status, entry = excluded.entry"
)
_decoder = msgspec.json.Decoder(JournalEntry)


class Journal:
    """Entries by id. Each method is one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def save_changes(self, entries: Iterable[JournalEntry]) -> None:
        """Write entries, over older ones of the same id; all of them or none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany(
                _SAVE,
                (
                    (
                        each.id,
                        each.connection,
                        each.status.value,
                        each.plan,
                        each.intended,
                        msgspec.json.encode(each).decode(),
                    )
                    for each in entries
                ),
            )
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def change(self, id: str) -> JournalEntry | None:
        """The entry of that id, None if there is none."""
        row = self._db.execute("SELECT entry FROM changes WHERE id = ?", (id,)).fetchone()
        return _decoder.decode(row[0]) if row else None

    def count_changes(
        self, connection: str | None = None, *, undecided: bool = False, since: datetime | None = None
    ) -> int:
        """How many entries fit, as in ``changes``."""
        where, values = _fitting(connection, undecided=undecided, since=since)
        return int(self._db.execute(f"SELECT count(*) FROM changes WHERE {where}", values).fetchone()[0])

    def changes(
        self,
        connection: str | None = None,
        *,
        undecided: bool = False,
        since: datetime | None = None,
        plan: str | None = None,
        limit: int | None = 1000,
    ) -> list[JournalEntry]:
        """The entries that fit, the newest first. *undecided*: whose outcome is not known, or goes on."""
        found = self.each_change(connection, undecided=undecided, since=since, plan=plan, limit=limit)
        return list(found)

    def each_change(
        self,
        connection: str | None = None,
        *,
        undecided: bool = False,
        since: datetime | None = None,
        plan: str | None = None,
        limit: int | None = None,
    ) -> Iterator[JournalEntry]:
        """As ``changes``, one after the other as they are read, however many there are."""
        where, values = _fitting(connection, undecided=undecided, since=since, plan=plan)
        rows = self._db.execute(
            f"SELECT entry FROM changes WHERE {where} ORDER BY intended DESC, id DESC LIMIT ?",
            (*values, -1 if limit is None else limit),
        )
        for row in rows:
            yield _decoder.decode(row[0])


def _fitting(
    connection: str | None, *, undecided: bool, since: datetime | None, plan: str | None = None
) -> tuple[str, list[str]]:
    """The condition of the entries that fit, and its values."""
    conditions: list[tuple[str, str]] = []
    if connection is not None:
        conditions.append(("connection = ?", connection))
    if undecided:
        conditions.append(("status <> ?", JournalStatus.SETTLED.value))
    if since is not None:
        conditions.append(("intended >= ?", moment(since)))
    if plan is not None:
        conditions.append(("plan = ?", plan))
    return " AND ".join(text for text, _ in conditions) or "1 = 1", [value for _, value in conditions]


def outcome_of(entry: JournalEntry) -> Outcome | None:
    """What became of a change as far as it is known; None while it is undecided.

    What the application answered stands in the entry before a read, or the operation's own rule, has settled it.
    """
    return None if entry.status is JournalStatus.INTENT else entry.outcome


def moment(time: datetime) -> str:
    """A time as the journal writes it, so that texts are in the order of time."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")
