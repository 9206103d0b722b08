"""The kit's part in pytest: seeds by an option, and a word about everything that was not checked."""

from pathlib import Path
from typing import Any, cast

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the kit."""
    group = parser.getgroup("jackfield", "conformance of Jackfield connectors")
    group.addoption(
        "--jackfield-seeds",
        metavar="[FIRST:]NUMBER",
        default="3",
        help="How many seeds the random checks of a ConnectorSuite run (default 3); from FIRST on (default 0).",
    )
    group.addoption("--jackfield-results", metavar="FILE", help="Append what became of each rule, as lines of JSON.")


def pytest_configure(config: pytest.Config) -> None:
    """Write results where that is asked for."""
    if file := str(config.getoption("--jackfield-results") or ""):
        config.pluginmanager.register(_Results(Path(file)))


class _Results:
    def __init__(self, file: Path) -> None:
        self._file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write down one test once it is decided."""
        from jackfield_testkit.results import BESIDE, FINDING, Result, Verdict, named, written

        of = named(report.nodeid)
        if report.passed and report.when != "call":
            return
        if of is None:
            if report.failed:
                written(
                    self._file, Result(check=BESIDE, verdict=Verdict.BROKEN, what=f"{report.nodeid}: {_reason(report)}")
                )
            return
        verdict = Verdict.HELD if report.passed else Verdict.UNCHECKED if report.skipped else Verdict.BROKEN
        found: Any = dict(report.user_properties).get(FINDING)
        what = found["what"] if found else "" if report.passed else _reason(report)
        check, seed = of
        result = Result(
            check=check,
            verdict=verdict,
            seed=seed,
            what=what,
            steps=tuple(found["steps"]) if found else (),
            seconds=round(report.duration, 3),
            crashed=verdict is Verdict.BROKEN and found is None,
        )
        written(self._file, result)

    def pytest_sessionfinish(self) -> None:
        """Write down that all were run: a process that dies in the middle leaves results that look whole."""
        from jackfield_testkit.results import END, Result, Verdict, written

        written(self._file, Result(check=END, verdict=Verdict.HELD))


def _reason(report: Any) -> str:
    text: Any = report.longrepr
    if isinstance(text, tuple):
        return str(cast("tuple[object, ...]", text)[2]).removeprefix("Skipped: ")
    crash: Any = getattr(text, "reprcrash", None)
    return str(crash.message) if crash is not None else str(text)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the random checks their seeds."""
    if "jackfield_seed" in metafunc.fixturenames:
        metafunc.parametrize("jackfield_seed", _seeds(str(metafunc.config.getoption("--jackfield-seeds"))))


def _seeds(text: str) -> range:
    from jackfield_testkit.seeds import seeds_of

    try:
        return seeds_of(text)
    except ValueError as error:
        raise pytest.UsageError(f"--jackfield-seeds: {error}") from None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name each rule that was not checked, with the reason: what is skipped silently passes for checked."""
    reasons: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        if "::test_rule[" in report.nodeid or "::test_random_" in report.nodeid:
            name = report.nodeid.rpartition("::")[2].removeprefix("test_rule[").rstrip("]")
            reasons.setdefault(_reason(report), []).append(name)
    if reasons:
        terminalreporter.section("not checked by the Jackfield conformance kit")
        for reason, names in reasons.items():
            terminalreporter.write_line(f"{reason}: {', '.join(dict.fromkeys(names))}")
