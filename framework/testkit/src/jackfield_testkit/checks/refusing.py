"""What a connector makes of refusals, of its application and of the host's own kind."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any, cast

import msgspec

from jackfield.changes.kinds.operations import Operations
from jackfield.errors import JackfieldError
from jackfield.host.connection import Connection
from jackfield_contracts import (
    AccessState,
    AccountState,
    AccountStatus,
    Change,
    EntitlementId,
    GrantAccess,
    Outcome,
    OutcomeKind,
    ResourceId,
    RunAction,
    StateQuery,
    TraitKind,
)
from jackfield_testkit.bench import Bench, outcome_of
from jackfield_testkit.checks.acting import (
    DONE,
    NOT_MADE,
    all_samples,
    grant_id,
    make_raw,
    name_of,
    none_given,
    opposite,
    outcome_text,
    same_effects,
    samples_of,
    state_before,
    state_query,
    unchanged,
)
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.wire import (
    FOREIGN,
    REFUSALS,
    Wire,
    answer,
    at,
    everywhere,
    other_codes,
    other_words,
    since,
)

_MOST_REQUESTS = 4
"""How many requests of a hook are refused, one after the other."""

_CONFLICTS = (400, 409, 422, 423)
"""Statuses that say nothing of what is so already, in whatever form an application gives them."""

_WORD = "testkit_unknown"


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
                raise Finding(f"what can't be granted ends as {outcome_text(outcome)}", f"{name_of(each)} (the hook)")
            unchanged(before, bench.truth(), name_of(each))
            (outcome,) = await bench.change(each)
            if outcome.outcome not in NOT_MADE:
                raise Finding(f"what can't be granted ends as {outcome_text(outcome)}", name_of(each))


async def tells_refusals(bench: Bench) -> None:
    """What the application refuses is told as refused, also where the host could not foresee it.

    An application that says no, and a connector that hears "already so", is how the last administrator "lost" a role.
    """
    refused = bench.samples.refused
    if not refused:
        none_given(bench, "the samples name nothing that the application refuses")
    for change in refused:
        before, effects = bench.truth(), bench.effects()
        (outcome,) = await bench.change(change)
        if outcome.outcome not in NOT_MADE:
            raise Finding(f"what the application refuses ends as {outcome_text(outcome)}", name_of(change))
        unchanged(before, bench.truth(), name_of(change))
        async with bench.open() as connection:
            state = await state_before(connection, change)
            outcome = await _to_the_end(bench, connection, change, state)
        if outcome.outcome not in NOT_MADE:
            raise Finding(
                f"the hook answers {outcome_text(outcome)} for what the application refuses",
                f"{name_of(change)} (the hook)",
            )
        if not outcome.reason:
            raise Finding("a refusal comes without a reason for people", f"{name_of(change)} (the hook)")
        unchanged(before, bench.truth(), name_of(change))
        same_effects(effects, bench.effects(), name_of(change))
        async with bench.open(Wire(everywhere(other_codes))) as connection:
            outcome = await _to_the_end(bench, connection, change, state)
        if outcome.outcome not in NOT_MADE:
            raise Finding(
                f"refused for a reason that nobody knows, the hook answers {outcome_text(outcome)}",
                f"{name_of(change)} (the hook)",
                "every code in the application's refusal is another than is documented",
            )


async def foretells_what_is_so(bench: Bench) -> None:
    """What is foretold as refused is refused, what can be made is not foretold so, and foretelling changes nothing.

    People believe a dry run: they give up on what it says is refused, and go on where it says nothing.
    """
    async with bench.open() as connection:
        if not connection.implements("foresee"):
            raise NotApplicable("the connector has no hook foresee")
    for change in (*bench.samples.refused, *_of_each_status(bench), *all_samples(bench)):
        before, effects = bench.truth(), bench.effects()
        async with bench.open() as connection:
            state = await state_before(connection, change)
            (said,) = await connection.foresee((change,), state)
        unchanged(before, bench.truth(), f"{name_of(change)} (foresee)")
        same_effects(effects, bench.effects(), f"{name_of(change)} (foresee)")
        if said is None or said.outcome is not OutcomeKind.REFUSED:
            continue
        # The hook itself: the host does not ask for what is foretold as refused.
        async with bench.open() as connection:
            outcome = await _to_the_end(bench, connection, change, state)
        if outcome.outcome not in NOT_MADE:
            raise Finding(
                f"what is foretold as {outcome_text(said)} ends as {outcome_text(outcome)}",
                f"{name_of(change)} (foresee)",
            )


def _of_each_status(bench: Bench) -> list[GrantAccess]:
    """A grant of each entitlement of the samples to somebody of each status, none of which is held."""
    truth = bench.truth()
    found: dict[tuple[object, ...], GrantAccess] = {}
    for sample in bench.samples.grants:
        for who in sorted(truth.resources):
            status = truth.facts.get(who, {}).get("status")
            change = msgspec.structs.replace(sample, principal=who)
            if status is not None and who.type == sample.principal.type and grant_id(change) not in truth.grants:
                found.setdefault((sample.entitlement, status), change)
    return list(found.values())


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
    own = await _own_form(bench)
    for change in samples_of(bench)[:3] if bench.samples.grants else ():
        await _refused_everywhere(bench, change, own, undo=opposite(change))
        if (await bench.change(change))[0].outcome in DONE:
            await _refused_everywhere(bench, opposite(change), own, undo=change)
    for change in (each for each in all_samples(bench) if each not in bench.samples.grants):
        await _refused_everywhere(bench, change, own)


async def _refused_everywhere(bench: Bench, change: Change, own: Any, undo: Change | None = None) -> None:
    """Refuse all requests of the hook from one on, and then the next; with *undo* also each one alone.

    Alone an application's answer about itself may be refused, and the hook go on by what is usual: then *change* is made.
    """
    async with bench.open() as connection:
        state = await state_before(connection, change)
    for alone in (True, False) if undo is not None else (False,):
        for index in range(_MOST_REQUESTS):
            before = bench.truth()
            more = await _refused_at(bench, change, state, index, own, alone=alone)
            if more:
                continue
            if undo is None or bench.truth() == before or (await bench.change(undo))[0].outcome not in DONE:
                break


async def _own_form(bench: Bench) -> Any:
    """The body by which the application refuses something, with other words in it; None where nothing is refused."""
    wire = Wire()
    async with bench.open(wire) as connection:
        for each in bench.samples.grants[:1]:
            resource = ResourceId(type=each.entitlement.resource.type, id=f"{each.entitlement.resource.id}-testkit")
            with suppress(JackfieldError):
                await connection.read_state(StateQuery(principals=(each.principal,), resources=(resource,)))
    found = [given for _, given in wire.answered if 400 <= given.status < 500 and given.status not in (401, 403, 429)]
    with suppress(msgspec.DecodeError):
        return _other_words(msgspec.json.decode(found[0].body)) if found else None
    return None


def _other_words(body: Any) -> Any:
    """*body* with a word that nobody knows wherever it has one; names of forms, such as addresses and URNs, stay."""
    if isinstance(body, dict):
        return {name: _other_words(each) for name, each in cast("dict[str, Any]", body).items()}
    if isinstance(body, list):
        return [_other_words(each) for each in cast("list[Any]", body)]
    return _WORD if isinstance(body, str) and ":" not in body else cast("Any", body)


async def _refused_at(bench: Bench, change: Change, state: AccessState, index: int, own: Any, *, alone: bool) -> bool:
    """Refuse one request of the hook, or all from it on, with each status; whether any was, and nothing was made yet."""
    bodies = [(status, FOREIGN) for status in REFUSALS]
    bodies += [(status, msgspec.json.encode(own)) for status in _CONFLICTS if own is not None]
    for status, body in bodies:
        before = bench.truth()
        fault = answer(status, body)
        wire = Wire(at(index, fault, lasting=True) if alone else since(index, fault))
        async with bench.open(wire) as connection:
            outcome = await make_raw(connection, change, state)
        if not wire.struck or bench.truth() != before:
            return False
        if outcome.outcome in (*DONE, OutcomeKind.PENDING):
            raise Finding(
                f"an answer {status} that the connector can't know ends as {outcome_text(outcome)}",
                f"{name_of(change)} (the hook)",
                f"{wire.struck[0]} is answered {status} {body.decode()}",
            )
    return True


async def decides_by_no_text(bench: Bench) -> None:
    """Outcomes do not depend on the words that an application says to people.

    Texts are translated and reworded without notice; tags and codes are what an interface promises.
    """
    grants = bench.samples.grants[:2]
    if not (grants or bench.samples.refused):
        none_given(bench, "the samples have no changes")
    for grant in grants:
        if await _reworded(bench, grant) is OutcomeKind.CHANGED:
            async with bench.open() as connection:
                await make_raw(connection, opposite(grant), await state_before(connection, grant))
    for change in bench.samples.refused:
        await _reworded(bench, change)


async def _reworded(bench: Bench, change: Change) -> OutcomeKind:
    """How *change* ends, with other words in the answers as with those of the application."""
    async with bench.open() as connection:
        state = await state_before(connection, change)
    plain = await _outcome_on(bench, change, state, Wire())
    held = bench.truth()
    again = await _outcome_on(bench, change, state, Wire())
    scrambled = await _outcome_on(bench, change, state, Wire(everywhere(other_words)))
    if scrambled.outcome is not again.outcome:
        raise Finding(
            f"with other words in the application's answers it ends as {outcome_text(scrambled)},"
            f" before as {outcome_text(again)}",
            f"{name_of(change)} (the hook)",
            "every text for people in an error is reworded",
        )
    unchanged(held, bench.truth(), name_of(change))
    return plain.outcome


async def _outcome_on(bench: Bench, change: Change, state: AccessState, wire: Wire) -> Outcome:
    async with bench.open(wire) as connection:
        return await make_raw(connection, change, state)


async def acts_where_it_says(bench: Bench) -> None:
    """An action that says on which statuses it acts is refused by the application on others.

    The host refuses it for other accounts without asking: what the application would have done is then never done.
    """
    bench.need_hook("run_action")
    tried = 0
    async with bench.open() as connection:
        operations = Operations(connection)
        for change in bench.samples.actions:
            action = operations.action(change.name)
            if not action.acts_on or action.account is None:
                continue
            for account in await _of_other_statuses(bench, connection, (*action.acts_on, *action.leads_to)):
                tried += 1
                other = RunAction(
                    name=change.name,
                    arguments={**change.arguments, action.account: account.account.id},
                    account=account.account,
                )
                before = bench.truth()
                outcome = await _to_the_end(bench, connection, other, await state_before(connection, other))
                step = f"{name_of(other)} (the hook), whose account is {account.status.value}"
                if outcome.outcome in (*DONE, OutcomeKind.PENDING):
                    said = ", ".join(each.value for each in action.acts_on)
                    raise Finding(
                        f"{change.name} says that it acts on {said} only, and ends as {outcome_text(outcome)}", step
                    )
                unchanged(before, bench.truth(), step)
    if not tried:
        raise NotApplicable(
            "no action of the samples says on which statuses it acts, or all accounts have one of those"
        )


async def _of_other_statuses(
    bench: Bench, connection: Connection, known: Collection[AccountStatus]
) -> list[AccountState]:
    """An account of each status that is none of *known*, as the state shows it."""
    people = {each.name for each in connection.resource_types() if each.trait is TraitKind.USER}
    ids = sorted(each for each in bench.truth().resources if each.type in people)
    state = await connection.read_state(StateQuery(principals=tuple(ids)))
    found = {each.status: each for each in state.accounts if each.status not in (*known, AccountStatus.UNKNOWN)}
    return list(found.values())
