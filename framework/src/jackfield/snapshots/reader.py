"""Reading a published snapshot, row by row.

Promises bounded memory, rows in the order of their identifiers, and that each row says whether it was carried forward.
Hides the tables.
"""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from jackfield.errors import storage_failure
from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.naming import Names, search_for, searchable
from jackfield.snapshots.principals import Principals
from jackfield.snapshots.records import (
    ENTITLEMENTS,
    ENTITLEMENTS_BY_NAME,
    ENTITLEMENTS_ORDER,
    GRANTS,
    GRANTS_BY_NAME,
    GRANTS_NAMES,
    GRANTS_NO_NAMES,
    GRANTS_ORDER,
    RESOURCES,
    RESOURCES_BY_NAME,
    RESOURCES_ORDER,
    EntitlementRow,
    GrantRow,
    ResourceRow,
    RowCounts,
    entitlement_rows,
    grant_rows,
    read_header,
    resource_rows,
)
from jackfield.snapshots.sorting import name_key
from jackfield_contracts import Diagnostic, EntitlementId, ResourceId, Seal, Severity, Verdict


class Snapshot(Names):
    """One open snapshot. Iterators read as they go: finish or drop them before the snapshot is closed."""

    def __init__(self, db: sqlite3.Connection) -> None:
        super().__init__(db)
        db.create_function("fold", 1, _folded, deterministic=True)
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
        known = {row[1] for row in self.db.execute("PRAGMA table_info(diagnostic)")}
        where = "nullif(path, ''), hint" if "path" in known else "NULL, NULL"  # files of 0.1.0 have no places
        rows = self.db.execute(f"SELECT code, severity, summary, {where}, times FROM diagnostic ORDER BY key")
        return [
            (Diagnostic(code=c, severity=Severity(s), summary=text, path=path, hint=hint), n)
            for c, s, text, path, hint, n in rows
        ]

    def resources(
        self,
        *,
        type: str | None = None,
        status: str | None = None,
        search: str | None = None,
        carried: bool | None = None,
        by_name: bool = False,
    ) -> Iterator[ResourceRow]:
        """The resources that fit every filter, in the order of ids or *by_name*.

        *search*: text within the name, id, login or an e-mail, whatever accents, case and repeated blanks.
        """
        where = _Where(carried, "r")
        where.equal("n.type", type)
        where.equal("r.data ->> '$.trait.status'", status)
        found = resource_rows(
            where.run(self.db, RESOURCES.format(db="main"), RESOURCES_BY_NAME if by_name else RESOURCES_ORDER)
        )
        if search is None:
            return found
        fits = search_for(search)
        return (row for row in found if fits(searchable(row.resource)))

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
        by_name: bool = False,
    ) -> Iterator[EntitlementRow]:
        """The entitlements that fit every filter, in the order of ids or *by_name* of the resource.

        *type* is that of the resource. *search*: within names and ids.
        """
        where = _Where(carried, "e")
        where.equal("n.type", type)
        where.node("n.key", resource)
        where.equal("e.slug", slug)
        found = entitlement_rows(
            where.run(self.db, ENTITLEMENTS.format(db="main"), ENTITLEMENTS_BY_NAME if by_name else ENTITLEMENTS_ORDER)
        )
        if search is None:
            return found
        fits = search_for(search)
        return (row for row in found if fits(_words(row)))

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
        by_name: bool = False,
    ) -> Iterator[GrantRow]:
        """The grants that fit every filter, in the order of ids or *by_name* of the principal.

        *type* is that of the resource, *status* the principal's. *search*: text within the name, id, login or an e-mail
        of either end, whatever accents, case and repeated blanks. Without *names*, only identifiers are told, in half the time.
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
        message = GRANTS_NAMES if names else GRANTS_NO_NAMES
        query = GRANTS.format(db="main", join=join, names=message)
        return grant_rows(where.run(self.db, query, GRANTS_BY_NAME if by_name else GRANTS_ORDER), Principals(self.db))


def _folded(text: str | None) -> str | None:
    return name_key(text) if text else text


def _words(row: EntitlementRow) -> tuple[str, ...]:
    one = row.entitlement
    return one.display_name, row.resource_name or "", one.id.slug, one.id.resource.id


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


@contextmanager
def read_snapshot(file: Path) -> Generator[Snapshot]:
    """The snapshot at *file* for as long as the block lasts; raises BadConfig if it is none that can be read.

    What a damaged file or a failing disk raises within the block becomes BadStorage, also half-way through its rows.
    """
    db = open_snapshot(file)
    try:
        yield Snapshot(db)
    except sqlite3.Error as error:
        failure = storage_failure(error, file)
        if failure is None:
            raise
        raise failure from error
    finally:
        db.close()
