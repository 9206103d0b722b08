"""Whom a hook acts on, out of a state that shows several."""

from typing import Any, cast

import msgspec

from jackfield.errors import JackfieldError
from jackfield_contracts import AccessState, AccountStatus, Change, OutcomeKind, ResourceId, StateQuery
from jackfield_testkit.bench import Bench, outcome_of
from jackfield_testkit.checks.acting import (
    DONE,
    MAKING,
    make_raw,
    name_of,
    none_given,
    outcome_text,
    state_before,
)
from jackfield_testkit.checks.waiting import login_argument, somebody
from jackfield_testkit.data import Finding, NotApplicable, Truth
from jackfield_testkit.sources import exported_anew, sources
from jackfield_testkit.wire import Fault, Sent, Wire, answer

_AN_HOUR = 3600
_BESIDE = 3
_CONFLICTS = range(400, 500)


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


async def finds_nobody_else_in_a_conflict(bench: Bench) -> None:
    """An account refused as a conflict is not told as there because somebody else has its login as an address.

    What conflicts may be the number of an employee: whoever asks for Ann's account is told of somebody else's, and gives that
    one what was meant for Ann.
    """
    bench.need_hook("create_account")
    give = bench.need("give_address", "whom a connector takes for the one whose account exists")
    if not bench.samples.accounts:
        none_given(bench, "the samples have no accounts", "create_account")
    sample = bench.samples.accounts[0]
    login = login_argument(bench)
    known = somebody(bench, sample)
    if login is None or known is None:
        raise NotApplicable("no argument sets the login, or nobody of the truth has one")
    person, has = known
    wire = Wire()
    async with bench.open(wire) as connection:
        change = msgspec.structs.replace(sample, arguments={**sample.arguments, login: has})
        await make_raw(connection, change, await state_before(connection, change))
    conflicts = {(sent.method, sent.route): said for sent, said in wire.answered if said.status in _CONFLICTS}
    if not conflicts:
        raise NotApplicable("the application refuses no second account by a status of its own")
    if not give(person, str(sample.arguments[login])):
        raise NotApplicable("nobody can have an address that is another's login")

    def plan(index: int, sent: Sent) -> Fault | None:
        said = conflicts.get((sent.method, sent.route))
        return None if said is None else answer(said.status, said.body, said.headers)

    async with bench.open(Wire(plan)) as connection:
        outcome = await make_raw(connection, sample, await state_before(connection, sample))
    if outcome.outcome in DONE:
        raise Finding(
            f"it ends as {outcome_text(outcome)}, and nobody has that login",
            f"{person} has {sample.arguments[login]!r} as one more address",
            f"{name_of(sample)} (the hook), which the application refuses as a conflict",
        )


async def takes_nobody_who_is_there_for_gone(bench: Bench) -> None:
    """Whatever the status of somebody, a deletion is not told as made, nor as made before, while the account is there.

    Disabled is not deleted: what an account holds, and whoever enables it again, is still there.
    """
    if not bench.samples.deletions:
        none_given(bench, "the samples have no deletions", "delete_account")
    sample = bench.samples.deletions[0]
    truth = bench.truth()
    people: dict[object, ResourceId] = {}
    for who in sorted(truth.resources):
        status = truth.facts.get(who, {}).get("status")
        if who.type == sample.account.type and status is not None:
            people.setdefault(status, who)
    for status, who in people.items():
        change = msgspec.structs.replace(sample, account=who)
        async with bench.open() as connection:
            outcome = await make_raw(connection, change, await state_before(connection, change))
            if outcome.outcome is OutcomeKind.PENDING and outcome.job is not None:
                await bench.clock.sleep(_AN_HOUR)
                for file in sources(bench.values):  # exported once more, and nothing was done
                    exported_anew(file, file.read_bytes(), bench.clock.now())
                try:
                    outcome = await connection.job_status(outcome.job)
                except JackfieldError as error:
                    outcome = outcome_of(error)
        if outcome.outcome in DONE and who in bench.truth().resources:
            raise Finding(
                f"it ends as {outcome_text(outcome)}, and {who}, who is {status}, is still there",
                f"{name_of(change)} (the hook)",
            )
