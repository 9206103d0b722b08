"""The rows of pages in the tables of a partial snapshot; the grants among them are appended, and merged later.

Promises that a row stored twice is there once, as the later page has it. Each method is called within a transaction.
"""

import sqlite3
from collections.abc import Iterable

import msgspec

from jackfield.errors import PluginBug
from jackfield.snapshots.keys import Keys
from jackfield.snapshots.rows import encode_entitlement, encode_grant, encode_resource
from jackfield.snapshots.stored import StoredResources
from jackfield.snapshots.witnesses import named_before
from jackfield_contracts import Entitlement, Grant, Item, Resource, ResourceId

_MOST_SCOPES = 20_000
_MOST_DETAILS = 10_000

MERGE = """INSERT INTO grant_row (entitlement, principal, scope, page, detail)
SELECT g.entitlement, j.value, g.scope, g.page, g.detail FROM grant_page g CROSS JOIN json_each(g.principals) j
WHERE g.rowid > ?
ORDER BY g.entitlement, j.value, g.page
ON CONFLICT DO UPDATE SET scope = excluded.scope, page = excluded.page, detail = excluded.detail, origin = NULL
WHERE excluded.page >= grant_row.page"""
"""Merges the grants appended after a row. The later page wins: those merged before may be of later ones."""

_GRANTS = "INSERT INTO grant_page (entitlement, scope, detail, page, held, principals) VALUES (?, ?, ?, ?, ?, ?)"
_RESOURCE = "INSERT OR IGNORE INTO resource_row (key, scope, page, display_name, data) VALUES (?, ?, ?, ?, ?)"
_RESOURCE_AGAIN = """INSERT INTO resource_row (key, scope, page, display_name, data) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET scope = excluded.scope, page = excluded.page, display_name = excluded.display_name,
data = excluded.data, origin = NULL"""
_ENTITLEMENT = "UPDATE entitlement_row SET scope = ?, page = ?, display_name = ?, data = ?, origin = NULL WHERE key = ?"

_Place = tuple[int, int, int | None]
"""Where grants stand: entitlement, scope, and what they have beside their principal."""


class PageRows:
    """Brings the rows of pages into the file, and remembers the keys of scopes and of what grants have in common."""

    def __init__(self, db: sqlite3.Connection, keys: Keys, stored: StoredResources) -> None:
        self._db = db
        self._keys = keys
        self._stored = stored
        self._scopes: dict[str, int] = {}
        self._details: dict[tuple[str | None, tuple[str, ...]], int] = {}
        self.unmerged = 0
        """How many grants were appended since the last merge."""

    def forget(self) -> None:
        """Forget what is remembered, after a rollback."""
        self._scopes.clear()
        self._details.clear()

    def forget_scopes(self) -> None:
        """Forget the keys of scopes, after some were dropped."""
        self._scopes.clear()

    def scope(self, name: str) -> int:
        """The key of a scope. Raises PluginBug for one that was never declared."""
        known = self._scopes.get(name)
        if known is None:
            row = self._db.execute("SELECT key FROM scope_row WHERE name = ?", (name,)).fetchone()
            if row is None:
                raise PluginBug(f"a row belongs to the scope {name!r}, which was never declared")
            if len(self._scopes) >= _MOST_SCOPES:
                self._scopes.clear()
            known = self._scopes[name] = row[0]
        return known

    def add(self, items: Iterable[Item], page: int) -> None:
        """Store rows of the page with this key. Raises PluginBug for what is no row or is of no scope."""
        held: dict[_Place, list[int]] = {}
        resources: list[tuple[int, int, int, str, str]] = []
        entitlements: list[tuple[int, int, str, str, int]] = []
        kind, nodes = "", self._keys.nodes("")
        last: Grant | None = None
        principals: list[int] = []
        scope_of, entitlement_of = self.scope, self._keys.entitlement  # asked for each row
        for item in items:
            if type(item) is Grant:
                # Whether two grants differ in their principal only is told by identity, so that some alike ones are missed.
                if (
                    last is None
                    or item.entitlement is not last.entitlement
                    or item.scope is not last.scope
                    or item.immutable is not last.immutable
                    or item.inherited_by is not last.inherited_by
                ):
                    last = item
                    detail = None if item.immutable is None and not item.inherited_by else self._detail(item)
                    principals = held.setdefault((entitlement_of(item.entitlement), scope_of(item.scope), detail), [])
                principal = item.principal
                if principal.type is not kind:
                    kind, nodes = principal.type, self._keys.nodes(principal.type)
                principals.append(nodes.get(principal.id) or self._keys.node(kind, principal.id))
            elif type(item) is Resource:
                self._stored.forget(item.id)
                key = self._keys.resource(item.id)
                resources.append((key, scope_of(item.scope), page, item.display_name, encode_resource(item)))
            elif type(item) is Entitlement:
                key = entitlement_of(item.id)
                entitlements.append((scope_of(item.scope), page, item.display_name, encode_entitlement(item), key))
            else:
                raise PluginBug(f"a page holds a {type(item).__name__}, which is no row")
        self._keys.flush()
        if resources and self._db.executemany(_RESOURCE, resources).rowcount < len(resources):
            self._db.executemany(_RESOURCE_AGAIN, resources)
        if entitlements:
            self._db.executemany(_ENTITLEMENT, entitlements)
        self._append((place, page, keys) for place, keys in held.items())

    def add_named_before(self, resource: ResourceId, like: Grant) -> None:
        """Store the grants, each as *like*, that witnesses told of before the scope on *resource* was opened."""
        detail = None if like.immutable is None and not like.inherited_by else self._detail(like)
        place = (self._keys.entitlement(like.entitlement), self.scope(like.scope), detail)
        node = self._keys.resource(resource)
        self._keys.flush()
        self._append((place, page, principals) for page, principals in list(named_before(self._db, node)))

    def drop(self, gone: ResourceId) -> None:
        """Drop a resource that was listed and is there no more, with what is held on it."""
        key = self._keys.resource(gone)
        self._keys.flush()
        self._db.execute("INSERT OR IGNORE INTO vanished_row (node) VALUES (?)", (key,))
        for table in ("grant_row", "grant_page"):
            self._db.execute(
                f"DELETE FROM {table} WHERE entitlement IN (SELECT key FROM entitlement_row WHERE resource = ?)", (key,)
            )
        self._db.execute(
            "UPDATE entitlement_row SET scope = NULL, page = NULL, display_name = NULL, data = NULL WHERE resource = ?",
            (key,),
        )
        self._db.execute("DELETE FROM resource_row WHERE key = ?", (key,))
        self._stored.forget(gone)

    def last_appended(self) -> int:
        """The row of the grants that were appended last, for ``MERGE``."""
        return self._db.execute("SELECT coalesce(max(rowid), 0) FROM grant_page").fetchone()[0]

    def drop_merged(self, after: int) -> None:
        """Drop the appended grants that ``MERGE`` brought into order."""
        self._db.execute("DELETE FROM grant_page WHERE rowid > ?", (after,))
        if not after:
            self.unmerged = 0

    def _append(self, grants: Iterable[tuple[_Place, int, list[int]]]) -> None:
        rows = [
            (*place, page, len(principals), msgspec.json.encode(principals).decode())
            for place, page, principals in grants
        ]
        if rows:
            self.unmerged += sum(row[4] for row in rows)
            self._db.executemany(_GRANTS, rows)

    def _detail(self, grant: Grant) -> int:
        content = (grant.immutable, grant.inherited_by)
        known = self._details.get(content)
        if known is None:
            data = encode_grant(grant)
            self._db.execute("INSERT OR IGNORE INTO grant_detail (data) VALUES (?)", (data,))
            known = self._db.execute("SELECT key FROM grant_detail WHERE data = ?", (data,)).fetchone()[0]
            if len(self._details) >= _MOST_DETAILS:
                self._details.clear()
            self._details[content] = known
        return known
