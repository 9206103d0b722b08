"""When syncs are due: the same on each host, once for what was missed, never in the past."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.errors import BadConfig
from jackfield_service.schedule import read_schedule

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
TEXTS = ("30s", "5m", "6h", "1d", "*/15 * * * *", "0 3 * * 1")


@settings(deadline=None)
@given(text=st.sampled_from(TEXTS), ago=st.integers(0, 10_000_000), jitter=st.floats(0, 0.5), name=st.text(min_size=1))
def test_due_is_never_in_the_past_and_the_same_everywhere(text: str, ago: int, jitter: float, name: str) -> None:
    last = NOW - timedelta(seconds=ago)
    first = read_schedule(text, at="x").due(name, last, NOW, jitter)
    assert first >= NOW
    assert first == read_schedule(text, at="y").due(name, last, NOW, jitter)


@settings(deadline=None)
@given(text=st.sampled_from(TEXTS), jitter=st.floats(0, 0.5))
def test_it_comes_within_the_interval_and_the_jitter(text: str, jitter: float) -> None:
    schedule = read_schedule(text, at="x")
    usual = schedule.usual(NOW)
    due = schedule.due("acme", NOW, NOW, jitter)
    assert due <= NOW + timedelta(seconds=usual * (1 + jitter) + 1)


def test_one_sync_makes_up_for_all_that_were_missed() -> None:
    schedule = read_schedule("1h", at="x")
    assert schedule.due("acme", NOW - timedelta(days=30), NOW, 0.0) == NOW
    assert schedule.due("acme", NOW, NOW, 0.0) == NOW + timedelta(hours=1)


def test_a_clock_that_went_back_delays_nothing_for_long() -> None:
    schedule = read_schedule("6h", at="x")
    assert schedule.due("acme", NOW + timedelta(days=400), NOW, 0.1) <= NOW + timedelta(seconds=5)


def test_connections_are_spread() -> None:
    schedule = read_schedule("6h", at="x")
    due = {schedule.due(f"c{number}", NOW, NOW, 0.1) for number in range(50)}
    assert len(due) == 50


@pytest.mark.parametrize(
    "text", ["", "6", "6 weeks", "-1h", "0s", "99999d", "* * * *", "61 * * * *", "@daily\n", "6h 7h"]
)
def test_what_is_no_schedule_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(BadConfig) as raised:
        read_schedule(text, at="connections.acme.schedule")
    assert raised.value.path == "connections.acme.schedule"


def test_never_is_never() -> None:
    assert read_schedule(" Never ", at="x").never


@settings(deadline=None)
@given(
    st.sampled_from(
        ["30s", "20m", "6h", "1d", "*/5 * * * *", "15 */4 * * *", "0 9 * * 1-5", "0 6 1 * *", "30 2 29 2 *"]
    ),
    st.integers(0, 400 * 86400),
    st.integers(0, 400 * 86400),
    st.floats(0, 0.5),
    st.floats(0, 1),
)
def test_what_is_planned_is_not_taken_for_what_a_clock_that_went_back_has_left(
    text: str, ago: int, later: int, jitter: float, passed: float
) -> None:
    schedule = read_schedule(text, at="x")
    planned = NOW + timedelta(seconds=later)
    due = schedule.due("acme", planned - timedelta(seconds=ago), planned, jitter)
    assert due <= schedule.latest(planned + passed * (due - planned), jitter)


def test_what_waits_longer_was_planned_by_another_clock() -> None:
    schedule = read_schedule("1h", at="x")
    due = schedule.due("acme", NOW, NOW, 0.1)
    assert due > schedule.latest(NOW - timedelta(hours=5), 0.1)
