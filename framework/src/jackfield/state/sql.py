"""The database behind the tables of the state, whichever it is: what they ask of it, and SQLite's answer to that.

Promises that what is written in one go is on the disk as a whole or not at all. Hides transactions and dialects.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from jackfield.state.lock import Holder, Lock

T = TypeVar("T")
Row = tuple[Any, ...]
Guard = tuple[str, str]
"""A connection and what is locked of it, such as *sync*."""


class Statements(Protocol):
    """Statements within one transaction; a value stands as ``?``."""

    def one(self, query: str, values: Sequence[object] = ()) -> Row | None:
        """The first row, None if there is none."""
        ...

    def do(self, statement: str, values: Sequence[object] = ()) -> None:
        """Run one statement."""
        ...

    def do_each(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each of *rows*."""
        ...


class Leases(Protocol):
    """Locks that a database keeps for several hosts, as leases: each ends by itself unless it is renewed."""

    def hold(self, connection: str, what: str, *, purpose: str, holder: Holder) -> AbstractContextManager[Lock]:
        """Hold *what* of a connection for as long as the block lasts; raises Busy where somebody else does."""
        ...

    def is_held(self, connection: str, what: str) -> bool:
        """Whether somebody holds *what* of a connection."""
        ...


class Sql(Protocol):
    """A database. ``every`` is the LIMIT that takes all rows, ``page`` how many rows are read at once, if not one by one.

    ``leases``: where hosts share the database, their locks; None where locks are files.
    """

    @property
    def every(self) -> int | None: ...
    @property
    def page(self) -> int | None: ...
    @property
    def leases(self) -> Leases | None: ...

    def one(self, query: str, values: Sequence[object] = ()) -> Row | None:
        """The first row of what is read, None if there is none."""
        ...

    def each(self, query: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """The rows of what is read."""
        ...

    def write(self, work: Callable[[Statements], T], guards: Sequence[Guard] = ()) -> T:
        """Let *work* write in one transaction. It may be called twice, of which only one counts.

        Raises LeaseLost, and writes nothing, where one of *guards* was taken here and somebody else has taken it since.
        """
        ...

    def text_at(self, column: str, *path: str) -> str:
        """The expression of the text at a place of a JSON column, NULL if nothing is there."""
        ...

    def texts_at(self, column: str, *path: str) -> str:
        """A table of the texts of a JSON array, as the column ``value``."""
        ...


class _SqliteStatements:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def one(self, query: str, values: Sequence[object] = ()) -> Row | None:
        return self._db.execute(query, values).fetchone()  # type: ignore[arg-type]

    def do(self, statement: str, values: Sequence[object] = ()) -> None:
        self._db.execute(statement, values)  # type: ignore[arg-type]

    def do_each(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        self._db.executemany(statement, rows)  # type: ignore[arg-type]


class Sqlite:
    """A database file."""

    every = -1
    page = None
    leases = None

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def one(self, query: str, values: Sequence[object] = ()) -> Row | None:
        """The first row of what is read, None if there is none."""
        return self._db.execute(query, values).fetchone()  # type: ignore[arg-type]

    def each(self, query: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """The rows of what is read, one after the other as they are asked for."""
        # Not the cursor itself: whoever stops reading would close it, perhaps after the database.
        for row in self._db.execute(query, values):  # type: ignore[arg-type]  # noqa: UP028
            yield row

    def write(self, work: Callable[[Statements], T], guards: Sequence[Guard] = ()) -> T:
        """Let *work* write in one transaction; locks are files here, so that nothing is guarded."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = work(_SqliteStatements(self._db))
            self._db.execute("COMMIT")
        except BaseException:
            # Where the disk is full SQLite has rolled back itself, and a second time would hide that error.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return result

    def text_at(self, column: str, *path: str) -> str:
        """The expression of the text at a place of a JSON column."""
        return f"({column} ->> '$.{'.'.join(path)}')"

    def texts_at(self, column: str, *path: str) -> str:
        """A table of the texts of a JSON array."""
        return f"json_each({column}, '$.{'.'.join(path)}')"
