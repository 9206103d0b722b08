"""The end of a sync: seals, rows carried forward, the brake, and the finished file.

Promises that nothing is published that is not sealed, and that a loss larger than the brake allows is held.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import msgspec

from jackfield.errors import JackfieldError, Transient
from jackfield.snapshots.losses import Loss, losses, shares_a_user
from jackfield.snapshots.sealing import (
    carry_forward,
    close_file,
    drop_unlisted_principals,
    index_keys,
    keep_last_of_exclusive,
    replace_reread,
    scope_states,
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
    writer: SnapshotWriter, base: Base | None, header: Mapping[str, str | None], user_types: tuple[str, ...]
) -> None:
    """Seal every scope, carry rows forward, decide whether to hold, and close; one transaction.

    The base, if any, is attached. Raises Transient if no scope was seen whole: then there is nothing to publish.
    """
    db = writer.db
    async with writer.transaction():
        index_keys(db)
        replace_reread(db)
        seals = {state.key: verdict(state) for state in scope_states(db)}
        if not any(one.seal.whole for one in seals.values()):
            raise Transient("no part of the application could be read whole", hint="Nothing is published.")
        write_seals(db, seals)
        for kind, count in drop_unlisted_principals(db).items():
            summary = (
                f"grants to principals of type {kind} that its listing lacks were left out: joined or left meanwhile"
            )
            writer.note(Diagnostic(code="unlisted_principal", severity=Severity.INFO, summary=summary), count)
        again = db.execute("SELECT 1 FROM read_row WHERE reread = 1 OR restarts > 0").fetchone()
        if again or "repeats" in writer.header():
            keep_last_of_exclusive(db)
        reason = None
        if base is not None:
            carry_forward(db, base.run.run, base.run.finished or base.run.started)
            reason = _hold(db, base, writer.header().get("tenant"), user_types)
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
                "salt": None,
                "fingerprint": None,
                "repeats": None,
                "touched": None,
            }
        )


def _hold(db: sqlite3.Connection, base: Base, tenant: str | None, user_types: tuple[str, ...]) -> str | None:
    """Why the snapshot is to be held, None if it may be published."""
    lost = [loss for loss in losses(db) if _too_much(loss)]
    if lost:
        parts = ", ".join(f"{loss.what}: {loss.before} before, {loss.now} now" for loss in lost)
        return f"it would lose more than {BRAKE_SHARE:.0%} ({parts})"
    if tenant is None or base.run.tenant is None:
        for kind in user_types:
            if not shares_a_user(db, kind):
                return f"it has no {kind} in common with the last one; the connection may reach another account"
    return None


def _too_much(loss: Loss) -> bool:
    return loss.lost >= BRAKE_ROWS and loss.lost > BRAKE_SHARE * loss.before


def digest(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


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
