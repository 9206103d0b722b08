"""Every command that shows a snapshot says that changes were made through Jackfield since it was read."""

from pathlib import Path

import pytest

from jackfield_contracts import Outcome, OutcomeKind

from .writable import WritableLine

READING = [
    *(("resources",), ("entitlements",), ("grants",), ("access", "u1"), ("who", "group:g1"), ("stats",), ("findings",)),
    ("diff",),
]
TOLD = "1 change was made through Jackfield since this was read, which may lack what was changed: `jackfield sync acme`"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    made = WritableLine(tmp_path, monkeypatch, capsys)
    made.published()
    made.published()
    return made


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_it_is_told_with_the_number_until_the_next_sync(line: WritableLine, words: tuple[str, ...]):
    name, *rest = words

    def ran(*more: str):
        return line.run(name, "acme", *rest, *more)

    assert "through Jackfield" not in ran().err
    assert ran("--output", "json").json()["changes_since"] == {"made": 0, "perhaps": 0}
    assert line.run("grant", "acme", "group:g2/owner", "user:u1").code == 0
    for output in ("table", "csv"):
        assert TOLD in ran("--output", output).err
    assert ran("--output", "json").json()["changes_since"] == {"made": 1, "perhaps": 0}
    line.published()
    assert "through Jackfield" not in ran().err


def test_an_export_tells_it_too(line: WritableLine):
    line.run("grant", "acme", "group:g2/owner", "user:u1")
    assert TOLD in line.run("export", "acme", "--format", "csv", "-o", "access.csv").err


def test_an_older_snapshot_does_not_send_to_a_sync(line: WritableLine):
    line.run("grant", "acme", "group:g2/owner", "user:u1")
    line.published()
    told = line.run("grants", "acme", "--run", "@latest~1").err
    assert "1 change was made through Jackfield since this was read, which may lack what was changed.\n" in told


def test_a_change_that_was_not_made_does_not_count(line: WritableLine):
    line.run("grant", "acme", "group:g1/member", "user:u1")
    assert "through Jackfield" not in line.run("grants", "acme").err


def test_of_what_is_not_known_it_is_said(line: WritableLine):
    line.app.answer = lambda: Outcome(outcome=OutcomeKind.CHANGED)
    assert line.run("grant", "acme", "group:g2/owner", "user:u1").code == 11
    ran = line.run("grants", "acme")
    assert "of 1 change it is not known whether it was made through Jackfield since this was read" in ran.err
    assert line.run("grants", "acme", "--output", "json").json()["changes_since"] == {"made": 0, "perhaps": 1}
