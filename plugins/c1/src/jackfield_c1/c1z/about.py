"""What a file says of the snapshot that it was written from: an asset of it, which other programs pass over."""

from typing import TYPE_CHECKING

import msgspec

from jackfield.hookspecs import Export, SnapshotFacts
from jackfield_contracts import Seal

if TYPE_CHECKING:
    from jackfield_c1.c1z.writer import Subset

SNAPSHOT_ASSET = "jackfield/snapshot"
_MOST_SEALS = 10_000


class About(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of the asset. ``age_unknown``: when the sync ended is not known, and the file names the time of its import.

    ``more_not_complete``: scopes that were not seen whole, beyond those that are listed."""

    connection: str
    run: str
    complete: bool
    age_unknown: bool = False
    snapshot_sha256: str | None = None
    tenant: str | None = None
    tenant_name: str | None = None
    connector: str = ""
    connector_version: str = ""
    host_version: str = ""
    carried: int = 0
    not_complete: tuple[Seal, ...] = ()
    more_not_complete: int = 0
    skip_grants: bool = False
    skip_entitlements_and_grants: bool = False
    types: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def about_snapshot(export: Export, facts: SnapshotFacts, subset: "Subset", warnings: tuple[str, ...]) -> bytes:
    """The content of the asset for a file."""
    made = About(
        connection=export.connection,
        run=facts.run,
        complete=facts.complete,
        age_unknown=facts.taken is None,
        snapshot_sha256=facts.file_sha256,
        tenant=facts.tenant,
        tenant_name=facts.tenant_name,
        connector=facts.connector,
        connector_version=facts.connector_version,
        host_version=export.host_version,
        carried=facts.carried,
        not_complete=facts.not_complete[:_MOST_SEALS],
        more_not_complete=max(len(facts.not_complete) - _MOST_SEALS, 0),
        skip_grants=subset.skip_grants,
        skip_entitlements_and_grants=subset.skip_entitlements_and_grants,
        types=subset.types,
        resources=tuple(map(str, subset.resources)),
        warnings=warnings,
    )
    return msgspec.json.encode(made)


def warnings_of(facts: SnapshotFacts, left_out: int) -> tuple[str, ...]:
    """What whoever reads the file must know."""
    told: list[str] = []
    if not facts.complete:
        told.append(
            f"not complete: {len(facts.not_complete):,} scopes were not seen whole; what is absent there is unknown"
        )
    if facts.taken is None:
        told.append("when its rows were read is not known; the file says when they were imported in place of it")
    if facts.carried:
        told.append(f"{facts.carried:,} rows were carried forward from older snapshots")
    if left_out:
        told.append(f"{left_out:,} rows were left out: an id of theirs is longer than a .c1z file may hold")
    return tuple(told)
