"""``jackfield export``: a snapshot as a file for other programs."""

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, run_option


@command("export")
@connection_argument
@click.option(
    "--format", "format_", type=click.Choice(["jsonl", "csv"]), required=True, help="jsonl: all rows; csv: the grants."
)
@click.option("-o", "--to", required=True, metavar="PATH", help="The file to write, - for standard output.")
@run_option
def export(app: App, connection: str, format_: str, to: str, run: str | None) -> None:
    """Write the snapshot of CONNECTION to PATH.

    jsonl holds everything, one JSON object a line, the snapshot itself first. csv is the flat table of the grants. A file
    appears whole or not at all, readable by you only.
    """
    from jackfield.cli.output import note
    from jackfield.cli.snapshots import caveats, look
    from jackfield.cli.targets import demand_target
    from jackfield.cli.text import count
    from jackfield.exports import open_target, write_grants_csv, write_jsonl

    demand_target(app, to)
    with look(app, connection, run) as snapshot:
        with open_target(to) as stream:
            lines = (write_jsonl if format_ == "jsonl" else write_grants_csv)(snapshot, stream)
        caveats(app, snapshot)
        if to != "-":
            note(f"{count(lines, 'line')} written to {to}")


COMMANDS = {"export": export}
