"""What speaks against a file being whole, by the file itself: rows that others refer to, and its own figures.

Promises that what is missing in a file is never taken for what is not there in the application.
"""

import sqlite3
from collections.abc import Iterator
from typing import Any, cast

import msgspec

_TABLES = ("v1_resources", "v1_entitlements", "v1_grants")
_KINDS = {"v1_resources": "resources", "v1_entitlements": "entitlements", "v1_grants": "grants"}
_SIDES = (
    ("principal_resource_type_id", "principal_resource_id", "hold something"),
    ("resource_type_id", "resource_id", "are what is held"),
)


def doubt_of_all(db: sqlite3.Connection, sync_id: str) -> str | None:
    """Why nothing in the file can be taken for whole, None if nothing speaks against it."""
    there = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if lacking := [table for table in _TABLES if table not in there]:
        return f"the file has no table {', '.join(lacking)}"
    figures = _figures(db, sync_id)
    for table in _TABLES:
        own, every = db.execute(
            f"SELECT count(*) FILTER (WHERE sync_id = ?), count(*) FROM {table}", (sync_id,)
        ).fetchone()
        said = figures.get(_KINDS[table])
        if said is not None and said > own:
            return f"the file's own figures say {said:,} {_KINDS[table]}, and it has {own:,}"
        if table == "v1_resources" and not own:
            return "the file has no resource" + (" of its newest sync" if every else "")
    return None


def referred_and_missing(db: sqlite3.Connection, sync_id: str) -> Iterator[tuple[str, str]]:
    """The types of resources that grants refer to and the file lacks, each with the reason."""
    db.execute("CREATE INDEX IF NOT EXISTS ours_resource ON v1_resources (sync_id, external_id)")
    for type, id, what in _SIDES:
        rows = db.execute(
            f"SELECT g.{type}, count(DISTINCT g.{id}) FROM v1_grants g WHERE g.sync_id = ? AND NOT EXISTS"
            f" (SELECT 1 FROM v1_resources r WHERE r.sync_id = g.sync_id AND r.external_id = g.{type} || ':' || g.{id})"
            " GROUP BY 1",
            (sync_id,),
        )
        for name, count in rows.fetchall():
            if isinstance(name, str) and name:
                yield name, f"{count:,} that {what} are not in the file"


def _figures(db: sqlite3.Connection, sync_id: str) -> dict[str, int]:
    """What the record of the sync says of its rows, as far as it does."""
    if "stats" not in {row[1] for row in db.execute("PRAGMA table_info(v1_sync_runs)")}:
        return {}
    row = db.execute("SELECT stats FROM v1_sync_runs WHERE sync_id = ?", (sync_id,)).fetchone()
    try:
        found: Any = msgspec.json.decode(row[0]) if row is not None and isinstance(row[0], str) else {}
    except (msgspec.MsgspecError, ValueError):
        return {}
    table = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    return {key: value for key, value in table.items() if key in _KINDS.values() and isinstance(value, int)}
