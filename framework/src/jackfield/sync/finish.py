"""The end of a sync: seals, rows carried forward, the brake, and the finished file.

Promises that nothing is published that is not sealed, and that a loss larger than the brake allows is held.
"""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from jackfield.errors import Transient
from jackfield.snapshots.lookups import Listing, listings
from jackfield.snapshots.losses import LOST_SHARE, Taken, losses, shares_one, too_much
from jackfield.snapshots.scopes import USUAL, ScopeState
from jackfield.snapshots.sealing import (
    carry_forward,
    close_file,
    drop_principals,
    index_keys,
    keep_last_of_exclusive,
    replace_reread,
    write_seals,
)
from jackfield.snapshots.sources import older_source, sources_of
from jackfield.snapshots.verdicts import spread, verdict
from jackfield.snapshots.writer import WORKED, SnapshotWriter
from jackfield.state.runs import Counts, Run, RunStatus
from jackfield_contracts import Diagnostic, Seal, Severity, Verdict

_INCOMPARABLE = (
    "it can't be compared with what was published before, since each of those files is missing or was changed, so that"
    " nothing shows how much is lost; a backup may have them"
)


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """The published snapshot that a new one follows."""

    run: Run
    file: Path


def _nothing() -> None:
    """Drop nothing."""


async def seal(
    writer: SnapshotWriter,
    base: Base | None,
    header: Mapping[str, str | None],
    types: tuple[str, ...],
    *,
    drop: Callable[[], None] = _nothing,
    taken: Taken | None = None,
    damaged: bool = False,
    demand_whole: bool = True,
) -> None:
    """Seal every scope, carry rows forward, decide whether to hold, and close; one transaction.

    The base, if any, is attached. *drop* leaves out of what is carried forward what is known to be gone. *taken*: what
    changes through Jackfield have taken away since the base was read; it is no loss. *damaged*: snapshots were published
    before and can't be built upon; where there is no base either, nothing shows how much is lost, and the new one is held.
    Raises Transient if no scope was seen whole, unless *demand_whole* is not set: then there is nothing to publish.
    """
    db = writer.db
    async with writer.transaction():
        index_keys(db)
        replace_reread(db, writer.scope_states())
        found, states = listings(db), writer.scope_states()
        seals = _verdicts(writer, found, states)
        if demand_whole and not any(one.seal.whole for one in seals.values()):
            raise Transient("no part of the application could be read whole", hint="Nothing is published.")
        write_seals(db, seals)
        for listing in found:
            if listing.unlisted and seals[listing.key].seal.whole:
                _leave_out(writer, listing)
        _tell_differences(writer, seals, states)
        reason = _INCOMPARABLE if damaged and base is None else None
        if base is not None:
            if carry_forward(db, base.run.run, base.run.finished or base.run.started):
                drop()
                keep_last_of_exclusive(db)
            reason = _hold(db, base, writer.header().get("tenant"), types, taken)
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
                **({"reason": reason} if reason else {}),
                "rereads": str(rereads[0]),
                "touched": None,
                WORKED: None,
                "seconds": str(writer.worked),
                **_usual(seals, states),
            }
        )


def _verdicts(writer: SnapshotWriter, found: list[Listing], states: list[ScopeState]) -> dict[int, Seal]:
    """The seal of each scope, where doubts about a listing, or about one that it shares, have their say."""
    header = writer.header()
    seals = {state.key: verdict(state) for state in states}
    for listing in found:
        doubted = listing.scope.lookup is None or f"doubt {listing.scope.name}" in header
        if listing.unlisted and doubted and seals[listing.key].seal.whole:
            reason = (
                f"{len(listing.unlisted)} are named that the listing lacks, and nothing shows whether they are there"
            )
            seals[listing.key] = msgspec.structs.replace(seals[listing.key], seal=Verdict.PARTIAL, reason=reason)
    return spread(seals, states)


def _leave_out(writer: SnapshotWriter, listing: Listing) -> None:
    """Leave out what a whole listing lacks and no look-up found."""
    kind, dropped = listing.scope.lists, drop_principals(writer.db, listing)
    summary = f"grants of {kind} principals that are not there were left out: they left meanwhile, or are named though deleted"
    if not dropped:
        dropped, summary = len(listing.unlisted), f"of type {kind}: named while it was read, and not there; left out"
    writer.note(Diagnostic(code="left_meanwhile", severity=Severity.INFO, summary=summary), dropped)


def _tell_differences(writer: SnapshotWriter, seals: Mapping[int, Seal], states: list[ScopeState]) -> None:
    """Note where the rows of a whole scope are others than the application counts, and why they stand."""
    for state in states:
        seal = seals[state.key]
        if not seal.seal.whole or state.expected is None or state.counted == state.expected:
            continue
        what = state.definition.resource.type if state.definition.resource else state.definition.name
        _, _, why = (seal.reason or "").partition(": ")
        summary = f"of {what}: the application counts other than it gives; {why}"
        writer.note(Diagnostic(code="count_differs", severity=Severity.INFO, summary=summary))


def _usual(seals: Mapping[int, Seal], states: list[ScopeState]) -> dict[str, str]:
    """What to remember for the next sync: by how much a scope that was seen whole falls short of a presumed count.

    Where it was not seen whole, what was remembered before stays.
    """
    kept: dict[str, str] = {}
    for state in states:
        if state.definition.presumed is None:
            continue
        short = state.short if seals[state.key].seal.whole else state.usual
        if short:
            kept[f"{USUAL}{state.definition.name}"] = str(short)
    return kept


def _hold(
    db: sqlite3.Connection, base: Base, tenant: str | None, types: tuple[str, ...], taken: Taken | None
) -> str | None:
    """Why the snapshot is to be held, None if it may be published."""
    lost = [loss for loss in losses(db, taken) if too_much(loss.gone, loss.before)]
    if lost:
        parts = ", ".join(
            f"{loss.what}: {loss.gone} of {loss.before} are gone, {loss.came} others came"
            + (f"; not counted: {loss.taken} that changes took away" if loss.taken else "")
            for loss in lost
        )
        return f"it would lose more than {LOST_SHARE:.0%} ({parts})"
    if (older := older_source(sources_of(db, "base"), sources_of(db))) is not None:
        return f"an old export has come back: {older}"
    if tenant is None or base.run.tenant is None:
        for kind in types:
            if not shares_one(db, kind):
                return f"it has no {kind} in common with the last one; the connection may reach another account"
    return None


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
