"""Asking a person before something is made that can't simply be taken back.

Promises that what takes away, wipes or gives a privilege is never cut out of what is shown, and that no other process is
kept out of the connection while a person thinks.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence

import click

from jackfield.changes.consent import WARNING
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.limits import demand_kinds
from jackfield.changes.open import resume
from jackfield.changes.options import Changing
from jackfield.changes.origin import Origin
from jackfield.changes.plan import will_be_made
from jackfield.cli.changing import How
from jackfield.cli.outcomes import forecast_lines
from jackfield.cli.output import note
from jackfield.cli.text import clean, count
from jackfield.cli.typed import typed_line
from jackfield.errors import BadConfig, PlanOutdated
from jackfield_contracts import Plan, PlannedChange, ResourceId

_SHOWN = 50
"""How many of the changes that nobody is asked about are shown beside the others, which all are."""


class NeedsConfirmation(BadConfig):
    """Somebody has to say yes, and there is no terminal to ask on; ``problems`` are all changes that it is about."""

    def __init__(self, summary: str, problems: Sequence[str], *, connection: str, hint: str) -> None:
        super().__init__(summary, connection=connection, hint=hint)
        self.problems = tuple(problems)


async def confirmed(changing: Changing, plan: Plan, how: How, origin: Origin = Origin.HERE) -> bool:
    """Whether *plan* may be carried out: nothing in it is destructive or privileged, or a person says yes.

    A plan that was not made here is asked about whatever is in it. For what is destructive or privileged there, ``--yes`` is
    not enough: each such change is asked about, or ``--confirm`` says how many of each kind are meant. Raises
    NeedsConfirmation where somebody has to be asked and no terminal looks on, PlanOutdated where another number than that of
    ``--confirm`` would be made. The lock is let go while a person thinks.
    """
    operations = Operations(changing.connection)
    made = [each for each in plan.changes if will_be_made(each)]
    asked = [each for each in made if asks(operations, each, changing.consent)]
    ours = origin is Origin.HERE
    named = {each.id for each in asked}
    others = [each for each in made if each.id not in named]
    beside = [] if ours else others
    wanted, counts = _to_confirm(asked), _to_confirm([*asked, *beside])
    _check_counts(counts, how, plan.connection)
    _warn(made)
    if not made or (how.yes and (ours or not asked)) or (ours and not asked):
        return True
    if how.confirm and (wanted if how.yes else counts).keys() <= how.confirm.keys():
        return True
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise _needed(asked, beside, plan, how, origin)
    for each in (*asked, *others[:_SHOWN]):
        note("\n".join(forecast_lines(each)))
    if len(others) > _SHOWN:
        note(f"… and {_kinds_told(others[_SHOWN:])}")
    if changing.lock is not None:
        changing.lock.release()
    if not await _agreed(plan, made, [] if ours else asked):
        note("Nothing was done.")
        return False
    await resume(changing)
    return True


def _warn(made: Sequence[PlannedChange]) -> None:
    """Tell whose consent goes with a change also where nobody is asked, or nobody can be."""
    for each in made:
        if WARNING in each.warnings:
            note(f"WARNING: {clean(each.title)}: {WARNING}")


async def _agreed(plan: Plan, made: list[PlannedChange], one_by_one: list[PlannedChange]) -> bool:
    for number, each in enumerate(one_by_one, 1):
        if not await _yes(f"{number} of {len(one_by_one)}: {clean(each.title)}?"):
            return False
    counts = f": {clean(_kinds_told(made))}" if len(made) > 1 else ""
    return await _yes(f"Make {count(len(made), 'change')} in {plan.connection}{counts}?")


async def _yes(question: str) -> bool:
    click.echo(f"{question} [y/N] ", nl=False, err=True)
    return (await _line()).strip().casefold() in ("y", "yes")


def _needed(
    asked: list[PlannedChange], others: list[PlannedChange], plan: Plan, how: How, origin: Origin
) -> NeedsConfirmation:
    ours = origin is Origin.HERE
    hint = "Say --yes to do it without being asked, or --dry-run to see what would be done."
    if not ours and not asked:
        hint = "Look at it with --dry-run. If all of it is meant, say --yes."
    elif not ours:
        numbers = _to_confirm(asked) + _to_confirm(others)
        counts = " ".join(f"--confirm {_quoted(kind)}={numbers[kind]}" for kind in _to_confirm(asked))
        rest = "and --yes for the rest" if others else "--yes is not enough for such a plan"
        hint = f"Look at it with --dry-run. If all of it is meant, say {counts}{' ' if others else '; '}{rest}."
    asked = asked if how.yes else [*asked, *others]
    if len(asked) == 1:
        what, problems = f"to {clean(asked[0].title)}", ()
    else:
        what, problems = clean(_kinds_told(asked)), [f"would change: {clean(each.title)}" for each in asked]
    since = "" if ours else f" since {origin.value},"
    return NeedsConfirmation(
        f"{what}: this asks for confirmation,{since} and there is no terminal to ask on",
        problems,
        connection=plan.connection,
        hint=hint,
    )


def _quoted(kind: str) -> str:
    return f"'{kind}'" if " " in kind else kind


def _check_counts(wanted: Counter[str], how: How, connection: str) -> None:
    # An effect is named by its connector, in words: what is so written may be one that nothing here has.
    demand_kinds([kind for kind in how.confirm if " " not in kind], "--confirm", beside=wanted)
    for kind, number in how.confirm.items():
        if wanted[kind] != number:
            raise PlanOutdated(
                f"{count(wanted[kind], 'change')} of the kind {kind!r} would be made, not {number:,}; nothing was done",
                connection=connection,
                hint="Look at it with --dry-run.",
            )


def _to_confirm(asked: list[PlannedChange]) -> Counter[str]:
    """How many of each kind are to be confirmed: each change by its kind, a privileged one as such, and by its effects."""
    found: Counter[str] = Counter()
    for each in asked:
        found["privileged" if "privileged" in each.kinds else each.kinds[0]] += 1
        found.update(each.effects)
    return found


def _kinds_told(changes: Sequence[PlannedChange]) -> str:
    """How many there are of each kind, in words: those that take nothing away first, so that the others stand last."""
    found: Counter[str] = Counter()
    weight: dict[str, int] = {}
    for each in changes:
        kind = each.kinds[0]
        of = kind_of(each.change)
        verb = of.verb(each.change, kind)
        privileged = "privileged" in each.kinds
        verb = of.privileged_verb(verb) if privileged else verb
        told = f"to {verb}{': ' if each.effects else ''}{' and '.join(each.effects)}"
        found[told] += 1
        weight[told] = _WEIGHTS.get(kind, 0) + bool(each.effects) * 10 + privileged
    return ", ".join(f"{found[told]:,} {told}" for told in sorted(found, key=lambda told: weight[told]))


_WEIGHTS = {"action": 1, "revoke": 2, "disable": 3, "delete": 4}


def asks(operations: Operations, planned: PlannedChange, consent: ResourceId | None = None) -> bool:
    """Whether a person is asked before this change: it takes something away, gives a privilege, or demotes *consent*."""
    change = planned.change
    if "privileged" in planned.kinds or operations.takes_away(change):
        return True
    return kind_of(change).demotes(change, planned, consent)


async def _line() -> str:
    """What is typed, while Ctrl-C and a request to end still work."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return typed_line()
