"""What an exporter is: the type that announces it, and what it is called with. All of it is given out by ``hookspecs``."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

import msgspec

from jackfield.clock import Clock
from jackfield_contracts import Entitlement, Grant, JournalEntry, Resource, ResourceId, Seal

__all__ = [
    "AccessLine",
    "Export",
    "ExportOption",
    "ExporterType",
    "Exports",
    "SignInTimes",
    "SnapshotFacts",
]


class Exports(StrEnum):
    """What an exporter writes: a snapshot of a connection, or the journal of changes to it."""

    SNAPSHOT = "snapshot"
    JOURNAL = "journal"


class ExportOption(msgspec.Struct, frozen=True, kw_only=True):
    """One option of an exporter, given as ``--option NAME=VALUE``. Values are texts; the exporter checks them."""

    name: str
    description: str
    default: str = ""


class SnapshotFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot says of itself.

    ``file_sha256`` is that of the snapshot file, as it was recorded. ``scopes`` counts all scopes by their seal,
    ``not_complete`` are those that were not seen whole: what is absent there is unknown. ``notes`` is what the sync found
    worth telling, such as a permission that is missing. Where the snapshot was made of a file, ``imported_from`` names it, with
    its format and SHA-256. ``first_seen_from`` is when the earliest snapshot was taken that
    ``AccessLine.first_seen`` goes back to. Times are UTC.
    """

    run: str
    file_sha256: str | None
    started: datetime | None
    taken: datetime | None
    complete: bool
    tenant: str | None
    tenant_name: str | None
    connector: str
    connector_version: str
    resources: dict[str, int]
    entitlements: int
    grants: int
    carried: int
    scopes: dict[str, int]
    not_complete: tuple[Seal, ...]
    notes: tuple[str, ...]
    imported_from: str | None = None
    imported_format: str | None = None
    imported_sha256: str | None = None
    first_seen_from: datetime | None


class SignInTimes(Protocol):
    """The last sign-in of each person, with the window of time in which all of them are known. Times are UTC."""

    @property
    def known_from(self) -> datetime:
        """Since when every sign-in is known."""
        ...

    @property
    def known_until(self) -> datetime:
        """Until when."""
        ...

    @property
    def last(self) -> Mapping[ResourceId, datetime]:
        """The newest known sign-in of each; whoever isn't in it has none that is known."""
        ...


class AccessLine(msgspec.Struct, frozen=True, kw_only=True):
    """One principal has one entitlement: directly, through the groups of ``paths``, or both.

    A path runs from what the principal itself holds towards the entitlement, one text for each way. ``scope``, ``seal``,
    ``immutable`` and ``carried_from`` are those of the direct grant. ``first_seen`` is when the earliest kept snapshot that
    has the direct grant was taken: then, or before, it was made. Whatever is None is unknown, or the snapshot lacks it.
    """

    resource: ResourceId
    resource_name: str | None
    slug: str
    entitlement_name: str | None
    privileged: bool | None
    principal: ResourceId
    principal_name: str | None
    status: str | None
    login: str | None
    email: str | None
    external_id: str | None
    direct: bool
    paths: tuple[str, ...] = ()
    inherited_by: tuple[str, ...] = ()
    immutable: str | None = None
    scope: str | None = None
    seal: str | None = None
    carried_from: str | None = None
    carried_taken: str | None = None
    first_seen: datetime | None = None
    last_sign_in: datetime | None = None


class Export(Protocol):
    """What an exporter is called with: one open snapshot, or the journal, of one connection."""

    @property
    def connection(self) -> str:
        """The name of the connection."""
        ...

    @property
    def snapshot(self) -> SnapshotFacts:
        """What the snapshot says of itself; only where the exporter writes a snapshot."""
        ...

    @property
    def options(self) -> Mapping[str, str]:
        """The options that the exporter declares, as given or with their defaults."""
        ...

    @property
    def clock(self) -> Clock:
        """The host's clock: what time it is."""
        ...

    @property
    def host_version(self) -> str:
        """The version of Jackfield."""
        ...

    @property
    def db(self) -> sqlite3.Connection:
        """The snapshot file, open for reading: for an exporter that asks by SQL. Its views are documented."""
        ...

    @property
    def sign_ins(self) -> SignInTimes | None:
        """The known sign-ins; None where no log that tells them was read."""
        ...

    def resources(self) -> Iterator[Resource]:
        """All resources, in the order of their identifiers."""
        ...

    def carried_resources(self) -> Iterator[tuple[ResourceId, str, str]]:
        """The resources that were carried forward, in the same order: from which run, and when that was taken."""
        ...

    def entitlements(self) -> Iterator[Entitlement]:
        """All entitlements, in the order of their identifiers."""
        ...

    def grants(self) -> Iterator[Grant]:
        """All grants, in the order of their identifiers."""
        ...

    def access(self) -> Iterator[AccessLine]:
        """A line for each principal and entitlement, inherited access included, in the order of the entitlements."""
        ...

    def journal(self) -> Iterator[JournalEntry]:
        """The journal of the connection, the oldest entry first."""
        ...

    def warn(self, message: str) -> None:
        """Tell whoever exports something that the file does not say, or not whole."""
        ...

    def beside(self, suffix: str) -> BinaryIO | None:
        """Another file, named as the target with *suffix* behind it, which appears together with the target.

        None where the target is no regular file, such as standard output.
        """
        ...


class ExporterType(msgspec.Struct, frozen=True, kw_only=True):
    """The light, static object behind an exporter's entry point: importing it imports no library of the format.

    ``write(export, to)`` writes everything to the stream *to* and gives how many rows it wrote; an error leaves no file.
    ``needs`` are modules of further packages, by the name of what is to be installed to have them: where one is missing, the
    host says so. Where ``needs_file``, *to* can be wound back, and standard output is refused. ``api`` is the least version
    of the plugin interface that the exporter needs.
    """

    name: str
    display_name: str
    suffix: str
    write: Callable[[Export, BinaryIO], int]
    writes: Exports = Exports.SNAPSHOT
    rows: str = "line"
    needs_file: bool = False
    needs: Mapping[str, str] = {}
    options: tuple[ExportOption, ...] = ()
    api: tuple[int, int] = (1, 3)
    docs: str = ""
