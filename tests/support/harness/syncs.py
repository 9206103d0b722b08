"""Syncs in this process: one home folder with a connection for each simulator, and what came of each run."""

from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jackfield.clock import Clock, SystemClock
from jackfield.config import connector_config, load_settings
from jackfield.hookspecs import ConnectorType
from jackfield.host.configured import Configured
from jackfield.host.discovery import Found
from jackfield.http.network import NetworkSettings
from jackfield.log import Logger, NoLog
from jackfield.recording import Recording
from jackfield.state import Home, Run, State
from jackfield.sync import SyncResult, accept, run_sync
from jackfield_dropbox.plugin import connector
from jackfield_dropbox_simulator.launch import Control

QUICK = {"retry_deadline": 6.0, "request_timeout": 2.0, "stall_timeout": 12.0}
"""Patience of a connection for sweeps that go through lasting faults."""


@cache
def dropbox() -> Found[ConnectorType]:
    """The Dropbox connector, as discovery would give it; finding it is for the tests that go through the CLI."""
    distribution = "jackfield-dropbox"
    return Found(name="dropbox", distribution=distribution, version=version(distribution), type=connector)


class Bench:
    """A home folder and its record of runs, for any number of connections."""

    def __init__(self, home: Home, state: State, *, clock: Clock | None = None, log: Logger | None = None) -> None:
        self.home = home
        self.state = state
        self.clock = clock or SystemClock()
        self.log = log or NoLog()

    async def sync(
        self, simulator: Any, name: str = "acme", recording: Recording | None = None, **settings: Any
    ) -> SyncResult:
        """Sync the team of *simulator* (anything with base_url and credentials) as the connection *name*, recorded or not."""
        credentials = {key: getattr(simulator, key) for key in ("app_key", "app_secret", "refresh_token")}
        table = {"connector": "dropbox", **credentials, "base_url": simulator.base_url, **settings}
        loaded = load_settings(None, {f"JACKFIELD_CONNECTIONS__ACME__{key}": str(table[key]) for key in table})
        one = loaded.connection("acme")
        found = dropbox()
        its = Configured(
            name=name,
            plugin=found,
            config=connector_config(one, found.type.config, {}),
            host=one.host,
            home=self.home,
            state=self.state,
            network=NetworkSettings(),
            clock=self.clock,
            log=self.log,
            recording=recording,
        )
        return await run_sync(its)

    def accept(self, run: str, name: str = "acme") -> Run:
        """Publish a held run."""
        return accept(name, run, home=self.home, state=self.state, clock=self.clock, log=self.log)


def snapshot_of(run: Run) -> Path:
    """The file of a run that has one."""
    assert run.snapshot is not None, f"run {run.run} has no snapshot: {run.status} {run.reason}"
    return Path(run.snapshot)


def asked(control: Control) -> int:
    """How many requests the simulator got since the last reset."""
    return control.requests()["total"]
