"""The journal of changes: what was meant before it is done, and what became of it.

Promises that an entry is on the disk when a method returns. Hides its table.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from jackfield.state.journal_filter import JournalFilter, moment
from jackfield.state.sql import Guard, Sql
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

    def __init__(self, db: Sql) -> None:
        self._db = db

    def save_changes(self, entries: Iterable[JournalEntry]) -> None:
        """Write entries, over older ones of the same id; all of them or none.

        Raises LeaseLost where the right to change their connection was taken here and is another's by now.
        """
        guards: list[Guard] = []
        if self._db.leases is not None:
            entries = list(entries)  # a transaction may be begun twice there
            guards = [(connection, "changes") for connection in sorted({each.connection for each in entries})]
        self._db.write(lambda db: db.do_each(_SAVE, map(_to_row, entries)), guards)

    def change(self, id: str) -> JournalEntry | None:
        """The entry of that id, None if there is none."""
        row = self._db.one("SELECT entry FROM changes WHERE id = ?", (id,))
        return _decoder.decode(row[0]) if row else None

    def count_changes(self, wanted: JournalFilter = EVERY) -> int:
        """How many entries fit."""
        where, values = wanted.condition(self._db)
        row = self._db.one(f"SELECT count(*) FROM changes WHERE {where}", values)
        return int(row[0]) if row else 0

    def actors(self) -> list[str]:
        """Who asked for the changes of the journal, in alphabetical order."""
        actor = self._db.text_at("entry", "actor")
        return sorted(
            row[0] for row in self._db.each(f"SELECT DISTINCT {actor} FROM changes WHERE {actor} IS NOT NULL")
        )

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
        where, values = wanted.condition(self._db)
        for row in self._newest_first(where, values, limit):
            yield _decoder.decode(row[2])

    def _newest_first(self, where: str, values: Sequence[str], limit: int | None) -> Iterator[tuple[str, str, str]]:
        query = f"SELECT intended, id, entry FROM changes WHERE ({where}) ORDER BY intended DESC, id DESC LIMIT ?"
        if self._db.page is None:
            yield from self._db.each(query, (*values, self._db.every if limit is None else limit))
            return
        # From a server all of them would come at once.
        left, last = sys.maxsize if limit is None else limit, None
        following = query.replace(" ORDER BY", " AND (intended, id) < (?, ?) ORDER BY")
        while left:
            wanted = min(left, self._db.page)
            rows = list(self._db.each(following if last else query, (*values, *(last or ()), wanted)))
            yield from rows
            if len(rows) < wanted:
                return
            left -= len(rows)
            last = rows[-1][:2]


def _to_row(entry: JournalEntry) -> tuple[str | None, ...]:
    encoded = msgspec.json.encode(entry).decode()
    return (entry.id, entry.connection, entry.status.value, entry.plan, entry.intended, encoded)


def outcome_of(entry: JournalEntry) -> Outcome | None:
    """What became of a change as far as it is known; None while it is undecided.

    What the application answered stands in the entry before a read, or the operation's own rule, has settled it.
    """
    return None if entry.status is JournalStatus.INTENT else entry.outcome
