"""Services of plugins while they run: begun, begun again after an error, and ended in order.

Promises that one that fails stops neither another nor the syncs, and that none is begun again where that is of no use.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from jackfield.clock import Clock
from jackfield.config import ConnectorConfig
from jackfield.errors import BadConfig, BadCredentials, JackfieldError, Unsupported
from jackfield.hookspecs import ServedConnection, ServiceType
from jackfield.host.discovery import Found
from jackfield.http import HttpSession, SessionOptions, open_session
from jackfield.http.network import NetworkSettings
from jackfield.log import Logger
from jackfield_service.status import Status

_FOR_GOOD = (BadConfig, BadCredentials, Unsupported)
_FIRST, _LONGEST = 1.0, 300.0


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """One service of the configuration, with its own keys decoded; ``fingerprint`` changes with any of them."""

    name: str
    plugin: Found[ServiceType]
    config: ConnectorConfig
    fingerprint: str


class Host:
    """What one service is run with. Implements ``ServiceHost``."""

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        log: Logger,
        network: NetworkSettings,
        status: Status,
        folder: Path,
        open_connection: Callable[[str], ServedConnection],
        names: Callable[[], tuple[str, ...]],
    ) -> None:
        self.name = name
        self.clock = clock
        self.log = log
        self.network = network
        self.host_version = version("jackfield")
        self.folder = folder
        self._status = status
        self._open = open_connection
        self._names = names

    def http(self) -> AbstractAsyncContextManager[HttpSession]:
        """A session for requests."""
        return open_session(SessionOptions(network=self.network), self.clock, self.log)

    def connection(self, name: str) -> ServedConnection:
        """The connection called *name*, as it is configured now."""
        return self._open(name)

    def connections(self) -> tuple[str, ...]:
        """The names of all connections."""
        return self._names()

    def connected(self, connection: str, ok: bool, why: str = "") -> None:
        """Tell whether the service reaches its other end."""
        self._status.connected(self.name, connection, ok=ok, why=why)

    def count_task(self, connection: str, task: str, result: str) -> None:
        """Count one task."""
        self._status.count_task(connection, task, result)


async def supervise(
    service: Configured, host: Host, status: Status, sleep: Callable[[float], Any] = asyncio.sleep
) -> None:
    """Run *service* until it is cancelled; after an error again, each time later, unless that is of no use."""
    wait = _FIRST
    while True:
        status.service_up(service.name, up=True)
        begun = host.clock.monotonic()
        try:
            await service.plugin.type.run(service.config, host)
            why, last = "it ended by itself", False
        except asyncio.CancelledError:
            status.service_up(service.name, up=False, why="it was ended")
            raise
        except JackfieldError as error:
            why, last = str(error), isinstance(error, _FOR_GOOD)
        except Exception as error:
            why, last = f"it failed: {type(error).__name__}", False
            host.log.debug("the error in full", service=service.name, exc_info=error)
        status.service_up(service.name, up=False, why=why)
        host.log.warning("a service ended", service=service.name, reason=why, again=not last)
        if last:
            return
        if host.clock.monotonic() - begun > _LONGEST:
            wait = _FIRST
        await sleep(wait)
        wait = min(wait * 2, _LONGEST)


def differing(before: Mapping[str, Configured], now: Mapping[str, Configured]) -> tuple[set[str], set[str]]:
    """Which services are to be ended, and which to be begun, to come from *before* to *now*."""
    changed = {name for name in before.keys() & now.keys() if before[name].fingerprint != now[name].fingerprint}
    return (before.keys() - now.keys()) | changed, (now.keys() - before.keys()) | changed
