"""A connection opened for changes: enabled, locked against other writers, and with nothing left undecided."""

import os
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager

from jackfield.changes.protection import Protected, read_protected
from jackfield.changes.recover import recover, settle_pending
from jackfield.changes.session import ChangeOptions, Changing, Locked, patiently
from jackfield.config import HostSettings
from jackfield.errors import BadConfig, Busy, JackfieldError, OtherTenant, Unsupported
from jackfield.host.configured import Configured
from jackfield.host.connection import Connection
from jackfield.host.tenants import Whose, demand, doubt, known_tenant, learn
from jackfield.state import Home, State, hold_lock
from jackfield.state.lock import Holder
from jackfield_contracts import JournalEntry, JournalStatus, Tenant


@asynccontextmanager
async def open_changing(its: Configured, options: ChangeOptions) -> AsyncGenerator[Changing]:
    """Open a connection for changes, for as long as the block lasts.

    Raises OtherTenant where it reaches another account than that of its snapshots, PlanOutdated where another than that
    of the plan, and as ``tenants.demand`` says where that can't be known. Unless it is a dry run: raises Unsupported where
    changes are not enabled, BadConfig where a reason is required and none given, Busy where another process writes; and
    settles first what an interrupted process left undecided.
    """
    if options.dry_run:
        async with _opened(its, options) as changing:
            await _meet(changing, its.home)
            yield changing
        return
    _check(its.name, its.host, options)
    lock = _Lock(its)
    lock.take()
    try:
        async with _opened(its, options, lock) as changing:
            await _meet(changing, its.home)
            await recover(changing, wait=0.0)
            yield changing
    finally:
        lock.release()


async def resume(changing: Changing) -> None:
    """Take the lock again that was let go while a person thought, and settle what others left undecided meanwhile.

    Raises Busy where another process has it, and as ``open_changing`` where another account is reached by now, which costs
    one request more. What was read before is not relied upon any more.
    """
    changing.seen = None
    if changing.lock is not None:
        changing.lock.take()
        before = changing.whose.id
        await _ask_whose(changing)
        if changing.whose.id != before:
            raise OtherTenant(
                f"the connection reached {before or 'an account that is not known'} when it was asked about, and reaches"
                f" {changing.whose.id or 'one that is not known'} now",
                connection=changing.connection.name,
                hint="Look at the address and the credentials. Nothing was changed.",
            )
        await recover(changing, wait=0.0)


async def settle_after_sync(its: Configured, tenant: str | None) -> tuple[JournalEntry, ...]:
    """Settle what is pending without a job and by now shown made; the entries settled. One read, no write call.

    *tenant* is the account that the sync read; what was asked of another stays as it is.

    Nothing is done where changes are not enabled, where none is pending so, or while another process writes. The sync
    that went before stands whatever happens here: an error is only logged, and leaves the changes pending.
    """
    if its.host.read_only or not its.host.provisioning or not _any_pending(its.state, its.name):
        return ()
    try:
        with _locked(its):
            async with _opened(its, ChangeOptions()) as changing:
                changing.whose = Whose(now=Tenant(id=tenant) if tenant is not None else None)
                return await settle_pending(changing)
    except Busy as error:
        its.log.info("pending changes are not looked at now", connection=its.name, reason=error.summary)
    except JackfieldError as error:
        its.log.warning("pending changes can't be looked at", connection=its.name, reason=str(error))
    return ()


@asynccontextmanager
async def _opened(its: Configured, options: ChangeOptions, lock: Locked | None = None) -> AsyncGenerator[Changing]:
    async with its.open() as connection:
        yield Changing(
            connection,
            its.state,
            its.host,
            options,
            clock=its.clock,
            log=its.log,
            policies=its.policies,
            reveal=its.reveal,
            lock=lock,
        )


async def _meet(changing: Changing, home: Home) -> None:
    """Learn whose account is reached, before anything else is asked of it, and who is protected there."""
    await _ask_whose(changing)
    if (told := doubt(changing.whose)) is not None:
        changing.warn(told)
    changing.protected = protected_of(
        changing.connection, changing.host, changing.state, home, moved=changing.whose.moved
    )


async def _ask_whose(changing: Changing) -> None:
    options, name = changing.options, changing.connection.name
    known = known_tenant(changing.state, name)
    accepted, planned = options.accept_tenant, options.planned_for
    changing.whose = await patiently(
        changing, lambda: learn(changing.connection, known=known, accepted=accepted, planned=planned)
    )
    demand(changing.whose, name, planned=planned, writes=not options.only_planned)


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

    def __init__(self, its: Configured) -> None:
        self._its = its
        self._held = ExitStack()
        self._taken = False

    def take(self) -> None:
        if not self._taken:
            self._held.enter_context(_locked(self._its))
            self._taken = True

    def release(self) -> None:
        self._taken = False
        self._held.close()


def _any_pending(state: State, name: str) -> bool:
    undecided = state.changes(name, undecided=True, limit=None)
    return any(each.status is JournalStatus.PENDING and each.outcome and each.outcome.job is None for each in undecided)


def _locked(its: Configured) -> AbstractContextManager[object]:
    holder = Holder(pid=os.getpid(), run="changes", since=its.clock.now().isoformat(timespec="seconds"))
    return hold_lock(its.home.lock(its.name, "changes"), connection=its.name, purpose="change", holder=holder)


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
    if host.require_reason and not (options.reason or "").strip():
        raise BadConfig("this connection wants a reason for each change", connection=name, hint="Say --reason TEXT.")
