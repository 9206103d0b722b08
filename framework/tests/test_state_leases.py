"""Locks of hosts that share a database: one holder at a time, renewed while it lives, taken over when it does not, and fenced."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import msgspec
import psycopg
import pytest
from harness.postgres import Server, of_its_own

from jackfield.errors import Busy, LeaseLost, StateUnavailable
from jackfield.state import DatabaseAddress, Home, State, hold, is_taken, open_state
from jackfield.state.lock import Holder, Lock
from jackfield_contracts import JournalStatus

from .making import ENTRY
from .test_state import RUN, WHOLE

ME = Holder(pid=os.getpid(), run="mine", since="2030-01-01T00:00:00Z")
TERM = 2.0

HOLD = """
import os, sys
from jackfield.state import Home, Run, RunStatus, hold, open_state, parse_address
from jackfield.state.lock import Holder
holder = Holder(pid=os.getpid(), run="run-7", since="2029-12-31T23:59:59Z")
with open_state(parse_address(os.environ["ADDRESS"], term=os.environ["TERM_OF_LEASE"], path="x")) as state:
    with hold(None, state, "acme", "sync", purpose="sync", holder=holder) as lock:
        print("held", lock.token, flush=True)
        for line in sys.stdin:
            try:
                lock.demand()
                print("still", flush=True)
                state.save(Run(run=line.strip(), connection="acme", connector="x", connector_version="1",
                               status=RunStatus.RUNNING, started="2030"))
                print("saved", flush=True)
            except Exception as error:
                print(type(error).__name__, error.exit_code, flush=True)
"""


class Other:
    """Another host: a process that holds the lock, and writes when it is told to."""

    def __init__(self, address: DatabaseAddress) -> None:
        environment = {"ADDRESS": address.url.reveal(), "TERM_OF_LEASE": str(address.term)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self.heard().startswith("held ")

    def heard(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def write(self, run: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(run + "\n")
        self.process.stdin.flush()


@pytest.fixture
def address(database: DatabaseAddress) -> DatabaseAddress:
    return msgspec.structs.replace(database, term=TERM)


@pytest.fixture
def state(address: DatabaseAddress) -> Generator[State]:
    with open_state(address) as state:
        yield state


@pytest.fixture
def other(address: DatabaseAddress) -> Generator[Other]:
    other = Other(address)
    yield other
    other.process.kill()
    other.process.communicate()


def taking(state: State, what: str = "sync", connection: str = "acme") -> AbstractContextManager[Lock]:
    return hold(Home(folder=Path("none")), state, connection, what, purpose=what, holder=ME)


def take_when_free(state: State, opened: ExitStack) -> Lock:
    """Take the lock as soon as it is free."""
    until = time.monotonic() + 10 * TERM
    while True:
        try:
            return opened.enter_context(taking(state))
        except Busy:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_the_second_is_refused_and_told_who_holds_it_and_where(state: State, other: Other) -> None:
    with pytest.raises(Busy) as busy, taking(state):
        raise AssertionError
    assert "another sync of 'acme' is running: process" in str(busy.value)
    assert f"process {other.process.pid} on {os.uname().nodename}, run run-7, since 2029-12-31" in str(busy.value)
    assert (busy.value.exit_code, type(busy.value)) == (13, Busy)
    assert is_taken(Home(folder=Path("none")), state, "acme", "sync")
    assert not is_taken(Home(folder=Path("none")), state, "acme", "changes")


def test_it_is_renewed_for_as_long_as_its_holder_lives(state: State, other: Other) -> None:
    until = time.monotonic() + 2.5 * TERM
    while time.monotonic() < until:
        with pytest.raises(Busy), taking(state):
            raise AssertionError
        time.sleep(0.1)


def test_it_is_free_when_its_holder_ends(state: State, other: Other) -> None:
    other.process.communicate("")
    with taking(state) as lock:
        assert lock.token == 2, "each is told from those before"


def test_it_is_free_after_an_error_and_other_connections_and_purposes_do_not_wait(state: State) -> None:
    with pytest.raises(LookupError), taking(state):
        with taking(state, "changes"), taking(state, connection="other"), pytest.raises(Busy), taking(state):
            raise AssertionError
        raise LookupError
    with taking(state):
        pass


def test_it_is_free_a_term_after_its_holder_was_killed(state: State, other: Other) -> None:
    other.process.send_signal(signal.SIGKILL)
    other.process.wait(10)
    began = time.monotonic()
    with ExitStack() as opened:
        take_when_free(state, opened)
        assert time.monotonic() - began < TERM + 6.0, "not longer than it lasts, on a busy machine either"


def test_its_holder_may_say_later_which_run_it_is(state: State, address: DatabaseAddress) -> None:
    with taking(state) as lock, open_state(address) as second:
        lock.name(msgspec.structs.replace(ME, run="later"))
        with pytest.raises(Busy, match="run later, since"), taking(second):
            raise AssertionError


def test_of_many_that_come_at_once_one_gets_it(address: DatabaseAddress) -> None:
    got: list[int | None] = []
    start, refused = threading.Barrier(8), threading.Semaphore(0)

    def come() -> None:
        with open_state(address) as state:
            start.wait(60)
            try:
                with taking(state) as lock:
                    got.append(lock.token)
                    for _ in range(7):  # until all the others have tried
                        refused.acquire(timeout=60)
            except Busy:
                got.append(None)
                refused.release()

    threads = [threading.Thread(target=come) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(got, key=str) == [1, *[None] * 7]


def test_a_host_that_was_stopped_and_goes_on_after_it_was_taken_over_writes_nothing(state: State, other: Other) -> None:
    other.write("before")
    assert [other.heard(), other.heard()] == ["still", "saved"]
    other.process.send_signal(signal.SIGSTOP)
    with ExitStack() as opened:
        lock = take_when_free(state, opened)
        other.process.send_signal(signal.SIGCONT)
        other.write("after")
        assert other.heard() == "LeaseLost 13"
        lock.demand()
        state.save(WHOLE)
    assert {run.run for run in state.history("acme")} == {"before", "r2"}


def test_a_host_that_was_stopped_and_was_not_taken_over_goes_on(other: Other) -> None:
    other.process.send_signal(signal.SIGSTOP)
    time.sleep(1.5 * TERM)
    other.process.send_signal(signal.SIGCONT)
    other.write("after")
    assert [other.heard(), other.heard()] == ["still", "saved"]


@pytest.mark.parametrize("what", ["sync", "changes"])
def test_nothing_is_written_under_a_lease_that_another_has(state: State, address: DatabaseAddress, what: str) -> None:
    intent = msgspec.structs.replace(ENTRY, status=JournalStatus.INTENT, outcome=None)
    with taking(state, what) as lock:
        state.save(RUN)
        state.save_changes([intent])
        with psycopg.connect(address.url.reveal(), autocommit=True) as db:
            db.execute("UPDATE leases SET token = token + 1, expires = expires + 100")
        for attempt in (
            lambda: state.save(WHOLE) if what == "sync" else state.save_changes([ENTRY]),
            lambda: state.interrupt_others("acme", None) if what == "sync" else state.save_changes([ENTRY]),
            lock.demand,
            lambda: lock.name(ME),
            lock.demand_unless_told,
        ):
            with pytest.raises(LeaseLost, match="another host has taken over") as lost:
                attempt()
            assert lost.value.connection == "acme"
            assert lost.value.exit_code == 13
    assert is_taken(Home(folder=Path("none")), state, "acme", what), "and it is not let go for the other"
    assert [run.run for run in state.history("acme")] == ["r1"]
    assert [each.status for each in state.changes("acme")] == [JournalStatus.INTENT]


def test_the_thread_tells_that_it_was_taken_over(state: State, address: DatabaseAddress) -> None:
    with taking(state) as lock:
        lock.demand_unless_told()
        with psycopg.connect(address.url.reveal(), autocommit=True) as db:
            db.execute("UPDATE leases SET token = token + 1")
        until = time.monotonic() + 30 * TERM
        with pytest.raises(LeaseLost):
            while time.monotonic() < until:
                lock.demand_unless_told()
                time.sleep(0.05)


def test_a_host_that_was_stopped_while_it_wrote_keeps_nobody_waiting_for_long(
    state: State, address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has begun to write under a lease that ended is either there before the lease is taken over, or never."""
    with psycopg.connect(address.url.reveal()) as stopped:
        with taking(state):
            pass
        stopped.execute("SET idle_in_transaction_session_timeout = '1s'")
        stopped.execute("SELECT 1 FROM leases WHERE token = 1 FOR KEY SHARE")
        began = time.monotonic()
        with taking(state) as lock:
            assert lock.token == 2
        assert 0.5 < time.monotonic() - began < 30.0
        with pytest.raises(psycopg.Error):
            stopped.execute("SELECT 1")


@pytest.fixture(scope="module")
def own() -> Generator[Server]:
    with of_its_own() as server:
        yield server


def test_a_lease_outlives_a_restart_of_the_server(own: Server) -> None:
    with own.database(term=TERM) as address, open_state(address) as state, taking(state) as lock:
        state.save(RUN)
        own.stop()
        for attempt in (lambda: state.save(WHOLE), lock.demand, lambda: state.history("acme")):
            with pytest.raises(StateUnavailable, match="Run it again") as failed:
                attempt()
            assert failed.value.exit_code == 75
        lock.demand_unless_told()
        own.start()
        state.save(WHOLE)
        lock.demand()
        with open_state(address) as second:
            time.sleep(1.5 * TERM)
            with pytest.raises(Busy), taking(second):
                raise AssertionError
        assert {run.run for run in state.history("acme")} == {"r1", "r2"}


def test_it_ends_in_order_though_the_server_has_gone(own: Server) -> None:
    with own.database(term=TERM) as address:
        with open_state(address) as state, taking(state):
            own.stop()
        own.start()
        began = time.monotonic()
        with open_state(address) as state, ExitStack() as opened:
            lock = take_when_free(state, opened)
            assert lock.token == 2
        assert time.monotonic() - began < TERM + 6.0, "not longer than it lasts, on a busy machine either"
