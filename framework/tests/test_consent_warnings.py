"""Whoever deletes, disables or demotes the administrator whose consent the credentials are is warned first."""

import json
from pathlib import Path

import pytest

from jackfield.errors import MissingPermission

from .writable import Telling, WritableLine, held

TAKEN = {
    "delete": ("account", "delete", "acme", "user:u2"),
    "disable": ("account", "disable", "acme", "user:u2", "wipe_data=false"),
    "take the role": ("revoke", "acme", "role:r1/member", "user:u2"),
    "another role in its place": ("grant", "acme", "role:r2/member", "user:u2", "--replace"),
}
WARNING = "the connection has its credentials by this person's consent"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    made = WritableLine(tmp_path, monkeypatch, capsys, Telling)
    made.app.admin = "u2"
    return made


@pytest.mark.parametrize("command", TAKEN)
def test_it_is_warned_of_and_asked_about(line: WritableLine, command: str) -> None:
    ran = line.run(*TAKEN[command], "--dry-run")
    assert (ran.code, WARNING in ran.out) == (0, True)
    found = line.run(*TAKEN[command], "--dry-run", "--output", "json").json()
    assert sum(WARNING in each for each in found["warnings"]) == 1
    ran = line.run(*TAKEN[command])
    assert (ran.code, "asks for confirmation" in ran.err, line.app.writes) == (2, True, [])
    assert ran.err.count(WARNING) == 1
    ran = line.run(*TAKEN[command], "--yes")
    assert (ran.code, ran.err.count(WARNING)) == (0, 1)


@pytest.mark.parametrize("command", TAKEN)
def test_of_somebody_else_nothing_is_said(line: WritableLine, command: str) -> None:
    line.app.admin = "u3"
    assert WARNING not in line.run(*TAKEN[command], "--dry-run").out
    assert line.app.asked.count("authorized_by") == 1


def test_a_role_that_is_no_privilege_replaced_by_another_asks_nobody(line: WritableLine) -> None:
    line.app.held.add(held("group:g2/member", "u2"))
    ran = line.run("grant", "acme", "group:g2/owner", "user:u2")
    assert (ran.code, WARNING in ran.err + ran.out) == (0, False)
    assert "authorized_by" not in line.app.asked


def test_of_a_plan_it_is_asked_once(line: WritableLine) -> None:
    rows = line.folder / "rows.jsonl"
    asked = [{"kind": "delete_account", "account": f"user:u{number}"} for number in (1, 2, 3)]
    rows.write_text("".join(json.dumps(each) + "\n" for each in asked))
    found = line.run("plan", "acme", str(rows), "--output", "json").json()["changes"]
    assert [any(WARNING in told for told in each["warnings"]) for each in found] == [False, True, False]
    assert line.app.asked.count("authorized_by") == 1


def test_where_it_is_not_known_the_change_is_made(line: WritableLine) -> None:
    line.app.tenant_error = MissingPermission("not allowed to know", permission="team.read")
    ran = line.run(*TAKEN["delete"], "--yes")
    assert (ran.code, WARNING in ran.err) == (0, False)
