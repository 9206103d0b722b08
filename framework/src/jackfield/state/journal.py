"""The journal of changes: what was meant before it is done, and what became of it.

Promises that an entry is on the disk when a method returns. Hides its table.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from jackfield.state.journal_filter import JournalFilter, moment
from jackfield_contracts import JournalEntry, JournalStatus, Outcome

_SAVE = (
    "INSERT INTO changes (id, connection, status, plan, intended, entry) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET status = excluded.status, entry = excluded.entry"
)
_decoder = msgspec.json.Decoder(JournalEntry)

EVERY = JournalFilter()

__all__ = ["EVERY", "Journal", "JournalFilter", "moment", "outcome_of"]


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

    def count_changes(self, wanted: JournalFilter = EVERY) -> int:
        """How many entries fit."""
        where, values = wanted.condition()
        return int(self._db.execute(f"SELECT count(*) FROM changes WHERE {where}", values).fetchone()[0])

    def actors(self) -> list[str]:
        """Who asked for the changes of the journal, in alphabetical order."""
        rows = self._db.execute("SELECT DISTINCT entry ->> '$.actor' AS actor FROM changes WHERE actor IS NOT NULL")
        return sorted(row[0] for row in rows)

    def changes(
        self,
        connection: str | None = None,
        *,
        undecided: bool = False,
        since: datetime | None = None,
        plan: str | None = None,
        limit: int | None = 1000,
    ) -> list[JournalEntry]:
        """The entries that fit, the newest first; see ``JournalFilter``."""
        wanted = JournalFilter(connection=connection, undecided=undecided, since=since, plan=plan)
        return list(self.each_change(wanted, limit=limit))

    def each_change(self, wanted: JournalFilter = EVERY, *, limit: int | None = None) -> Iterator[JournalEntry]:
        """The entries that fit, the newest first, one after the other as they are read, however many there are."""
        where, values = wanted.condition()
        rows = self._db.execute(
            f"SELECT entry FROM changes WHERE {where} ORDER BY intended DESC, id DESC LIMIT ?",
            (*values, -1 if limit is None else limit),
        )
        for row in rows:
            yield _decoder.decode(row[0])


def outcome_of(entry: JournalEntry) -> Outcome | None:
    """What became of a change as far as it is known; None while it is undecided.

    What the application answered stands in the entry before a read, or the operation's own rule, has settled it.
    """
    return None if entry.status is JournalStatus.INTENT else entry.outcome
