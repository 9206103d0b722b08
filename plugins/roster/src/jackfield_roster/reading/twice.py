"""Ids that stand in a file more than once, found by one pass over it with little memory."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path


class Twice:
    """Takes the ids of a file in their order, and keeps the lines of those that stood there before.

    Both are in a temporary database, so that a file of any length takes little memory.
    """

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._db.execute("CREATE TABLE again (line INTEGER PRIMARY KEY)")

    def take(self, rows: Iterable[tuple[int, str]]) -> None:
        """Take lines with their ids."""
        self._db.execute("BEGIN")
        for line, id in rows:
            if self._db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (id,)).rowcount == 0:
                self._db.execute("INSERT INTO again VALUES (?)", (line,))
        self._db.execute("COMMIT")

    def end(self) -> None:
        """All were taken: the ids themselves are no longer needed."""
        self._db.execute("DROP TABLE seen")

    def between(self, first: int, last: int) -> frozenset[int]:
        """The lines from *first* to *last* whose id stood above them already."""
        found = self._db.execute("SELECT line FROM again WHERE line BETWEEN ? AND ?", (first, last))
        return frozenset(line for (line,) in found)

    def close(self) -> None:
        """Let the database go."""
        self._db.close()
