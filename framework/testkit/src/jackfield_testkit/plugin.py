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
        from jackfield_testkit.results import BESIDE, Result, Verdict, named, written

        of = named(report.nodeid)
        if report.passed and report.when != "call":
            return
        if of is None:
            if report.failed:
                written(
                    self._file, Result(check=BESIDE, verdict=Verdict.BROKEN, what=f"{report.nodeid}: {_reason(report)}")
                )
            return
        written(self._file, _result(report, *of))

    def pytest_sessionfinish(self) -> None:
        """Write down that all were run: a process that dies in the middle leaves results that look whole."""
        from jackfield_testkit.results import END, Result, Verdict, written

        written(self._file, Result(check=END, verdict=Verdict.HELD))


def _result(report: Any, check: str, seed: int | None) -> Any:
    """What became of one test of a rule."""
    from jackfield_testkit.results import FINDING, LEFT, Result, Verdict

    verdict = Verdict.HELD if report.passed else Verdict.UNCHECKED if report.skipped else Verdict.BROKEN
    told: dict[str, Any] = dict(report.user_properties)
    found = told.get(FINDING)
    left: dict[str, Any] = told.get(LEFT) or {"share": 1.0, "left": ()}
    return Result(
        check=check,
        verdict=verdict,
        seed=seed,
        what=found["what"] if found else "" if report.passed else _reason(report),
        steps=tuple(found["steps"]) if found else (),
        seconds=round(report.duration, 3),
        crashed=verdict is Verdict.BROKEN and found is None,
        share=left["share"],
        left=tuple(left["left"]),
    )


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
    """Name each rule that was not checked, or not wholly, with the reason: what is skipped silently passes for checked."""
    from jackfield_testkit.results import Verdict, named, percentage

    found: list[Any] = []
    for kind in ("passed", "failed", "skipped"):
        for report in terminalreporter.stats.get(kind, []):
            of = named(report.nodeid)
            if of is not None and (report.when == "call" or not report.passed):
                found.append(_result(report, *of))
    reasons: dict[str, list[str]] = {}
    for each in found:
        for reason in each.left or ((each.what,) if each.verdict is Verdict.UNCHECKED else ()):
            reasons.setdefault(reason, []).append(each.check)
    if reasons:
        terminalreporter.section("not checked by the Jackfield conformance kit")
        for reason, names in reasons.items():
            terminalreporter.write_line(f"{reason}: {', '.join(dict.fromkeys(names))}")
    checked = percentage(found)
    if checked is not None and checked < 100:
        terminalreporter.write_line(
            f"{100 - checked} % of what the rules could check stays UNCHECKED for what the fixtures lack (see above)."
        )
