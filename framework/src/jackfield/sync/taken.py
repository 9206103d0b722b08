"""What changes through Jackfield have taken away since an older snapshot was read, by the journal.

Promises that a row which is carried forward is not one that a read has shown gone since, and that what was taken away on
purpose is not taken for a loss.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from jackfield.snapshots.losses import Taken
from jackfield.snapshots.sealing import drop_carried
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.state import State
from jackfield.state.runs import Run
from jackfield_contracts import (
    AccountStatus,
    Confirmation,
    Diagnostic,
    EntitlementId,
    GrantId,
    JournalEntry,
    OutcomeKind,
    ResourceId,
    Severity,
    TargetState,
)

LONGEST_CHANGE = timedelta(days=1)
"""How long a change may go on: one that was asked for so long before a sync may end within it."""


class TakenAway(msgspec.Struct, frozen=True, kw_only=True):
    """Grants and accounts that are gone, each with the moment at which a read has shown it so."""

    grants: dict[GrantId, datetime]
    accounts: dict[ResourceId, datetime]


def taken_away(entries: Iterable[JournalEntry]) -> TakenAway:
    """What *entries*, the oldest first, have taken away; what a later one has given back is not in it."""
    grants: dict[GrantId, datetime] = {}
    accounts: dict[ResourceId, datetime] = {}
    for entry in entries:
        outcome, after = entry.outcome, entry.after
        if outcome is None or outcome.confirmed_by is not Confirmation.READ or after is None or entry.settled is None:
            continue
        who = after.account or entry.before.account
        if who is None:
            continue
        for id in after.held:
            grants.pop(_grant(id, who), None)
        if _is_there(after):
            accounts.pop(who, None)
        if outcome.outcome is OutcomeKind.CHANGED:
            settled = datetime.fromisoformat(entry.settled)
            grants |= {_grant(id, who): settled for id in set(entry.before.held) - set(after.held)}
            if _is_there(entry.before) and not _is_there(after):
                accounts[who] = settled
    return TakenAway(grants=grants, accounts=accounts)


def _is_there(target: TargetState) -> bool:
    return target.exists and target.status is not AccountStatus.DELETED


def _grant(id: EntitlementId, who: ResourceId) -> GrantId:
    return GrantId(entitlement=id, principal=who)


def drop_taken_away(writer: SnapshotWriter, state: State, connection: str) -> None:
    """Leave out of the rows carried forward what was taken away after the sync began that they come from."""
    rows = writer.db.execute("SELECT run, taken FROM origin")
    begun = {run: _begun(state, connection, run, taken) for run, taken in rows.fetchall()}
    if not begun:
        return
    gone = taken_away(state.changes(connection, since=min(begun.values()) - LONGEST_CHANGE, limit=None)[::-1])
    dropped = drop_carried(
        writer.db,
        [(run, id) for run, since in begun.items() for id, when in gone.grants.items() if when >= since],
        [(run, id) for run, since in begun.items() for id, when in gone.accounts.items() if when >= since],
    )
    if dropped:
        summary = "rows of an older snapshot that a change through Jackfield has taken away since: left out"
        writer.note(Diagnostic(code="taken_away", severity=Severity.INFO, summary=summary), dropped)


def taken_since(state: State, connection: str, base: Run) -> Taken:
    """What changes through Jackfield have taken away, as a read has shown after the sync of *base* began."""
    begun = datetime.fromisoformat(base.started)
    entries = state.changes(connection, since=begun - LONGEST_CHANGE, limit=None)[::-1]
    gone = taken_away(entries)
    return Taken(
        grants=[*(id for id, when in gone.grants.items() if when >= begun), *_ended_beside(entries, begun)],
        accounts=[id for id, when in gone.accounts.items() if when >= begun],
    )


def _ended_beside(entries: Iterable[JournalEntry], since: datetime) -> Iterator[GrantId]:
    """What went for good beside what was asked for, such as the ownerships of an account that was disabled.

    It is declared by the connector and not read after the change: enough not to be surprised that it is gone.
    """
    for entry in entries:
        outcome, who = entry.outcome, entry.before.account
        if outcome is None or outcome.outcome is not OutcomeKind.CHANGED or entry.settled is None or who is None:
            continue
        if datetime.fromisoformat(entry.settled) >= since:
            yield from (_grant(id, who) for id in entry.ends)


def _begun(state: State, connection: str, run: str, taken: str) -> datetime:
    record = state.get(connection, run)
    return datetime.fromisoformat(record.started if record is not None else taken)
