"""Access lines: who has which entitlement, directly and through groups, one line for each principal and entitlement.

Promises the order of the entitlements, with those who hold one directly first, and that of one entitlement only those
who inherit it are held in memory. Hides keys.
"""

from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Generic, TypeVar

import msgspec

from jackfield.exports import facts
from jackfield.exports.facts import EntitlementFacts, GrantFacts, Kept, Shared
from jackfield.exports.firstseen import FirstSeen
from jackfield.snapshots.access import Access, holders_of
from jackfield.snapshots.principals import PrincipalFacts
from jackfield.snapshots.reader import Snapshot
from jackfield_contracts import ResourceId

E = TypeVar("E")
P = TypeVar("P")
G = TypeVar("G")

_AT_ONCE = 20_000
_MOST_PATHS = 10
DIRECT = "direct"
BETWEEN_PATHS = " + "

_PASSING = """SELECT DISTINCT g.entitlement FROM grant_row g
WHERE g.detail IN (SELECT d.key FROM grant_detail d WHERE json_array_length(d.data, '$.inherited_by') > 0)"""
_KEY = "SELECT key FROM node WHERE type = ? AND id = ?"


class Making(msgspec.Struct, Generic[E, P, G], frozen=True, kw_only=True):
    """What a format makes of each entitlement, of each principal, and of what grants share."""

    entitlement: Callable[[EntitlementFacts], E]
    principal: Callable[[PrincipalFacts], P]
    grant: Callable[[GrantFacts], G]


class Block(msgspec.Struct, Generic[E, P, G], frozen=True, kw_only=True):
    """Some lines of one entitlement, column by column.

    ``direct``: whether they are grants, and not only inherited. ``paths`` are the groups through which each has it, None
    where none has it through any. ``first_seen`` is None for each line that is no grant.
    """

    entitlement: E
    direct: bool
    principals: list[P]
    grants: list[G]
    first_seen: list[str | None]
    paths: list[tuple[str, ...]] | None = None


def access_blocks(snapshot: Snapshot, making: Making[E, P, G], first_seen: FirstSeen) -> Iterator[Block[E, P, G]]:
    """All lines in blocks, so that a million of them cost little more than their texts."""
    db = snapshot.db
    facts.order_principals(db)
    shared = Shared(db, making.grant)
    principals = Kept(lambda key: making.principal(facts.principal(db, key)))
    through = making.grant(GrantFacts())
    passing = {key for (key,) in db.execute(_PASSING)}
    for one in facts.entitlements(db):
        entitlement = making.entitlement(one)
        paths = _inherited(snapshot, one) if one.key in passing else {}
        rows = facts.grants(db, one.key)
        whole = True
        while block := rows.fetchmany(_AT_ONCE):
            whole = whole and len(block) < _AT_ONCE
            keys, shares = zip(*block, strict=True)
            seen = first_seen.of(one.id, keys, whole=whole)
            yield Block(
                entitlement=entitlement,
                direct=True,
                principals=list(map(principals.__getitem__, keys)),
                grants=list(map(shared.__getitem__, shares)),
                first_seen=list(map(seen.get, keys, repeat(first_seen.taken))),
                paths=[paths.pop(key, ()) for key in keys] if paths else None,
            )
        if paths:
            yield Block(
                entitlement=entitlement,
                direct=False,
                principals=list(map(principals.__getitem__, paths)),
                grants=[through] * len(paths),
                first_seen=[None] * len(paths),
                paths=list(paths.values()),
            )


def _inherited(snapshot: Snapshot, one: EntitlementFacts) -> dict[int, tuple[str, ...]]:
    """Who has an entitlement through others, by their keys in the order of their identifiers, and the ways to it."""
    found: dict[ResourceId, list[str]] = {}
    for access in holders_of(snapshot, one.id):
        if access.path:
            found.setdefault(access.principal, []).append(path_text(access))
    return {
        snapshot.db.execute(_KEY, (id.type, id.id)).fetchone()[0]: _cut(sorted(set(found[id]))) for id in sorted(found)
    }


def _cut(ways: list[str]) -> tuple[str, ...]:
    more = len(ways) - _MOST_PATHS
    return (*ways[:_MOST_PATHS], *((f"{more:,} more",) if more > 0 else ()))


def path_text(access: Access) -> str:
    """The entitlements on the way, with the names of their resources."""
    return " > ".join(
        f"{via.display_name} ({via.resource}/{via.slug})" if via.display_name else f"{via.resource}/{via.slug}"
        for via in access.path
    )
