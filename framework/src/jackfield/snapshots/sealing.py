"""Sealing: the verdict on each scope, rows carried forward where absence means unknown, and the closed file.

Promises that all of it happens in one transaction, so that a kill leaves either a partial snapshot or a finished one.
"""

import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from jackfield.files import create
from jackfield.snapshots.lookups import Listing
from jackfield.snapshots.schema import INDEXES, KEY_INDEXES, VIEWS, WORKING_TABLES
from jackfield.snapshots.scopes import ScopeState
from jackfield_contracts import GrantId, ResourceId, Seal


def replace_reread(db: sqlite3.Connection, states: Iterable[ScopeState]) -> None:
    """Where a second read gave the whole of a scope, drop what came before it, but for what a witness still says.

    What came after it, such as by a look-up, is newer and stays.
    """
    again = [state for state in states if state.again_from is not None]
    if not again:
        return  # else every grant would be looked at
    db.execute("CREATE TEMP TABLE again (scope INTEGER PRIMARY KEY, since INTEGER)")
    db.execute("CREATE TEMP TABLE said (scope INTEGER, principal INTEGER, PRIMARY KEY (scope, principal))")
    db.executemany("INSERT INTO again VALUES (?, ?)", [(state.key, state.again_from) for state in again])
    db.executemany("INSERT INTO said VALUES (?, ?)", [(state.key, who) for state in again for who in state.lacking])
    db.execute(
        "DELETE FROM main.grant_row WHERE scope IN (SELECT scope FROM again)"
        " AND page < (SELECT a.since FROM again a WHERE a.scope = grant_row.scope)"
        " AND NOT EXISTS (SELECT 1 FROM said w WHERE w.scope = grant_row.scope AND w.principal = grant_row.principal)"
    )
    db.execute("DROP TABLE temp.again")
    db.execute("DROP TABLE temp.said")


def keep_last_of_exclusive(db: sqlite3.Connection) -> None:
    """Where a principal was read twice and changed between, keep the later of two exclusive grants.

    Two that one page gave at once are both kept: the application said so of one moment. Rows that were carried forward are
    older than any page.
    """
    db.execute(
        "CREATE TEMP TABLE exclusive AS SELECT key, data ->> '$.exclusive.set' AS one_of,"
        " coalesce(data ->> '$.exclusive.rank', 0) AS rank FROM entitlement_row"
        " WHERE data ->> '$.exclusive.set' IS NOT NULL"
    )
    db.execute("CREATE INDEX temp.exclusive_set ON exclusive (one_of)")
    # Of each pair the higher rank is gone through, since owners are fewer than members.
    db.execute(
        "DELETE FROM main.grant_row WHERE (entitlement, principal) IN ("
        " SELECT CASE WHEN coalesce(ga.page, -1) < coalesce(gb.page, -1) THEN ga.entitlement ELSE gb.entitlement END,"
        " ga.principal"
        " FROM exclusive a JOIN exclusive b ON b.one_of = a.one_of"
        " AND (b.rank < a.rank OR (b.rank = a.rank AND b.key < a.key))"
        " CROSS JOIN grant_row ga ON ga.entitlement = a.key"
        " CROSS JOIN grant_row gb ON gb.entitlement = b.key AND gb.principal = ga.principal"
        " WHERE coalesce(ga.page, -1) <> coalesce(gb.page, -1))"
    )
    db.execute("DROP TABLE temp.exclusive")


def write_seals(db: sqlite3.Connection, seals: Mapping[int, Seal]) -> None:
    """Keep the verdicts beside their scopes."""
    db.executemany(
        "UPDATE scope_row SET seal = ?, observed = ?, reason = ? WHERE key = ?",
        ((seal.seal.value, seal.observed, seal.reason, key) for key, seal in seals.items()),
    )


def drop_principals(db: sqlite3.Connection, listing: Listing) -> int:
    """Drop the grants of principals that are gone, and count the scopes anew; how many grants went."""
    keys = msgspec.json.encode([key for key, _ in listing.unlisted]).decode()
    gone = "principal IN (SELECT value FROM json_each(?))"
    lost = db.execute(f"SELECT scope, count(*) FROM grant_row WHERE {gone} GROUP BY scope", (keys,)).fetchall()
    dropped = db.execute(f"DELETE FROM grant_row WHERE {gone}", (keys,)).rowcount
    db.executemany(
        "UPDATE scope_row SET observed = observed - ?, reason = coalesce(reason || '; ', '') || ? WHERE key = ?",
        ((count, f"{count} left while it was read", scope) for scope, count in lost),
    )
    return dropped


def attach_base(db: sqlite3.Connection, base: Path) -> None:
    """Lay the snapshot that this one follows beside it, read-only, as ``base``; not within a transaction."""
    db.execute("ATTACH ? AS base", (f"{base.absolute().as_uri()}?mode=ro&immutable=1",))


def index_keys(db: sqlite3.Connection) -> None:
    """Make resources and entitlements findable by name; what comes after needs it."""
    for statement in KEY_INDEXES.strip().split(";"):
        db.execute(statement)


def carry_forward(db: sqlite3.Connection, run: str, taken: str) -> int:
    """Bring rows of the base into the scopes that were not seen whole, marked with their origin; how many rows.

    *run* and *taken* are the base's own. Scopes of the base that a failed read would have opened come along, as
    unreadable, and those on resources that a listing, not seen whole, does not give. A grant is left behind where a
    whole listing shows that its principal or its resource is gone.
    """
    db.execute(
        "INSERT INTO scope_row (name, definition, rows, expected, opened_family, seal, observed, reason)"
        " SELECT b.name, b.definition, b.rows, NULL, b.opened_family, 'unreadable', 0, 'it was not listed: ' || f.reason"
        " FROM base.scope_row b JOIN (SELECT family, max(reason) AS reason FROM read_row WHERE state = 'failed'"
        " GROUP BY family) f ON f.family = b.opened_family"
        " WHERE b.name NOT IN (SELECT name FROM main.scope_row)"
    )
    db.execute(
        "INSERT INTO scope_row (name, definition, rows, expected, opened_family, seal, observed, reason)"
        " SELECT b.name, b.definition, b.rows, NULL, b.opened_family, 'unreadable', 0, 'it was not listed: ' || l.reason"
        " FROM (SELECT definition ->> '$.lists' AS type, max(reason) AS reason FROM main.scope_row"
        " WHERE seal IN ('partial', 'unreadable') AND definition ->> '$.lists' IS NOT NULL GROUP BY 1) l"
        " CROSS JOIN base.scope_row b ON b.definition ->> '$.resource.type' = l.type"
        " WHERE b.name NOT IN (SELECT name FROM main.scope_row)"
    )
    db.execute(
        "CREATE TEMP TABLE carried AS SELECT b.key AS old, m.key AS new FROM base.scope_row b"
        " JOIN main.scope_row m ON m.name = b.name WHERE m.seal IN ('partial', 'unreadable')"
    )
    db.execute(
        "CREATE TEMP TABLE gone_type AS SELECT definition ->> '$.lists' AS type FROM main.scope_row"
        " WHERE seal IN ('complete', 'unreconciled') AND definition ->> '$.lists' IS NOT NULL"
    )
    db.execute("INSERT OR IGNORE INTO origin (run, taken) SELECT run, taken FROM base.origin")
    db.execute("INSERT OR IGNORE INTO origin (run, taken) VALUES (?, ?)", (run, taken))
    # Nodes: those that carried rows need, under this file's own keys.
    db.execute(
        "CREATE TEMP TABLE needed AS"
        " SELECT key AS old FROM base.resource_row WHERE scope IN (SELECT old FROM carried)"
        " UNION SELECT resource FROM base.entitlement_row WHERE scope IN (SELECT old FROM carried)"
        " UNION SELECT e.resource FROM base.grant_row g JOIN base.entitlement_row e ON e.key = g.entitlement"
        " WHERE g.scope IN (SELECT old FROM carried)"
        " UNION SELECT principal FROM base.grant_row WHERE scope IN (SELECT old FROM carried)"
    )
    db.execute(
        "INSERT OR IGNORE INTO main.node (type, id) SELECT type, id FROM base.node WHERE key IN (SELECT old FROM needed)"
    )
    db.execute(
        "CREATE TEMP TABLE node_map AS SELECT b.key AS old, m.key AS new FROM needed JOIN base.node b ON b.key = needed.old"
        " JOIN main.node m ON m.type = b.type AND m.id = b.id"
    )
    db.execute("CREATE UNIQUE INDEX temp.node_map_old ON node_map (old)")
    origin = (
        "(SELECT o.key FROM main.origin o WHERE o.run ="
        " coalesce((SELECT bo.run FROM base.origin bo WHERE bo.key = b.origin), ?))"
    )
    rows = db.execute(
        "INSERT OR IGNORE INTO main.resource_row (key, scope, origin, display_name, data)"
        f" SELECT n.new, c.new, {origin}, b.display_name, b.data FROM base.resource_row b"
        " JOIN carried c ON c.old = b.scope JOIN node_map n ON n.old = b.key",
        (run,),
    ).rowcount
    absent = (
        "EXISTS (SELECT 1 FROM main.node x JOIN gone_type t ON t.type = x.type WHERE x.key = {0}"
        " AND NOT EXISTS (SELECT 1 FROM main.resource_row r WHERE r.key = x.key))"
    )
    rows += db.execute(
        "INSERT INTO main.entitlement_row (resource, slug, scope, origin, display_name, data)"
        f" SELECT n.new, b.slug, c.new, {origin}, b.display_name, b.data FROM base.entitlement_row b"
        " JOIN carried c ON c.old = b.scope JOIN node_map n ON n.old = b.resource"
        f" WHERE NOT {absent.format('n.new')}"
        " ON CONFLICT (resource, slug) DO UPDATE SET scope = excluded.scope, origin = excluded.origin,"
        " display_name = excluded.display_name, data = excluded.data WHERE entitlement_row.scope IS NULL",
        (run,),
    ).rowcount
    # An entitlement may be known here from a whole scope while its grants are carried.
    db.execute(
        "INSERT OR IGNORE INTO main.entitlement_row (resource, slug) SELECT DISTINCT n.new, e.slug"
        " FROM base.grant_row b JOIN carried c ON c.old = b.scope JOIN base.entitlement_row e ON e.key = b.entitlement"
        " JOIN node_map n ON n.old = e.resource"
    )
    db.execute("INSERT OR IGNORE INTO main.grant_detail (data) SELECT data FROM base.grant_detail")
    rows += db.execute(
        "INSERT OR IGNORE INTO main.grant_row (entitlement, principal, scope, origin, detail)"
        f" SELECT m.key, p.new, c.new, {origin},"
        " (SELECT d.key FROM main.grant_detail d JOIN base.grant_detail bd ON bd.data = d.data WHERE bd.key = b.detail)"
        " FROM base.grant_row b JOIN carried c ON c.old = b.scope"
        " JOIN base.entitlement_row e ON e.key = b.entitlement JOIN node_map n ON n.old = e.resource"
        " JOIN main.entitlement_row m ON m.resource = n.new AND m.slug = e.slug JOIN node_map p ON p.old = b.principal"
        f" WHERE NOT {absent.format('p.new')} AND NOT {absent.format('n.new')}",
        (run,),
    ).rowcount
    for table in ("carried", "gone_type", "needed", "node_map"):
        db.execute(f"DROP TABLE temp.{table}")
    return rows


def drop_carried(
    db: sqlite3.Connection, grants: Iterable[tuple[str, GrantId]], accounts: Iterable[tuple[str, ResourceId]]
) -> int:
    """Drop grants, and accounts with all that they hold, each where it was carried forward from the run said; how many."""
    node = "(SELECT key FROM node WHERE type = ? AND id = ?)"
    origin = "origin = (SELECT key FROM origin WHERE run = ?)"
    dropped = db.executemany(
        f"DELETE FROM grant_row WHERE {origin} AND principal = {node}"
        f" AND entitlement = (SELECT key FROM entitlement_row WHERE resource = {node} AND slug = ?)",
        ((run, *_of(id.principal), *_of(id.entitlement.resource), id.entitlement.slug) for run, id in grants),
    ).rowcount
    for table, key in (("grant_row", "principal"), ("resource_row", "key")):
        dropped += db.executemany(
            f"DELETE FROM {table} WHERE {origin} AND {key} = {node}", ((run, *_of(id)) for run, id in accounts)
        ).rowcount
    return max(dropped, 0)


def _of(id: ResourceId) -> tuple[str, str]:
    return id.type, id.id


def close_file(db: sqlite3.Connection) -> None:
    """Drop what only the writing needed; call within the transaction of the seals."""
    db.execute("DELETE FROM entitlement_row WHERE scope IS NULL AND key NOT IN (SELECT entitlement FROM grant_row)")
    for table in WORKING_TABLES:
        db.execute(f"DROP TABLE {table}")
    for statement in (INDEXES + VIEWS).split(";"):
        if statement.strip():
            db.execute(statement)


def copy_finished(db: sqlite3.Connection, to: Path) -> None:
    """Write the finished snapshot to *to*, compact and in one file; the partial one stays as it is."""
    if any(row[1] == "base" for row in db.execute("PRAGMA database_list")):
        db.execute("DETACH base")
    to.unlink(missing_ok=True)
    os.close(create(to))
    db.execute("VACUUM INTO ?", (str(to),))
