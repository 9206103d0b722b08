"""Changes that wait for a person or a job: each is asked for once, and each is made; and nobody is made twice."""

import msgspec

from jackfield_contracts import Argument, Change, CreateAccount, GrantAccess, OutcomeKind, ResourceId
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import (
    DONE,
    grant_id,
    make_raw,
    name_of,
    none_given,
    opposite,
    outcome_text,
    samples_of,
    state_before,
    unchanged,
)
from jackfield_testkit.data import Finding, NotApplicable


async def asks_nobody_twice(bench: Bench) -> None:
    """What waits already is not asked for once more, and what waits beside it for the same person is made as well.

    A request that is repeated while somebody works on the first one is made twice by them, or takes the first one's place.
    """
    samples = bench.samples
    waited = 0
    for change in (*samples.grants[:2], *samples.accounts[:1], *samples.deletions[:1]):
        waited += await _twice(bench, change)
    if samples.grants and bench.has("work"):
        waited += await _both(bench)
    if not waited:
        raise NotApplicable("no change waits")


async def _twice(bench: Bench, change: Change) -> bool:
    """Call the hook twice while what it asked for waits; whether it does."""
    async with bench.open() as connection:
        first = await make_raw(connection, change, await state_before(connection, change))
        if first.outcome is not OutcomeKind.PENDING:
            return False
        asked = sum(bench.effects().values())
        again = await make_raw(connection, change, await state_before(connection, change))
    step = f"{name_of(change)} (the hook), twice, while the first one waits"
    if again.outcome not in (*DONE, OutcomeKind.PENDING):
        raise Finding(f"the second ends as {outcome_text(again)}", step)
    if (more := sum(bench.effects().values()) - asked) > 0:
        raise Finding(f"it is asked for {more + 1} times", step)
    return True


async def _both(bench: Bench) -> bool:
    """Give one person two things, both of which wait, and see both made; whether they wait."""
    changes = samples_of(bench)
    first = changes[-1]
    other = next((each for each in changes if each.entitlement != first.entitlement), None)
    if other is None:
        return False
    both = (first, msgspec.structs.replace(other, principal=first.principal))
    for each in both:
        async with bench.open() as connection:
            outcome = await make_raw(connection, each, await state_before(connection, each))
        if outcome.outcome is not OutcomeKind.PENDING:
            return False
    bench.work()
    missing = [each for each in both if grant_id(each) not in bench.truth().grants]
    if missing:
        steps = [f"{name_of(each)} (the hook)" for each in both]
        raise Finding(f"both waited, and once the work was done {name_of(missing[0])} is not made", *steps)
    await bench.change(*map(opposite, both))
    return True


async def makes_nobody_twice(bench: Bench) -> None:
    """An account for somebody who has one is not made: it is told as already there, by its id, or as refused.

    A request that another system repeats, or that two people make, must not give somebody a second account.
    """
    bench.need_hook("create_account")
    if not bench.samples.accounts:
        none_given(bench, "the samples have no accounts", "create_account")
    sample = bench.samples.accounts[0]
    declared = {each.name: each for each in _declared(bench)}
    login = login_argument(bench)
    known = somebody(bench, sample)
    if login is None or known is None:
        raise NotApplicable("no argument sets the login, or nobody of the truth has one")
    id, has = known
    # What is optional, such as groups to join, may rightly be done to the account that there is.
    needed = {name: value for name, value in sample.arguments.items() if name in declared and declared[name].required}
    change = msgspec.structs.replace(sample, arguments={**needed, login: has})
    before = bench.truth()
    asked = sum(bench.effects().values())
    async with bench.open() as connection:
        outcome = await make_raw(connection, change, await state_before(connection, change))
        bench.work()
        if outcome.outcome is OutcomeKind.PENDING and outcome.job is not None:
            outcome = await connection.job_status(outcome.job)
    step = f"{name_of(change)} (the hook), which is {id}'s"
    if new := bench.truth().resources - before.resources:
        raise Finding(f"it ends as {outcome_text(outcome)}, and {min(new)} is new", step)
    unchanged(before, bench.truth(), step)
    if outcome.outcome in (OutcomeKind.CHANGED, OutcomeKind.PENDING) or sum(bench.effects().values()) > asked:
        raise Finding(f"it is asked for, and ends as {outcome_text(outcome)}", step)
    if outcome.outcome is OutcomeKind.ALREADY and outcome.account != id:
        raise Finding(f"it ends as {outcome_text(outcome)}, and names {outcome.account}", step)


def _declared(bench: Bench) -> tuple[Argument, ...]:
    return tuple(arg for one in bench.found.type.capabilities if one.hook == "create_account" for arg in one.arguments)


def login_argument(bench: Bench) -> str | None:
    """The argument of a new account that sets its login."""
    return next((each.name for each in _declared(bench) if each.sets == "login"), None)


def somebody(bench: Bench, sample: CreateAccount) -> tuple[ResourceId, str] | None:
    """An account that is enabled, of the type that the sample makes, and its login."""
    for id, facts in sorted(bench.truth().facts.items()):
        login = facts.get("login")
        if id.type == sample.type and isinstance(login, str) and facts.get("status") == "enabled":
            return id, login
    return None


async def knows_what_is_so(bench: Bench) -> None:
    """A hook that is asked for what the state shows to be so says so, and does nothing.

    Who is asked by a person's hand to take away what is not there looks for it, and the request stays open.
    """
    for change in samples_of(bench):
        before = bench.truth()
        for each in (opposite(change), _held(bench, change)):
            if each is None:
                continue
            effects = sum(bench.effects().values())
            async with bench.open() as connection:
                outcome = await make_raw(connection, each, await state_before(connection, each))
            step = f"{name_of(each)} (the hook), which is so"
            if outcome.outcome not in DONE:
                raise Finding(f"it ends as {outcome_text(outcome)}", step)
            if sum(bench.effects().values()) > effects:
                raise Finding("it has effects", step)
            unchanged(before, bench.truth(), step)


async def offers_what_it_can(bench: Bench) -> None:
    """What ``check`` says of grants is what the entitlements say: where none can be made, each of them is immutable.

    Who is offered what can't be given learns of it from a refusal, after somebody has approved it.
    """
    bench.need_hook("grant")
    shown = await bench.sync()
    async with bench.open() as connection:
        report = await connection.check()
    names = {each.name for each in bench.found.type.capabilities if each.hook == "grant"}
    told = [each.available for each in report.capabilities if each.capability in names]
    mutable = [each for each in shown.entitlements if each.immutable is None and each.grantable_to]
    if told and all(each is False for each in told) and mutable:
        raise Finding(
            f"check says that nothing can be granted, and {mutable[0].id} is not immutable", "jackfield check"
        )
    if any(told) and shown.entitlements and not mutable:
        raise Finding("check says that something can be granted, and every entitlement is immutable", "jackfield check")


def _held(bench: Bench, change: GrantAccess) -> GrantAccess | None:
    """A grant that is held, of the kind of a sample."""
    own = change.entitlement
    for each in sorted(bench.truth().grants):
        if (each.entitlement.resource.type, each.entitlement.slug) == (own.resource.type, own.slug):
            return GrantAccess(entitlement=each.entitlement, principal=each.principal)
    return None
