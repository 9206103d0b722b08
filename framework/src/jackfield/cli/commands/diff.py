"""``jackfield diff``: what changed between two snapshots."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, output_option
from jackfield.cli.view import View, arranged, view_options

if TYPE_CHECKING:
    from jackfield.cli.differences import Differences
    from jackfield.snapshots.diff import Diff
    from jackfield.snapshots.records import Header
    from jackfield.state import Run

KINDS = ("person", "resource", "entitlement", "grant")


@command("diff")
@connection_argument
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(KINDS),
    help="Only differences of this kind; may be repeated. People are resources too, a grant is access that somebody has.",
)
@click.option(
    "--type", "type_", metavar="TYPE", help="Only of resources of this type, such as group; of grants, on them."
)
@click.option("--person", metavar="PERSON", help="Only of this person: an id, e-mail, login or name.")
@click.option("--all", "every", is_flag=True, help="Also the grants of those who left, and counts such as of members.")
@click.option("--with", "other", metavar="OTHER", help="The connection that OLD is of, such as one that was imported.")
@view_options
@output_option("table", "json", "csv")
def diff(
    app: App,
    connection: str,
    old: str | None,
    new: str | None,
    kinds: tuple[str, ...],
    type_: str | None,
    person: str | None,
    every: bool,
    other: str | None,
    view: View,
    output: str,
) -> None:
    """What changed in CONNECTION from the run OLD to the run NEW: who came and who left, then what access came and went.

    NEW is the latest published snapshot unless given, OLD the published one before it; of two imported ones, OLD is the one
    whose file says that it is older. A date means the last snapshot of that
    day: `2026-11-23 2026-11-24` is what changed on the 24th. Rows that were carried forward tell nothing new; rows of a part
    that the older snapshot could not see are "newly seen". CSV and JSON always have all differences.

    With --with, the latest snapshot of another connection is taken for the older one, so that what two programs read can be
    compared: a type of which the other has nothing is told as newly seen, or not at all.
    """
    from jackfield.cli.differences import CSV, IDS, TABLE, document
    from jackfield.cli.output import Columns, document_of, note, print_rows, print_stream
    from jackfield.snapshots.diff import Change

    before, after = _across(app, connection, other, old, new) if other else _runs(app, connection, old, new)
    with _compared(app, before, after, kinds, type_, person, across=other is not None) as (found, shown):
        table, csv = Columns(TABLE, shown.cells, IDS), Columns(CSV, shown.csv)
        if output == "json":

            def listed(change: Change) -> "Iterator[object]":
                columns, rows = arranged(csv, view, shown.rows(change), all_shown=True, others=table)
                return map(document if view.columns is None else document_of(columns), rows)

            print_stream(_head(app, found, before, after, shown), {change.value: listed(change) for change in Change})
            return
        if not _summary(app, found, shown, before, after) and output == "table":
            return
        rows = shown.for_people(every=every) if output == "table" else shown.everything()
        columns, others = (table, csv) if output == "table" else (csv, table)
        columns, rows = arranged(columns, view, rows, all_shown=output == "csv", others=others)
        print_rows(output, rows, columns, heading=view.heading, pager=view.pager)
        if (left_out := shown.not_shown()) is not None:
            note(left_out)


@contextmanager
def _compared(
    app: App,
    before: "Run",
    after: "Run",
    kinds: tuple[str, ...],
    type_: str | None,
    person: str | None,
    *,
    across: bool,
) -> "Generator[tuple[Diff, Differences]]":
    from jackfield.cli.differences import Differences, Filter
    from jackfield.cli.snapshots import demand_whole
    from jackfield.errors import NotFound
    from jackfield.snapshots.diff import compare
    from jackfield.snapshots.naming import no_such
    from jackfield.snapshots.reader import read_snapshot

    files = demand_whole(app, before), demand_whole(app, after)
    who, types = None, set[str]()
    if type_ is not None or person is not None:
        for file in reversed(files):
            with read_snapshot(file) as snapshot:
                types.update(snapshot.listed_types())
                if person is not None and who is None:
                    try:
                        who = snapshot.find(person, users=True)
                    except NotFound as error:
                        if file is files[0]:
                            raise NotFound(
                                f"neither snapshot has a person {person!r}, by id, e-mail, login or name",
                                hint=error.hint,
                            ) from None
        if type_ is not None and type_ not in types:
            raise no_such("type", type_, sorted(types))
    with compare(*files, across=across) as found:
        yield found, Differences(found, Filter(kinds=kinds, type=type_, person=who))


def _runs(app: App, connection: str, old: str | None, new: str | None) -> tuple["Run", "Run"]:
    from jackfield.cli.snapshots import published_runs, run_named
    from jackfield.errors import NotFound

    if old and new:
        return run_named(app, connection, old), run_named(app, connection, new)
    runs = published_runs(app, connection, 2)
    if old:
        return run_named(app, connection, old), runs[0]
    if len(runs) < 2:
        raise NotFound(
            f"the connection {connection!r} has one published snapshot only, and a difference takes two",
            hint=f"Sync again with `jackfield sync {connection}`.",
        )
    if all(run.imported and run.taken for run in runs) and str(runs[1].taken) > str(runs[0].taken):
        return runs[0], runs[1]  # the file of before was imported after that of later
    return runs[1], runs[0]


def _across(app: App, connection: str, other: str, old: str | None, new: str | None) -> tuple["Run", "Run"]:
    from jackfield.cli.snapshots import published_runs, run_named

    before = run_named(app, other, old) if old else published_runs(app, other, 1)[0]
    return before, run_named(app, connection, new) if new else published_runs(app, connection, 1)[0]


def _head(app: App, found: "Diff", before: "Run", after: "Run", shown: "Differences") -> dict[str, object]:
    from jackfield.cli.snapshots import changes_since

    def header_object(header: "Header", run: "Run") -> dict[str, object]:
        return {
            "connection": run.connection,
            "run": run.run,
            "status": run.status.value,
            "taken": header.taken or None,
            "complete": header.complete,
        }

    return {
        "connection": after.connection,
        "old": header_object(found.old, before),
        "new": header_object(found.new, after),
        "changes_since": changes_since(app, after),
        "counts": shown.counts(),
    }


def _summary(app: App, found: "Diff", shown: "Differences", before: "Run", after: "Run") -> bool:
    """Tell on stderr what is compared and how much changed; whether anything did."""
    from jackfield.cli.output import note
    from jackfield.cli.snapshots import changes_since, since_in_words
    from jackfield.cli.text import taken_when

    now = app.clock.now()
    for name, header in (("from", found.old), ("to", found.new)):
        mark = "" if header.complete else " — NOT COMPLETE, see `jackfield syncs`"
        note(f"{name:>4} {header.connection}, run {header.run}, {taken_when(header.taken, now)}{mark}")
    if (text := since_in_words(app, after, changes_since(app, after))) is not None:
        note(text)
    if before.run == after.run:
        note(
            "Both are the same run, so that nothing was compared. A date means the last snapshot of that day;"
            f" `jackfield syncs {after.connection}` lists all."
        )
        return False
    lines = shown.summary()
    for line in lines:
        note(line)
    if not lines:
        note("Nothing changed." if shown.everything_wanted else "Nothing of what was asked for changed.")
    return bool(lines)


COMMANDS = {"diff": diff}
