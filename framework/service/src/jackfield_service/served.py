"""Connections as services and schedules work on them: synced, looked at, changed.

Promises one sync and one writer at a time for each connection within this process; other processes are kept out by the
host's locks. Each works in a thread of its own, on the configuration and the secrets as they are when it begins.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any, TypeVar

import msgspec

from jackfield import activity
from jackfield.changes.open import confirm_after_sync
from jackfield.changes.session import ChangeOptions
from jackfield.changes.single import latest_attempt, make_change
from jackfield.cli.app import App
from jackfield.cli.snapshots import look
from jackfield.config import ConnectionSettings
from jackfield.errors import BadCredentials, Busy, JackfieldError, Unsupported, storage_failure
from jackfield.exports.opened import OpenExport
from jackfield.hookspecs import ConnectorType, Export, ServedSync
from jackfield.host.configured import Configured
from jackfield.host.discovery import Found
from jackfield.snapshots.reader import read_snapshot
from jackfield.state import RunStatus, State
from jackfield.sync import run_sync
from jackfield.sync.run import SyncResult
from jackfield_contracts import Action, Capability, Change, EventPage, Feed, JournalEntry, JournalStatus, ResourceType
from jackfield_service.apart import apart
from jackfield_service.logs import Bound
from jackfield_service.status import Status
from jackfield_service.traces import Tracing

T = TypeVar("T")

_TURN, _BETWEEN = 120.0, 1.0
"""Seconds for which another process that changes the connection is waited for, and between two looks."""


class Turns:
    """Whose turn it is: one sync and one change at a time for each connection, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    def lock(self, connection: str, purpose: str) -> asyncio.Lock:
        """The lock of that purpose."""
        return self._locks.setdefault((connection, purpose), asyncio.Lock())


class Served:
    """One connection; made anew for each piece of work. Implements ``ServedConnection``."""

    def __init__(self, app: App, name: str, *, turns: Turns, status: Status, tracing: Tracing) -> None:
        app.log = Bound(app.log, connection=name)
        self._app = app
        self.name = name
        self._turns = turns
        self._status = status
        self._tracing = tracing
        self._settings: ConnectionSettings = app.settings.connection(name)

    @cached_property
    def _plugin(self) -> Found[ConnectorType]:
        return self._app.plugin(self._settings)

    @property
    def connector(self) -> str:
        """The name of its connector."""
        return self._settings.host.connector

    @property
    def display_name(self) -> str:
        """How the connector calls the application."""
        return self._plugin.type.display_name

    @property
    def connector_version(self) -> str:
        """The version of the connector's distribution."""
        return self._plugin.version

    @property
    def provisioning(self) -> bool:
        """Whether changes may be made."""
        return self._settings.host.provisioning and not self._settings.host.read_only

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """What the connector can do."""
        return self._plugin.type.capabilities

    @property
    def resource_types(self) -> tuple[ResourceType, ...]:
        """The types that the connector announces."""
        return self._plugin.type.resource_types

    async def actions(self) -> tuple[Action, ...]:
        """The actions that this connection offers."""

        async def work(configured: Configured) -> tuple[Action, ...]:
            async with configured.open() as connection:
                return connection.actions()

        return await self._apart(work, "actions")

    async def check(self) -> None:
        """Sign in."""

        async def work(configured: Configured) -> None:
            async with configured.open() as connection:
                await connection.check()

        try:
            await self._apart(work, "check")
        except BadCredentials:
            self._status.signed_in(self.name, ok=False)
            raise
        self._status.signed_in(self.name, ok=True)

    async def sync(self) -> ServedSync:
        """Sync it, after one that goes on here has ended."""
        async with self._turns.lock(self.name, "sync"):
            self._status.sync_begins(self.name)
            try:
                with self._tracing.span("sync", connection=self.name) as span:
                    result, carried = await self._apart(self._sync, "sync")
                    span |= {"run": result.run.run, "status": result.run.status.value, "requests": result.run.requests}
            except asyncio.CancelledError:
                self._status.sync_stopped(self.name)
                raise
            except JackfieldError as error:
                self._status.sync_failed(self.name, error)
                raise
        self._status.sync_ended(self.name, result.run, result.error)
        if result.error is not None:
            raise result.error
        run = result.run
        return ServedSync(
            run=run.run,
            published=run.status is RunStatus.PUBLISHED,
            complete=run.complete,
            reason=run.reason,
            finished=datetime.fromisoformat(run.finished) if run.finished else None,
            not_complete=run.scopes,
            carried=carried,
        )

    async def _sync(self, configured: Configured) -> tuple[SyncResult, int]:
        result = await run_sync(configured)
        if result.run.status is not RunStatus.PUBLISHED:
            return result, 0
        if self.provisioning and configured.state.changes(self.name, undecided=True, limit=1):
            await confirm_after_sync(configured, result.run.tenant)
        for each in result.notes:
            self._app.log.info("sync", connection=self.name, run=result.run.run, note=each)
        with read_snapshot(self._app.home.snapshot(self.name, result.run.run)) as snapshot:
            return result, snapshot.counts().carried

    @contextmanager
    def snapshot(self, run: str | None = None) -> Generator[Export]:
        """A snapshot, open for as long as the block lasts."""
        with look(self._app, self.name, run) as looked:
            yield OpenExport(
                self.name,
                looked,
                clock=self._app.clock,
                host_version=version("jackfield"),
                file_sha256=looked.run.sha256,
                sign_ins=activity.read_sign_ins(self._app.home, self.name),
            )

    async def change(self, change: Change, *, id: str, actor: str, reason: str | None = None) -> JournalEntry:
        """Make one change under *id*; what became of one that is settled is known, whatever is allowed now."""
        known = self.entry(id)
        if known is not None and known.status is JournalStatus.SETTLED and not self.provisioning:
            return known
        if not self.provisioning:
            raise Unsupported(
                "changes are not enabled", connection=self.name, hint="Set provisioning = true for the connection."
            )
        options = ChangeOptions(actor=actor, reason=reason)

        async def work(configured: Configured) -> JournalEntry:
            # What comes from elsewhere may not have references to this host's files and variables read.
            safe = msgspec.structs.replace(configured, reveal=None)
            return await make_change(safe, change, id=id, options=options, asked=False)

        async with self._turns.lock(self.name, "changes"):
            with self._tracing.span("change", connection=self.name, change=id) as span:
                entry = await self._in_turn(work)
                span["outcome"] = entry.outcome.outcome.value if entry.outcome is not None else "undecided"
        self._status.changed(self.name, entry)
        self._status.signed_in(self.name, ok=True)
        return entry

    async def _in_turn(self, work: Callable[[Configured], Coroutine[Any, Any, JournalEntry]]) -> JournalEntry:
        """Make a change, after another process has made its own, if that ends within ``_TURN`` seconds."""
        until = self._app.clock.monotonic() + _TURN
        while True:
            try:
                return await self._apart(work, "change")
            except Busy:
                if self._app.clock.monotonic() > until:
                    raise
            await asyncio.sleep(_BETWEEN)

    def entry(self, id: str) -> JournalEntry | None:
        """What the journal has of a change, by its last attempt."""
        with self._app.state() as state:
            found = latest_attempt(state, id)
        return found if found is not None and found.connection == self.name else None

    async def feeds(self) -> tuple[Feed, ...]:
        """The logs that this connection reads."""

        async def work(configured: Configured) -> tuple[Feed, ...]:
            async with configured.open() as connection:
                return connection.feeds()

        return await self._apart(work, "feeds")

    async def read_feed(self, feed: str, cursor: str | None, since: str | None) -> EventPage:
        """One page of a log."""

        async def work(configured: Configured) -> EventPage:
            async with configured.open() as connection:
                return await connection.read_feed(feed, cursor, since)

        return await self._apart(work, "feed")

    async def _apart(self, work: Callable[[Configured], Coroutine[Any, Any, T]], what: str) -> T:
        # What is wrong with the configuration or a secret is told before a thread is made for it.
        config_app, plugin = self._app, self._plugin

        async def opened() -> T:
            try:
                with config_app.state() as state:
                    return await work(self._configured(plugin, state))
            except (OSError, sqlite3.Error) as error:
                raise storage_failure(error, config_app.home.folder) or error from error

        return await apart(opened, name=f"{what} {self.name}")

    def _configured(self, plugin: Found[ConnectorType], state: State) -> Configured:
        app = self._app
        return app.configured(self._settings, plugin, state, policies=app.policies())
