"""What stands beside what a change is about, and is as it was afterwards."""

import re
from collections.abc import Collection, Iterable, Mapping

import msgspec

from jackfield_contracts import (
    Action,
    ActionKind,
    Change,
    GrantAccess,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
)
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import (
    DONE,
    MAKING,
    account_of,
    grant_id,
    make_raw,
    name_of,
    none_given,
    one_of_each_kind,
    opposite,
    outcome_text,
    samples_of,
    state_query,
    subject_of,
)
from jackfield_testkit.data import Finding, Lacking, Truth
from jackfield_testkit.whole import Moved, Unit, Whole, moved, unsteady_in, whole_of
from jackfield_testkit.wire import Fault, Send, Sent, Wire

_MOST_REQUESTS = 4
_DATE = re.compile(r'"\d{4}-\d\d-\d\d.*"')
_SHORTEST = 2
_INITIALS = 4
_WHO = frozenset(
    (
        "display_name",
        "login",
        "emails",
        "given_name",
        "surname",
        "familiar_name",
        "external_ids",
        "external_id",
        "created",
    )
)
"""Facts that say whose account it is, which no action changes but one that is for that."""


async def leaves_the_rest_of_access(bench: Bench) -> None:
    """A grant and its revocation change nothing beside: all else that the person and the resource have stays as it was.

    Who writes a whole object back with what they know of it wipes what they don't know: a telephone number, another's
    membership.
    """
    before = await whole_of(bench)
    unsteady = await unsteady_in(bench, before)
    kinds = one_of_each_kind(samples_of(bench))
    # Where a person makes changes, what they wrote beside one stays when it is asked for anew.
    for change in (*kinds, *(kinds[:1] if bench.has("work") else ())):
        start = bench.truth()
        names = _names(start, change.principal, change.entitlement.resource)
        ids = (change.principal.id, change.entitlement.resource.id)
        step = name_of(change)
        await _made(bench, change)
        after = await whole_of(bench)
        for unit in (between := moved(before, after, unsteady)).both:
            if not (unit.of(ids) and unit.mentions(names)):
                raise Finding(f"{unit} {between.word(unit)}, which the change does not name", step)
        before = await _taken_back(bench, change, after, start, unsteady, names)


async def _taken_back(
    bench: Bench,
    change: GrantAccess,
    before: Whole,
    start: Truth,
    unsteady: Collection[tuple[str, str]],
    names: Collection[str],
) -> Whole:
    """Take a grant back, and what it leaves in its place as well; what is there then."""
    held = bench.truth()
    back = opposite(change)
    await bench.change(back)
    after = await whole_of(bench)
    for unit in (between := moved(before, after, unsteady)).both:
        if not unit.mentions(names) or not unit.of((change.principal.id, change.entitlement.resource.id)):
            raise Finding(
                f"{unit} {between.word(unit)}, which the change does not name", name_of(change), name_of(back)
            )
    gone = [each for each in held.grants - bench.truth().grants if each != grant_id(change)]
    if gone:
        raise Finding(f"it took {min(gone)} too", name_of(change), name_of(back))
    if not bench.truth().grants - start.grants:
        return after
    await _back(bench, start)
    return await whole_of(bench)


async def _back(bench: Bench, start: Truth) -> None:
    """Restore the grants as they were, those included that what ranks higher left in its place."""
    for _ in range(2):
        now = bench.truth().grants
        undo: list[Change] = [
            RevokeAccess(entitlement=each.entitlement, principal=each.principal) for each in sorted(now - start.grants)
        ]
        undo += [
            GrantAccess(entitlement=each.entitlement, principal=each.principal, replace=True)
            for each in sorted(start.grants - now)
        ]
        if not undo:
            return
        await bench.change(*undo)


async def leaves_the_rest_of_accounts(bench: Bench) -> None:
    """An action, and making or deleting an account, change nothing beside what they name.

    An account that is disabled by being written anew comes back without its addresses; a deletion by a wrong name takes
    another one along.
    """
    samples = bench.samples
    if not (samples.accounts or samples.actions or samples.deletions):
        none_given(bench, "the samples have no accounts, deletions or actions", *MAKING)
    before = await whole_of(bench)
    unsteady = await unsteady_in(bench, before)
    async with bench.open() as connection:
        actions = {each.name: each for each in connection.actions()} if samples.actions else {}
    for change in (*samples.actions, *samples.accounts, *samples.deletions):
        truth = bench.truth()
        await _made(bench, change)
        now = bench.truth()
        after = await whole_of(bench)
        between = moved(before, after, unsteady)
        action = actions.get(getattr(change, "name", ""))
        if action is not None:
            _acted(change, action, between, truth, now)
        else:
            _came_or_went(change, between, truth, now)
        before = after


def _acted(change: Change, action: Action, between: Moved, truth: Truth, now: Truth) -> None:
    """Fail where an action did more than it says."""
    account = subject_of(change, action, truth)
    if account is None or action.kind in (ActionKind.OTHER, ActionKind.RECOVER_ACCOUNT):
        return
    own = _names(truth, account) | _names(now, account)
    if action.kind is not ActionKind.UPDATE_ACCOUNT:
        _same_person(change, truth.facts.get(account, {}), now.facts.get(account, {}))
    ended = {kind.partition("/")[0] for kind in action.ends}
    beside = {each.id for each in truth.resources if each.type in ended}
    for unit in between.both:
        fits = _fits_kind(unit, between, action, change, beside) if unit.of((account.id,)) else unit.mentions(own)
        if not fits:
            raise Finding(f"{unit} {between.word(unit)}, which the action does not name", name_of(change))
    if action.kind is ActionKind.UPDATE_ACCOUNT and (dropped := between.dropped):
        raise Finding(f"{dropped[0]} is gone, and nothing came in its place", name_of(change))
    for grant in sorted(truth.grants - now.grants):
        if f"{grant.entitlement.resource.type}/{grant.entitlement.slug}" not in action.ends:
            raise Finding(f"it took {grant}, which is of none that the action says to end", name_of(change))
    others = {each.entitlement.resource.type for each in now.grants - truth.grants} - ended
    if others:
        raise Finding(f"it gave {min(now.grants - truth.grants)}", name_of(change))


def _same_person(change: Change, before: Mapping[str, object], after: Mapping[str, object]) -> None:
    """Fail where who the account is of is told otherwise afterwards."""
    for name in _WHO & before.keys():
        if before[name] != after.get(name):
            raise Finding(f"{name} is now {after.get(name)!r}, it was {before[name]!r}", name_of(change))


def _fits_kind(unit: Unit, between: Moved, action: Action, change: Change, ended: Collection[str]) -> bool:
    """Whether a unit of the account's own object may move by an action of this kind."""
    if unit.mentions(ended):
        return True
    there = [each.value for each in between.new if (each.object, each.at) == (unit.object, unit.at)]
    if action.kind is ActionKind.UPDATE_ACCOUNT:
        values = [
            str(value).casefold() for value in getattr(change, "arguments", {}).values() if value not in (None, "")
        ]
        # Initials and the like follow from what is given.
        return any(
            (each != "null" and _SHORTEST < len(each) <= _SHORTEST + _INITIALS)
            or any(value in each.casefold() for value in values)
            for each in there
        )
    if unit.at.endswith("*"):
        return False
    if any(_is_state(word) for word in (unit.value, *there)):
        return True
    # A word for another word, such as active and suspended; nothing in its place is a loss.
    return unit in between.new or any(len(each) > _SHORTEST for each in there)


def _is_state(value: str) -> bool:
    """Whether a value says how something stands: a truth, or when."""
    return (
        value in ("true", "false")
        or value.lstrip("-").replace(".", "", 1).isdigit()
        or _DATE.fullmatch(value) is not None
    )


def _came_or_went(change: Change, between: Moved, truth: Truth, now: Truth) -> None:
    """Fail where making or deleting an account did more than that."""
    about = [each for each in (account_of(change),) if each is not None]
    about += sorted(now.resources - truth.resources)
    ids = [each.id for each in about]
    names = {name for each in about for name in _names(truth, each) | _names(now, each)}
    for unit in between.both:
        if not unit.of(ids) and not unit.mentions(names):
            raise Finding(f"{unit} {between.word(unit)}, which the change does not name", name_of(change))
    for grant in sorted(truth.grants ^ now.grants):
        if grant.principal not in about and grant.entitlement.resource not in about:
            raise Finding(f"{grant} is {'gone' if grant in truth.grants else 'new'}", name_of(change))
    if more := sorted((truth.resources ^ now.resources) - set(about)):
        raise Finding(f"{more[0]} is {'gone' if more[0] in truth.resources else 'new'}", name_of(change))


async def loses_nobody_elses_change(bench: Bench) -> None:
    """What somebody else changes between a connector's reading and its writing is there afterwards.

    Two administrators at once: a membership list that is written back as it was read a moment ago takes out whoever came
    meanwhile.
    """
    tried = False
    for change in one_of_each_kind(samples_of(bench)):
        other = _beside(bench, change)
        if other is None:
            continue
        tried = True
        for index in range(_MOST_REQUESTS):
            if not await _meddled(bench, change, other, index):
                break
    if not tried:
        raise Lacking(
            "the samples name nobody else of the same kind, so that two changes of one resource can't be tried"
        )


def _beside(bench: Bench, change: GrantAccess) -> GrantAccess | None:
    """The same for somebody else who does not hold it, nor anything else of that resource."""
    held = {each.principal for each in bench.truth().grants if each.entitlement.resource == change.entitlement.resource}
    like = [
        each.principal
        for each in bench.samples.grants
        if each.entitlement.resource.type == change.entitlement.resource.type
    ]
    types = {each.type for each in like}
    anybody = [each for each in sorted(bench.truth().resources) if each.type in types]
    for each in (*like, *(sample.principal for sample in bench.samples.grants), *anybody):
        if each.type in types and each not in held and each not in (change.principal, change.entitlement.resource):
            return msgspec.structs.replace(change, principal=each)
    return None


async def _meddled(bench: Bench, change: GrantAccess, other: GrantAccess, index: int) -> bool:
    """Make *other* just before a request of the hook for *change* is sent; whether there was such a request."""
    before = bench.truth()
    ended: list[OutcomeKind] = []

    async def somebody_else(send: Send) -> object:
        async with bench.open() as connection:
            outcome = await make_raw(connection, other, await connection.read_state(state_query((other,))))
        ended.append(outcome.outcome)
        return await send()

    def plan(number: int, sent: Sent) -> Fault | None:
        return somebody_else if number - start == index and not ended else None  # type: ignore[return-value]

    wire = Wire()
    async with bench.open(wire) as connection:
        state = await connection.read_state(state_query((change,)))
        start = len(wire.sent)
        wire.plan = plan
        outcome = await make_raw(connection, change, state)
    now = bench.truth().grants
    steps = (
        f"{name_of(change)} (the hook)",
        f"before {wire.struck[0] if wire.struck else 'its request'} is sent, {name_of(other)} by another connection",
    )
    if ended and ended[0] in DONE and grant_id(other) not in now:
        raise Finding(f"{grant_id(other)}, which was made meanwhile, is gone", *steps)
    if outcome.outcome in DONE and grant_id(change) not in now:
        raise Finding(f"it ends as {outcome_text(outcome)}, and {grant_id(change)} is not there", *steps)
    if gone := [each for each in before.grants - now if each.principal not in (change.principal, other.principal)]:
        raise Finding(f"{min(gone)} is gone", *steps)
    await _back(bench, before)
    return bool(ended)


async def _made(bench: Bench, change: Change) -> None:
    (outcome,) = await bench.change(change)
    if outcome.outcome is not OutcomeKind.CHANGED:
        raise Finding(f"a change that is possible ends as {outcome_text(outcome)}", name_of(change))


def _names(truth: Truth, *about: ResourceId) -> set[str]:
    """By what the application may speak of these: ids, and what the truth calls them."""
    found: set[str] = set()
    for each in about:
        facts = truth.facts.get(each, {})
        called: Iterable[object] = (facts.get(name) for name in ("display_name", "login"))
        found |= {each.id, str(each), *(name for name in called if isinstance(name, str) and len(name) > _SHORTEST)}
    return found
