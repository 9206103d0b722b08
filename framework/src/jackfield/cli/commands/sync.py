"""``jackfield sync``: read an application whole into a new snapshot, or publish one that is held."""

from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, output_option
from jackfield.cli.change_options import accept_tenant_option

if TYPE_CHECKING:
    from jackfield.errors import JackfieldError
    from jackfield.host.configured import Configured
    from jackfield.state import Run


@command("sync")
@click.argument("connection", required=False)
@click.option("--all", "all_", is_flag=True, help="Sync every configured connection, side by side.")
@click.option(
    "--accept", metavar="RUN", help="Publish the held snapshot of RUN (or its beginning) as it is; no request is made."
)
@accept_tenant_option
@output_option("table", "json")
def sync(
    app: App, connection: str | None, all_: bool, accept: str | None, accept_tenant: str | None, output: str
) -> int:
    """Read CONNECTION whole and publish the result as its new snapshot.

    Exit code 0: published and complete. 8: published, but parts could not be seen; rows of the last snapshot stand in for
    them. 9: held, because it would lose too much; look at it, then publish it with --accept. 13: another sync is running.
    2: it reaches another account than that of its snapshots; with --accept-tenant it begins anew with that one, as a new
    connection would. With --all each connection has its line, and the exit code is the worst of them: whatever needs
    somebody, such as 2 or 3, before what may pass by itself (13, 75), and that before 9 and 8.
    """
    from jackfield.cli.results import tell_sync
    from jackfield.errors import JackfieldError
    from jackfield.state import RunStatus

    error: JackfieldError | None = None
    if all_ or connection is None:
        if not all_ or connection is not None or accept or accept_tenant:
            raise click.UsageError("Name one connection, or say --all and nothing else.")
        return _sync_all(app, output)
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
        _tell_activity(app, run, read=accept is None)
    elif run.status is RunStatus.HELD:
        from jackfield.cli.output import note

        note(f"Held: {run.reason}. To publish it: jackfield sync {connection} --accept {run.run}")
    return _exit_code(run)


def _sync(app: App, connection: str, accept_tenant: str | None) -> tuple["Run", "JackfieldError | None"]:
    import gc

    from jackfield.cli.foreign import foreign_output
    from jackfield.cli.output import note
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
    for each in result.notes:
        note(app.redactor.text(each))
    return result.run, result.error


def _sync_all(app: App, output: str) -> int:
    import gc

    from jackfield.cli import exits
    from jackfield.cli.foreign import foreign_output
    from jackfield.cli.output import note, print_json, say
    from jackfield.cli.progress import shown_connections
    from jackfield.cli.sync_all import sync_all
    from jackfield.config import connection_names

    names = connection_names(app.settings)
    if not names:
        note(f"No connection is configured in {app.settings.source}.")
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)

    async def after(configured: "Configured", run: "Run") -> None:
        if configured.host.provisioning and configured.state.changes(run.connection, undecided=True, limit=1):
            await _confirmed(configured, run.tenant)

    with app.state() as state, shown_connections(len(names)) as ended, foreign_output():
        found = app.run(sync_all(app, names, state, after=after, ended=lambda one: ended(one.line(app.redactor.text))))
    code = exits.of_syncs(one.code for one in found)
    if output == "json":
        documents = [one.document(app.home, app.redactor.text) for one in found]
        print_json({"exit_code": code, "connections": documents})
        return code
    for one in found:
        say(one.line(app.redactor.text))
        if one.error is not None and one.error.hint:
            note(f"{one.connection}: {app.redactor.text(one.error.hint)}")
    return code


def _confirm_pending(app: App, configured: "Configured", tenant: str | None) -> None:
    """Settle the pending changes that the application shows made by now, and tell of them."""
    from jackfield.cli.foreign import foreign_output

    with foreign_output():
        app.run(_confirmed(configured, tenant))


async def _confirmed(configured: "Configured", tenant: str | None) -> None:
    from jackfield.changes.open import confirm_after_sync
    from jackfield.cli.outcomes import sentence
    from jackfield.cli.output import note

    for entry in await confirm_after_sync(configured, tenant):
        note(f"Pending before, and settled now: {sentence(entry)}")


def _tell_activity(app: App, run: "Run", *, read: bool) -> None:
    """Tell how far sign-ins are known, where a sync reads them too."""
    from jackfield.state import RunStatus

    if read and run.status is RunStatus.PUBLISHED and app.home.has_activity(run.connection):
        from contextlib import suppress

        from jackfield.cli.activity import windows
        from jackfield.cli.output import say
        from jackfield.errors import JackfieldError

        with suppress(JackfieldError):  # where it can't be read, the sync has told it
            for each in windows(app, run.connection):
                say(f"  activity, {each}")


def _accept(app: App, connection: str, run: str) -> "Run":
    from jackfield.cli.foreign import foreign_output
    from jackfield.errors import BadConfig
    from jackfield.state import RunStatus
    from jackfield.sync import accept

    app.settings.connection(connection)
    policies = app.policies()
    with app.state() as state, foreign_output():
        held = [each.run for each in state.history(connection) if each.status is RunStatus.HELD]
        named = [each for each in held if each.startswith(run)]
        if run not in held and len(named) > 1:
            raise BadConfig(
                f"{run!r} is the beginning of {len(named):,} held runs of {connection!r}",
                hint=f"Write more of it: {', '.join(named[:3])}{', …' if len(named) > 3 else ''}.",
            )
        if run not in held and named:
            run = named[0]
        return accept(connection, run, home=app.home, state=state, clock=app.clock, log=app.log, policies=policies)


def _exit_code(run: "Run") -> int:
    from jackfield.cli import exits
    from jackfield.state import RunStatus

    if run.status is RunStatus.HELD:
        return exits.HELD
    return exits.OK if run.complete else exits.INCOMPLETE


COMMANDS = {"sync": sync}
