"""Runs are found by what people call them, and a name that means several or none says so."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.cli.run_names import resolve_run, taken
from jackfield.errors import BadConfig, NotFound
from jackfield.state import Run, RunStatus

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def run(id: str, at: datetime, status: RunStatus = RunStatus.PUBLISHED) -> Run:
    return Run(
        run=id,
        connection="acme",
        connector="dropbox",
        connector_version="1",
        status=status,
        started=at.isoformat(),
        finished=at.isoformat(),
    )


def named(at: datetime, number: int = 0) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}-{number:06x}"


RUNS = [run(named(NOW - timedelta(days=days), days), NOW - timedelta(days=days)) for days in (0, 1, 3, 10)]
HELD = run("20261126T000000Z-ffffff", NOW - timedelta(days=1, hours=12), RunStatus.HELD)


def find(name: str, runs: list[Run] = RUNS) -> str:
    return resolve_run(name, "acme", runs, [*runs, HELD], NOW).run


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("@latest", 0),
        ("@latest~1", 1),
        ("@latest~3", 3),
        ("2d", 2),
        ("1w", 3),
        ("24h", 1),
        ("2026-11-27", 0),
        ("today", 0),
        ("yesterday", 1),
        ("30s", 1),
        ("1min", 1),
        ("90 minutes", 1),
        ("2 days ago", 2),
        ("2026-11-25", 2),
        ("2026-11-27T11:00:00+00:00", 1),
        (RUNS[2].run, 2),
        (RUNS[3].run[:9], 3),
    ],
)
def test_a_run_is_found(name: str, at: int) -> None:
    assert find(name) == RUNS[at].run


def test_a_held_run_is_found_by_its_id_and_its_beginning_only() -> None:
    assert find(HELD.run) == find(HELD.run[:12]) == HELD.run
    assert find("36h") != HELD.run


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("@latest~4", "4 published snapshots"),
        ("@last", "@latest~1"),
        ("2w", "the oldest is 20261117T120000Z-00000a"),
        ("2026-11-01", "from 2026-11-01 or before"),
        ("2026", "is the beginning of 5 runs"),
        ("20261127T120000Z-00000x", "Did you mean 20261127T120000Z-000000"),
        ("", "has no run ''"),
        ("9" * 40 + "w", "has no run"),
        ("2026-11-28", "is in the future"),
        ("2099-01-01T00:00", "is in the future"),
        ("2026-11-27T12:00:01+00:00", "is in the future"),
        ("20261126T", "is the beginning of 2 runs"),
        ("20261126", "is the beginning of 2 runs"),
    ],
)
def test_a_name_that_means_none_says_so(name: str, told: str) -> None:
    with pytest.raises(BadConfig if "is the beginning" in told else NotFound) as caught:
        find(name)
    assert told in f"{caught.value} {caught.value.hint}"


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=20, unique=True).map(sorted),
    st.integers(0, 10**6),
)
def test_an_age_means_the_newest_that_is_at_least_so_old(ages: list[int], minutes: int) -> None:
    runs = [run(named(NOW - timedelta(minutes=age), age), NOW - timedelta(minutes=age)) for age in ages]
    old = [each for each in runs if NOW - taken(each) >= timedelta(minutes=minutes)]
    if old:
        assert find(f"{minutes}m", runs) == old[0].run
    else:
        with pytest.raises(NotFound):
            find(f"{minutes}m", runs)
