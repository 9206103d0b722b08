"""The plans that were written to files here: what each of them held, as a digest, so that an altered one is known.

Promises that a digest is on the disk when a method returns. Hides its table.
"""

from jackfield.state.sql import Sql

_SAVE = (
    "INSERT INTO plans (id, connection, digest, created) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET connection = excluded.connection, digest = excluded.digest,"
    " created = excluded.created"
)


class Plans:
    """Digests by the ids of plans. Each method is one transaction."""

    def __init__(self, db: Sql) -> None:
        self._db = db

    def save_plan_digest(self, id: str, connection: str, digest: str, created: str) -> None:
        """Remember that the plan *id* was made here, and what was in it."""
        self._db.write(lambda db: db.do(_SAVE, (id, connection, digest, created)))

    def plan_digest(self, id: str) -> str | None:
        """The digest of the plan *id* as it was made here, None if it was not."""
        row = self._db.one("SELECT digest FROM plans WHERE id = ?", (id,))
        return row[0] if row else None
