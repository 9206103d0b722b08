"""The plans that were written to files here: what each of them held, as a digest, so that an altered one is known.

Promises that a digest is on the disk when a method returns. Hides its table.
"""

import sqlite3

_SAVE = (
    "INSERT INTO plans (id, connection, digest, created) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET connection = excluded.connection, digest = excluded.digest,"
    " created = excluded.created"
)


class Plans:
    """Digests by the ids of plans. Each method is one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def save_plan_digest(self, id: str, connection: str, digest: str, created: str) -> None:
        """Remember that the plan *id* was made here, and what was in it."""
        self._db.execute(_SAVE, (id, connection, digest, created))

    def plan_digest(self, id: str) -> str | None:
        """The digest of the plan *id* as it was made here, None if it was not."""
        row = self._db.execute("SELECT digest FROM plans WHERE id = ?", (id,)).fetchone()
        return row[0] if row else None
