"""Applying a plan: each change judged once more, then made, confirmed and recorded; and what that would do now.

Promises one outcome for each change of the plan, in its order, that a plan applied twice makes nothing twice, and that
nothing but the changes themselves, and the state that they were planned on, is taken from the plan: titles, kinds, warnings,
forecasts and counts are those of the live state.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from jackfield.changes.call import call, is_old, still_to_make
from jackfield.changes.confirm import confirm
from jackfield.changes.guards.drift import with_newcomers
from jackfield.changes.guards.ongoing import end_repeats, ongoing_entries, ongoing_outcomes
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.rules import evaluate
from jackfield.changes.kinds.view import View
from jackfield.changes.plan import exceeded, limits_of, make_plan, stages, used, will_be_made, without_idle_warnings
from jackfield.changes.session import Attempt, Progress, Recorder, Session, read_patiently
from jackfield.changes.standing import latest_attempts, next_id, past_of, previewed, standing, supersedes
from jackfield.errors import BadConfig, JackfieldError, PlanOutdated
from jackfield.hookspecs import Proposed
from jackfield.host.policies import veto_of
from jackfield.host.tenants import demand_tenant
from jackfield_contracts import (
    Change,
    JournalEntry,
    JournalStatus,
    Outcome,
    OutcomeKind,
    Plan,
    PlannedChange,
    ResourceId,
)


async def preview(session: Session, plan: Plan) -> Plan:
    """*plan* as ``apply_plan`` would find it now; no write call, and one read or two."""
    demand_tenant(session.tenant_match, plan.connection, planned=plan.tenant, writes=False)
    session.planned_on = _planned_on(plan)
    fresh = await make_plan(session, [each.change for each in plan.changes], [each.reason for each in plan.changes])
    if session.seen is None:
        raise RuntimeError("a plan was made without a state")
    _, at, view = session.seen
    plan = _bare(plan, fresh)
    past = past_of(latest_attempts(session.state.changes(plan.connection, plan=plan.id, limit=None)))
    view = await with_newcomers(session, (each for each in plan.changes if each.id not in past), view)
    changes = tuple(
        without_idle_warnings(previewed(plan, fresh, standing(plan, past, Operations(session.connection), view)))
    )
    session.seen = (plan.id, at, view)
    blast = Counter(kind for each in changes if will_be_made(each) for kind in each.kinds)
    return msgspec.structs.replace(fresh, id=plan.id, created=plan.created, changes=changes, blast_radius=dict(blast))


def _planned_on(plan: Plan) -> frozenset[ResourceId]:
    """The accounts that were there when *plan* was made."""
    return frozenset(each.before.account for each in plan.changes if each.before.account is not None)


def _bare(plan: Plan, fresh: Plan) -> Plan:
    """*plan* as far as it is taken at its word: what is to be done, on which state, and whether that was to be made."""
    changes = tuple(
        msgspec.structs.replace(
            now,
            id=each.id,
            change=each.change,
            before=each.before,
            follows=each.follows,
            forecast=Outcome(outcome=each.forecast.outcome),
        )
        for each, now in zip(plan.changes, fresh.changes, strict=True)
    )
    return msgspec.structs.replace(plan, changes=changes)


_FRESH = 5.0
"""Seconds for which the state that a plan was made on may be acted upon without another read."""


async def apply_plan(session: Session, plan: Plan, progress: Progress | None = None) -> tuple[JournalEntry, ...]:
    """Make the changes of *plan*, and give their journal entries in its order; *progress* hears of each as it settles.

    A change whose precondition no longer holds is refused with the tag ``drifted``; of one that this plan made before, a
    read tells whether it is so yet. Raises what can't be put down to single changes, such as BadCredentials when reading.
    """
    if session.options.dry_run:
        raise ValueError("a dry run makes no changes")
    if plan.connection != session.connection.name:
        raise BadConfig(f"the plan is for the connection {plan.connection!r}", connection=session.connection.name)
    if plan.connector != session.connection.plugin.name:
        raise PlanOutdated(f"the plan was made for the connector {plan.connector!r}", connection=plan.connection)
    demand_tenant(session.tenant_match, plan.connection, planned=plan.tenant, writes=True)
    if len({each.id for each in plan.changes}) != len(plan.changes):
        raise PlanOutdated("the plan has two changes of the same id", connection=plan.connection)
    session.planned_on = _planned_on(plan)
    operations = Operations(session.connection)
    recorder = Recorder(session, operations, progress)
    latest = latest_attempts(session.state.changes(plan.connection, plan=plan.id, limit=None))
    past = past_of(latest)
    left = [change for change in plan.changes if change.id not in past]
    session.vault.open([each.change for each in left if will_be_made(each)], operations)
    going = await _outcomes_of_ongoing(recorder, left)
    view = await _first_view(session, plan, left, operations)
    stands = standing(plan, past, operations, view)
    counted = stands.left
    too_many = exceeded((each for each in counted.values() if will_be_made(each)), limits_of(session), used(session))
    entries = stands.previous
    for number, stage in enumerate(stages(each for each in stands.order if each.planned.id in counted)):
        if number:
            view = await read_patiently(session, [each.change for each in stage], operations)
        attempts: list[Attempt] = []
        for each in stage:
            change = kind_of(each.change).with_account(each.change, operations, view)
            tried = msgspec.structs.replace(each, change=change, id=next_id(each.id, latest))
            attempts.append(Attempt(recorder.entry(tried, plan.id)))
        await _apply_stage(recorder, attempts, stage, view, too_many, stands.drifted | going)
        entries.update((each.id, attempt.entry) for each, attempt in zip(stage, attempts, strict=True))
    return tuple(entries[change.id] for change in plan.changes)


async def _outcomes_of_ongoing(recorder: Recorder, changes: Sequence[PlannedChange]) -> dict[str, Outcome]:
    """What becomes of those of *changes* that go on already, or whose opposite does, and that is not over within the wait."""
    session, operations = recorder.session, recorder.operations
    same = [Attempt(entry, maybe_made=True) for entry in ongoing_entries(session, changes, operations)]
    if not same:
        return {}
    session.seen = None
    await confirm(recorder, same, wait=session.options.wait)
    end_repeats(recorder)
    return ongoing_outcomes([attempt.entry for attempt in same if not attempt.settled], changes, operations)


async def _first_view(session: Session, plan: Plan, left: Sequence[PlannedChange], operations: Operations) -> View:
    """The state of all that *plan* is about, also of what it made before, and who came in the place of those gone."""
    # What is made from here on is not in it.
    seen, session.seen = session.seen, None
    if seen is not None and seen[0] == plan.id and session.clock.monotonic() - seen[1] < _FRESH:
        return seen[2]
    view = await read_patiently(session, [each.change for each in plan.changes], operations)
    return await with_newcomers(session, left, view)


async def _apply_stage(
    recorder: Recorder,
    attempts: list[Attempt],
    stage: Sequence[PlannedChange],
    view: View,
    too_many: dict[str, str],
    refused: dict[str, Outcome],
) -> None:
    go: list[Attempt] = []
    over: list[tuple[Attempt, Outcome, View | None]] = []
    repeats: list[Attempt] = []
    for attempt, planned in zip(attempts, stage, strict=True):
        now = kind_of(attempt.change).target(attempt.change, recorder.operations, view)
        outcome = evaluate(attempt.change, recorder.operations, view, recorder.session.protected).forecast
        if (why := refused.get(planned.id)) is not None and supersedes(why, outcome, planned):
            outcome = why
        if outcome.outcome is OutcomeKind.CHANGED:
            outcome = held_back(recorder, attempt.change, planned, too_many)
        attempt.entry = msgspec.structs.replace(attempt.entry, before=now)
        if outcome.outcome is OutcomeKind.CHANGED:
            go.append(attempt)
        elif outcome.outcome is OutcomeKind.PENDING:
            attempt.answer = outcome
            repeats.append(attempt)
        else:
            over.append((attempt, outcome, view))
    if repeats:
        recorder.save(repeats, JournalStatus.PENDING)
    if over:
        recorder.record(over)
    failure: JackfieldError | None = None
    waiting = batches(go, recorder.operations)
    asked: list[Attempt] = []
    while waiting:
        if asked and is_old(recorder.session, view):
            left = [attempt for batch in waiting for attempt in batch]
            try:
                view = await read_patiently(recorder.session, [attempt.change for attempt in left], recorder.operations)
            except JackfieldError as error:
                failure = error
                break
            waiting = [rest for batch in waiting if (rest := still_to_make(recorder, batch, view))]
            asked += [attempt for attempt in left if attempt.answer is not None]
            if not waiting:
                break
        batch = waiting.pop(0)
        asked += batch
        await call(recorder, batch, view)
    if asked:
        await confirm(recorder, asked, wait=recorder.session.options.wait)
    if failure is not None:
        raise failure


def held_back(recorder: Recorder, change: Change, planned: PlannedChange, too_many: dict[str, str]) -> Outcome:
    """Why the host does not let a change be made, as its outcome; ``changed`` if it does."""
    for kind in planned.kinds:
        if kind in too_many:
            return _refused("limit", too_many[kind])
    session = recorder.session
    proposed = Proposed(
        connection=session.connection.name,
        connector=session.connection.plugin.name,
        change=msgspec.structs.replace(planned, change=change),
        actor=session.options.actor,
        reason=planned.reason or session.options.reason,
    )
    if (why := veto_of(session.policies, proposed, session.log)) is not None:
        return _refused("vetoed", why)
    return Outcome(outcome=OutcomeKind.CHANGED)


def batches(attempts: Iterable[Attempt], operations: Operations) -> list[list[Attempt]]:
    """*attempts* put together as calls can take them, in the order of the first of each."""
    waiting: dict[object, list[list[Attempt]]] = {}
    found: list[list[Attempt]] = []
    for attempt in attempts:
        open_ones = waiting.setdefault(kind_of(attempt.change).call_key(attempt.change), [])
        if not open_ones or len(open_ones[-1]) >= operations.batch(attempt.change):
            open_ones.append([])
            found.append(open_ones[-1])
        open_ones[-1].append(attempt)
    return found


def _refused(tag: str, reason: str) -> Outcome:
    return Outcome(outcome=OutcomeKind.REFUSED, tag=tag, reason=reason)
