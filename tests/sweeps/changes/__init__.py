"""Changes that are interrupted: the process killed at every boundary, requests lost, answers lost.

After recovery, or after the same command again, the team's state and the journal equal those of a run that nothing
disturbed; nothing is done twice, and nothing stays undecided.
"""

import asyncio
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from harness.errands import ERRANDS

from tests.sweeps.changes.cases import Case, cases_of
from tests.sweeps.changes.comparing import Seen, Undisturbed
from tests.sweeps.changes.report import write_page
from tests.sweeps.changes.running import sweep, undisturbed


def _models(errands: Sequence[str]) -> dict[str, Undisturbed]:
    async def run() -> dict[str, Undisturbed]:
        return {errand: await undisturbed(errand) for errand in errands}

    return asyncio.run(run())


def _part(chosen: Sequence[Case], models: dict[str, Undisturbed]) -> list[Seen]:
    async def run() -> list[Seen]:
        patient = [case for case in chosen if case.lag or case.fault]
        busy = [case for case in chosen if case not in patient]
        return [*await sweep(busy, models), *await sweep(patient, models, together=6)]

    seen = asyncio.run(run())
    for one in seen:
        if one.wrong:
            told = "\n    ".join(one.wrong)
            print(f"{one.case} ({one.seconds:.1f} s)\n    {told}", file=sys.stderr, flush=True)
    return seen


def main(argv: list[str]) -> int:
    """Run every case, or those whose description holds all the words given."""
    with ProcessPoolExecutor(2) as processes:
        names = [name for name in ERRANDS if not argv or argv[0] not in ERRANDS or name == argv[0]]
        models: dict[str, Undisturbed] = {}
        for some in processes.map(_models, (names[0::2], names[1::2])):
            models |= some
        chosen = [case for name in names for case in cases_of(name, models[name].points)]
        chosen = [case for case in chosen if all(word in str(case) for word in argv)]
        print(f"{len(chosen)} cases", file=sys.stderr)
        parts = [chosen[at : at + 30] for at in range(0, len(chosen), 30)]
        needed = [{case.errand: models[case.errand] for case in part} for part in parts]
        seen = [one for part in processes.map(_part, parts, needed) for one in part]
    if argv:
        for one in seen:
            print(f"{one.case}: {one.result}, {one.seconds:.1f} s")
    else:
        write_page(seen)
    return 1 if any(one.wrong for one in seen) else 0
