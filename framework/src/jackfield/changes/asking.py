"""Asking the application to make changes, until it has answered or nothing more can be learned by asking.

Promises that an intent is in the journal before the call and the answer after it. Hides retries and lost answers.
"""

from collections.abc import Sequence
from typing import cast

import msgspec

from jackfield.changes.attempt import Attempt, Desk, unverified
from jackfield.changes.goals import View, met, readable
from jackfield.changes.plan import read
from jackfield.connection import Connection
from jackfield.errors import JackfieldError, PluginBug, RateLimited, Refused, RemoteContract, Transient
from jackfield_contracts import (
    AccessState,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    JournalStatus,
    Outcome,
    OutcomeKind,
    RevokeAccess,
)

TRIES = 4
"""Calls of which the answer may be lost before it is left at that."""

_LOST = (Transient, RemoteContract, PluginBug)


async def ask(desk: Desk, attempts: Sequence[Attempt], view: View) -> None:
    """Let the application make *attempts*, which fit into one call; each has an answer afterwards.

    Their intents are written first. Where an answer is lost, the state tells what was made, and the rest is asked for
    again: hooks that change do nothing the second time. What nothing can be read of is never asked for twice.
    """
    changing = desk.changing
    deadline = changing.clock.monotonic() + changing.host.retry_deadline
    left = list(attempts)
    desk.save(left)
    lost = 0
    while left:
        try:
            answers = await _call(changing.connection, left, view.state)
        except RateLimited as error:
            # Nothing was done by the call that was turned away; of several that a hook makes, some may have been made.
            _doubt(left)
            if changing.clock.monotonic() >= deadline:
                _answer(left, _failed(error, retryable=True))
                break
        except _LOST as error:
            lost += 1
            _doubt(left)
            changing.log.info("the answer to a change was lost", changes=len(left), reason=str(error))
            left = _give_up_unreadable(desk, left, error)
            left, view = await _not_made(desk, left, view)
            over = lost >= TRIES or isinstance(error, PluginBug) or changing.clock.monotonic() >= deadline
            if over:
                _answer(left, _failed(error, retryable=isinstance(error, Transient)))
                break
            if left:
                await changing.clock.sleep(min(8.0, 0.5 * 2**lost))
        except Refused as error:
            tag = error.tag or error.code
            _doubt_many(left)
            _answer(left, Outcome(outcome=OutcomeKind.REFUSED, tag=tag, reason=error.summary, request_ids=_ids(error)))
            break
        except JackfieldError as error:
            _doubt_many(left)
            _answer(left, _failed(error, retryable=False))
            break
        else:
            for attempt, answer in zip(left, answers, strict=True):
                attempt.answer = answer
            left = [each for each in left if _is_open(desk, each)]
            lost += 1
            if lost >= TRIES or changing.clock.monotonic() >= deadline:
                break
            if left:
                await changing.clock.sleep(min(8.0, 0.5 * 2**lost))
                left, view = await _not_made(desk, left, view)
    desk.save([each for each in attempts if not _has_job(each)])
    desk.save([each for each in attempts if _has_job(each)], JournalStatus.PENDING)


async def _call(connection: Connection, attempts: list[Attempt], state: AccessState) -> tuple[Outcome, ...]:
    """One call of the hook that makes all of *attempts*, which are of one kind."""
    changes = tuple(attempt.change for attempt in attempts)
    first = changes[0]
    if isinstance(first, GrantAccess):
        return await connection.grant(cast("tuple[GrantAccess, ...]", changes), state)
    if isinstance(first, RevokeAccess):
        return await connection.revoke(cast("tuple[RevokeAccess, ...]", changes), state)
    if isinstance(first, CreateAccount):
        return await connection.create_account(cast("tuple[CreateAccount, ...]", changes))
    if isinstance(first, DeleteAccount):
        return (await connection.delete_account(first, state),)
    return (await connection.run_action(first, state),)


async def _not_made(desk: Desk, attempts: list[Attempt], view: View) -> tuple[list[Attempt], View]:
    """Those of *attempts* that the state does not show made, and that state; the others are answered by it."""
    if not attempts:
        return [], view
    try:
        view = await read(desk.changing, [attempt.change for attempt in attempts], desk.operations)
    except JackfieldError as error:
        desk.changing.log.info("the state can't be read either", reason=str(error))
        return attempts, view
    left: list[Attempt] = []
    for attempt in attempts:
        if met(attempt.change, desk.operations, view):
            attempt.answer = Outcome(outcome=OutcomeKind.CHANGED)
        else:
            left.append(attempt)
    return left, view


def _give_up_unreadable(desk: Desk, attempts: list[Attempt], error: JackfieldError) -> list[Attempt]:
    left: list[Attempt] = []
    for attempt in attempts:
        if readable(attempt.change, desk.operations):
            left.append(attempt)
        else:
            attempt.answer = unverified(
                f"the answer was lost ({error.summary}), and nothing can be read that would tell",
                _failed(error, retryable=False),
            )
    return left


def _is_open(desk: Desk, attempt: Attempt) -> bool:
    """Whether a failure may come from an earlier call of ours that the application does not show yet."""
    answer = attempt.answer
    failed = answer is not None and answer.outcome is OutcomeKind.FAILED and answer.retryable
    return failed and attempt.doubtful and readable(attempt.change, desk.operations)


def _doubt(attempts: list[Attempt]) -> None:
    for attempt in attempts:
        attempt.doubtful = True


def _doubt_many(attempts: list[Attempt]) -> None:
    """Doubt what an error ended: a hook that makes several may have made some of them before it came to the error."""
    if len(attempts) > 1:
        _doubt(attempts)


def _answer(attempts: list[Attempt], answer: Outcome) -> None:
    for attempt in attempts:
        attempt.answer = answer


def _failed(error: JackfieldError, *, retryable: bool) -> Outcome:
    where = f" ({error.route})" if error.route else ""
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
