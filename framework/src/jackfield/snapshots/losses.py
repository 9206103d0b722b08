"""What a snapshot would lose against the one before it, row by row, where both saw everything.

Promises that a row is the same only under the same identifier: a hundred accounts that go while a hundred others come are a
hundred losses. Hides how rows of two files are matched.
"""

import sqlite3
from collections.abc import Collection

import msgspec

from jackfield_contracts import GrantId, ResourceId


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Grants and accounts (with all that they held) that are known to be gone, since it was taken away on purpose."""

    grants: Collection[GrantId] = ()
    accounts: Collection[ResourceId] = ()


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one type (grants: of a type and slug): how many there were ``before``, are ``gone``, and there are ``now``.

    Those that were ``taken`` away on purpose are in none of them.
    """

    what: str
    before: int
    gone: int
    now: int
    taken: int = 0

    @property
    def came(self) -> int:
        """How many are there now that were not there before."""
        return self.now - (self.before - self.gone)


LOST_SHARE, LOST_ROWS = 0.2, 10
"""More than this share of the rows of a type, and at least so many of them, are too much to lose at once.

The connector for exported files believes no export that lacks so much (``SHORT_SHARE``); a test holds the two together.
"""


def too_much(gone: float, before: float) -> bool:
    """Whether so many rows *gone* of those *before* are too much to be published, or to be believed."""
    return gone >= LOST_ROWS and gone > LOST_SHARE * before


# What the base only carried counts: it is the last that is known. What the new one did not see tells nothing.
_UNSEEN = "SELECT name FROM main.scope_row WHERE seal IN ('partial', 'unreadable')"

_RESOURCES = """SELECT n.type, count(*) FROM {side}.resource_row r JOIN {side}.node n ON n.key = r.key
WHERE {seen} GROUP BY n.type"""
# Grouped by the key's order first: no sorting of a million rows.
_GRANTS = """SELECT 'grants ' || n.type || '/' || e.slug, sum(g.held) FROM
(SELECT entitlement, count(*) AS held FROM {side}.grant_row WHERE {seen} GROUP BY entitlement) g
JOIN {side}.entitlement_row e ON e.key = g.entitlement JOIN {side}.node n ON n.key = e.resource GROUP BY 1"""

_RESOURCES_KEPT = """SELECT n.type, count(*) FROM base.resource_row r JOIN base.node n ON n.key = r.key
JOIN temp.same_node s ON s.old = r.key JOIN main.resource_row m ON m.key = s.new WHERE r.{seen} GROUP BY n.type"""
_GRANTS_KEPT = """SELECT 'grants ' || n.type || '/' || e.slug, sum(g.kept) FROM
(SELECT b.entitlement, count(*) AS kept FROM base.grant_row b CROSS JOIN temp.same_entitlement s ON s.old = b.entitlement
CROSS JOIN temp.same_node p ON p.old = b.principal
CROSS JOIN main.grant_row m ON m.entitlement = s.new AND m.principal = p.new WHERE b.{seen} GROUP BY b.entitlement) g
JOIN base.entitlement_row e ON e.key = g.entitlement JOIN base.node n ON n.key = e.resource GROUP BY 1"""

_RESOURCES_TAKEN = """SELECT n.type, count(*) FROM temp.taken_account t JOIN base.resource_row r ON r.key = t.node
JOIN base.node n ON n.key = r.key LEFT JOIN temp.same_node s ON s.old = r.key
LEFT JOIN main.resource_row m ON m.key = s.new WHERE r.{seen} AND m.key IS NULL GROUP BY n.type"""
_GRANTS_TAKEN = """SELECT 'grants ' || n.type || '/' || e.slug, count(*) FROM base.grant_row b
JOIN base.entitlement_row e ON e.key = b.entitlement JOIN base.node n ON n.key = e.resource
LEFT JOIN temp.same_entitlement s ON s.old = b.entitlement LEFT JOIN temp.same_node p ON p.old = b.principal
LEFT JOIN main.grant_row m ON m.entitlement = s.new AND m.principal = p.new
WHERE b.{seen} AND m.entitlement IS NULL AND (b.principal IN (SELECT node FROM temp.taken_account)
OR (b.entitlement, b.principal) IN (SELECT entitlement, principal FROM temp.taken_grant)) GROUP BY 1"""


def losses(db: sqlite3.Connection, taken: Taken | None = None) -> list[Loss]:
    """Each type of which rows of the base are gone; scopes that the new one did not see whole are left out.

    What was *taken* away on purpose is no loss. Costs a look-up for each row of the base; the memory of one number for each
    resource and entitlement.
    """
    before, now = _counts(db, "base"), _counts(db, "main")
    kept, known = _kept_and_taken(db, taken or Taken())
    rows: list[Loss] = []
    for what, count in sorted(before.items()):
        left = count - known.get(what, 0)
        gone = left - kept.get(what, 0)
        if gone > 0:
            rows.append(Loss(what=what, before=left, gone=gone, now=now.get(what, 0), taken=count - left))
    return rows


def _seen(side: str) -> str:
    return f"scope NOT IN (SELECT key FROM {side}.scope_row WHERE name IN ({_UNSEEN}))"


def _counts(db: sqlite3.Connection, side: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for query in (_RESOURCES, _GRANTS):
        found |= dict(db.execute(query.format(side=side, seen=_seen(side))).fetchall())
    return found


def _kept_and_taken(db: sqlite3.Connection, taken: Taken) -> tuple[dict[str, int], dict[str, int]]:
    """How many rows of the base are there still, under the same identifiers, and how many are gone and in *taken*."""
    db.execute("CREATE TEMP TABLE same_node (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    db.execute("CREATE TEMP TABLE same_entitlement (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    try:
        db.execute(
            "INSERT INTO temp.same_node SELECT b.key, m.key FROM base.node b"
            " CROSS JOIN main.node m ON m.type = b.type AND m.id = b.id ORDER BY b.key"
        )
        db.execute(
            "INSERT INTO temp.same_entitlement SELECT b.key, m.key FROM base.entitlement_row b"
            " CROSS JOIN temp.same_node n ON n.old = b.resource"
            " CROSS JOIN main.entitlement_row m ON m.resource = n.new AND m.slug = b.slug ORDER BY b.key"
        )
        kept: dict[str, int] = {}
        for query in (_RESOURCES_KEPT, _GRANTS_KEPT):
            kept |= dict(db.execute(query.format(seen=_seen("base"))).fetchall())
        return kept, _taken(db, taken)
    finally:
        db.execute("DROP TABLE temp.same_node")
        db.execute("DROP TABLE temp.same_entitlement")


def _taken(db: sqlite3.Connection, taken: Taken) -> dict[str, int]:
    """How many rows of the base are gone, of those that were *taken* away; the keys that both files share are at hand."""
    if not taken.grants and not taken.accounts:
        return {}
    db.execute("CREATE TEMP TABLE taken_account (node INTEGER PRIMARY KEY)")
    db.execute(
        "CREATE TEMP TABLE taken_grant (entitlement INTEGER, principal INTEGER, PRIMARY KEY (entitlement, principal))"
    )
    try:
        db.executemany(
            "INSERT OR IGNORE INTO temp.taken_account SELECT key FROM base.node WHERE type = ? AND id = ?",
            ((id.type, id.id) for id in taken.accounts),
        )
        db.executemany(
            "INSERT OR IGNORE INTO temp.taken_grant SELECT e.key, p.key FROM base.entitlement_row e, base.node r, base.node p"
            " WHERE r.type = ? AND r.id = ? AND e.resource = r.key AND e.slug = ? AND p.type = ? AND p.id = ?",
            (
                (of.resource.type, of.resource.id, of.slug, who.type, who.id)
                for of, who in ((each.entitlement, each.principal) for each in taken.grants)
            ),
        )
        found: dict[str, int] = {}
        for query in (_RESOURCES_TAKEN, _GRANTS_TAKEN):
            found |= dict(db.execute(query.format(seen=_seen("base"))).fetchall())
        return found
    finally:
        db.execute("DROP TABLE temp.taken_account")
        db.execute("DROP TABLE temp.taken_grant")


def shares_one(db: sqlite3.Connection, kind: str) -> bool:
    """Whether at least one resource of type *kind* is in both snapshots; also if too little was seen to tell."""
    whole = "SELECT 1 FROM main.scope_row WHERE definition ->> '$.lists' = ? AND seal IN ('complete', 'unreconciled')"
    if db.execute(whole, (kind,)).fetchone() is None:
        return True
    known = db.execute(
        "SELECT n.id FROM base.resource_row r JOIN base.node n ON n.key = r.key WHERE n.type = ?", (kind,)
    )
    few = 0
    for (id,) in known:
        few += 1
        here = db.execute(
            "SELECT 1 FROM main.node n JOIN main.resource_row r ON r.key = n.key"
            " WHERE n.type = ? AND n.id = ? AND r.origin IS NULL",
            (kind, id),
        ).fetchone()
        if here is not None:
            return True
    return few < 2
