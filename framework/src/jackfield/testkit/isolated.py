"""The suite that a package brings for its connector, run in a process of its own.

Promises that the options of the project around do not count. Hides pytest's command line.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import msgspec

from jackfield.errors import BadConfig
from jackfield.testkit.results import Result, Verdict, results_in

GROUP = "jackfield.testkit.v1"
"""The group of entry points that name a connector's suite: ``acme = "acme.conformance:TestAcme"``."""

_TEST = "from {module} import {name}\n"


class SuiteRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run: ``results`` in the order of their tests, ``output`` of pytest, ``ended`` unless it was cut short."""

    results: tuple[Result, ...]
    passed: bool
    ended: bool
    output: str

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
    return points[0]


def run_suite(
    suite: EntryPoint,
    *,
    seeds: str = "3",
    first_only: bool = False,
    before: Path | None = None,
    timeout: float | None = None,
) -> SuiteRun:
    """Run *suite*; *before* is a folder of modules that shadow installed ones, *first_only* ends at the first failure."""
    with tempfile.TemporaryDirectory(prefix="jackfield-testkit-") as folder:
        root = Path(folder)
        results = root / "results.jsonl"
        (root / "test_conformance.py").write_text(_TEST.format(module=suite.module, name=suite.attr), encoding="utf-8")
        (root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        command += ["-c", str(root / "pytest.ini"), "--rootdir", folder, "--basetemp", str(root / "tmp")]
        command += ["--import-mode=importlib", "--jackfield-seeds", seeds, "--jackfield-results", str(results)]
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
            return SuiteRun(results=results_in(results), passed=False, ended=False, output="")
        return SuiteRun(
            results=results_in(results), passed=done.returncode == 0, ended=True, output=done.stdout + done.stderr
        )


def _environment(before: Path | None) -> Mapping[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    if before is not None:
        path = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{before}{os.pathsep}{path}" if path else str(before)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment
