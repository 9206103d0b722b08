"""Writing a snapshot, or a part of it, as a ``.c1z`` file of version 1.

Promises one finished sync per file, every type, resource and entitlement that something refers to, memory that does not grow
with the grants, and the same ids for the same snapshot. What could not be said is told in warnings and in the file.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import msgspec

from jackfield.hookspecs import Export
from jackfield_c1.c1z.about import SNAPSHOT_ASSET, about_snapshot, warnings_of
from jackfield_c1.c1z.container import pack
from jackfield_c1.c1z.database import GRANT_INDEXES, UNIQUE_GRANTS, create_database, insert
from jackfield_c1.c1z.grants import write_grants
from jackfield_c1.c1z.names import MOST_ID_BYTES, ksuid, plain_grant_id, text_of_time
from jackfield_c1.c1z.objects import (
    Plain,
    entitlement_message,
    left_of_entitlement,
    resource_message,
)
from jackfield_c1.c1z.types import Types
from jackfield_c1.proto.connector_pb2 import Grant
from jackfield_contracts import Entitlement, EntitlementId, Resource, ResourceId, ResourceType


class Subset(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a snapshot is written: all of it unless something is said.

    ``types``: only resources of these types, with what they offer and who holds it; ``resources``: only these ones, in the
    same way. Whoever holds something of it is in the file in any case.
    """

    skip_grants: bool = False
    skip_entitlements_and_grants: bool = False
    types: tuple[str, ...] = ()
    resources: tuple[ResourceId, ...] = ()

    @property
    def sync_type(self) -> str:
        """What other programs call such a sync."""
        if self.resources:
            return "partial"
        return "resources_only" if self.skip_entitlements_and_grants else "full"

    @property
    def with_grants(self) -> bool:
        """Whether grants are written."""
        return not (self.skip_grants or self.skip_entitlements_and_grants)

    def has(self, id: ResourceId) -> bool:
        """Whether a resource is in it by itself."""
        if self.resources:
            return id in self.resources
        return not self.types or id.type in self.types


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What was written: the sync of the file, its rows, and what it can't say or does not say whole.

    ``absent`` are resources that were asked for by their ids and that the file does not have.
    """

    sync_id: str
    sync_type: str
    resource_types: int
    resources: int
    entitlements: int
    grants: int
    warnings: tuple[str, ...] = ()
    absent: tuple[ResourceId, ...] = ()


def write_c1z(
    export: Export,
    to: BinaryIO,
    *,
    subset: Subset | None = None,
    types: Iterable[ResourceType] = (),
    folder: Path | None = None,
) -> Written:
    """Write the snapshot of *export*, or the *subset* of it, to the stream *to*.

    *types* are those that the connector announces: their names and descriptions are nowhere else. *folder* is where
    the file is put together, the system's for temporary files if none is said. Raises BadConfig where the file would be larger
    than readers take.
    """
    with TemporaryDirectory(prefix="jackfield-c1z-", dir=folder) as work:
        file = Path(work, "sync.db")
        db = create_database(file)
        try:
            writing = _Writing(export, db, subset or Subset(), types)
            written = writing.write()
            db.execute("COMMIT")
        finally:
            db.close()
        pack(file, to)
    return written


class _Writing:
    """One file while it is written."""

    def __init__(self, export: Export, db: sqlite3.Connection, subset: Subset, types: Iterable[ResourceType]) -> None:
        self.export = export
        self.db = db
        self.subset = subset
        self.facts = export.snapshot
        self.taken = self.facts.taken or self.facts.started or export.clock.now()
        self.at = text_of_time(self.taken)
        seed = msgspec.json.encode([export.connection, self.facts.run, self.facts.file_sha256, subset])
        self.sync_id = ksuid(self.taken, seed)
        self.types = Types(export.resources(), types, self.facts.not_complete)
        self.left_out = 0
        self.orphans: dict[ResourceId, Plain] = {}
        self.absent = dict.fromkeys(subset.resources)

    def write(self) -> Written:
        """Write every table; what came of it."""
        db, subset = self.db, self.subset
        if not subset.skip_entitlements_and_grants:
            db.executemany(insert("v1_entitlements"), self._entitlements())
        if subset.with_grants:
            self.left_out += write_grants(
                self.export.db, db, self.sync_id, self.at, subset.has, self.types, self.entitlement_named_only
            )
            self._index_grants()
        self._note_referenced()
        db.executemany(insert("v1_resources"), self._resources())
        db.executemany(insert("v1_resources"), self._named_only())
        self._used_types()
        db.executemany(
            insert("v1_resource_types"),
            (
                (one.id, one.SerializeToString(deterministic=True), self.sync_id, self.at)
                for one in self.types.messages()
            ),
        )
        warnings = warnings_of(self.facts, self.left_out)
        self._describe(warnings)
        counts = self._counts()
        self._finish(counts)
        return Written(
            sync_id=self.sync_id,
            sync_type=subset.sync_type,
            warnings=warnings,
            absent=tuple(self.absent),
            **{k: sum(v.values()) for k, v in counts.items()},
        )

    def _offered(self) -> Iterator[tuple[Resource | None, ResourceId, list[Entitlement]]]:
        """Each resource with the entitlements that it offers; None for one of which only its entitlements are known."""
        rest = iter(self.export.entitlements())
        waiting = next(rest, None)
        for one in self.export.resources():
            while waiting is not None and waiting.id.resource < one.id:
                yield None, waiting.id.resource, [waiting]
                waiting = next(rest, None)
            offered: list[Entitlement] = []
            while waiting is not None and waiting.id.resource == one.id:
                offered.append(waiting)
                waiting = next(rest, None)
            yield one, one.id, offered
        while waiting is not None:
            yield None, waiting.id.resource, [waiting]
            waiting = next(rest, None)

    def _entitlements(self) -> Iterator[tuple[object, ...]]:
        for resource, id, offered in self._offered():
            if not self.subset.has(id) or not offered:
                continue
            if not fits(id):
                self.left_out += len(offered)
                continue
            name = resource.display_name if resource is not None else id.id
            if resource is None and (told := told_of(offered)):
                self.orphans.setdefault(id, {}).update(told)
            for one in offered:
                self.types.use(*one.grantable_to)
                yield self._row(one, name, self.at)

    def _row(self, one: Entitlement, resource_name: str, at: str) -> tuple[object, ...]:
        message = entitlement_message(one, resource_name, self.types.known)
        id = one.id.resource
        return id.type, id.id, message.id, message.SerializeToString(deterministic=True), self.sync_id, at

    def entitlement_named_only(self, id: ResourceId, slug: str, external_id: str) -> None:
        """Write an entitlement that a grant names, where nothing else is known of it."""
        if self.db.execute("SELECT 1 FROM v1_entitlements WHERE external_id = ?", (external_id,)).fetchone() is None:
            known = Entitlement(
                id=EntitlementId(resource=id, slug=slug), scope="", display_name=slug, purpose="unknown"
            )
            self.db.execute(insert("v1_entitlements"), self._row(known, id.id, self.at))

    def _index_grants(self) -> None:
        self._tell_apart()
        for statement in (UNIQUE_GRANTS, *GRANT_INDEXES):
            self.db.execute(statement)

    def _tell_apart(self) -> None:
        """Give grants whose joined parts are alike ids that tell them apart."""
        alike = self.db.execute(
            "SELECT id, data FROM v1_grants NOT INDEXED WHERE external_id IN"
            " (SELECT external_id FROM v1_grants GROUP BY external_id HAVING count(*) > 1)"
        ).fetchall()
        for key, data in alike:
            grant = Grant.FromString(data)
            on, who = grant.entitlement.resource.id, grant.principal.id
            slug = grant.entitlement.id.rpartition(":")[2]
            grant.id = plain_grant_id(on.resource_type, on.resource, slug, who.resource_type, who.resource)
            row = (grant.id, grant.SerializeToString(deterministic=True), key)
            self.db.execute("UPDATE v1_grants SET external_id = ?, data = ? WHERE id = ?", row)

    def _note_referenced(self) -> None:
        """What grants, entitlements and parents name, so that it is in the file whatever was asked for."""
        self.db.execute("CREATE TEMP TABLE referenced (type TEXT, id TEXT, PRIMARY KEY (type, id)) WITHOUT ROWID")
        for columns, table in (
            ("principal_resource_type_id, principal_resource_id", "v1_grants"),
            ("resource_type_id, resource_id", "v1_grants"),
            ("resource_type_id, resource_id", "v1_entitlements"),
        ):
            self.db.execute(f"INSERT OR IGNORE INTO temp.referenced SELECT DISTINCT {columns} FROM {table}")

    def _refers_to(self, id: ResourceId) -> bool:
        found = self.db.execute("SELECT 1 FROM temp.referenced WHERE type = ? AND id = ?", (id.type, id.id))
        return found.fetchone() is not None

    def _resources(self) -> Iterator[tuple[object, ...]]:
        carried = self.export.carried_resources()
        next_carried = next(carried, None)
        for resource, id, offered in self._offered():
            if resource is None:
                continue
            more: Plain = {}
            at = self.at
            if next_carried is not None and next_carried[0] == id:
                _, run, taken = next_carried
                more = {"carried_from": run, "carried_taken": taken}
                at = text_of_time(datetime.fromisoformat(taken))
                next_carried = next(carried, None)
            if not (self.subset.has(id) or self._refers_to(id)):
                continue
            if not fits(id):
                self.left_out += 1
                continue
            if told := told_of(offered):
                more["entitlements"] = told
            self.absent.pop(id, None)
            yield self._resource_row(resource, more, at)

    def _resource_row(self, one: Resource, more: Plain, at: str) -> tuple[object, ...]:
        self.types.use(one.id.type)
        message = resource_message(one, self.types.kinds(one.id.type), more)
        parent: tuple[str | None, str | None] = None, None
        if one.parent is not None:
            self.types.use(one.parent.type)
            parent = one.parent.type, one.parent.id
        data = message.SerializeToString(deterministic=True)
        return one.id.type, f"{one.id.type}:{one.id.id}", *parent, data, self.sync_id, at

    def _named_only(self) -> Iterator[tuple[object, ...]]:
        """A row for each resource that something refers to and nothing else is known of."""
        self.db.execute(
            "INSERT OR IGNORE INTO temp.referenced SELECT DISTINCT parent_resource_type_id, parent_resource_id"
            " FROM v1_resources WHERE parent_resource_type_id IS NOT NULL"
        )
        missing = self.db.execute(
            "SELECT type, id FROM temp.referenced r WHERE NOT EXISTS"
            " (SELECT 1 FROM v1_resources v WHERE v.external_id = r.type || ':' || r.id)"
        ).fetchall()
        for type, id in missing:
            known = Resource(id=ResourceId(type=type, id=id), scope="", display_name=id)
            more: Plain = {"named_only": True}
            if told := self.orphans.get(known.id):
                more["entitlements"] = told
            yield self._resource_row(known, more, self.at)

    def _used_types(self) -> None:
        for (name,) in self.db.execute("SELECT type FROM temp.referenced GROUP BY type"):
            self.types.use(name)

    def _describe(self, warnings: tuple[str, ...]) -> None:
        content = about_snapshot(self.export, self.facts, self.subset, warnings)
        row = SNAPSHOT_ASSET, "application/json", content, self.sync_id, self.at
        self.db.execute(insert("v1_assets"), row)

    def _counts(self) -> dict[str, dict[str, int]]:
        """The rows of each table, by the type of their resource."""

        def by(column: str, table: str) -> dict[str, int]:
            return dict(self.db.execute(f"SELECT {column}, count(*) FROM {table} GROUP BY {column}").fetchall())

        return {
            "resource_types": by("external_id", "v1_resource_types"),
            "resources": by("resource_type_id", "v1_resources"),
            "entitlements": by("resource_type_id", "v1_entitlements"),
            "grants": by("resource_type_id", "v1_grants"),
        }

    def _finish(self, counts: dict[str, dict[str, int]]) -> None:
        stats: dict[str, object] = {name: sum(of.values()) for name, of in counts.items()}
        stats |= {f"{name}_by_resource_type": of for name, of in counts.items() if name != "resource_types"}
        stats["assets"] = 1
        told = msgspec.json.encode({name: value for name, value in stats.items() if value}).decode()
        trusted = int(self.subset.with_grants and not self.subset.resources)
        started = text_of_time(self.facts.started or self.taken)
        row = (self.sync_id, started, self.at, "", self.subset.sync_type, "", "", trusted, 1, told, "", "", "")
        self.db.execute(insert("v1_sync_runs"), row)


def told_of(offered: Iterable[Entitlement]) -> Plain:
    """What of the entitlements of a resource has no field, by their slugs."""
    return {one.id.slug: left for one in offered if (left := left_of_entitlement(one))}


def fits(id: ResourceId) -> bool:
    """Whether a resource can be named in a file at all."""
    return len(id.id.encode()) <= MOST_ID_BYTES and len(id.type) <= MOST_ID_BYTES
