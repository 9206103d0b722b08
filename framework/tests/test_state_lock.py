"""The lock: one process at a time, its holder named, and free as soon as it is dead."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jackfield.errors import Busy
from jackfield.state import hold_lock
from jackfield.state.lock import Holder

ME = Holder(pid=os.getpid(), run="mine", since="2030-01-01T00:00:00Z")

HOLD = """
import os, sys
from pathlib import Path
from jackfield.state import hold_lock
from jackfield.state.lock import Holder
holder = Holder(pid=os.getpid(), run="run-7", since="2029-12-31T23:59:59Z")
with hold_lock(Path(sys.argv[1]), connection="acme", purpose="sync", holder=holder):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "acme.sync"


@pytest.fixture
def other(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, str(file)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def take(file: Path) -> None:
    with hold_lock(file, connection="acme", purpose="sync", holder=ME):
        pass


def test_the_second_is_refused_and_told_who_holds_it(file: Path, other: subprocess.Popen[str]) -> None:
    with pytest.raises(Busy) as busy:
        take(file)
    said = str(busy.value)
    assert "another sync of 'acme' is running" in said
    assert f"process {other.pid}, run run-7, since 2029-12-31T23:59:59Z" in said
    assert busy.value.exit_code == 13
    assert busy.value.connection == "acme"


def test_it_is_free_when_its_holder_ends(file: Path, other: subprocess.Popen[str]) -> None:
    other.communicate("")
    take(file)


def test_it_is_free_when_its_holder_is_killed(file: Path, other: subprocess.Popen[str]) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait(10)
    with hold_lock(file, connection="acme", purpose="sync", holder=ME), pytest.raises(Busy, match=r"run mine"):
        take(file)


def test_it_is_free_after_an_error_in_the_block(file: Path) -> None:
    with pytest.raises(LookupError), hold_lock(file, connection="acme", purpose="sync", holder=ME):
        raise LookupError
    take(file)


def test_its_holder_may_say_later_which_run_it_is(file: Path) -> None:
    with hold_lock(file, connection="acme", purpose="sync", holder=ME) as lock:
        for run in ("a-much-longer-name-of-a-run", "r2"):
            lock.name(Holder(pid=1, run=run, since="now"))
            with pytest.raises(Busy, match=f"run {run}, since now"):
                take(file)


def test_a_holder_that_has_not_said_who_it_is_is_still_respected(file: Path) -> None:
    with hold_lock(file, connection="acme", purpose="sync", holder=ME):
        file.write_text("{ not json")
        with pytest.raises(Busy, match="is running"):
            take(file)


def test_connections_do_not_wait_for_each_other_and_the_file_is_private(file: Path, tmp_path: Path) -> None:
    with hold_lock(file, connection="acme", purpose="sync", holder=ME):
        take(tmp_path / "other.sync")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
