"""``jackfield sync``: read an application whole into a new snapshot, or publish one that is held."""

from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, output_option
from jackfield.cli.change_options import accept_tenant_option

if TYPE_CHECKING:
    from jackfield.errors import JackfieldError
    from jackfield.host.configured import Configured
    from jackfield.state import Run


@command("sync")
@connection_argument
@click.option(
    "--accept", metavar="RUN", help="Publish the held snapshot of RUN (or its beginning) as it is; no request is made."
)
@accept_tenant_option
@output_option("table", "json")
def sync(app: App, connection: str, accept: str | None, accept_tenant: str | None, output: str) -> int:
    """Read CONNECTION whole and publish the result as its new snapshot.

    Exit code 0: published and complete. 8: published, but parts could not be seen; rows of the last snapshot stand in for
    them. 9: held, because it would lose too much; look at it, then publish it with --accept. 13: another sync is running.
    2: it reaches another account than that of its snapshots; with --accept-tenant it begins anew with that one, as a new
    connection would.
    """
    from jackfield.cli.results import tell_sync
    from jackfield.errors import JackfieldError
    from jackfield.state import RunStatus

    error: JackfieldError | None = None
    if accept and accept_tenant:
        raise click.UsageError("--accept publishes what was read before; --accept-tenant is for a sync that reads.")
    if accept:
        run = _accept(app, connection, accept)
    else:
        run, error = _sync(app, connection, accept_tenant or None)
    if output == "json":
        from jackfield.cli.output import print_json
        from jackfield.cli.results import sync_document

        print_json(sync_document(run, app.home))
    if error is not None or run.status not in (RunStatus.PUBLISHED, RunStatus.HELD):
        raise error or JackfieldError(f"the sync failed: {run.reason or 'no reason is known'}", connection=connection)
    if output == "table":
        tell_sync(app, run, accepted=accept is not None)
    elif run.status is RunStatus.HELD:
        from jackfield.cli.output import note

        note(f"Held: {run.reason}. To publish it: jackfield sync {connection} --accept {run.run}")
    return _exit_code(run)


def _sync(app: App, connection: str, accept_tenant: str | None) -> tuple["Run", "JackfieldError | None"]:
    import gc

    from jackfield.cli.foreign import foreign_output
    from jackfield.cli.progress import shown_progress
    from jackfield.state import RunStatus
    from jackfield.sync import run_sync

    settings = app.settings.connection(connection)
    plugin = app.plugin(settings)
    policies = app.policies()
    # A page is some ten thousand objects without cycles: looking for garbage among them takes a twentieth of a sync.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    with app.state() as state:
        configured = app.configured(settings, plugin, state, policies=policies)
        with shown_progress(connection) as progress, foreign_output():
            result = app.run(run_sync(configured, progress, accept_tenant=accept_tenant))
        # What makes changes is imported where one is undecided, which is so after few syncs.
        undecided = settings.host.provisioning and state.changes(connection, undecided=True, limit=1)
        if result.run.status is RunStatus.PUBLISHED and undecided:
            _confirm_pending(app, configured, result.run.tenant)
    return result.run, result.error


def _confirm_pending(app: App, configured: "Configured", tenant: str | None) -> None:
    """Settle the pending changes that the application shows made by now, and tell of them."""
    from jackfield.changes.open import confirm_after_sync
    from jackfield.cli.foreign import foreign_output
    from jackfield.cli.outcomes import sentence
    from jackfield.cli.output import note

    with foreign_output():
        entries = app.run(confirm_after_sync(configured, tenant))
    for entry in entries:
        note(f"Pending before, and settled now: {sentence(entry)}")


def _accept(app: App, connection: str, run: str) -> "Run":
    from jackfield.cli.foreign import foreign_output
    from jackfield.state import RunStatus
    from jackfield.sync import accept

    app.settings.connection(connection)
    policies = app.policies()
    with app.state() as state, foreign_output():
        held = [each.run for each in state.history(connection) if each.status is RunStatus.HELD]
        if run not in held and len(named := [each for each in held if each.startswith(run)]) == 1:
            run = named[0]
        return accept(connection, run, home=app.home, state=state, clock=app.clock, log=app.log, policies=policies)


def _exit_code(run: "Run") -> int:
    from jackfield.cli import exits
    from jackfield.state import RunStatus

    if run.status is RunStatus.HELD:
        return exits.HELD
    return exits.OK if run.complete else exits.INCOMPLETE


COMMANDS = {"sync": sync}
