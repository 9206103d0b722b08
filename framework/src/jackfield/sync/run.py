"""One sync from its lock to its record.

Promises one sync per connection at a time, that an interrupted one is carried on where it was, and that a snapshot is
recorded only once its file is whole and in place.
"""

import asyncio
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import msgspec

from jackfield.clock import Clock
from jackfield.errors import (
    BadStorage,
    JackfieldError,
    OtherTenant,
    Transient,
    raise_unless_damaged,
    storage_failure,
    storing,
)
from jackfield.files import sync_folder
from jackfield.host.configured import Configured
from jackfield.host.connection import Connection
from jackfield.host.tenants import known_tenant, other_tenant, tenant_name
from jackfield.http import Session
from jackfield.snapshots.file import (
    create_partial,
    digest,
    is_recorded,
    open_partial,
    open_snapshot,
    remove,
    strip_header,
)
from jackfield.snapshots.sealing import attach_base, copy_finished
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.state import Run, RunStatus, hold_lock
from jackfield.state.lock import Holder
from jackfield.sync.accept import reconcile, record_of, tell
from jackfield.sync.budget import Budget
from jackfield.sync.engine import Engine
from jackfield.sync.fingerprint import fingerprint, fits
from jackfield.sync.finish import Base, describe, first_of, seal
from jackfield.sync.pages import PageReader, Patience
from jackfield_contracts import Page, Resource, Tenant, TraitKind

RESUMABLE = timedelta(hours=1)
_MADE_WITH = "made_with"
"""Entry of a partial snapshot's header, sealed or not: the fingerprint of its configuration."""
_MOST_BASES = 100
_LONGEST_CHANGE = timedelta(days=1)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a sync is. ``waiting``: requests in flight; ``stage``: reading, sealing or publishing."""

    run: str
    resumed: bool
    requests: int
    pages: int
    rows: int
    waiting: int
    stage: str


class SyncResult(msgspec.Struct, frozen=True, kw_only=True):
    """The record of the sync, and the error that ended it if it failed."""

    run: Run
    error: JackfieldError | None = None


class _Writer(SnapshotWriter):
    """A writer whose disk is not taken for a fault of the connector that asks for stored rows."""

    def __init__(self, db: sqlite3.Connection, clock: Clock, file: Path, most_alike_notes: int) -> None:
        super().__init__(db, clock, most_alike_notes=most_alike_notes)
        self._file = file

    def stored(self, type: str, ids: Iterable[str]) -> Mapping[str, Resource]:
        with storing(self._file):
            return super().stored(type, ids)


class _Sync:
    """What the steps of one sync share."""

    def __init__(
        self, configured: Configured, progress: Callable[[Progress], None] | None, accept_tenant: str | None
    ) -> None:
        self.configured = configured
        self.name = configured.name
        self.plugin = configured.plugin
        self.config = configured.config
        self.host = configured.host
        self.home = configured.home
        self.state = configured.state
        self.clock = configured.clock
        self.log = configured.log
        self._progress = progress
        self._pages = 0
        self._rows = 0
        self.requests_before = 0
        self.http: Session | None = None
        self.resumed = False
        # Spoilt: the partial snapshot is damaged or may hold rows of another tenant, so nobody may carry it on. Mixed:
        # it is spoilt since pages of this run told of two tenants.
        self.spoilt = False
        self.mixed = False
        self.accept_tenant = accept_tenant
        self.known_tenant = accept_tenant or known_tenant(self.state, self.name)
        self.damaged = False
        self.base = self._find_base()
        self.writer = self._open_writer()
        self._budget = Budget(
            self.writer,
            self.home.partial(self.name),
            rows=self.host.max_snapshot_rows,
            size=self.host.max_snapshot_bytes,
        )
        self.run = self.writer.header()["run"]
        self.started = self.writer.header()["started"]
        self._tenant = self.writer.header().get("tenant")

    def _find_base(self) -> Base | None:
        """The newest published snapshot of this account that is still the file that was published.

        No row of another account is compared with, or carried forward: where one is accepted, only what is known to be of it.
        """
        fitting = (self.known_tenant,) if self.accept_tenant else (self.known_tenant, None)
        for run in self.state.published(self.name, _MOST_BASES):
            if run.tenant not in fitting:
                return None
            file = self.home.snapshot(self.name, run.run)
            if is_recorded(file, run.sha256):
                open_snapshot(file).close()
                return Base(run=run, file=file)
            self.damaged = True
            self.log.warning("a published snapshot is missing or was changed, and is not built upon", file=str(file))
        return None

    def _open_writer(self) -> SnapshotWriter:
        file = self.home.partial(self.name)
        db = open_partial(file)
        if db is not None:
            try:
                writer = _Writer(db, self.clock, file, self.host.max_alike_notes)
                if self._may_resume(writer.header()):
                    self.resumed = True
                    self.requests_before = int(writer.header().get("requests", "0"))
                    return writer
            except (sqlite3.DatabaseError, KeyError, ValueError) as error:
                db.close()
                raise_unless_damaged(error, file)
                self.log.warning("the partial snapshot can't be read and is started afresh", file=str(file))
            db.close()
        writer = _Writer(create_partial(file), self.clock, file, self.host.max_alike_notes)
        now = self.clock.now()
        writer.set_header(
            {
                "connection": self.name,
                "connector": self.plugin.name,
                "connector_version": self.plugin.version,
                "contracts_version": version("jackfield-contracts"),
                "host_version": version("jackfield"),
                "run": f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
                "started": now.isoformat(timespec="milliseconds"),
                "touched": now.isoformat(),
                "base": self.base.run.run if self.base else None,
                _MADE_WITH: fingerprint(self.config),
            }
        )
        return writer

    def _may_resume(self, header: dict[str, str]) -> bool:
        current = self.base.run.run if self.base else None
        follows, last = header.get("base") == current, "touched"
        if status := header.get("status"):
            # Sealed already: only to be published, unless it was held and somebody has accepted it since.
            follows, last = follows or (status == RunStatus.PUBLISHED and header["run"] == current), "taken"
        return (
            follows
            and header["connector"] == self.plugin.name
            and header["connector_version"] == self.plugin.version
            and header["host_version"] == version("jackfield")
            and fits(self.config, header[_MADE_WITH])
            and self.clock.now() - datetime.fromisoformat(header[last]) < RESUMABLE
        )

    @property
    def requests(self) -> int:
        """All requests made for this run so far, those before a crash included as far as they were stored."""
        return self.requests_before + (self.http.sent if self.http else 0)

    def record(self, status: RunStatus, *, reason: str | None = None) -> Run:
        now = self.clock.now()
        over = status is not RunStatus.RUNNING
        return Run(
            run=self.run,
            connection=self.name,
            connector=self.plugin.name,
            connector_version=self.plugin.version,
            status=status,
            started=self.started,
            finished=now.isoformat(timespec="milliseconds") if over else None,
            requests=self.requests,
            tenant=self.writer_tenant if over else None,
            base=self.base.run.run if self.base else None,
            reason=reason,
            seconds=round((now - datetime.fromisoformat(self.started)).total_seconds(), 3),
        )

    @property
    def writer_tenant(self) -> str | None:
        try:
            return self.writer.header().get("tenant")
        except sqlite3.Error:  # closed already, or it is what failed
            return None

    def stored(self, connection: Connection, page: Page) -> int:
        """Note a page that is about to be stored; the requests made so far.

        Refuses another tenant at once, and what a snapshot has no room for.
        """
        if page.tenant is not None:
            self._meet(page.tenant)
        self._budget.take(page)
        self._pages += 1
        self._rows += len(page.items)
        self.tell("reading", connection.http.limiter.in_flight)
        return self.requests

    def _meet(self, tenant: Tenant) -> None:
        now = f"the connection now reaches {tenant_name(tenant)}"
        if self.known_tenant not in (None, tenant.id):
            self.spoilt = True
            if self.accept_tenant is not None:
                raise OtherTenant(f"{now}, and --accept-tenant says {self.accept_tenant}", connection=self.name)
            raise other_tenant(tenant, self.known_tenant or "", self.name)
        if self._tenant not in (None, tenant.id):
            self.spoilt = self.mixed = True
            raise OtherTenant(
                f"{now}, and reached {self._tenant} when this sync began",
                connection=self.name,
                hint="Nothing of it is kept. Look at the address and the credentials, then sync again.",
            )
        self._tenant = tenant.id

    def tell(self, stage: str, waiting: int = 0) -> None:
        if self._progress is not None:
            self._progress(
                Progress(
                    run=self.run,
                    resumed=self.resumed,
                    requests=self.requests,
                    pages=self._pages,
                    rows=self._rows,
                    waiting=waiting,
                    stage=stage,
                )
            )


async def run_sync(
    configured: Configured, progress: Callable[[Progress], None] | None = None, *, accept_tenant: str | None = None
) -> SyncResult:
    """Sync one connection: published, held, or failed with the error beside it.

    With *accept_tenant* it begins anew with that account, though the snapshots before are of another: nothing of them is
    compared with or carried forward. Carries on an interrupted sync of the same configuration, version and account that
    is younger than an hour. Raises Busy if another process syncs the connection, and BadStorage if its state or its files
    can't even be opened.
    """
    holder = Holder(pid=os.getpid(), run="starting", since=configured.clock.now().isoformat(timespec="seconds"))
    at = configured.home.lock(configured.name, "sync")
    with (
        storing(configured.home.folder),
        hold_lock(at, connection=configured.name, purpose="sync", holder=holder) as lock,
    ):
        reconcile(
            configured.name, home=configured.home, state=configured.state, clock=configured.clock, log=configured.log
        )
        while True:
            sync = _Sync(configured, progress, accept_tenant)
            lock.name(msgspec.structs.replace(holder, run=sync.run))
            result = await _begin(sync)
            if not (sync.mixed and sync.resumed):
                break
            configured.log.warning(
                "the sync is begun afresh: the connection reaches another account by now", run=sync.run
            )
        _retain(sync)
    if result.run.status is RunStatus.PUBLISHED:
        tell(result.run, configured.policies, configured.log)
    return result


async def _begin(sync: _Sync) -> SyncResult:
    """Record the sync as running, and then whatever becomes of it."""
    sync.state.interrupt_others(sync.name, sync.run)
    sync.state.save(sync.record(RunStatus.RUNNING))
    try:
        return await _run(sync)
    except asyncio.CancelledError:
        _save_end(sync, sync.record(RunStatus.INTERRUPTED, reason="it was stopped"))
        raise
    finally:
        sync.writer.db.close()
        if sync.spoilt:
            remove(sync.home.partial(sync.name))


async def _run(sync: _Sync) -> SyncResult:
    try:
        if "status" not in sync.writer.header():
            if sync.base is not None:
                attach_base(sync.writer.db, sync.base.file)
            errors, types = await _read_all(sync)
            _demand_accepted(sync)
            sync.tell("sealing")
            await _seal(sync, errors, types)
        sync.tell("publishing")
        return SyncResult(run=_publish(sync))
    except Exception as raised:
        error = _named(sync, raised)
        if error is None:
            raise
        error.locate(connection=sync.name)
        run = sync.record(RunStatus.FAILED, reason=str(error))
        _save_end(sync, run)
        return SyncResult(run=run, error=error)


def _named(sync: _Sync, raised: Exception) -> JackfieldError | None:
    """What ended the sync, as an error that says what to do; None for what nobody expected."""
    failure = raised if isinstance(raised, BadStorage) else storage_failure(raised, sync.home.folder)
    if failure is None:
        return raised if isinstance(raised, JackfieldError) else None
    if failure.damaged:
        sync.spoilt = True
        return failure
    failure.hint = f"{failure.hint} A sync within an hour goes on where this one was."
    return failure


def _save_end(sync: _Sync, run: Run) -> None:
    """Record how the sync ended, as far as the disk allows; else it counts as interrupted."""
    try:
        sync.state.save(run)
    except sqlite3.Error as error:
        sync.log.warning("the end of the sync can't be recorded", run=run.run, reason=type(error).__name__)


def _demand_accepted(sync: _Sync) -> None:
    """Raise OtherTenant where an account was accepted and the whole sync did not tell whose account it read."""
    if sync.accept_tenant is not None and sync.writer_tenant is None:
        sync.spoilt = True
        raise OtherTenant(
            f"nothing shows that the connection reaches the account {sync.accept_tenant}, which was accepted",
            connection=sync.name,
            hint="Grant the permission that `jackfield check` names, or name another connection for this account.",
        )


async def _read_all(sync: _Sync) -> tuple[list[JackfieldError], tuple[str, ...]]:
    host = sync.host
    patience = Patience(retry_deadline=host.retry_deadline, stall_timeout=host.stall_timeout)
    async with sync.configured.open() as connection:
        sync.http = connection.http
        engine = Engine(
            connection.families(),
            sync.writer,
            PageReader(connection, sync.writer, patience, sync.clock, sync.log),
            concurrency=host.concurrency,
            retry_deadline=host.retry_deadline,
            clock=sync.clock,
            stored=lambda page: sync.stored(connection, page),
        )
        await engine.run()
        for error in engine.errors:
            if isinstance(error, BadStorage):
                raise error
        own = (TraitKind.USER, TraitKind.GROUP)
        types = tuple(kind.name for kind in connection.resource_types() if kind.trait in own)
        return engine.errors, types


async def _seal(sync: _Sync, errors: list[JackfieldError], types: tuple[str, ...]) -> None:
    if sync.base is not None and not is_recorded(sync.base.file, sync.base.run.sha256):
        # A sync may have taken hours since it was looked at.
        raise BadStorage(
            "the snapshot that the new one follows was changed or is missing",
            path=str(sync.base.file),
            hint="Sync again: it then follows the newest one that is as it was recorded.",
        )
    taken = sync.clock.now().isoformat(timespec="milliseconds")
    try:
        entries = {"taken": taken, "requests": str(sync.requests), "changes": _changes_meanwhile(sync)}
        await seal(sync.writer, sync.base, entries, types, damaged=sync.damaged)
    except Transient as nothing_whole:
        sync.writer.db.close()
        remove(sync.home.partial(sync.name))
        raise first_of(errors, nothing_whole) from None


def _changes_meanwhile(sync: _Sync) -> str | None:
    """The ids of changes that were made through Jackfield while it was read, as a JSON array; None if there were none."""
    started = datetime.fromisoformat(sync.started)
    meanwhile = sync.state.changes(sync.name, since=started - _LONGEST_CHANGE, limit=None)
    ids = [each.id for each in meanwhile if each.settled is None or datetime.fromisoformat(each.settled) >= started]
    return msgspec.json.encode(ids[::-1]).decode() if ids else None


def _publish(sync: _Sync) -> Run:
    partial, final = sync.home.partial(sync.name), sync.home.snapshot(sync.name, sync.run)
    header, counts, scopes = describe(sync.writer.db)
    finished = partial.with_suffix(".finished")
    try:
        copy_finished(sync.writer.db, finished)
        strip_header(finished, [_MADE_WITH])
        sha256 = digest(finished)
        _sync_file(finished)
        finished.rename(final)
    except (OSError, sqlite3.Error):
        remove(finished)  # it takes the room that there is too little of
        raise
    sync_folder(final.parent)
    sync.writer.db.close()
    remove(partial)
    run = record_of(header, counts, scopes, snapshot=str(final), sha256=sha256)
    published = sync.clock.now().isoformat(timespec="microseconds") if run.status is RunStatus.PUBLISHED else None
    sync.state.save(run, published=published)
    return run


def _sync_file(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _retain(sync: _Sync) -> None:
    """Delete whole files beyond those to be kept, never the current one."""
    current = {run.run for run in sync.state.published(sync.name, 2)}
    files = sorted(sync.home.snapshots(sync.name).glob("*.sqlite"))
    for file in files[: -sync.host.keep_snapshots]:
        if file.stem in current:
            continue
        try:
            if (record := sync.state.get(sync.name, file.stem)) is not None:
                # Before: were it killed between, a file too many is known, and none is missed.
                sync.state.save(msgspec.structs.replace(record, snapshot=None))
            remove(file)
        except OSError as error:
            sync.log.warning("an old snapshot can't be deleted", file=str(file), reason=error.strerror)
        else:
            sync.log.info("deleted an old snapshot", file=str(file))
