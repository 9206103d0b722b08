"""Carrying out a plan: each change judged once more, then made, confirmed and written down.

Promises one outcome for each change of the plan, in its order, and that a plan carried out twice makes nothing twice.
"""

from collections.abc import Iterable, Sequence

import msgspec

from jackfield.changes.asking import ask, is_old, still_to_make
from jackfield.changes.attempt import Attempt, Desk, Progress
from jackfield.changes.confirm import conclude
from jackfield.changes.goals import View, target_of, without_drift
from jackfield.changes.judge import judge
from jackfield.changes.limits import exceeded, limits_of, used
from jackfield.changes.operations import Operations
from jackfield.changes.options import Changing
from jackfield.changes.plan import settle_account, will_be_made
from jackfield.changes.reading import read_patiently
from jackfield.changes.waves import in_order, waves
from jackfield.errors import BadConfig, JackfieldError, PlanOutdated
from jackfield.hookspecs import Proposed
from jackfield.policies import veto_of
from jackfield.tenants import demand
from jackfield_contracts import (
    Change,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    JournalEntry,
    Outcome,
    OutcomeKind,
    Plan,
    PlannedChange,
    RevokeAccess,
    RunAction,
    TargetState,
)

_NOT_MADE = (OutcomeKind.REFUSED, OutcomeKind.FAILED)
_FRESH = 5.0
"""Seconds for which the state that a plan was made on may be acted upon without another read."""


async def carry_out(changing: Changing, plan: Plan, progress: Progress | None = None) -> tuple[JournalEntry, ...]:
    """Make the changes of *plan*, and give their journal entries in its order; *progress* hears of each as it settles.

    A change whose precondition no longer holds is refused with the tag ``drifted``; one that this plan made before is
    ``already``. Raises what can't be put down to single changes, such as BadCredentials when reading the state.
    """
    if changing.options.dry_run:
        raise ValueError("a dry run makes no changes")
    if plan.connection != changing.connection.name:
        raise BadConfig(f"the plan is for the connection {plan.connection!r}", connection=changing.connection.name)
    if plan.connector != changing.connection.plugin.name:
        raise PlanOutdated(f"the plan was made for the connector {plan.connector!r}", connection=plan.connection)
    demand(changing.whose, plan.connection, planned=plan.tenant, writes=True)
    operations = Operations(changing.connection)
    desk = Desk(changing, operations, progress)
    past = changing.state.changes(plan.connection, plan=plan.id, limit=None)
    entries = {entry.id: again(entry) for entry in past if not _was_too_many(entry)}
    left = [change for change in plan.changes if change.id not in entries]
    changing.vault.open([each.change for each in left if will_be_made(each)], operations)
    going = await _going_on(desk, left)
    view = await _first_view(changing, plan, left, operations)
    left = [_counted(each, operations, view) for each in left]
    too_many = exceeded((each for each in left if will_be_made(each)), limits_of(changing), used(changing))
    counted = {each.id: each for each in left}
    order = in_order([counted.get(each.id, each) for each in plan.changes], view, operations)
    # What follows a change that this plan has made already finds the state that this one left.
    made = {id for id, entry in entries.items() if entry.outcome is None or entry.outcome.outcome not in _NOT_MADE}
    sure = [each.planned for each in order if each.planned.id in counted and not (each.after & made)]
    refused = _drifted(sure, operations, view) | going
    for number, wave in enumerate(waves(each for each in order if each.planned.id in counted)):
        if number:
            view = await read_patiently(changing, [each.change for each in wave], operations)
        attempts = [
            Attempt(
                desk.entry(msgspec.structs.replace(each, change=settle_account(each.change, operations, view)), plan.id)
            )
            for each in wave
        ]
        await _carry_out_wave(desk, attempts, wave, view, too_many, refused)
        entries.update((attempt.entry.id, attempt.entry) for attempt in attempts)
    return tuple(entries[change.id] for change in plan.changes)


async def _going_on(desk: Desk, changes: Sequence[PlannedChange]) -> dict[str, Outcome]:
    """What becomes of those of *changes* that go on already: asked for before, and not over within the wait."""
    changing, operations = desk.changing, desk.operations
    wanted = {planned.id: planned.change for planned in changes}
    undecided = changing.state.changes(changing.connection.name, undecided=True, limit=None)
    subjects = {_subject(change, operations) for change in wanted.values()}
    same = [
        Attempt(entry, doubtful=True)
        for entry in undecided
        if changing.whose.is_of(entry.tenant) and _subject(entry.change, operations) in subjects
    ]
    if not same:
        return {}
    changing.seen = None
    await conclude(desk, same, wait=changing.options.wait)
    left = [attempt.entry for attempt in same if not attempt.settled]
    return {
        id: _goes_on(entry, alike=entry.change == change)
        for id, change in wanted.items()
        for entry in left
        if _subject(entry.change, operations) == _subject(change, operations)
    }


def _goes_on(entry: JournalEntry, *, alike: bool) -> Outcome:
    if alike:
        told = f"the same change goes on already, as {entry.id}, and is not asked for twice"
        return Outcome(outcome=OutcomeKind.PENDING, tag="goes_on", reason=told)
    told = f"a change of the same kind of the same account goes on, as {entry.id}; ask again when it has ended"
    return _refused("goes_on", told)


def _subject(change: Change, operations: Operations) -> object:
    """What two changes have in common that must not go on at the same time."""
    if isinstance(change, CreateAccount):
        login = operations.login(change)
        return CreateAccount, change.type, login.casefold() if login else str(change.arguments)
    if isinstance(change, DeleteAccount):
        return DeleteAccount, change.account
    if isinstance(change, RunAction):
        return change.name, change.account or operations.subject(change), str(change.arguments)
    return change


async def _first_view(changing: Changing, plan: Plan, left: Sequence[PlannedChange], operations: Operations) -> View:
    seen = changing.seen
    if seen is not None and seen[0] == plan.id and changing.clock.monotonic() - seen[1] < _FRESH:
        return seen[2]
    return await read_patiently(changing, [each.change for each in left], operations)


def _drifted(changes: Sequence[PlannedChange], operations: Operations, view: View) -> dict[str, Outcome]:
    """How those of *changes* are refused that were planned on another state than *view*, read before any is made."""
    found: dict[str, Outcome] = {}
    for planned in changes:
        change = settle_account(planned.change, operations, view)
        now = target_of(change, operations, view)
        if not will_be_made(planned):
            # Nobody was asked about it, and no limit counted it.
            told = f"it was planned as {planned.forecast.outcome.value}, and would be made now"
            found[planned.id] = _refused("drifted", told)
        elif not without_drift(change, operations, planned.before, now):
            told = f"it was planned on another state ({_told(planned.before)}, now {_told(now)})"
            found[planned.id] = _refused("drifted", told)
    return found


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
        if outcome.outcome is OutcomeKind.CHANGED:
            outcome = refused.get(planned.id, outcome)
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


def _counted(planned: PlannedChange, operations: Operations, view: View) -> PlannedChange:
    """*planned* with the kinds that it has now: a file, or a role that became privileged since, does not say less."""
    change = planned.change
    entitlement = view.entitlement(change.entitlement) if isinstance(change, GrantAccess | RevokeAccess) else None
    return msgspec.structs.replace(planned, kinds=operations.kinds(change, entitlement))


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
        open_ones = waiting.setdefault(_call_of(attempt.change), [])
        if not open_ones or len(open_ones[-1]) >= operations.batch(attempt.change):
            open_ones.append([])
            found.append(open_ones[-1])
        open_ones[-1].append(attempt)
    return found


def _call_of(change: Change) -> object:
    if isinstance(change, GrantAccess | RevokeAccess):
        return type(change), change.entitlement.resource
    return (type(change), change.type) if isinstance(change, CreateAccount) else object()


def again(entry: JournalEntry) -> JournalEntry:
    """What to tell of a change that this plan has been carried out for: a plan asks for each once."""
    outcome, when = entry.outcome, entry.settled or entry.intended
    if outcome is None:
        return entry
    if outcome.outcome is OutcomeKind.CHANGED:
        told = msgspec.structs.replace(
            outcome, outcome=OutcomeKind.ALREADY, reason=f"this plan made the change on {when}"
        )
    elif outcome.outcome in _NOT_MADE:
        ended = outcome.reason or outcome.tag or outcome.outcome.value
        why = f"{ended}; so it ended on {when}, and this plan does not try it again: make a new one"
        told = msgspec.structs.replace(outcome, reason=why, retryable=False)
    else:
        return entry
    return msgspec.structs.replace(entry, outcome=told)


def _was_too_many(entry: JournalEntry) -> bool:
    """Whether only a limit kept the change from being made: with a higher one, or later, the plan may make it."""
    return entry.outcome is not None and entry.outcome.tag == "limit"


def _refused(tag: str, reason: str) -> Outcome:
    return Outcome(outcome=OutcomeKind.REFUSED, tag=tag, reason=reason)


def _told(target: TargetState) -> str:
    if not target.exists and not target.held:
        return "not there"
    held = ", ".join(str(each) for each in target.held) or "nothing of the kind"
    facts = "".join(f", {name} {value!r}" for name, value in target.facts.items())
    return f"{target.status_raw or 'there'}, holding {held}{facts}"
