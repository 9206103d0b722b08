"""Where a plan stands on the live state: what it made before, what is left, and what of that no longer fits.

Promises that what ``preview`` shows is what ``apply_plan`` does, and that nothing is told as read that was not.
"""

from collections.abc import Mapping, Sequence

import msgspec

from jackfield.changes.guards.drift import drift_of
from jackfield.changes.guards.ongoing import GOES_ON
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.rules import LASTING, evaluate, readable
from jackfield.changes.kinds.view import View
from jackfield.changes.plan import Ordered, in_order, will_be_made
from jackfield.state.journal import outcome_of
from jackfield_contracts import Confirmation, JournalEntry, Outcome, OutcomeKind, Plan, PlannedChange

_NOT_MADE = (OutcomeKind.REFUSED, OutcomeKind.FAILED)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """``previous`` are entries of what the plan was carried out for before, as they are to be told now, by id.

    ``left`` is in stages by ``order``, with kinds and titles of now; ``drifted`` says why some of it is not made.
    """

    previous: dict[str, JournalEntry]
    left: dict[str, PlannedChange]
    order: list[Ordered]
    drifted: dict[str, Outcome]


_AGAIN = "~"
"""What stands in the journal between the id of a change and the number of the attempt, from the second on."""


def latest_attempts(entries: Sequence[JournalEntry]) -> dict[str, JournalEntry]:
    """The last attempt at each change among the *entries* of a plan, by the ids of its changes, in the order of *entries*."""
    found: dict[str, JournalEntry] = {}
    for each in entries:
        id, _, _ = each.id.partition(_AGAIN)
        if id not in found or _number(each) > _number(found[id]):
            found[id] = each
    return found


def _number(entry: JournalEntry) -> int:
    return int(entry.id.partition(_AGAIN)[2] or 1)


def next_id(id: str, latest: Mapping[str, JournalEntry]) -> str:
    """The id of the next attempt at the change *id*: each attempt has a record of its own, and keeps it."""
    return f"{id}{_AGAIN}{_number(latest[id]) + 1}" if id in latest else id


def past_of(latest: Mapping[str, JournalEntry]) -> dict[str, JournalEntry]:
    """Those of the *latest* attempts that a plan does not try again, by id: a plan asks for each change once.

    What only a limit kept from being made is tried again: later, or with a higher one, the plan may make it.
    """
    return {id: each for id, each in latest.items() if each.outcome is None or each.outcome.tag != "limit"}


def standing(plan: Plan, past: Mapping[str, JournalEntry], operations: Operations, view: View) -> Standing:
    """How *plan* stands on the state *view*, of which *past* was carried out before."""
    left = {each.id: _of_now(each, operations, view) for each in plan.changes if each.id not in past}
    order = in_order([left.get(each.id, each) for each in plan.changes], view, operations)
    made = {id for id, entry in past.items() if (known := outcome_of(entry)) is None or known.outcome not in _NOT_MADE}
    planned = {each.id: each for each in plan.changes}
    drifted: dict[str, Outcome] = {}
    overtaken: set[str] = set()
    for place in order:
        id = place.planned.id
        if id in made:
            overtaken |= place.after
        # What follows a change that this plan has made already finds the state that this one left.
        if id in left and not (place.after & made) and (why := drift_of(planned[id], left[id], operations, view)):
            drifted[id] = why
    previous = {id: _previous_entry(entry, operations, view, overtaken=id in overtaken) for id, entry in past.items()}
    return Standing(previous=previous, left=left, order=order, drifted=drifted)


def _of_now(planned: PlannedChange, operations: Operations, view: View) -> PlannedChange:
    """*planned* with what it is by now: neither a file, nor a role that became privileged since, says less of it."""
    change = planned.change
    return msgspec.structs.replace(
        planned,
        title=kind_of(change).title(change, operations, view),
        kinds=operations.kinds(change, view),
        effects=operations.effects(change),
        warnings=operations.warnings(change),
    )


def _previous_entry(entry: JournalEntry, operations: Operations, view: View, *, overtaken: bool) -> JournalEntry:
    """What to tell of a change that this plan has been carried out for, on the state that was just read.

    *overtaken*: a later change of the same plan was made, and may be why the state does not show this one.
    """
    outcome, when = outcome_of(entry), entry.settled or entry.intended
    if outcome is None or outcome.outcome is OutcomeKind.PENDING:
        return entry
    if outcome.outcome in _NOT_MADE:
        ended = outcome.reason or outcome.tag or outcome.outcome.value
        why = f"{ended}; so it ended on {when}, and this plan does not try it again: make a new one"
        return _restated(entry, outcome, reason=why, retryable=False, confirmed_by=None)
    maybe_made = outcome.outcome is OutcomeKind.UNVERIFIED
    what = "asked for the change" if maybe_made else "found it so" if _was_so(outcome) else "made the change"
    before = f"this plan {what} on {when}"
    if not readable(entry.change, operations):
        if maybe_made:
            why = f"{outcome.reason or before}; so it ended on {when}, and this plan does not try it again: make a new one"
            return _restated(entry, outcome, reason=why, confirmed_by=None)
        return _restated(entry, outcome, outcome=OutcomeKind.ALREADY, reason=f"{before}, and no read can tell more")
    now = kind_of(entry.change).target(entry.change, operations, view)
    entry = msgspec.structs.replace(entry, after=now)
    so = kind_of(entry.change).met(entry.change, operations, view)
    if not so and _was_so(outcome):
        # An account that was there already, though not with all that was asked for.
        so = evaluate(entry.change, operations, view).forecast.outcome is OutcomeKind.ALREADY
    if so:
        return _restated(
            entry,
            outcome,
            outcome=OutcomeKind.ALREADY,
            tag=None,
            reason=f"{before}, and it is so",
            confirmed_by=Confirmation.READ,
            account=now.account or outcome.account,
            request_ids=view.state.request_ids,
        )
    if maybe_made:
        why = f"{before}, and the state does not show it; this plan does not try it again: make a new one"
        return _restated(entry, outcome, reason=why, confirmed_by=None)
    if overtaken:
        reason = f"{before}, and a later change of it came after that"
        return _restated(entry, outcome, outcome=OutcomeKind.ALREADY, tag=None, reason=reason, confirmed_by=None)
    reason = f"{before}, and it is so no more: somebody has changed it since; make a new plan if it is to be so"
    return _restated(entry, outcome, outcome=OutcomeKind.REFUSED, tag="drifted", reason=reason, confirmed_by=None)


def _was_so(outcome: Outcome) -> bool:
    return outcome.outcome is OutcomeKind.ALREADY


def _restated(entry: JournalEntry, of: Outcome, /, **now: object) -> JournalEntry:
    return msgspec.structs.replace(entry, outcome=msgspec.structs.replace(of, **now))


def previewed(plan: Plan, fresh: Plan, stands: Standing) -> tuple[PlannedChange, ...]:
    """The changes of *plan* with the forecasts of now; *fresh* is a plan of the same changes, just made."""
    found: list[PlannedChange] = []
    for planned, now in zip(plan.changes, fresh.changes, strict=True):
        forecast, follows = now.forecast, now.follows
        if (entry := stands.previous.get(planned.id)) is not None:
            left = "an interrupted run of this plan left it undecided; the next change settles it by reading"
            forecast = outcome_of(entry) or Outcome(outcome=OutcomeKind.UNVERIFIED, reason=left)
            follows = False
        elif (why := stands.drifted.get(planned.id)) is not None and supersedes(why, now.forecast, planned):
            forecast, follows = why, False
        found.append(msgspec.structs.replace(now, id=planned.id, forecast=forecast, follows=follows))
    return tuple(found)


def supersedes(drift: Outcome, forecast: Outcome, planned: PlannedChange) -> bool:
    """Whether *drift* is to be told in place of *forecast*, which the state alone would give for *planned*."""
    if forecast.outcome is OutcomeKind.CHANGED or drift.tag == GOES_ON:
        return True
    if forecast.outcome is OutcomeKind.REFUSED:
        # As it was planned it would have been made, or a preview has told the drift already.
        was_expected = will_be_made(planned) or planned.forecast.tag == "drifted"
        return was_expected and forecast.tag not in LASTING
    # The account that was meant is gone, and so it looks as if nothing were left to be done.
    return forecast.outcome is OutcomeKind.ALREADY and drift.tag == "drifted" and drift.account is not None
