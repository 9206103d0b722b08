"""Where the snapshots are, put right in a database that came from elsewhere."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from jackfield.errors import storing


def record_places(file: Path, place: Callable[[str, str], Path]) -> None:
    """Let the database at *file*, which nobody else has open, say of each snapshot that it is at *place* (connection, run)."""
    with storing(file), closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        rows = db.execute("SELECT connection, run FROM runs WHERE snapshot IS NOT NULL").fetchall()
        db.executemany(
            "UPDATE runs SET snapshot = ? WHERE run = ?",
            ((str(place(connection, run)), run) for connection, run in rows),
        )
        db.execute("COMMIT")
