"""What became of each rule in a run of the suite: written by the pytest plugin, read by reports and by mutants.

Promises that the file can be read while it is written. Hides the names that pytest gives to tests.
"""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import msgspec

FINDING = "jackfield_finding"
"""The name of the property of a test that holds its finding."""

LEFT = "jackfield_left"
"""The name of the property of a test that says what of a rule was not checked for lack of something in the fixtures."""

BESIDE = "a test beside the rules"
"""Stands for a test of the author's own that failed."""

END = "the end"
"""Stands for all tests having been run."""

_RULE = "::test_rule["
_RANDOM = "::test_random_"


class Verdict(StrEnum):
    """What became of a rule."""

    HELD = "held"
    BROKEN = "broken"
    UNCHECKED = "not checked"


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One test of the suite: its check, and why it is not held. ``seed`` is that of a random check.

    ``crashed``: it failed without a finding, as by a fixture that is broken. ``share`` is how much of what could be checked
    was, ``left`` what was not for lack of something in the fixtures.
    """

    check: str
    verdict: Verdict
    seed: int | None = None
    what: str = ""
    steps: tuple[str, ...] = ()
    seconds: float = 0.0
    crashed: bool = False
    share: float = 1.0
    left: tuple[str, ...] = ()


def named(test: str) -> tuple[str, int | None] | None:
    """The check and the seed of a test by its pytest id; None for tests that are not the suite's."""
    name = test.rpartition("::")[2].rstrip("]")
    if _RULE in test:
        return name.removeprefix("test_rule["), None
    if _RANDOM in test:
        kind, _, seed = name.removeprefix("test_random_").partition("[")
        return f"{kind}_truly_at_random", int(seed) if seed.isdigit() else None
    return None


def written(file: Path, result: Result) -> None:
    """Append *result* to *file*."""
    with file.open("ab") as out:
        out.write(msgspec.json.encode(result) + b"\n")


def results_in(file: Path) -> tuple[Result, ...]:
    """What stands in *file*; nothing if it is not there."""
    if not file.exists():
        return ()
    return tuple(msgspec.json.decode(line, type=Result) for line in file.read_bytes().splitlines())


def by_check(results: Iterable[Result]) -> dict[str, Result]:
    """One result for each check: the first that is broken, or else the first that was checked."""
    weight = {Verdict.BROKEN: 0, Verdict.HELD: 1, Verdict.UNCHECKED: 2}
    message: dict[str, Result] = {}
    for each in results:
        known = message.get(each.check)
        if known is None or weight[each.verdict] < weight[known.verdict]:
            message[each.check] = each
    return message


def percentage(results: Iterable[Result]) -> int | None:
    """How much of the rules that say something about this connector was checked, of 100; None where none does.

    A rule that its fixtures let be checked in part counts by that part, rounded down, so that 100 is all of them.
    """
    shares = [each.share for each in by_check(results).values() if each.verdict is not Verdict.UNCHECKED or each.left]
    return int(sum(shares) * 100 / len(shares) + 1e-9) if shares else None
