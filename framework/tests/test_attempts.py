"""Each attempt at a change of a plan has a record of its own: who asked, when, and what became of it."""

import json
from pathlib import Path

import pytest

from .writable import WritableLine

LIMITS = "JACKFIELD_CONNECTIONS__ACME__LIMITS"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


@pytest.fixture
def plan(line: WritableLine, tmp_path: Path) -> str:
    """A plan of two revocations."""
    asked = tmp_path / "asked.csv"
    asked.write_text("kind,entitlement,principal\nrevoke,group:g1/member,user:u1\nrevoke,role:r1/member,user:u2\n")
    file = str(tmp_path / "two.plan")
    assert line.run("plan", "acme", str(asked), "-o", file).code == 0
    return file


def listed(line: WritableLine, *more: str) -> list[tuple[str, str, str]]:
    found = line.run("changes", "list", "--output", "json", *more).json()["changes"]
    return [(each["change"].partition(".")[2], each["actor"], each["outcome"]) for each in found]


def test_each_who_asked_is_kept_and_the_newest_stand_first(
    line: WritableLine, plan: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv(LIMITS, '{"revoke": 0}')
    for actor in ("alice", "bob"):
        monkeypatch.setenv("JACKFIELD_ACTOR", actor)
        assert line.run("apply", plan, "--yes").code == 5
    monkeypatch.setenv("JACKFIELD_ACTOR", "carol")
    assert line.run("grant", "acme", "group:g2/member", "user:u1").code == 0
    monkeypatch.delenv(LIMITS)
    monkeypatch.setenv("JACKFIELD_ACTOR", "dora")
    ran = line.run("apply", plan, "--yes", "--output", "json")
    assert [each["outcome"] for each in ran.json()["changes"]] == ["changed"] * 2
    expected = [
        *(("2~3", "dora", "changed"), ("1~3", "dora", "changed"), ("1", "carol", "changed")),
        *(("2~2", "bob", "refused"), ("1~2", "bob", "refused"), ("2", "alice", "refused"), ("1", "alice", "refused")),
    ]
    assert listed(line) == expected
    assert listed(line, "--actor", "alice") == expected[-2:]
    assert line.run("export", "acme", "--format", "ocsf", "-o", str(tmp_path / "j.jsonl")).code == 0
    events = [json.loads(each) for each in (tmp_path / "j.jsonl").read_text().splitlines()]
    assert [each["actor"]["user"]["name"] for each in events] == ["alice"] * 2 + ["bob"] * 2 + ["carol"] + ["dora"] * 2
    assert len({each["metadata"]["uid"] for each in events}) == 7


def test_what_was_made_stays_one_record(line: WritableLine, plan: str, monkeypatch: pytest.MonkeyPatch):
    for actor in ("alice", "bob"):
        monkeypatch.setenv("JACKFIELD_ACTOR", actor)
        assert line.run("apply", plan, "--yes").code == 0
    assert listed(line) == [("2", "alice", "changed"), ("1", "alice", "changed")]
    assert len(line.app.writes) == 2


def test_what_a_later_attempt_made_is_not_tried_again(line: WritableLine, plan: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(LIMITS, '{"revoke": 0}')
    line.run("apply", plan, "--yes")
    monkeypatch.delenv(LIMITS)
    assert line.run("apply", plan, "--yes").code == 0
    for how in ("--dry-run", "--yes"):
        ran = line.run("apply", plan, how, "--output", "json")
        assert (ran.code, [each["outcome"] for each in ran.json()["changes"]]) == (0, ["already"] * 2)
    assert len(line.app.writes) == 2
