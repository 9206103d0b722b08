"""The suite that a package brings for its connector, run in a process of its own.

Promises that the options of the project around do not count. Hides pytest's command line.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import msgspec

from jackfield.cli.foreign import foreign_output
from jackfield.errors import BadConfig
from jackfield_testkit.results import BESIDE, END, Result, Verdict, results_in

GROUP = "jackfield.testkit.v1"
"""The group of entry points that name a connector's suite: ``acme = "acme.conformance:TestAcme"``."""

_LOAD = """
import importlib, sys
from importlib.metadata import entry_points
(point,) = entry_points(group="jackfield.connectors.v1", name=sys.argv[1])
importlib.import_module(sys.argv[2]), importlib.import_module(point.module)
"""
_TEST = "from {module} import {name}\n"


class SuiteRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run: ``results`` in the order of their tests, ``output`` of pytest, ``ended`` unless it was cut short.

    ``beside`` are failed tests that are no rules.
    """

    results: tuple[Result, ...]
    passed: bool
    ended: bool
    output: str
    beside: tuple[Result, ...] = ()

    @property
    def broken(self) -> Result | None:
        """The first rule that is broken."""
        return next((each for each in self.results if each.verdict is Verdict.BROKEN), None)


def suite_of(connector: str) -> EntryPoint:
    """The suite of an installed connector; raises BadConfig if its package brings none."""
    points = [point for point in entry_points(group=GROUP) if point.name == connector]
    if not points:
        raise BadConfig(
            f"no installed package brings a suite for the connector {connector!r}",
            path="connectors",
            hint=f'An author adds the entry point {connector} = "package.module:TestClass" to the group {GROUP}.',
        )
    if len(points) > 1:
        brought = ", ".join(sorted(point.dist.name if point.dist else point.value for point in points))
        raise BadConfig(f"several packages bring a suite for {connector!r}: {brought}", hint="Uninstall all but one.")
    return points[0]


def demand_own(suite: EntryPoint) -> None:
    """Raise BadConfig where *suite* is another connector's, or can't be loaded; its package is imported."""
    try:
        with foreign_output():
            of = getattr(suite.load(), "connector", None)
    except Exception as error:  # noqa: BLE001 - whatever the package raises as it is imported
        raise BadConfig(
            f"the suite {suite.value} can't be loaded: {type(error).__name__}: {error}",
            hint="Where a package is missing, install the extra of the connector's package that its tests need.",
        ) from None
    if of != suite.name:
        raise BadConfig(
            f"the suite {suite.value} is for the connector {of!r}, not for {suite.name!r}",
            hint=f"Name the right class in the entry point of the group {GROUP}.",
        )


def failure_to_load(suite: EntryPoint, before: Path) -> str | None:
    """Why the module of *suite* can't be imported with *before* in front; None if it can. In a process of its own."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _LOAD, suite.name, suite.module],
        env=_environment(before),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it ends the process"])[-1]


def run_suite(
    suite: EntryPoint,
    *,
    seeds: str = "3",
    first_only: bool = False,
    before: Path | None = None,
    timeout: float | None = None,
    only: str = "",
) -> SuiteRun:
    """Run *suite*; *before* is a folder of modules that shadow installed ones, *first_only* ends at the first failure.

    *only* is the name of one rule, or empty.
    """
    with tempfile.TemporaryDirectory(prefix="jackfield-testkit-") as folder:
        root = Path(folder)
        results = root / "results.jsonl"
        (root / "test_conformance.py").write_text(_TEST.format(module=suite.module, name=suite.attr), encoding="utf-8")
        (root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        command += ["-c", str(root / "pytest.ini"), "--rootdir", folder, "--basetemp", str(root / "tmp")]
        command += ["--import-mode=importlib", "--jackfield-seeds", seeds, "--jackfield-results", str(results)]
        command += ["-k", only] if only else []
        command += ["-x", "--tb=short"] if first_only else ["--tb=short"]
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter
                [*command, str(root / "test_conformance.py")],
                cwd=folder,
                env=_environment(before),
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _run(results_in(results), passed=False, output="", in_time=False)
        return _run(results_in(results), passed=done.returncode == 0, output=done.stdout + done.stderr)


def _run(results: Sequence[Result], *, passed: bool, output: str, in_time: bool = True) -> SuiteRun:
    ended = in_time and any(each.check == END for each in results)
    return SuiteRun(
        results=tuple(each for each in results if each.check not in (BESIDE, END)),
        passed=passed and ended,
        ended=ended,
        output=output,
        beside=tuple(each for each in results if each.check == BESIDE),
    )


def _environment(before: Path | None) -> Mapping[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    if before is not None:
        path = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{before}{os.pathsep}{path}" if path else str(before)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment
