"""Changes that were asked for before and have not ended: the same is not asked for twice, and its opposite waits.

What the state shows meanwhile is not yet the end: *already* would be said of what is about to be otherwise.
"""

from collections.abc import Iterable, Sequence

import msgspec

from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield.changes.session import Attempt, Recorder, Session, unverified
from jackfield_contracts import JournalEntry, JournalStatus, Outcome, OutcomeKind, PlannedChange

GOES_ON = "goes_on"
"""The tag of an outcome that waits for a change which was asked for before."""

_WAITS_FOR = "waits_for"
"""Among the results of a change that is the same as one that goes on: the id of that one."""


def is_repeat(entry: JournalEntry) -> bool:
    """Whether it is one that was not asked for, since the same went on already: it ends as that one does."""
    outcome = entry.outcome
    return outcome is not None and outcome.outcome is OutcomeKind.PENDING and outcome.tag == GOES_ON


def end_repeats(recorder: Recorder) -> list[JournalEntry]:
    """Settle those whose original has ended by now, as it ended; no request. Gives those settled."""
    session = recorder.session
    undecided = session.state.changes(session.connection.name, undecided=True, limit=None)
    ended: list[tuple[Attempt, Outcome, View | None]] = []
    for entry in undecided:
        if not is_repeat(entry) or entry.outcome is None:
            continue
        original = session.state.change(str(entry.outcome.results.get(_WAITS_FOR)))
        if original is None or original.status is JournalStatus.SETTLED:
            ended.append((Attempt(entry), _as_original(original), None))
    if ended:
        recorder.record(ended)
    return [attempt.entry for attempt, _, _ in ended]


def _as_original(original: JournalEntry | None) -> Outcome:
    if original is None or original.outcome is None:
        return unverified("the change that it was the same as is not in the journal any more")
    outcome = original.outcome
    if outcome.outcome is OutcomeKind.CHANGED:
        reason = f"{original.id}, which asked for the same before, made it"
        return msgspec.structs.replace(outcome, outcome=OutcomeKind.ALREADY, reason=reason)
    why = outcome.reason or outcome.tag or outcome.outcome.value
    return msgspec.structs.replace(outcome, reason=f"as {original.id}, which asked for the same before: {why}")


def ongoing_entries(session: Session, changes: Iterable[PlannedChange], operations: Operations) -> list[JournalEntry]:
    """The undecided changes that must not go on at the same time as one of *changes*."""
    undecided = session.state.changes(session.connection.name, undecided=True, limit=None)
    if not undecided:
        return []
    wanted = {subject for each in changes for subject in _exclusive_keys(each, operations)}
    return [
        entry
        for entry in undecided
        if session.tenant_match.is_of(entry.tenant)
        and not is_repeat(entry)
        and wanted & _exclusive_keys(entry, operations)
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
        return Outcome(outcome=OutcomeKind.PENDING, tag=GOES_ON, reason=message, results={_WAITS_FOR: entry.id})
    message = f"another change of the same goes on, as {entry.id}: {entry.title}; ask again when it has ended"
    return Outcome(outcome=OutcomeKind.REFUSED, tag=GOES_ON, reason=message)


def _exclusive_keys(of: PlannedChange | JournalEntry, operations: Operations) -> set[object]:
    return kind_of(of.change).exclusive_keys(of.change, of.before, operations)
