"""``jackfield diff``: what changed between two snapshots."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, output_option
from jackfield.cli.view import View, arranged, view_options

if TYPE_CHECKING:
    from jackfield.snapshots.diff import Changed, Diff
    from jackfield.state import Run


@command("diff")
@connection_argument
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("--with", "other", metavar="OTHER", help="The connection that OLD is of, such as one that was imported.")
@view_options
@output_option("table", "json", "csv")
def diff(
    app: App, connection: str, old: str | None, new: str | None, other: str | None, view: View, output: str
) -> None:
    """What changed in CONNECTION from the run OLD to the run NEW.

    NEW is the latest published snapshot unless given, OLD the published one before it. Rows that were carried forward tell
    nothing new; rows of a part that the older snapshot could not see are "newly seen". With --with, the latest snapshot of
    another connection is taken for the older one, so that what two programs read can be compared: a type of which the other has
    nothing is told as newly seen, or not at all.
    """
    from jackfield.cli.output import Columns, print_rows, print_stream
    from jackfield.cli.snapshots import demand_whole
    from jackfield.snapshots.diff import Change, compare

    before, after = _across(app, connection, other, old, new) if other else _runs(app, connection, old, new)
    files = demand_whole(app, before), demand_whole(app, after)
    with compare(*files, across=other is not None) as found:
        if output == "json":
            print_stream(
                _head(found, before, after),
                {change.value: map(_document, _all(found, change)) for change in Change},
            )
            return
        if not _summary(app, found) and output == "table":
            return
        columns = Columns(("change", "kind", "what", "name", "details"), _cells)
        if output == "table":
            columns = Columns(("change", "kind", "name", "details", "what"), _people_cells, frozenset({"what"}))
        rows = (one for change in Change for one in _all(found, change))
        shown, rows = arranged(columns, view, rows, all_shown=output == "csv")
        print_rows(output, rows, shown, heading=view.heading, pager=view.pager)


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
    return runs[1], runs[0]


def _across(app: App, connection: str, other: str, old: str | None, new: str | None) -> tuple["Run", "Run"]:
    from jackfield.cli.snapshots import published_runs, run_named

    before = run_named(app, other, old) if old else published_runs(app, other, 1)[0]
    return before, run_named(app, connection, new) if new else published_runs(app, connection, 1)[0]


def _all(found: "Diff", change: Any) -> Iterator["Changed"]:
    from jackfield.snapshots.diff import Kind

    for kind in Kind:
        yield from found.rows(change, kind)


def _document(one: "Changed") -> dict[str, Any]:
    from jackfield.exports import change_object

    return change_object(one)


def _head(found: "Diff", before: "Run", after: "Run") -> dict[str, object]:
    def header_object(header: Any, run: "Run") -> dict[str, object]:
        return {
            "connection": run.connection,
            "run": run.run,
            "status": run.status.value,
            "taken": header.taken,
            "complete": header.complete,
        }

    counts = {change.value: dict(kinds) for change, kinds in found.counts().items()}
    return {
        "connection": after.connection,
        "old": header_object(found.old, before),
        "new": header_object(found.new, after),
        "counts": counts,
    }


def _summary(app: App, found: "Diff") -> bool:
    """Tell on stderr what is compared and how much changed; whether anything did."""
    from jackfield.cli.output import note
    from jackfield.cli.text import age, count, moment
    from jackfield.snapshots.diff import Change, Kind

    now = app.clock.now()
    for name, header in (("from", found.old), ("to", found.new)):
        mark = "" if header.complete else " — NOT COMPLETE, see `jackfield syncs`"
        note(
            f"{name:>4} {header.connection}, run {header.run}, taken {moment(header.taken)}, {age(header.taken, now)}{mark}"
        )
    nouns = {Kind.RESOURCES: "resource", Kind.ENTITLEMENTS: "entitlement", Kind.GRANTS: "grant"}
    words = {
        Change.ADDED: "added",
        Change.REMOVED: "removed",
        Change.CHANGED: "changed",
        Change.NEWLY_SEEN: "newly seen (the older snapshot could not see that part)",
    }
    changed = False
    for change, kinds in found.counts().items():
        parts = [count(number, nouns[kind]) for kind, number in kinds.items() if number]
        if parts:
            changed = True
            note(f"{', '.join(parts)} {words[change]}")
    if not changed:
        note("Nothing changed.")
    return changed


def _cells(one: "Changed") -> tuple[Any, ...]:
    from jackfield.snapshots.records import EntitlementRow, ResourceRow

    row = one.row
    details = _details(one)
    if isinstance(row, ResourceRow):
        return (one.change.value, "resource", str(row.resource.id), row.resource.display_name, details)
    if isinstance(row, EntitlementRow):
        return (one.change.value, "entitlement", str(row.entitlement.id), row.resource_name, details)
    name = f"{row.principal_name or row.grant.principal} — {row.resource_name or row.grant.entitlement}"
    text = f"{row.grant.entitlement}#{row.grant.principal}"
    return (one.change.value, "grant", text, name, details)


def _people_cells(one: "Changed") -> tuple[Any, ...]:
    """The same, what is held in words, and the id last."""
    from jackfield.snapshots.records import GrantRow

    change, kind, what, name, details = _cells(one)
    if isinstance(one.row, GrantRow):
        held = one.row.entitlement_name or one.row.grant.entitlement.slug
        details = "; ".join(filter(None, (held, details)))
    return change, kind, name, details, what


def _details(one: "Changed") -> str:
    """What a changed row had before and has now; of a removed one, if it was known from an older snapshot only."""
    if one.before is None:
        return f"last seen in run {one.row.carried.run}" if one.row.carried else ""
    made = _document(one)
    before = made["before"]
    return "; ".join(f"{key}: {_text(before[key])} → {_text(made.get(key))}" for key in before)


def _text(value: Any) -> str:
    import msgspec

    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


COMMANDS = {"diff": diff}
