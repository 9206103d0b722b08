"""``jackfield grant`` and ``revoke``: one grant more, one grant less."""

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument
from jackfield.cli.change_options import Flags, change_options


@command("grant")
@connection_argument
@click.argument("entitlement")
@click.argument("principal")
@click.option(
    "--replace",
    is_flag=True,
    help="Also where it takes the place of another of equal rank, such as one role that of another. What ranks lower, as a"
    " member beside an owner, gives way without it.",
)
@change_options("table", "json")
def grant(app: App, connection: str, entitlement: str, principal: str, replace: bool, flags: Flags) -> int:
    """Let PRINCIPAL hold ENTITLEMENT of CONNECTION.

    ENTITLEMENT is type:id/slug or NAME/slug, such as group:g:123/owner or "role:User management/member"; PRINCIPAL is
    type:id, an id, an e-mail, a login, or the name of a person or group, such as "Jane Doe", Staff or group:Staff. What a
    person and a group are both called needs the type. Exit code 0: it is so, and it was confirmed. 5: refused. 10: pending.
    11: not known. 12: failed (75 if trying again may help).
    """
    from jackfield.cli.making import change

    asked = {"kind": "grant", "entitlement": entitlement, "principal": principal, "replace": replace or None}
    return change(app, connection, flags, asked)


@command("revoke")
@connection_argument
@click.argument("entitlement")
@click.argument("principal")
@change_options("table", "json")
def revoke(app: App, connection: str, entitlement: str, principal: str, flags: Flags) -> int:
    """Let PRINCIPAL hold ENTITLEMENT of CONNECTION no more; both are written as for `jackfield grant`."""
    from jackfield.cli.making import change

    return change(app, connection, flags, {"kind": "revoke", "entitlement": entitlement, "principal": principal})


COMMANDS = {"grant": grant, "revoke": revoke}
