"""``jackfield resources``, ``entitlements`` and ``grants``: the rows of a snapshot, filtered."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, limit_option, output_option, run_option

if TYPE_CHECKING:
    from jackfield.snapshots.reader import Snapshot
    from jackfield.snapshots.records import EntitlementRow, GrantRow, ResourceRow

T = TypeVar("T")

STATUSES = ("enabled", "disabled", "pending", "deleted", "unknown")

_type = click.option("--type", "type_", metavar="TYPE", help="Only resources of this type, such as user or group.")
_search = click.option("--search", metavar="TEXT", help="Only those with TEXT in a name, id, login or e-mail.")
_carried = click.option(
    "--carried/--seen",
    default=None,
    help="Only rows carried forward from an older snapshot, or only rows that were seen.",
)
_resource = click.option("--resource", metavar="RESOURCE", help="Only of this resource: type:id, id or name.")
_slug = click.option("--slug", metavar="SLUG", help="Only entitlements with this slug, such as member.")


def _known(snapshot: "Snapshot", type_: str | None) -> None:
    """Tell if nothing can have the type that is asked for: it may be mistyped."""
    from jackfield.cli.output import note

    if type_ is not None and type_ not in (types := snapshot.types()):
        note(f"Nothing has the type {type_!r}; there are: {', '.join(types) or 'none'}.")


def _limited(rows: Iterable[T], limit: int | None) -> Iterator[T]:
    return islice(rows, limit)


@command("resources")
@connection_argument
@_type
@_search
@click.option("--status", type=click.Choice(STATUSES), help="Only accounts with this status.")
@_carried
@limit_option
@run_option
@output_option("table", "json", "csv")
def resources(
    app: App,
    connection: str,
    type_: str | None,
    search: str | None,
    status: str | None,
    carried: bool | None,
    limit: int | None,
    run: str | None,
    output: str,
) -> None:
    """List the resources of CONNECTION: users, groups, roles, licences, apps."""
    from jackfield.cli.output import Columns, print_listing
    from jackfield.cli.snapshots import CarriedCells, caveats, head, look
    from jackfield.exports import resource_object

    with look(app, connection, run) as snapshot:
        told = CarriedCells(app, snapshot)
        _known(snapshot, type_)

        def table(row: "ResourceRow") -> tuple[Any, ...]:
            one = row.resource
            return (str(one.id), one.display_name, _status(row), _email(row), *told.for_table(row.carried))

        def csv(row: "ResourceRow") -> tuple[Any, ...]:
            one = row.resource
            fields = one.id.type, one.id.id, one.display_name, _status(row), _login(row), _email(row), one.scope
            return (*fields, *told.for_csv(row.carried))

        if output != "json":
            caveats(app, snapshot)
        print_listing(
            output,
            _limited(snapshot.resources(type=type_, status=status, search=search, carried=carried), limit),
            table=Columns(("resource", "name", "status", "e-mail", *told.table), table),
            csv=Columns(("type", "id", "display_name", "status", "login", "email", "scope", *told.csv), csv),
            document=resource_object,
            head=head(snapshot),
            key="resources",
        )


@command("entitlements")
@connection_argument
@_type
@_search
@_resource
@_slug
@_carried
@limit_option
@run_option
@output_option("table", "json", "csv")
def entitlements(
    app: App,
    connection: str,
    type_: str | None,
    search: str | None,
    resource: str | None,
    slug: str | None,
    carried: bool | None,
    limit: int | None,
    run: str | None,
    output: str,
) -> None:
    """List what the resources of CONNECTION offer."""
    from jackfield.cli.output import Columns, print_listing
    from jackfield.cli.snapshots import CarriedCells, caveats, head, look
    from jackfield.exports import entitlement_object

    with look(app, connection, run) as snapshot:
        told = CarriedCells(app, snapshot)
        _known(snapshot, type_)

        def table(row: "EntitlementRow") -> tuple[Any, ...]:
            one = row.entitlement
            fields = str(one.id), row.resource_name, one.display_name, one.privileged, one.immutable
            return (*fields, *told.for_table(row.carried))

        def csv(row: "EntitlementRow") -> tuple[Any, ...]:
            one, of = row.entitlement, row.entitlement.id.resource
            fields = of.type, of.id, row.resource_name, one.id.slug, one.display_name, one.purpose, one.privileged
            return (*fields, one.immutable, one.scope, *told.for_csv(row.carried))

        names = "resource_type", "resource_id", "resource_name", "slug", "display_name", "purpose", "privileged"
        found = snapshot.entitlements(
            type=type_,
            resource=snapshot.find(resource) if resource else None,
            slug=slug,
            search=search,
            carried=carried,
        )
        if output != "json":
            caveats(app, snapshot)
        print_listing(
            output,
            _limited(found, limit),
            table=Columns(("entitlement", "resource", "name", "privileged", "immutable", *told.table), table),
            csv=Columns((*names, "immutable", "scope", *told.csv), csv),
            document=entitlement_object,
            head=head(snapshot),
            key="entitlements",
        )


@command("grants")
@connection_argument
@_type
@_search
@_resource
@click.option("--entitlement", metavar="ENTITLEMENT", help="Only of this entitlement: type:id/slug.")
@_slug
@click.option("--principal", metavar="PRINCIPAL", help="Only of this holder: type:id, id, e-mail, login or name.")
@click.option("--status", type=click.Choice(STATUSES), help="Only of accounts with this status.")
@_carried
@limit_option
@run_option
@output_option("table", "json", "csv")
def grants(
    app: App,
    connection: str,
    type_: str | None,
    search: str | None,
    resource: str | None,
    entitlement: str | None,
    slug: str | None,
    principal: str | None,
    status: str | None,
    carried: bool | None,
    limit: int | None,
    run: str | None,
    output: str,
) -> None:
    """List who holds what in CONNECTION, grant by grant."""
    from jackfield.cli.output import Columns, print_listing
    from jackfield.cli.snapshots import CarriedCells, caveats, head, look
    from jackfield.exports import GRANT_COLUMNS, grant_object
    from jackfield.exports.csvtable import grant_cells
    from jackfield_contracts import EntitlementId

    with look(app, connection, run) as snapshot:
        told = CarriedCells(app, snapshot)
        _known(snapshot, type_)

        def table(row: "GrantRow") -> tuple[Any, ...]:
            one = row.grant
            fields = (
                str(one.principal),
                row.principal_name,
                row.principal_status,
                str(one.entitlement),
                row.resource_name,
            )
            return (*fields, *told.for_table(row.carried))

        wanted = snapshot.find_target(entitlement) if entitlement else None
        if wanted is not None and not isinstance(wanted, EntitlementId):
            raise click.UsageError(f"{entitlement!r} is a resource; write an entitlement as {wanted}/slug.")
        found = snapshot.grants(
            type=type_,
            resource=snapshot.find(resource) if resource else None,
            entitlement=wanted,
            slug=slug,
            principal=snapshot.find(principal) if principal else None,
            status=status,
            search=search,
            carried=carried,
            names=output != "json",
        )
        if output != "json":
            caveats(app, snapshot)
        print_listing(
            output,
            _limited(found, limit),
            table=Columns(("principal", "name", "status", "holds", "of", *told.table), table),
            csv=Columns(GRANT_COLUMNS, lambda row: grant_cells(row, snapshot.header)),
            document=grant_object,
            head=head(snapshot),
            key="grants",
        )


def _status(row: "ResourceRow") -> str | None:
    from jackfield_contracts import UserTrait

    trait = row.resource.trait
    return trait.status.value if isinstance(trait, UserTrait) else None


def _login(row: "ResourceRow") -> str | None:
    from jackfield_contracts import UserTrait

    trait = row.resource.trait
    return trait.login if isinstance(trait, UserTrait) else None


def _email(row: "ResourceRow") -> str | None:
    """The primary e-mail of a user, or the first."""
    from jackfield_contracts import UserTrait

    trait = row.resource.trait
    if not isinstance(trait, UserTrait) or not trait.emails:
        return None
    return next((email.address for email in trait.emails if email.primary), trait.emails[0].address)


COMMANDS = {"resources": resources, "entitlements": entitlements, "grants": grants}
