"""A connection as it is configured, and what the host works on it with.

Promises nothing but to hold together what syncs and changes need alike.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import msgspec

from jackfield.clock import Clock
from jackfield.config import ConnectorConfig, HostSettings, Secret
from jackfield.hookspecs import ConnectorType
from jackfield.host.connection import Connection, open_connection
from jackfield.host.discovery import Found
from jackfield.host.policies import Policy
from jackfield.http import SessionOptions
from jackfield.http.network import NetworkSettings
from jackfield.log import Logger
from jackfield.recording.recorder import Between, Recording
from jackfield.state import Home, State


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """The connection *name*: its connector, with the connector's own keys and the host's; and home, state, clock and log.

    ``reveal`` gives what a reference to a secret refers to; its second argument is the place of the reference.
    ``recording`` keeps the requests and answers.
    """

    name: str
    plugin: Found[ConnectorType]
    config: ConnectorConfig
    host: HostSettings
    home: Home
    state: State
    network: NetworkSettings
    clock: Clock
    log: Logger
    policies: Sequence[Policy] = ()
    reveal: Callable[[str, str], Secret] | None = None
    recording: Recording | None = None

    def open(self) -> AbstractAsyncContextManager[Connection]:
        """The connection, open for as long as the block lasts."""
        between = recorder_of(self.recording, self.name, self.plugin)
        options = session_options(self.host, self.network, between)
        return open_connection(self.name, self.plugin, self.config, options=options, clock=self.clock, log=self.log)


def recorder_of(recording: Recording | None, name: str, plugin: Found[ConnectorType]) -> Between | None:
    """What records the requests of the connection *name*, None without a recording."""
    if recording is None:
        return None
    return recording.of(name, plugin.name, plugin.type.harmless() if plugin.type.harmless is not None else None)


def session_options(host: HostSettings, network: NetworkSettings, between: Between | None = None) -> SessionOptions:
    """The limits of a connection, the way to the network, and what its requests pass on it."""
    return SessionOptions(
        concurrency=host.concurrency,
        timeout=host.request_timeout,
        max_bytes=host.max_answer_bytes,
        max_header_bytes=host.max_header_bytes,
        network=network,
        between=between,
    )
