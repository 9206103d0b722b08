"""Random changes against a simulated team and a plain model of it: after each, the truth is what the model says.

What is lost on the way, lags behind or goes on as a job changes no outcome and doubles no effect. A change made twice is
``already``, a grant taken back restores what was, a plan applied twice changes nothing the second time, a plan whose team
was changed meanwhile is refused change by change, and a dry run asks for nothing that writes.
"""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from harness.benches import bench
from harness.evidence import table, write
from harness.expected import ALREADY, CHANGED, REFUSED
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.sweeps.machine.judging import DRIFTED
from tests.sweeps.machine.rules import Machine


def run(
    examples: int, steps: int, *, seed: int | None = None, shrink: bool = False, folder: Path | None = None
) -> Counter[tuple[str, str]]:
    """Run the machine so often, so many rules each; how often each kind of change had each outcome.

    Without a *seed* every run tries the same. To *shrink* a failure to few steps may take minutes.
    """
    wanted = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=seed is None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        print_blob=False,
        report_multiple_bugs=False,
    )
    Machine.seen.clear()
    with bench(folder) as workshop:
        Machine.workshop = workshop
        run_state_machine_as_test(Machine if seed is None else _seeded(seed), settings=wanted)
    return Counter(Machine.seen)


def _seeded(seed: int) -> Callable[[], Machine]:
    from hypothesis import seed as with_seed

    return with_seed(seed)(type(f"Machine{seed}", (Machine,), {}))


def main(argv: list[str]) -> int:
    """Run it at length: ``[EXAMPLES [STEPS [SEED]]]``."""
    examples, steps, seed = (*map(int, argv), *(400, 40, random.randrange(10**6))[len(argv) :])
    print(f"machine: {examples} teams, {steps} steps each, seed {seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="machine-") as folder:
        seen = run(examples, steps, seed=seed, shrink=True, folder=Path(folder))
    kinds = sorted({kind for kind, _ in seen})
    outcomes = (CHANGED, ALREADY, REFUSED, DRIFTED)
    rows = [(kind, *(seen[kind, outcome] for outcome in outcomes)) for kind in kinds]
    text = table(("change", *outcomes), rows)
    print(text, file=sys.stderr)
    if not argv:
        write(
            "machine",
            "Changes at random beside a model",
            f"{seen.total():,} changes of {examples} simulated teams, one by one or in plans: while requests and answers "
            "were lost, reads lagged by three seconds, jobs went on, and others changed the team. After each the truth "
            "was what a plain model says, each outcome was the expected one, no effect was doubled; what was made twice "
            "was already so, grants taken back restored what was, plans applied twice changed nothing the second time, "
            "plans whose team had drifted were refused change by change, and dry runs made no write call.",
            text,
        )
    return 0
