"""What is told of a principal beside its id: its name, status, login, e-mail address and external id.

Promises that each is decoded once, however many grants it holds, and that memory stays bounded.
"""

import sqlite3

import msgspec

from jackfield.snapshots.rows import ResourceData
from jackfield_contracts import GroupTrait, Resource, ResourceId, Trait, UserTrait

_MOST_KEPT = 200_000
_decoder = msgspec.json.Decoder(ResourceData)

_PRINCIPAL = """SELECT n.type, n.id, r.display_name, r.data
FROM node n LEFT JOIN resource_row r ON r.key = n.key WHERE n.key = ?"""


class PrincipalFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One principal; what the snapshot lacks, or what only people have, is None."""

    key: int
    id: ResourceId
    name: str | None = None
    status: str | None = None
    login: str | None = None
    email: str | None = None
    external_id: str | None = None


class Principals(dict[int, PrincipalFacts]):
    """The principals of one snapshot by their keys, each looked up when it is first asked for."""

    def __init__(self, db: sqlite3.Connection, schema: str = "main") -> None:
        super().__init__()
        self._db = db
        self._query = _PRINCIPAL.replace("node n", f"{schema}.node n").replace(
            "resource_row r", f"{schema}.resource_row r"
        )

    def __missing__(self, key: int) -> PrincipalFacts:
        if len(self) >= _MOST_KEPT:
            self.clear()
        kind, id, name, data = self._db.execute(self._query, (key,)).fetchone()
        made = self[key] = facts_of(key, ResourceId(type=kind, id=id), name, data)
        return made


def facts_of(key: int, id: ResourceId, name: str | None, data: str | None) -> PrincipalFacts:
    """The facts of the principal *id*, whose row has that name and data."""
    return _facts(key, id, name, _decoder.decode(data).trait if data else None)


def facts_of_resource(resource: Resource) -> PrincipalFacts:
    """The facts of a resource that is at hand."""
    return _facts(0, resource.id, resource.display_name, resource.trait)


def _facts(key: int, id: ResourceId, name: str | None, trait: Trait | None) -> PrincipalFacts:
    if isinstance(trait, UserTrait):
        return PrincipalFacts(
            key=key,
            id=id,
            name=name,
            status=trait.status.value,
            login=trait.login,
            email=email_of(trait),
            external_id=external_id_of(trait),
        )
    external = trait.external_id if isinstance(trait, GroupTrait) else None
    return PrincipalFacts(key=key, id=id, name=name, external_id=external)


def email_of(person: UserTrait) -> str | None:
    """The primary address, else the first, None if there is none."""
    primary = (each.address for each in person.emails if each.primary)
    return next(primary, person.emails[0].address if person.emails else None)


def external_id_of(person: UserTrait) -> str | None:
    """The external id; of several, each with its name."""
    if len(person.external_ids) == 1:
        return next(iter(person.external_ids.values()))
    return " ".join(f"{name}={id}" for name, id in sorted(person.external_ids.items())) or None
