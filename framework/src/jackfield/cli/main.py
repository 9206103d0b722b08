"""The entry point ``jackfield``: the group of commands, and the exit code of whatever happens."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

import click

from jackfield.cli import exits
from jackfield.cli.app import LOG_LEVELS, OUTPUTS, App
from jackfield.cli.foreign import end_output
from jackfield.cli.guard import guarded
from jackfield.cli.lazy import LazyGroup
from jackfield.cli.plugin_commands import PluginCommands

_AT = "jackfield.cli.commands."
_COMMANDS = {
    "connectors": (_AT + "connectors", "The connectors that are installed, and what they can do."),
    "init": (_AT + "init", "Write a new connection into the configuration."),
    "new": (_AT + "new", "Write the package of a new connector."),
    "connections": (_AT + "connections", "All configured connections, and how each stands."),
    "authorize": (_AT + "authorize", "Ask an administrator for consent, and keep the refresh token."),
    "check": (_AT + "check", "Sign in, and say whose account it is and what the credentials allow."),
    "sync": (_AT + "sync", "Read the whole application into a new snapshot."),
    "stats": (_AT + "stats", "What a snapshot holds, in figures."),
    "resources": (_AT + "rows", "List users, groups, roles, licences and apps."),
    "entitlements": (_AT + "rows", "List what resources offer."),
    "grants": (_AT + "rows", "List who holds what."),
    "access": (_AT + "access", "What one user has access to, inherited access with its path."),
    "who": (_AT + "access", "Who has access to a resource, inherited access with its path."),
    "findings": (_AT + "findings", "What an access review looks for: dormant people, groups without owner, and more."),
    "diff": (_AT + "diff", "What changed between two snapshots."),
    "syncs": (_AT + "stats", "The syncs of a connection, the newest first."),
    "events": (_AT + "events", "Who signed in when, by the application's own log."),
    "verify": (_AT + "verify", "Compare the snapshot files with what was recorded of them."),
    "backup": (_AT + "backup", "Write the whole state to one file."),
    "restore": (_AT + "backup", "Make the state what a backup holds."),
    "export": (_AT + "export", "Write a snapshot as CSV, XLSX, Parquet or JSON, or the journal."),
    "import": (_AT + "import_", "Make a snapshot of a file that another program has written."),
    "grant": (_AT + "grant", "Let somebody hold an entitlement."),
    "revoke": (_AT + "grant", "Let somebody hold an entitlement no more."),
    "account": (_AT + "account", "Create, delete, enable or disable an account."),
    "action": (_AT + "action", "The other operations that a connector offers."),
    "plan": (_AT + "plan", "Work out many changes and show them, before any is made."),
    "apply": (_AT + "plan", "Make the changes of a plan."),
    "changes": (_AT + "changes", "The journal: what was changed, by whom and why, and what is undecided."),
    "completion": (_AT + "completion", "Print the script by which bash, zsh or fish completes what is typed."),
}

_EPILOG = (
    "A connection is a section [connections.NAME] of jackfield.toml. Exit codes: 0 done, 2 wrong configuration or \
usage, 3 sign-in needed, 4 permission missing, 5 not found or refused, 6 answers not understood, 7 not supported or \
not enabled, 8 published but not complete, 9 held, 10 pending, 11 unverified, 12 failed, 13 busy, 14 the plan no longer \
fits, 15 found by findings --fail-on, 70 a fault in a plugin or in Jackfield, 75 try again later, 130 interrupted or \
declined, 141 the output was closed, 143 ended by a signal."
)


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"jackfield {version('jackfield')}")
        ctx.exit()


@click.command(
    cls=LazyGroup,
    table=_COMMANDS,
    plugins=PluginCommands(),
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Configuration file.")
@click.option(
    "--home", type=click.Path(path_type=Path), metavar="FOLDER", help="Folder of the state and the snapshots."
)
@click.option(
    "--database",
    metavar="URL",
    help="PostgreSQL database that has the state, shared by several hosts: postgresql://…, or file:PATH with that in it.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep requests and answers in a new file, every value of a person replaced.",
)
@click.option(
    "--log-level", type=click.Choice(LOG_LEVELS), help="What is logged to stderr; $JACKFIELD_LOG_LEVEL, else warning."
)
@click.option(
    "--output", type=click.Choice(OUTPUTS), help="How results are printed, unless the command says otherwise."
)
@click.option(
    "--plugin",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Run the connectors and policies of a Python file as if installed; may be repeated.",
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version and exit."
)
@click.pass_obj
def cli(
    app: App,
    config: Path | None,
    home: Path | None,
    database: str | None,
    log_level: str | None,
    output: str | None,
    plugin: tuple[Path, ...],
    record: Path | None,
) -> None:
    """Jackfield: who has access to what in the applications a company uses, and changes of it that tell the truth."""
    app.set_options(
        config=config, home=home, database=database, log_level=log_level, output=output, plugin=plugin, record=record
    )


def _closed_streams() -> int | None:
    """Where standard input or error is closed, take an empty one; where output is, tell so and give the exit code."""
    # Their numbers would be given to the next files that are opened, such as a database.
    output: object = sys.stdout
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for good
    if output is not None:
        return None
    click.echo("Error: standard output is closed. Send it to /dev/null if nobody is to read it.", err=True)
    return exits.FAILED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; gives the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if (closed := _closed_streams()) is not None:
        return closed
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a name shows its escapes; it is no reason to fail.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app = App()
    code = guarded(app, lambda: cli.main(args=list(given), prog_name="jackfield", obj=app, standalone_mode=False))
    with suppress(OSError):  # such as of a standard error that nobody reads
        app.close()
    if arguments is None:
        end_output()
    return code
