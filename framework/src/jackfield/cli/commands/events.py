"""``jackfield events``: what people did in the application, such as signing in, by its own log."""

from math import isfinite
from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, limit_option, output_option
from jackfield.cli.times import point_option
from jackfield.cli.view import View, view_options

if TYPE_CHECKING:
    from datetime import datetime

KINDS = ("sign_in", "sign_in_failed", "sign_out", "usage", "change", "other")


def _finite(ctx: click.Context, parameter: click.Parameter, given: float) -> float:
    if not isfinite(given):
        raise click.BadParameter("this is no number of seconds", ctx, parameter)
    return given


@command("events")
@connection_argument
@click.option("--principal", metavar="PERSON", help="Only those of this account: an id, login, e-mail or name.")
@click.option("--kind", type=click.Choice(KINDS), help="Only those of this kind.")
@point_option("--since", "Only those from this time on: 2026-11-24, 2h, 3d.")
@click.option("--stored", is_flag=True, help="Show what is stored; no request is made.")
@click.option("--follow", is_flag=True, help="Go on reading, and print what comes, until it is interrupted.")
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    callback=_finite,
    default=60.0,
    metavar="SECONDS",
    help="How often --follow reads (default 60).",
)
@limit_option
@view_options
@output_option("table", "json", "csv")
def events(
    app: App,
    connection: str,
    principal: str | None,
    kind: str | None,
    since: "datetime | None",
    stored: bool,
    follow: bool,
    every: float,
    limit: int | None,
    view: View,
    output: str,
) -> None:
    """Read the activity of CONNECTION on from where it was left, and list it, the newest first.

    What happened lately may come late: the window of time of which all is known is told. Events are kept for 90 days, the last
    sign-in of each person for good. With --follow, what is new is printed as it comes, as JSON Lines with --output json.
    """
    from jackfield.cli.activity import Asked, followed, listed, read_on

    if follow and (stored or output == "csv"):
        raise click.UsageError("--follow reads on, and prints a table or JSON Lines: leave --stored and csv out.")
    if follow and view != View():
        raise click.UsageError("--follow prints what comes as it comes: leave --columns, --sort and their like out.")
    asked = Asked(principal=principal, kind=kind, since=since, limit=limit)
    if follow:
        app.run(followed(app, connection, asked, every=every, output=output))
        return
    if not stored:
        read_on(app, connection)
    listed(app, connection, asked, output, view)


COMMANDS = {"events": events}
