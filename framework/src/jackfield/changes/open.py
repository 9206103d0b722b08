"""A connection opened for changes: enabled, locked against other writers, and with nothing left undecided."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager

from jackfield.changes.options import ChangeOptions, Changing
from jackfield.changes.recover import recover, settle_pending
from jackfield.clock import Clock
from jackfield.config import ConnectorConfig, HostSettings
from jackfield.connection import open_connection
from jackfield.connectors import Found
from jackfield.errors import BadConfig, Busy, JackfieldError, Unsupported
from jackfield.hookspecs import ConnectorType
from jackfield.http import SessionOptions
from jackfield.http.transport import NetworkSettings
from jackfield.log import Logger
from jackfield.policies import Policy
from jackfield.state import Home, State, hold_lock
from jackfield.state.lock import Holder
from jackfield_contracts import JournalEntry, JournalStatus


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
            held.enter_context(_locked(name, home, clock))
        async with open_connection(name, plugin, config, options=session, clock=clock, log=log) as connection:
            changing = Changing(connection, state, host, options, clock=clock, log=log, policies=policies)
            if not options.dry_run:
                await recover(changing, wait=0.0)
            yield changing


async def settle_after_sync(
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
    policies: Sequence[Policy] = (),
) -> tuple[JournalEntry, ...]:
    """Settle what is pending without a job and by now shown made; the entries settled. One read, no write call.

    Nothing is done where changes are not enabled, where none is pending so, or while another process writes. The sync
    that went before stands whatever happens here: an error is only logged, and leaves the changes pending.
    """
    if host.read_only or not host.provisioning or not _any_pending(state, name):
        return ()
    session = SessionOptions(
        concurrency=host.concurrency, timeout=host.request_timeout, max_bytes=host.max_answer_bytes, network=network
    )
    try:
        with _locked(name, home, clock):
            async with open_connection(name, plugin, config, options=session, clock=clock, log=log) as connection:
                options = ChangeOptions()
                changing = Changing(connection, state, host, options, clock=clock, log=log, policies=policies)
                return await settle_pending(changing)
    except Busy as error:
        log.info("pending changes are not looked at now", connection=name, reason=error.summary)
    except JackfieldError as error:
        log.warning("pending changes can't be looked at", connection=name, reason=str(error))
    return ()


def _any_pending(state: State, name: str) -> bool:
    undecided = state.changes(name, undecided=True, limit=None)
    return any(each.status is JournalStatus.PENDING and each.outcome and each.outcome.job is None for each in undecided)


def _locked(name: str, home: Home, clock: Clock) -> AbstractContextManager[object]:
    holder = Holder(pid=os.getpid(), run="changes", since=clock.now().isoformat(timespec="seconds"))
    return hold_lock(home.lock(name, "changes"), connection=name, purpose="change", holder=holder)


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
