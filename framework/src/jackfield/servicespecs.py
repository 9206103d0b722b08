"""What a service is: the type that announces it, and what of the host it is run with. All of it is given out by ``hookspecs``."""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from jackfield.clock import Clock
from jackfield.config import ConnectorConfig
from jackfield.exporterspecs import Export
from jackfield.http import HttpSession
from jackfield.http.network import NetworkSettings
from jackfield.log import Logger
from jackfield_contracts import (
    Action,
    Capability,
    Change,
    EventPage,
    Feed,
    JournalEntry,
    ResourceType,
    Seal,
)

__all__ = ["ServedConnection", "ServedSync", "ServiceHost", "ServiceType"]


class ServedSync(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one sync: its run, and whether that was ``published`` and is ``complete``, else why not.

    ``not_complete`` are the scopes that were not seen whole; ``carried`` counts the rows of older snapshots in it.
    """

    run: str
    published: bool
    complete: bool
    reason: str | None = None
    finished: datetime | None = None
    not_complete: tuple[Seal, ...] = ()
    carried: int = 0


class ServedConnection(Protocol):
    """One connection that a service works on, as it is configured now."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""
        ...

    @property
    def connector(self) -> str:
        """The name of its connector."""
        ...

    @property
    def display_name(self) -> str:
        """How the connector calls the application."""
        ...

    @property
    def connector_version(self) -> str:
        """The version of the connector's distribution."""
        ...

    @property
    def provisioning(self) -> bool:
        """Whether changes may be made."""
        ...

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """What the connector can do, whatever these credentials allow."""
        ...

    @property
    def resource_types(self) -> tuple[ResourceType, ...]:
        """The types that the connector announces."""
        ...

    async def actions(self) -> tuple[Action, ...]:
        """The actions that this connection offers; opens it, and makes no request beyond that."""
        ...

    async def check(self) -> None:
        """Sign in; raises BadCredentials and what else speaks against it. As many requests as the connector's check."""
        ...

    async def sync(self) -> ServedSync:
        """Sync it, after one that goes on has ended; cancelled, it is carried on by the next one.

        Raises what ended it. A snapshot that is held is not published, and no error.
        """
        ...

    def snapshot(self, run: str | None = None) -> AbstractContextManager[Export]:
        """A snapshot, open for as long as the block lasts: that of *run*, or the one published last; raises NotFound."""
        ...

    async def change(self, change: Change, *, id: str, actor: str, reason: str | None = None) -> JournalEntry:
        """Make one change under the *id* given, by the host's plan, limits, policies, journal and confirmation.

        Asked for again under the same id, what became of it the first time is given, and nothing is made twice; what was
        left undecided is settled first. What has failed, so that nothing was changed, and may go well another time, is tried
        again. Raises Unsupported where changes are not enabled, and what keeps the host from
        deciding.
        """
        ...

    def entry(self, id: str) -> JournalEntry | None:
        """What the journal has of a change; None if nothing."""
        ...

    async def feeds(self) -> tuple[Feed, ...]:
        """The logs of the application that this connection reads."""
        ...

    async def read_feed(self, feed: str, cursor: str | None, since: str | None) -> EventPage:
        """One page of a log, straight from the application; as the hook ``read_feed``. What the host keeps of it is untouched."""
        ...


class ServiceHost(Protocol):
    """What a service is run with."""

    @property
    def name(self) -> str:
        """The service's name in the configuration."""
        ...

    @property
    def host_version(self) -> str:
        """The version of Jackfield."""
        ...

    @property
    def clock(self) -> Clock:
        """The host's clock."""
        ...

    @property
    def log(self) -> Logger:
        """The log; secrets of the configuration are taken out of it."""
        ...

    @property
    def network(self) -> NetworkSettings:
        """Proxies and CAs, for a service that speaks something else than HTTP."""
        ...

    @property
    def folder(self) -> Path:
        """A folder of the service's own, for files that may be lost; made if need be, mode 0700."""
        ...

    def http(self) -> AbstractAsyncContextManager[HttpSession]:
        """A session for requests, for as long as the block lasts."""
        ...

    def connection(self, name: str) -> ServedConnection:
        """The connection called *name*, as it is configured now; raises BadConfig."""
        ...

    def connections(self) -> tuple[str, ...]:
        """The names of all connections that are configured."""
        ...

    def connected(self, connection: str, ok: bool, why: str = "") -> None:
        """Tell health and metrics whether the service reaches its other end for a *connection*, and *why* not."""
        ...

    def count_task(self, connection: str, task: str, result: str) -> None:
        """Count one task that the service has carried out; *task* and *result* are of few values, and name nobody."""
        ...


class ServiceType(msgspec.Struct, frozen=True, kw_only=True):
    """The light, static object behind a service's entry point: importing it imports no library of the service.

    ``run(config, host)`` goes on until it is cancelled, and then ends within seconds, with nothing left undone that would be
    lost. An error that it raises is told by health; it is run again after a while, unless the error says that
    that is of no use (BadConfig, BadCredentials, Unsupported). ``config`` is the Struct of its keys, in
    ``[services.NAME]``. ``environ`` maps variables that others have named to keys, for a host that is set up by variables alone:
    ``service.KEY`` is a key of the service, ``connection.KEY`` one of the connection, ``serve.KEY`` one of the host's
    ``serve``; a name that ends with ``*`` stands for all that begin so, with the key in the place of the ``*``. Without
    the key ``enabled_by`` among them the service is not run; where it is and ``asks_for_syncs``, the connection has no schedule
    of its own unless one is said.
    """

    name: str
    display_name: str
    config: type[ConnectorConfig]
    run: Callable[[Any, ServiceHost], Coroutine[Any, Any, None]]
    environ: Mapping[str, str] = {}
    enabled_by: str = ""
    asks_for_syncs: bool = False
    api: tuple[int, int] = (1, 3)
    docs: str = ""
