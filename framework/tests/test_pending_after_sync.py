"""What is pending without a job is settled after a sync, by one read and no write call."""

import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from jackfield.state.home import Home
from jackfield_contracts import Outcome, OutcomeKind

from .writable import WritableLine, held

PENDING = Outcome(outcome=OutcomeKind.PENDING)
ENTITLEMENT, WHO = "group:g2/member", "user:u1"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


def ask(line: WritableLine) -> None:
    """Ask for a grant that a person has to make."""
    line.app.answer = lambda: PENDING
    assert line.run("grant", "acme", ENTITLEMENT, WHO, "--provisioning").code == 10
    line.app.writes.clear()
    line.app.reads.clear()


def outcomes(line: WritableLine) -> list[str]:
    found = line.run("changes", "list", "--output", "json").json()["changes"]
    return [one["outcome"] for one in found]


def made(line: WritableLine) -> None:
    line.app.held.add(held(ENTITLEMENT, "u1"))


def test_a_sync_settles_what_is_shown_made_by_then(line: WritableLine) -> None:
    ask(line)
    assert line.run("sync", "acme").code == 0
    assert outcomes(line) == ["pending"]
    made(line)
    ran = line.run("sync", "acme")
    assert ran.code == 0
    assert "Pending before, and settled now: changed" in ran.err
    assert outcomes(line) == ["changed"]
    assert (line.app.writes, len(line.app.reads)) == ([], 2)
    line.run("sync", "acme")
    assert len(line.app.reads) == 2  # nothing is pending any more


def test_only_where_changes_are_enabled(line: WritableLine) -> None:
    line.configure()
    ask(line)
    made(line)
    assert line.run("sync", "acme").code == 0
    assert outcomes(line) == ["pending"]
    assert line.app.reads == []


def test_an_intent_whose_answer_was_lost_is_left_alone(line: WritableLine) -> None:
    """To settle that, the application may have to be asked again, and a sync writes nothing."""
    ask(line)
    db = sqlite3.connect(line.home / "state.db")
    with db:
        db.execute(
            "UPDATE changes SET status = 'intent',"
            " entry = json_remove(json_set(entry, '$.status', 'intent'), '$.outcome')"
        )
    db.close()
    made(line)
    assert line.run("sync", "acme").code == 0
    assert (line.app.writes, line.app.reads) == ([], [])


def test_while_another_process_writes_the_sync_ends_well_and_nothing_is_settled(line: WritableLine) -> None:
    ask(line)
    made(line)
    lock = Home(folder=line.home).lock("acme", "changes")
    code = textwrap.dedent(f"""
        import fcntl, os, sys
        handle = os.open({str(lock)!r}, os.O_RDWR | os.O_CREAT)
        fcntl.flock(handle, fcntl.LOCK_EX)
        print("held", flush=True)
        sys.stdin.read()
    """)
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert line.run("sync", "acme").code == 0
        assert line.app.reads == []
        other.communicate(b"")
    assert outcomes(line) == ["pending"]
