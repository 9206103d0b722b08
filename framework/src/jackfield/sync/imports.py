"""One import: a file becomes a published snapshot, as a sync leaves one.

Promises that it is marked as imported, in the file and in the record; that nothing of another snapshot is in it; and that no
scope of it says more than the file does. Everything else is as for a sync: lock, seals, record, SHA-256, and old files deleted.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from jackfield.clock import Clock
from jackfield.config import HostSettings
from jackfield.errors import BadConfig, JackfieldError, OtherTenant, PluginBug, storage_failure, storing
from jackfield.files.foreign import open_foreign
from jackfield.hookspecs import ImporterType
from jackfield.host.discovery import Found
from jackfield.host.imported import connector_of, demand_importable, demand_same_tenant
from jackfield.host.policies import Policy
from jackfield.log import Logger
from jackfield.snapshots.file import create_partial, remove
from jackfield.snapshots.reads import add_read
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.state import Home, Run, State, hold
from jackfield.state.lock import Holder, Lock
from jackfield.sync.accept import reconcile, tell
from jackfield.sync.budget import Budget
from jackfield.sync.finish import seal
from jackfield.sync.publish import Place, delete_beyond, publish_sealed
from jackfield_contracts import Diagnostic, Page, Scope, Severity

KEPT = HostSettings(connector="").keep_snapshots
"""How many snapshot files of a connection are kept that the configuration says nothing of."""
_FAMILY = "file"
_CHUNK = 1 << 20
_CAUTION = "it is as the file says, and the application was not asked"
T = TypeVar("T")


class Importing(msgspec.Struct, frozen=True, kw_only=True):
    """An import that is asked for: which file becomes a snapshot of which connection, and with what the host works on it."""

    file: Path
    connection: str
    importer: Found[ImporterType]
    options: dict[str, str]
    configured: bool
    home: Home
    state: State
    clock: Clock
    log: Logger
    policies: tuple[Policy, ...] = ()


class _Opened:
    """What the importer is called with."""

    def __init__(self, importing: Importing, file: BinaryIO) -> None:
        self.connection = importing.connection
        self.name = str(importing.file)
        self.file = file
        self.options = importing.options
        self.clock = importing.clock


async def run_import(importing: Importing) -> Run:
    """Make a published snapshot of the file; its record. Raises BadConfig where the file or the name of the connection is wrong.

    Raises Busy if another process works on the connection.
    """
    name, home, state = importing.connection, importing.home, importing.state
    now = importing.clock.now()
    run = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    holder = Holder(pid=os.getpid(), run=run, since=now.isoformat(timespec="seconds"))
    with (
        storing(home.folder),
        hold(home, state, name, "sync", purpose="sync", holder=holder) as lock,
    ):
        reconcile(name, home=home, state=state, log=importing.log)
        demand_importable(state, name, importing.configured)
        partial = home.partial(name, lock.token)
        with open_foreign(importing.file, what="the file to import", path=str(importing.file)) as file:
            writer = SnapshotWriter(create_partial(partial), importing.clock)
            try:
                await _write(importing, file, run, writer, lock)
                place = Place(
                    connection=name, run=run, partial=partial, home=home, state=state, clock=importing.clock, lock=lock
                )
                record = publish_sealed(writer, place)
            finally:
                writer.db.close()
                remove(partial)
        delete_beyond(name, KEPT, home=home, state=state, log=importing.log)
    tell(record, importing.policies, importing.log)
    return record


async def _write(importing: Importing, file: BinaryIO, run: str, writer: SnapshotWriter, lock: Lock) -> None:
    """Write the rows of the file and seal them."""
    clock, found = importing.clock, importing.importer
    digest = _digest(file)
    started = clock.now().isoformat(timespec="milliseconds")
    async with writer.transaction():
        writer.set_header(
            {
                "connection": importing.connection,
                "connector": connector_of(found.name),
                "connector_version": found.version,
                "contracts_version": version("jackfield-contracts"),
                "host_version": version("jackfield"),
                "run": run,
                "started": started,
                "imported_from": str(importing.file),
                "imported_format": found.name,
                "imported_sha256": digest,
                "imported_at": started,
            }
        )
    dates = await _store(importing, _Opened(importing, file), writer, lock)
    if _digest(file) != digest:
        raise BadConfig("the file was changed while it was read", path=str(importing.file), hint="Import it again.")
    taken, doubt = _taken(dates, clock.now())
    if doubt is not None:
        async with writer.transaction():
            writer.note(doubt)
    entries = {
        "taken": taken,
        "reason": f"imported from {importing.file} ({found.name}, SHA-256 {digest})",
    }
    await seal(writer, None, entries, (), demand_whole=False)


async def _store(importing: Importing, opened: _Opened, writer: SnapshotWriter, lock: Lock) -> Mapping[str, str]:
    """Store the pages of the file; by its sources when they were written."""
    limits = HostSettings(connector="")
    budget = Budget(
        writer,
        importing.home.partial(importing.connection, lock.token),
        rows=limits.max_snapshot_rows,
        size=limits.max_snapshot_bytes,
    )
    async with writer.transaction():
        read = add_read(writer.db, _FAMILY)
    tenant: str | None = None
    dates: dict[str, str] = {}
    pages = _with_end(_pages(importing, opened))
    for number, (page, last) in enumerate(pages, 1):
        lock.demand_unless_told()
        budget.take(page)
        if page.tenant is not None:
            if tenant not in (None, page.tenant.id):
                raise OtherTenant(f"the file is of two accounts, {tenant} and {page.tenant.id}", path=opened.name)
            tenant = page.tenant.id
            demand_same_tenant(importing.state, importing.connection, tenant)
        dates |= page.as_of
        stored = msgspec.structs.replace(page, next=None if last else str(number))
        await writer.store(read, stored, feeding={_FAMILY: read.key}, next_hash=None, requests=0)
    await writer.merge()
    return dates


def _taken(dates: Mapping[str, str], now: datetime) -> tuple[str, Diagnostic | None]:
    """When that was read which the file holds: the oldest of its dates. Empty where that is unknown, with why."""
    try:
        told = [datetime.fromisoformat(each) for each in dates.values()]
        moments = [one.replace(tzinfo=UTC) if one.tzinfo is None else one.astimezone(UTC) for one in told]
    except (ValueError, OverflowError):
        moments, why = [], "when it was read, in a form that is no time"
    else:
        why = "nothing of when it was read"
    taken = min(moments, default=None)
    if taken is not None and max(moments) > now:
        why = f"that it was read on {max(moments):%Y-%m-%d %H:%M:%S} UTC, which is yet to come"
        taken = None
    if taken is not None:
        return taken.isoformat(timespec="milliseconds"), None
    summary = f"the file says {why}: how old the snapshot is, is unknown"
    return "", Diagnostic(code="age_unknown", severity=Severity.WARNING, summary=summary)


def _with_end(pages: Iterator[Page]) -> Iterator[tuple[Page, bool]]:
    """Each page, and whether it is the last; an empty one where there is none."""
    page = next(pages, None)
    if page is None:
        yield Page(), True
        return
    for following in pages:
        yield page, False
        page = following
    yield page, True


def _pages(importing: Importing, opened: _Opened) -> Iterator[Page]:
    """The pages of the importer, with nothing in them but what a file can say; raises PluginBug for what is wrong with them."""
    found = importing.importer
    pages = _guarded(found, lambda: found.type.read(opened), opened.name)
    while True:
        page = _guarded(found, lambda: next(pages, None), opened.name)
        if page is None:
            return
        yield _guarded(found, lambda page=page: _of_file(page), opened.name)


def _guarded(found: Found[ImporterType], call: Callable[[], T], name: str) -> T:
    try:
        return call()
    except JackfieldError:
        raise
    except Exception as error:
        if (failure := storage_failure(error, Path(name))) is not None:
            raise failure from error
        raise PluginBug(
            f"the importer {found.name!r} ({found.distribution} {found.version}) failed: {type(error).__name__}: {error}",
            path=name,
            hint="Nothing was imported. Report it to whoever wrote the importer.",
        ) from error


def _of_file(page: Page) -> Page:
    checked = msgspec.convert(msgspec.to_builtins(page), Page)
    return Page(
        items=checked.items,
        opens=tuple(
            Scope(
                name=each.name,
                family=_FAMILY,
                rows=each.rows,
                lists=each.lists,
                resource=each.resource,
                unreconcilable=_CAUTION,
            )
            for each in checked.opens
        ),
        incomplete=checked.incomplete,
        tenant=checked.tenant,
        as_of=checked.as_of,
        diagnostics=checked.diagnostics,
    )


def _digest(file: BinaryIO) -> str:
    made = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        made.update(chunk)
    file.seek(0)
    return made.hexdigest()
