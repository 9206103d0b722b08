"""What access lines are made of: the facts of entitlements, principals and grants, by their keys in the snapshot file.

Promises that each fact is decoded once and made into what a format needs once, however many grants share it, and that
memory stays bounded however many there are.
"""

import sqlite3
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from jackfield.snapshots.principals import PrincipalFacts, facts_of
from jackfield.snapshots.rows import EntitlementData, GrantData, decode_grant
from jackfield_contracts import EntitlementId, ResourceId

T = TypeVar("T")
_MOST_KEPT = 200_000

_entitlement = msgspec.json.Decoder(EntitlementData)


class EntitlementFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One entitlement and its resource; what the snapshot lacks is None."""

    key: int
    id: EntitlementId
    resource_name: str | None
    name: str | None
    privileged: bool | None


class GrantFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What many grants share: their scope with its seal, where they were carried from, and their details."""

    scope: str | None = None
    seal: str | None = None
    carried_from: str | None = None
    carried_taken: str | None = None
    inherited_by: tuple[str, ...] = ()
    immutable: str | None = None


_ENTITLEMENTS = """SELECT e.key, n.type, n.id, e.slug, r.display_name, e.display_name, e.data
FROM node n CROSS JOIN entitlement_row e ON e.resource = n.key LEFT JOIN resource_row r ON r.key = n.key
ORDER BY n.type, n.id, e.slug"""
_PRINCIPAL = """SELECT n.type, n.id, r.display_name, r.data
FROM node n LEFT JOIN resource_row r ON r.key = n.key WHERE n.key = ?"""
_PLACES = """CREATE TEMP TABLE IF NOT EXISTS place (key INTEGER PRIMARY KEY, at INTEGER);
INSERT INTO temp.place SELECT key, row_number() OVER (ORDER BY type, id) FROM node WHERE NOT EXISTS (SELECT 1 FROM temp.place);"""
_GRANTS = """SELECT g.principal, CASE WHEN g.origin IS NULL AND g.detail IS NULL THEN g.scope
ELSE g.scope || ' ' || coalesce(g.origin, '-') || ' ' || coalesce(g.detail, '-') END
FROM grant_row g JOIN temp.place p ON p.key = g.principal WHERE g.entitlement = ? ORDER BY p.at"""


class Kept(dict[int, T]):
    """What was made of each key when it was first asked for; all is made anew where too much would be kept."""

    def __init__(self, make: Callable[[int], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: int) -> T:
        if len(self) >= _MOST_KEPT:
            self.clear()
        made = self[key] = self._make(key)
        return made


class Shared(dict[int | str, T]):
    """What was made of what grants share, by the keys of scope, origin and detail: a number where it is a scope alone."""

    def __init__(self, db: sqlite3.Connection, make: Callable[[GrantFacts], T]) -> None:
        super().__init__()
        self._make = make
        self._scopes: dict[int, tuple[str, str | None]] = {
            key: (name, seal) for key, name, seal in db.execute("SELECT key, name, seal FROM scope_row")
        }
        self._origins: dict[int, tuple[str, str]] = {
            key: (run, taken) for key, run, taken in db.execute("SELECT key, run, taken FROM origin")
        }
        self._details: dict[int, GrantData] = {
            key: decode_grant(data) for key, data in db.execute("SELECT key, data FROM grant_detail")
        }

    def __missing__(self, key: int | str) -> T:
        if len(self) >= _MOST_KEPT:
            self.clear()
        scope, origin, detail = key.split() if isinstance(key, str) else (key, "-", "-")
        name, seal = self._scopes[int(scope)]
        run, taken = self._origins[int(origin)] if origin != "-" else (None, None)
        data = self._details[int(detail)] if detail != "-" else GrantData()
        one = GrantFacts(
            scope=name,
            seal=seal,
            carried_from=run,
            carried_taken=taken,
            inherited_by=data.inherited_by,
            immutable=data.immutable,
        )
        made = self[key] = self._make(one)
        return made


def entitlements(db: sqlite3.Connection) -> Iterator[EntitlementFacts]:
    """All entitlements in the order of their identifiers."""
    for key, kind, id, slug, resource_name, name, data in db.execute(_ENTITLEMENTS):
        yield EntitlementFacts(
            key=key,
            id=EntitlementId(resource=ResourceId(type=kind, id=id), slug=slug),
            resource_name=resource_name,
            name=name,
            privileged=_entitlement.decode(data).privileged if data else None,
        )


def principal(db: sqlite3.Connection, key: int) -> PrincipalFacts:
    """The principal of that key."""
    kind, id, name, data = db.execute(_PRINCIPAL, (key,)).fetchone()
    return facts_of(key, ResourceId(type=kind, id=id), name, data)


def grants(db: sqlite3.Connection, entitlement: int) -> sqlite3.Cursor:
    """The grants on the entitlement of that key: the keys of its principals, and those of what each shares with others.

    They come in the order of their principals; ``order_principals`` must have been called.
    """
    return db.execute(_GRANTS, (entitlement,))


def order_principals(db: sqlite3.Connection) -> None:
    """Have SQLite know in which order principals come, so that it sorts by numbers."""
    for statement in _PLACES.split(";\n"):
        db.execute(statement)
