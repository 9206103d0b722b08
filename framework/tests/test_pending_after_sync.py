"""What is pending without a job is settled after a sync, by one read and no write call."""

import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import pytest

from jackfield.state import open_state
from jackfield.state.home import Home
from jackfield_contracts import (
    EntitlementId,
    GrantAccess,
    JournalEntry,
    JournalStatus,
    Outcome,
    OutcomeKind,
    ResourceId,
)

from .writable import WritableLine, held

PENDING = Outcome(outcome=OutcomeKind.PENDING)
ENTITLEMENT, OTHER, WHO = "group:g2/member", "role:r2/member", "user:u1"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


def ask(line: WritableLine) -> None:
    """Ask for a grant that a person has to make."""
    line.app.answer = lambda: PENDING
    assert line.run("grant", "acme", ENTITLEMENT, WHO, "--provisioning").code == 10
    line.app.writes.clear()
    line.app.reads.clear()


def journal(line: WritableLine) -> list[JournalEntry]:
    with open_state(line.home / "state.db") as state:
        return state.changes("acme")


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


def test_a_read_only_connection_is_left_alone(line: WritableLine) -> None:
    ask(line)
    made(line)
    line.configure(provisioning=True, read_only=True)
    assert line.run("sync", "acme").code == 0
    assert outcomes(line) == ["pending"]
    assert line.app.reads == []


def test_an_intent_whose_answer_was_lost_is_left_alone(line: WritableLine) -> None:
    """What became of it is for `changes recover` to find out, which may have to ask the application again."""
    ask(line)
    db = sqlite3.connect(line.home / "state.db")
    with db:
        lost = "json_remove(json_set(entry, '$.status', 'intent'), '$.outcome')"
        db.execute(f"UPDATE changes SET status = 'intent', entry = {lost}")
    db.close()
    # By the same line as if both had been asked for at once: opening for changes would settle the intent.
    entry = journal(line)[0]
    other = msgspec.structs.replace(
        entry,
        id="other",
        change=GrantAccess(entitlement=EntitlementId.parse(OTHER), principal=ResourceId.parse(WHO)),
        status=JournalStatus.PENDING,
        outcome=PENDING,
    )
    with open_state(line.home / "state.db") as state:
        state.save_changes([other])
    made(line)
    line.app.held.add(held(OTHER, "u1"))
    assert line.run("sync", "acme").code == 0
    assert {each.id: each.status.value for each in journal(line)} == {entry.id: "intent", "other": "settled"}
    assert line.app.writes == []


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
