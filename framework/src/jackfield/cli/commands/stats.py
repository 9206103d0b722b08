"""``jackfield stats`` and ``syncs``: a snapshot in figures, and the record of runs."""

from typing import TYPE_CHECKING, Any

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, limit_option, output_option, run_option
from jackfield.cli.view import View, view_options

if TYPE_CHECKING:
    from jackfield.state import Run, State

MOST_SHOWN = 20
"""Syncs that people are shown, where nothing else is said."""


@command("stats")
@connection_argument
@run_option
@output_option("table", "json", "csv")
def stats(app: App, connection: str, run: str | None, output: str) -> None:
    """What the snapshot of CONNECTION holds, in figures."""
    from jackfield.cli.output import Columns, diagnostic_line, note, print_json, print_rows
    from jackfield.cli.snapshots import caveats, head, look
    from jackfield.cli.text import clean, requests_told
    from jackfield.snapshots.figures import figures

    with look(app, connection, run) as snapshot:
        found = figures(snapshot)
        notes = snapshot.diagnostics()
        if output == "json":
            made = {
                **head(snapshot),
                "tenant": snapshot.header.tenant,
                "tenant_name": snapshot.header.tenant_name,
                "requests": snapshot.header.requests,
                "sha256": snapshot.run.sha256,
                "figures": found,
                "notes": [
                    {"summary": one.summary, "severity": one.severity, "path": one.path, "times": n} for one, n in notes
                ],
            }
            print_json(made)
            return
        caveats(app, snapshot)
        header = snapshot.header
        if output == "table":
            note(f"{clean(header.tenant_name or header.tenant or 'unknown account')}; {requests_told(header.requests)}")
        names = "what", "of", "rows", "carried"
        print_rows(output, found, Columns(names, lambda one: (one.what, one.of, one.rows, one.carried)))
        for one, times in notes:
            note(diagnostic_line(one, times))


@command("syncs")
@connection_argument
@limit_option
@view_options
@output_option("table", "json", "csv")
def syncs(app: App, connection: str, limit: int | None, view: View, output: str) -> None:
    """The syncs of CONNECTION, the newest first: 20 for people, all in CSV and JSON, unless --limit says else.

    Entitlements, requests (those by HTTP) and seconds are shown with --ids, or by --columns.
    """
    from jackfield.cli.output import Columns, note, print_listing
    from jackfield.cli.results import sync_document
    from jackfield.cli.text import moment

    runs: list[Run] = []
    if app.has_state:
        with app.state() as state:
            runs = [_as_it_stands(one, app, state) for one in state.history(connection)]
    if not runs:
        app.settings.connection(connection)
        note(f"There was no sync of {connection} yet; make one with `jackfield sync {connection}`.")

    def cells(one: "Run") -> tuple[Any, ...]:
        complete = one.complete if one.sha256 else None
        size = sum(one.counts.resources.values()), one.counts.entitlements, one.counts.grants
        why = one.reason or "; ".join(f"{seal.scope}: {seal.seal.value}" for seal in one.scopes[:3])
        return (
            one.run,
            moment(one.started),
            one.status.value,
            complete,
            *size,
            one.requests,
            round(one.seconds, 1),
            why,
        )

    names = (
        "run",
        "started",
        "status",
        "complete",
        "resources",
        "entitlements",
        "grants",
        "requests",
        "seconds",
        "reason",
    )

    def document(one: "Run") -> dict[str, object]:
        more = {"started": one.started, "finished": one.ended, "taken": one.taken if one.sha256 else None}
        more |= {"rereads": one.rereads, "base": one.base}
        return {**sync_document(one, app.home), **more, "reason": one.reason, "imported": one.imported}

    print_listing(
        output,
        runs,
        table=Columns(
            names, cells, frozenset({"entitlements", "requests", "seconds"}) if output == "table" else frozenset()
        ),
        document=document,
        head={"connection": connection},
        key="syncs",
        limit=limit or (MOST_SHOWN if output == "table" else None),
        view=view,
    )


def _as_it_stands(one: "Run", app: App, state: "State") -> "Run":
    """A run whose process is gone has not ended its record: the next sync will."""
    import msgspec

    from jackfield.state import RunStatus, is_taken

    if one.status is not RunStatus.RUNNING or is_taken(app.home, state, one.connection, "sync"):
        return one
    return msgspec.structs.replace(one, status=RunStatus.INTERRUPTED, reason="its process ended before it did")


COMMANDS = {"stats": stats, "syncs": syncs}
