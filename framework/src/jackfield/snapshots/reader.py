"""Reading a published snapshot, row by row.

Promises bounded memory, rows in the order of their identifiers, and that each row says whether it was carried forward.
Hides the tables.
"""

import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.naming import Names, searchable
from jackfield.snapshots.rows import GrantData, decode_entitlement, decode_grant, decode_resource
from jackfield_contracts import (
    Diagnostic,
    Entitlement,
    EntitlementId,
    Grant,
    Resource,
    ResourceId,
    Seal,
    Severity,
    Verdict,
)


class Carried(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Where a row was last seen that this sync could not see: the time of that snapshot, and its run."""

    taken: str
    run: str


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot says of itself. Times are UTC, ISO 8601."""

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
    carried: Carried | None = None


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
GRANTS_NAMES = "r.display_name, e.display_name, h.display_name, h.data ->> '$.trait.status'"
GRANTS_NO_NAMES = "NULL, NULL, NULL, NULL"
GRANTS_ORDER = "ORDER BY n.type, n.id, e.slug, p.type, p.id"


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


def grant_rows(rows: Iterable[tuple[Any, ...]]) -> Iterator[GrantRow]:
    """Decode what a query beginning with ``GRANTS`` gives; neighbours share their entitlement and detail."""
    key, entitlement = None, EntitlementId(resource=ResourceId(type="", id=""), slug="")
    text, detail = None, GrantData()
    for kind, id, slug, p_type, p_id, scope, seal, data, run, taken, r_name, e_name, p_name, status in rows:
        if (kind, id, slug) != key:
            key = kind, id, slug
            entitlement = EntitlementId(resource=ResourceId(type=kind, id=id), slug=slug)
        if data != text:
            text, detail = data, decode_grant(data)
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
            principal_name=p_name,
            principal_status=status,
            carried=carried_from(run, taken) if run else None,
        )


class Snapshot(Names):
    """One open snapshot. Iterators read as they go: finish or drop them before the snapshot is closed."""

    def __init__(self, db: sqlite3.Connection) -> None:
        super().__init__(db)
        self.header = read_header(db, "main")

    def counts(self) -> RowCounts:
        """How many rows there are."""
        resources = self.db.execute(
            "SELECT n.type, count(*) FROM resource_row r JOIN node n ON n.key = r.key GROUP BY n.type ORDER BY n.type"
        )
        entitlements, carried_entitlements = self._counted("entitlement_row WHERE scope IS NOT NULL")
        grants, carried_grants = self._counted("grant_row")
        _, carried_resources = self._counted("resource_row")
        return RowCounts(
            resources=dict(resources.fetchall()),
            entitlements=entitlements,
            grants=grants,
            carried=carried_resources + carried_entitlements + carried_grants,
        )

    def _counted(self, table: str) -> tuple[int, int]:
        return self.db.execute(f"SELECT count(*), count(origin) FROM {table}").fetchone()

    def seals(self, *, not_whole: bool = False) -> list[Seal]:
        """The seals of all scopes by name, or of those only that were not seen whole."""
        rows = self.db.execute(
            "SELECT name, seal, coalesce(observed, 0), expected, reason FROM scope_row WHERE seal IS NOT NULL"
            + (" AND seal IN ('partial', 'unreadable')" if not_whole else "")
            + " ORDER BY name"
        )
        return [Seal(scope=n, seal=Verdict(v), observed=o, expected=e, reason=r) for n, v, o, e, r in rows]

    def diagnostics(self) -> list[tuple[Diagnostic, int]]:
        """What the sync noted, and how often."""
        rows = self.db.execute("SELECT code, severity, summary, times FROM diagnostic ORDER BY key")
        return [(Diagnostic(code=c, severity=Severity(s), summary=text), n) for c, s, text, n in rows]

    def resources(
        self,
        *,
        type: str | None = None,
        status: str | None = None,
        search: str | None = None,
        carried: bool | None = None,
    ) -> Iterator[ResourceRow]:
        """The resources that fit every filter. *search*: text within the name, id, login or an e-mail, in any case."""
        where = _Where(carried, "r")
        where.equal("n.type", type)
        where.equal("r.data ->> '$.trait.status'", status)
        found = resource_rows(where.run(self.db, RESOURCES.format(db="main"), RESOURCES_ORDER))
        if search is None:
            return found
        text = search.casefold()
        return (row for row in found if any(text in one for one in searchable(row.resource)))

    def resource(self, id: ResourceId) -> ResourceRow | None:
        """One resource, None if the snapshot lacks it."""
        where = _Where(None, "r")
        where.equal("n.type", id.type)
        where.equal("n.id", id.id)
        return next(resource_rows(where.run(self.db, RESOURCES.format(db="main"), "")), None)

    def entitlements(
        self,
        *,
        type: str | None = None,
        resource: ResourceId | None = None,
        slug: str | None = None,
        search: str | None = None,
        carried: bool | None = None,
    ) -> Iterator[EntitlementRow]:
        """The entitlements that fit every filter; *type* is that of the resource. *search*: within names and ids."""
        where = _Where(carried, "e")
        where.equal("n.type", type)
        where.node("n.key", resource)
        where.equal("e.slug", slug)
        found = entitlement_rows(where.run(self.db, ENTITLEMENTS.format(db="main"), ENTITLEMENTS_ORDER))
        if search is None:
            return found
        text = search.casefold()
        return (row for row in found if text in _words(row))

    def grants(
        self,
        *,
        type: str | None = None,
        resource: ResourceId | None = None,
        entitlement: EntitlementId | None = None,
        slug: str | None = None,
        principal: ResourceId | None = None,
        status: str | None = None,
        search: str | None = None,
        carried: bool | None = None,
        names: bool = True,
    ) -> Iterator[GrantRow]:
        """The grants that fit every filter.

        *type* is that of the resource, *status* the principal's. *search*: text within the name, id, login or an e-mail
        of either end, in any case. Without *names*, only identifiers are told, in half the time.
        """
        where = _Where(carried, "g")
        where.equal("n.type", type)
        where.node("n.key", entitlement.resource if entitlement else None)
        where.node("n.key", resource)
        where.equal("e.slug", entitlement.slug if entitlement else None)
        where.equal("e.slug", slug)
        where.node("g.principal", principal)
        where.equal("h.data ->> '$.trait.status'", status)
        if search is not None:
            self.match(search)
            where.add("(g.principal IN temp.matched OR n.key IN temp.matched)")
        # From a principal, SQLite finds its own way by the index; else the order of the rows is that of the nodes.
        join = "CROSS JOIN" if principal is None else "JOIN"
        told = GRANTS_NAMES if names else GRANTS_NO_NAMES
        return grant_rows(where.run(self.db, GRANTS.format(db="main", join=join, names=told), GRANTS_ORDER))


def _words(row: EntitlementRow) -> str:
    one = row.entitlement
    return "\n".join((one.display_name, row.resource_name or "", one.id.slug, one.id.resource.id)).casefold()


class _Where:
    """Conditions of a query, joined by AND."""

    def __init__(self, carried: bool | None, table: str) -> None:
        self._conditions: list[str] = []
        self._arguments: list[str] = []
        if carried is not None:
            self.add(f"{table}.origin IS {'NOT ' if carried else ''}NULL")

    def add(self, condition: str, *arguments: str) -> None:
        self._conditions.append(condition)
        self._arguments.extend(arguments)

    def equal(self, expression: str, value: str | None) -> None:
        if value is not None:
            self.add(f"{expression} = ?", value)

    def node(self, expression: str, id: ResourceId | None) -> None:
        if id is not None:
            self.add(f"{expression} = (SELECT key FROM node WHERE type = ? AND id = ?)", id.type, id.id)

    def run(self, db: sqlite3.Connection, query: str, order: str) -> sqlite3.Cursor:
        where = f" WHERE {' AND '.join(self._conditions)}" if self._conditions else ""
        return db.execute(f"{query}{where} {order}", self._arguments)


def read_header(db: sqlite3.Connection, schema: str) -> Header:
    """The header of the snapshot attached as *schema*."""
    entries = dict(db.execute(f"SELECT key, value FROM {schema}.header").fetchall())
    known = {field.name for field in msgspec.structs.fields(Header)}
    told = {key: value for key, value in entries.items() if key in known and value is not None}
    told["complete"] = told.get("complete") == "1"
    return msgspec.convert(told, Header, strict=False)


@contextmanager
def read_snapshot(file: Path) -> Generator[Snapshot]:
    """The snapshot at *file* for as long as the block lasts; raises BadConfig if it is none that can be read."""
    db = open_snapshot(file)
    try:
        yield Snapshot(db)
    finally:
        db.close()
