"""A connection opened for changes in this process, with a clock by which waiting costs no time."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from jackfield.changes.open import open_session
from jackfield.changes.session import ChangeOptions, Session
from jackfield.clock import SystemClock
from jackfield.config import connector_config, load_settings
from jackfield.host.configured import Configured
from jackfield.host.policies import Policy
from jackfield.http.network import NetworkSettings
from jackfield_dropbox_simulator.launch import Control

from .syncs import Bench, dropbox

UNLIMITED = dict.fromkeys(("delete", "disable", "revoke", "privileged"), 1_000_000)


class Hurried(SystemClock):
    """A clock that sleeping moves, and the simulator's with it."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._ahead = 0.0

    def now(self) -> datetime:
        """The date and time in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return super().monotonic() + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._ahead += seconds
        self._control.advance(seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def changing(
    bench: Bench,
    simulator: Any,
    name: str = "acme",
    *,
    policies: Sequence[Policy] = (),
    settings: dict[str, Any] | None = None,
    **options: Any,
) -> AsyncGenerator[Session]:
    """Open the connection *name* of the team of *simulator* for changes, without limits; *options* of ``ChangeOptions``."""
    credentials = {key: getattr(simulator, key) for key in ("app_key", "app_secret", "refresh_token")}
    table = {"connector": "dropbox", **credentials, "base_url": simulator.base_url, **(settings or {})}
    loaded = load_settings(None, {f"JACKFIELD_CONNECTIONS__ACME__{key}": str(table[key]) for key in table})
    one = loaded.connection("acme")
    found = dropbox()
    its = Configured(
        name=name,
        plugin=found,
        config=connector_config(one, found.type.config, {}),
        host=msgspec.structs.replace(one.host, provisioning=True, limits=UNLIMITED),
        home=bench.home,
        state=bench.state,
        network=NetworkSettings(),
        clock=bench.clock,
        log=bench.log,
        policies=policies,
    )
    async with open_session(its, ChangeOptions(**options)) as opened:
        yield opened
