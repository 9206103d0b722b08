"""``jackfield plan`` and ``apply``: many changes, shown before they are made."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, output_option
from jackfield.cli.change_options import Flags, accept_tenant_option, change_options, numbers

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
@click.option(
    "--revoke-all",
    "leaving",
    multiple=True,
    metavar="PRINCIPAL",
    help="Plan to take from this person or group what the last snapshot shows as held directly, as it is now. What was given"
    " elsewhere since, on other resources, is not in it: sync before.",
)
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="TYPE",
    help="With --revoke-all: only of resources of this type, such as group.",
)
@click.option(
    "--dry-run", is_flag=True, help="Write no file either: only show what would become of it, with its exit code."
)
@accept_tenant_option
@output_option("table", "json", "csv")
def plan(
    app: App,
    connection: str,
    file: Path | None,
    to: Path | None,
    grants: tuple[tuple[str, str], ...],
    revokes: tuple[tuple[str, str], ...],
    leaving: tuple[str, ...],
    types: tuple[str, ...],
    dry_run: bool,
    accept_tenant: str | None,
    output: str,
) -> int:
    """Work out the changes that FILE asks for against the live state of CONNECTION. Changes nothing.

    FILE is CSV (columns kind, entitlement, principal, replace, account, name, reason, and arg.NAME for arguments), JSON Lines
    or TOML, by its ending, such as the line grant,Design/member,jane@example.com below the columns
    kind,entitlement,principal; in TOML a table [[change]] for each. A CSV that `jackfield export --format csv` wrote is
    taken back with decisions: each row whose column decision says revoke (or remove) becomes a revocation, keep (or approve)
    or nothing leaves it. Exit code 0: worked out, and written, whatever is in it; with --dry-run that of what would become
    of it: 5 where something would be refused or is over a limit, 10 where a change goes on already, else 0.
    """
    from jackfield.changes.origin import remember
    from jackfield.changes.plan import foretold
    from jackfield.changes.planfile import save_plan
    from jackfield.changes.request_files import read_requests
    from jackfield.changes.requests import request_of
    from jackfield.cli import exits
    from jackfield.cli.change_options import Flags
    from jackfield.cli.making import make, planning
    from jackfield.cli.output import note
    from jackfield.cli.reviewed_table import expected_table
    from jackfield.cli.targets import demand_target
    from jackfield.cli.text import count

    app.settings.connection(connection)
    asked = [
        request_of({"kind": kind, "entitlement": entitlement, "principal": principal}, f"--{kind}")
        for kind, given in (("grant", grants), ("revoke", revokes))
        for entitlement, principal in given
    ]
    if to is not None:
        demand_target(app, to)
    with expected_table(app, connection) as expected:
        rows = read_requests(file, most=app.settings.max_file_bytes, expected=expected) if file else ()
    requests = (*rows, *asked)
    if not requests and not leaving:
        raise click.UsageError("Name a FILE of changes, or --grant, --revoke or --revoke-all.")
    if types and not leaving:
        raise click.UsageError("--type belongs to --revoke-all.")
    flags = Flags(yes=False, reason=None, dry_run=True, wait=0.0, limits={}, provisioning=False, output=output)
    flags = flags._replace(accept_tenant=accept_tenant or None, only_planned=True)
    made = make(app, connection, flags, planning(app, connection, requests, leaving, types)).plan
    to = None if dry_run else to
    if to is not None:
        with app.state() as state:
            remember(state, made)
        save_plan(made, to)
    _print(made, output, str(to) if to else None)
    if to is not None:
        note(f"{count(len(made.changes), 'change')} written to {to}; {_what_apply_makes(made, to)}")
    # What follows a change of the plan is judged only after that.
    known = [foretold(each) for each in made.changes if each.limit is not None or not each.follows]
    return exits.of_outcomes(known) if dry_run else exits.OK


def _what_apply_makes(made: "Plan", to: Path) -> str:
    """What `jackfield apply` would make of a plan as it was worked out: not what is refused, or over a limit."""
    from jackfield.changes.plan import will_be_made

    over = sum(each.limit is not None for each in made.changes)
    follow = sum(each.follows and each.limit is None for each in made.changes)
    sure = sum(will_be_made(each) for each in made.changes) - over - follow
    rest = len(made.changes) - sure - follow - over
    if sure == len(made.changes):
        return f"`jackfield apply {to}` makes them."
    told = [f"`jackfield apply {to}` makes {sure:,} of them" if sure or follow else "none of them would be made"]
    if follow:
        told.append(f"{follow:,} as far as those before let it")
    if over:
        told.append(f"{over:,} would be refused, being over a limit")
    if rest:
        told.append(f"{rest:,} would not be made, as is said above")
    return f"{'; '.join(told)}."


def _print(made: "Plan", output: str, file: str | None, *, dry_run: bool = False) -> None:
    from jackfield.changes.plan import foretold
    from jackfield.cli.outcomes import counted, forecast_document, print_changes, tell_plan

    if output == "table":
        tell_plan(made)
        return
    head: dict[str, object] = {"plan": made.id, "connection": made.connection, "created": made.created}
    head |= {"dry_run": True} if dry_run else {"file": file}
    head["outcomes"] = counted(map(foretold, made.changes))
    head |= {"blast_radius": made.blast_radius, "limits": made.limits}
    head |= {"tenant": made.tenant, "warnings": made.warnings}
    print_changes(output, head, map(forecast_document, made.changes), ())


@command("apply")
@click.argument("plan", type=_path)
@click.option(
    "--confirm",
    multiple=True,
    callback=numbers,
    metavar="KIND=N",
    help="Say without a terminal that N such changes are meant, in a plan that was not made here: delete, disable, revoke,"
    " privileged, action, or an effect such as 'wipes devices'; may be repeated.",
)
@change_options("table", "json", "csv")
def apply(app: App, plan: Path, flags: Flags, confirm: dict[str, int]) -> int:
    """Make the changes of the file PLAN, which `jackfield plan` wrote.

    Each change whose precondition no longer holds is refused (exit code 14). A plan that was applied before changes
    nothing: a read tells what is so yet. A plan that was altered, or made elsewhere, is asked about whatever it holds,
    and each privileged or destructive change of it also with --yes. The exit code is that of the worst outcome.
    """
    import msgspec

    from jackfield.changes.apply import preview
    from jackfield.changes.origin import Origin, origin_of, with_own_ids
    from jackfield.changes.plan import foretold
    from jackfield.changes.planfile import read_plan
    from jackfield.changes.session import Session
    from jackfield.cli import exits
    from jackfield.cli.guard import show_error
    from jackfield.cli.making import make, reporting
    from jackfield.cli.outcomes import change_document, counted, print_changes, sentence, summary
    from jackfield.cli.output import note, say
    from jackfield.errors import PlanOutdated
    from jackfield.state.journal import outcome_of
    from jackfield.visible import has_visible

    loaded, digest = read_plan(plan, most=app.settings.max_file_bytes)
    with app.state() as state:
        origin = origin_of(state, loaded, digest)
    ours = loaded if origin is Origin.HERE else with_own_ids(loaded)

    async def planned(session: "Session") -> "Plan":
        if ours.connector != session.connection.plugin.name:
            raise PlanOutdated(f"the plan was made for the connector {ours.connector!r}", connection=ours.connection)
        return await preview(session, ours)

    if origin is not Origin.HERE:
        note(f"Mind where the plan {plan} comes from: {origin.value}. What is shown of it was worked out now.")
    reasoned = all(has_visible(each.reason or "") for each in loaded.changes)
    flags = flags._replace(confirm=confirm, planned_for=loaded.tenant, each_has_reason=reasoned)
    made = make(app, ours.connection, flags, planned, origin)
    if made.declined:
        return exits.INTERRUPTED
    if flags.dry_run:
        changes = tuple(msgspec.structs.replace(each, forecast=foretold(each)) for each in made.plan.changes)
        _print(msgspec.structs.replace(made.plan, changes=changes), flags.output, None, dry_run=True)
        return exits.of_outcomes(each.forecast for each in changes)
    known = [outcome_of(each) for each in made.entries]
    outcomes = counted(known)
    head = {"plan": ours.id, "connection": ours.connection, "outcomes": outcomes}
    with reporting(ours.connection):
        print_changes(flags.output, head, map(change_document, made.entries), map(sentence, made.entries))
        if flags.output == "table":
            say(summary(ours.connection, outcomes))
    if made.error is not None:
        show_error(app, made.error)
        return made.error.exit_code
    return exits.of_outcomes(known)


COMMANDS = {"plan": plan, "apply": apply}
