"""Resources that were stored already, for a connector that asks for them while it reads on."""

import sqlite3
from collections.abc import Iterable, Mapping
from threading import Lock

import msgspec

from jackfield.snapshots.keys import Keys
from jackfield.snapshots.rows import decode_resource
from jackfield_contracts import Resource, ResourceId

_MOST_REMEMBERED = 20_000


class StoredResources:
    """Finds resources in a partial snapshot, and remembers those that it found."""

    def __init__(self, db: sqlite3.Connection, keys: Keys, using: Lock) -> None:
        """*using* is held while the file is asked."""
        self._db = db
        self._keys = keys
        self._using = using
        self._remembered: dict[tuple[str, str], Resource] = {}

    def find(self, type: str, ids: Iterable[str]) -> Mapping[str, Resource]:
        """The resources of *type* among *ids* that the snapshot holds so far."""
        found: dict[str, Resource] = {}
        asked: list[str] = []
        for id in ids:
            known = self._remembered.get((type, id))
            if known is not None:
                found[id] = known
            else:
                asked.append(id)
        if asked:
            if len(self._remembered) + len(asked) > _MOST_REMEMBERED:
                self._remembered.clear()
            for id, scope, display_name, data in self._ask(type, asked):
                found[id] = self._remembered[type, id] = decode_resource(type, id, scope, display_name, data)
        return found

    def forget(self, id: ResourceId) -> None:
        """Forget a resource that is stored anew or dropped."""
        if self._remembered:
            self._remembered.pop((id.type, id.id), None)

    def forget_all(self) -> None:
        """Forget what is remembered, after rows were taken back."""
        self._remembered.clear()

    def _ask(self, type: str, ids: list[str]) -> list[tuple[str, str, str, str]]:
        with self._using:
            keys = [key for key in (self._keys.known(type, id) for id in ids) if key is not None]
            return self._db.execute(
                "SELECT n.id, s.name, r.display_name, r.data FROM json_each(?) j CROSS JOIN resource_row r ON r.key = j.value"
                " JOIN node n ON n.key = r.key JOIN scope_row s ON s.key = r.scope",
                (msgspec.json.encode(keys).decode(),),
            ).fetchall()
