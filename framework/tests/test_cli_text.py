"""Text for people is safe on a terminal, aligned by what it really takes there, and counted in words."""

import json
import re
import unicodedata
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.cli.text import age, clean, count, moment, width
from jackfield.visible import one_line, visible, visible_json

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë 🦊", "Zoë 🦊"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("abc\u202edef\u2066", "abc\\u202edef\\u2066"),
        ("\x9bK", "\\x9bK"),
        ("a\u061cb", "a\\u061cb"),
        ("a\u200bb\u200c\ufeff\u2060\xad", "a\\u200bb\\u200c\\ufeff\\u2060\\xad"),
        ("a\u2028b\u2029", "a\\u2028b\\u2029"),
        ("half \ud800", "half \\ud800"),
        ("\ue000 \U000f0000", "\\ue000 \\U000f0000"),
        ("\u3164 \u115f \u2800 \u034f", "\\u3164 \\u115f \\u2800 \\u034f"),
        ("\U000e0041", "\\U000e0041"),
        ("a\u200db a\ufe0f", "a\\u200db a\\ufe0f"),
        *((whole, whole) for whole in ("👨‍👩‍👧‍👦", "🏳️‍🌈", "❤️‍🔥", "👩🏽‍🚀", "1️⃣", "♀️")),
    ],
)
def test_nothing_drives_the_terminal(text: str, shown: str):
    assert clean(text) == shown


def test_what_is_hidden_is_told_by_its_category_whatever_it_is():
    hidden = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    for one in (chr(point) for point in range(0x30000)):
        if unicodedata.category(one) in hidden:
            assert visible(f"a{one}b").isascii(), hex(ord(one))
        elif unicodedata.category(one)[0] in "LNPS" and one.isprintable() and one not in BLANK:
            assert visible(one) == one


BLANK = "\u115f\u1160\u3164\uffa0\u2800"


@given(st.text(st.characters(), max_size=30))
def test_json_reads_the_same_and_drives_nothing(text: str):
    try:
        plain = msgspec.json.encode({"a": text})
    except UnicodeEncodeError:
        return
    shown = visible_json(plain)
    assert json.loads(shown) == {"a": text}
    assert not re.search("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u202e\u2028\u2066]", shown.decode())


@pytest.mark.parametrize(("text", "line"), [("a\n\t b", "a b"), ("x" * 300, "x" * 200 + "…"), ("\x1b[2J", "\\x1b[2J")])
def test_foreign_words_are_one_line_and_short(text: str, line: str):
    assert one_line(text) == line


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
