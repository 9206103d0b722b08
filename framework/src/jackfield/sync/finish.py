"""The end of a sync: seals, rows carried forward, the brake, and the finished file.

Promises that nothing is published that is not sealed, and that a loss larger than the brake allows is held.
"""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import msgspec

from jackfield.errors import JackfieldError, Transient
from jackfield.snapshots.file import is_recorded
from jackfield.snapshots.losses import Loss, losses, shares_one
from jackfield.snapshots.sealing import (
    Listing,
    carry_forward,
    close_file,
    drop_principals,
    index_keys,
    listings,
    omitted,
    replace_reread,
    verdict,
    write_seals,
)
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.state.runs import Counts, Run, RunStatus
from jackfield_contracts import Diagnostic, Seal, Severity, Verdict

BRAKE_SHARE = 0.2
BRAKE_ROWS = 10


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """The published snapshot that a new one follows."""

    run: Run
    file: Path


async def seal(
    writer: SnapshotWriter, base: Base | None, header: Mapping[str, str | None], types: tuple[str, ...]
) -> None:
    """Seal every scope, carry rows forward, decide whether to hold, and close; one transaction.

    The base, if any, is attached. Raises Transient if no scope was seen whole: then there is nothing to publish.
    """
    db = writer.db
    async with writer.transaction():
        index_keys(db)
        replace_reread(db)
        found = listings(db)
        seals = _verdicts(writer, found)
        if not any(one.seal.whole for one in seals.values()):
            raise Transient("no part of the application could be read whole", hint="Nothing is published.")
        write_seals(db, seals)
        for listing in found:
            if listing.unlisted and seals[listing.key].seal.whole:
                summary = f"grants of {listing.scope.lists} principals that left while they were read were left out"
                note = Diagnostic(code="left_meanwhile", severity=Severity.INFO, summary=summary)
                writer.note(note, drop_principals(db, listing))
        reason = None
        if base is not None:
            carry_forward(db, base.run.run, base.run.finished or base.run.started)
            reason = _hold(db, base, writer.header().get("tenant"), types)
        db.execute("DELETE FROM header WHERE key LIKE 'doubt %'")
        unseen = db.execute("SELECT 1 FROM scope_row WHERE seal IN ('partial', 'unreadable')").fetchone()
        rereads = db.execute(
            "SELECT count(*) FROM page_row p JOIN read_row r ON r.key = p.read WHERE r.reread"
        ).fetchone()
        db.execute("UPDATE read_row SET cursor = NULL")
        close_file(db)
        writer.set_header(
            {
                **header,
                "complete": "0" if unseen else "1",
                "status": (RunStatus.HELD if reason else RunStatus.PUBLISHED).value,
                "reason": reason,
                "rereads": str(rereads[0]),
                "touched": None,
            }
        )


def _verdicts(writer: SnapshotWriter, found: list[Listing]) -> dict[int, Seal]:
    """The seal of each scope, where witnesses that contradict a listing, or share it, have their say."""
    header, states = writer.header(), writer.scope_states()
    seals = {state.key: verdict(state) for state in states}
    for listing in found:
        left_out = omitted(writer.db, listing, header["started"])
        doubt = None
        if left_out:
            doubt = f"the listing left out {left_out} that are there"
        elif listing.unlisted and (listing.scope.lookup is None or f"doubt {listing.scope.name}" in header):
            doubt = (
                f"grants name {len(listing.unlisted)} that the listing lacks, and nothing tells whether they are there"
            )
        if doubt and seals[listing.key].seal.whole:
            seals[listing.key] = msgspec.structs.replace(seals[listing.key], seal=Verdict.PARTIAL, reason=doubt)
    said = {state.definition.name for state in states if state.incomplete is not None}
    short = {
        seal.scope: seal
        for seal in seals.values()
        if seal.seal is Verdict.PARTIAL
        and (seal.scope in said or (seal.expected is not None and seal.expected > seal.observed))
    }
    for state in states:
        other = short.get(state.definition.same_listing or "")
        if other is not None and seals[state.key].seal.whole:
            doubt = f"it comes of the same listing as {other.scope}, of which {other.reason}"
            seals[state.key] = msgspec.structs.replace(seals[state.key], seal=Verdict.PARTIAL, reason=doubt)
    return seals


def _hold(db: sqlite3.Connection, base: Base, tenant: str | None, types: tuple[str, ...]) -> str | None:
    """Why the snapshot is to be held, None if it may be published."""
    lost = [loss for loss in losses(db) if _too_much(loss)]
    if lost:
        parts = ", ".join(
            f"{loss.what}: {loss.gone} of {loss.before} are gone, {loss.came} others came" for loss in lost
        )
        return f"it would lose more than {BRAKE_SHARE:.0%} ({parts})"
    if tenant is None or base.run.tenant is None:
        for kind in types:
            if not shares_one(db, kind):
                return f"it has no {kind} in common with the last one; the connection may reach another account"
    return None


def _too_much(loss: Loss) -> bool:
    return loss.gone >= BRAKE_ROWS and loss.gone > BRAKE_SHARE * loss.before


def intact(run: Run, file: Path) -> bool:
    """Whether *file* is there and still what was recorded of *run*."""
    return is_recorded(file, run.sha256)


def describe(db: sqlite3.Connection) -> tuple[dict[str, str], Counts, tuple[Seal, ...]]:
    """What a finished snapshot says of itself: its header, its counts, and the seals of scopes not seen whole."""
    header = dict(db.execute("SELECT key, value FROM header").fetchall())
    resources = dict(
        db.execute(
            "SELECT n.type, count(*) FROM resource_row r JOIN node n ON n.key = r.key GROUP BY n.type"
        ).fetchall()
    )
    entitlements = db.execute("SELECT count(*) FROM entitlement_row WHERE scope IS NOT NULL").fetchone()[0]
    grants = db.execute("SELECT count(*) FROM grant_row").fetchone()[0]
    unseen = db.execute(
        "SELECT name, seal, observed, expected, reason FROM scope_row WHERE seal IN ('partial', 'unreadable') ORDER BY name"
    )
    scopes = tuple(
        Seal(scope=name, seal=Verdict(seal), observed=observed, expected=expected, reason=reason)
        for name, seal, observed, expected, reason in unseen
    )
    return header, Counts(resources=resources, entitlements=entitlements, grants=grants), scopes


def first_of(errors: list[JackfieldError], otherwise: JackfieldError) -> JackfieldError:
    """The error that says most about a sync in which nothing was seen whole: the first that a read ended with."""
    return errors[0] if errors else otherwise
