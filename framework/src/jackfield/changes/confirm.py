"""From an answer to an outcome: jobs followed to their end, and what was answered confirmed by reading.

Promises that ``changed`` means that a read showed it, or that nothing can be read. Hides polling.
"""

import msgspec

from jackfield.changes.call import READS_FOR, may_be_ours, with_ids
from jackfield.changes.guards.earlier_accounts import earlier_account
from jackfield.changes.kinds.kind import status_told
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.rules import SO_BEFORE, begun, is_older, readable, unlike, unread
from jackfield.changes.kinds.view import View
from jackfield.changes.session import Attempt, Recorder, read, unverified
from jackfield.errors import JackfieldError, RateLimited, Refused, RemoteContract, Transient
from jackfield_contracts import Confirmation, JournalStatus, Outcome, OutcomeKind

_DONE = (OutcomeKind.CHANGED, OutcomeKind.ALREADY)
_PASSING = (Transient, RateLimited, RemoteContract)


async def confirm(recorder: Recorder, attempts: list[Attempt], *, wait: float) -> None:
    """Bring answered *attempts* to their outcomes; those not known within *wait* seconds stay pending in the journal."""
    await _follow_jobs(recorder, attempts, recorder.session.clock.monotonic() + wait)
    over: list[Attempt] = []
    for attempt in attempts:
        if attempt.answer is not None and attempt.answer.outcome is OutcomeKind.PENDING:
            continue
        over.append(attempt)
    unreadable_ones = [each for each in over if not readable(each.change, recorder.operations)]
    if unreadable_ones:
        recorder.record([(each, _by_answer(each), None) for each in unreadable_ones])
    # The application asked for a pause longer than there is time: a read would wait for its end.
    paused = [each for each in over if _is_paused(each)]
    if paused:
        recorder.record(
            [(each, _known(each) or _by_answer(each), None) for each in paused if each not in unreadable_ones]
        )
    to_read = [each for each in over if not each.settled]
    if to_read:
        await _confirm(recorder, to_read)
    waiting = [each for each in attempts if not each.settled]
    if waiting:
        recorder.save(waiting, JournalStatus.PENDING)


async def _follow_jobs(recorder: Recorder, attempts: list[Attempt], until: float) -> None:
    clock = recorder.session.clock
    pause = 0.2
    lagging = clock.monotonic() + READS_FOR
    going = [each for each in attempts if each.answer is not None and each.answer.job is not None and _pending(each)]
    while going:
        for attempt in going:
            await _look_at_job(recorder, attempt, patient=clock.monotonic() < lagging)
        ended = [each for each in going if not _pending(each)]
        if ended:
            recorder.save(ended)
        going = [each for each in going if _pending(each)]
        if not going or clock.monotonic() + pause > until:
            return
        await clock.sleep(pause)
        pause = min(3.0, pause * 1.5)


async def _look_at_job(recorder: Recorder, attempt: Attempt, *, patient: bool) -> None:
    """Ask after a job. *patient*: a failure that may come from an earlier call of ours, not shown yet, counts as going on."""
    before = attempt.answer
    if before is None or before.job is None:
        return
    try:
        answer = await recorder.session.connection.job_status(before.job)
    except Refused as error:
        # The application knows the job no more: what it did is for a read to tell.
        attempt.maybe_made = True
        answer = Outcome(outcome=OutcomeKind.FAILED, tag=error.tag, reason=error.summary, retryable=True)
    except _PASSING as error:
        recorder.session.log.info("a job can't be asked about", reason=str(error))
        return
    else:
        if patient and may_be_ours(attempt, answer):
            return
    attempt.maybe_made = attempt.maybe_made or not answer.understood
    attempt.answer = with_ids(
        msgspec.structs.replace(answer, job=before.job, results={**before.results, **answer.results}), before
    )


def _pending(attempt: Attempt) -> bool:
    return attempt.answer is not None and attempt.answer.outcome is OutcomeKind.PENDING


def _is_paused(attempt: Attempt) -> bool:
    answer = attempt.answer
    if answer is None or answer.tag != RateLimited.code:
        return False
    return _known(attempt) is not None or answer.outcome is OutcomeKind.UNVERIFIED


def _known(attempt: Attempt) -> Outcome | None:
    """The answer, where it is certain without a read: it was not made, and no earlier call can have made it."""
    answer = attempt.answer
    return answer if answer is not None and answer.outcome not in _DONE and not attempt.maybe_made else None


def _by_answer(attempt: Attempt) -> Outcome:
    answer = attempt.answer or Outcome(outcome=OutcomeKind.UNVERIFIED)
    if not answer.understood:
        return unverified(
            f"{answer.reason or 'the answer was not understood'}, and no read can show whether it was made", answer
        )
    return msgspec.structs.replace(answer, confirmed_by=Confirmation.ANSWER) if answer.outcome in _DONE else answer


async def _confirm(recorder: Recorder, attempts: list[Attempt]) -> None:
    clock = recorder.session.clock
    until = clock.monotonic() + READS_FOR
    pause = 0.2
    left, view, error = attempts, None, None
    while True:
        try:
            view = await read(recorder.session, [each.change for each in left], recorder.operations)
            error = None
        except JackfieldError as failure:
            error = failure
            # What the application itself refused needs no read to be known.
            recorder.record([(each, answer, None) for each in left if (answer := _known(each)) is not None])
            left = [each for each in left if not each.settled]
        if view is not None and error is None:
            ended = [(each, outcome, view) for each in left if (outcome := _by_read(recorder, each, view)) is not None]
            if ended:
                recorder.record(ended)
            left = [each for each in left if not each.settled]
        if not left or clock.monotonic() + pause > until or (error is not None and not isinstance(error, _PASSING)):
            break
        await clock.sleep(pause)
        pause = min(2.0, pause * 2)
    if left:
        recorder.record(
            [(each, _unconfirmed(recorder, each, view, error), view if error is None else None) for each in left]
        )


def _by_read(recorder: Recorder, attempt: Attempt, view: View) -> Outcome | None:
    """The outcome, where the state and the answer agree; None where the state may still follow."""
    answer = attempt.answer or Outcome(outcome=OutcomeKind.FAILED)
    if kind_of(attempt.change).unreadable(attempt.change, recorder.operations, view) is not None:
        return _known(attempt)
    shown = kind_of(attempt.change).met(attempt.change, recorder.operations, view)
    # What stood so before it was asked for is not our work, whatever came of the call.
    ours = attempt.maybe_made and not is_older(attempt.change, recorder.operations, view, attempt.entry.intended)
    if answer.outcome in _DONE:
        if not shown:
            return None
        # What an earlier call of ours may have made is no news to the application.
        kind = OutcomeKind.CHANGED if ours else answer.outcome
        reason = None if kind is not answer.outcome else answer.reason
        return msgspec.structs.replace(
            answer,
            outcome=kind,
            confirmed_by=Confirmation.READ,
            reason=" ".join(filter(None, (reason, unseen(attempt, recorder.operations)))) or None,
            tag=None if ours else answer.tag,
        )
    if not attempt.maybe_made:
        return answer
    if not shown:
        return None
    if not ours:
        return msgspec.structs.replace(answer, outcome=OutcomeKind.ALREADY, tag=None, reason=SO_BEFORE)
    if (earlier := earlier_account(recorder.session, attempt, recorder.operations, view)) is not None:
        return earlier
    return Outcome(
        outcome=OutcomeKind.CHANGED,
        confirmed_by=Confirmation.READ,
        reason=unseen(attempt, recorder.operations),
        request_ids=answer.request_ids,
        results=answer.results,
        account=answer.account,
    )


def unseen(attempt: Attempt, operations: Operations) -> str | None:
    """What a read can't tell of a change that it shows made, where our own answer to it was lost."""
    beside = unread(attempt.change, operations) if attempt.lost else []
    if not beside:
        return None
    return f"An answer was lost, and no read tells whether {', '.join(beside)} took effect: somebody else may have made it."


def _unconfirmed(recorder: Recorder, attempt: Attempt, view: View | None, error: JackfieldError | None) -> Outcome:
    """The outcome of what no read confirmed in time."""
    answer = attempt.answer or Outcome(outcome=OutcomeKind.FAILED)
    if error is not None or view is None:
        why = f"the state can't be read: {error}" if error else "the state can't be read"
        if answer.outcome in _DONE:
            return unverified(f"the application answered that it is so, and {why}", answer)
        return unverified(f"{answer.reason or 'it failed'}; whether it was made is not known, since {why}", answer)
    if (unclear := kind_of(attempt.change).unreadable(attempt.change, recorder.operations, view)) is not None:
        said = "the application answered that it is so" if answer.outcome in _DONE else answer.reason or "it failed"
        return unverified(f"{said}, and whether it is can't be read: {unclear}", answer)
    target = kind_of(attempt.change).target(attempt.change, recorder.operations, view)
    other = ", ".join(unlike(attempt.change, recorder.operations, target))
    if answer.outcome not in _DONE:
        if begun(attempt.change, recorder.operations, attempt.entry.before, target):
            return unverified(f"the account is there, with another {other} than was asked for; {answer.reason}", answer)
        return answer
    shown = f"shows another {other}" if other else "does not show it"
    if not other and target.exists and kind_of(attempt.change).makes_account:
        shown = f"shows the account, which is {status_told(target.status_raw, target.status)}"
    why = f"the application answered that it is so, and a read {READS_FOR:g} s later {shown}"
    return unverified(f"{why}. {answer.reason}" if answer.reason else why, answer)
