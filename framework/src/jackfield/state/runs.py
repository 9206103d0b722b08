"""The record of one sync."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from jackfield_contracts import Seal

IMPORT = "import:"
"""How the connector of a run begins whose snapshot was imported from a file; the format follows."""


class RunStatus(StrEnum):
    """How a sync stands. *interrupted*: its process ended before it did; the next sync may carry it on."""

    RUNNING = "running"
    PUBLISHED = "published"
    HELD = "held"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a snapshot: resources by type, entitlements and grants."""

    resources: dict[str, int] = {}
    entitlements: int = 0
    grants: int = 0


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One sync, from its start to its end. ``scopes`` are those not seen whole; times are UTC, ISO 8601.

    ``failure`` is the code of the error that ended it, such as *bad_credentials*. ``seconds`` are those that were worked on it,
    without the time that lay between an interruption and the process that carried it on. Of an import, ``started`` is when
    it was made, and ``finished`` when that was read which the file holds: None where the file does not say.
    """

    run: str
    connection: str
    connector: str
    connector_version: str
    status: RunStatus
    started: str
    finished: str | None = None
    complete: bool = False
    requests: int = 0
    rereads: int = 0
    counts: Counts = Counts()
    scopes: tuple[Seal, ...] = ()
    tenant: str | None = None
    base: str | None = None
    snapshot: str | None = None
    sha256: str | None = None
    reason: str | None = None
    seconds: float = 0.0
    failure: str | None = None

    @property
    def taken(self) -> str | None:
        """When that was read which the snapshot holds; None where an imported file does not say."""
        return self.finished if self.imported else self.finished or self.started

    @property
    def ended(self) -> str | None:
        """When the run itself ended: an import is later than what its file holds."""
        if not self.imported:
            return self.finished
        return (datetime.fromisoformat(self.started) + timedelta(seconds=self.seconds)).isoformat(
            timespec="milliseconds"
        )

    @property
    def imported(self) -> bool:
        """Whether its snapshot was imported from a file."""
        return self.connector.startswith(IMPORT)
