"""``jackfield resources``, ``entitlements`` and ``grants``: the rows of a snapshot, filtered."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from jackfield.cli.app import App
from jackfield.cli.base import Command, command, connection_argument, limit_option, output_option, run_option

if TYPE_CHECKING:
    from jackfield.cli.snapshots import Looked
    from jackfield.snapshots.records import EntitlementRow, GrantRow, ResourceRow

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


class Asked(NamedTuple):
    """What all three commands are asked for alike."""

    app: App
    connection: str
    type: str | None
    search: str | None
    carried: bool | None
    limit: int | None
    run: str | None
    output: str

    @contextmanager
    def look(self) -> Generator["Looked"]:
        """The snapshot; tells if nothing in it can have the type that is asked for: it may be mistyped."""
        from jackfield.cli.output import note
        from jackfield.cli.snapshots import look

        with look(self.app, self.connection, self.run) as snapshot:
            if self.type is not None and self.type not in (types := snapshot.types()):
                note(f"Nothing has the type {self.type!r}; there are: {', '.join(types) or 'none'}.")
            yield snapshot


def _listing(name: str, *own: Callable[[Any], Any]) -> Callable[[Callable[..., None]], Command]:
    """Declare a command that lists rows; its function gets what all are asked for as one, and its *own* options."""
    shared = connection_argument, _type, _search, *own, _carried, limit_option, run_option
    options = *shared, output_option("table", "json", "csv")

    def decorate(function: Callable[..., None]) -> Command:
        @wraps(function)
        def ask(
            app: App,
            connection: str,
            type_: str | None,
            search: str | None,
            carried: bool | None,
            limit: int | None,
            run: str | None,
            output: str,
            **rest: str | None,
        ) -> None:
            function(Asked(app, connection, type_, search, carried, limit, run, output), **rest)

        decorated: Callable[..., None] = ask
        for option in reversed(options):
            decorated = option(decorated)
        return command(name)(decorated)

    return decorate


@_listing("resources", click.option("--status", type=click.Choice(STATUSES), help="Only accounts with this status."))
def resources(asked: Asked, status: str | None) -> None:
    """List the resources of CONNECTION: users, groups, roles, licences, apps."""
    from jackfield.cli.commands.listing import print_found
    from jackfield.cli.output import Columns
    from jackfield.exports import resource_object

    def table(row: "ResourceRow") -> tuple[Any, ...]:
        one = row.resource
        return str(one.id), one.display_name, _status(row), _email(row)

    def csv(row: "ResourceRow") -> tuple[Any, ...]:
        one = row.resource
        return one.id.type, one.id.id, one.display_name, _status(row), _login(row), _email(row), one.scope

    with asked.look() as snapshot:
        found = snapshot.resources(type=asked.type, status=status, search=asked.search, carried=asked.carried)
        print_found(
            asked.app,
            snapshot,
            asked.output,
            found,
            table=Columns(("resource", "name", "status", "e-mail"), table),
            csv=Columns(("type", "id", "display_name", "status", "login", "email", "scope"), csv),
            document=resource_object,
            key="resources",
            limit=asked.limit,
        )


@_listing("entitlements", _resource, _slug)
def entitlements(asked: Asked, resource: str | None, slug: str | None) -> None:
    """List what the resources of CONNECTION offer."""
    from jackfield.cli.commands.listing import print_found
    from jackfield.cli.output import Columns
    from jackfield.exports import entitlement_object

    def table(row: "EntitlementRow") -> tuple[Any, ...]:
        one = row.entitlement
        return str(one.id), row.resource_name, one.display_name, one.privileged, one.immutable

    def csv(row: "EntitlementRow") -> tuple[Any, ...]:
        one, of = row.entitlement, row.entitlement.id.resource
        fields = of.type, of.id, row.resource_name, one.id.slug, one.display_name, one.purpose, one.privileged
        return *fields, one.immutable, one.scope

    names = "resource_type", "resource_id", "resource_name", "slug", "display_name", "purpose", "privileged"
    with asked.look() as snapshot:
        found = snapshot.entitlements(
            type=asked.type,
            resource=snapshot.find(resource) if resource else None,
            slug=slug,
            search=asked.search,
            carried=asked.carried,
        )
        print_found(
            asked.app,
            snapshot,
            asked.output,
            found,
            table=Columns(("entitlement", "resource", "name", "privileged", "immutable"), table),
            csv=Columns((*names, "immutable", "scope"), csv),
            document=entitlement_object,
            key="entitlements",
            limit=asked.limit,
        )


@_listing(
    "grants",
    _resource,
    click.option("--entitlement", metavar="ENTITLEMENT", help="Only of this entitlement: type:id/slug."),
    _slug,
    click.option("--principal", metavar="PRINCIPAL", help="Only of this holder: type:id, id, e-mail, login or name."),
    click.option("--status", type=click.Choice(STATUSES), help="Only of accounts with this status."),
)
def grants(
    asked: Asked,
    resource: str | None,
    entitlement: str | None,
    slug: str | None,
    principal: str | None,
    status: str | None,
) -> None:
    """List who holds what in CONNECTION, grant by grant."""
    from jackfield.cli.commands.listing import print_found
    from jackfield.cli.output import Columns
    from jackfield.exports import GRANT_COLUMNS, grant_object
    from jackfield.exports.csvtable import grant_cells
    from jackfield_contracts import EntitlementId

    def table(row: "GrantRow") -> tuple[Any, ...]:
        one = row.grant
        return str(one.principal), row.principal_name, row.principal_status, str(one.entitlement), row.resource_name

    with asked.look() as snapshot:
        wanted = snapshot.find_target(entitlement) if entitlement else None
        if wanted is not None and not isinstance(wanted, EntitlementId):
            raise click.UsageError(f"{entitlement!r} is a resource; write an entitlement as {wanted}/slug.")
        found = snapshot.grants(
            type=asked.type,
            resource=snapshot.find(resource) if resource else None,
            entitlement=wanted,
            slug=slug,
            principal=snapshot.find(principal) if principal else None,
            status=status,
            search=asked.search,
            carried=asked.carried,
            names=asked.output != "json",
        )
        print_found(
            asked.app,
            snapshot,
            asked.output,
            found,
            table=Columns(("principal", "name", "status", "holds", "of"), table),
            csv=Columns(GRANT_COLUMNS, lambda row: grant_cells(row, snapshot.header)),
            document=grant_object,
            key="grants",
            limit=asked.limit,
            csv_whole=True,
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
