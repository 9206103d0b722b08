"""``jackfield connections``: all that are configured or imported, and how each stands."""

from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, output_option
from jackfield.cli.view import View, view_options

if TYPE_CHECKING:
    from jackfield.cli.overview import Overview


@command("connections")
@click.argument("connection", required=False)
@view_options
@output_option("table", "json", "csv")
def connections(app: App, connection: str | None, view: View, output: str) -> None:
    """List the connections that are configured, or of imported files; or show CONNECTION.

    It is told whose account each is of, how old its snapshot is, and what guards changes.

    No request is made: whether a sign-in is needed is told by the last sync.
    """
    from jackfield.cli.output import Columns, note, print_listing
    from jackfield.cli.overview import COLUMNS, CSV, csv_cells, overviews

    found = overviews(app, None if connection is None else [connection])
    if output == "table" and connection is not None and view == View():
        _tell(app, found[0])
        return
    if not found:
        places = f" Looked for {' and '.join(app.settings.looked)}." if app.settings.looked else ""
        note(f"No connection is configured in {app.settings.source}.{places} `jackfield init` makes one.")
    print_listing(
        output,
        found,
        table=Columns(COLUMNS, lambda one: one.cells(app)),
        csv=Columns(CSV, csv_cells),
        document=lambda one: one.document(),
        head={},
        key="connections",
        view=view,
    )


def _tell(app: App, one: "Overview") -> None:
    from jackfield.cli.guards import limits_text
    from jackfield.cli.output import say
    from jackfield.cli.text import clean, taken_when, tenant_told

    snapshot = one.snapshot
    say(f"{one.connection}: connector {one.connector or 'unknown'}, {clean(one.state())}")
    account = tenant_told(one.tenant, one.tenant_name) if one.tenant else "unknown until it was synced"
    say(f"  account    {clean(account)}")
    if snapshot is None:
        say("  snapshot   none yet")
    else:
        whole = "complete" if snapshot.complete else "NOT COMPLETE"
        say(f"  snapshot   {snapshot.run}, {taken_when(snapshot.taken, app.clock.now())}, {whole}")
    if one.last_sync is not None and (snapshot is None or one.last_sync.run != snapshot.run):
        why = f": {clean(one.last_sync.reason)}" if one.last_sync.reason else ""
        say(f"  last sync  {one.last_sync.run}, {one.last_sync.status.value}{why}")
    if one.sign_in_needed:
        say(f"  sign-in    needed: run `jackfield authorize {one.connection}`, or renew its credentials")
    if one.provisioning is not None:
        reason = ", each with a reason" if one.require_reason else ""
        say(f"  changes    {one.changes()}{reason}")
        say(f"  limits     {limits_text(one.limits)} (an hour)")
        say(f"  protected  {clean(', '.join(one.protected)) or 'nobody'}")
    if one.undecided_changes:
        say(f"  undecided  {one.undecided_changes:,}; `jackfield changes recover {one.connection}` settles them")


COMMANDS = {"connections": connections}
