"""A process that plays cases: ``python -m tests.sweeps.fuzz.worker NAME SEED SECONDS FOLDER KNOWN`` those of one target
for a while, ``… sample SEED CASES FOLDER NAME…`` the same few of each target every time.

It writes the case that it plays to ``current.json`` before it begins, so that one that never ends is known, and tells what
it found on standard output, a line of JSON each.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import stamina

from .inside import signature, stay_inside
from .target import Case, Ground, Target

EXAMPLES = 60
"""Cases in a round; each round has a seed of its own."""

SMALLER = 120
"""Cases tried to make a finding smaller."""

MEMORY = 3 << 30


def targets() -> dict[str, Target]:
    """All targets by name."""
    from . import answers, configurations, plans, rosters

    return {each.name: each for module in (answers, rosters, plans, configurations) for each in module.TARGETS}


class _FoundError(Exception):
    """A case that shows something wrong."""


class Hunt:
    """Rounds of random cases; ``known`` are signatures that are not told again."""

    def __init__(self, target: Target, ground: Ground, known: set[str], current: Callable[[Case], object]) -> None:
        self._target = target
        self._ground = ground
        self.known = known
        self._current = current
        self.cases = 0

    def round(self, seed: int, examples: int = EXAMPLES, until: float = float("inf")) -> dict[str, tuple[Case, str]]:
        """One round: what was found, by signature, each with its smallest case."""
        shown: dict[str, tuple[Case, str]] = {}
        failing: dict[str, str] = {}
        left = SMALLER

        def play(case: Case) -> None:
            nonlocal left
            text = json.dumps(case, sort_keys=True)
            if text in failing:
                raise _FoundError(failing[text])
            if time.monotonic() > until or (shown and left <= 0):
                return
            left -= bool(shown)
            self.cases += 1
            self._current(case)
            fresh = {signature(each): each for each in self._ground.play(case)}
            fresh = {name: each for name, each in fresh.items() if name not in self.known}
            for name, each in fresh.items():
                if name not in shown or len(text) < len(json.dumps(shown[name][0])):
                    shown[name] = case, each
            if fresh:
                failing[text] = next(iter(fresh))
                raise _FoundError(failing[text])

        settings = hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
            suppress_health_check=list(hypothesis.HealthCheck),
            report_multiple_bugs=False,
        )
        test = hypothesis.seed(seed)(settings(hypothesis.given(self._target.strategy(self._ground))(play)))
        try:
            test()
        except (_FoundError, hypothesis.errors.HypothesisException, BaseExceptionGroup):
            if not shown:
                raise
        self.known |= set(shown)
        return shown


def store(folder: Path, target: Target, ground: Ground, seed: int, case: Case, wrong: str) -> Path:
    """Write a finding where it can be played again."""
    name = f"{target.name.replace(' ', '-')}-{abs(hash(json.dumps(case, sort_keys=True))):x}"
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "case.json").write_text(
        json.dumps({"target": target.name, "seed": seed, "wrong": wrong, "case": case}, indent=1)
    )
    for each, content in ground.files(case).items():
        (place / each).write_bytes(content)
    return place


def hunt(
    name: str, seed: int, seconds: float, folder: Path, known: set[str], tell: Callable[[dict[str, Any]], None]
) -> None:
    """Play rounds for *seconds*."""
    target = targets()[name]
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-") as ground_folder,
        target.open(Path(ground_folder) / "ground") as ground,
    ):
        current = folder / "current.json"
        one = Hunt(
            target,
            ground,
            known,
            lambda case: current.write_text(json.dumps({"target": name, "seed": seed, "case": case})),
        )
        until, number, before = time.monotonic() + seconds, 0, 0
        while time.monotonic() < until:
            found = one.round(seed * 100_000 + number, until=until)
            number += 1
            for mark, (case, wrong) in found.items():
                place = store(folder, target, ground, seed * 100_000 + number - 1, case, wrong)
                tell({"found": wrong, "signature": mark, "place": str(place)})
            tell({"cases": one.cases - before})
            before = one.cases


def sample(seed: int, examples: int, folder: Path, names: list[str], tell: Callable[[dict[str, Any]], None]) -> None:
    """Play one round of each target, with the same cases each time."""
    for name in names:
        target = targets()[name]
        with tempfile.TemporaryDirectory(prefix="fuzz-") as place, target.open(Path(place) / "ground") as ground:
            one = Hunt(target, ground, set(), lambda _: None)
            for mark, (case, wrong) in one.round(seed, examples).items():
                tell(
                    {"found": wrong, "signature": mark, "place": str(store(folder, target, ground, seed, case, wrong))}
                )
            tell({"cases": one.cases})


def prepare() -> None:
    """Make this process fit for it."""
    stay_inside()
    stamina.set_testing(True, attempts=3)


def main(argv: list[str]) -> None:
    """As the module says."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    prepare()
    out = sys.stdout

    def tell(one: dict[str, Any]) -> None:
        print(json.dumps(one), file=out, flush=True)

    if argv[0] == "sample":
        sample(int(argv[1]), int(argv[2]), Path(argv[3]), argv[4:], tell)
    else:
        name, seed, seconds, folder, known = argv
        hunt(name, int(seed), float(seconds), Path(folder), set(json.loads(known)), tell)


if __name__ == "__main__":
    main(sys.argv[1:])
