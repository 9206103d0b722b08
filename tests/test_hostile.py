"""A sample of the sweep ``hostile``: real inputs, real processes; and judges that are judged."""

from pathlib import Path

import pytest
from harness.hostile import Command, Hostile, Stage, driving, idle_mb, judge, run, show
from harness.measured import Measured, measure

from tests.sweeps.hostile import cases

SAMPLE = (
    "a byte that is not UTF-8 in a person's name",
    "a count of -1",
    "a gzip bomb of 1 GB",
    "a FIFO as a plan",
    "a link to /dev/zero as a secret",
    "a link planted as the lock of a sync",
    "three rows deleted, then export",
    "a plan: 100,000 levels of nesting",
    "a quotation mark in each of 60,000 lines",
)
FITTING = Measured(code=2, out="", err="Error: a.plan is no plan.", seconds=1.0, peak_mb=60.0, late=False, flooded=30)


@pytest.fixture(scope="session")
def every() -> dict[str, Hostile]:
    """All cases by name: to make them takes seconds, which only those should spend who run one."""
    return {case.name: case for case in cases()}


@pytest.fixture(scope="session")
def idle(tmp_path_factory: pytest.TempPathFactory) -> float:
    return idle_mb(tmp_path_factory.mktemp("idle"))


@pytest.mark.parametrize("name", SAMPLE)
def test_hostile_input_is_bounded_and_named(name: str, every: dict[str, Hostile], tmp_path: Path, idle: float) -> None:
    assert not show(every[name], tmp_path, idle).wrong


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"code": 70}, "exit code 70"),
        ({"code": -9, "late": True}, "did not end"),
        ({"seconds": 21.0}, "it took 21 s"),
        ({"peak_mb": 400.0}, "MB more"),
        ({"err": "Traceback (most recent call last):"}, "a traceback"),
        ({"err": "Error: \x1b[2J a.plan"}, "U+001B"),
        ({"err": "Error: it is not well."}, "does not say 'a.plan'"),
        ({"err": "Error: a.plan THE-SECRET"}, "a secret came out"),
        ({"flooded": 1_000_000}, "bytes of output"),
        ({"err": ""}, "it says nothing"),
    ],
)
def test_each_breach_is_seen(change: dict[str, object], found: str, tmp_path: Path) -> None:
    case = Hostile("files", "one", "a bound", (2,), lambda _: run(), ("a.plan",))
    assert not list(judge(case, run(), stage(tmp_path), FITTING, 50.0))
    told = list(judge(case, run(), stage(tmp_path), FITTING._replace(**change), 50.0))  # type: ignore[arg-type]
    assert any(found in one for one in told), told


def test_a_file_of_another_that_was_overwritten_is_seen(tmp_path: Path) -> None:
    case = Hostile("files", "one", "a bound", (2,), lambda _: run())
    at = stage(tmp_path)
    at.victim.write_text("ours now", encoding="utf-8")
    assert list(judge(case, Command(()), at, FITTING, 50.0)) == ["the file of another was overwritten"]


def test_what_does_not_show_is_seen() -> None:
    assert driving("a\u202eb\u061c\x9b") == ["U+009B", "U+061C", "U+202E"]
    assert not driving("Zoë\n\t👍")


def test_memory_and_time_are_those_of_the_process(tmp_path: Path) -> None:
    import sys

    ballast = bytearray(200 << 20)
    small = measure([sys.executable, "-c", "pass"], folder=tmp_path, environ={})
    large = measure([sys.executable, "-c", "a = b'a' * (100 << 20); exit(3)"], folder=tmp_path, environ={})
    late = measure([sys.executable, "-c", "import time; time.sleep(60)"], folder=tmp_path, environ={}, timeout=0.3)
    assert len(ballast) > small.peak_mb
    assert small.peak_mb < 60 < 100 < large.peak_mb < 200
    assert (large.code, late.code, late.late) == (3, -9, True)


class _Server:
    app_secret = "THE-SECRET"
    refresh_token = "THE-TOKEN"


def stage(folder: Path) -> Stage:
    """A stage without a team, for judging."""
    made = object.__new__(Stage)
    made.folder, made.victim = folder, folder / "victim"
    made.server = _Server()  # type: ignore[assignment]
    made.victim.write_text("the content of another\n", encoding="utf-8")
    return made
