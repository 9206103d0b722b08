"""A snapshot in figures."""

import msgspec

from jackfield.snapshots.reader import Snapshot


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows there are of one sort, and how many of them were carried forward."""

    what: str
    of: str
    rows: int
    carried: int = 0


_RESOURCES = """SELECT n.type, count(*), count(r.origin) FROM resource_row r JOIN node n ON n.key = r.key
GROUP BY n.type ORDER BY n.type"""
_ACCOUNTS = """SELECT n.type || ', ' || (r.data ->> '$.trait.status'), count(*), count(r.origin) FROM resource_row r
JOIN node n ON n.key = r.key WHERE r.data ->> '$.trait.status' IS NOT NULL GROUP BY 1 ORDER BY 1"""
_ENTITLEMENTS = """SELECT n.type || '/' || e.slug, count(*), count(e.origin) FROM entitlement_row e
JOIN node n ON n.key = e.resource WHERE e.scope IS NOT NULL GROUP BY 1 ORDER BY 1"""
_GRANTS = """SELECT n.type || '/' || e.slug, sum(g.held), sum(g.carried) FROM
(SELECT entitlement, count(*) AS held, count(origin) AS carried FROM grant_row GROUP BY entitlement) g
JOIN entitlement_row e ON e.key = g.entitlement JOIN node n ON n.key = e.resource GROUP BY 1 ORDER BY 1"""
_PRIVILEGED = """SELECT count(DISTINCT g.principal), count(DISTINCT CASE WHEN g.origin IS NOT NULL THEN g.principal END)
FROM entitlement_row e JOIN grant_row g ON g.entitlement = e.key WHERE e.data ->> '$.privileged'"""


def figures(snapshot: Snapshot) -> list[Figure]:
    """Resources by type, accounts by status, entitlements and grants by type and slug, and who holds what is privileged."""
    found = [
        Figure(what=what, of=of, rows=rows, carried=carried)
        for what, query in (
            ("resources", _RESOURCES),
            ("accounts", _ACCOUNTS),
            ("entitlements", _ENTITLEMENTS),
            ("grants", _GRANTS),
        )
        for of, rows, carried in snapshot.db.execute(query)
    ]
    rows, carried = snapshot.db.execute(_PRIVILEGED).fetchone()
    return [*found, Figure(what="principals", of="with privileged access", rows=rows, carried=carried)]
