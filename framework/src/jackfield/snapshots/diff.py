"""The difference between two snapshots.

Promises that only what was seen counts: rows carried forward in the newer snapshot tell nothing, absence from a scope
that was not seen whole is no removal, and presence in a scope that formerly was not seen whole is no addition. Hides
that two files number the same things differently; memory does not grow with them.
"""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from jackfield.snapshots import records
from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.principals import Principals
from jackfield.snapshots.records import EntitlementRow, GrantRow, Header, ResourceRow
from jackfield_contracts import ResourceId


class Change(StrEnum):
    """What became of a row. *newly_seen*: the older snapshot could not see it, so nobody knows since when it is there."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    NEWLY_SEEN = "newly_seen"


class Kind(StrEnum):
    """The kinds of rows, in the order in which they are told."""

    RESOURCES = "resources"
    ENTITLEMENTS = "entitlements"
    GRANTS = "grants"


Row = ResourceRow | EntitlementRow | GrantRow


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """One difference: the row as the newer snapshot has it, or the older one if it was removed.

    ``before`` is the older row of one that changed.
    """

    change: Change
    row: Row
    before: Row | None = None


class Diff:
    """The differences between the two snapshots of one open pair."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.old = records.read_header(db, "old")
        self.new: Header = records.read_header(db, "main")

    def counts(self) -> dict[Change, dict[Kind, int]]:
        """How many rows of each kind were added, removed, changed and newly seen."""
        counts = {change: dict.fromkeys(Kind, 0) for change in Change}
        for kind in Kind:
            for change, count in self._db.execute(
                f"SELECT change, count(*) FROM temp.diff_{kind.value} GROUP BY change"
            ):
                counts[Change(change)][kind] = count
        return counts

    def rows(self, change: Change, kind: Kind) -> Iterator[Changed]:
        """The differences of one sort, in the order of their identifiers."""
        if change is not Change.CHANGED:
            side = "old" if change is Change.REMOVED else "main"
            for row in self._rows(side, kind, change):
                yield Changed(change=change, row=row)
            return
        pairs = zip(self._rows("main", kind, change), self._rows("old", kind, change), strict=True)
        for now, before in pairs:
            yield Changed(change=change, row=now, before=before)

    def grants_by_holder(self, change: Change) -> dict[ResourceId, int]:
        """How many grants were added or removed, by who holds or held them."""
        side, key = ("old", "was_holder") if change is Change.REMOVED else ("main", "now_holder")
        rows = self._db.execute(
            f"SELECT n.type, n.id, count(*) FROM temp.diff_grants d JOIN {side}.node n ON n.key = d.{key}"
            " WHERE d.change = ? GROUP BY n.key",
            (change.value,),
        )
        return {ResourceId(type=kind, id=id): number for kind, id, number in rows}

    def shared_names(self) -> frozenset[str]:
        """The names that several resources have in one of the snapshots, accounts left out: they tell nothing apart."""
        rows = self._db.execute(
            " UNION ".join(
                f"SELECT display_name FROM {side}.resource_row WHERE coalesce(data ->> '$.trait.trait', '') <> 'user'"
                " GROUP BY display_name HAVING count(*) > 1"
                for side in ("main", "old")
            )
        )
        return frozenset(row[0] for row in rows if row[0])

    def _rows(self, side: str, kind: Kind, change: Change) -> Iterator[Row]:
        """The rows of one file that the table of differences names; both files give them in the same order."""
        key = "d.was" if side == "old" else "d.now"
        holder = "d.was_holder" if side == "old" else "d.now_holder"
        joined = {
            Kind.RESOURCES: f"r.key = {key}",
            Kind.ENTITLEMENTS: f"e.key = {key}",
            Kind.GRANTS: f"g.entitlement = {key} AND g.principal = {holder}",
        }[kind]
        query, order, decode = _READERS[kind]
        # The few differences lead, whatever the order of the joins in the reader's own query.
        sql = query.format(db=side).replace("CROSS JOIN", "JOIN")
        found = self._db.execute(
            f"{sql} JOIN temp.diff_{kind.value} d ON {joined} WHERE d.change = ? {order}", (change.value,)
        )
        yield from records.grant_rows(found, Principals(self._db, side)) if kind is Kind.GRANTS else decode(found)


_READERS: dict[Kind, tuple[str, str, Any]] = {
    Kind.RESOURCES: (records.RESOURCES, records.RESOURCES_ORDER, records.resource_rows),
    Kind.ENTITLEMENTS: (records.ENTITLEMENTS, records.ENTITLEMENTS_ORDER, records.entitlement_rows),
    Kind.GRANTS: (
        records.GRANTS.replace("{join}", "JOIN").replace("{names}", records.GRANTS_NAMES),
        records.GRANTS_ORDER,
        records.grant_rows,
    ),
}


@contextmanager
def compare(old: Path, new: Path, *, across: bool = False) -> Generator[Diff]:
    """The difference between two published snapshots, worked out at once; raises BadConfig if one can't be read.

    *across*: they are of two connections, whose scopes need not be named alike: what is of one type is then taken together.
    """
    open_snapshot(old).close()
    db = open_snapshot(new)
    try:
        db.execute("ATTACH ? AS old", (f"{old.absolute().as_uri()}?mode=ro&immutable=1",))
        db.execute("PRAGMA old.cache_size = -32000")
        db.execute("BEGIN")
        _map_keys(db)
        if across:
            _map_types(db)
        else:
            _map_scopes(db)
        _compare_described(db, "resources", "resource_row", "node_map")
        _compare_described(db, "entitlements", "entitlement_row", "entitlement_map")
        _compare_grants(db)
        db.execute("COMMIT")
        yield Diff(db)
    finally:
        db.close()


def _map_keys(db: sqlite3.Connection) -> None:
    """For each key of one file, that of the other; 0 where the other does not know the thing."""
    for table, columns, joined in (
        ("node", "n.key, coalesce(o.key, 0)", "o.type = n.type AND o.id = n.id"),
        ("entitlement", "n.key, coalesce(o.key, 0)", "o.resource = m.was AND o.slug = n.slug"),
        ("detail", "n.key, coalesce(o.key, 0)", "o.data = n.data"),
    ):
        source = {"node": "node", "entitlement": "entitlement_row", "detail": "grant_detail"}[table]
        through = "JOIN temp.node_map m ON m.now = n.resource" if table == "entitlement" else ""
        db.execute(f"CREATE TEMP TABLE {table}_map (now INTEGER PRIMARY KEY, was INTEGER NOT NULL)")
        db.execute(
            f"INSERT INTO temp.{table}_map SELECT {columns} FROM main.{source} n {through}"
            f" LEFT JOIN old.{source} o ON {joined} ORDER BY n.key"
        )
    for table in ("node", "entitlement"):
        db.execute(f"CREATE TEMP TABLE {table}_back (was INTEGER PRIMARY KEY, now INTEGER NOT NULL)")
        db.execute(f"INSERT INTO temp.{table}_back SELECT was, now FROM temp.{table}_map WHERE was > 0 ORDER BY was")


def _map_scopes(db: sqlite3.Connection) -> None:
    """The scopes of each file whose rows the other one could not see.

    Either the other has the scope and did not see it whole, or lacks it because the read that would have opened it failed.
    """
    for side, other in (("main", "old"), ("old", "main")):
        db.execute(f"CREATE TEMP TABLE unseen_{side} (scope INTEGER PRIMARY KEY)")
        db.execute(
            f"INSERT INTO temp.unseen_{side} SELECT s.key FROM {side}.scope_row s LEFT JOIN {other}.scope_row t"
            " ON t.name = s.name WHERE t.seal IN ('partial', 'unreadable') OR (t.key IS NULL AND s.opened_family IN"
            f" (SELECT family FROM {other}.read_row WHERE state = 'failed'))"
        )


def _map_types(db: sqlite3.Connection) -> None:
    """The same where scopes are named otherwise: by the type that they are of, and whether they are of its grants."""
    db.create_function("part_of", 1, _part_of, deterministic=True)
    for side, other in (("main", "old"), ("old", "main")):
        db.execute(f"CREATE TEMP TABLE unseen_{side} (scope INTEGER PRIMARY KEY)")
        db.execute(
            f"INSERT INTO temp.unseen_{side} SELECT s.key FROM {side}.scope_row s LEFT JOIN"
            " (SELECT part_of(name) AS part, max(seal IN ('partial', 'unreadable')) AS short"
            f" FROM {other}.scope_row GROUP BY 1) t ON t.part = part_of(s.name) WHERE coalesce(t.short, 1)"
        )


def _part_of(scope: str) -> str:
    """The type that a scope is of, and whether it is one of grants: ``group:7/*`` is a part of ``group/*``."""
    kind = scope.partition("/")[0].partition(":")[0]
    return f"{kind}/*" if "/" in scope else kind


_NEW = f"CASE WHEN n.scope IN temp.unseen_main THEN '{Change.NEWLY_SEEN}' ELSE '{Change.ADDED}' END"


def _compare_described(db: sqlite3.Connection, name: str, table: str, keys: str) -> None:
    """Compare resources or entitlements, which have a name and data."""
    db.execute(f"CREATE TEMP TABLE diff_{name} (change TEXT NOT NULL, was INTEGER, now INTEGER)")
    back = keys.replace("_map", "_back")
    db.execute(
        f"INSERT INTO temp.diff_{name} SELECT {_NEW}, NULL, n.key FROM main.{table} n"
        f" LEFT JOIN temp.{keys} m ON m.now = n.key LEFT JOIN old.{table} o ON o.key = m.was AND o.scope IS NOT NULL"
        " WHERE o.key IS NULL AND n.origin IS NULL AND n.scope IS NOT NULL"
    )
    db.execute(
        f"INSERT INTO temp.diff_{name} SELECT '{Change.REMOVED}', o.key, NULL FROM old.{table} o"
        f" LEFT JOIN temp.{back} b ON b.was = o.key LEFT JOIN main.{table} n ON n.key = b.now AND n.scope IS NOT NULL"
        " WHERE n.key IS NULL AND o.scope IS NOT NULL AND o.scope NOT IN temp.unseen_old"
    )
    rows = db.execute(
        f"SELECT o.key, n.key, o.display_name = n.display_name, o.data, n.data FROM main.{table} n"
        f" JOIN temp.{keys} m ON m.now = n.key JOIN old.{table} o ON o.key = m.was"
        " WHERE n.origin IS NULL AND n.scope IS NOT NULL AND o.scope IS NOT NULL"
        " AND (o.display_name IS NOT n.display_name OR o.data IS NOT n.data)"
    )
    changed = ((was, now) for was, now, same, before, after in rows if not same or _differ(before, after))
    db.executemany(f"INSERT INTO temp.diff_{name} VALUES ('{Change.CHANGED}', ?, ?)", changed)


def _differ(before: str, after: str) -> bool:
    """Whether two texts of JSON say something else; the order of keys says nothing."""
    return msgspec.json.decode(before) != msgspec.json.decode(after)


def _compare_grants(db: sqlite3.Connection) -> None:
    db.execute(
        "CREATE TEMP TABLE diff_grants (change TEXT NOT NULL, was INTEGER, was_holder INTEGER, now INTEGER, now_holder INTEGER)"
    )
    db.execute(
        f"INSERT INTO temp.diff_grants SELECT CASE WHEN o.entitlement IS NULL THEN {_NEW} ELSE '{Change.CHANGED}' END,"
        " o.entitlement, o.principal, n.entitlement, n.principal FROM main.grant_row n"
        " CROSS JOIN temp.entitlement_map e ON e.now = n.entitlement CROSS JOIN temp.node_map p ON p.now = n.principal"
        " LEFT JOIN old.grant_row o ON o.entitlement = e.was AND o.principal = p.was"
        " WHERE n.origin IS NULL AND (o.entitlement IS NULL"
        " OR o.detail IS NOT (SELECT d.was FROM temp.detail_map d WHERE d.now = n.detail))"
    )
    db.execute(
        f"INSERT INTO temp.diff_grants SELECT '{Change.REMOVED}', o.entitlement, o.principal, NULL, NULL FROM old.grant_row o"
        " LEFT JOIN temp.entitlement_back e ON e.was = o.entitlement LEFT JOIN temp.node_back p ON p.was = o.principal"
        " LEFT JOIN main.grant_row n ON n.entitlement = e.now AND n.principal = p.now"
        " WHERE n.entitlement IS NULL AND (o.scope NOT IN temp.unseen_old"
        # Whoever is gone holds nothing, though nobody saw the group.
        f" OR o.principal IN (SELECT was FROM temp.diff_resources WHERE change = '{Change.REMOVED}'))"
    )
