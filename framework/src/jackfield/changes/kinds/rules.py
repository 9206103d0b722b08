"""The rules that hold for changes of every kind, on a state that was read."""

from datetime import datetime

import msgspec

from jackfield.changes.guards.protection import Protected
from jackfield.changes.kinds import given
from jackfield.changes.kinds.kind import Evaluation, refused
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield_contracts import Change, Confirmation, Outcome, OutcomeKind, TargetState

LASTING = ("protected", "immutable", "wrong_principal")
"""Tags of refusals that no earlier change of a plan takes away."""

SO_BEFORE = "what was read is older than the request, and shows it so already"

NOBODY = Protected()


def is_older(change: Change, operations: Operations, view: View, than: str) -> bool:
    """Whether what the state tells of *change* stood before the moment *than*, and so can't show what came after."""
    keys = kind_of(change).dated_keys(change, operations)
    dates = [stood for key in keys if (stood := view.state.as_of.get(key)) is not None]
    return any(datetime.fromisoformat(stood) < datetime.fromisoformat(than) for stood in dates)


def shown_since(change: Change, operations: Operations, view: View, asked: str) -> bool:
    """Whether the state shows *change* made after it was *asked*: what stood so before is no work of ours."""
    return kind_of(change).met(change, operations, view) and not is_older(change, operations, view, asked)


def other_login(before: TargetState, now: TargetState, view: View) -> str | None:
    """That an account known by exports has another login by now, if it has: its id may have been used for somebody else."""
    if not view.state.as_of or before.account != now.account or not (before.account and before.login and now.login):
        return None
    if before.login.casefold() == now.login.casefold():
        return None
    return f"{now.account} is {now.login} by now, and was {before.login} when it was asked for: perhaps another person"


def readable(change: Change, operations: Operations) -> bool:
    """Whether a read can show that *change* was made."""
    return operations.confirmed_by(change) is Confirmation.READ


def unlike(change: Change, operations: Operations, target: TargetState) -> list[str]:
    """The arguments whose values the application shows otherwise; those it does not show are passed over."""
    return given.unlike(kind_of(change), change, operations, target)


def unread(change: Change, operations: Operations) -> list[str]:
    """The arguments that ask for something of which no read tells whether it was done, such as wiping a device."""
    return given.unread(kind_of(change), change, operations)


def begun(change: Change, operations: Operations, before: TargetState, now: TargetState) -> bool:
    """Whether a creation was made but not all that goes with it, such as groups: asked again, a hook makes the rest."""
    return kind_of(change).is_begun(before, now) and bool(unlike(change, operations, now))


def carries_on(
    change: Change, operations: Operations, before: TargetState, now: TargetState, *, maybe_made: bool = False
) -> bool:
    """Whether the state is still that before the change, or one that only the change's own first steps lead to.

    Where an earlier call may have been carried out (*maybe_made*), its work may show already.
    """
    kind = kind_of(change)
    if maybe_made:
        if (known := kind.carries_on_in_doubt(change, before, now)) is not None:
            return known
        before, now = kind.comparable(before), kind.comparable(now)
    return without_drift(change, operations, before, now) or begun(change, operations, before, now)


def without_drift(change: Change, operations: Operations, planned: TargetState, now: TargetState) -> bool:
    """Whether what a plan was made on still holds; of the facts, those that count for *change*."""
    # The same account may have another address by now.
    before, after = (msgspec.structs.replace(each, facts={}, login=None) for each in (planned, now))
    if before != after:
        return False
    facts = kind_of(change).facts(change, operations)
    return all(planned.facts.get(name) == now.facts.get(name) for name in facts)


def evaluate(change: Change, operations: Operations, view: View, protected: Protected = NOBODY) -> Evaluation:
    """What would become of one change, by the state that was just read, *protected* being those that are never changed."""
    account = kind_of(change).subject(change, operations, view)
    if protected.covers(change, account, operations, view):
        return refused("protected", "it concerns a principal that the configuration protects from every change")
    if (why := kind_of(change).unreadable(change, operations, view)) is not None:
        return Evaluation(forecast=unreadable(why))
    return kind_of(change).evaluate(change, account, operations, view)


def unreadable(why: str) -> Outcome:
    """The outcome of a change of which the state can't tell, so that it was not made."""
    reason = f"nothing was changed: the application's answer about it can't be understood: {why}"
    return Outcome(outcome=OutcomeKind.FAILED, tag="unreadable", reason=reason, retryable=True)
