"""Settling what an interrupted process left undecided: by reading the state first.

Promises that no intent stays undecided if the application can be read, and that nothing is done twice.
"""

from datetime import datetime, timedelta

from jackfield.changes.apply import batches, held_back
from jackfield.changes.call import call
from jackfield.changes.confirm import confirm, unseen
from jackfield.changes.guards.earlier_accounts import earlier_account
from jackfield.changes.guards.ongoing import end_repeats, is_repeat
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.rules import (
    SO_BEFORE,
    begun,
    carries_on,
    evaluate,
    is_older,
    other_login,
    readable,
    shown_since,
    unlike,
    without_drift,
)
from jackfield.changes.kinds.view import View
from jackfield.changes.plan import exceeded, limits_of, used
from jackfield.changes.session import Attempt, Progress, Recorder, Session, read_patiently, state_of, unverified
from jackfield.errors import BadConfig
from jackfield_contracts import Confirmation, JournalEntry, Outcome, OutcomeKind, PlannedChange, StateQuery, TargetState

_MADE_AGAIN_WITHIN = timedelta(hours=1)
"""How old an intent may be to be carried on; what was meant longer ago is left to a person."""


async def recover(
    session: Session, progress: Progress | None = None, *, wait: float | None = None
) -> tuple[JournalEntry, ...]:
    """Settle the undecided changes of this connection, the oldest first; *wait* seconds for jobs (as in the options).

    One that the state shows made is ``changed``; one that it shows not made is made now, unless the state is another
    than before it; one of which nothing can be read is ``unverified``. Those that were asked of another account than the one
    that is reached now stay undecided: nothing that can be read here tells of them.
    """
    recorder = Recorder(session, Operations(session.connection), progress)
    entries = _undecided(session)
    if not entries:
        return tuple(end_repeats(recorder))
    # Whichever answer is written down, it may be that of a second call, made where the answer to the first was lost.
    asked = [Attempt(entry, maybe_made=True) for entry in entries if entry.outcome is not None]
    lost = [Attempt(entry, maybe_made=True, lost=True) for entry in entries if entry.outcome is None]
    again = await _evaluate_lost(recorder, lost)
    for batch, view in again:
        await call(recorder, batch, view)
    await _read_pending(recorder, [each for each in asked if _without_job(each)])
    going = [
        each
        for each in (*asked, *(one for batch, _ in again for one in batch))
        if not each.settled and not _without_job(each)
    ]
    if going:
        await confirm(recorder, going, wait=session.options.wait if wait is None else wait)
    return (*(each.entry for each in (*asked, *lost)), *end_repeats(recorder))


async def confirm_pending(session: Session) -> tuple[JournalEntry, ...]:
    """Settle those changes that go on without a job and that one read shows made by now; no write call.

    Returns the settled entries.
    """
    entries = _undecided(session)
    waiting = [each for each in (Attempt(entry, maybe_made=True) for entry in entries) if _without_job(each)]
    recorder = Recorder(session, Operations(session.connection))
    await _read_pending(recorder, waiting)
    return (*(each.entry for each in waiting if each.settled), *end_repeats(recorder))


def elsewhere(session: Session) -> list[JournalEntry]:
    """The undecided changes that were asked of another account than the one that is reached now."""
    undecided = session.state.changes(session.connection.name, undecided=True, limit=None)
    return [entry for entry in undecided if not session.tenant_match.is_of(entry.tenant)]


def _undecided(session: Session) -> list[JournalEntry]:
    """The undecided changes that were asked of the account that is reached, the oldest first."""
    undecided = session.state.changes(session.connection.name, undecided=True, limit=None)[::-1]
    return [entry for entry in undecided if session.tenant_match.is_of(entry.tenant) and not is_repeat(entry)]


async def _evaluate_lost(recorder: Recorder, attempts: list[Attempt]) -> list[tuple[list[Attempt], View]]:
    """Settle what can be told of changes whose answer was lost; the others, in batches, with the state to ask on."""
    unreadable = [each for each in attempts if not readable(each.change, recorder.operations)]
    if unreadable:
        reason = "the process ended before an answer came, and no read can show whether it was made"
        recorder.record([(each, unverified(reason), None) for each in unreadable])
    left = [each for each in attempts if not each.settled]
    if not left:
        return []
    view = await read_patiently(recorder.session, [each.change for each in left], recorder.operations)
    too_many = _too_many(recorder, left)
    again: list[Attempt] = []
    over: list[tuple[Attempt, Outcome, View | None]] = []
    for attempt in left:
        if (why := kind_of(attempt.change).unreadable(attempt.change, recorder.operations, view)) is not None:
            over.append((attempt, unverified(f"the process ended before an answer came, and {why}"), None))
            continue
        now = kind_of(attempt.change).target(attempt.change, recorder.operations, view)
        if kind_of(attempt.change).met(attempt.change, recorder.operations, view):
            older = is_older(attempt.change, recorder.operations, view, attempt.entry.intended)
            over.append((attempt, _SO_BEFORE if older else _found_made(recorder, attempt, view), view))
        elif not (
            _recent(recorder, attempt.entry)
            and carries_on(attempt.change, recorder.operations, attempt.entry.before, now)
        ):
            over.append((attempt, _not_made(recorder, attempt, now), view))
        elif (forbidden := _forbidden(recorder, attempt, view, too_many)) is not None:
            over.append((attempt, forbidden, view))
        elif (lacking := _without_secret(recorder, attempt)) is not None:
            over.append((attempt, lacking, view))
        else:
            again.append(attempt)
    if over:
        recorder.record(over)
    return [(batch, view) for batch in batches(again, recorder.operations)]


def _without_secret(recorder: Recorder, attempt: Attempt) -> Outcome | None:
    """How a change ends that can't be asked for again, since the value of a secret argument is not there any more."""
    try:
        recorder.session.vault.open([attempt.change], recorder.operations)
    except BadConfig as error:
        reason = (
            f"the process ended before it was made, and a secret value that it needs is kept nowhere: {error.summary}"
        )
        return Outcome(outcome=OutcomeKind.FAILED, tag="not_made", reason=reason, retryable=True)
    return None


_SO_BEFORE = Outcome(outcome=OutcomeKind.ALREADY, confirmed_by=Confirmation.READ, reason=SO_BEFORE)


async def _read_pending(recorder: Recorder, attempts: list[Attempt]) -> None:
    """Settle changes that go on without a job where the state shows them made by now."""
    attempts = [each for each in attempts if readable(each.change, recorder.operations)]
    if not attempts:
        return
    view = await read_patiently(recorder.session, [each.change for each in attempts], recorder.operations)
    if others := [(each, outcome, view) for each in attempts if (outcome := _reassigned(recorder, each, view))]:
        recorder.record(others)
        attempts = [each for each in attempts if not each.settled]
    _warn_of_waiting(recorder, attempts, view)
    made = [each for each in attempts if shown_since(each.change, recorder.operations, view, each.entry.intended)]
    if renumbered := await _renumbered(recorder, made):
        recorder.record([(each, outcome, view) for each, outcome in renumbered])
        made = [each for each in made if not each.settled]
    if made:
        recorder.record([(each, _found_made(recorder, each, view), view) for each in made])


async def _renumbered(recorder: Recorder, made: list[Attempt]) -> list[tuple[Attempt, Outcome]]:
    """Those of the accounts that are gone whose login another id has by now: where ids change, nobody need be gone."""
    gone = {each.entry.before.login: each for each in made if kind_of(each.change).ends_account}
    logins = tuple(login for login in gone if login)
    if not logins:
        return []
    state = await state_of(recorder.session, StateQuery(names=logins))
    return [
        (
            gone[account.asked],
            unverified(
                f"{gone[account.asked].entry.before.account} is not there any more, and {account.account} has its login"
                f" {account.asked}: whether that is the same account under another id can't be told"
            ),
        )
        for account in state.accounts
        if account.asked in gone and account.account != gone[account.asked].entry.before.account
    ]


def _reassigned(recorder: Recorder, attempt: Attempt, view: View) -> Outcome | None:
    """*unverified*, where the account has another login by now, and what is shown of it may be about somebody else."""
    kind, operations = kind_of(attempt.change), recorder.operations
    if (other := _other_login(recorder, attempt, view)) is None:
        return None
    if is_older(attempt.change, operations, view, attempt.entry.intended):
        return None
    if not kind.ends_account and not kind.met(attempt.change, operations, view):
        return None  # one export may be wrong: it may be shown by the next
    return unverified(f"{other}; look, and ask again for what is still wanted")


def _other_login(recorder: Recorder, attempt: Attempt, view: View) -> str | None:
    """That the account has another login than when the change was asked for, if that can be told."""
    kind, operations = kind_of(attempt.change), recorder.operations
    if kind.unreadable(attempt.change, operations, view) is not None:
        return None
    return other_login(attempt.entry.before, kind.target(attempt.change, operations, view), view)


def _warn_of_waiting(recorder: Recorder, attempts: list[Attempt], view: View) -> None:
    """Tell why some stay pending: one sentence for each reason."""
    titles: dict[str, list[str]] = {}
    for each in attempts:
        kind, operations = kind_of(each.change), recorder.operations
        why = kind.unreadable(each.change, operations, view)
        if (
            why is None
            and kind.met(each.change, operations, view)
            and is_older(each.change, operations, view, each.entry.intended)
        ):
            why = "what was read shows it so, and is dated before it was asked for, or ahead"
        why = why or _other_login(recorder, each, view)
        if why is not None:
            titles.setdefault(why, []).append(each.entry.title)
    for why, some in titles.items():
        more = f" and {len(some) - 1:,} more" if len(some) > 1 else ""
        recorder.session.warn(f"whether it is done by now can't be told: {some[0]}{more}: {why}")


def _found_made(recorder: Recorder, attempt: Attempt, view: View) -> Outcome:
    if (earlier := earlier_account(recorder.session, attempt, recorder.operations, view)) is not None:
        return earlier
    reason = unseen(attempt, recorder.operations)
    return Outcome(outcome=OutcomeKind.CHANGED, confirmed_by=Confirmation.READ, reason=reason)


def _too_many(recorder: Recorder, attempts: list[Attempt]) -> dict[str, str]:
    """For each kind of which *attempts* are more than is allowed now, why."""
    session = recorder.session
    before = used(session)
    before.subtract(kind for each in attempts if _recent(recorder, each.entry) for kind in each.entry.kinds)
    return exceeded([_planned(each) for each in attempts], limits_of(session), before)


def _forbidden(recorder: Recorder, attempt: Attempt, view: View, too_many: dict[str, str]) -> Outcome | None:
    """Why a change that was meant before may not be made now: it is protected, vetoed, or one too many."""
    judged = evaluate(attempt.change, recorder.operations, view, recorder.session.protected).forecast
    if judged.tag == "protected":
        return judged
    outcome = held_back(recorder, attempt.change, _planned(attempt), too_many)
    return outcome if outcome.outcome is OutcomeKind.REFUSED else None


def _planned(attempt: Attempt) -> PlannedChange:
    entry = attempt.entry
    changed = Outcome(outcome=OutcomeKind.CHANGED)
    return PlannedChange(
        id=entry.id,
        change=entry.change,
        title=entry.title,
        forecast=changed,
        before=entry.before,
        kinds=entry.kinds,
        effects=entry.effects,
    )


def _not_made(recorder: Recorder, attempt: Attempt, now: TargetState) -> Outcome:
    if begun(attempt.change, recorder.operations, attempt.entry.before, now):
        other = ", ".join(unlike(attempt.change, recorder.operations, now))
        return unverified(f"the process ended, and the account is there with another {other} than was asked for")
    if not without_drift(attempt.change, recorder.operations, attempt.entry.before, now):
        # It may have been made, and changed by somebody else since.
        return unverified(kind_of(attempt.change).became_other(now))
    reason = "the process ended before it was made"
    return Outcome(outcome=OutcomeKind.FAILED, tag="not_made", reason=reason, retryable=True)


def _without_job(attempt: Attempt) -> bool:
    answer = attempt.entry.outcome
    return not attempt.settled and answer is not None and answer.outcome is OutcomeKind.PENDING and answer.job is None


def _recent(recorder: Recorder, entry: JournalEntry) -> bool:
    return recorder.session.clock.now() - datetime.fromisoformat(entry.intended) < _MADE_AGAIN_WITHIN
