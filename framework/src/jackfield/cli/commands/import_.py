"""``jackfield import``: a file of another program becomes a snapshot that can be looked at and compared."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, output_option

if TYPE_CHECKING:
    from jackfield.hookspecs import ImporterType
    from jackfield.host.discovery import Discovery, Found
    from jackfield.state import Run

_HEAD = 512


@command("import")
@click.argument("file", required=False)
@click.option(
    "--connection", metavar="NAME", help="The name under which the snapshot is kept; not one of the configuration."
)
@click.option(
    "--format", "format_", metavar="FORMAT", help="The format of the file, unless it shows by its first bytes."
)
@click.option(
    "--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of the format; may be repeated."
)
@click.option("--list", "list_", is_flag=True, help="List the formats that are installed, with their options.")
@output_option("table", "json", "csv")
def import_(
    app: App,
    file: str | None,
    connection: str | None,
    format_: str | None,
    options: tuple[str, ...],
    list_: bool,
    output: str,
) -> int:
    """Make a snapshot of FILE, which another program has written, under the name of a connection.

    The snapshot is marked as imported, and says no more than the file does: no application is asked, so that no part of it is
    more than unreconciled. Whatever looks at snapshots can look at it; `jackfield diff NAME --with OTHER` compares two
    connections, such as what two programs read. The name must not be that of a connection which reads an application: such
    ones are never built upon, or judged by, what was imported.
    """
    from jackfield.cli import exits
    from jackfield.cli.output import print_json
    from jackfield.cli.results import sync_document, tell_sync

    if list_:
        _list(app, output)
        return exits.OK
    if output == "csv":
        raise click.UsageError("--output csv is for --list only.")
    if file is None or connection is None:
        raise click.UsageError(f"{'FILE' if file is None else '--connection'} is missing.")
    run = _import(app, Path(file), connection, format_, options)
    if output == "json":
        print_json({**sync_document(run, app.home), "imported": True})
    else:
        tell_sync(app, run)
    return exits.OK if run.complete else exits.INCOMPLETE


def _import(app: App, file: Path, connection: str, format_: str | None, options: tuple[str, ...]) -> "Run":
    from jackfield.cli.foreign import foreign_output
    from jackfield.config.overlay import CONNECTION_NAME
    from jackfield.errors import BadConfig
    from jackfield.exports.run import demand_packages, options_of
    from jackfield.sync.imports import Importing, run_import

    if not CONNECTION_NAME.fullmatch(connection):
        raise BadConfig(
            f"{connection!r} can't name a connection: small letters, digits, - and _ only", path="--connection"
        )
    found = _importer(app, file, format_)
    demand_packages(found.type)
    policies = app.policies()
    with app.state() as state, foreign_output():
        importing = Importing(
            file=file,
            connection=connection,
            importer=found,
            options=options_of(found.type, options),
            configured=connection in app.settings.connections,
            home=app.home,
            state=state,
            clock=app.clock,
            log=app.log,
            policies=policies,
        )
        return app.run(run_import(importing))


def _importer(app: App, file: Path, format_: str | None) -> "Found[ImporterType]":
    """The importer that was asked for, or the one that knows the file."""
    from jackfield.errors import BadConfig
    from jackfield.files.foreign import open_foreign

    if format_ is not None:
        return app.importers(format_).get(format_, path="--format")
    with open_foreign(file, what="the file to import", path=str(file)) as content:
        head = content.read(_HEAD)
    discovery = app.importers()
    for found in sorted(discovery.found.values(), key=lambda found: found.name):
        if _recognises(found, head):
            return found
    raise BadConfig(
        "its format is not known by its first bytes",
        path=str(file),
        hint=f"Name one with --format; installed: {', '.join(sorted(discovery.found)) or 'none'}.",
    )


def _recognises(found: "Found[ImporterType]", head: bytes) -> bool:
    from jackfield.errors import PluginBug

    try:
        return bool(found.type.recognises(head))
    except Exception as error:
        raise PluginBug(
            f"the importer {found.name!r} ({found.distribution} {found.version}) failed: {type(error).__name__}: {error}",
            hint="Name a format with --format; report it to whoever wrote the importer.",
        ) from error


def _list(app: App, output: str) -> None:
    from jackfield.cli.output import Columns, print_json, print_rows
    from jackfield.exports.run import missing_packages

    discovery: Discovery[ImporterType] = app.importers()
    usable = [
        {
            "format": found.name,
            "what": found.type.display_name,
            "suffix": found.type.suffix,
            "options": {each.name: each.description for each in found.type.options},
            "missing": missing_packages(found.type),
            "distribution": found.distribution,
            "version": found.version,
            "reason": None,
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
    names = ("format", "what", "suffix", "distribution", "version", "reason")
    print_rows(output, [*usable, *failures], Columns(names, lambda one: tuple(one.get(name) for name in names)))


COMMANDS = {"import": import_}
