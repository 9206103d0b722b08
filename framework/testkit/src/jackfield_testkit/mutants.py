"""``python -m jackfield_testkit.mutants DIR --connector NAME``: which check finds which planted bug.

Promises that the connector passes without any of them first; exit code 1 if one stays alive or does not apply.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import msgspec

from jackfield.errors import BadConfig
from jackfield.hookspecs import CONNECTORS_GROUP
from jackfield_testkit.isolated import SuiteRun, demand_own, failure_to_load, run_suite, suite_of
from jackfield_testkit.patches import NotApplied, Patch, applied, copied, package_folder, patches_in
from jackfield_testkit.results import Verdict
from jackfield_testkit.seeds import seeds_of

TIMEOUT = 300.0
"""Seconds after which a suite counts as one that does not end, which is how some bugs show, unless told otherwise."""

_ALIVE, _UNFIT = "ALIVE", "does not apply"


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one planted bug: the first check that found it and what it said, or why there is none.

    ``also`` are the other checks that found it, where all were tried.
    """

    patch: Patch
    killed_by: str | None = None
    said: str = ""
    also: tuple[str, ...] = ()


def fate_of(
    patch: Patch,
    package: Path,
    suite: EntryPoint,
    *,
    seeds: str,
    every: bool = False,
    timeout: float = TIMEOUT,
    before: Mapping[str, str] = {},
) -> Fate:
    """Run *suite* on a copy of *package* with *patch*, to the first check that finds it or through *every* one.

    *before* are checks that found a bug in an earlier run, by the name of its file: that one is tried first, alone.
    """
    with tempfile.TemporaryDirectory(prefix="jackfield-mutant-") as name:
        folder = Path(name)
        copied(package, folder)
        try:
            applied(patch, folder)
        except NotApplied as error:
            return Fate(patch=patch, said=f"{_UNFIT}: {error}")
        if (why := failure_to_load(suite, folder)) is not None:
            return Fate(patch=patch, said=f"{_UNFIT}: what is left can't be loaded: {why}")
        if (found := before.get(patch.file.stem, "")) and not every:
            run = run_suite(suite, seeds=seeds, first_only=True, before=folder, timeout=timeout, only=found)
            if run.broken is not None and not run.broken.crashed:
                return _text(patch, run, timeout)
        run = run_suite(suite, seeds=seeds, first_only=not every, before=folder, timeout=timeout)
    return _text(patch, run, timeout)


def _text(patch: Patch, run: SuiteRun, timeout: float) -> Fate:
    if run.passed:
        return Fate(patch=patch, said=_ALIVE)
    if (broken := run.broken) is None and not run.ended:
        return Fate(patch=patch, killed_by="does not end", said=f"within {timeout:g} s")
    if broken is None:
        return Fate(patch=patch, said=f"{_UNFIT}: the suite does not start: {run.output[-300:]}")
    if broken.crashed:
        return Fate(patch=patch, said=f"{_UNFIT}: the suite itself fails in {broken.check}: {broken.what[-300:]}")
    seed = f" (seed {broken.seed})" if broken.seed is not None else ""
    others = dict.fromkeys(each.check for each in run.results if each.verdict is Verdict.BROKEN)
    also = tuple(check for check in others if check != broken.check)
    return Fate(patch=patch, killed_by=broken.check + seed, said=broken.what, also=also)


def table(fates: Sequence[Fate]) -> str:
    """The fates as a table in Markdown; with the other checks that found a bug, where there are any."""
    every = any(each.also for each in fates)
    names = ("bug", "why it is one", "killed by", "which said", *(["also by"] if every else []))
    rows = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    for each in fates:
        killed = each.killed_by or f"**{_cell(each.said)}**"
        cells = [_cell(each.patch.title), _cell(each.patch.why), killed, _cell(each.said if each.killed_by else "")]
        cells += [", ".join(each.also)] if every else []
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def idle(fates: Iterable[Fate]) -> list[str]:
    """The checks that found none of the bugs."""
    from jackfield_testkit.suite import every_check

    busy = {check for each in fates for check in (*each.also, (each.killed_by or "").partition(" ")[0])}
    return [check for check in every_check() if check not in busy]


def _cell(text: str, most: int = 240) -> str:
    short = text if len(text) <= most else text[:most] + "…"
    return " ".join(short.split()).replace("|", "\\|").replace("<", "&lt;")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all of them, tell of each, and of all together."""
    out = argparse.ArgumentParser(
        prog="python -m jackfield_testkit.mutants", description=(__doc__ or "").split("\n")[0]
    )
    out.add_argument("folder", type=Path, metavar="DIR", help="folder of *.patch")
    out.add_argument("--connector", required=True, metavar="NAME", help="name of an installed connector")
    out.add_argument("--jobs", type=int, default=2, metavar="N", help="how many are tried at once")
    out.add_argument("--seeds", default="3", metavar="[FIRST:]NUMBER", help="seeds of the random checks")
    out.add_argument(
        "--timeout",
        type=float,
        default=TIMEOUT,
        metavar="S",
        help="seconds after which a suite does not end (default 300)",
    )
    out.add_argument("--only", default="", metavar="TEXT", help="patches with that in their file name only")
    out.add_argument(
        "--before",
        type=Path,
        metavar="FILE",
        help="what an earlier run printed: the check that found a bug then is tried first, which saves most of the time",
    )
    out.add_argument("--every", action="store_true", help="try every check on each, not only until one finds it")
    out.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    given = out.parse_args(arguments)
    try:
        return _run(given)
    except BadConfig as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2


def _run(given: argparse.Namespace) -> int:
    patches = [patch for patch in patches_in(given.folder) if given.only in patch.file.name]
    if not patches:
        raise BadConfig(f"no patch of {given.folder} has {given.only!r} in its name")
    try:
        seeds_of(given.seeds)
    except ValueError as error:
        raise BadConfig(str(error), path="--seeds") from None
    suite = suite_of(given.connector)
    demand_own(suite)
    package = package_folder(_module_of(given.connector))
    before = _found_before(given.before) if given.before is not None else {}
    print(f"first the suite of {given.connector!r} without a bug", file=sys.stderr, flush=True)  # noqa: T201
    sound = run_suite(suite, seeds=given.seeds, first_only=True, timeout=given.timeout)
    if not sound.passed:
        why = sound.output[-2000:] or f"its suite does not end within {given.timeout:g} s"
        raise BadConfig(f"the connector does not pass without any bug:\n{why}")
    fates: list[Fate] = []
    with ThreadPoolExecutor(max(1, given.jobs)) as pool:
        trial = partial(
            fate_of,
            package=package,
            suite=suite,
            seeds=str(given.seeds),
            every=given.every,
            timeout=given.timeout,
            before=before,
        )
        for fate in pool.map(trial, patches):
            fates.append(fate)
            print(f"{fate.patch.file.stem}: {fate.killed_by or fate.said}", flush=True)  # noqa: T201
    killed = sum(each.killed_by is not None for each in fates)
    message = f"{killed} of {len(fates)} planted bugs were found ({killed * 100 / max(1, len(fates)):.0f} %)."
    if given.every:
        message += f" Checks that found none: {', '.join(idle(fates)) or 'none'}."
    print(message)  # noqa: T201
    if given.markdown is not None:
        given.markdown.write_text(f"{table(fates)}\n{message}\n", encoding="utf-8")
    return 0 if killed == len(fates) else 1


def _found_before(file: Path) -> dict[str, str]:
    """The checks by the names of the bugs' files, of lines as this program prints them; other lines tell nothing."""
    from jackfield_testkit.suite import every_check

    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise BadConfig(f"{file} can't be read: {error}", path="--before") from None
    known = set(every_check())
    found = ((name, rest.split(" ")[0]) for name, _, rest in (line.partition(": ") for line in lines))
    return {name: check for name, check in found if check in known}


def _module_of(connector: str) -> str:
    points = [point for point in entry_points(group=CONNECTORS_GROUP) if point.name == connector]
    if not points:
        raise BadConfig(f"no connector {connector!r} is installed")
    return points[0].module


if __name__ == "__main__":
    sys.exit(main())
