"""A session of changes on one connection: what was asked for, the reads that changes are judged by, and what is recorded.

Promises one read for all changes that are asked about, that transient errors do not end it, and that each step of a change is
in the journal before the next.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from jackfield.changes.guards.protection import Protected
from jackfield.changes.guards.remembered import remembered
from jackfield.changes.guards.unreliable_exports import with_unreadable
from jackfield.changes.inherited import inherited
from jackfield.changes.kinds.called import Called
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View, joined
from jackfield.changes.resource_names import called
from jackfield.changes.vault import Reveal, Vault
from jackfield.clock import Clock
from jackfield.config import HostSettings
from jackfield.host import patience
from jackfield.host.connection import Connection
from jackfield.host.policies import Policy, tell_changed
from jackfield.host.tenants import TenantMatch
from jackfield.log import Logger
from jackfield.state import Run, State
from jackfield.state.home import Home
from jackfield.state.journal import moment
from jackfield.state.runs import Counts
from jackfield_contracts import (
    AccessState,
    Change,
    Confirmation,
    GrantId,
    JournalEntry,
    JournalStatus,
    Outcome,
    OutcomeKind,
    PlannedChange,
    ResourceId,
    StateQuery,
)

_BASELINES_SEARCHED = 100
"""Published snapshots that are looked through for one that was seen whole."""

WAIT = 60.0
"""Seconds to wait for an outcome that is not known yet, where nothing else is said."""


class ChangeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How changes are to be made: by whom and why, ``wait`` seconds for a job, and ``limits`` by kind and hour.

    ``each_has_reason``: each change of the plan says itself why, so that no ``reason`` need be given.

    A ``dry_run`` makes no write call and writes no journal; it foretells what a run would end with, unless a plan is all that
    is wanted (``only_planned``). ``accept_tenant`` is the account that a person says is meant,
    though the snapshots are of another; ``planned_for`` the one that the plan to be applied was made for.
    """

    actor: str | None = None
    reason: str | None = None
    each_has_reason: bool = False
    wait: float = WAIT
    dry_run: bool = False
    only_planned: bool = False
    limits: Mapping[str, int] = {}
    accept_tenant: str | None = None
    planned_for: str | None = None


class Locked(Protocol):
    """The right to write through a connection, which one process has at a time."""

    def take(self) -> None:
        """Take it; raises Busy where another process has it."""
        ...

    def release(self) -> None:
        """Let it go."""
        ...

    def demand(self) -> None:
        """Raise LeaseLost where another host has taken it over; else it is held for a whole term from now."""
        ...


class Session:
    """One connection that is open for changes; while it is, no other process writes through it.

    ``lock`` is let go only while a person thinks, see ``open.resume``; None where nothing is written. ``home`` is where the
    snapshots are.
    """

    def __init__(
        self,
        connection: Connection,
        state: State,
        host: HostSettings,
        options: ChangeOptions,
        *,
        clock: Clock,
        log: Logger,
        policies: Sequence[Policy] = (),
        tenant_match: TenantMatch | None = None,
        reveal: Reveal | None = None,
        lock: Locked | None = None,
        home: Home | None = None,
    ) -> None:
        self.connection = connection
        self.home = home
        self.state = state
        self.host = host
        self.options = options
        self.clock = clock
        self.log = log
        self.policies = policies
        self.tenant_match = tenant_match or TenantMatch()
        self.vault = Vault(reveal, connection.http.mask)
        self.protected = Protected()
        """Whom the configuration protects from every change."""
        self.consent: ResourceId | None = None
        """Whose consent the credentials are, once a plan has asked for it; None is unknown or nobody."""
        self.warnings: tuple[str, ...] = ()
        """What a person should know of all changes that are made now, each once."""
        self.lock = lock
        self.planned_on: frozenset[ResourceId] = frozenset()
        """Accounts that were there when the plan at hand was made."""
        self.called: dict[ResourceId, Called | None] = {}
        """What the last snapshot calls resources, as far as it was asked; None of one that it does not have."""
        self.inherited: dict[GrantId, str | None] = {}
        """How grants that are taken away are held all the same, as far as the last snapshot was asked; None if not."""
        self.after_sync = False
        """Whether the last published snapshot is of what is read now."""
        self.seen: tuple[str, float, View] | None = None
        """The state that a plan was just made on: the plan's id, the moment (monotonic), and the state."""

    async def read_state(self, query: StateQuery) -> AccessState:
        """The live state that *query* asks for, beside what the last published snapshot of this account had.

        Of what was read from exports, `with_unreadable` marks what can not be believed.
        """
        baseline = self._baseline
        counts = baseline.counts if baseline is not None else Counts()
        grants = counts.grants if counts.resources else None
        found = await self.connection.read_state(
            msgspec.structs.replace(query, known=counts.resources, known_grants=grants)
        )
        return await with_unreadable(self.connection, self.state, self.last_snapshot, query, found)

    @cached_property
    def _baseline(self) -> Run | None:
        """The record of the snapshot that what is read is compared with; looked for once."""
        if self.tenant_match.moved:
            return None
        # Not the one that a sync has just published: to compare an export with itself never shows a loss.
        published = self.state.published(self.connection.name, _BASELINES_SEARCHED)[self.after_sync :]
        # Nor is one that was not seen whole, of exports that could not be understood, as long as there is a better one.
        whole = (each for each in published if each.complete and self._file_of(each).exists())
        return next(whole, next(iter(published), None))

    @property
    def last_snapshot(self) -> Path | None:
        """The file of the last published snapshot of this account, None where there is none."""
        baseline = self._baseline if self.home is not None else None
        return self._file_of(baseline) if baseline is not None else None

    def _file_of(self, run: Run) -> Path:
        return self.home.snapshot(self.connection.name, run.run) if self.home is not None else Path(run.snapshot or "")

    def demand_lock(self) -> None:
        """Raise LeaseLost where another host has taken over the right to write; asked before each call that changes."""
        if self.lock is not None:
            self.lock.demand()

    def warn(self, message: str) -> None:
        """Remember what a person should know before anything is made."""
        if message not in self.warnings:
            self.warnings += (message,)


T = TypeVar("T")


async def read(
    session: Session, changes: Sequence[Change], operations: Operations, *, evaluating: bool = False
) -> View:
    """The live state as far as *changes* are about it; no request where there is nothing to ask, and no second try.

    *evaluating*: also who is protected, and who was there once.
    """
    asked = [kind_of(change).query(change, operations) for change in changes]
    query = joined(asked)
    if evaluating:
        # A person is asked for once, under the name that the change has: the answer comes under that one.
        guard, named = session.protected.query, {name.casefold() for name in query.names}
        others = tuple(name for name in guard.names if name.casefold() not in named)
        query = joined([query, StateQuery(names=others, principals=guard.principals)])
    if not (query.principals or query.names or query.resources):
        return View.empty()
    state = await session.read_state(query)
    at, there = session.clock.monotonic(), {each.account for each in state.accounts}
    named = dict.fromkeys(id for change in changes for id in kind_of(change).principals(change)) if evaluating else {}
    names = called(session, [each.id.resource for each in state.entitlements])
    missing = [id for id in named if id not in there]
    return View(
        state,
        at=at,
        remembered=remembered(session, missing),
        called=names,
        inherited=inherited(session, changes),
    )


async def read_patiently(
    session: Session, changes: Sequence[Change], operations: Operations, *, deadline: float | None = None
) -> View:
    """As `read` to evaluate *changes*, tried again as long as that may help, until *deadline* (monotonic) or for
    ``retry_deadline`` seconds.

    Raises what the last try raised. A pause that is asked for and would go beyond the deadline is not begun.
    """
    return await patiently(session, lambda: read(session, changes, operations, evaluating=True), deadline)


async def state_of(session: Session, query: StateQuery) -> AccessState:
    """The live state that *query* asks for, tried again as `read_patiently` does."""
    return await patiently(session, lambda: session.read_state(query))


async def patiently(session: Session, once: Callable[[], Awaitable[T]], deadline: float | None = None) -> T:
    """What *once* gives, tried again as `read_patiently` does."""
    clock = session.clock
    if deadline is None:
        deadline = clock.monotonic() + session.host.retry_deadline
    return await patience.patiently(once, clock=clock, log=session.log, deadline=deadline, what="the state")


Progress = Callable[[JournalEntry], None]


class Attempt:
    """A change that is being made. ``maybe_made``: an earlier call may have made it without our hearing of it.

    ``lost``: an answer to it was lost; what it says beside whether it was made will never be known.
    """

    def __init__(self, entry: JournalEntry, *, maybe_made: bool = False, lost: bool = False) -> None:
        self.entry = entry
        self.maybe_made = maybe_made
        self.lost = lost or entry.lost
        self.answer: Outcome | None = entry.outcome

    @property
    def change(self) -> Change:
        """What is to be done."""
        return self.entry.change

    @property
    def settled(self) -> bool:
        """Whether its outcome is in the journal."""
        return self.entry.status is JournalStatus.SETTLED


class Recorder:
    """Where attempts are written down: the journal, the policies that watch, and whoever follows the progress."""

    def __init__(self, session: Session, operations: Operations, progress: Progress | None = None) -> None:
        self.session = session
        self.operations = operations
        self._progress = progress

    def entry(self, planned: PlannedChange, plan: str | None) -> JournalEntry:
        """The entry of a change that is about to be made."""
        session = self.session
        why = planned.reason or session.options.reason
        return JournalEntry(
            id=planned.id,
            connection=session.connection.name,
            connector=session.connection.plugin.name,
            change=planned.change,
            title=planned.title,
            status=JournalStatus.INTENT,
            intended=moment(session.clock.now()),
            before=planned.before,
            kinds=planned.kinds,
            reason=session.connection.http.mask.text(why) if why else None,
            actor=session.options.actor,
            plan=plan,
            tenant=session.tenant_match.id,
            effects=planned.effects,
            leaves=planned.leaves,
            ends=planned.ends,
            consequences=planned.consequences,
            names=planned.names,
        )

    def save(self, attempts: list[Attempt], status: JournalStatus = JournalStatus.INTENT) -> None:
        """Write down how far *attempts* are, with what was answered."""
        for attempt in attempts:
            attempt.entry = msgspec.structs.replace(
                attempt.entry, status=status, outcome=attempt.answer, lost=attempt.lost
            )
        self.session.state.save_changes([attempt.entry for attempt in attempts])

    def record(self, ended: Sequence[tuple[Attempt, Outcome, View | None]]) -> None:
        """Write down outcomes with the state after, and tell of them."""
        now = moment(self.session.clock.now())
        for attempt, outcome, view in ended:
            after = kind_of(attempt.change).target(attempt.change, self.operations, view) if view is not None else None
            if view is not None and outcome.confirmed_by is Confirmation.READ:
                ids = dict.fromkeys((*outcome.request_ids, *view.state.request_ids))
                outcome = msgspec.structs.replace(outcome, request_ids=tuple(ids))
            if view is not None and outcome.outcome is OutcomeKind.CHANGED:
                left = kind_of(attempt.change).left(attempt.change, view)
                secrets = ", ".join(self.operations.secrets(attempt.change))
                hidden = f"no read shows whether the {secrets} was taken" if secrets else None
                reason = "; ".join(filter(None, (outcome.reason, left, hidden)))
                outcome = msgspec.structs.replace(outcome, reason=reason or None)
            if outcome.account is None and after is not None and after.account is not None:
                outcome = msgspec.structs.replace(outcome, account=after.account)
            attempt.answer = outcome
            attempt.entry = msgspec.structs.replace(
                attempt.entry,
                status=JournalStatus.SETTLED,
                outcome=outcome,
                after=after,
                settled=now,
                lost=attempt.lost,
            )
        self.session.state.save_changes([attempt.entry for attempt, _, _ in ended])
        for attempt, _, _ in ended:
            tell_changed(self.session.policies, attempt.entry, self.session.log)
            if self._progress is not None:
                self._progress(attempt.entry)


def unverified(reason: str, answer: Outcome | None = None) -> Outcome:
    """The outcome of a change of which it is not known whether it was made."""
    known = answer or Outcome(outcome=OutcomeKind.UNVERIFIED)
    return msgspec.structs.replace(known, outcome=OutcomeKind.UNVERIFIED, reason=reason, retryable=False)
