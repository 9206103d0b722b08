"""What a snapshot would lose against the one before it, counted where both saw everything."""

import sqlite3

import msgspec


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one type (grants: of a type and slug) before and now."""

    what: str
    before: int
    now: int

    @property
    def lost(self) -> int:
        """How many fewer."""
        return self.before - self.now


# What the base only carried counts: it is the last that is known. What the new one did not see tells nothing.
_UNSEEN = "SELECT name FROM main.scope_row WHERE seal IN ('partial', 'unreadable')"


def losses(db: sqlite3.Connection) -> list[Loss]:
    """Each type of which there are fewer rows than in the base; scopes that the new one did not see whole are left out."""
    before, now = _counts(db, "base"), _counts(db, "main")
    rows = [Loss(what=what, before=count, now=now.get(what, 0)) for what, count in sorted(before.items())]
    return [row for row in rows if row.lost > 0]


def _counts(db: sqlite3.Connection, side: str) -> dict[str, int]:
    seen = f"scope NOT IN (SELECT key FROM {side}.scope_row WHERE name IN ({_UNSEEN}))"
    resources = db.execute(
        f"SELECT n.type, count(*) FROM {side}.resource_row r JOIN {side}.node n ON n.key = r.key WHERE {seen} GROUP BY n.type"
    )
    # Grouped by the key's order first: no sorting of a million rows.
    grants = db.execute(
        "SELECT 'grants ' || n.type || '/' || e.slug, sum(g.held) FROM"
        f" (SELECT entitlement, count(*) AS held FROM {side}.grant_row WHERE {seen} GROUP BY entitlement) g"
        f" JOIN {side}.entitlement_row e ON e.key = g.entitlement JOIN {side}.node n ON n.key = e.resource GROUP BY 1"
    )
    return {**dict(resources.fetchall()), **dict(grants.fetchall())}


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
