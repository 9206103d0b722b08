"""The integers that stand for resources, entitlements and scopes while a snapshot is written."""

import sqlite3

from jackfield.errors import PluginBug
from jackfield.snapshots.schema import KEY_INDEXES
from jackfield_contracts import EntitlementId, ResourceId

_MOST = 400_000


class Keys:
    """Gives each resource and entitlement its integer, the same for the same identifier, also after a crash.

    Remembers some 400,000 of them (about 60 MB); for more it asks the file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._nodes: dict[str, dict[str, int]] = {}
        self._entitlements: dict[tuple[int, str], int] = {}
        self._remembered = 0
        self._next_node = self._after("node")
        self._next_entitlement = self._after("entitlement_row")
        # A file that was empty when opened holds nothing that is not remembered, until something is forgotten.
        self._knows_all = self._next_node == 1 and self._next_entitlement == 1
        self._indexed = False
        self._new_nodes: list[tuple[int, str, str]] = []
        self._new_entitlements: list[tuple[int, int, str]] = []

    def nodes(self, kind: str) -> dict[str, int]:
        """The remembered keys of resources of one type by id; for one not in it, ask ``node``."""
        return self._nodes.setdefault(kind, {})

    def node(self, kind: str, id: str) -> int:
        """The key of a resource; ``flush`` writes a new one. Raises PluginBug for an empty id or type."""
        known = self.nodes(kind).get(id)
        if known is not None:
            return known
        key = self._find_node(kind, id)
        if key is None:
            if not id or not kind:
                # What a Struct is made of is not looked at where it is made, and nothing could read it back.
                raise PluginBug(
                    f"a row, or a scope, names {f'a {kind}' if kind else 'a resource without a type'} by an empty id"
                )
            key = self._next_node
            self._next_node += 1
            self._new_nodes.append((key, kind, id))
        self._room()
        self.nodes(kind)[id] = key
        return key

    def known(self, kind: str, id: str) -> int | None:
        """The key of a resource that was named before, None for any other."""
        return self.nodes(kind).get(id) or self._find_node(kind, id)

    def resource(self, id: ResourceId) -> int:
        """The key of a resource."""
        return self.node(id.type, id.id)

    def entitlement(self, id: EntitlementId) -> int:
        """The key of an entitlement; ``flush`` writes a new one."""
        resource = self.node(id.resource.type, id.resource.id)
        known = self._entitlements.get((resource, id.slug))
        if known is not None:
            return known
        key = None
        if not self._knows_all:
            self._index()
            key = self._find("SELECT key FROM entitlement_row WHERE resource = ? AND slug = ?", (resource, id.slug))
        if key is None:
            key = self._next_entitlement
            self._next_entitlement += 1
            self._new_entitlements.append((key, resource, id.slug))
        self._room()
        self._entitlements[resource, id.slug] = key
        return key

    def flush(self) -> None:
        """Write the new keys, in the transaction of the rows that use them."""
        if self._new_nodes:
            self._db.executemany("INSERT INTO node (key, type, id) VALUES (?, ?, ?)", self._new_nodes)
            self._new_nodes.clear()
        if self._new_entitlements:
            self._db.executemany(
                "INSERT INTO entitlement_row (key, resource, slug) VALUES (?, ?, ?)", self._new_entitlements
            )
            self._new_entitlements.clear()

    def forget(self) -> None:
        """Forget all, after a rollback took back what was remembered."""
        self._nodes.clear()
        self._entitlements.clear()
        self._new_nodes.clear()
        self._new_entitlements.clear()
        self._remembered = 0
        self._knows_all = False
        self._indexed = False
        self._next_node = self._after("node")
        self._next_entitlement = self._after("entitlement_row")

    def _find_node(self, kind: str, id: str) -> int | None:
        if self._knows_all:
            return None
        self._index()
        return self._find("SELECT key FROM node WHERE type = ? AND id = ?", (kind, id))

    def _index(self) -> None:
        """Only who can't remember all keys needs to look them up; else the indexes come cheaper at the end."""
        if not self._indexed:
            for statement in KEY_INDEXES.strip().split(";"):
                self._db.execute(statement)
            self._indexed = True

    def _room(self) -> None:
        self._remembered += 1
        if self._remembered > _MOST:
            self.flush()
            for kind in self._nodes.values():
                kind.clear()
            self._entitlements.clear()
            self._remembered = 0
            self._knows_all = False

    def _after(self, table: str) -> int:
        return (self._find(f"SELECT max(key) FROM {table}", ()) or 0) + 1

    def _find(self, sql: str, arguments: tuple[int | str, ...]) -> int | None:
        row = self._db.execute(sql, arguments).fetchone()
        return row[0] if row is not None else None
