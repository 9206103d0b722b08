"""``jackfield action``: the operations that a connector offers beside grants and accounts."""

from typing import TYPE_CHECKING, Any

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, output_option
from jackfield.cli.change_options import Flags, change_options, pairs_argument

if TYPE_CHECKING:
    from jackfield_contracts import Action


@click.group("action")
def action() -> None:
    """The other operations that a connector offers."""


@command("list")
@connection_argument
@output_option("table", "json", "csv")
def list_(app: App, connection: str, output: str) -> None:
    """List the actions of CONNECTION with their keys. Makes no request."""
    from jackfield.cli.describe import argument_document, argument_told
    from jackfield.cli.foreign import foreign_output
    from jackfield.cli.output import Columns, note, print_listing, say
    from jackfield.cli.text import clean

    with foreign_output():
        actions = app.run(_actions(app, connection))
    if output == "table":
        for one in actions:
            mark = " (asks for confirmation)" if one.destructive else ""
            say(f"{one.name}  {one.kind.value}{mark}\n  {clean(one.description)}")
            for argument in one.arguments:
                say(f"    {clean(argument_told(argument_document(argument)))}")
            if one.acts_on:
                say(f"  acts only on an account that is {' or '.join(each.value for each in one.acts_on)}")
            if one.ends:
                say(f"  WARNING: ends for good what the account holds of {', '.join(one.ends)}")
            if one.warning:
                say(f"  WARNING: {clean(one.warning)}")
        if not actions:
            note(f"The connector of {connection} offers no action.")
        return

    def cells(one: "Action") -> tuple[Any, ...]:
        given = " ".join(each.name for each in one.arguments)
        return one.name, one.kind.value, given, one.destructive, one.confirmed_by.value, one.description, one.warning

    names = "action", "kind", "arguments", "destructive", "confirmed_by", "description", "warning"
    print_listing(
        output,
        actions,
        table=Columns(names, cells),
        document=_document,
        head={"connection": connection},
        key="actions",
    )


async def _actions(app: App, connection: str) -> "tuple[Action, ...]":
    from jackfield.host.connection import open_connection

    settings = app.settings.connection(connection)
    plugin = app.plugin(settings)
    config = app.connector_config(settings, plugin)
    options = app.session_options(settings, plugin)
    async with open_connection(connection, plugin, config, options=options, clock=app.clock, log=app.log) as opened:
        return opened.actions()


def _document(one: "Action") -> dict[str, object]:
    from jackfield.cli.describe import argument_document

    return {
        "name": one.name,
        "kind": one.kind.value,
        "description": one.description,
        "arguments": [argument_document(each) for each in one.arguments],
        "results": [argument_document(each) for each in one.results],
        "acts_on": [each.value for each in one.acts_on],
        "leads_to": [each.value for each in one.leads_to],
        "ends": one.ends,
        "destructive": one.destructive,
        "warning": one.warning,
        "confirmed_by": one.confirmed_by.value,
        "permissions": [each.name for each in one.permissions],
    }


@command("run")
@connection_argument
@click.argument("name")
@pairs_argument
@change_options("table", "json")
def run(app: App, connection: str, name: str, pairs: tuple[str, ...], flags: Flags) -> int:
    """Run the action NAME of CONNECTION; `jackfield action list CONNECTION` shows the names and their keys.

    A list is written with commas between its texts, or its key is repeated.
    """
    from jackfield.changes.kinds.values import read_pairs
    from jackfield.cli.making import change

    return change(app, connection, flags, {"kind": "action", "name": name, "arguments": read_pairs(pairs)})


action.add_command(list_)
action.add_command(run)

COMMANDS = {"action": action}
