"""A bench for one connector: opened as the host opens it, synced and changed by the host's own code.

Promises that nothing of the host is imitated: discovery, configuration, engine, journal. Hides folders and options.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from jackfield.changes.apply import apply_plan
from jackfield.changes.open import open_session
from jackfield.changes.plan import make_plan
from jackfield.changes.recover import recover
from jackfield.changes.session import ChangeOptions, Session
from jackfield.config import ConnectionSettings, ConnectorConfig, HostSettings, connector_config
from jackfield.errors import JackfieldError, NotFound, PluginBug, Refused
from jackfield.hookspecs import ConnectorType
from jackfield.host.configured import Configured
from jackfield.host.connection import Connection, open_connection
from jackfield.host.discovery import Found
from jackfield.http import SessionOptions
from jackfield.http.network import NetworkSettings
from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.reader import Snapshot
from jackfield.state import Home, Run, RunStatus, State, open_state
from jackfield.sync import run_sync
from jackfield.sync.pages import Patience
from jackfield_contracts import (
    Change,
    Diagnostic,
    Entitlement,
    GrantId,
    JournalEntry,
    Outcome,
    OutcomeKind,
    Plan,
    Resource,
    ResourceId,
    Seal,
    Verdict,
)
from jackfield_testkit.clock import HastyClock
from jackfield_testkit.data import Backend, Finding, Lacking, NotApplicable, Samples, Truth
from jackfield_testkit.facts import fact_of, same_fact
from jackfield_testkit.wire import Wire

ENOUGH = 1_000_000
"""A limit on changes that nothing here reaches."""


class KeptLog:
    """Keeps every line that is logged."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def warning(self, event: str, **facts: Any) -> None:
        """Keep a line."""
        self.lines.append(f"{event} {facts}")

    debug = info = warning


class Synced(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync left: its record, the error that ended it, and the rows that it published."""

    run: Run
    error: JackfieldError | None
    resources: Mapping[ResourceId, Resource]
    entitlements: tuple[Entitlement, ...]
    grants: frozenset[GrantId]
    seals: tuple[Seal, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def complete(self) -> bool:
        """Whether it was published, and as complete."""
        return self.run.status is RunStatus.PUBLISHED and self.run.complete

    def lost_of(self, before: "Synced") -> list[ResourceId]:
        """What *before* had and this lacks, though it says that it saw the scope of it whole."""
        short = {each.scope for each in self.seals if each.seal in (Verdict.PARTIAL, Verdict.UNREADABLE)}
        seen = {each.scope for each in self.seals} - short
        gone = before.resources.keys() - self.resources.keys()
        return [id for id in sorted(gone) if before.resources[id].scope in seen]

    def __str__(self) -> str:
        not_whole = "; ".join(f"{seal.scope} is {seal.seal.value}: {seal.reason}" for seal in self.run.scopes)
        ended = f"{self.run.status.value}, {'complete' if self.run.complete else 'not complete'}"
        return f"{ended}{'; ' + not_whole if not_whole else ''}{f'; {self.error}' if self.error else ''}"


class Bench:
    """One connector, one backend, and a home for the host."""

    def __init__(
        self,
        found: Found[ConnectorType],
        values: Mapping[str, Any],
        backend: Backend,
        samples: Samples,
        folder: Path,
        *,
        clock: HastyClock | None = None,
    ) -> None:
        self.found = found
        self.values = dict(values)
        self.backend = backend
        self.samples = samples
        self.folder = folder
        self.clock = clock or HastyClock()
        self.log = KeptLog()
        self.home = Home(folder=folder / "home").ensure()
        self._held = ExitStack()
        self.state: State = self._held.enter_context(open_state(self.home.database))
        self._number = self._beside = 0
        self.share = 1.0
        """How much of the rule that is tried was checked."""
        self.left: list[str] = []
        """What of it was not, for lack of something in the fixtures."""

    def beside(
        self, values: Mapping[str, Any], backend: Backend | None = None, samples: Samples | None = None
    ) -> "Bench":
        """A connection of the same connector with other keys, in a home of its own; to be closed."""
        self._beside += 1
        folder = self.folder / f"beside-{self._beside}"
        some = self.samples if samples is None else samples
        return Bench(self.found, values, backend or self.backend, some, folder, clock=self.clock)

    def leave(self, what: str, share: float) -> None:
        """Tell that the fixtures let only *share* of the rule be checked, and *what* is left."""
        self.share = min(self.share, round(share, 3))
        self.left.append(what)

    def close(self) -> None:
        """Give back what it holds."""
        self._held.close()

    @property
    def config(self) -> ConnectorConfig:
        """The configuration, read as from a file."""
        return self.config_of(self.values)

    def config_of(self, values: Mapping[str, Any]) -> ConnectorConfig:
        """*values* as the connector's configuration; raises BadConfig."""
        host = HostSettings(connector=self.found.name)
        settings = ConnectionSettings(name="testkit", host=host, own=dict(values))
        return connector_config(settings, self.found.type.config, {})

    @property
    def host(self) -> HostSettings:
        """The host's keys: changes allowed, limits out of reach, and little patience."""
        kinds = ("delete", "disable", "revoke", "privileged")
        return HostSettings(
            connector=self.found.name,
            provisioning=True,
            limits=dict.fromkeys(kinds, ENOUGH),
            retry_deadline=30.0,
            stall_timeout=60.0,
            request_timeout=20.0,
            concurrency=4,
        )

    @property
    def patience(self) -> Patience:
        """Six tries at a page, without a pause: of this bench alone, and of nothing else in the process."""
        host = self.host
        return Patience(retry_deadline=host.retry_deadline, stall_timeout=host.stall_timeout, first_wait=0.0, tries=6)

    def has(self, ability: str) -> bool:
        """Whether the backend has an optional part."""
        return getattr(self.backend, ability, None) is not None

    def need(self, ability: str, what: str) -> Any:
        """An optional part of the backend; without it the check does not apply."""
        if not self.has(ability):
            raise Lacking(f"the backend has no {ability}, so {what} is not checked")
        return getattr(self.backend, ability)

    def need_hook(self, *hooks: str) -> None:
        """Without these hooks the check does not apply."""
        missing = [hook for hook in hooks if not self.implements(hook)]
        if missing:
            raise NotApplicable(f"the connector has no hook {', '.join(missing)}")

    def implements(self, hook: str) -> bool:
        """Whether a capability of the connector names *hook*."""
        return any(each.hook == hook for each in self.found.type.capabilities)

    def truth(self) -> Truth:
        """What is true now."""
        return self.backend.truth()

    def effects(self) -> dict[str, int]:
        """Side effects so far, as the backend counts them; none where it does not."""
        return dict(self.backend.effects()) if self.has("effects") else {}  # type: ignore[attr-defined]

    @asynccontextmanager
    async def open(self, wire: Wire | None = None, *, clock: HastyClock | None = None) -> AsyncGenerator[Connection]:
        """The connection, as the host opens it."""
        found = wire.under(self.found) if wire else self.found
        options = SessionOptions(concurrency=4, timeout=20.0)
        async with open_connection(
            "testkit", found, self.config, options=options, clock=clock or self.clock, log=self.log
        ) as connection:
            yield connection

    def work(self) -> None:
        """Let jobs end, if the backend can."""
        if self.has("work"):
            self.backend.work()  # type: ignore[attr-defined]

    async def sync(self, wire: Wire | None = None, *, clock: HastyClock | None = None) -> Synced:
        """One sync of a connection that has none before."""
        self._number += 1
        name = f"sync-{self._number}"
        result = await run_sync(self._its(name, wire, clock), patience=self.patience)
        published = result.run.status is RunStatus.PUBLISHED and result.run.snapshot is not None
        return self._read(result.run, result.error, name) if published else _nothing(result.run, result.error)

    def _its(self, name: str, wire: Wire | None, clock: HastyClock | None = None) -> Configured:
        return Configured(
            name=name,
            plugin=wire.under(self.found) if wire else self.found,
            config=self.config,
            host=self.host,
            home=self.home,
            state=self.state,
            network=NetworkSettings(),
            clock=clock or self.clock,
            log=self.log,
        )

    def _read(self, run: Run, error: JackfieldError | None, name: str) -> Synced:
        db = open_snapshot(self.home.snapshot(name, run.run))
        try:
            snapshot = Snapshot(db)
            return Synced(
                run=run,
                error=error,
                resources={row.resource.id: row.resource for row in snapshot.resources()},
                entitlements=tuple(row.entitlement for row in snapshot.entitlements()),
                grants=frozenset(
                    GrantId(entitlement=row.grant.entitlement, principal=row.grant.principal)
                    for row in snapshot.grants()
                ),
                seals=tuple(snapshot.seals()),
                diagnostics=tuple(one for one, _ in snapshot.diagnostics()),
            )
        finally:
            db.close()

    @asynccontextmanager
    async def changing(self, wire: Wire | None = None, *, only_planned: bool = False) -> AsyncGenerator[Session]:
        """The connection open for changes, as ``jackfield grant`` opens it, or ``jackfield plan``."""
        options = ChangeOptions(actor="testkit", wait=60.0, dry_run=only_planned, only_planned=only_planned)
        async with open_session(self._its("testkit", wire), options) as session:
            yield session

    async def plan(self, *changes: Change) -> Plan:
        """What *changes* would do; nothing is made."""
        async with self.changing(only_planned=True) as session:
            return await make_plan(session, changes)

    async def change(self, *changes: Change, wire: Wire | None = None) -> tuple[Outcome, ...]:
        """Plan *changes* and make them; their outcomes, those of pending ones after the work was done."""
        return await self.apply(await self.plan(*changes), wire=wire)

    async def apply(self, plan: Plan, *, wire: Wire | None = None) -> tuple[Outcome, ...]:
        """Make the changes of *plan*; their outcomes as in ``change``. Where it ends by an error, it is run once more."""
        try:
            async with self.changing(wire) as session:
                entries = await apply_plan(session, plan)
        except PluginBug as error:
            raise Finding(f"the connector failed instead of naming what happened: {error}") from None
        except JackfieldError:
            if wire is None:
                raise
            # As a person does who sees the error: nothing stays undecided, and the plan is run again.
            async with self.changing() as session:
                await recover(session)
                entries = await apply_plan(session, plan)
        if self.has("work") and any(_waits(entry) for entry in entries):
            self.work()
            async with self.changing() as session:
                await recover(session)
            entries = tuple(self.state.change(entry.id) or entry for entry in entries)
        return tuple(entry.outcome or Outcome(outcome=OutcomeKind.UNVERIFIED) for entry in entries)


def _waits(entry: JournalEntry) -> bool:
    return entry.outcome is not None and entry.outcome.outcome is OutcomeKind.PENDING


def _nothing(run: Run, error: JackfieldError | None) -> Synced:
    return Synced(run=run, error=error, resources={}, entitlements=(), grants=frozenset(), seals=(), diagnostics=())


def outcome_of(error: JackfieldError) -> Outcome:
    """What the host makes of an error that a hook raised for one change."""
    if isinstance(error, PluginBug):
        raise Finding(f"the hook failed instead of saying what became of the change: {error}")
    refused = isinstance(error, Refused | NotFound)
    return Outcome(outcome=OutcomeKind.REFUSED if refused else OutcomeKind.FAILED, reason=str(error))


def differences(shown: Synced, truth: Truth) -> list[str]:
    """What a snapshot shows otherwise than *truth*, a sentence each; a figure that it does not know is none of it."""
    said = [f"{each} is missing" for each in _first(truth.resources - shown.resources.keys())]
    said += [f"{each} is shown and not there" for each in _first(shown.resources.keys() - truth.resources)]
    said += [f"the grant {each} is missing" for each in _first(truth.grants - shown.grants)]
    said += [f"the grant {each} is shown and not there" for each in _first(shown.grants - truth.grants)]
    for id, facts in truth.facts.items():
        resource = shown.resources.get(id)
        if resource is not None:
            said += [
                f"{name} of {id} is shown as {seen!r} and is {fact!r}"
                for name, fact in facts.items()
                if not same_fact(seen := fact_of(resource, name), fact) and not (seen is None and type(fact) is int)
            ]
    return said[:10]


def _first(ids: "frozenset[Any] | set[Any]", most: int = 5) -> "Sequence[Any]":
    return sorted(ids)[:most]
