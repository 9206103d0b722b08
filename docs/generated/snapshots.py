"""The snapshot format, from the schema that the writer uses."""

import re
import sqlite3
from contextlib import closing

from generated.text import table
from jackfield.snapshots.schema import APPLICATION_ID, FORMAT, INDEXES, KEY_INDEXES, TABLES, VIEWS


def versions() -> str:
    """The two numbers by which a file is told."""
    return f"`PRAGMA application_id` is `0x{APPLICATION_ID:X}`; `PRAGMA user_version` is the format, now {FORMAT}."


def views() -> str:
    """A table of the views and their columns."""
    return table(("view", "columns"), [(f"`{name}`", _names(columns)) for name, columns in _found("view")])


def tables() -> str:
    """A table of the tables and their columns, with type and key."""
    return table(
        ("table", "columns"),
        [(f"`{name}`", "; ".join(_column(each) for each in columns)) for name, columns in _found("table")],
    )


def _found(kind: str) -> list[tuple[str, list[tuple[str, str, bool, int, str]]]]:
    with closing(sqlite3.connect(":memory:")) as file:
        file.executescript(TABLES + KEY_INDEXES + INDEXES + VIEWS)
        names = [
            row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = ? ORDER BY rowid", (kind,))
        ]
        return [(name, _columns(file, name)) for name in names]


def _columns(file: sqlite3.Connection, name: str) -> list[tuple[str, str, bool, int, str]]:
    points = {row[3]: row[2] for row in file.execute(f"PRAGMA foreign_key_list({name})")}
    rows = file.execute(f"PRAGMA table_info({name})")
    return [(row[1], row[2], bool(row[3]), row[5], points.get(row[1], "")) for row in rows]


def _names(columns: list[tuple[str, str, bool, int, str]]) -> str:
    return ", ".join(f"`{name}`" for name, *_ in columns)


def _column(column: tuple[str, str, bool, int, str]) -> str:
    name, type_, required, key, points = column
    told = [
        type_.lower(),
        "key" if key else "",
        "" if required or key else "or null",
        f"→ `{points}`" if points else "",
    ]
    return f"`{name}` " + re.sub(" +", " ", " ".join(told)).strip()
