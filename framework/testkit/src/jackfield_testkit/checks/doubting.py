"""What a hook of a connector with a protocol of its own tells of a change whose answer was lost: tried by a tap."""

from collections.abc import Sequence

import msgspec

from jackfield.changes.kinds.registry import kind_of
from jackfield.errors import JackfieldError, RateLimited, Transient
from jackfield_contracts import AccessState, Change, GrantAccess, Outcome, OutcomeKind
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import (
    DONE,
    NOT_MADE,
    name_of,
    none_given,
    one_of_each_kind,
    outcome_text,
    restore,
    state_before,
)
from jackfield_testkit.data import Finding, Truth
from jackfield_testkit.reach import tap_of
from jackfield_testkit.tapping import Tap

MOST = 24
"""So many messages of one change are looked at."""

_MOST_GRANTS = 4


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a hook did: its outcome or its error, and what was there before."""

    outcome: Outcome | None
    error: JackfieldError | None
    before: Truth
    effects: dict[str, int]

    def more(self, bench: Bench) -> dict[str, int]:
        """The side effects since."""
        now = bench.effects().items()
        return {name: number - self.effects.get(name, 0) for name, number in now if number > self.effects.get(name, 0)}

    def made(self, bench: Bench) -> bool:
        """Whether anything of the application is another since."""
        return bench.truth() != self.before or bool(self.more(bench))

    def __str__(self) -> str:
        return outcome_text(self.outcome) if self.outcome is not None else f"{type(self.error).__name__}: {self.error}"


async def doubts_a_lost_answer(bench: Bench) -> None:
    """A hook whose answer is lost says neither that it changed anything nor that it did not, nor changes it again by itself.

    The answer may be lost after the effect, and somebody else may be there meanwhile: the host looks before it asks again.
    """
    tap = await tap_of(bench)
    samples = bench.samples
    others: list[Change] = [*samples.accounts[:1], *samples.deletions[:1], *samples.actions[:1]]
    grants = one_of_each_kind(samples.grants)[:_MOST_GRANTS] if bench.implements("grant") else []
    if not others and not grants:
        none_given(bench, "the samples have no changes")
    try:
        for change in others:
            await _doubts(bench, tap, change)
        for grant in grants:
            await _doubts(bench, tap, grant, grant)
    finally:
        tap.restore()


async def _doubts(bench: Bench, tap: Tap, change: Change, grant: GrantAccess | None = None) -> None:
    """*grant* is the change, if it is one, which can be taken back."""
    for number in range(1, MOST + 1):
        steps = (f"the answer to its message {number} is lost, and the server can't be reached then",)
        seen = await _hook(bench, tap, change, number, refuse=True)
        if seen is None:
            return
        if not tap.struck:
            # It came to its end without so many messages: made by whatever came before, or not to be made.
            tap.restore()
            if grant is not None and seen.made(bench):
                await restore(bench, grant, seen.before)
            return
        tap.restore()
        made = _judged(bench, change, seen, steps)
        if seen.outcome is not None and seen.outcome.outcome in DONE:
            raise Finding(
                f"it is told as {outcome_text(seen.outcome)}, and nobody could look",
                f"{name_of(change)} (the hook)",
                *steps,
            )
        if made:
            if grant is not None:
                await restore(bench, grant, seen.before)
                await _once(bench, tap, grant, number)
            return


async def _once(bench: Bench, tap: Tap, change: GrantAccess, number: int) -> None:
    """Lose the message by which it is made, and then its answer alone: the hook does not make it again."""
    for lost in (True, False):
        seen = await _hook(bench, tap, change, number, lost=lost)
        if seen is None:
            return
        struck = tap.struck
        tap.restore()
        steps = (
            f"its message {number}, by which it is made, is lost"
            if lost
            else f"the answer to message {number} is lost",
        )
        made = _judged(bench, change, seen, steps)
        if struck and lost and made:
            raise Finding(
                f"the hook makes it again by itself, not knowing whether it was made ({seen})",
                f"{name_of(change)} (the hook)",
                *steps,
            )
        if made:
            await restore(bench, change, seen.before)


async def _hook(
    bench: Bench, tap: Tap, change: Change, number: int, *, lost: bool = False, refuse: bool = False
) -> _Seen | None:
    """Call the hook past the host, and lose one of its messages or answers; None where the sample can't be tried (any more)."""
    tap.restore()
    async with bench.open() as connection:
        try:
            state: AccessState = await state_before(connection, change)
        except JackfieldError:
            return None  # the sample was used up
        before, effects = bench.truth(), bench.effects()
        if lost:
            tap.lose_message(number)
        else:
            tap.lose_answer(number, refuse=refuse)
        outcome: Outcome | None = None
        error: JackfieldError | None = None
        try:
            (outcome,) = await kind_of(change).call(connection, (change,), state, ("",))
        except JackfieldError as raised:
            error = raised
    return _Seen(outcome=outcome, error=error, before=before, effects=effects)


def _judged(bench: Bench, change: Change, seen: _Seen, steps: Sequence[str]) -> bool:
    """Whether it was made; a finding where it is told otherwise, or was made twice."""
    steps = (f"{name_of(change)} (the hook)", *steps)
    made = seen.made(bench)
    if twice := {name: number for name, number in seen.more(bench).items() if number > 1}:
        raise Finding(f"an effect happened more than once: {twice}", *steps)
    if seen.error is not None and not isinstance(seen.error, Transient | RateLimited):
        raise Finding(f"a lost connection becomes {type(seen.error).__name__}, not Transient: {seen.error}", *steps)
    if seen.outcome is None:
        return made
    said = seen.outcome.outcome
    if said is OutcomeKind.CHANGED and not made:
        raise Finding(f"it is told as {outcome_text(seen.outcome)}, and was not made", *steps)
    if said in (*NOT_MADE, OutcomeKind.ALREADY) and made:
        raise Finding(f"it is told as {outcome_text(seen.outcome)}, and was made by it", *steps)
    return made
