"""Random syncs and random changes: what the other checks try in order, in orders that nobody thought of."""

import asyncio
import random
from collections.abc import Callable
from typing import Any, cast

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, FlakyFailure

from jackfield_contracts import (
    Entitlement,
    EntitlementId,
    GrantAccess,
    GrantId,
    Outcome,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    StateQuery,
)
from jackfield_testkit.aims import requests_of
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import DONE, grant_id, name_of, outcome_text, samples_of, unchanged
from jackfield_testkit.checks.failing import never_lies
from jackfield_testkit.data import Finding, NotApplicable, Truth
from jackfield_testkit.wire import (
    BROKEN,
    FOREIGN,
    REFUSALS,
    TRANSIENT,
    Fault,
    Sent,
    Wire,
    answer,
    lose_answer,
    lose_request,
)

_SYNCS = 4
_EXAMPLES = 2
_STEPS = 6


async def syncs_truly_at_random(bench: Bench, number: int) -> None:
    """Whatever fails in whatever order, a snapshot that calls itself complete is the truth.

    Faults come together: a lost answer after a pause, a refusal while a token lapses.
    """
    rng = random.Random(number)  # noqa: S311 - to be repeated, not to be secret
    truth = bench.truth()
    sent = await requests_of(bench)
    kinds: dict[str, Fault] = {**TRANSIENT, **BROKEN}
    kinds |= {f"answered {status}": answer(status, FOREIGN) for status in (*REFUSALS, 500)}
    kinds["answered 429"] = answer(429, b"", {"retry-after": "3"})
    for _ in range(_SYNCS):
        chosen = {rng.randrange(len(sent) + 3): rng.choice(sorted(kinds)) for _ in range(rng.randint(1, 4))}
        lasting = rng.random() < 0.3
        routes: dict[str, str] = {}

        def plan(
            index: int,
            now: Sent,
            chosen: dict[int, str] = chosen,
            routes: dict[str, str] = routes,
            lasting: bool = lasting,
        ) -> Fault | None:
            if index in chosen:
                if lasting:
                    routes[now.route] = chosen[index]
                return kinds[chosen[index]]
            return kinds[routes[now.route]] if now.route in routes else None

        wire = Wire(plan)
        shown = await bench.sync(wire)
        steps = [
            f"request {index} is {what}{' and its like ever after' if lasting else ''}"
            for index, what in sorted(chosen.items())
        ]
        never_lies(shown, truth, *steps, "jackfield sync")
        if not lasting and set(chosen.values()) <= TRANSIENT.keys() and not shown.complete:
            raise Finding(f"it did not survive what passes: {shown}", *steps)


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What random changes are about: entitlements, and principals of which one does not exist."""

    offered: dict[EntitlementId, Entitlement]
    principals: tuple[ResourceId, ...]


async def changes_truly_at_random(bench: Bench, number: int) -> None:
    """Beside a model: each outcome is what became of the application, whatever is granted and revoked in any order.

    The model is the truth before and after: *changed* is what was asked for and nothing else, *already* and *refused*
    are nothing at all.
    """
    samples_of(bench)
    world = await _world(bench)
    loop = asyncio.get_running_loop()

    def run(steps: list[tuple[int, int, str, bool]]) -> None:
        asyncio.run_coroutine_threadsafe(_run(bench, world, steps), loop).result()

    await asyncio.to_thread(_shrunken, run, world, number)


def _shrunken(run: Callable[[list[tuple[int, int, str, bool]]], None], world: World, number: int) -> None:
    """Let hypothesis run sequences of steps, and find the shortest that fails."""
    step = st.tuples(
        st.integers(0, len(world.offered) - 1),
        st.integers(0, len(world.principals) - 1),
        st.sampled_from(
            ("grant", "revoke", "grant", "revoke", "replace", "plan", "twice", "lost request", "lost answer")
        ),
        st.booleans(),
    )
    quiet = [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.large_base_example,
    ]

    @seed(number)
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=quiet,
        print_blob=False,
    )
    @given(st.lists(step, min_size=_STEPS // 2, max_size=_STEPS))
    def steps_are_true(steps: list[tuple[int, int, str, bool]]) -> None:
        run(steps)

    try:
        steps_are_true()
    except (Flaky, FlakyFailure) as error:
        found = next((each for each in _flat(error) if isinstance(each, Finding)), None)
        raise found or error from None


def _flat(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in cast("BaseExceptionGroup[BaseException]", error).exceptions for leaf in _flat(each)]
    return [
        error,
        *(_flat(error.__cause__) if error.__cause__ else []),
        *(_flat(error.__context__) if error.__context__ else []),
    ]


async def _world(bench: Bench) -> World:
    samples = samples_of(bench)
    truth = bench.truth()
    resources = list(dict.fromkeys(each.entitlement.resource for each in samples))
    held = sorted(each for each in truth.grants if each.entitlement.resource in resources)
    kind = samples[0].principal.type
    people = list(
        dict.fromkeys(
            (
                *(each.principal for each in samples),
                *(each.principal for each in held[::3] if each.principal.type == kind),
            )
        )
    )
    async with bench.open() as connection:
        state = await connection.read_state(StateQuery(principals=tuple(people[:4]), resources=tuple(resources[:3])))
    offered = {each.id: each for each in state.entitlements if not each.grantable_to or kind in each.grantable_to}
    if not offered:
        raise NotApplicable("nothing can be granted to the principals of the samples")
    nobody = bench.samples.nobody or ResourceId(type=kind, id=f"{people[0].id}-testkit")
    return World(offered=dict(sorted(offered.items())[:6]), principals=(*people[:4], nobody))


async def _run(bench: Bench, world: World, steps: list[tuple[int, int, str, bool]]) -> None:
    start = bench.truth()
    said: list[str] = []
    try:
        for which, who, how, twice in steps:
            entitlement, principal = list(world.offered)[which], world.principals[who]
            change: GrantAccess | RevokeAccess
            granting = True
            if how == "revoke" or (how in ("plan", "lost request", "lost answer") and twice):
                change, granting = RevokeAccess(entitlement=entitlement, principal=principal), False
            else:
                change = GrantAccess(entitlement=entitlement, principal=principal, replace=how == "replace")
            said.append(f"{how}: {name_of(change)}" if how not in ("grant", "revoke") else name_of(change))
            await _step(bench, world, change, how, said, granting=granting)
    except Finding as finding:
        raise Finding(finding.what, *said) from None
    finally:
        await _back(bench, start)


async def _step(
    bench: Bench, world: World, change: GrantAccess | RevokeAccess, how: str, said: list[str], *, granting: bool
) -> None:
    before = bench.truth()
    if how == "plan":
        await bench.plan(change)
        unchanged(before, bench.truth(), said[-1])
        return
    wire = None
    plan = await bench.plan(change)
    if how in ("lost request", "lost answer"):
        fault = lose_request if how == "lost request" else lose_answer
        wire = Wire(lambda index, sent: fault if index == 1 else None)
    (outcome,) = await bench.apply(plan, wire=wire)
    hold_against(world, change, outcome, before, bench.truth(), granting=granting)
    if how == "twice":
        again = bench.truth()
        (second,) = await bench.change(change)
        if outcome.outcome in DONE and second.outcome is not OutcomeKind.ALREADY:
            raise Finding(f"made twice, the second ends as {outcome_text(second)}")
        unchanged(again, bench.truth(), said[-1])


def hold_against(
    world: World, change: GrantAccess | RevokeAccess, outcome: Outcome, before: Truth, after: Truth, *, granting: bool
) -> None:
    """Fail where an outcome is not what became of the application."""
    own = grant_id(change)
    kin = {id for id in world.offered if id == own.entitlement or _excludes(world, id, own.entitlement)}
    moved = before.grants ^ after.grants
    if foreign := [each for each in moved if each.principal != change.principal or each.entitlement not in kin]:
        raise Finding(f"{min(foreign)} is {'gone' if foreign[0] in before.grants else 'new'}, which was not asked for")
    if outcome.outcome is OutcomeKind.CHANGED:
        if granting != _held(world, own, after):
            raise Finding(f"it is told as changed, and {own} is {'not ' if granting else ''}held")
        if not moved:
            raise Finding("it is told as changed, and nothing is another than before")
    elif outcome.outcome is OutcomeKind.UNVERIFIED:
        raise Finding(f"it ends as {outcome_text(outcome)}, and can be read")
    elif moved:
        raise Finding(
            f"it is told as {outcome_text(outcome)}, and {min(moved)} {'is gone' if own in before.grants else 'is new'}"
        )
    elif outcome.outcome is OutcomeKind.ALREADY and granting != _held(world, own, after):
        raise Finding(f"it is told as already so, and {own} is {'not ' if granting else ''}held")


def _excludes(world: World, one: EntitlementId, other: EntitlementId) -> bool:
    first, second = world.offered[one].exclusive, world.offered[other].exclusive
    return first is not None and second is not None and first.set == second.set


def _held(world: World, own: GrantId, truth: Truth) -> bool:
    """Whether a grant is held, or one of its set that ranks higher; of what is revoked only the grant itself counts."""
    if own in truth.grants:
        return True
    exclusive = world.offered[own.entitlement].exclusive
    if exclusive is None:
        return False
    return any(
        GrantId(entitlement=id, principal=own.principal) in truth.grants
        and each.exclusive is not None
        and each.exclusive.set == exclusive.set
        and each.exclusive.rank > exclusive.rank
        for id, each in world.offered.items()
    )


async def _back(bench: Bench, start: Truth) -> None:
    """Restore the grants as they were."""
    for _ in range(3):
        now = bench.truth()
        undo: list[Any] = [
            RevokeAccess(entitlement=each.entitlement, principal=each.principal)
            for each in sorted(now.grants - start.grants)
        ]
        undo += [
            GrantAccess(entitlement=each.entitlement, principal=each.principal, replace=True)
            for each in sorted(start.grants - now.grants)
        ]
        if not undo:
            return
        await bench.change(*undo)
