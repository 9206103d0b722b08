"""An errand that was disturbed beside one that was not: what is wrong, and how it ended."""

from typing import Any

import msgspec
from harness.stands import Shown

from tests.sweeps.changes.cases import AGAIN, LATE, Case

SETTERS = ("role_changes", "profile_changes", "access_changes")
"""Side effects that are the same twice as once."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """How a case ended; ``wrong`` should be empty.

    ``fewer``: the outcome was told in other words. ``repeated``: a value was set once more that was set already.
    """

    case: Case
    result: str
    wrong: tuple[str, ...] = ()
    fewer: bool = False
    repeated: bool = False
    seconds: float = 0.0


class Undisturbed(msgspec.Struct, frozen=True, kw_only=True):
    """An errand on a team of its own: before it, after it, after the same command once more, and the points it passes."""

    before: Shown
    once: Shown
    twice: Shown
    points: tuple[str, ...]


def differences(case: Case, shown: Shown, model: Undisturbed, by_answer: bool) -> list[str]:
    """What is not as in an undisturbed run, in words."""
    wrong: list[str] = []
    if shown.truth != model.once.truth:
        wrong.append(f"the team is another: {_difference(shown.truth, model.once.truth)}")
    if shown.undecided + shown.pending:
        wrong.append(f"{shown.undecided} intents and {shown.pending} pending are left")
    models = (model.once, model.twice) if case.then == AGAIN else (model.once,)
    if not any(_same_entries(shown, one, by_answer) for one in models):
        wrong.append(f"the journal is another: {_difference(list(shown.entries), list(models[-1].entries))}")
    doubled = more_often(case, shown, model)
    if not _may_repeat(case):
        wrong += [f"done twice: {doubled}"] if doubled else []
    elif harmful := {what: number for what, number in doubled.items() if what.split()[0] not in SETTERS}:
        wrong.append(f"done twice: {harmful}")
    missing = {what for what in model.once.effects if what not in shown.effects}
    if missing and not by_answer:
        wrong.append(f"never done: {missing}")
    return wrong


def more_often(case: Case, shown: Shown, model: Undisturbed) -> dict[str, int]:
    """The side effects that happened more often than in an undisturbed run."""
    # Somebody who asks for a mail once more gets one more.
    most = (model.twice if case.then == AGAIN else model.once).effects
    return {what: number for what, number in shown.effects.items() if number > most.get(what, 0)}


def _may_repeat(case: Case) -> bool:
    """Whether a value may be set again that is set already, since no read could tell in time."""
    return case.boundary == LATE or case.lag > 0


def _same_entries(shown: Shown, model: Shown, by_answer: bool) -> bool:
    if len(shown.entries) != len(model.entries):
        return False
    return all(
        mine in (its, _without_names(its))
        or (by_answer and _is_unverified(mine) and _without_outcome(mine) == _without_outcome(its))
        for mine, its in zip(shown.entries, model.entries, strict=True)
    )


def _is_unverified(entry: dict[str, Any]) -> bool:
    return entry.get("outcome", {}).get("outcome") == "unverified"


def _without_names(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry as it is where whoever it is about was not there yet when it was planned, so that nobody knew a name."""
    return {key: value for key, value in entry.items() if key != "names"}


def _without_outcome(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in ("outcome", "after")}


def _difference(mine: Any, its: Any, at: str = "") -> str:
    """Where two documents differ first."""
    if isinstance(mine, dict) and isinstance(its, dict):
        for key in sorted(mine.keys() | its.keys()):
            if mine.get(key) != its.get(key):
                return _difference(mine.get(key), its.get(key), f"{at}/{key}")
    if isinstance(mine, list) and isinstance(its, list) and len(mine) == len(its):
        for number, (left, right) in enumerate(zip(mine, its, strict=True)):
            if left != right:
                return _difference(left, right, f"{at}/{number}")
    return f"{at} is {mine}, and should be {its}"[:700]


def seen_of(
    case: Case, shown: Shown, model: Undisturbed, wrong: list[str], *, begun: bool, made: bool, waited: bool
) -> Seen:
    if wrong:
        result = "wrong"
    elif any(map(_is_unverified, shown.entries)):
        result = "unverified"
    elif not begun:
        result = "never begun"
    else:
        result = "found made" if made else "made afterwards"
    if waited and not wrong:
        result += ", pending before"
    fewer = shown.told[: len(model.once.told)] != model.once.told
    repeated = bool(more_often(case, shown, model))
    return Seen(case=case, result=result, wrong=tuple(wrong), fewer=fewer, repeated=repeated)
