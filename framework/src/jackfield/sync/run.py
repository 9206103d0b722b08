"""One sync from its lock to its record.

Promises one sync per connection at a time, that an interrupted one is carried on where it was, and that whatever becomes
of it is recorded.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime

import msgspec

from jackfield.activity.update import update_activity
from jackfield.errors import BadStorage, JackfieldError, LeaseLost, Transient, storage_failure, storing
from jackfield.host.configured import Configured
from jackfield.snapshots.file import is_recorded, remove
from jackfield.snapshots.sealing import attach_base
from jackfield.state import Run, RunStatus, hold
from jackfield.state.lock import Holder
from jackfield.sync.accept import reconcile, tell
from jackfield.sync.engine import Engine
from jackfield.sync.finish import seal
from jackfield.sync.ongoing import OngoingSync, Progress
from jackfield.sync.pages import PageReader, Patience
from jackfield.sync.publish import delete_old, publish
from jackfield.sync.taken import LONGEST_CHANGE, drop_taken_away, taken_since
from jackfield_contracts import TraitKind


class SyncResult(msgspec.Struct, frozen=True, kw_only=True):
    """The record of the sync, and the error that ended it if it failed; ``notes``: what did not go well beside it."""

    run: Run
    error: JackfieldError | None = None
    notes: tuple[str, ...] = ()


async def run_sync(
    configured: Configured,
    progress: Callable[[Progress], None] | None = None,
    *,
    accept_tenant: str | None = None,
    patience: Patience | None = None,
) -> SyncResult:
    """Sync one connection: published, held, or failed with the error beside it.

    With *accept_tenant* it begins anew with that account, though the snapshots before are of another: nothing of them is
    compared with or carried forward. *patience* is that of the configuration unless given. Carries on an interrupted sync
    of the same configuration, version and account that is younger than an hour; where hosts share the state, as a run of
    its own. Raises Busy if another process syncs the connection, LeaseLost if another host has taken over, and BadStorage
    if its state or its files can't even be opened.
    """
    holder = Holder(pid=os.getpid(), run="starting", since=configured.clock.now().isoformat(timespec="seconds"))
    async with AsyncExitStack() as opened:
        with (
            storing(configured.home.folder),
            hold(configured.home, configured.state, configured.name, "sync", purpose="sync", holder=holder) as lock,
        ):
            reconcile(configured.name, home=configured.home, state=configured.state, log=configured.log)
            while True:
                sync = OngoingSync(configured, progress, accept_tenant, lock)
                lock.name(msgspec.structs.replace(holder, run=sync.run))
                result = await _begin(sync, opened, patience or _patience(configured))
                if not (sync.mixed and sync.resumed):
                    break
                configured.log.warning(
                    "the sync is begun afresh: the connection reaches another account by now", run=sync.run
                )
            if not isinstance(result.error, LeaseLost):
                delete_old(configured)
        if result.run.status is not RunStatus.PUBLISHED:
            return result
        tell(result.run, configured.policies, configured.log)
        return msgspec.structs.replace(result, notes=await _read_activity(sync, result.run))


async def _read_activity(sync: OngoingSync, run: Run) -> tuple[str, ...]:
    """Read the application's feeds on, on the connection that the sync has open; why they could not be read, if so.

    What is published stays so, whatever becomes of it.
    """
    if sync.connection is None:
        return ()
    try:
        with storing(sync.configured.home.activity(sync.name)):
            await update_activity(sync.configured, sync.connection, run.tenant)
    except JackfieldError as error:
        sync.configured.log.warning("the activity can't be read", connection=sync.name, reason=str(error))
        return (f"the activity can't be read, and what is known of it stays as it was: {error}",)
    return ()


def _patience(configured: Configured) -> Patience:
    host = configured.host
    return Patience(retry_deadline=host.retry_deadline, stall_timeout=host.stall_timeout)


async def _begin(sync: OngoingSync, opened: AsyncExitStack, patience: Patience) -> SyncResult:
    """Record the sync as running, and then whatever becomes of it."""
    state = sync.configured.state
    state.interrupt_others(sync.name, sync.run)
    state.save(sync.record(RunStatus.RUNNING))
    try:
        return await _run(sync, opened, patience)
    except asyncio.CancelledError:
        _save_end(sync, sync.record(RunStatus.INTERRUPTED, reason="it was stopped"))
        raise
    finally:
        sync.writer.db.close()
        if sync.spoilt:
            remove(sync.partial)


async def _run(sync: OngoingSync, opened: AsyncExitStack, patience: Patience) -> SyncResult:
    try:
        if "status" not in sync.writer.header():
            if sync.base is not None:
                attach_base(sync.writer.db, sync.base.file)
            errors, types = await _read_all(sync, opened, patience)
            sync.demand_accepted()
            sync.tell("sealing")
            await _seal(sync, errors, types)
        sync.tell("publishing")
        return SyncResult(run=publish(sync))
    except Exception as raised:
        error = _named(sync, raised)
        if error is None:
            raise
        error.locate(connection=sync.name)
        run = msgspec.structs.replace(sync.record(RunStatus.FAILED, reason=str(error)), failure=error.code)
        _save_end(sync, run)
        return SyncResult(run=run, error=error)


def _named(sync: OngoingSync, raised: Exception) -> JackfieldError | None:
    """What ended the sync, as an error that says what to do; None for what nobody expected."""
    if (taken := _taken_over(sync)) is not None:
        return taken
    failure = raised if isinstance(raised, BadStorage) else storage_failure(raised, sync.configured.home.folder)
    if failure is None:
        return raised if isinstance(raised, JackfieldError) else None
    if failure.damaged:
        sync.spoilt = True
        return failure
    failure.hint = f"{failure.hint} A sync within an hour goes on where this one was."
    return failure


def _taken_over(sync: OngoingSync) -> LeaseLost | None:
    """That another host has taken over, which is why files of this one may be gone."""
    try:
        sync.lock.demand()
    except LeaseLost as error:
        return error
    except BadStorage:
        return None  # the database can't be asked
    return None


def _save_end(sync: OngoingSync, run: Run) -> None:
    """Record how the sync ended, as far as that can be written; else it counts as interrupted."""
    try:
        sync.configured.state.save(run)
    except (sqlite3.Error, BadStorage, LeaseLost) as error:
        sync.configured.log.warning("the end of the sync can't be recorded", run=run.run, reason=type(error).__name__)


async def _read_all(
    sync: OngoingSync, opened: AsyncExitStack, patience: Patience
) -> tuple[list[JackfieldError], tuple[str, ...]]:
    """Read the application into the partial snapshot; what reads ended with, and the types of people and their groups.

    The connection stays open with *opened*: its activity is read once the snapshot is published.
    """
    configured, host = sync.configured, sync.configured.host
    sync.connection = connection = await opened.enter_async_context(configured.open())
    engine = Engine(
        connection.families(),
        sync.writer,
        PageReader(connection, sync.writer, patience, configured.clock, configured.log),
        concurrency=host.concurrency,
        retry_deadline=patience.retry_deadline,
        clock=configured.clock,
        stored=lambda page: sync.take(connection, page),
    )
    await engine.run()
    for error in engine.errors:
        if isinstance(error, BadStorage):
            raise error
    own = (TraitKind.USER, TraitKind.GROUP)
    types = tuple(kind.name for kind in connection.resource_types() if kind.trait in own)
    return engine.errors, types


async def _seal(sync: OngoingSync, errors: list[JackfieldError], types: tuple[str, ...]) -> None:
    if sync.base is not None and not is_recorded(sync.base.file, sync.base.run.sha256):
        # A sync may have taken hours since it was looked at.
        raise BadStorage(
            "the snapshot that the new one follows was changed or is missing",
            path=str(sync.base.file),
            hint="Sync again: it then follows the newest one that is as it was recorded.",
        )
    taken = sync.configured.clock.now().isoformat(timespec="milliseconds")
    try:
        entries = {"taken": taken, "requests": str(sync.requests), "changes": _changes_meanwhile(sync)}
        await seal(
            sync.writer,
            sync.base,
            entries,
            types,
            drop=lambda: drop_taken_away(sync.writer, sync.configured.state, sync.name),
            taken=taken_since(sync.configured.state, sync.name, sync.base.run) if sync.base is not None else None,
            damaged=sync.damaged,
        )
    except Transient as nothing_whole:
        sync.writer.db.close()
        remove(sync.partial)
        raise next(iter(errors), nothing_whole) from None  # the first that a read ended with says most


def _changes_meanwhile(sync: OngoingSync) -> str | None:
    """The ids of changes that were made through Jackfield while it was read, as a JSON array; None if there were none."""
    started = datetime.fromisoformat(sync.started)
    meanwhile = sync.configured.state.changes(sync.name, since=started - LONGEST_CHANGE, limit=None)
    ids = [each.id for each in meanwhile if each.settled is None or datetime.fromisoformat(each.settled) >= started]
    return msgspec.json.encode(ids[::-1]).decode() if ids else None
