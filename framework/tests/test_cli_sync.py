"""``sync``: what it tells people and programs, and the exit codes of what became of it."""

import errno
import os
from pathlib import Path

import pytest

from jackfield.errors import BadCredentials

from .imaginary import Line


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(tmp_path, monkeypatch, capsys)


KEYS = ["run", "connection", "status", "complete", "requests", "counts", "scopes", "snapshot", "sha256", "seconds"]


def test_a_complete_sync_tells_what_it_read(line: Line):
    ran = line.run("sync", "acme")
    assert ran.code == 0
    for text in ("Published: run ", "Imaginary Ltd", "22 resources: 2 group, 20 user", "2 entitlements, 3 grants"):
        assert text in ran.out
    assert "complete: every part was seen whole" in ran.out


def test_requests_that_nobody_counts_are_not_told_as_none(line: Line):
    """This connector asks by no HTTP at all."""
    ran = line.run("sync", "acme")
    assert ("no HTTP request in " in ran.out, "0 requests" in ran.out) == (True, False)
    assert "; no HTTP request\n" in line.run("stats", "acme").err
    line.config.write_text(line.config.read_text() + line.config.read_text().replace("acme", "other"))
    assert line.run("sync", "--all").out.count("; no HTTP request in ") == 2


def test_one_object_is_printed_for_programs(line: Line):
    ran = line.run("sync", "acme", "--output", "json")
    found = ran.json()
    assert ran.out.count("\n") == 1
    assert list(found) == KEYS
    assert (found["connection"], found["status"], found["complete"]) == ("acme", "published", True)
    assert found["counts"] == {"resources": {"group": 2, "user": 20}, "entitlements": 2, "grants": 3}
    assert found["scopes"] == []
    assert Path(found["snapshot"]).is_file()
    assert len(found["sha256"]) == 64


def test_what_could_not_be_read_is_named_with_the_reason_and_the_exit_code_is_8(line: Line):
    line.published()
    line.world.refused = {"groups"}
    ran = line.run("sync", "acme")
    assert ran.code == 8
    assert "NOT COMPLETE: 2 scopes were not seen whole." in ran.out
    assert "group, group/*: unreadable; reading groups is not allowed" in ran.out
    assert "7 rows of an older snapshot stand in" in ran.out
    found = line.run("sync", "acme", "--output", "json")
    assert found.code == 8
    assert found.json()["complete"] is False
    assert [(one["scope"], one["seal"]) for one in found.json()["scopes"]] == [
        ("group", "unreadable"),
        ("group/*", "unreadable"),
    ]
    assert list(found.json()["scopes"][0]) == ["scope", "seal", "observed", "expected", "reason"]


class TestHeld:
    @pytest.fixture
    def line(self, line: Line) -> Line:
        line.published()
        line.world.users = dict(list(line.world.users.items())[:5])
        return line

    def test_a_great_loss_is_held_and_the_command_that_accepts_it_is_told(self, line: Line):
        ran = line.run("sync", "acme")
        assert ran.code == 9
        assert "Held, not published" in ran.out
        assert "user: 15 of 20 are gone, 0 others came" in ran.out
        (command,) = [row.strip() for row in ran.out.splitlines() if "--accept" in row]
        accepted = line.run(*command.split()[1:])
        assert (accepted.code, "Accepted: run" in accepted.out) == (0, True)
        assert command.split()[-1] in accepted.out

    def test_programs_get_the_object_of_a_held_run_too(self, line: Line):
        ran = line.run("sync", "acme", "--output", "json")
        assert (ran.code, ran.json()["status"]) == (9, "held")
        assert list(ran.json()) == KEYS
        assert f"jackfield sync acme --accept {ran.json()['run']}" in ran.err
        accepted = line.run("sync", "acme", "--accept", ran.json()["run"], "--output", "json")
        assert (accepted.code, accepted.json()["status"]) == (0, "published")
        assert accepted.json()["sha256"] == ran.json()["sha256"]

    def test_a_held_snapshot_can_be_looked_at_and_says_that_it_is_held(self, line: Line):
        before = line.run("stats", "acme", "--output", "json").json()["run"]
        held = line.run("sync", "acme", "--output", "json").json()["run"]
        ran = line.run("resources", "acme", "--run", held, "--type", "user")
        assert (ran.code, len(ran.out.splitlines())) == (0, 6)
        assert "HELD, not published" in ran.err
        assert line.run("stats", "acme", "--output", "json").json()["run"] == before
        assert line.run("diff", "acme", before, held).code == 0

    def test_what_is_not_held_can_not_be_accepted(self, line: Line):
        published = line.run("syncs", "acme", "--output", "json").json()["syncs"][0]["run"]
        assert line.run("sync", "acme", "--accept", published).code == 5
        assert line.run("sync", "acme", "--accept", "nothing").code == 5


class TestFailed:
    def test_a_failed_sync_has_the_exit_code_of_its_error(self, line: Line):
        line.world.error = BadCredentials("the token is over", hint="Sign in again.")
        ran = line.run("sync", "acme")
        assert (ran.code, ran.out) == (3, "")
        assert "Error: the token is over" in ran.err
        assert "Sign in again." in ran.err

    def test_programs_get_the_object_of_a_failed_run_and_the_error_on_stderr(self, line: Line):
        line.world.error = BadCredentials("the token is over")
        ran = line.run("sync", "acme", "--output", "json")
        assert (ran.code, ran.json()["status"], ran.json()["snapshot"]) == (3, "failed", None)
        assert list(ran.json()) == KEYS
        assert "the token is over" in ran.err

    def test_it_is_remembered_with_its_reason(self, line: Line):
        line.world.error = BadCredentials("the token is over")
        line.run("sync", "acme")
        (one,) = line.run("syncs", "acme", "--output", "json").json()["syncs"]
        assert one["status"] == "failed"
        assert "the token is over" in one["reason"]
        ran = line.run("syncs", "acme")
        assert "the token is over" in ran.out
        assert line.run("stats", "acme", "--run", one["run"]).code == 5


def test_a_disk_that_is_full_for_the_activity_takes_nothing_from_what_is_published(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    async def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("jackfield.sync.run.update_activity", full)
    ran = line.run("sync", "acme")
    assert ran.code == 0
    assert ran.out.startswith("Published")
    assert "the activity can't be read, and what is known of it stays as it was" in ran.err


def test_an_unknown_policy_is_named(line: Line):
    line.config.write_text('policies = ["four-eyes"]\n' + line.config.read_text())
    ran = line.run("sync", "acme")
    assert ran.code == 2
    assert "four-eyes" in ran.err


def test_other_connectors_that_fail_do_not_hinder_and_are_told_in_one_line(line: Line):
    ran = line.run("sync", "acme")
    assert ran.code == 0
    (row,) = ran.err.splitlines()
    assert "1 plugin can't be used; `jackfield connectors list` says why" in row
    told = line.run("--log-level", "debug", "sync", "acme").err
    assert "jackfield-broken" in told
    assert "it fails to import" in told


def test_what_is_not_there_has_one_exit_code_and_what_means_several_another(line: Line):
    """A name that is looked up: 5 where nothing has it, 2 where several have. A word of a fixed list: 2."""
    line.world.users["u2"] = line.world.users["u1"]
    line.published()
    line.published()
    year = line.run("syncs", "acme", "--output", "json").json()["syncs"][0]["run"][:4]
    for words, code in (
        (("sync", "acme", "--accept", "nothing"), 5),
        (("stats", "acme", "--run", "nothing"), 5),
        (("resources", "acme", "--type", "nothing"), 5),
        (("grants", "acme", "--slug", "nothing"), 5),
        (("access", "acme", "nothing"), 5),
        (("stats", "acme", "--run", year), 2),
        (("access", "acme", "Person 1"), 2),
        (("resources", "acme", "--status", "nothing"), 2),
        (("findings", "acme", "--kind", "nothing"), 2),
    ):
        assert line.run(*words).code == code, words
