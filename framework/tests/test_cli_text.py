"""Text for people is safe on a terminal, aligned by what it really takes there, and counted in words."""

from datetime import UTC, datetime

import pytest

from jackfield.cli.text import age, clean, count, moment, width

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë 🦊", "Zoë 🦊"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("abc\u202edef\u2066", "abc\\u202edef\\u2066"),
        ("\x9bK", "\\x9bK"),
    ],
)
def test_nothing_drives_the_terminal(text: str, shown: str):
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("Zoë", 3), ("Zoe\u0308", 3), ("日本", 4), ("a › b", 5), ("ﬁ", 1), ("soft\xadly", 6)],
)
def test_width_is_what_a_terminal_uses(text: str, columns: int):
    assert width(text) == columns


@pytest.mark.parametrize(
    ("taken", "told"),
    [
        ("2026-11-23T11:59:30+00:00", "just now"),
        ("2026-11-23T11:59:00+00:00", "1 minute ago"),
        ("2026-11-23T13:00:00+02:00", "1 hour ago"),
        ("2026-11-20T12:00:00", "3 days ago"),
        ("2026-11-24T12:00:00+00:00", "just now"),
        ("once", "once"),
    ],
)
def test_age_is_told_in_its_largest_unit(taken: str, told: str):
    assert age(taken, NOW) == told


def test_times_are_told_in_utc():
    assert moment("2026-11-23T14:00:00.123+02:00") == "2026-11-23 12:00:00 UTC"
    assert (moment(None), moment("once")) == ("", "once")


def test_numbers_have_their_noun():
    assert (count(1, "row"), count(1200, "row"), count(2, "scope was", "scopes were")) == (
        "1 row",
        "1,200 rows",
        "2 scopes were",
    )
