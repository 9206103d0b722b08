"""Applying a plan: each change judged once more, then made, confirmed and recorded; and what that would do now.

Promises one outcome for each change of the plan, in its order, that a plan applied twice makes nothing twice, and that
nothing but the changes themselves, and the state that they were planned on, is taken from the plan: titles, kinds, warnings,
forecasts and counts are those of the live state.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from jackfield.changes.call import ask, is_old, still_to_make
from jackfield.changes.confirm import conclude
from jackfield.changes.drift import with_newcomers
from jackfield.changes.kinds.change import judge, settle_account, target_of
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield.changes.ongoing import going_on, told_of
from jackfield.changes.plan import exceeded, limits_of, make_plan, used, waves, will_be_made
from jackfield.changes.session import Attempt, Changing, Desk, Progress, read_patiently
from jackfield.changes.standing import past_of, rehearsed, standing, supersedes
from jackfield.errors import BadConfig, JackfieldError, PlanOutdated
from jackfield.hookspecs import Proposed
from jackfield.host.policies import veto_of
from jackfield.host.tenants import demand
from jackfield_contracts import Change, JournalEntry, Outcome, OutcomeKind, Plan, PlannedChange


async def rehearse(changing: Changing, plan: Plan) -> Plan:
    """*plan* as ``carry_out`` would find it now; no write call, and one read or two."""
    demand(changing.whose, plan.connection, planned=plan.tenant, writes=False)
    fresh = await make_plan(changing, [each.change for each in plan.changes])
    if changing.seen is None:
        raise RuntimeError("a plan was made without a state")
    _, at, view = changing.seen
    plan = _bare(plan, fresh)
    past = past_of(changing.state.changes(plan.connection, plan=plan.id, limit=None))
    view = await with_newcomers(changing, (each for each in plan.changes if each.id not in past), view)
    changes = rehearsed(plan, fresh, standing(plan, past, Operations(changing.connection), view))
    changing.seen = (plan.id, at, view)
    blast = Counter(kind for each in changes if will_be_made(each) for kind in each.kinds)
    return msgspec.structs.replace(fresh, id=plan.id, created=plan.created, changes=changes, blast_radius=dict(blast))


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


async def carry_out(changing: Changing, plan: Plan, progress: Progress | None = None) -> tuple[JournalEntry, ...]:
    """Make the changes of *plan*, and give their journal entries in its order; *progress* hears of each as it settles.

    A change whose precondition no longer holds is refused with the tag ``drifted``; of one that this plan made before, a
    read tells whether it is so yet. Raises what can't be put down to single changes, such as BadCredentials when reading.
    """
    if changing.options.dry_run:
        raise ValueError("a dry run makes no changes")
    if plan.connection != changing.connection.name:
        raise BadConfig(f"the plan is for the connection {plan.connection!r}", connection=changing.connection.name)
    if plan.connector != changing.connection.plugin.name:
        raise PlanOutdated(f"the plan was made for the connector {plan.connector!r}", connection=plan.connection)
    demand(changing.whose, plan.connection, planned=plan.tenant, writes=True)
    if len({each.id for each in plan.changes}) != len(plan.changes):
        raise PlanOutdated("the plan has two changes of the same id", connection=plan.connection)
    operations = Operations(changing.connection)
    desk = Desk(changing, operations, progress)
    past = past_of(changing.state.changes(plan.connection, plan=plan.id, limit=None))
    left = [change for change in plan.changes if change.id not in past]
    changing.vault.open([each.change for each in left if will_be_made(each)], operations)
    going = await _going_on(desk, left)
    view = await _first_view(changing, plan, left, operations)
    stands = standing(plan, past, operations, view)
    counted = stands.left
    too_many = exceeded((each for each in counted.values() if will_be_made(each)), limits_of(changing), used(changing))
    entries = stands.told
    for number, wave in enumerate(waves(each for each in stands.order if each.planned.id in counted)):
        if number:
            view = await read_patiently(changing, [each.change for each in wave], operations)
        attempts = [
            Attempt(
                desk.entry(msgspec.structs.replace(each, change=settle_account(each.change, operations, view)), plan.id)
            )
            for each in wave
        ]
        await _carry_out_wave(desk, attempts, wave, view, too_many, stands.drifted | going)
        entries.update((attempt.entry.id, attempt.entry) for attempt in attempts)
    return tuple(entries[change.id] for change in plan.changes)


async def _going_on(desk: Desk, changes: Sequence[PlannedChange]) -> dict[str, Outcome]:
    """What becomes of those of *changes* that go on already, or whose opposite does, and that is not over within the wait."""
    changing, operations = desk.changing, desk.operations
    same = [Attempt(entry, doubtful=True) for entry in going_on(changing, changes, operations)]
    if not same:
        return {}
    changing.seen = None
    await conclude(desk, same, wait=changing.options.wait)
    return told_of([attempt.entry for attempt in same if not attempt.settled], changes, operations)


async def _first_view(changing: Changing, plan: Plan, left: Sequence[PlannedChange], operations: Operations) -> View:
    """The state of all that *plan* is about, also of what it made before, and who came in the place of those gone."""
    # What is made from here on is not in it.
    seen, changing.seen = changing.seen, None
    if seen is not None and seen[0] == plan.id and changing.clock.monotonic() - seen[1] < _FRESH:
        return seen[2]
    view = await read_patiently(changing, [each.change for each in plan.changes], operations)
    return await with_newcomers(changing, left, view)


async def _carry_out_wave(
    desk: Desk,
    attempts: list[Attempt],
    wave: Sequence[PlannedChange],
    view: View,
    too_many: dict[str, str],
    refused: dict[str, Outcome],
) -> None:
    go: list[Attempt] = []
    over: list[tuple[Attempt, Outcome, View | None]] = []
    for attempt, planned in zip(attempts, wave, strict=True):
        now = target_of(attempt.change, desk.operations, view)
        outcome = judge(attempt.change, desk.operations, view, desk.changing.protected).forecast
        if (why := refused.get(planned.id)) is not None and supersedes(why, outcome, planned):
            outcome = why
        if outcome.outcome is OutcomeKind.CHANGED:
            outcome = held_back(desk, attempt.change, planned, too_many)
        attempt.entry = msgspec.structs.replace(attempt.entry, before=now)
        if outcome.outcome is OutcomeKind.CHANGED:
            go.append(attempt)
        else:
            over.append((attempt, outcome, view))
    if over:
        desk.settle(over)
    failure: JackfieldError | None = None
    waiting = batches(go, desk.operations)
    asked: list[Attempt] = []
    while waiting:
        if asked and is_old(desk.changing, view):
            left = [attempt for batch in waiting for attempt in batch]
            try:
                view = await read_patiently(desk.changing, [attempt.change for attempt in left], desk.operations)
            except JackfieldError as error:
                failure = error
                break
            waiting = [rest for batch in waiting if (rest := still_to_make(desk, batch, view))]
            asked += [attempt for attempt in left if attempt.answer is not None]
            if not waiting:
                break
        batch = waiting.pop(0)
        asked += batch
        await ask(desk, batch, view)
    if asked:
        await conclude(desk, asked, wait=desk.changing.options.wait)
    if failure is not None:
        raise failure


def held_back(desk: Desk, change: Change, planned: PlannedChange, too_many: dict[str, str]) -> Outcome:
    """Why the host does not let a change be made, as its outcome; ``changed`` if it does."""
    for kind in planned.kinds:
        if kind in too_many:
            return _refused("limit", too_many[kind])
    changing = desk.changing
    proposed = Proposed(
        connection=changing.connection.name,
        connector=changing.connection.plugin.name,
        change=msgspec.structs.replace(planned, change=change),
        actor=changing.options.actor,
        reason=changing.options.reason,
    )
    if (why := veto_of(changing.policies, proposed, changing.log)) is not None:
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
