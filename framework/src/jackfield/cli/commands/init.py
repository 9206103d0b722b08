"""``jackfield init``: a new connection, asked for and written into the configuration."""

import sys

import click

from jackfield.cli.app import App
from jackfield.cli.base import command


@command("init")
@click.option("--connector", metavar="NAME", help="Which connector, as `jackfield connectors list` shows them.")
@click.option("--name", metavar="CONNECTION", help="What the connection is to be called.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A key of the connector; may be repeated.")
@click.option("--yes", is_flag=True, help="Write it without a question.")
@click.option(
    "--authorize/--no-authorize", default=None, help="Whether to ask for consent at once, where there is any."
)
@click.option("--check/--no-check", default=None, help="Whether to sign in at once.")
def init(
    app: App,
    connector: str | None,
    name: str | None,
    pairs: tuple[str, ...],
    yes: bool,
    authorize: bool | None,
    check: bool | None,
) -> int | None:
    """Write a new connection into the configuration, after asking for what it needs.

    What is given by options is not asked for; without a terminal nothing is. A secret is given as a reference, env:NAME or
    file:PATH, or is typed here: then it goes into a file of its own (mode 0600) beside the configuration. A file that is there
    keeps all that stands in it.

    Which keys a connector has, and which every connection has, is told by `jackfield connectors show NAME`; --set takes both.
    Changes are off until `provisioning = true` is set.
    """
    from jackfield.cli.output import note
    from jackfield.cli.starting import Wanted, collect, write

    asking = sys.stdin.isatty() and not yes
    made = collect(app, Wanted(connector=connector, name=name, pairs=pairs), asking=asking)
    if asking:
        click.echo(f"\n{made.shown()}\n", err=True)
        if not click.confirm(f"Write this into {made.file}?", default=True, err=True):
            raise click.Abort
    write(app, made)
    note(f"The connection {made.name} is in {made.file}.")
    consents = made.token_key is not None
    if consents and _wanted(authorize, asking, "Ask for consent now?"):
        return _run(app, made.file, "authorize", made.name)
    if check if check is not None else (asking and not consents and click.confirm("Sign in now?", err=True)):
        return _run(app, made.file, "check", made.name)
    note(f"Next: jackfield {'authorize' if consents else 'check'} {made.name}")
    return None


def _wanted(said: bool | None, asking: bool, question: str) -> bool:
    return said if said is not None else asking and click.confirm(question, err=True)


def _run(app: App, file: object, *words: str) -> int:
    """Another command, as if it was typed with the same options."""
    from jackfield.cli.main import main

    return main(["--config", str(file), "--home", str(app.home.folder), *words])


COMMANDS = {"init": init}
