"""What is taken out of text that people read: known secrets, their beginnings where a text was cut, and what looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.cli.redaction import Redactor
from jackfield.config import Mask, Secret


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:p4ss@host/x", "http://user:***@host/x"),
        ("see http://user:p@ss:w0rd@host and b@c", "see http://user:***@host and b@c"),
        ("http://:p4ss@host", "http://:***@host"),
        ("a://b:c@d e://f:g@h", "a://b:***@d e://f:***@h"),
        ("http://host:80/a@b", "http://host:80/a@b"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("token=abc&x=1", "token=***&x=1"),
        ("a.b.c.d", "a.b.c.d"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, shown: str):
    assert Redactor().text(text) == shown


@given(st.text("ab", min_size=4, max_size=24), st.text("abc", max_size=30), st.integers(0, 24))
def test_the_beginning_of_a_secret_at_the_end_is_taken_out_however_it_repeats_itself(secret: str, text: str, cut: int):
    mask = Mask()
    mask.learn(Secret(secret))
    whole = text + secret[:cut]
    shown = mask.text(whole)
    replaced = whole.replace(secret, "***")
    lengths = [n for n in range(8, len(secret)) if replaced.endswith(secret[:n])]
    assert shown == (replaced[: -max(lengths)] + "***" if lengths else replaced)
