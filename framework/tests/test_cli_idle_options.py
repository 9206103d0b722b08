"""An option that would do nothing beside the others is an error, and no number that is none is taken."""

from pathlib import Path

import pytest

from .imaginary import Line


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    line = Line(tmp_path, monkeypatch, capsys)
    line.published()
    return line


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("access", "acme", "u1", "--tree", "--limit", "2"), "--limit"),
        (("access", "acme", "u1", "--tree", "--columns", "x"), "--columns"),
        (("access", "acme", "u1", "--tree", "--sort", "has"), "--sort"),
        (("access", "acme", "u1", "--tree", "--no-header"), "--no-header"),
        (("resources", "acme", "--no-header", "--output", "json"), "--no-header"),
        (("events", "acme", "--follow", "--every", "nan"), "--every"),
        (("events", "acme", "--follow", "--every", "inf"), "--every"),
    ],
)
def test_it_is_told(line: Line, words: tuple[str, ...], option: str):
    ran = line.run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert option in ran.err


def test_a_tree_without_them_is_shown(line: Line):
    assert line.run("access", "acme", "u1", "--tree", "--no-pager", "--ids").code == 0
