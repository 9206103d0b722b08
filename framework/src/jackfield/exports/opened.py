"""What exporters are called with: an open snapshot or the journal, and the files to be written.

Promises that exporters see one snapshot as it was recorded. Hides where things are kept.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import repeat
from typing import BinaryIO

from jackfield.clock import Clock
from jackfield.exports.facts import EntitlementFacts, GrantFacts
from jackfield.exports.firstseen import FirstSeen
from jackfield.exports.lines import Making, access_blocks
from jackfield.hookspecs import AccessLine, Export, SignInTimes, SnapshotFacts
from jackfield.snapshots.principals import PrincipalFacts
from jackfield.snapshots.reader import Snapshot
from jackfield_contracts import Diagnostic, Entitlement, Grant, JournalEntry, Resource, ResourceId


def no_file_beside(suffix: str) -> BinaryIO | None:
    """No file is written beside the target."""
    return None


class OpenExport:
    """An ``Export`` of one snapshot, and of the journal of its connection."""

    def __init__(
        self,
        connection: str,
        opened: Snapshot | None,
        *,
        clock: Clock,
        host_version: str,
        file_sha256: str | None = None,
        options: Mapping[str, str] | None = None,
        sign_ins: SignInTimes | None = None,
        first_seen: FirstSeen | None = None,
        journal: Callable[[], Iterator[JournalEntry]] = lambda: iter(()),
        beside: Callable[[str], BinaryIO | None] = no_file_beside,
    ) -> None:
        self.connection = connection
        self.clock = clock
        self.host_version = host_version
        self.options: Mapping[str, str] = options or {}
        self.sign_ins = sign_ins
        self.journal = journal
        self.warnings: list[str] = []
        self._beside = beside
        self._opened = opened
        self._first_seen = first_seen
        self._sha256 = file_sha256

    @property
    def opened(self) -> Snapshot:
        """The snapshot; raises LookupError where the export is of the journal alone."""
        if self._opened is None:
            raise LookupError("an exporter of the journal has no snapshot")
        return self._opened

    @property
    def db(self) -> sqlite3.Connection:
        """The snapshot file, open for reading."""
        return self.opened.db

    @property
    def first_seen(self) -> FirstSeen:
        """Where it is looked up since when a grant is known."""
        if self._first_seen is None:
            self._first_seen = FirstSeen(self.db, self.opened.header.taken)
        return self._first_seen

    @property
    def snapshot(self) -> SnapshotFacts:
        """What the snapshot says of itself."""
        header, counts = self.opened.header, self.opened.counts()
        return SnapshotFacts(
            run=header.run,
            file_sha256=self._sha256,
            started=time(header.started),
            taken=time(header.taken),
            complete=header.complete,
            tenant=header.tenant,
            tenant_name=header.tenant_name,
            connector=header.connector,
            connector_version=header.connector_version,
            resources=counts.resources,
            entitlements=counts.entitlements,
            grants=counts.grants,
            carried=counts.carried,
            scopes=_by_seal(self.db),
            not_complete=tuple(self.opened.seals(not_whole=True)),
            notes=tuple(_note(one, times) for one, times in self.opened.diagnostics()),
            imported_from=header.imported_from,
            imported_format=header.imported_format,
            imported_sha256=header.imported_sha256,
            first_seen_from=time(self.first_seen.since),
        )

    def warn(self, message: str) -> None:
        """Keep what whoever exports is to be told."""
        self.warnings.append(message)

    def beside(self, suffix: str) -> BinaryIO | None:
        """Another file beside the target, None where the target is none."""
        return self._beside(suffix)

    def resources(self) -> Iterator[Resource]:
        """All resources, in the order of their identifiers."""
        return (row.resource for row in self.opened.resources())

    def carried_resources(self) -> Iterator[tuple[ResourceId, str, str]]:
        """The resources that were carried forward: from which run, and when that was taken."""
        for row in self.opened.resources(carried=True):
            if row.carried is not None:
                yield row.resource.id, row.carried.run, row.carried.taken

    def entitlements(self) -> Iterator[Entitlement]:
        """All entitlements, in the order of their identifiers."""
        return (row.entitlement for row in self.opened.entitlements())

    def grants(self) -> Iterator[Grant]:
        """All grants, in the order of their identifiers."""
        return (row.grant for row in self.opened.grants(names=False))

    def access(self) -> Iterator[AccessLine]:
        """A line for each principal and entitlement, inherited access included, in the order of the entitlements."""
        making = Making[EntitlementFacts, PrincipalFacts, GrantFacts](
            entitlement=lambda one: one, principal=lambda one: one, grant=lambda one: one
        )
        last: Mapping[ResourceId, datetime] = self.sign_ins.last if self.sign_ins is not None else {}
        for block in access_blocks(self.opened, making, self.first_seen):
            one = block.entitlement
            rows = zip(block.principals, block.grants, block.first_seen, block.paths or repeat(()), strict=False)
            for who, grant, seen, paths in rows:
                yield AccessLine(
                    resource=one.id.resource,
                    resource_name=one.resource_name,
                    slug=one.id.slug,
                    entitlement_name=one.name,
                    privileged=one.privileged,
                    principal=who.id,
                    principal_name=who.name,
                    status=who.status,
                    login=who.login,
                    email=who.email,
                    external_id=who.external_id,
                    direct=block.direct,
                    paths=paths,
                    inherited_by=grant.inherited_by,
                    immutable=grant.immutable,
                    scope=grant.scope,
                    seal=grant.seal,
                    carried_from=grant.carried_from,
                    carried_taken=grant.carried_taken,
                    first_seen=time(seen),
                    last_sign_in=last.get(who.id),
                )


def of_host(export: Export) -> OpenExport:
    """*export* as the host made it, for the exporters that come with it; raises TypeError where somebody else did."""
    if not isinstance(export, OpenExport):
        raise TypeError("this exporter takes exports that the host has opened")
    return export


def _by_seal(db: sqlite3.Connection) -> dict[str, int]:
    """How many scopes there are of each seal."""
    return dict(
        db.execute("SELECT seal, count(*) FROM scope_row WHERE seal IS NOT NULL GROUP BY seal ORDER BY seal").fetchall()
    )


def _note(one: Diagnostic, times: int) -> str:
    return f"{one.severity.value}: {one.summary}" + (f" ({times:,} times)" if times > 1 else "")


def time(text: str | None) -> datetime | None:
    """A time as snapshots write it; None where there is none."""
    return datetime.fromisoformat(text) if text else None
