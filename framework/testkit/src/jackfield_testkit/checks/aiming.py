"""Whom a hook acts on, out of a state that shows several."""

from typing import Any, cast

import msgspec

from jackfield_contracts import AccessState, AccountStatus, Change, OutcomeKind, ResourceId, StateQuery
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import (
    MAKING,
    make_raw,
    name_of,
    none_given,
    outcome_text,
    state_before,
)
from jackfield_testkit.data import Finding, NotApplicable, Truth

_BESIDE = 3


async def acts_on_whom_it_names(bench: Bench) -> None:
    """A hook that is given a state with others in it acts on the account that its change names, wherever that stands.

    The host reads the state once for all changes of a plan: the first account of it is somebody's, and rarely the one meant.
    """
    changes: list[Change] = [*bench.samples.actions, *bench.samples.deletions]
    if not changes:
        none_given(bench, "the samples have no actions and no deletions", *MAKING)
    async with bench.open() as connection:
        if not connection.implements("read_state"):
            raise NotApplicable("the connector reads no state")
    for number, change in enumerate(changes):
        before = bench.truth()
        async with bench.open() as connection:
            own = await state_before(connection, change)
            named = {each.account for each in own.accounts}
            people = [each for each, facts in sorted(before.facts.items()) if facts.get("login") and each not in named]
            others = await connection.read_state(StateQuery(principals=tuple(people[:_BESIDE])))
            outcome = await make_raw(connection, change, _together(own, others, first=number % 2 == 1))
        bench.work()
        for each in sorted(_touched(before, bench.truth()) & set(people)):
            raise Finding(
                f"it ends as {outcome_text(outcome)}, and {each} is another than before",
                f"{name_of(change)} (the hook), with a state of {len(named | set(people[:_BESIDE]))} accounts",
            )


def _together(own: AccessState, others: AccessState, *, first: bool) -> AccessState:
    """One state of both; *own* stands *first*, or else last."""
    fields: dict[str, tuple[Any, ...]] = {}
    for name in own.__struct_fields__:
        mine, theirs = getattr(own, name), getattr(others, name)
        if isinstance(mine, tuple):
            given = cast("tuple[Any, ...]", mine)
            beside = [each for each in cast("tuple[Any, ...]", theirs) if each not in given]
            fields[name] = (*given, *beside) if first else (*beside, *given)
    return msgspec.structs.replace(own, **fields)


def _touched(before: Truth, now: Truth) -> set[ResourceId]:
    """Whose facts or grants are others than before, or who is gone."""
    return {each.principal for each in before.grants ^ now.grants} | {
        id for id, facts in before.facts.items() if now.facts.get(id) != facts
    }


async def guesses_at_no_state(bench: Bench) -> None:
    """An account of which the state does not know whether it is enabled is not told as so already.

    What can't be understood is neither: whoever is to be disabled would go on signing in.
    """
    if not bench.samples.actions:
        none_given(bench, "the samples have no actions", "run_action")
    tried = False
    for change in bench.samples.actions:
        async with bench.open() as connection:
            state = await state_before(connection, change)
            unknown = [msgspec.structs.replace(each, status=AccountStatus.UNKNOWN) for each in state.accounts]
            if not unknown:
                continue
            tried = True
            outcome = await make_raw(connection, change, msgspec.structs.replace(state, accounts=tuple(unknown)))
        bench.work()
        if outcome.outcome is OutcomeKind.ALREADY:
            raise Finding(
                f"it ends as {outcome_text(outcome)}",
                f"{name_of(change)} (the hook), of an account whose status is unknown",
            )
    if not tried:
        raise NotApplicable("no state before an action shows an account")
