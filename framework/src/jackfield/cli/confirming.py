"""Asking a person before something is made that can't simply be taken back."""

import asyncio
import sys

import click

from jackfield.changes.options import Changing
from jackfield.changes.plan import will_be_made
from jackfield.cli.changing import How
from jackfield.cli.outcomes import forecast_lines
from jackfield.cli.output import note
from jackfield.cli.text import clean, count
from jackfield.cli.typed import typed_line
from jackfield.errors import BadConfig
from jackfield_contracts import DeleteAccount, Plan, PlannedChange, RevokeAccess, RunAction

_SHOWN = 50


async def confirmed(changing: Changing, plan: Plan, how: How) -> bool:
    """Whether *plan* may be carried out: nothing in it is destructive or privileged, or a person says yes.

    Raises BadConfig where somebody has to be asked and no terminal looks on.
    """
    asked = [each for each in plan.changes if will_be_made(each) and asks(changing, each)]
    if not asked or how.yes:
        return True
    what = clean(asked[0].title) + (f", and {len(asked) - 1:,} more like it" if len(asked) > 1 else "")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadConfig(
            f"to {what}: this asks for confirmation, and there is no terminal to ask on",
            connection=plan.connection,
            hint="Say --yes to do it without being asked, or --dry-run to see what would be done.",
        )
    made = [each for each in plan.changes if will_be_made(each)]
    for each in made[:_SHOWN]:
        note("\n".join(forecast_lines(each)))
    if len(made) > _SHOWN:
        note(f"… and {len(made) - _SHOWN:,} more")
    click.echo(f"Make {count(len(made), 'change')} in {plan.connection}? [y/N] ", nl=False, err=True)
    if (await _line()).strip().casefold() in ("y", "yes"):
        return True
    note("Nothing was done.")
    return False


def asks(changing: Changing, planned: PlannedChange) -> bool:
    """Whether a person is asked before this change: it takes something away, or gives a privilege."""
    change = planned.change
    if isinstance(change, RevokeAccess | DeleteAccount) or "privileged" in planned.kinds:
        return True
    if not isinstance(change, RunAction):
        return False
    destructive = any(each.destructive for each in changing.connection.actions() if each.name == change.name)
    return destructive or "disable" in planned.kinds


async def _line() -> str:
    """What is typed, while Ctrl-C and a request to end still work."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return typed_line()
