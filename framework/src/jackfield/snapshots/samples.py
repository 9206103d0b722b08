"""A sample of a snapshot: some of its accounts and of its grants, the same each time."""

import sqlite3
from collections.abc import Collection

import msgspec

from jackfield_contracts import EntitlementId, GrantId, ResourceId


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts and grants, and which share of all of them these are."""

    accounts: tuple[ResourceId, ...]
    grants: tuple[GrantId, ...]
    share_of_accounts: float
    share_of_grants: float


def sample_of(db: sqlite3.Connection, people: Collection[str], most: int) -> Sample:
    """About *most* accounts of the types *people*, and as many grants, or all where there are fewer."""
    types = ", ".join("?" * len(people))
    users = f"resource_row r JOIN node n ON n.key = r.key WHERE n.type IN ({types})"
    every = _step(db.execute(f"SELECT count(*) FROM {users}", tuple(people)).fetchone()[0], most)
    # Keys are numbers in the order of reading: what one page has, or one group, is spread over the sample.
    accounts = db.execute(f"SELECT n.type, n.id FROM {users} AND n.key % ? = 0 LIMIT ?", (*people, every, 2 * most))
    each = _step(db.execute("SELECT count(*) FROM grant_row").fetchone()[0], most)
    grants = db.execute(
        "SELECT n.type, n.id, e.slug, p.type, p.id FROM grant_row g JOIN entitlement_row e ON e.key = g.entitlement"
        " JOIN node n ON n.key = e.resource JOIN node p ON p.key = g.principal"
        " WHERE (g.entitlement * 7919 + g.principal) % ? = 0 LIMIT ?",
        (each, 2 * most),
    )
    return Sample(
        accounts=tuple(ResourceId(type=type, id=id) for type, id in accounts),
        grants=tuple(
            GrantId(
                entitlement=EntitlementId(resource=ResourceId(type=type, id=id), slug=slug),
                principal=ResourceId(type=kind, id=who),
            )
            for type, id, slug, kind, who in grants
        ),
        share_of_accounts=1 / every,
        share_of_grants=1 / each,
    )


def _step(rows: int, most: int) -> int:
    return max(1, rows // most)
