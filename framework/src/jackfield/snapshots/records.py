"""What a snapshot file tells, row by row: the queries, and the records that they become.

Promises that each record says whether it was carried forward. Hides the columns.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from jackfield.snapshots.principals import PrincipalFacts
from jackfield.snapshots.rows import GrantData, decode_entitlement, decode_grant, decode_resource
from jackfield_contracts import Entitlement, EntitlementId, Grant, Resource, ResourceId


class Carried(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Where a row was last seen that this sync could not see: the time of that snapshot, and its run."""

    taken: str
    run: str


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot says of itself. Times are UTC, ISO 8601; ``taken`` is empty where an imported file does not say."""

    connection: str
    run: str
    complete: bool
    connector: str = ""
    connector_version: str = ""
    contracts_version: str = ""
    host_version: str = ""
    tenant: str | None = None
    tenant_name: str | None = None
    started: str = ""
    taken: str = ""
    base: str | None = None
    requests: int = 0
    rereads: int = 0
    reason: str | None = None
    imported_from: str | None = None
    imported_format: str | None = None
    imported_sha256: str | None = None
    imported_at: str | None = None


class RowCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a snapshot: resources by type, entitlements and grants; and how many of all were carried forward."""

    resources: dict[str, int]
    entitlements: int
    grants: int
    carried: int


class ResourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One resource; ``carried`` is None if this sync saw it."""

    resource: Resource
    carried: Carried | None = None


class EntitlementRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entitlement, with the name of its resource (None if the snapshot lacks it)."""

    entitlement: Entitlement
    resource_name: str | None = None
    carried: Carried | None = None


class GrantRow(msgspec.Struct, frozen=True, kw_only=True):
    """One grant, with the names of both ends (None if the snapshot lacks them) and the seal of its scope."""

    grant: Grant
    seal: str | None = None
    resource_name: str | None = None
    entitlement_name: str | None = None
    principal_name: str | None = None
    principal_status: str | None = None
    principal_login: str | None = None
    principal_email: str | None = None
    principal_external_id: str | None = None
    privileged: bool | None = None
    carried: Carried | None = None


NOBODY = PrincipalFacts(key=0, id=ResourceId(type="", id=""))

# The parts of the queries that the readers of rows below decode; {db} is the schema of the file.
RESOURCES = """SELECT n.type, n.id, s.name, r.display_name, r.data, o.run, o.taken
FROM {db}.node n CROSS JOIN {db}.resource_row r ON r.key = n.key JOIN {db}.scope_row s ON s.key = r.scope
LEFT JOIN {db}.origin o ON o.key = r.origin"""
RESOURCES_ORDER = "ORDER BY n.type, n.id"
ENTITLEMENTS = """SELECT n.type, n.id, e.slug, s.name, e.display_name, e.data, o.run, o.taken, r.display_name
FROM {db}.node n CROSS JOIN {db}.entitlement_row e ON e.resource = n.key JOIN {db}.scope_row s ON s.key = e.scope
LEFT JOIN {db}.origin o ON o.key = e.origin LEFT JOIN {db}.resource_row r ON r.key = n.key"""
ENTITLEMENTS_ORDER = "ORDER BY n.type, n.id, e.slug"
GRANTS = """SELECT n.type, n.id, e.slug, p.type, p.id, s.name, s.seal, d.data, o.run, o.taken, {names}
FROM {db}.node n {join} {db}.entitlement_row e ON e.resource = n.key {join} {db}.grant_row g ON g.entitlement = e.key
JOIN {db}.node p ON p.key = g.principal JOIN {db}.scope_row s ON s.key = g.scope
LEFT JOIN {db}.grant_detail d ON d.key = g.detail LEFT JOIN {db}.origin o ON o.key = g.origin
LEFT JOIN {db}.resource_row r ON r.key = n.key LEFT JOIN {db}.resource_row h ON h.key = p.key"""
PRIVILEGED = "CASE WHEN e.data IS NOT NULL THEN coalesce(e.data ->> '$.privileged', 0) END"
"""Whether the entitlement ``e`` is privileged; null where the snapshot only knows it by name."""
GRANTS_NAMES = f"r.display_name, e.display_name, {PRIVILEGED}, g.principal"
GRANTS_NO_NAMES = "NULL, NULL, NULL, NULL"
GRANTS_ORDER = "ORDER BY n.type, n.id, e.slug, p.type, p.id"

# As people look for them: by ``sorting.name_key``, what has no name last. ``fold`` is made by ``Snapshot``.
RESOURCES_BY_NAME = "ORDER BY fold(r.display_name), n.type, n.id"
ENTITLEMENTS_BY_NAME = "ORDER BY fold(r.display_name), n.type, n.id, e.slug"
GRANTS_BY_NAME = (
    "ORDER BY h.key IS NULL, fold(h.display_name), p.type, p.id, fold(r.display_name), n.type, n.id, e.slug"
)


def carried_from(run: str | None, taken: str | None) -> Carried | None:
    """The origin of a row, None for a row that was seen."""
    return Carried(run=run, taken=taken or "") if run is not None else None


def resource_rows(rows: Iterable[tuple[Any, ...]]) -> Iterator[ResourceRow]:
    """Decode what a query beginning with ``RESOURCES`` gives."""
    for kind, id, scope, name, data, run, taken in rows:
        yield ResourceRow(resource=decode_resource(kind, id, scope, name, data), carried=carried_from(run, taken))


def entitlement_rows(rows: Iterable[tuple[Any, ...]]) -> Iterator[EntitlementRow]:
    """Decode what a query beginning with ``ENTITLEMENTS`` gives."""
    for kind, id, slug, scope, name, data, run, taken, resource_name in rows:
        entitlement = decode_entitlement(kind, id, slug, scope, name or slug, data or "{}")
        yield EntitlementRow(entitlement=entitlement, resource_name=resource_name, carried=carried_from(run, taken))


def grant_rows(rows: Iterable[tuple[Any, ...]], people: Mapping[int, PrincipalFacts]) -> Iterator[GrantRow]:
    """Decode what a query beginning with ``GRANTS`` gives; neighbours share their entitlement and detail.

    *people* gives the facts of a principal by its key, where the query has names.
    """
    key, entitlement = None, EntitlementId(resource=ResourceId(type="", id=""), slug="")
    text, detail = None, GrantData()
    for kind, id, slug, p_type, p_id, scope, seal, data, run, taken, r_name, e_name, privileged, holder in rows:
        if (kind, id, slug) != key:
            key = kind, id, slug
            entitlement = EntitlementId(resource=ResourceId(type=kind, id=id), slug=slug)
        if data != text:
            text, detail = data, decode_grant(data)
        person = people[holder] if holder is not None else NOBODY
        yield GrantRow(
            grant=Grant(
                entitlement=entitlement,
                principal=ResourceId(type=p_type, id=p_id),
                scope=scope,
                immutable=detail.immutable,
                inherited_by=detail.inherited_by,
            ),
            seal=seal,
            resource_name=r_name,
            entitlement_name=e_name,
            principal_name=person.name,
            principal_status=person.status,
            principal_login=person.login,
            principal_email=person.email,
            principal_external_id=person.external_id,
            privileged=bool(privileged) if privileged is not None else None,
            carried=carried_from(run, taken) if run else None,
        )


def read_header(db: sqlite3.Connection, schema: str) -> Header:
    """The header of the snapshot attached as *schema*."""
    entries = dict(db.execute(f"SELECT key, value FROM {schema}.header").fetchall())
    known = {field.name for field in msgspec.structs.fields(Header)}
    header = {key: value for key, value in entries.items() if key in known and value is not None}
    header["complete"] = header.get("complete") == "1"
    return msgspec.convert(header, Header, strict=False)
