"""``jackfield changes``: the journal of changes, and what is undecided in it."""

import sys
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, limit_option, output_option
from jackfield.cli.change_options import Flags, change_options
from jackfield.cli.times import point_option

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from jackfield.state import State
    from jackfield.state.journal import JournalFilter
    from jackfield_contracts import JournalEntry


OUTCOMES = ("changed", "already", "pending", "refused", "failed", "unverified")

since_option = point_option("--since", "Only those from this time on: 2026-11-24, 2h, 3d.")
until_option = point_option("--until", "Only those until this time, or the end of this day.", end_of_day=True)

MOST_SHOWN = 1000
"""Changes that people are shown, where nothing else is said."""


@click.group("changes")
def changes() -> None:
    """The journal: what was changed, by whom and why, and what is undecided."""


@command("list")
@click.option("--undecided", is_flag=True, help="Only changes whose outcome is not known yet.")
@since_option
@until_option
@click.option("--connection", metavar="CONNECTION", help="Only those of this connection.")
@click.option("--principal", metavar="PERSON", help="Only those about this account: an id, login, e-mail or name.")
@click.option("--actor", metavar="NAME", help="Only those that this person asked for.")
@click.option("--outcome", metavar="OUTCOME", help=f"Only those with this outcome: {', '.join(OUTCOMES)}.")
@click.option(
    "--kind", metavar="KIND", help="Only those of a kind: grant, revoke, create, delete, disable, privileged, …"
)
@click.option("--no-already", is_flag=True, help="Leave out those that found it so already, where nothing was done.")
@limit_option
@output_option("table", "json", "csv")
def list_(
    app: App,
    undecided: bool,
    since: "datetime | None",
    until: "datetime | None",
    connection: str | None,
    principal: str | None,
    actor: str | None,
    outcome: str | None,
    kind: str | None,
    no_already: bool,
    limit: int | None,
    output: str,
) -> None:
    """List the changes in the journal, the newest first: 1,000 for people, all in CSV and JSON, unless --limit says else.

    On a terminal they are a table, elsewhere a block of lines each. The outcome already means that nothing was done.
    """
    from jackfield.cli.journal_filters import filter_of
    from jackfield.cli.outcomes import JOURNAL, entry_document, entry_lines, journal_cells, journal_table
    from jackfield.cli.output import Columns, cut, note, print_listing, print_rows, say

    with _journal(app) as state:
        wanted = filter_of(
            app,
            state,
            connection=connection,
            undecided=undecided,
            since=since,
            until=until,
            principal=principal,
            actor=actor,
            outcome=outcome,
            kind=kind,
        )
        total = state.count_changes(wanted) if state else 0
        most = (limit or MOST_SHOWN) if output == "table" else None
        found = state.each_change(wanted, limit=None if no_already else most) if state else iter(())
        if no_already:
            found = islice((each for each in found if not _was_so(each)), most)
            total -= _so_already(state, wanted) if state else 0
        if output != "table":
            columns = Columns(JOURNAL, journal_cells)
            print_listing(output, found, table=columns, document=entry_document, head={}, key="changes", limit=limit)
            return
        if total and sys.stdout.isatty():
            print_rows(output, found, journal_table(connection=connection is None))
        else:
            for entry in found:
                say("\n".join(entry_lines(entry)))
    if not total:
        note("The journal has no such change.")
    if (message := cut(total, most)) is not None:
        note(message)


def _was_so(entry: "JournalEntry") -> bool:
    from jackfield.state.journal import outcome_of

    known = outcome_of(entry)
    return known is not None and known.outcome.value == "already"


def _so_already(state: "State", wanted: "JournalFilter") -> int:
    """How many of those that fit were so already."""
    from msgspec.structs import replace

    from jackfield_contracts import OutcomeKind

    if wanted.outcome not in (None, OutcomeKind.ALREADY):
        return 0
    return state.count_changes(replace(wanted, outcome=OutcomeKind.ALREADY))


@contextmanager
def _journal(app: App) -> "Generator[State | None]":
    """The journal; None where nothing was ever done, and none is made."""
    if not app.has_state:
        yield None
        return
    with app.state() as state:
        yield state


@command("show")
@click.argument("change")
@output_option("table", "json")
def show(app: App, change: str, output: str) -> None:
    """Show one change by its id: what was asked, by whom and why, the state before and after, and the outcome."""
    from jackfield.cli.outcomes import entry_document, tell_entry
    from jackfield.cli.output import print_json
    from jackfield.errors import NotFound

    entry = None
    if app.has_state:
        with app.state() as state:
            entry = state.change(change)
    if entry is None:
        raise NotFound(f"the journal has no change {change!r}", hint="`jackfield changes list` lists them.")
    if output == "json":
        print_json(entry_document(entry))
    else:
        tell_entry(entry)


@command("recover")
@click.argument("connection", required=False)
@change_options("table", "json", "csv")
def recover(app: App, connection: str | None, flags: Flags) -> int:
    """Settle the changes of CONNECTION, or of all, that an interruption left undecided, and jobs that went on.

    The state of the application is read first: what it shows made is not made again. Each command that changes something
    does this too, before anything else, without waiting for jobs. With --dry-run, they are listed only.
    """
    from jackfield.cli import exits
    from jackfield.cli.guard import show_error
    from jackfield.cli.making import recovered, reporting
    from jackfield.cli.outcomes import change_document, counted, print_changes, sentence, summary
    from jackfield.cli.output import say
    from jackfield.state.journal import outcome_of

    if connection is not None:
        app.settings.connection(connection)
    settled, errors = recovered(app, connection, flags)
    outcomes = counted(map(outcome_of, settled))
    with reporting(connection):
        print_changes(
            flags.output,
            {"connection": connection, "outcomes": outcomes} | ({"dry_run": True} if flags.dry_run else {}),
            map(change_document, settled),
            map(sentence, settled),
        )
        if flags.output == "table":
            say(summary(connection or "all connections", outcomes) if settled else "No change is undecided.")
    for error in errors:
        show_error(app, error)
    if errors:
        return errors[-1].exit_code
    return exits.OK if flags.dry_run else exits.of_outcomes(map(outcome_of, settled))


for each in (list_, show, recover):
    changes.add_command(each)

COMMANDS = {"changes": changes}
