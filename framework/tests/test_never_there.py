"""Who never was there is not found; who was there once has lost already what is to be taken."""

from pathlib import Path

import pytest

from jackfield_contracts import AccountStatus, Tenant

from .writable import Telling, WritableLine

REVOKE = ("revoke", "acme", "group:g1/member")
DELETE = ("account", "delete", "acme")


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


def outcome(line: WritableLine, *arguments: str) -> tuple[int, str, str | None]:
    ran = line.run(*arguments, "--yes", "--output", "json")
    found = ran.json()
    return ran.code, found["outcome"], found["tag"]


@pytest.mark.parametrize("asked", [REVOKE, DELETE, ("grant", "acme", "group:g1/member")])
@pytest.mark.parametrize("synced", [True, False])
@pytest.mark.parametrize("how", [("--dry-run",), ()])
def test_an_id_that_is_nobodys_is_not_found(
    line: WritableLine, asked: tuple[str, ...], synced: bool, how: tuple[str, ...]
):
    if synced:
        line.run("sync", "acme")
    assert outcome(line, *asked, "user:nonsense", *how) == (5, "refused", "not_found")
    # Having been asked for is no sign of having been there.
    assert outcome(line, *asked, "user:nonsense", *how) == (5, "refused", "not_found")
    assert line.app.writes == []


@pytest.mark.parametrize("asked", [REVOKE, DELETE])
def test_who_was_in_a_snapshot_once_is_gone_already(line: WritableLine, asked: tuple[str, ...]):
    line.run("sync", "acme")
    del line.app.people["u3"]
    assert outcome(line, *asked, "user:u3") == (0, "already", None)
    line.run("sync", "acme")
    line.run("sync", "acme")
    assert outcome(line, *asked, "user:u3") == (0, "already", None)


def test_who_was_deleted_here_long_ago_is_gone_already(line: WritableLine):
    assert outcome(line, *DELETE, "user:u3") == (0, "changed", None)
    for asked in (DELETE, REVOKE):
        assert outcome(line, *asked, "user:u3") == (0, "already", None)


def test_who_is_shown_as_deleted_is_gone_already(line: WritableLine):
    line.app.people["u3"].status = AccountStatus.DELETED
    assert outcome(line, *DELETE, "user:u3") == (0, "already", None)


def test_what_was_done_in_another_account_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    line = WritableLine(tmp_path, monkeypatch, capsys, Telling)
    line.app.tenant = Tenant(id="t1", name="One")
    assert outcome(line, *DELETE, "user:u3") == (0, "changed", None)
    line.app.tenant = Tenant(id="t2", name="Two")
    assert outcome(line, *DELETE, "user:u3", "--accept-tenant", "t2") == (5, "refused", "not_found")


def test_who_was_there_when_the_plan_was_made_is_gone_already(line: WritableLine, tmp_path: Path):
    file = str(tmp_path / "p.plan")
    (tmp_path / "asked.csv").write_text("kind,account\ndelete_account,user:u3\n")
    line.run("plan", "acme", str(tmp_path / "asked.csv"), "-o", file)
    del line.app.people["u3"]
    for how in ("--dry-run", "--yes"):
        ran = line.run("apply", file, how, "--output", "json")
        assert (ran.code, ran.json()["changes"][0]["outcome"]) == (0, "already")
