"""A connection opened for changes: enabled, locked against other writers, and with nothing left undecided."""

import os
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager

from jackfield.changes.guards.protection import Protected, read_protected
from jackfield.changes.recover import confirm_pending, recover
from jackfield.changes.session import ChangeOptions, Locked, Session, patiently
from jackfield.config import HostSettings
from jackfield.errors import BadConfig, Busy, JackfieldError, OtherTenant, Unsupported
from jackfield.host.configured import Configured
from jackfield.host.connection import Connection
from jackfield.host.imported import demand_not_imported
from jackfield.host.tenants import TenantMatch, demand_tenant, known_tenant, match_tenant, warning_about
from jackfield.state import Home, State, hold
from jackfield.state.lock import Holder, Lock
from jackfield.visible import has_visible
from jackfield_contracts import JournalEntry, JournalStatus, Tenant


@asynccontextmanager
async def open_session(configured: Configured, options: ChangeOptions) -> AsyncGenerator[Session]:
    """Open a connection for changes, for as long as the block lasts.

    Raises OtherTenant where it reaches another account than that of its snapshots, PlanOutdated where another than that
    of the plan, and as ``demand_tenant`` says where that can't be known. Unless it is a dry run: raises Unsupported where
    changes are not enabled, BadConfig where a reason is required and none given, Busy where another process writes; and
    settles first what an interrupted process left undecided.
    """
    demand_not_imported(configured.state, configured.name)
    if options.dry_run:
        async with _opened(configured, options) as session:
            await _load_tenant_and_protected(session, configured.home)
            if _lacks_reason(configured.host, options) and not options.only_planned:
                session.warn("this connection wants a reason for each change, and is refused without one")
            yield session
        return
    _check(configured.name, configured.host, options)
    lock = _Lock(configured)
    lock.take()
    try:
        async with _opened(configured, options, lock) as session:
            await _load_tenant_and_protected(session, configured.home)
            await recover(session, wait=0.0)
            yield session
    finally:
        lock.release()


async def resume(session: Session) -> None:
    """Take the lock again that was let go while a person thought, and settle what others left undecided meanwhile.

    Raises Busy where another process has it, and as ``open_session`` where another account is reached by now, which costs
    one request more. What was read before is not relied upon any more.
    """
    session.seen = None
    if session.lock is not None:
        session.lock.take()
        before = session.tenant_match.id
        await _ask_whose(session)
        if session.tenant_match.id != before:
            raise OtherTenant(
                f"the connection reached {before or 'an account that is not known'} when it was asked about, and reaches"
                f" {session.tenant_match.id or 'one that is not known'} now",
                connection=session.connection.name,
                hint="Look at the address and the credentials. Nothing was changed.",
            )
        await recover(session, wait=0.0)


async def confirm_after_sync(configured: Configured, tenant: str | None) -> tuple[JournalEntry, ...]:
    """Settle what is pending without a job and by now shown made; the entries settled. One read, no write call.

    *tenant* is the account that the sync read; what was asked of another stays as it is.

    Nothing is done where changes are not enabled, where none is pending so, or while another process writes. The sync
    that went before stands whatever happens here: an error is only logged, and leaves the changes pending.
    """
    if (
        configured.host.read_only
        or not configured.host.provisioning
        or not _any_pending(configured.state, configured.name)
    ):
        return ()
    try:
        with _locked(configured):
            async with _opened(configured, ChangeOptions()) as session:
                session.after_sync = True
                session.tenant_match = TenantMatch(now=Tenant(id=tenant) if tenant is not None else None)
                settled = await confirm_pending(session)
                for message in session.warnings:
                    configured.log.warning("pending changes", connection=configured.name, reason=message)
                return settled
    except Busy as error:
        configured.log.info("pending changes are not looked at now", connection=configured.name, reason=error.summary)
    except JackfieldError as error:
        configured.log.warning("pending changes can't be looked at", connection=configured.name, reason=str(error))
    return ()


@asynccontextmanager
async def _opened(
    configured: Configured, options: ChangeOptions, lock: Locked | None = None
) -> AsyncGenerator[Session]:
    async with configured.open() as connection:
        yield Session(
            connection,
            configured.state,
            configured.host,
            options,
            clock=configured.clock,
            log=configured.log,
            policies=configured.policies,
            reveal=configured.reveal,
            lock=lock,
            home=configured.home,
        )


async def _load_tenant_and_protected(session: Session, home: Home) -> None:
    """Learn whose account is reached, before anything else is asked of it, and who is protected there."""
    await _ask_whose(session)
    if (message := warning_about(session.tenant_match)) is not None:
        session.warn(message)
    session.protected = protected_of(
        session.connection, session.host, session.state, home, moved=session.tenant_match.moved
    )


async def _ask_whose(session: Session) -> None:
    options, name = session.options, session.connection.name
    known = known_tenant(session.state, name)
    accepted, planned = options.accept_tenant, options.planned_for
    session.tenant_match = await patiently(
        session, lambda: match_tenant(session.connection, known=known, accepted=accepted, planned=planned)
    )
    demand_tenant(session.tenant_match, name, planned=planned, writes=not options.only_planned)


def protected_of(connection: Connection, host: HostSettings, state: State, home: Home, *, moved: bool) -> Protected:
    """Whom the configuration protects, by the latest snapshot unless the connection has *moved* to another account.

    Raises BadConfig or BadStorage where there is a snapshot that can't be read.
    """
    if not host.protected:
        return Protected()
    latest = next(iter(state.published(connection.name, 1)), None)
    file = home.snapshot(connection.name, latest.run) if latest is not None and not moved else None
    return read_protected(host.protected, connection.resource_types(), file)


class _Lock:
    """The lock of a connection's changes, taken and let go in turn; neither does harm twice."""

    def __init__(self, configured: Configured) -> None:
        self._configured = configured
        self._held = ExitStack()
        self._lock: Lock | None = None

    def take(self) -> None:
        if self._lock is None:
            self._lock = self._held.enter_context(_locked(self._configured))

    def release(self) -> None:
        self._lock = None
        self._held.close()

    def demand(self) -> None:
        if self._lock is not None:
            self._lock.demand()


def _any_pending(state: State, name: str) -> bool:
    undecided = state.changes(name, undecided=True, limit=None)
    return any(each.status is JournalStatus.PENDING and each.outcome and each.outcome.job is None for each in undecided)


def _locked(configured: Configured) -> AbstractContextManager[Lock]:
    holder = Holder(pid=os.getpid(), run="changes", since=configured.clock.now().isoformat(timespec="seconds"))
    return hold(configured.home, configured.state, configured.name, "changes", purpose="change", holder=holder)


def demand_writable(name: str, host: HostSettings) -> None:
    """Raise Unsupported where the connection is read-only."""
    if host.read_only:
        raise Unsupported(
            "the connection is read-only, so that nothing is changed through it",
            connection=name,
            path=f"connections.{name}.read_only",
            hint="Take read_only out of its configuration to allow changes.",
        )


def _check(name: str, host: HostSettings, options: ChangeOptions) -> None:
    demand_writable(name, host)
    if not host.provisioning:
        raise Unsupported(
            "changes are not enabled for this connection",
            connection=name,
            hint=f"Set provisioning = true under [connections.{name}], or say --provisioning this once.",
        )
    if _lacks_reason(host, options):
        raise BadConfig("this connection wants a reason for each change", connection=name, hint="Say --reason TEXT.")


def _lacks_reason(host: HostSettings, options: ChangeOptions) -> bool:
    return host.require_reason and not options.each_has_reason and not has_visible(options.reason or "")
