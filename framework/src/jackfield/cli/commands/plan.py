"""``jackfield plan`` and ``apply``: many changes, shown before they are made."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, output_option
from jackfield.cli.changing import How, accept_tenant_option, changing

if TYPE_CHECKING:
    from jackfield_contracts import Plan

_path = click.Path(path_type=Path)


@command("plan")
@connection_argument
@click.argument("file", type=_path, required=False)
@click.option("-o", "--to", type=_path, metavar="PLAN", help="Write the plan to this file, for `jackfield apply`.")
@click.option("--grant", "grants", nargs=2, multiple=True, metavar="ENTITLEMENT PRINCIPAL", help="Plan this grant.")
@click.option(
    "--revoke", "revokes", nargs=2, multiple=True, metavar="ENTITLEMENT PRINCIPAL", help="Plan this revocation."
)
@click.option("--dry-run", is_flag=True, help="Write no file either: only show what would become of it.")
@accept_tenant_option
@output_option("table", "json", "csv")
def plan(
    app: App,
    connection: str,
    file: Path | None,
    to: Path | None,
    grants: tuple[tuple[str, str], ...],
    revokes: tuple[tuple[str, str], ...],
    dry_run: bool,
    accept_tenant: str | None,
    output: str,
) -> None:
    """Work out the changes that FILE asks for against the live state of CONNECTION. Changes nothing.

    FILE is CSV (columns kind, entitlement, principal, replace, account, name, and arg.NAME for arguments), JSON Lines or
    TOML, by its ending. docs/administrators/changes.md shows each.
    """
    from jackfield.changes.planfile import save_plan
    from jackfield.changes.requestfiles import read_requests
    from jackfield.changes.requests import request_of
    from jackfield.cli.changing import How
    from jackfield.cli.making import make, work_out
    from jackfield.cli.output import note
    from jackfield.cli.text import count

    app.settings.connection(connection)
    asked = [
        request_of({"kind": kind, "entitlement": entitlement, "principal": principal}, f"--{kind}")
        for kind, given in (("grant", grants), ("revoke", revokes))
        for entitlement, principal in given
    ]
    requests = (*(read_requests(file, most=app.settings.max_file_bytes) if file else ()), *asked)
    if not requests:
        raise click.UsageError("Name a FILE of changes, or --grant or --revoke.")
    how = How(yes=False, reason=None, dry_run=True, wait=0.0, limits={}, provisioning=False, output=output)
    how = how._replace(accept_tenant=accept_tenant or None)
    made = make(app, connection, how, work_out(app, connection, requests)).plan
    to = None if dry_run else to
    if to is not None:
        save_plan(made, to)
    _print(made, output, str(to) if to else None)
    if to is not None:
        note(f"{count(len(made.changes), 'change')} written to {to}; `jackfield apply {to}` makes them.")


def _print(made: "Plan", output: str, file: str | None, *, dry_run: bool = False) -> None:
    from jackfield.cli.outcomes import counted, forecast_document, print_changes, tell_plan

    if output == "table":
        tell_plan(made)
        return
    head: dict[str, object] = {"plan": made.id, "connection": made.connection, "created": made.created}
    head |= {"dry_run": True} if dry_run else {"file": file}
    head["outcomes"] = counted(each.forecast for each in made.changes)
    head |= {"blast_radius": made.blast_radius, "limits": made.limits}
    head |= {"tenant": made.tenant, "warnings": made.warnings}
    print_changes(output, head, map(forecast_document, made.changes), ())


@command("apply")
@click.argument("plan", type=_path)
@changing("table", "json", "csv")
def apply(app: App, plan: Path, how: How) -> int:
    """Make the changes of the file PLAN, which `jackfield plan` wrote.

    Each change whose precondition no longer holds is refused (exit code 14), and a plan that was applied before changes
    nothing. The exit code is that of the worst outcome.
    """
    import msgspec

    from jackfield.changes.options import Changing
    from jackfield.changes.plan import foretold
    from jackfield.changes.planfile import load_plan
    from jackfield.changes.rehearse import rehearse
    from jackfield.cli import exits
    from jackfield.cli.guard import show_error
    from jackfield.cli.making import make
    from jackfield.cli.outcomes import change_document, counted, print_changes, sentence, summary
    from jackfield.cli.output import say

    loaded = load_plan(plan, most=app.settings.max_file_bytes)

    async def planned(changing: "Changing") -> "Plan":
        return await rehearse(changing, loaded) if how.dry_run else loaded

    made = make(app, loaded.connection, how._replace(planned_for=loaded.tenant), planned)
    if made.declined:
        return exits.INTERRUPTED
    if how.dry_run:
        changes = tuple(msgspec.structs.replace(each, forecast=foretold(each)) for each in made.plan.changes)
        _print(msgspec.structs.replace(made.plan, changes=changes), how.output, None, dry_run=True)
        return exits.of_outcomes(each.forecast for each in changes)
    outcomes = counted(each.outcome for each in made.entries)
    head = {"plan": loaded.id, "connection": loaded.connection, "outcomes": outcomes}
    print_changes(how.output, head, map(change_document, made.entries), map(sentence, made.entries))
    if how.output == "table":
        say(summary(loaded.connection, outcomes))
    if made.error is not None:
        show_error(app, made.error)
        return made.error.exit_code
    return exits.of_outcomes(each.outcome for each in made.entries)


COMMANDS = {"plan": plan, "apply": apply}
