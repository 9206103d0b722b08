"""Places in an answer: what stands there, and a sample that shows its form and no content."""

import json

import msgspec
import pytest

from jackfield.errors import RemoteContract
from jackfield.http.places import decode, find, plain_at, sample, text_at

from .rest_answers import PRIVATE

DOCUMENT = {"a": {"b": [1, {"c": "x"}], "d.e": None, "~/": True}, "n": 7, "half": 0.5}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("", DOCUMENT),
        ("a.b.0", 1),
        ("a.b.1.c", "x"),
        ("a.b.-1.c", "x"),
        ("a.b.-2", 1),
        ("a.b.2", None),
        ("a.b.-3", None),
        ("a.b.c", None),
        ("/a/d.e", None),
        ("/a/~0~1", True),
        ("n", 7),
        ("n.x", None),
        ("none.at.all", None),
    ],
)
def test_a_place_is_found(place: str, value: object) -> None:
    body = json.dumps(DOCUMENT, indent=1).encode()
    assert plain_at(body, place) == value
    assert (find(body, place) is None) == (value is None)
    known = {"n": "7", "a.b.0": "1", "a.b.1.c": "x", "a.b.-1.c": "x", "a.b.-2": "1"}
    assert text_at(body, place) == known.get(place)


def test_a_sample_shows_the_form_and_no_content() -> None:
    body = json.dumps({"id": "secret-1", "n": 5, "list": [{"mail": PRIVATE}] * 3, PRIVATE: None}).encode()
    assert json.loads(sample(body)) == {"id": "text", "n": "number", "list": [{"mail": "text"}] * 2 + ["…"], "…": None}
    assert len(sample(json.dumps([{f"k{n}": n for n in range(200)}]).encode())) <= 300
    assert sample(b"<html>") == "6 bytes that are no JSON"
    with pytest.raises(RemoteContract):
        decode(b"[1]", msgspec.json.Decoder(list[str]))
