"""Several hosts that serve on one database: they share the work, one that dies is followed, the database goes and comes back."""

import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from harness.postgres import of_its_own
from harness.serving import Server, configuration, serving
from harness.spawned import spawn

from jackfield.state import DatabaseAddress, Run, RunStatus, open_state
from tests.sweeps import hosts_serving

TEAM = ("--members", "30", "--groups", "4")
TERM = "2"

pytestmark = pytest.mark.long


@contextmanager
def _host(folder: Path, database: DatabaseAddress, name: str) -> Generator[Server]:
    environment = {
        "JACKFIELD_DATABASE": database.url.reveal(),
        "JACKFIELD_LEASE_SECONDS": TERM,
        "JACKFIELD_SERVE__HOST_ID": name,
        "JACKFIELD_SERVE__LOOK": "2",
    }
    with serving(folder, environment=environment) as server:
        yield server


def _runs(database: DatabaseAddress) -> list[Run]:
    with open_state(database) as state:
        return state.history("acme")


def test_hosts_share_the_work_and_none_syncs_twice(tmp_path: Path, database: DatabaseAddress) -> None:
    with spawn(*TEAM) as team:
        text = configuration({"acme": team}, serve='schedule = "2s"\njitter = 0.0')
        (tmp_path / "jackfield.toml").write_text(text)
        with _host(tmp_path, database, "a") as a, _host(tmp_path, database, "b") as b:
            a.logged("serving")
            b.logged("serving")
            end = time.monotonic() + 60
            while len(_runs(database)) < 6:
                assert time.monotonic() < end, (a.lines[-20:], b.lines[-20:])
                time.sleep(0.3)
            # A host may take one up whose host is slow to lock it: the lock keeps the two apart, and that is told and passes.
            failed = [
                each
                for each in (*a.events, *b.events)
                if each["event"] == "a sync failed" and (each["error"], each["again"]) != ("busy", True)
            ]
            assert a.end() < 10
            assert b.end() < 10
    assert not failed
    runs = sorted(_runs(database), key=lambda run: run.started)
    assert {run.status for run in runs} <= {RunStatus.PUBLISHED, RunStatus.INTERRUPTED}
    for before, after in pairwise(runs):
        assert before.finished is None or after.started >= before.started
    assert database.password is not None
    assert database.password.reveal() not in json.dumps([a.lines, b.lines])


def test_another_host_goes_on_where_one_died(tmp_path: Path, database: DatabaseAddress) -> None:
    with spawn("--members", "3000", "--groups", "60", "--latency", "150", "--page-cap", "100") as team:
        (tmp_path / "jackfield.toml").write_text(configuration({"acme": team}, serve='schedule = "1h"'))
        with _host(tmp_path, database, "a") as a:
            a.logged("serving")
            _until_requests(team, 12)
            a.process.kill()
            a.process.wait(10)
            team.settings(latency_ms=0)
            with _host(tmp_path, database, "b") as b:
                done = b.logged("synced", connection="acme", complete=True)
                assert b.end() < 10
    runs = _runs(database)
    assert runs[0].run == done["run"]
    assert [run.status for run in runs[1:]] in ([], [RunStatus.INTERRUPTED])


def test_a_database_that_goes_away_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    with of_its_own() as server, server.database() as database, spawn(*TEAM) as team:
        text = configuration({"acme": team}, serve='schedule = "3s"\njitter = 0.0')
        (tmp_path / "jackfield.toml").write_text(text)
        with _host(tmp_path, database, "a") as host:
            host.logged("synced", connection="acme")
            before = len(_runs(database))
            server.stop()
            _until(lambda: host.ask("ready").status == 503, host)
            assert host.ask("ready").text.startswith("database:")
            assert host.ask("live").status == 200
            server.start()
            _until(lambda: host.ask("ready").status == 200, host)
            _until(lambda: len(_runs(database)) > before, host)
            assert host.end() < 10
        assert {run.status for run in _runs(database)[1:]} <= {
            RunStatus.PUBLISHED,
            RunStatus.FAILED,
            RunStatus.INTERRUPTED,
        }


def _until(there: Any, host: Server, patience: float = 120.0) -> None:
    end = time.monotonic() + patience
    while not there():
        assert time.monotonic() < end, "\n".join(host.lines[-30:])
        time.sleep(0.3)


def _until_requests(team: Any, number: int) -> None:
    end = time.monotonic() + 60
    while len(team.requests()["requests"]) < number:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_killed_and_stopped_at_random_while_tasks_and_commands_change() -> None:
    """A sample of the sweep ``hosts-serving``, with the database away in the midst of it."""
    with of_its_own() as server:
        seen = hosts_serving.run(server, tasks=10, plans=1, seconds=15.0, seed=5, away=4.0, least=4)
    assert seen.kills + seen.stops + seen.long_stops >= 4
    assert seen.tasks + seen.by_command == 15
