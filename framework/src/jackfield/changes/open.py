"""A connection opened for changes: enabled, locked against other writers, and with nothing left undecided."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager

from jackfield.changes.options import ChangeOptions, Changing
from jackfield.changes.recover import recover
from jackfield.clock import Clock
from jackfield.config import ConnectorConfig, HostSettings
from jackfield.connection import open_connection
from jackfield.connectors import Found
from jackfield.errors import BadConfig, Unsupported
from jackfield.hookspecs import ConnectorType
from jackfield.http import SessionOptions
from jackfield.http.transport import NetworkSettings
from jackfield.log import Logger
from jackfield.policies import Policy
from jackfield.state import Home, State, hold_lock
from jackfield.state.lock import Holder


@asynccontextmanager
async def open_changing(
    name: str,
    plugin: Found[ConnectorType],
    config: ConnectorConfig,
    host: HostSettings,
    *,
    home: Home,
    state: State,
    network: NetworkSettings,
    clock: Clock,
    log: Logger,
    options: ChangeOptions,
    policies: Sequence[Policy] = (),
) -> AsyncGenerator[Changing]:
    """Open one connection for changes, for as long as the block lasts.

    Unless it is a dry run: raises Unsupported where changes are not enabled, BadConfig where a reason is required and
    none given, Busy where another process writes; and settles first what an interrupted process left undecided.
    """
    if not options.dry_run:
        _check(name, host, options)
    session = SessionOptions(
        concurrency=host.concurrency, timeout=host.request_timeout, max_bytes=host.max_answer_bytes, network=network
    )
    with ExitStack() as held:
        if not options.dry_run:
            holder = Holder(pid=os.getpid(), run="changes", since=clock.now().isoformat(timespec="seconds"))
            held.enter_context(hold_lock(home.lock(name, "changes"), connection=name, purpose="change", holder=holder))
        async with open_connection(name, plugin, config, options=session, clock=clock, log=log) as connection:
            changing = Changing(connection, state, host, options, clock=clock, log=log, policies=policies)
            if not options.dry_run:
                await recover(changing, wait=0.0)
            yield changing


def _check(name: str, host: HostSettings, options: ChangeOptions) -> None:
    if host.read_only:
        raise Unsupported(
            "the connection is read-only, so that nothing is changed through it",
            connection=name,
            path=f"connections.{name}.read_only",
            hint="Take read_only out of its configuration to allow changes.",
        )
    if not host.provisioning:
        raise Unsupported(
            "changes are not enabled for this connection",
            connection=name,
            hint=f"Set provisioning = true under [connections.{name}], or say --provisioning this once.",
        )
    if host.require_reason and not (options.reason or "").strip():
        raise BadConfig("this connection wants a reason for each change", connection=name, hint="Say --reason TEXT.")
