"""Whether what a change is given beside whom it is about reaches the application."""

from urllib.parse import unquote_plus

import msgspec

from jackfield.changes.kinds.operations import Operations
from jackfield_contracts import Argument, ArgumentType, Change, OutcomeKind
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import DONE, make_raw, name_of, outcome_text, state_before
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.wire import Wire


async def leaves_out_no_argument(bench: Bench) -> None:
    """A text that a deletion or an action is given is sent to the application, named in the outcome, or it is not made.

    Files that were to go to somebody, and went nowhere, are lost; and the change is told as done.
    """
    tried = False
    for change in (*bench.samples.deletions[:1], *bench.samples.actions):
        async with bench.open() as connection:
            texts = [each for each in Operations(connection).arguments(change) if _free(each, change)]
        for argument in texts:
            tried = True
            if await _sent(bench, change, argument) and change in bench.samples.deletions:
                break  # it is made, and can't be made again
    if not tried:
        raise NotApplicable("no deletion and no action of the samples takes a text that it is not given yet")


def _free(argument: Argument, change: Change) -> bool:
    given = getattr(change, "arguments", {})
    return argument.type is ArgumentType.STRING and not (argument.choices or argument.secret or argument.name in given)


async def _sent(bench: Bench, change: Change, argument: Argument) -> bool:
    """Give *change* a text more; whether it is made so."""
    text = f"testkit-{argument.name}@example.com".replace("_", "-")
    more = msgspec.structs.replace(change, arguments={**getattr(change, "arguments", {}), argument.name: text})
    async with bench.open() as connection:
        state = await state_before(connection, more)
    wire = Wire()
    async with bench.open(wire) as connection:
        outcome = await make_raw(connection, more, state)
    if outcome.outcome not in (*DONE, OutcomeKind.PENDING):
        return False
    said = [f"{unquote_plus(each.url)} {(each.body or b'').decode(errors='replace')}" for each in wire.sent]
    if not any(text in each.casefold() for each in (*said, outcome.reason or "")):
        raise Finding(
            f"it ends as {outcome_text(outcome)}, and {argument.name} stands in no request",
            f"{name_of(more)} (the hook)",
        )
    return outcome.outcome is not OutcomeKind.ALREADY
