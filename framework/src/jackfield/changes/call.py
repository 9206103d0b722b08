"""Asking the application to make changes, until it has answered or nothing more can be learned by asking.

Promises that an intent is in the journal before the call and the answer after it. Hides retries and lost answers.
"""

from collections.abc import Sequence
from contextlib import suppress

import msgspec

from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.rules import SO_BEFORE, carries_on, is_older, readable, unreadable
from jackfield.changes.kinds.view import View
from jackfield.changes.session import Attempt, Recorder, Session, read, read_patiently, unverified
from jackfield.errors import (
    JackfieldError,
    MissingPermission,
    PluginBug,
    RateLimited,
    Refused,
    RemoteContract,
    Transient,
)
from jackfield.http.session import DEFAULT_PAUSE
from jackfield_contracts import AccessState, JournalStatus, Outcome, OutcomeKind

TRIES = 4
"""The most calls that are made while their answers are lost."""

_ACT_WITHIN = 2.0
"""Seconds for which a state that was read may be acted upon without another read."""

READS_FOR = 10.0
"""For how many seconds a change is looked for that the application says to have made, or may have made."""
_LOST = (Transient, RemoteContract, PluginBug)
_PASSING = (Transient, RemoteContract, RateLimited)


async def call(recorder: Recorder, attempts: Sequence[Attempt], view: View) -> None:
    """Let the application make *attempts*, which fit into one call; each has an answer afterwards.

    Their intents are written first. Where an answer is lost, the state tells what was made, and the rest is asked for
    again: hooks that change do nothing the second time. What nothing can be read of is never asked for twice.
    """
    left = list(attempts)
    recorder.save(left)
    calls = _Calls(recorder, left, view)
    while await calls.look() and await calls.call():
        pass
    recorder.save([each for each in attempts if not _has_job(each)])
    recorder.save([each for each in attempts if _has_job(each)], JournalStatus.PENDING)


class _Calls:
    """One call after the other for the same changes, until each has an answer or nothing more can be learned by asking."""

    def __init__(self, recorder: Recorder, attempts: list[Attempt], view: View) -> None:
        self._recorder = recorder
        self._clock = recorder.session.clock
        self._deadline = self._clock.monotonic() + recorder.session.host.retry_deadline
        self._left = attempts
        self._view = view
        self._tries = 0
        self._stale = False

    async def look(self) -> bool:
        """Read the state anew where it may be another by now; whether something is left to be asked for."""
        if self._left and (self._stale or is_old(self._recorder.session, self._view)):
            # The application replaces what it holds without asking: what somebody else did meanwhile is not undone.
            try:
                self._left, self._view = await _not_made(self._recorder, self._left, self._deadline)
            except JackfieldError as error:
                _answer(self._left, _failed(error, retryable=isinstance(error, _PASSING)))
                return False
        self._stale = False
        return bool(self._left)

    async def call(self) -> bool:
        """Ask once; whether to ask again for what is left then."""
        self._recorder.session.demand_lock()
        try:
            answers = await _call_once(self._recorder, self._left, self._view.state)
        except RateLimited as error:
            return await self._pause(error)
        except _LOST as error:
            return await self._lose(error)
        except Refused as error:
            tag = error.tag or error.code
            _mark_many_maybe_made(self._left)
            refused = Outcome(outcome=OutcomeKind.REFUSED, tag=tag, reason=error.summary, request_ids=_ids(error))
            _answer(self._left, refused)
            return False
        except JackfieldError as error:
            _mark_many_maybe_made(self._left)
            _answer(self._left, _failed(error, retryable=False))
            return False
        for attempt, answer in zip(self._left, answers, strict=True):
            attempt.answer = answer
            attempt.maybe_made = attempt.maybe_made or not answer.understood
        self._left = [each for each in self._left if _is_open(self._recorder, each)]
        self._tries += 1
        return not self._is_over() and await self._wait()

    async def _pause(self, error: RateLimited) -> bool:
        # Nothing was done by the call that was turned away; of several that a hook makes, some may have been made.
        pause = error.after if error.after is not None else DEFAULT_PAUSE
        over = self._clock.monotonic() + pause >= self._deadline
        if not over or len(self._left) > 1 or kind_of(self._left[0].change).makes_account:
            _mark_maybe_made(self._left)
        if not error.turned_away:
            self._left = _lose(self._recorder, self._left, error)
        if over:
            # A read would wait for the end of the pause.
            too_long = not error.turned_away and pause > READS_FOR
            _answer(self._left, _paused(error) if too_long else _failed(error, retryable=True))
        if over or not self._left:
            return False
        await self._clock.sleep(pause)
        self._stale = not error.turned_away
        return True

    async def _lose(self, error: JackfieldError) -> bool:
        self._tries += 1
        self._left = _lose(self._recorder, self._left, error)
        # What is made already need not wait. Where this read fails too, the one before the next call tells, or the one that
        # confirms.
        with suppress(JackfieldError):
            self._left, self._view = await _not_made(self._recorder, self._left)
        if isinstance(error, PluginBug) or self._is_over():
            _answer(self._left, _failed(error, retryable=isinstance(error, Transient)))
            return False
        return await self._wait()

    def _is_over(self) -> bool:
        return self._tries >= TRIES or self._clock.monotonic() >= self._deadline

    async def _wait(self) -> bool:
        if not self._left:
            return False
        await self._clock.sleep(min(8.0, 0.5 * 2**self._tries))
        self._stale = True
        return True


async def _call_once(recorder: Recorder, attempts: list[Attempt], state: AccessState) -> tuple[Outcome, ...]:
    """One call of the hook that makes all of *attempts*, which are of one kind."""
    connection, vault = recorder.session.connection, recorder.session.vault
    changes = tuple(vault.filled(attempt.change, recorder.operations) for attempt in attempts)
    ids = tuple(attempt.entry.id for attempt in attempts)
    return await kind_of(changes[0]).call(connection, changes, state, ids)


def is_old(session: Session, view: View) -> bool:
    """Whether the state may be another by now."""
    return session.clock.monotonic() - view.at > _ACT_WITHIN


async def _not_made(
    recorder: Recorder, attempts: list[Attempt], deadline: float | None = None
) -> tuple[list[Attempt], View]:
    """Those of *attempts* that are still to be made, and the state of now; read once where no *deadline* is given."""
    if not attempts:
        return [], View.empty()
    changes = [attempt.change for attempt in attempts]
    if deadline is None:
        view = await read(recorder.session, changes, recorder.operations)
    else:
        view = await read_patiently(recorder.session, changes, recorder.operations, deadline=deadline)
    return still_to_make(recorder, attempts, view), view


def still_to_make(recorder: Recorder, attempts: Sequence[Attempt], view: View) -> list[Attempt]:
    """Those of *attempts* that the state shows neither made nor changed by somebody else; the others are answered by it."""
    left: list[Attempt] = []
    for attempt in attempts:
        if not readable(attempt.change, recorder.operations):
            left.append(attempt)
            continue
        if (why := kind_of(attempt.change).unreadable(attempt.change, recorder.operations, view)) is not None:
            attempt.answer = unverified(f"no answer came, and {why}") if attempt.maybe_made else unreadable(why)
            continue
        now = kind_of(attempt.change).target(attempt.change, recorder.operations, view)
        if kind_of(attempt.change).met(attempt.change, recorder.operations, view):
            older = is_older(attempt.change, recorder.operations, view, attempt.entry.intended)
            ours = attempt.maybe_made and not older
            reason = SO_BEFORE if older else None if ours else "somebody else made it meanwhile"
            attempt.answer = Outcome(outcome=OutcomeKind.CHANGED if ours else OutcomeKind.ALREADY, reason=reason)
        elif carries_on(attempt.change, recorder.operations, attempt.entry.before, now, maybe_made=attempt.maybe_made):
            left.append(attempt)
        elif attempt.maybe_made and kind_of(attempt.change).may_become_other:
            attempt.answer = unverified(kind_of(attempt.change).became_other(now))
        else:
            reason = "somebody else changed it while it was being made, and that is not undone"
            attempt.answer = Outcome(outcome=OutcomeKind.REFUSED, tag="drifted", reason=reason)
    return left


def _give_up_unreadable(recorder: Recorder, attempts: list[Attempt], error: JackfieldError) -> list[Attempt]:
    left: list[Attempt] = []
    for attempt in attempts:
        if readable(attempt.change, recorder.operations):
            left.append(attempt)
        else:
            attempt.answer = unverified(
                f"the answer was lost ({error.summary}), and no read can show whether it was made",
                _failed(error, retryable=False),
            )
    return left


def _lose(recorder: Recorder, attempts: list[Attempt], error: JackfieldError) -> list[Attempt]:
    """Those of *attempts* that a read can settle, now that their answer tells nothing; the others are answered."""
    _mark_maybe_made(attempts)
    for attempt in attempts:
        attempt.lost = True
    recorder.session.log.info("the answer to a change was lost", changes=len(attempts), reason=str(error))
    return _give_up_unreadable(recorder, attempts, error)


def _paused(error: RateLimited) -> Outcome:
    """What stands of a change where the application can't answer, and asks for a longer pause than there is time."""
    return unverified(
        f"the answer was lost ({error.summary}), and a read would wait too long", _failed(error, retryable=False)
    )


def _is_open(recorder: Recorder, attempt: Attempt) -> bool:
    return (
        attempt.answer is not None
        and may_be_ours(attempt, attempt.answer)
        and readable(attempt.change, recorder.operations)
    )


def may_be_ours(attempt: Attempt, answer: Outcome) -> bool:
    """Whether *answer*, which made nothing, may come from an earlier call of ours that the application does not show yet.

    So may a refusal to make an account: the address is taken, by the very account that was asked for, and what goes with it,
    such as groups, is still to be made.
    """
    failed = answer.outcome is OutcomeKind.FAILED and answer.retryable
    refused = answer.outcome is OutcomeKind.REFUSED and kind_of(attempt.change).makes_account
    return attempt.maybe_made and (failed or refused)


def _mark_maybe_made(attempts: list[Attempt]) -> None:
    for attempt in attempts:
        attempt.maybe_made = True


def _mark_many_maybe_made(attempts: list[Attempt]) -> None:
    """Doubt what an error ended: a hook that makes several may have made some of them before it came to the error."""
    if len(attempts) > 1:
        _mark_maybe_made(attempts)


def _answer(attempts: list[Attempt], answer: Outcome) -> None:
    for attempt in attempts:
        attempt.answer = answer


def _failed(error: JackfieldError, *, retryable: bool) -> Outcome:
    where = f" ({error.route})" if error.route else ""
    if isinstance(error, MissingPermission) and error.permission not in error.summary:
        where = f" (permission {error.permission}){where}"
    hint = f" {error.hint}" if error.hint else ""
    return Outcome(
        outcome=OutcomeKind.FAILED,
        tag=error.code,
        reason=f"{error.summary}{where}.{hint}" if hint else f"{error.summary}{where}",
        retryable=retryable,
        request_ids=_ids(error),
    )


def _ids(error: JackfieldError) -> tuple[str, ...]:
    return (error.request_id,) if error.request_id else ()


def _has_job(attempt: Attempt) -> bool:
    return attempt.answer is not None and attempt.answer.outcome is OutcomeKind.PENDING


def with_ids(answer: Outcome, before: Outcome | None) -> Outcome:
    """*answer* with the request ids of the one that it follows."""
    if before is None:
        return answer
    return msgspec.structs.replace(answer, request_ids=tuple(dict.fromkeys((*before.request_ids, *answer.request_ids))))
