"""What a connector makes of changes: the outcome that it gives, beside what became of the application."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from jackfield.errors import JackfieldError
from jackfield_contracts import (
    Change,
    Entitlement,
    EntitlementId,
    GrantAccess,
    GrantId,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
)
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import (
    DONE,
    MAKING,
    NOT_MADE,
    all_samples,
    grant_id,
    make_raw,
    name_of,
    none_given,
    one_of_each_kind,
    opposite,
    outcome_text,
    ranked_below,
    restore,
    same_effects,
    samples_of,
    state_query,
    unchanged,
)
from jackfield_testkit.data import Finding, NotApplicable, Truth

_OTHERS = 3
"""How many other entitlements of its kind are granted beside each sample."""


async def grants_and_revokes(bench: Bench) -> None:
    """A grant gives just what was asked for, and revoking it restores what was; both are confirmed by a read.

    An outcome "changed" that is not true is the worst that a governance tool can say.
    """
    for change in samples_of(bench):
        before = bench.truth()
        (outcome,) = await bench.change(change)
        step = name_of(change)
        if outcome.outcome is not OutcomeKind.CHANGED:
            raise Finding(f"a grant that is possible ends as {outcome_text(outcome)}", step)
        after = bench.truth()
        if grant_id(change) not in after.grants:
            raise Finding("the grant is told as changed, and is not there", step)
        if more := after.grants - before.grants - {grant_id(change)}:
            raise Finding(f"it gave {min(more)} too", step)
        if gone := [each for each in before.grants - after.grants if each.principal != change.principal]:
            raise Finding(f"it took {min(gone)}, of somebody else", step)
        await restore(bench, change, before)


async def repeats_without_effect(bench: Bench) -> None:
    """A grant or a revocation that is made twice does nothing the second time, and says so.

    After a crash the host asks again for what no read shows; a hook that can't bear it doubles effects or fails.
    """
    for change in samples_of(bench):
        before = bench.truth()
        await bench.change(change)
        held = bench.truth()
        await _again(bench, change, held, shown=False)
        (outcome,) = await bench.change(change)
        if outcome.outcome is not OutcomeKind.ALREADY:
            raise Finding(
                f"granted twice, the second ends as {outcome_text(outcome)}, not already", name_of(change), "once more"
            )
        await restore(bench, change, before)
        await _again(bench, opposite(change), bench.truth(), shown=True)
        (outcome,) = await bench.change(opposite(change))
        if outcome.outcome is not OutcomeKind.ALREADY:
            raise Finding(
                f"revoked twice, the second ends as {outcome_text(outcome)}, not already",
                name_of(opposite(change)),
                "once more",
            )


async def _again(bench: Bench, change: GrantAccess | RevokeAccess, held: Truth, *, shown: bool) -> None:
    """Call the hook for what is so, on a state that does not show it: with the grant *shown* or not."""
    effects = bench.effects()
    async with bench.open() as connection:
        real = await connection.read_state(state_query((change,)))
        own = grant_id(change)
        stale = (*(each for each in real.held if each != own), *([own] if shown else []))
        outcome = await make_raw(connection, change, msgspec.structs.replace(real, held=stale))
    steps = (f"{name_of(change)} (the hook, on a state from before)", "what is asked for is so already")
    if outcome.outcome not in (*DONE, OutcomeKind.PENDING):
        raise Finding(f"made twice, the hook answers {outcome_text(outcome)}", *steps)
    unchanged(held, bench.truth(), steps[0])
    if outcome.outcome is OutcomeKind.ALREADY:
        same_effects(effects, bench.effects(), steps[0])


async def replaces_only_when_asked(bench: Bench) -> None:
    """An entitlement that excludes another neither takes its place unasked, nor goes with it.

    One role a person: a revocation that clears whatever is held, and a grant that overwrites it, look like success.
    """
    changes = samples_of(bench)
    found = False
    async with bench.open() as connection:
        state = await connection.read_state(state_query(changes))
    offered = {each.id: each for each in state.entitlements}
    for change in changes:
        for rival in _rivals(offered, change.entitlement):
            found = True
            await _beside(bench, change, rival, ranked=_rank(offered[rival]) != _rank(offered[change.entitlement]))
    if not found:
        raise NotApplicable("no sample's entitlement excludes another")


def _rivals(offered: dict[EntitlementId, Entitlement], own: EntitlementId) -> list[EntitlementId]:
    exclusive = offered[own].exclusive if own in offered else None
    if exclusive is None:
        return []
    return [id for id, each in offered.items() if id != own and each.exclusive and each.exclusive.set == exclusive.set][
        :2
    ]


def _rank(one: Entitlement) -> int:
    return one.exclusive.rank if one.exclusive is not None else 0


async def _beside(bench: Bench, change: GrantAccess, rival: EntitlementId, *, ranked: bool) -> None:
    before = bench.truth()
    await bench.change(change)
    held = bench.truth()
    other = RevokeAccess(entitlement=rival, principal=change.principal)
    if grant_id(other) not in held.grants:
        async with bench.open() as connection:
            state = await connection.read_state(state_query((other, change)))
            if not ranked:
                state = msgspec.structs.replace(state, held=(grant_id(other),))
            outcome = await make_raw(connection, other, state)
        unchanged(held, bench.truth(), f"{name_of(other)} (the hook), while {change.entitlement} is held instead")
        if outcome.outcome is OutcomeKind.CHANGED:
            raise Finding(
                f"revoking what is not held is told as {outcome_text(outcome)}", name_of(change), name_of(other)
            )
        if not ranked:
            await _unasked(bench, change, GrantAccess(entitlement=rival, principal=change.principal))
    await restore(bench, change, before)


async def _unasked(bench: Bench, change: GrantAccess, other: GrantAccess) -> None:
    """Grant the rival of what is held, without a word about replacing it."""
    held = bench.truth()
    async with bench.open() as connection:
        state = await connection.read_state(state_query((other, change)))
        outcome = await make_raw(connection, other, state)
    steps = (name_of(change), f"{name_of(other)} (the hook, replace=False)")
    if outcome.outcome not in NOT_MADE:
        raise Finding(f"a grant that excludes what is held ends as {outcome_text(outcome)}", *steps)
    unchanged(held, bench.truth(), steps[1])


async def takes_nothing_unsaid(bench: Bench) -> None:
    """A grant takes nothing from whom it is given but what its ``exclusive`` set says that it replaces.

    The host warns of what a grant replaces by what is declared; access that goes without a word is missed by nobody but
    the one who had it.
    """
    changes = samples_of(bench)
    async with bench.open() as connection:
        state = await connection.read_state(state_query(changes))
    offered = {each.id: each for each in state.entitlements}
    tried = 0
    for change in one_of_each_kind(changes):
        others = [
            id
            for id, each in offered.items()
            if id != change.entitlement and id.resource.type == change.entitlement.resource.type and not each.immutable
        ]
        # Another slug of the same resource first, then other resources.
        others.sort(key=lambda id: id.resource != change.entitlement.resource)
        for other in others[:_OTHERS]:
            tried += 1
            await _both(bench, change, GrantAccess(entitlement=other, principal=change.principal), offered)
    if not tried:
        raise NotApplicable("no two entitlements of a kind are among the samples")


async def _both(
    bench: Bench, change: GrantAccess, other: GrantAccess, offered: Mapping[EntitlementId, Entitlement]
) -> None:
    """Grant one, and the other to the same principal; by the host, and by the hook alone where that ranks lower."""
    before = bench.truth()
    await bench.change(change)
    held = bench.truth()
    if grant_id(change) in held.grants and grant_id(other) not in held.grants:
        if other.entitlement in ranked_below(offered, change.entitlement):
            async with bench.open() as connection:
                outcome = await make_raw(connection, other, await connection.read_state(state_query((other, change))))
            step = f"{name_of(other)} (the hook), while {change.entitlement} is held, which ranks higher"
            if outcome.outcome not in (*DONE, *NOT_MADE) or outcome.outcome is OutcomeKind.CHANGED:
                raise Finding(f"a grant of what is held with more ends as {outcome_text(outcome)}", step)
            unchanged(held, bench.truth(), step)
        (outcome,) = await bench.change(other)
        steps = (name_of(change), name_of(other))
        replaced = {
            GrantId(entitlement=id, principal=other.principal) for id in ranked_below(offered, other.entitlement)
        }
        if gone := held.grants - bench.truth().grants - replaced:
            raise Finding(
                f"it took {min(gone)}, which no exclusive set says, and ends as {outcome_text(outcome)}", *steps
            )
        if outcome.outcome is not OutcomeKind.CHANGED:
            unchanged(held, bench.truth(), steps[1])
    now = bench.truth().grants
    for each in (other, change):
        if grant_id(each) in now and grant_id(each) not in before.grants:
            await bench.change(opposite(each))


async def makes_all_that_it_offers(bench: Bench) -> None:
    """Accounts are made and deleted and actions run as they say, jobs followed to their end, each confirmed.

    A job that nobody looks at again is a change of which nobody knows whether it was made.
    """
    samples = bench.samples
    if not (samples.accounts or samples.actions or samples.deletions):
        none_given(bench, "the samples have no accounts, deletions or actions", *MAKING)
    for change in samples.accounts:
        before = bench.truth()
        await _made(bench, change)
        if not bench.truth().resources - before.resources:
            raise Finding("the account is told as made, and is not there", name_of(change))
    for change in samples.actions:
        await _made(bench, change)
    for change in samples.deletions:
        await _made(bench, change)
        if change.account in bench.truth().resources:
            raise Finding("the account is told as deleted, and is still there", name_of(change))


async def _made(bench: Bench, change: Change) -> None:
    (outcome,) = await bench.change(change)
    if outcome.outcome is not OutcomeKind.CHANGED:
        raise Finding(f"a change that is possible ends as {outcome_text(outcome)}", name_of(change))


async def tells_of_jobs_that_fail(bench: Bench) -> None:
    """A job that the application gives up is told as failed or refused, and why.

    An account that a job was to delete and did not is the one that an auditor finds.
    """
    samples = bench.samples
    some: list[Change] = [*samples.accounts, *samples.actions, *samples.deletions]
    if not some:
        none_given(bench, "the samples have no accounts, deletions or actions", *MAKING)
    bench.need("fail_jobs", "what is told of a job that fails")()
    jobs = 0
    for change in some:
        before = bench.truth()
        (outcome,) = await bench.change(change)
        step = f"{name_of(change)}, whose job fails"
        if outcome.outcome is OutcomeKind.PENDING:
            raise Finding(f"a job that failed is {outcome_text(outcome)} for ever", step)
        if outcome.job is None:
            continue
        jobs += 1
        if outcome.outcome not in NOT_MADE:
            raise Finding(f"a job that failed is told as {outcome_text(outcome)}", step)
        if not (outcome.reason or outcome.tag):
            raise Finding("a job that failed is told without a reason", step)
        unchanged(before, bench.truth(), step)
    if not jobs:
        raise NotApplicable("no sample is made by a job")


async def answers_each_of_many(bench: Bench) -> None:
    """Of several changes in one plan each gets the outcome that it would get alone.

    One refusal among a thousand must neither spoil the others nor be hidden by them.
    """
    changes = samples_of(bench)
    nobody = bench.samples.nobody or ResourceId(type=changes[0].principal.type, id=f"{changes[0].principal.id}-testkit")
    wrong = [GrantAccess(entitlement=each.entitlement, principal=nobody) for each in changes[:1]]
    before = bench.truth()
    outcomes = await bench.change(*changes, *wrong)
    for change, outcome in zip((*changes, *wrong), outcomes, strict=True):
        held = grant_id(change) in bench.truth().grants
        possible = change not in wrong
        if possible != (outcome.outcome in DONE) or possible != held:
            raise Finding(
                f"among others, {name_of(change)} ends as {outcome_text(outcome)}, and is {'held' if held else 'not held'}",
                "one plan of all samples",
            )
    await _batch(bench, changes, nobody)
    (*undone,) = await bench.change(*(opposite(each) for each in reversed(changes)))
    if any(outcome.outcome not in DONE for outcome in undone):
        raise Finding(
            f"taken back together, one ends as {outcome_text(next(each for each in undone if each.outcome not in DONE))}"
        )
    async with bench.open() as connection:
        offered = {each.id: each for each in (await connection.read_state(state_query(changes))).entitlements}
    # Who loses what ranks higher may be left with what ranks lower.
    lower = {
        GrantId(entitlement=id, principal=each.principal)
        for each in changes
        for id in ranked_below(offered, each.entitlement)
    }
    if more := bench.truth().grants - before.grants - lower:
        raise Finding(f"after all was taken back, {min(more)} is left")
    if gone := before.grants - bench.truth().grants:
        raise Finding(f"after all was taken back, {min(gone)} is gone")
    await _together(bench, changes, wrong)


async def _together(bench: Bench, changes: Sequence[GrantAccess], wrong: Sequence[GrantAccess]) -> None:
    """Call the hook for all of one resource at once, and *wrong* ones, none being held: a host leaves out whom it misses."""
    for batch in _by_resource((*wrong, *changes)):
        await _all_at_once(bench, batch, wrong)


def _by_resource(changes: Iterable[GrantAccess]) -> list[tuple[GrantAccess, ...]]:
    """Those of one resource together, as the hook is called."""
    found: dict[ResourceId, list[GrantAccess]] = {}
    for each in changes:
        found.setdefault(each.entitlement.resource, []).append(each)
    return [tuple(each) for each in found.values()]


async def _all_at_once(bench: Bench, batch: tuple[GrantAccess, ...], wrong: Sequence[GrantAccess]) -> None:
    step = f"the hook, {len(batch)} samples of {batch[0].entitlement.resource} at once, none of which is held"
    async with bench.open() as connection:
        state = await connection.read_state(state_query(batch))
        try:
            outcomes = await connection.change("grant", batch, state)
        except JackfieldError as error:
            raise Finding(f"one that can't be granted spoils all others: {error}", step) from None
    if len(outcomes) != len(batch):
        raise Finding(f"{len(batch)} changes get {len(outcomes)} outcomes", step)
    truth = bench.truth()
    for change, outcome in zip(batch, outcomes, strict=True):
        possible = change not in wrong
        if possible and outcome.outcome is OutcomeKind.PENDING:
            continue
        held = grant_id(change) in truth.grants
        if possible != (outcome.outcome in DONE) or possible != held:
            raise Finding(
                f"among others, {name_of(change)} ends as {outcome_text(outcome)}, and is {'held' if held else 'not held'}",
                step,
            )


async def _batch(bench: Bench, changes: Sequence[GrantAccess], nobody: ResourceId) -> None:
    """Call the hook for all of one resource at once, while they are held already; every other one is for nobody, in turn."""
    held = bench.truth()
    for some in _by_resource(changes):
        step = f"the hook, {len(some)} samples of {some[0].entitlement.resource} at once, held already, or for nobody"
        for turn in (0, 1):
            batch = [
                msgspec.structs.replace(each, principal=nobody) if number % 2 == turn else each
                for number, each in enumerate((*some, some[0]))
            ]
            async with bench.open() as connection:
                state = msgspec.structs.replace(await connection.read_state(state_query(batch)), held=())
                try:
                    outcomes = await connection.change("grant", tuple(batch), state)
                except JackfieldError as error:
                    raise Finding(f"one that can't be granted spoils all others: {error}", step) from None
            if len(outcomes) != len(batch):
                raise Finding(f"{len(batch)} changes get {len(outcomes)} outcomes", step)
            for change, outcome in zip(batch, outcomes, strict=True):
                if (change.principal == nobody) == (outcome.outcome in DONE):
                    raise Finding(f"among others, {name_of(change)} ends as {outcome_text(outcome)}", step)
            unchanged(held, bench.truth(), step)


async def writes_nothing_in_a_dry_run(bench: Bench) -> None:
    """A plan changes nothing and has no side effect.

    People look at plans because looking is safe.
    """
    changes = all_samples(bench)
    before, effects = bench.truth(), bench.effects()
    plan = await bench.plan(*changes)
    if len(plan.changes) != len(changes):
        raise Finding(f"{len(changes)} changes were asked for and {len(plan.changes)} planned")
    unchanged(before, bench.truth(), "plan of all samples")
    same_effects(effects, bench.effects(), "plan of all samples")
