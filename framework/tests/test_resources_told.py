"""Wherever a change is told, it is said of what the entitlement is, unless its own name says so."""

from pathlib import Path

import pytest

from .writable import WritableLine, held

OWNER = "Owner of Sales (group:g2/owner)"
MEMBER = "Member of Sales (group:g2/member)"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    made = WritableLine(tmp_path, monkeypatch, capsys)
    made.app.bare = made.app.demotes = True
    made.app.held |= {held("group:g2/owner", "u1"), held("group:g2/member", "u2")}
    assert made.run("sync", "acme").code == 0
    return made


def test_in_a_dry_run_and_in_what_it_takes_the_place_of(line: WritableLine):
    ran = line.run("grant", "acme", "group:g2/owner", "user:u2", "--dry-run")
    assert ran.out.splitlines()[:2] == [
        f"would change: grant {OWNER} to Bob <bob@example.com>",
        f"  takes the place of {MEMBER}",
    ]


def test_in_the_question_the_outcome_and_the_journal(line: WritableLine):
    ran = line.run("revoke", "acme", "group:g2/owner", "user:u1")
    assert f"to revoke {OWNER} from Ann <ann@example.com>; {MEMBER} is left in its place" in ran.err
    ran = line.run("revoke", "acme", "group:g2/owner", "user:u1", "--yes")
    assert ran.out.startswith(f"changed: revoke {OWNER} from Ann <ann@example.com> (confirmed by a read)")
    assert f"{MEMBER} is held in its place" in ran.out
    assert f"nobody else holds {OWNER}" in ran.err
    assert f"revoke {OWNER} from Ann" in line.run("changes", "list").out


def test_in_why_something_is_not_made(line: WritableLine):
    assert f"{OWNER} is held, which is more" in line.run("grant", "acme", "group:g2/member", "user:u1").out
    assert f"{OWNER} is held, which includes it" in line.run("revoke", "acme", "group:g2/member", "user:u1").out
    ran = line.run("grant", "acme", "role:r2/member", "user:u2", "--yes")
    assert "it would take the place of Member of User management (role:r1/member)" in ran.out
    line.app.immutable = {"g2": "it follows from the office"}
    ran = line.run("plan", "acme", "--revoke-all", "user:u1", "-o", "p")
    assert f"can't be revoked: {OWNER}: it follows" in ran.err + ran.out


def test_in_a_plan_its_file_and_its_result(line: WritableLine):
    ran = line.run("plan", "acme", "--grant", "group:g2/owner", "user:u2", "-o", "p")
    assert (f"grant {OWNER} to Bob" in ran.out, f"takes the place of {MEMBER}" in ran.out) == (True, True)
    assert f"changed: grant {OWNER} to Bob" in line.run("apply", "p", "--yes").out
    (entry,) = line.run("changes", "list", "--output", "json").json()["changes"]
    shown = line.run("changes", "show", entry["change"]).out
    assert (f"holds {MEMBER}" in shown, f"holds {OWNER}" in shown) == (True, True)


def test_in_what_a_plan_was_made_on(line: WritableLine):
    line.run("plan", "acme", "--grant", "group:g2/owner", "user:u2", "-o", "p")
    line.app.held -= {held("group:g2/member", "u2")}
    told = line.run("apply", "p", "--yes").out
    assert f"enabled, holding {MEMBER}, now enabled, holding nothing of the kind" in told


def test_what_no_snapshot_has_is_told_by_its_id(line: WritableLine):
    line.app.names["group"]["g9"] = "New"
    ran = line.run("grant", "acme", "group:g9/member", "user:u2", "--dry-run")
    assert ran.out.startswith("would change: grant Member (group:g9/member) to Bob")


def test_a_name_that_says_it_is_not_added_to(line: WritableLine):
    line.app.bare = False
    ran = line.run("grant", "acme", "group:g2/owner", "user:u2", "--dry-run")
    assert ran.out.splitlines()[:2] == [
        "would change: grant Sales owner (group:g2/owner) to Bob <bob@example.com>",
        "  takes the place of Sales member (group:g2/member)",
    ]


def test_a_part_of_a_word_does_not_say_it(line: WritableLine):
    line.app.names["group"]["g2"] = "M"
    assert line.run("sync", "acme").code == 0
    ran = line.run("grant", "acme", "group:g2/member", "user:u4", "--dry-run")
    assert "grant Member of M (group:g2/member) to" in ran.out


def test_a_name_that_the_resource_has_no_more_is_not_told(line: WritableLine):
    """The entitlement's own name, which is read now, says that the resource was renamed."""
    line.app.bare = False
    assert line.run("sync", "acme").code == 0
    line.app.names["group"]["g2"] = "Trade"
    ran = line.run("grant", "acme", "group:g2/owner", "user:u2", "--dry-run")
    assert ran.out.splitlines()[:2] == [
        "would change: grant Trade owner (group:g2/owner) to Bob <bob@example.com>",
        "  takes the place of Trade member (group:g2/member)",
    ]
