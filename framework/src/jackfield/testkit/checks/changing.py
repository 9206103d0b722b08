"""What a connector makes of changes: the outcome that it gives, beside what became of the application."""

from collections.abc import Mapping, Sequence

import msgspec

from jackfield.connection import Connection
from jackfield.errors import JackfieldError
from jackfield.testkit.bench import Bench, outcome_of
from jackfield.testkit.data import Finding, NotApplicable, Truth
from jackfield.http import Response
from jackfield.testkit.wire import (
    BROKEN,
    FOREIGN,
    REFUSALS,
    Send,
    Wire,
    answer,
    at,
    everywhere,
    lose_answer,
    lose_request,
)
from jackfield_contracts import (
    AccessState,
    Change,
    CreateAccount,
    DeleteAccount,
    Entitlement,
    EntitlementId,
    GrantAccess,
    GrantId,
    Outcome,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    RunAction,
    StateQuery,
)

DONE = (OutcomeKind.CHANGED, OutcomeKind.ALREADY)
_NOT_MADE = (OutcomeKind.REFUSED, OutcomeKind.FAILED)


def grant_id(change: GrantAccess | RevokeAccess) -> GrantId:
    """The grant that a change is about."""
    return GrantId(entitlement=change.entitlement, principal=change.principal)


def opposite(change: GrantAccess) -> RevokeAccess:
    """What takes a grant back."""
    return RevokeAccess(entitlement=change.entitlement, principal=change.principal)


def samples_of(bench: Bench) -> tuple[GrantAccess, ...]:
    """The grants to try; the check does not apply without any."""
    bench.need_hook("grant", "revoke")
    if not bench.samples.grants:
        raise NotApplicable("the samples have no grants")
    return bench.samples.grants


def one_of_each_kind(changes: Sequence[GrantAccess]) -> list[GrantAccess]:
    """The last sample of each kind of entitlement."""
    return list({(each.entitlement.resource.type, each.entitlement.slug): each for each in changes}.values())


def state_query(changes: Sequence[Change]) -> StateQuery:
    """What the host reads before it makes *changes*."""
    access = [each for each in changes if isinstance(each, GrantAccess | RevokeAccess)]
    accounts = [each.account for each in changes if isinstance(each, DeleteAccount | RunAction) and each.account]
    return StateQuery(
        principals=tuple(dict.fromkeys([*(each.principal for each in access), *accounts])),
        resources=tuple(dict.fromkeys(each.entitlement.resource for each in access)),
    )


async def make_raw(connection: Connection, change: Change, state: AccessState) -> Outcome:
    """Call the hook for one change, past all that the host looks at before."""
    try:
        if isinstance(change, GrantAccess):
            (outcome,) = await connection.grant((change,), state)
        elif isinstance(change, RevokeAccess):
            (outcome,) = await connection.revoke((change,), state)
        elif isinstance(change, CreateAccount):
            (outcome,) = await connection.create_account((change,))
        elif isinstance(change, DeleteAccount):
            outcome = await connection.delete_account(change, state)
        else:
            outcome = await connection.run_action(change, state)
    except JackfieldError as error:
        return outcome_of(error)
    return outcome


def told(outcome: Outcome) -> str:
    """An outcome in words."""
    more = ", ".join(text for text in (outcome.tag, outcome.reason) if text)
    return f"{outcome.outcome.value}{f' ({more})' if more else ''}"


def name_of(change: Change) -> str:
    """A change in words."""
    if isinstance(change, GrantAccess | RevokeAccess):
        return f"{'grant' if isinstance(change, GrantAccess) else 'revoke'} {change.entitlement} {change.principal}"
    if isinstance(change, CreateAccount):
        return f"create_account {change.arguments}"
    if isinstance(change, DeleteAccount):
        return f"delete_account {change.account} {change.arguments}"
    return f"{change.name} {change.arguments}"


def unchanged(before: Truth, after: Truth, step: str) -> None:
    """Fail where something is another than before."""
    for what, one, other in (("resource", before.resources, after.resources), ("grant", before.grants, after.grants)):
        if one != other:
            raise Finding(f"the {what} {sorted(one ^ other)[0]} {'is gone' if one - other else 'is new'}", step)  # type: ignore[operator]
    for id, facts in before.facts.items():
        if after.facts.get(id) != facts:
            raise Finding(f"{id} is now {after.facts.get(id)}, it was {facts}", step)


def same_effects(before: dict[str, int], after: dict[str, int], step: str) -> None:
    """Fail where a side effect happened since."""
    more = {what: number - before.get(what, 0) for what, number in after.items() if number > before.get(what, 0)}
    if more:
        raise Finding(f"there were side effects: {more}", step)


async def restore(bench: Bench, change: GrantAccess, before: Truth) -> None:
    """Take a sample grant back, and see that all is as before.

    Who loses what ranks higher may be left with what ranks lower in the same set, which is taken back then.
    """
    lower = await _ranked_below(bench, change)
    steps = [name_of(change)]
    back = opposite(change)
    for _ in range(1 + len(lower)):
        (outcome,) = await bench.change(back)
        steps.append(name_of(back))
        if outcome.outcome is not OutcomeKind.CHANGED:
            raise Finding(f"what was granted can't be revoked: {told(outcome)}", *steps)
        now = bench.truth().grants
        if lost := before.grants - now:
            raise Finding(f"revoking took {sorted(lost)[0]} too", *steps)
        left = sorted(now - before.grants)
        if not left:
            return
        if left[0].principal != change.principal or left[0].entitlement not in lower:
            raise Finding(f"revoking leaves {left[0]}", *steps)
        back = RevokeAccess(entitlement=left[0].entitlement, principal=change.principal)
    raise Finding(f"revoking leaves {left[0]}", *steps)


async def _ranked_below(bench: Bench, change: GrantAccess) -> set[EntitlementId]:
    async with bench.open() as connection:
        state = await connection.read_state(state_query((change,)))
    return ranked_below({each.id: each for each in state.entitlements}, change.entitlement)


def ranked_below(offered: Mapping[EntitlementId, Entitlement], own: EntitlementId) -> set[EntitlementId]:
    """What is left of *own* when it is taken: entitlements of the same set that rank lower."""
    top = offered[own].exclusive if own in offered else None
    if top is None:
        return set()
    return {
        id
        for id, each in offered.items()
        if each.exclusive is not None and each.exclusive.set == top.set and each.exclusive.rank < top.rank
    }


async def grants_and_revokes(bench: Bench) -> None:
    """A grant gives just what was asked for, and revoking it restores what was; both are confirmed by a read.

    An outcome "changed" that is not true is the worst that a governance tool can say.
    """
    for change in samples_of(bench):
        before = bench.truth()
        (outcome,) = await bench.change(change)
        step = name_of(change)
        if outcome.outcome is not OutcomeKind.CHANGED:
            raise Finding(f"a grant that is possible ends as {told(outcome)}", step)
        after = bench.truth()
        if grant_id(change) not in after.grants:
            raise Finding("the grant is told as changed, and is not there", step)
        if more := after.grants - before.grants - {grant_id(change)}:
            raise Finding(f"it gave {sorted(more)[0]} too", step)
        if gone := [each for each in before.grants - after.grants if each.principal != change.principal]:
            raise Finding(f"it took {sorted(gone)[0]}, of somebody else", step)
        await restore(bench, change, before)


async def repeats_without_effect(bench: Bench) -> None:
    """A grant or a revocation that is made twice does nothing the second time, and says so.

    After a crash the host asks again for what no read shows; a hook that can't bear it doubles effects or fails.
    """
    for change in samples_of(bench):
        before = bench.truth()
        await bench.change(change)
        held = bench.truth()
        await _again(bench, change, held)
        (outcome,) = await bench.change(change)
        if outcome.outcome is not OutcomeKind.ALREADY:
            raise Finding(
                f"granted twice, the second ends as {told(outcome)}, not already", name_of(change), "once more"
            )
        await restore(bench, change, before)
        await _again(bench, opposite(change), bench.truth())
        (outcome,) = await bench.change(opposite(change))
        if outcome.outcome is not OutcomeKind.ALREADY:
            raise Finding(
                f"revoked twice, the second ends as {told(outcome)}, not already",
                name_of(opposite(change)),
                "once more",
            )


async def _again(bench: Bench, change: Change, held: Truth) -> None:
    """Call the hook for what is so, on a state that does not show it."""
    effects = bench.effects()
    async with bench.open() as connection:
        real = await connection.read_state(state_query((change,)))
        own = grant_id(change) if isinstance(change, GrantAccess | RevokeAccess) else None
        stale = tuple(each for each in real.held if each != own)
        if isinstance(change, RevokeAccess) and own is not None:
            stale = (*stale, own)
        outcome = await make_raw(connection, change, msgspec.structs.replace(real, held=stale))
    steps = (f"{name_of(change)} (the hook, on a state from before)", "what is asked for is so already")
    if outcome.outcome not in (*DONE, OutcomeKind.PENDING):
        raise Finding(f"made twice, the hook answers {told(outcome)}", *steps)
    unchanged(held, bench.truth(), steps[0])
    if outcome.outcome is OutcomeKind.ALREADY:
        same_effects(effects, bench.effects(), steps[0])


async def refuses_strangers(bench: Bench) -> None:
    """Nobody can be granted anything, and nothing of what does not exist can be granted.

    A typing error in an id must end as a refusal, not as a success that nobody can see.
    """
    for change in samples_of(bench)[:2]:
        entitlement, principal = change.entitlement, change.principal
        nobody = bench.samples.nobody or ResourceId(type=principal.type, id=f"{principal.id}-testkit")
        foreign = ResourceId(type=principal.type, id=entitlement.resource.id)
        nowhere = ResourceId(type=entitlement.resource.type, id=f"{entitlement.resource.id}-testkit")
        wrong = (
            GrantAccess(entitlement=entitlement, principal=nobody),
            GrantAccess(entitlement=entitlement, principal=foreign),
            GrantAccess(entitlement=EntitlementId(resource=entitlement.resource, slug="testkit"), principal=principal),
            GrantAccess(entitlement=EntitlementId(resource=nowhere, slug=entitlement.slug), principal=principal),
            GrantAccess(entitlement=EntitlementId(resource=principal, slug=entitlement.slug), principal=principal),
        )
        for each in wrong:
            before = bench.truth()
            async with bench.open() as connection:
                state = await connection.read_state(state_query((change, opposite(change))))
                outcome = await make_raw(connection, each, state)
            if outcome.outcome in (*DONE, OutcomeKind.PENDING):
                raise Finding(f"what can't be granted ends as {told(outcome)}", f"{name_of(each)} (the hook)")
            unchanged(before, bench.truth(), name_of(each))
            (outcome,) = await bench.change(each)
            if outcome.outcome not in _NOT_MADE:
                raise Finding(f"what can't be granted ends as {told(outcome)}", name_of(each))


async def tells_refusals(bench: Bench) -> None:
    """What the application refuses is told as refused, also where the host could not foresee it.

    An application that says no, and a connector that hears "already so", is how the last administrator "lost" a role.
    """
    refused = bench.samples.refused
    if not refused:
        raise NotApplicable("the samples name nothing that the application refuses")
    for change in refused:
        before, effects = bench.truth(), bench.effects()
        (outcome,) = await bench.change(change)
        if outcome.outcome not in _NOT_MADE:
            raise Finding(f"what the application refuses ends as {told(outcome)}", name_of(change))
        unchanged(before, bench.truth(), name_of(change))
        async with bench.open() as connection:
            state = await connection.read_state(state_query((change,)))
            outcome = await _to_the_end(bench, connection, change, state)
        if outcome.outcome not in _NOT_MADE:
            raise Finding(
                f"the hook answers {told(outcome)} for what the application refuses", f"{name_of(change)} (the hook)"
            )
        if not outcome.reason:
            raise Finding("a refusal comes without a reason for people", f"{name_of(change)} (the hook)")
        unchanged(before, bench.truth(), name_of(change))
        same_effects(effects, bench.effects(), name_of(change))
        async with bench.open(Wire(everywhere(_other_codes))) as connection:
            outcome = await _to_the_end(bench, connection, change, state)
        if outcome.outcome not in _NOT_MADE:
            raise Finding(
                f"refused for a reason that nobody knows, the hook answers {told(outcome)}",
                f"{name_of(change)} (the hook)",
                "every code in the application's refusal is another than is documented",
            )


async def _to_the_end(bench: Bench, connection: Connection, change: Change, state: AccessState) -> Outcome:
    """Call the hook, and ask after the job that it begins once that is over."""
    outcome = await make_raw(connection, change, state)
    if outcome.outcome is OutcomeKind.PENDING and outcome.job is not None and bench.has("work"):
        bench.work()
        try:
            return await connection.job_status(outcome.job)
        except JackfieldError as error:
            return outcome_of(error)
    return outcome


async def takes_no_conflict_for_success(bench: Bench) -> None:
    """A refusal that the connector does not know is never told as done.

    An application answers 404 and 409 for a hundred reasons; "it is so already" is one of them.
    """
    for change in all_samples(bench):
        before = bench.truth()
        async with bench.open() as connection:
            state = await connection.read_state(state_query((change,)))
        requests = await _requests_of(bench, change, state)
        for index in range(requests):
            for status in REFUSALS:
                wire = Wire(at(index, answer(status, FOREIGN), lasting=True))
                async with bench.open(wire) as connection:
                    outcome = await make_raw(connection, change, state)
                if not wire.struck:
                    continue
                after = bench.truth()
                if outcome.outcome in (*DONE, OutcomeKind.PENDING) and after == before and not _so(change, after):
                    raise Finding(
                        f"an answer {status} that the connector can't know ends as {told(outcome)}",
                        f"{name_of(change)} (the hook)",
                        f"request {wire.struck[0]} is answered {status} {FOREIGN.decode()}",
                    )
                if after != before:
                    return  # the change takes several steps, and the first ones were made


async def _requests_of(bench: Bench, change: Change, state: AccessState) -> int:
    """How many requests the hook makes when the first is refused for a reason nobody knows; at least one is looked at."""
    wire = Wire(everywhere(answer(400, FOREIGN)))
    async with bench.open(wire) as connection:
        await make_raw(connection, change, state)
    if not wire.sent:
        raise NotApplicable("changes make no requests, so that none can be refused")
    return min(4, len(wire.sent) + 1)


def _so(change: Change, truth: Truth) -> bool:
    if isinstance(change, GrantAccess):
        return grant_id(change) in truth.grants
    if isinstance(change, RevokeAccess):
        return grant_id(change) not in truth.grants
    return False


def all_samples(bench: Bench) -> list[Change]:
    """One change of each kind that the samples have; the check does not apply without any."""
    samples = bench.samples
    found: list[Change] = [
        *samples.grants[:3],
        *samples.accounts[:1],
        *samples.deletions[:1],
        *samples.actions,
    ]
    if not found:
        raise NotApplicable("the samples have no changes")
    return found


async def makes_all_that_it_offers(bench: Bench) -> None:
    """Accounts are made and deleted and actions run as they say, jobs followed to their end, each confirmed.

    A job that nobody looks at again is a change of which nobody knows whether it was made.
    """
    samples = bench.samples
    some: list[Change] = [*samples.accounts, *samples.actions, *samples.deletions]
    if not some:
        raise NotApplicable("the samples have no accounts, deletions or actions")
    for change in some:
        before = bench.truth()
        (outcome,) = await bench.change(change)
        if outcome.outcome is not OutcomeKind.CHANGED:
            raise Finding(f"a change that is possible ends as {told(outcome)}", name_of(change))
        after = bench.truth()
        if isinstance(change, CreateAccount) and not after.resources - before.resources:
            raise Finding("the account is told as made, and is not there", name_of(change))
        if isinstance(change, DeleteAccount) and change.account in after.resources:
            raise Finding("the account is told as deleted, and is still there", name_of(change))


async def survives_lost_answers(bench: Bench) -> None:
    """A change whose request or answer is lost is made once, and told as changed.

    The answer may be lost after the effect; who asks again without looking invites people twice.
    """
    for change in one_of_each_kind(samples_of(bench)):
        for what, fault in (("the request is lost", lose_request), ("the answer is lost", lose_answer)):
            for index in range(8):
                before, effects = bench.truth(), bench.effects()
                plan = await bench.plan(change)
                wire = Wire(at(index, fault))
                (outcome,) = await bench.apply(plan, wire=wire)
                step = f"{what}: {', '.join(wire.struck)}"
                after = bench.truth()
                if outcome.outcome is OutcomeKind.CHANGED and grant_id(change) not in after.grants:
                    raise Finding("the change is told as changed, and was not made", name_of(change), step)
                if outcome.outcome is not OutcomeKind.CHANGED:
                    raise Finding(f"a lost message ends it as {told(outcome)}", name_of(change), step)
                twice = {
                    name: number - effects.get(name, 0)
                    for name, number in bench.effects().items()
                    if number - effects.get(name, 0) > 1
                }
                if twice:
                    raise Finding(f"an effect happened more than once: {twice}", name_of(change), step)
                await restore(bench, change, before)
                if not wire.struck:
                    break


async def doubles_no_effect(bench: Bench) -> None:
    """A hook whose request is answered, and the answer lost, asks for the effect at most once.

    What has an effect is tried again by the host, which looks first; a hook that tries again by itself invites twice.
    """
    for change in all_samples(bench):
        before, effects = bench.truth(), bench.effects()
        async with bench.open() as connection:
            state = await connection.read_state(state_query((change,)))
        for index in range(8):
            wire = Wire()
            async with bench.open(wire) as connection:
                await connection.read_state(state_query((change,)))  # signs in, so that only the hook's own are lost
                wire.plan = at(len(wire.sent) + index, lose_answer, lasting=True)
                await make_raw(connection, change, state)
            more = {name: number - effects.get(name, 0) for name, number in bench.effects().items()}
            if twice := {name: number for name, number in more.items() if number > 1}:
                raise Finding(
                    f"an effect happened more than once: {twice}",
                    f"{name_of(change)} (the hook)",
                    f"the answers to {', '.join(wire.struck)} are lost",
                )
            if not wire.struck or bench.truth() != before or any(more.values()):
                break


async def doubts_what_it_can_not_read(bench: Bench) -> None:
    """A write that is answered in a way that nobody understands is never told as made when it was not.

    A proxy's login page with status 200 is no confirmation.
    """
    for change in one_of_each_kind(samples_of(bench))[:2]:
        for what, fault in BROKEN.items():
            for index in range(8):
                before = bench.truth()
                plan = await bench.plan(change)
                wire = Wire(at(index, fault))
                (outcome,) = await bench.apply(plan, wire=wire)
                made = grant_id(change) in bench.truth().grants
                step = f"{', '.join(wire.struck)} is {what}"
                if outcome.outcome in DONE and not made:
                    raise Finding(f"it is told as {outcome.outcome.value}, and was not made", name_of(change), step)
                if outcome.outcome in _NOT_MADE and made:
                    raise Finding(f"it is told as {told(outcome)}, and was made", name_of(change), step)
                if made:
                    await restore(bench, change, before)
                if not wire.struck:
                    break


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


async def reads_the_state_as_it_is(bench: Bench) -> None:
    """``read_state`` shows what is true now: who is there, what is offered, what is held; strangers are left out.

    Every outcome is judged by this read.
    """
    bench.need_hook("grant")
    changes = samples_of(bench)
    truth = bench.truth()
    principals = tuple(dict.fromkeys(each.principal for each in changes))
    resources = tuple(dict.fromkeys(each.entitlement.resource for each in changes))
    held_by = {each.principal for each in truth.grants if each.entitlement.resource in resources}
    some = tuple(dict.fromkeys((*principals, *sorted(held_by)[:5])))
    nobody = bench.samples.nobody or ResourceId(type=principals[0].type, id=f"{principals[0].id}-testkit")
    nowhere = ResourceId(type=resources[0].type, id=f"{resources[0].id}-testkit")
    async with bench.open() as connection:
        state = await connection.read_state(StateQuery(principals=(*some, nobody), resources=(*resources, nowhere)))
        await _by_name(bench, connection, principals[0], state)
    there = {each.account for each in state.accounts}
    if missing := [
        each for each in some if each not in there and each in truth.resources and each.type == principals[0].type
    ]:
        raise Finding(f"{missing[0]} is in the application and not in the state", "read_state")
    if nobody in there:
        raise Finding(f"{nobody} is not in the application and is in the state", "read_state")
    offered = {each.id: each for each in state.entitlements}
    for change in changes:
        if change.entitlement not in offered:
            raise Finding(f"the state does not offer {change.entitlement}", "read_state")
    if foreign := [each for each in offered if each.resource == nowhere]:
        raise Finding(f"the state offers {foreign[0]}, of a resource that is not there", "read_state")
    shown = {each for each in state.held if each.entitlement.resource in resources}
    wanted = {each for each in truth.grants if each.entitlement.resource in resources and each.principal in some}
    if shown != wanted:
        raise Finding(f"the state and the truth differ on {sorted(shown ^ wanted)[0]}", "read_state")


async def _by_name(bench: Bench, connection: Connection, principal: ResourceId, state: AccessState) -> None:
    login = next((each.login for each in state.accounts if each.account == principal), None)
    if login is None:
        return
    named = await connection.read_state(StateQuery(names=(login, "nobody@testkit.example")))
    found = {each.asked: each.account for each in named.accounts}
    if found.get(login) != principal:
        raise Finding(
            f"the login {login!r} finds {found.get(login)}, and is that of {principal}",
            f"read_state(names=({login!r},))",
        )
    if "nobody@testkit.example" in found:
        raise Finding("a name that nobody has finds somebody", "read_state(names=('nobody@testkit.example',))")


async def raises_where_the_state_is_unknown(bench: Bench) -> None:
    """A state that can't be read raises, it never comes out empty or short.

    "Not held" out of a failed read lets a revocation pass for made.
    """
    changes = samples_of(bench)
    truth = bench.truth()
    held = sorted(each for each in truth.grants if each.principal.type == changes[0].principal.type)
    of_resources = [each for each in held if each.entitlement.resource in {one.entitlement.resource for one in changes}]
    principals = tuple(
        dict.fromkeys((*(each.principal for each in changes), *(each.principal for each in of_resources[:3])))
    )
    query = StateQuery(
        principals=principals, resources=tuple(dict.fromkeys(each.entitlement.resource for each in changes))
    )
    wire = Wire()
    async with bench.open(wire) as connection:
        wanted = await connection.read_state(query)
    faults = {
        "lost": lose_request,
        **{f"answered {status}": answer(status, FOREIGN) for status in (*REFUSALS, 500)},
        **BROKEN,
    }
    if not wire.sent:
        raise NotApplicable("reading the state makes no requests")
    for index in range(len(wire.sent)):
        for what, fault in faults.items():
            struck = Wire(at(index, fault, lasting=True))
            async with bench.open(struck) as connection:
                try:
                    state = await connection.read_state(query)
                except JackfieldError as error:
                    outcome_of(error)
                    continue
            if _short(state, wanted):
                raise Finding(
                    "the state comes out short instead of raising",
                    f"read_state, {', '.join(struck.struck[:1])} is {what}",
                )


def _short(state: AccessState, wanted: AccessState) -> bool:
    return (
        set(state.held) != set(wanted.held)
        or {each.account for each in state.accounts} != {each.account for each in wanted.accounts}
        or {each.id for each in state.entitlements} != {each.id for each in wanted.entitlements}
    )


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
                f"among others, {name_of(change)} ends as {told(outcome)}, and is {'held' if held else 'not held'}",
                "one plan of all samples",
            )
    await _batch(bench, changes, wrong)
    (*undone,) = await bench.change(*(opposite(each) for each in reversed(changes)))
    if any(outcome.outcome not in DONE for outcome in undone):
        raise Finding(
            f"taken back together, one ends as {told(next(each for each in undone if each.outcome not in DONE))}"
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
        raise Finding(f"after all was taken back, {sorted(more)[0]} is left")
    if gone := before.grants - bench.truth().grants:
        raise Finding(f"after all was taken back, {sorted(gone)[0]} is gone")


async def _batch(bench: Bench, changes: Sequence[GrantAccess], wrong: Sequence[GrantAccess]) -> None:
    """Call the hook for all of them at once: those that are held by now, and in front of them what can't be granted."""
    held = bench.truth()
    batch = (*wrong, *changes)
    async with bench.open() as connection:
        state = await connection.read_state(state_query(batch))
        stale = msgspec.structs.replace(state, held=())
        try:
            outcomes = await connection.grant(batch, stale)
        except JackfieldError as error:
            raise Finding(
                f"one that can't be granted spoils all others: {error}", "the hook, all samples at once"
            ) from None
    if len(outcomes) != len(batch):
        raise Finding(f"{len(batch)} changes get {len(outcomes)} outcomes", "the hook, all samples at once")
    for change, outcome in zip(batch, outcomes, strict=True):
        if (change in wrong) == (outcome.outcome in DONE):
            raise Finding(f"among others, {name_of(change)} ends as {told(outcome)}", "the hook, all samples at once")
    unchanged(held, bench.truth(), "the hook, all samples at once, which are held already")


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
            raise Finding(f"revoking what is not held is told as {told(outcome)}", name_of(change), name_of(other))
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
    if outcome.outcome not in _NOT_MADE:
        raise Finding(f"a grant that excludes what is held ends as {told(outcome)}", *steps)
    unchanged(held, bench.truth(), steps[1])


async def decides_by_no_text(bench: Bench) -> None:
    """Outcomes do not depend on the words that an application says to people.

    Texts are translated and reworded without notice; tags and codes are what an interface promises.
    """
    changes = [*bench.samples.grants[:2], *bench.samples.refused]
    if not changes:
        raise NotApplicable("the samples have no changes")
    for change in changes:
        async with bench.open() as connection:
            state = await connection.read_state(state_query((change,)))
        plain = await _outcome_on(bench, change, state, Wire())
        held = bench.truth()
        again = await _outcome_on(bench, change, state, Wire())
        scrambled = await _outcome_on(bench, change, state, Wire(everywhere(_reworded)))
        if scrambled.outcome is not again.outcome:
            raise Finding(
                f"with other words in the application's answers it ends as {told(scrambled)}, before as {told(again)}",
                f"{name_of(change)} (the hook)",
                "every text for people in an error is reworded",
            )
        unchanged(held, bench.truth(), name_of(change))
        if isinstance(change, GrantAccess) and plain.outcome is OutcomeKind.CHANGED:
            async with bench.open() as connection:
                await make_raw(connection, opposite(change), await connection.read_state(state_query((change,))))


async def _outcome_on(bench: Bench, change: Change, state: AccessState, wire: Wire) -> Outcome:
    async with bench.open(wire) as connection:
        return await make_raw(connection, change, state)


_PROSE = (
    "message",
    "error_summary",
    "error_description",
    "user_message",
    "detail",
    "details",
    "title",
    "description",
    "reason",
    "text",
)


async def _reworded(send: Send) -> Response:
    given = await send()
    if given.status < 400:
        return given
    try:
        body = msgspec.json.decode(given.body)
    except msgspec.DecodeError:
        return given
    return msgspec.structs.replace(given, body=msgspec.json.encode(_other_words(body)))


async def _other_codes(send: Send) -> Response:
    given = await send()
    if given.status < 400 or given.status == 401:
        return given
    try:
        body = msgspec.json.decode(given.body)
    except msgspec.DecodeError:
        return given
    return msgspec.structs.replace(given, body=msgspec.json.encode(_unknown(body)))


def _unknown(value: object) -> object:
    if isinstance(value, dict):
        return {key: _unknown(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_unknown(each) for each in value]
    return "testkit_unknown" if isinstance(value, str) else value


def _other_words(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: "testkit" if key in _PROSE and isinstance(each, str) else _other_words(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_other_words(each) for each in value]
    return value
