"""The kit's part in pytest: seeds by an option, and a word about everything that was not checked."""

from typing import Any

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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the random checks their seeds."""
    if "jackfield_seed" in metafunc.fixturenames:
        metafunc.parametrize("jackfield_seed", _seeds(metafunc.config.getoption("--jackfield-seeds")))


def _seeds(text: str) -> range:
    first, _, number = text.rpartition(":")
    try:
        start, count = int(first or 0), int(number)
    except ValueError:
        raise pytest.UsageError(f"--jackfield-seeds takes a number or FIRST:NUMBER, not {text!r}") from None
    return range(start, start + count)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name each rule that was not checked, with the reason: what is skipped silently passes for checked."""
    reasons: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        if "::test_rule[" in report.nodeid or "::test_random_" in report.nodeid:
            reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
            name = report.nodeid.rpartition("::")[2].removeprefix("test_rule[").rstrip("]")
            reasons.setdefault(reason.removeprefix("Skipped: "), []).append(name)
    if reasons:
        terminalreporter.section("not checked by the Jackfield conformance kit")
        for reason, names in reasons.items():
            terminalreporter.write_line(f"{reason}: {', '.join(dict.fromkeys(names))}")
