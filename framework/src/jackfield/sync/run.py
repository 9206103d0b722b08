"""One sync from its lock to its record.

Promises one sync per connection at a time, that an interrupted one is carried on where it was, and that a snapshot is
recorded only once its file is whole and in place.
"""

import asyncio
import os
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import msgspec

from jackfield.clock import Clock
from jackfield.config import ConnectorConfig, HostSettings
from jackfield.connection import Connection, open_connection
from jackfield.connectors import Found
from jackfield.errors import BadConfig, JackfieldError, Transient
from jackfield.hookspecs import ConnectorType
from jackfield.http import Session, SessionOptions
from jackfield.http.transport import NetworkSettings
from jackfield.log import Logger
from jackfield.policies import Policy
from jackfield.snapshots.file import create_partial, open_partial, open_snapshot, remove
from jackfield.snapshots.sealing import attach_base, copy_finished
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.state import Home, Run, RunStatus, State, hold_lock
from jackfield.state.home import sync_folder
from jackfield.state.lock import Holder
from jackfield.sync.accept import reconcile, record_of, tell
from jackfield.sync.engine import Engine
from jackfield.sync.fingerprint import fingerprint
from jackfield.sync.finish import Base, describe, digest, first_of, intact, seal
from jackfield.sync.pages import PageReader, Patience
from jackfield_contracts import Page, TraitKind

RESUMABLE = timedelta(hours=1)
_MOST_BASES = 100


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


class _Sync:
    """What the steps of one sync share."""

    def __init__(
        self,
        name: str,
        plugin: Found[ConnectorType],
        config: ConnectorConfig,
        host: HostSettings,
        *,
        home: Home,
        state: State,
        clock: Clock,
        log: Logger,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.name = name
        self.plugin = plugin
        self.config = config
        self.host = host
        self.home = home
        self.state = state
        self.clock = clock
        self.log = log
        self._progress = progress
        self._pages = 0
        self._rows = 0
        self.requests_before = 0
        self.http: Session | None = None
        self.resumed = False
        self.refused = False
        self.base = self._find_base()
        tenants = (run.tenant for run in self.state.published(self.name, _MOST_BASES))
        self.known_tenant = next((tenant for tenant in tenants if tenant is not None), None)
        self.writer = self._open_writer()
        self.run = self.writer.header()["run"]
        self.started = self.writer.header()["started"]

    def _find_base(self) -> Base | None:
        """The newest published snapshot that is still the file that was published."""
        for run in self.state.published(self.name, _MOST_BASES):
            file = self.home.snapshot(self.name, run.run)
            if intact(run, file):
                open_snapshot(file).close()
                return Base(run=run, file=file)
            self.log.warning("a published snapshot is missing or was changed, and is not built upon", file=str(file))
        return None

    def _open_writer(self) -> SnapshotWriter:
        file = self.home.partial(self.name)
        db = open_partial(file)
        if db is not None:
            try:
                writer = SnapshotWriter(db, self.clock)
                if self._may_resume(writer.header()):
                    self.resumed = True
                    self.requests_before = int(writer.header().get("requests", "0"))
                    return writer
            except (sqlite3.DatabaseError, KeyError, ValueError):
                self.log.warning("the partial snapshot can't be read and is started afresh", file=str(file))
            db.close()
        writer = SnapshotWriter(create_partial(file), self.clock)
        now = self.clock.now()
        salt = secrets.token_hex(16)
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
                "salt": salt,
                "fingerprint": fingerprint(self.config, bytes.fromhex(salt)),
            }
        )
        return writer

    def _may_resume(self, header: dict[str, str]) -> bool:
        current = self.base.run.run if self.base else None
        if status := header.get("status"):
            # Sealed already: only to be published, unless it was held and somebody has accepted it since.
            follows = current == header.get("base") or (status == RunStatus.PUBLISHED and current == header["run"])
            return follows and self.clock.now() - datetime.fromisoformat(header["taken"]) < RESUMABLE
        return (
            header["connector"] == self.plugin.name
            and header["connector_version"] == self.plugin.version
            and header["host_version"] == version("jackfield")
            and header["fingerprint"] == fingerprint(self.config, bytes.fromhex(header["salt"]))
            and header.get("base") == current
            and self.clock.now() - datetime.fromisoformat(header["touched"]) < RESUMABLE
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
        except sqlite3.ProgrammingError:  # closed already
            return None

    def stored(self, connection: Connection, page: Page) -> int:
        """Note a page that is about to be stored; the requests made so far. Refuses another tenant at once."""
        known = self.known_tenant
        if page.tenant is not None and known is not None and page.tenant.id != known:
            self.refused = True
            raise BadConfig(
                f"the connection now reaches {page.tenant.name or 'another account'} ({page.tenant.id}), "
                f"its snapshots are of {known}",
                connection=self.name,
                hint="Sign in to the same account as before, or name another connection for this one.",
            )
        self._pages += 1
        self._rows += len(page.items)
        self.tell("reading", connection.http.limiter.in_flight)
        return self.requests

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
    progress: Callable[[Progress], None] | None = None,
) -> SyncResult:
    """Sync one connection: published, held, or failed with the error beside it.

    Carries on an interrupted sync of the same configuration, version and account that is younger than an hour. Raises
    Busy if another process syncs the connection.
    """
    holder = Holder(pid=os.getpid(), run="starting", since=clock.now().isoformat(timespec="seconds"))
    with hold_lock(home.lock(name, "sync"), connection=name, purpose="sync", holder=holder) as lock:
        reconcile(name, home=home, state=state, clock=clock, log=log)
        sync = _Sync(name, plugin, config, host, home=home, state=state, clock=clock, log=log, progress=progress)
        lock.name(msgspec.structs.replace(holder, run=sync.run))
        state.interrupt_others(name, sync.run)
        state.save(sync.record(RunStatus.RUNNING))
        try:
            result = await _run(sync, network)
        except asyncio.CancelledError:
            state.save(sync.record(RunStatus.INTERRUPTED, reason="it was stopped"))
            raise
        finally:
            sync.writer.db.close()
        if sync.refused:
            remove(home.partial(name))  # it may hold rows of the other tenant
        _retain(sync)
    if result.run.status is RunStatus.PUBLISHED:
        tell(result.run, policies, log)
    return result


async def _run(sync: _Sync, network: NetworkSettings) -> SyncResult:
    try:
        if "status" not in sync.writer.header():
            errors, types = await _read_all(sync, network)
            sync.tell("sealing")
            await _seal(sync, errors, types)
        sync.tell("publishing")
        return SyncResult(run=_publish(sync))
    except JackfieldError as error:
        error.locate(connection=sync.name)
        run = sync.record(RunStatus.FAILED, reason=str(error))
        sync.state.save(run)
        return SyncResult(run=run, error=error)


async def _read_all(sync: _Sync, network: NetworkSettings) -> tuple[list[JackfieldError], tuple[str, ...]]:
    host = sync.host
    options = SessionOptions(
        concurrency=host.concurrency, timeout=host.request_timeout, max_bytes=host.max_answer_bytes, network=network
    )
    patience = Patience(retry_deadline=host.retry_deadline, stall_timeout=host.stall_timeout)
    async with open_connection(
        sync.name, sync.plugin, sync.config, options=options, clock=sync.clock, log=sync.log
    ) as connection:
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
        own = (TraitKind.USER, TraitKind.GROUP)
        types = tuple(kind.name for kind in connection.resource_types() if kind.trait in own)
        return engine.errors, types


async def _seal(sync: _Sync, errors: list[JackfieldError], types: tuple[str, ...]) -> None:
    if sync.base is not None:
        attach_base(sync.writer.db, sync.base.file)
    taken = sync.clock.now().isoformat(timespec="milliseconds")
    try:
        await seal(sync.writer, sync.base, {"taken": taken, "requests": str(sync.requests)}, types)
    except Transient as nothing_whole:
        sync.writer.db.close()
        remove(sync.home.partial(sync.name))
        raise first_of(errors, nothing_whole) from None


def _publish(sync: _Sync) -> Run:
    partial, final = sync.home.partial(sync.name), sync.home.snapshot(sync.name, sync.run)
    header, counts, scopes = describe(sync.writer.db)
    finished = partial.with_suffix(".finished")
    copy_finished(sync.writer.db, finished)
    sha256 = digest(finished)
    _sync_file(finished)
    finished.rename(final)
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
        if file.stem not in current:
            remove(file)
            sync.log.info("deleted an old snapshot", file=str(file))
