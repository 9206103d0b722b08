"""Changes that were asked for before and have not ended: the same is not asked for twice, and its opposite waits.

What the state shows meanwhile is not yet the end: *already* would be said of what is about to be otherwise.
"""

from collections.abc import Iterable, Sequence

from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.session import Session
from jackfield_contracts import JournalEntry, Outcome, OutcomeKind, PlannedChange

GOES_ON = "goes_on"
"""The tag of an outcome that waits for a change which was asked for before."""


def ongoing_entries(session: Session, changes: Iterable[PlannedChange], operations: Operations) -> list[JournalEntry]:
    """The undecided changes that must not go on at the same time as one of *changes*."""
    undecided = session.state.changes(session.connection.name, undecided=True, limit=None)
    if not undecided:
        return []
    wanted = {subject for each in changes for subject in _exclusive_keys(each, operations)}
    return [
        entry
        for entry in undecided
        if session.tenant_match.is_of(entry.tenant) and wanted & _exclusive_keys(entry, operations)
    ]


def ongoing_outcomes(
    entries: Sequence[JournalEntry], changes: Iterable[PlannedChange], operations: Operations
) -> dict[str, Outcome]:
    """What becomes of those of *changes* that one of *entries*, which goes on, is about too; by their ids."""
    return {
        each.id: _text(entry, alike=entry.change == each.change)
        for each in changes
        for entry in entries
        if _exclusive_keys(each, operations) & _exclusive_keys(entry, operations)
    }


def _text(entry: JournalEntry, *, alike: bool) -> Outcome:
    if alike:
        message = f"the same change goes on already, as {entry.id}, and is not asked for twice"
        return Outcome(outcome=OutcomeKind.PENDING, tag=GOES_ON, reason=message)
    message = f"another change of the same goes on, as {entry.id}: {entry.title}; ask again when it has ended"
    return Outcome(outcome=OutcomeKind.REFUSED, tag=GOES_ON, reason=message)


def _exclusive_keys(of: PlannedChange | JournalEntry, operations: Operations) -> set[object]:
    return kind_of(of.change).exclusive_keys(of.change, of.before, operations)
