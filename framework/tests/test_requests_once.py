"""What is asked for twice counts once, and is told."""

from pathlib import Path

import pytest

from .writable import WritableLine, held


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


def planned(line: WritableLine, folder: Path, content: str, *more: str) -> tuple[list[tuple[str, str]], str]:
    """The kinds and people of the changes that *content* comes to, and what is told of it."""
    file = folder / "asked.csv"
    file.write_text(content)
    ran = line.run("plan", "acme", str(file), *more, "--output", "json")
    assert ran.code == 0, ran.err
    return [(each["kind"], each["outcome"]) for each in ran.json()["changes"]], ran.err


def test_equal_rows_count_once_however_they_name_who_is_meant(line: WritableLine, tmp_path: Path):
    content = (
        "kind,entitlement,principal\nrevoke,group:g1/member,user:u1\nrevoke,group:g1/member,ann@example.com\n"
        "revoke,role:r1/member,user:u2\nrevoke,group:g1/member,u1\n"
    )
    changes, told = planned(line, tmp_path, content)
    assert changes == [("revoke", "changed")] * 2
    assert (
        "2 rows ask for what earlier rows ask for, and count for nothing: line 3 (as line 2), line 5 (as line 2)"
        in told
    )


def test_two_rows_of_a_grant_are_one_against_a_limit(
    line: WritableLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("JACKFIELD_CONNECTIONS__ACME__LIMITS", '{"revoke": 1}')
    row = "revoke,group:g1/member,user:u1\n"
    changes, told = planned(line, tmp_path, f"kind,entitlement,principal\n{row}{row}", "--dry-run")
    assert changes == [("revoke", "changed")]
    assert "One row asks for what an earlier row asks for, and counts for nothing: line 3 (as line 2)" in told


def test_what_another_change_comes_between_is_asked_for_again(line: WritableLine, tmp_path: Path):
    line.app.held.add(held("group:g2/member", "u1"))
    there, gone = "grant,group:g2/member,user:u1\n", "revoke,group:g2/member,user:u1\n"
    changes, told = planned(line, tmp_path, f"kind,entitlement,principal\n{gone}{there}{gone}")
    assert [kind for kind, _ in changes] == ["revoke", "grant", "revoke"]
    assert "earlier row" not in told


def test_what_no_read_can_show_is_done_as_often_as_it_is_asked_for(line: WritableLine, tmp_path: Path):
    row = "action,send_mail,a@example.com\n"
    changes, _ = planned(line, tmp_path, f"kind,name,arg.to\n{row}{row}")
    assert len(changes) == 2
