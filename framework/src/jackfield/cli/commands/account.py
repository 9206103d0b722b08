"""``jackfield account``: accounts come, go, rest and return."""

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument
from jackfield.cli.change_options import Flags, change_options, pairs_argument


@click.group("account")
def account() -> None:
    """Create, delete, enable or disable an account."""


@command("create")
@connection_argument
@pairs_argument
@click.option("--type", "type_", metavar="TYPE", help="What kind of account, if not user.")
@change_options("table", "json")
def create(app: App, connection: str, pairs: tuple[str, ...], type_: str | None, flags: Flags) -> int:
    """Make an account in CONNECTION, or invite somebody to one.

    `jackfield connectors show NAME` lists the keys that the connector takes, such as email=ann@example.com.
    """
    from jackfield.changes.kinds.values import read_pairs
    from jackfield.cli.making import change

    return change(app, connection, flags, {"kind": "create_account", "type": type_, "arguments": read_pairs(pairs)})


@command("delete")
@connection_argument
@click.argument("account")
@pairs_argument
@change_options("table", "json")
def delete(app: App, connection: str, account: str, pairs: tuple[str, ...], flags: Flags) -> int:
    """Delete ACCOUNT of CONNECTION: type:id, an id, an e-mail, a login or a name.

    `jackfield connectors show NAME` lists the keys that the connector takes.
    """
    return _of(app, connection, flags, "delete_account", account, pairs)


@command("enable")
@connection_argument
@click.argument("account")
@pairs_argument
@change_options("table", "json")
def enable(app: App, connection: str, account: str, pairs: tuple[str, ...], flags: Flags) -> int:
    """Enable ACCOUNT of CONNECTION, by the connector's action for it; `jackfield action list` shows its keys."""
    return _of(app, connection, flags, "enable_account", account, pairs)


@command("disable")
@connection_argument
@click.argument("account")
@pairs_argument
@change_options("table", "json")
def disable(app: App, connection: str, account: str, pairs: tuple[str, ...], flags: Flags) -> int:
    """Disable ACCOUNT of CONNECTION, by the connector's action for it.

    What it does beside is the connector's: it may wipe devices unless a key such as wipe_data=false says otherwise, and end
    ownerships that enabling does not give back. `jackfield action list CONNECTION` shows the keys with what counts where
    they are left out, and --dry-run what would become of this account. It asks before.
    """
    return _of(app, connection, flags, "disable_account", account, pairs)


def _of(app: App, connection: str, flags: Flags, kind: str, account: str, pairs: tuple[str, ...]) -> int:
    from jackfield.changes.kinds.values import read_pairs
    from jackfield.cli.making import change

    return change(app, connection, flags, {"kind": kind, "account": account, "arguments": read_pairs(pairs)})


for each in (create, delete, enable, disable):
    account.add_command(each)

COMMANDS = {"account": account}
