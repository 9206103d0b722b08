"""``jackfield export``: a snapshot, or the journal, as a file for other programs."""

from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, output_option, run_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any, BinaryIO

    from jackfield.cli.snapshots import Looked
    from jackfield.exports.firstseen import FirstSeen, Older
    from jackfield.exports.opened import OpenExport
    from jackfield.exports.run import Written
    from jackfield.hookspecs import ExporterType, SignInTimes
    from jackfield.host.discovery import Found
    from jackfield.state import Run
    from jackfield_contracts import JournalEntry


@command("export")
@click.argument("connection", required=False)
@click.option("--format", "format_", metavar="FORMAT", help="csv, jsonl, xlsx, parquet, opengraph, ocsf, or another.")
@click.option("-o", "--to", metavar="PATH", help="The file to write, - for standard output.")
@run_option
@click.option(
    "--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of the format; may be repeated."
)
@click.option("--force", is_flag=True, help="Also over an export that was changed since it was written.")
@click.option("--list", "list_", is_flag=True, help="List the formats that are installed, with their options.")
@output_option("table", "json", "csv")
def export(
    app: App,
    connection: str | None,
    format_: str | None,
    to: str | None,
    run: str | None,
    options: tuple[str, ...],
    force: bool,
    list_: bool,
    output: str,
) -> None:
    """Write the snapshot of CONNECTION to PATH.

    csv is the access table for reviewers, with a file beside it that says what it is of. `jackfield plan` takes it back with
    revoke or keep in its column decision; one that was changed is not written over without --force. xlsx and parquet are that
    table for spreadsheets and databases. jsonl holds everything, one JSON object a line. opengraph is a graph of nodes and
    edges. ocsf is the journal of changes as security events. A file appears whole or not at all, readable by you only.
    CONNECTION, --format and --to are left out only with --list.
    """
    from jackfield.cli.output import note
    from jackfield.cli.targets import demand_target
    from jackfield.cli.text import clean, count
    from jackfield.errors import BadConfig
    from jackfield.exports.edited import changed_since_export
    from jackfield.exports.run import demand_usable, options_of
    from jackfield.hookspecs import Exports

    if list_:
        _list(app, output)
        return
    if connection is None or format_ is None or to is None:
        missing = "CONNECTION" if connection is None else "--format" if format_ is None else "--to"
        raise click.UsageError(f"{missing} is missing. `jackfield export --list` lists the formats.")
    found = app.exporters(format_).get(format_, path="--format")
    given = options_of(found.type, options)
    demand_usable(found, to)
    demand_target(app, to)
    if to != "-" and not force and changed_since_export(to):
        raise BadConfig(
            f"{to} was changed since it was exported, as the file beside it shows: decisions may stand in it",
            path="--to",
            hint="Name another file; --force writes over it. Nothing was written.",
        )
    if found.type.writes is Exports.JOURNAL:
        if run is not None:
            raise click.UsageError(f"The format {format_} writes the journal, which no --run belongs to.")
        written = _write_journal(app, connection, found, to, given)
    else:
        written = _write_snapshot(app, connection, found, to, run, given)
    for warning in written.warnings:
        note(f"{format_}: {clean(warning)}")
    if to != "-":
        beside = f", and beside it {', '.join(written.others)}" if written.others else ""
        note(f"{count(written.rows, found.type.rows)} written to {to}{beside}")
    if written.gone:
        note(f"Taken away, since an earlier export had left them: {', '.join(written.gone)}")


def _write_snapshot(
    app: App, connection: str, found: "Found[ExporterType]", to: str, run: str | None, options: dict[str, str]
) -> "Written":
    from jackfield import activity
    from jackfield.cli.output import note
    from jackfield.cli.snapshots import caveats, look
    from jackfield.exports.firstseen import FirstSeen

    with look(app, connection, run) as snapshot:
        sign_ins = activity.read_sign_ins(app.home, connection)
        first_seen = FirstSeen(snapshot.db, snapshot.header.taken, _older(app, snapshot))
        try:

            def opened(beside: "Callable[[str], BinaryIO | None]") -> "OpenExport":
                return _opened(
                    app,
                    connection,
                    beside,
                    options,
                    snapshot=snapshot,
                    sign_ins=sign_ins,
                    first_seen=first_seen,
                )

            written = _write(app, found, opened, to)
        finally:
            first_seen.close()
        caveats(app, snapshot)
        if sign_ins is not None:
            from jackfield.cli.people_filters import window_of

            note(f"Last sign-ins: {window_of(sign_ins, 'of what was later, some may be told')}.")
        if first_seen.passed_over:
            note(f"First seen: passed over, since they can't be read: {', '.join(first_seen.passed_over)}")
        return written


def _write_journal(
    app: App, connection: str, found: "Found[ExporterType]", to: str, options: dict[str, str]
) -> "Written":
    app.settings.connection(connection)

    def opened(beside: "Callable[[str], BinaryIO | None]") -> "OpenExport":
        return _opened(app, connection, beside, options)

    return _write(app, found, opened, to)


def _opened(
    app: App,
    connection: str,
    beside: "Callable[[str], BinaryIO | None]",
    options: dict[str, str],
    *,
    snapshot: "Looked | None" = None,
    sign_ins: "SignInTimes | None" = None,
    first_seen: "FirstSeen | None" = None,
) -> "OpenExport":
    from importlib.metadata import version

    from jackfield.exports.opened import OpenExport

    def journal() -> "Iterator[JournalEntry]":
        if app.has_state:
            with app.state() as state:
                yield from state.changes(connection, limit=None)[::-1]

    return OpenExport(
        connection,
        snapshot,
        clock=app.clock,
        host_version=version("jackfield"),
        file_sha256=snapshot.run.sha256 if snapshot is not None else None,
        options=options,
        journal=journal,
        beside=beside,
        sign_ins=sign_ins,
        first_seen=first_seen,
    )


def _write(
    app: App,
    found: "Found[ExporterType]",
    opened: "Callable[[Callable[[str], BinaryIO | None]], OpenExport]",
    to: str,
) -> "Written":
    from jackfield.cli.snapshots import damage
    from jackfield.cli.targets import demand_target
    from jackfield.exports.run import write_export

    def demand(place: "Path") -> None:
        demand_target(app, place)

    return write_export(found, opened, to, demand=demand, damage=lambda error: damage(app, error))


def _older(app: App, snapshot: "Looked") -> "list[Older]":
    """The published snapshots of the same account that are kept and older, the earliest first."""
    from jackfield.exports.firstseen import MOST, Older

    own = snapshot.run
    if own.taken is None:
        return []
    with app.state() as state:
        known = state.published(own.connection, MOST * 2)
    if own.imported:
        known = sorted((each for each in known if each.taken), key=lambda each: str(each.taken), reverse=True)
    kept = [
        Older(run=each.run, file=file, sha256=each.sha256)
        for each in reversed(known)
        if each.run != own.run and _before(each, own) and each.tenant == own.tenant
        if (file := app.home.snapshot(own.connection, each.run)).is_file()
    ]
    return kept[-MOST:]


def _before(one: "Run", other: "Run") -> bool:
    if other.imported:
        return str(one.taken) < str(other.taken)
    return one.started < other.started


def _list(app: App, output: str) -> None:
    from jackfield.cli.output import Columns, print_json, print_rows
    from jackfield.exports.run import missing_packages

    discovery = app.exporters()
    usable = [
        {
            "format": found.name,
            "writes": found.type.writes.value,
            "what": found.type.display_name,
            "suffix": found.type.suffix,
            "needs": [*found.type.needs.values()],
            "missing": missing_packages(found.type),
            "options": {each.name: each.description for each in found.type.options},
            "distribution": found.distribution,
            "version": found.version,
        }
        for found in sorted(discovery.found.values(), key=lambda found: found.name)
    ]
    failures = [
        {"format": one.name, "distribution": one.distribution, "version": one.version, "reason": one.reason}
        for one in discovery.failures
    ]
    if output == "json":
        print_json({"formats": usable, "failures": failures})
        return
    options = {
        found.name: "; ".join(f"{each.name}: {each.description}" for each in found.type.options)
        for found in discovery.found.values()
    }

    lacking = {
        found.name: f"install {', '.join(missing)}"
        for found in discovery.found.values()
        if (missing := missing_packages(found.type))
    }

    def cells(one: "dict[str, Any]") -> "tuple[Any, ...]":
        state = f"can't be used: {one['reason']}" if "reason" in one else lacking.get(one["format"], "ready")
        name = one["format"]
        return (name, one.get("writes"), one.get("what"), options.get(name), one["distribution"], one["version"], state)

    names = ("format", "writes", "what", "options", "distribution", "version", "state")
    print_rows(output, [*usable, *failures], Columns(names, cells))


COMMANDS = {"export": export}
