"""To whom an entitlement can be granted: every kind of principal, and several of them at once."""

import msgspec

from jackfield_contracts import (
    AccountStatus,
    GrantAccess,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
)
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import (
    DONE,
    NOT_MADE,
    grant_id,
    name_of,
    opposite,
    outcome_text,
    restore,
    samples_of,
    state_query,
    unchanged,
)
from jackfield_testkit.data import Finding, Lacking, NotApplicable, Truth


async def grants_to_every_kind(bench: Bench) -> None:
    """Whoever an entitlement may be granted to, people and groups, is given it as what they are, and loses it again.

    A group that is added as if it were a person is nobody, or somebody else with the same id.
    """
    samples = samples_of(bench)
    truth = bench.truth()
    shown = await bench.sync()
    kinds = {(each.entitlement.resource.type, each.entitlement.slug, each.principal.type) for each in samples}
    left: list[str] = []
    tried = 0
    for entitlement in sorted(shown.entitlements, key=lambda each: each.id):
        own = entitlement.id
        for type in entitlement.grantable_to:
            kind = (own.resource.type, own.slug, type)
            if kind in kinds or entitlement.immutable:
                continue
            who = _free(truth, own.resource, type)
            if who is None:
                continue
            tried += 1
            change = GrantAccess(entitlement=own, principal=who)
            (outcome,) = await bench.change(change)
            now = bench.truth()
            if other := sorted(now.grants - truth.grants - {grant_id(change)}):
                raise Finding(f"it gave {other[0]}, and ends as {outcome_text(outcome)}", name_of(change))
            if outcome.outcome is OutcomeKind.CHANGED:
                if grant_id(change) not in now.grants:
                    raise Finding("it is told as changed, and nothing is new", name_of(change))
                kinds.add(kind)
                await restore(bench, change, truth)
            elif outcome.outcome in NOT_MADE:
                unchanged(truth, now, name_of(change))
    offered = {
        (each.id.resource.type, each.id.slug, type)
        for each in shown.entitlements
        if not each.immutable
        for type in each.grantable_to
    }
    left = [f"{of}/{slug} to a {type}" for of, slug, type in sorted(offered - kinds)]
    if left:
        bench.leave(f"nothing shows that {', '.join(left)} can be granted", 1 - len(left) / len(offered))
    if not tried and not left and len({type for _, _, type in offered}) < 2:
        raise NotApplicable("the samples have a grant of every kind that is offered")


def _free(truth: Truth, resource: ResourceId, type: str) -> ResourceId | None:
    """Somebody of a type who neither is, holds nor is held by a resource."""
    near = {each.principal for each in truth.grants if each.entitlement.resource == resource}
    near |= {each.entitlement.resource for each in truth.grants if each.principal == resource}
    for each in sorted(truth.resources):
        status = truth.facts.get(each, {}).get("status", "enabled")
        if each.type == type and each != resource and each not in near and status in ("enabled", AccountStatus.ENABLED):
            return each
    return None


async def grants_one_to_many(bench: Bench) -> None:
    """Of several who are given one entitlement in one call each gets their own outcome, whoever among them can't be.

    An application that takes a list refuses all of it for one: those others were not given what they could have.
    """
    tried = 0
    kinds = {
        (each.entitlement.resource.type, each.entitlement.slug, each.principal.type): each for each in samples_of(bench)
    }
    for change in kinds.values():
        others = await _possible(bench, change)
        if len(others) < 2:
            continue
        tried += 1
        nobody = bench.samples.nobody or ResourceId(type=change.principal.type, id=f"{change.principal.id}-testkit")
        await _one_bad(bench, msgspec.structs.replace(change, principal=nobody), others)
        gone = _who_will_go(bench, change.principal.type, f"gone{tried}")
        if gone is not None:
            await _one_bad(bench, msgspec.structs.replace(change, principal=gone), others, goes=True)
    if not tried:
        raise Lacking("no entitlement of the samples can be granted to two who do not have it")


def _who_will_go(bench: Bench, type: str, name: str) -> ResourceId | None:
    """Somebody who is there, and may be taken out; None where the backend can't."""
    if not (bench.has("invite") and bench.has("remove")):
        return None
    found: ResourceId | None = bench.need("invite", "")("Gone Soon", f"{name}@example.com")
    return found if found is not None and found.type == type else None


async def _one_bad(bench: Bench, wrong: GrantAccess, others: list[GrantAccess], *, goes: bool = False) -> None:
    """Grant to *others* and a *wrong* one in one call; who *goes* is there in the state that was read, and then no more."""
    batch = (others[0], wrong, *others[1:])
    async with bench.open() as connection:
        state = await connection.read_state(state_query(batch))
        if goes:
            bench.need("remove", "")(wrong.principal)
        before = bench.truth()
        outcomes = await connection.change("grant", batch, state)
    if any(each.outcome is OutcomeKind.PENDING for each in outcomes):
        bench.work()  # else what is open is made in the middle of what is tried next
    now = bench.truth().grants
    step = f"the hook, {wrong.entitlement} to {', '.join(str(each.principal) for each in batch)} at once"
    step += f", of whom {wrong.principal} has just gone" if goes else ""
    for each, outcome in zip(batch, outcomes, strict=True):
        held = grant_id(each) in now
        if outcome.outcome is OutcomeKind.PENDING:
            continue
        if (each is wrong) == held or (each is wrong) == (outcome.outcome in DONE):
            is_held = "held" if held else "not held"
            raise Finding(f"among others, {name_of(each)} ends as {outcome_text(outcome)}, and is {is_held}", step)
    await _taken_from_many(bench, [each for each in others if grant_id(each) in now], before)


async def _possible(bench: Bench, change: GrantAccess) -> list[GrantAccess]:
    """The same change for those of the samples to whom it can be granted alone."""
    found: list[GrantAccess] = []
    for who in dict.fromkeys(
        each.principal for each in bench.samples.grants if each.principal.type == change.principal.type
    ):
        one = msgspec.structs.replace(change, principal=who)
        before = bench.truth()
        if any(
            each.principal == who and each.entitlement.resource == change.entitlement.resource for each in before.grants
        ):
            continue
        if who == change.entitlement.resource:
            continue
        (outcome,) = await bench.change(one)
        if outcome.outcome is OutcomeKind.CHANGED:
            found.append(one)
            await restore(bench, one, before)
        if len(found) > 2:
            break
    return found


async def _taken_from_many(bench: Bench, changes: list[GrantAccess], before: Truth) -> None:
    """Revoke it from all of them in one call, and see that all is as before."""
    back = tuple(map(opposite, changes))
    if back:
        async with bench.open() as connection:
            outcomes = await connection.change("revoke", back, await connection.read_state(state_query(back)))
        step = f"the hook, {back[0].entitlement} from {', '.join(str(each.principal) for each in back)} at once"
        now = bench.truth().grants
        for each, outcome in zip(back, outcomes, strict=True):
            if outcome.outcome in DONE and grant_id(each) in now:
                raise Finding(f"{name_of(each)} ends as {outcome_text(outcome)}, and is held", step)
    for each in sorted(bench.truth().grants - before.grants):
        await bench.change(RevokeAccess(entitlement=each.entitlement, principal=each.principal))
    if gone := before.grants - bench.truth().grants:
        raise Finding(f"taken from several at once, {min(gone)} is gone too", str(back[0].entitlement) if back else "")
