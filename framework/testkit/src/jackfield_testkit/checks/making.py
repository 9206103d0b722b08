"""Accounts that are made and deleted: which it was, all that was asked for, and what is so already."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from jackfield.changes.kinds.registry import kind_of
from jackfield_contracts import (
    AccessState,
    AccountState,
    Argument,
    Change,
    Outcome,
    OutcomeKind,
    ResourceId,
    StateQuery,
)
from jackfield_testkit.bench import Bench
from jackfield_testkit.bodies import values
from jackfield_testkit.checks.acting import (
    DONE,
    all_samples,
    grant_id,
    make_raw,
    name_of,
    none_given,
    one_of_each_kind,
    opposite,
    outcome_text,
    restore,
    samples_of,
    state_before,
    state_query,
    unchanged,
)
from jackfield_testkit.data import Finding, NotApplicable, Truth
from jackfield_testkit.reach import none_disturbed
from jackfield_testkit.wire import FOREIGN, Wire, answer, at, everywhere, other_words

_LOST_RACES = (412, 428, 423, 409)
_MOST_REQUESTS = 4


async def names_what_it_made(bench: Bench) -> None:
    """The outcome of an account that is made names it, by the id under which it is there.

    Who made an account and can't say which has nothing to grant to, and nothing to take back.
    """
    bench.need_hook("create_account")
    if not bench.samples.accounts:
        none_given(bench, "the samples have no accounts", "create_account")
    for change in bench.samples.accounts:
        before = bench.truth()
        async with bench.open() as connection:
            state = await state_before(connection, change)
            outcome = await make_raw(connection, change, state)
            if outcome.outcome is OutcomeKind.PENDING:
                if outcome.job is None:
                    continue  # a person makes it, and no answer can name it
                bench.need("work", "what a job names that made an account")
                bench.work()
                outcome = await connection.job_status(outcome.job)
        step = f"{name_of(change)} (the hook)"
        if outcome.outcome is not OutcomeKind.CHANGED:
            raise Finding(f"a change that is possible ends as {outcome_text(outcome)}", step)
        new = [each for each in bench.truth().resources - before.resources if each.type == change.type]
        if outcome.account not in new:
            raise Finding(
                f"it names {outcome.account}, and {', '.join(map(str, sorted(new))) or 'nobody'} is new", step
            )


async def takes_every_argument(bench: Bench) -> None:
    """Everything that making an account is given arrives in the application, or is told as left out.

    An account that is made without the group or the external id that was asked for looks made, and is another one.
    """
    bench.need_hook("create_account")
    declared = {each.name: each for each in _declared(bench)}
    if not bench.samples.accounts:
        none_given(bench, "the samples have no accounts", "create_account")
    given = {name for change in bench.samples.accounts for name in change.arguments}
    for change in bench.samples.accounts:
        before = bench.truth()
        wire = Wire()
        (outcome,) = await bench.apply(await bench.plan(change), wire=wire)
        now = bench.truth()
        new = sorted(each for each in now.resources - before.resources if each.type == change.type)
        if outcome.outcome is not OutcomeKind.CHANGED or not new:
            raise Finding(f"a change that is possible ends as {outcome_text(outcome)}", name_of(change))
        async with bench.open() as connection:
            state = await connection.read_state(StateQuery(principals=(new[0],)))
        account = next((each for each in state.accounts if each.account == new[0]), None)
        there = _words(bench, now, new[0], account)
        # What can't be read again must at least have been sent.
        sent = [text for each in wire.sent for text in (each.url, (each.body or b"").decode(errors="replace"))]
        for name, value in change.arguments.items():
            _arrived(change, declared.get(name), name, value, there, sent, outcome)
            _is_set(change, declared.get(name), name, value, account)
    if left := sorted(declared.keys() - given):
        bench.leave(
            f"no account of the samples is made with {', '.join(left)}", 1 - len(left) / (len(left) + len(given))
        )


def _declared(bench: Bench) -> tuple[Argument, ...]:
    return tuple(arg for one in bench.found.type.capabilities if one.hook == "create_account" for arg in one.arguments)


def _words(bench: Bench, truth: Truth, account: ResourceId, state: AccountState | None) -> set[str]:
    """All that the application has of an account, in small letters."""
    found: list[Any] = [account.id, *truth.facts.get(account, {}).values()]
    found += [each.entitlement.resource.id for each in truth.grants if each.principal == account]
    if bench.has("whole"):
        whole: Mapping[str, Any] = bench.need("whole", "what is there")()
        found += [value for key, each in whole.items() if key.endswith(account.id) for _, value in values(each)]
    if state is not None:
        found += [state.login, state.display_name, *state.facts.values(), *state.names]
    return {str(one).casefold() for each in found for one in _each(each)}


def _each(value: Any) -> tuple[Any, ...]:
    """The values of a list, or the one that is none."""
    return tuple(cast("list[Any]", value)) if isinstance(value, list | tuple) else (value,)


def _arrived(
    change: Change, declared: Argument | None, name: str, value: Any, there: set[str], sent: list[str], outcome: Outcome
) -> None:
    told = f"{outcome.reason or ''} {' '.join(map(str, outcome.results))}"
    if isinstance(value, bool) or value is None or name in told or (declared is not None and declared.secret):
        return
    for each in _each(value):
        text = str(each).casefold()
        if not any(text in one for one in there) and not any(text in one.casefold() for one in sent):
            raise Finding(f"{name} is given as {each!r}, and neither sent nor there afterwards", name_of(change))


def _is_set(change: Change, declared: Argument | None, name: str, value: Any, account: AccountState | None) -> None:
    """Fail where the argument says what fact it sets, and that is another afterwards."""
    sets = declared.sets if declared is not None else None
    if sets is None or account is None or value is None:
        return
    own = {"login": account.login, "display_name": account.display_name}
    if sets not in own and sets not in account.facts:
        return
    now = own[sets] if sets in own else account.facts[sets]
    if isinstance(value, list | tuple):
        fits = set(_each(value)) <= set(_each(now))
    else:
        fits = str(now).casefold() == str(value).casefold()
    if not fits:
        raise Finding(f"{name} is given as {value!r}, and {sets} of the account is {now!r}", name_of(change))


async def knows_what_is_so_already(bench: Bench) -> None:
    """A deletion that is repeated is told as already so, and one that is refused never is; whatever the answer's words.

    After a crash the host asks again on what it knew before: a second deletion must neither fail nor take another account.
    """
    deletions = bench.samples.deletions
    if not deletions:
        none_given(bench, "the samples have no deletions", "delete_account")
    for change in deletions:
        async with bench.open() as connection:
            state = await state_before(connection, change)
        (first,) = await bench.change(change)
        if first.outcome is not OutcomeKind.CHANGED:
            raise Finding(f"a change that is possible ends as {outcome_text(first)}", name_of(change))
        await _once_more(bench, change, state, OutcomeKind.ALREADY)
    refusals = [each for each in bench.samples.refused if kind_of(each).hook == "delete_account"]
    for refused in refusals:
        async with bench.open() as connection:
            outcome = await make_raw(connection, refused, await state_before(connection, refused))
        if outcome.outcome in DONE:
            raise Finding(
                f"a deletion that is refused ends as {outcome_text(outcome)}", f"{name_of(refused)} (the hook)"
            )
    if not refusals:
        bench.leave("the samples name no deletion that the application refuses", 0.5)


async def _once_more(bench: Bench, change: Change, state: AccessState, *wanted: OutcomeKind) -> None:
    """Call the hook for what is so already, on a *state* from before; with the application's words and with others."""
    held = bench.truth()
    ends: list[Outcome] = []
    for wire in (Wire(), Wire(everywhere(other_words))):
        async with bench.open(wire) as connection:
            outcome = await make_raw(connection, change, state)
            if outcome.outcome is OutcomeKind.PENDING and outcome.job is not None and bench.has("work"):
                bench.work()
                outcome = await connection.job_status(outcome.job)
        ends.append(outcome)
        step = f"{name_of(change)} (the hook, on a state from before), what is asked for being so already"
        unchanged(held, bench.truth(), step)
        if outcome.outcome not in wanted:
            raise Finding(f"made twice, the second ends as {outcome_text(outcome)}", step)
    if ends[0].outcome is not ends[1].outcome:
        raise Finding(
            f"with other words in the application's answers it ends as {outcome_text(ends[1])}, before as"
            f" {outcome_text(ends[0])}",
            f"{name_of(change)} (the hook, on a state from before)",
        )


async def reads_no_meaning_into_words(bench: Bench) -> None:
    """What is so already is known again when the application says so in other words.

    A message in another language is the same message; who searches it for "already" fails where it is German.
    """
    tried = False
    for change in one_of_each_kind(samples_of(bench)):
        before = bench.truth()
        async with bench.open() as connection:
            state = await connection.read_state(state_query((change,)))
            shown = msgspec.structs.replace(state, held=(*state.held, grant_id(change)))
        (outcome,) = await bench.change(change)
        if outcome.outcome is not OutcomeKind.CHANGED:
            continue
        tried = True
        await _same_in_any_words(bench, change, state)
        await restore(bench, change, before)
        await _same_in_any_words(bench, opposite(change), shown)
    for change in bench.samples.accounts:
        async with bench.open() as connection:
            state = await state_before(connection, change)
        (outcome,) = await bench.change(change)
        if outcome.outcome is OutcomeKind.CHANGED:
            tried = True
            await _same_in_any_words(bench, change, state)
    if not tried:
        raise NotApplicable("none of the samples can be made")


async def _same_in_any_words(bench: Bench, change: Change, state: AccessState) -> None:
    held = bench.truth()
    ends: list[Outcome] = []
    for wire in (Wire(), Wire(everywhere(other_words))):
        async with bench.open(wire) as connection:
            ends.append(await make_raw(connection, change, state))
        unchanged(held, bench.truth(), f"{name_of(change)} (the hook), which is so already")
    if ends[0].outcome is not ends[1].outcome:
        raise Finding(
            f"with other words in the application's answers it ends as {outcome_text(ends[1])}, before as"
            f" {outcome_text(ends[0])}",
            f"{name_of(change)} (the hook), which is so already",
            "every text for people in an error is reworded",
        )


async def takes_no_lost_race_for_done(bench: Bench) -> None:
    """A precondition that failed, and a refused revocation, are never told as done.

    Somebody else was quicker, and nothing was written: "it is as you wanted" is true for neither of the two.
    """
    tried = False
    for change in one_of_each_kind(samples_of(bench)):
        before = bench.truth()
        (outcome,) = await bench.change(change)
        if outcome.outcome is not OutcomeKind.CHANGED:
            continue
        tried = await _raced(bench, opposite(change), (*_LOST_RACES, 400, 403, 404, 410, 422)) or tried
        if grant_id(change) in bench.truth().grants:
            await restore(bench, change, before)
    for change in (*samples_of(bench)[:2], *(each for each in all_samples(bench) if kind_of(each).hook != "grant")):
        tried = await _raced(bench, change, _LOST_RACES) or tried
    if not tried:
        raise await none_disturbed(bench, "no change makes a request")


async def _raced(bench: Bench, change: Change, statuses: tuple[int, ...]) -> bool:
    """Refuse one request of the hook after the other, with each status; whether there was any."""
    before = bench.truth()
    looking = Wire()
    async with bench.open(looking) as connection:
        state = await state_before(connection, change)
    if not looking.sent:
        return False
    any_struck = False
    for index in range(_MOST_REQUESTS):
        for status in statuses:
            wire = Wire(at(index, answer(status, FOREIGN), lasting=True))
            async with bench.open(wire) as connection:
                outcome = await make_raw(connection, change, state)
            if not wire.struck or bench.truth() != before:
                return any_struck
            any_struck = True
            if outcome.outcome in (*DONE, OutcomeKind.PENDING):
                raise Finding(
                    f"an answer {status} ends as {outcome_text(outcome)}, and nothing was made",
                    f"{name_of(change)} (the hook)",
                    f"{wire.struck[0]} is answered {status} {FOREIGN.decode()}",
                )
    return any_struck
