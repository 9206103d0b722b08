"""``jackfield resources``, ``entitlements`` and ``grants``: the rows of a snapshot, filtered."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from jackfield.cli.app import App
from jackfield.cli.base import Command, command, connection_argument, limit_option, output_option, run_option
from jackfield.cli.view import View, view_options

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
_dormant = click.option(
    "--dormant",
    type=click.IntRange(min=1, max=36_500),
    metavar="DAYS",
    help="Only people who have not signed in for so many days; of whom that is not known, they are counted.",
)


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
    view: View

    @property
    def by_name(self) -> bool:
        """Whether rows come in the order of names: in tables. Programs get them in that of ids."""
        return self.output == "table" and self.view.sort is None

    @contextmanager
    def look(self) -> Generator["Looked"]:
        """The snapshot; raises NotFound if nothing in it can have the type that is asked for: it may be mistyped."""
        from jackfield.cli.snapshots import look
        from jackfield.snapshots.naming import no_such

        with look(self.app, self.connection, self.run) as snapshot:
            if self.type is not None and self.type not in (types := snapshot.listed_types()):
                raise no_such("type", self.type, types)
            yield snapshot


def _listing(name: str, *own: Callable[[Any], Any]) -> Callable[[Callable[..., None]], Command]:
    """Declare a command that lists rows; its function gets what all are asked for as one, and its *own* options."""
    shared = connection_argument, _type, _search, *own, _carried, limit_option, run_option
    options = *shared, view_options, output_option("table", "json", "csv")

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
            view: View,
            **rest: Any,
        ) -> None:
            function(Asked(app, connection, type_, search, carried, limit, run, output, view), **rest)

        decorated: Callable[..., None] = ask
        for option in reversed(options):
            decorated = option(decorated)
        return command(name)(decorated)

    return decorate


@_listing(
    "resources",
    click.option("--status", type=click.Choice(STATUSES), help="Only accounts with this status."),
    click.option("--privileged", is_flag=True, help="Only those who hold something privileged, inherited or not."),
    _dormant,
    click.option("--orphans", is_flag=True, help="Only groups that nobody is in, and accounts that hold nothing."),
)
def resources(asked: Asked, status: str | None, privileged: bool, dormant: int | None, orphans: bool) -> None:
    """List the resources of CONNECTION: users, groups, roles, licences, apps.

    With --type of what is no account, such as group, tables tell by how many each is held, and by how many it is owned.
    """
    from jackfield.cli.commands.listing import longer, print_found
    from jackfield.cli.output import Columns
    from jackfield.cli.people_filters import Away, holders_by_resource, orphans_of, privileged_people
    from jackfield.exports import resource_object
    from jackfield.snapshots.principals import facts_of_resource

    def table(row: "ResourceRow") -> tuple[Any, ...]:
        one, facts = row.resource, facts_of_resource(row.resource)
        return one.display_name, facts.email, facts.status, one.id.type, facts.login, facts.external_id, str(one.id)

    def csv(row: "ResourceRow") -> tuple[Any, ...]:
        one, facts = row.resource, facts_of_resource(row.resource)
        named = one.id.type, one.id.id, one.display_name, facts.status, facts.login, facts.email, one.scope
        return *named, facts.external_id, str(one.id)

    with asked.look() as snapshot:
        found = snapshot.resources(
            type=asked.type, status=status, search=asked.search, carried=asked.carried, by_name=asked.by_name
        )
        if privileged:
            holders = privileged_people(snapshot)
            found = (row for row in found if row.resource.id in holders)
        if orphans:
            lonely = orphans_of(snapshot)
            found = (row for row in found if row.resource.id in lonely)
        in_table = Columns(
            ("name", "e-mail", "status", "type", "login", "external_id", "resource"),
            table,
            frozenset({"login", "external_id", "resource"}),
        )
        if asked.type is not None and (held := holders_by_resource(snapshot, asked.type)) is not None:

            def of_things(row: "ResourceRow") -> tuple[Any, ...]:
                one, facts = row.resource, facts_of_resource(row.resource)
                return one.display_name, *held(one.id), one.id.type, facts.external_id, str(one.id)

            names = "name", "holders", "owners", "type", "external_id", "resource"
            in_table = Columns(names, of_things, frozenset({"external_id", "resource"}))
        in_csv = Columns(
            ("type", "id", "display_name", "status", "login", "email", "scope", "external_id", "resource"), csv
        )
        about: dict[str, object] | None = None
        document: Callable[[Any], object] = resource_object
        if dormant is not None:
            away = Away(asked.app, asked.connection, dormant)
            found = away.only(found, lambda row: row.resource)
            if asked.output == "json":
                # How many are unknown stands at the head, and is known behind the last.
                found = iter(list(found))
                about = away.told()

                def with_sign_in(row: "ResourceRow") -> object:
                    return {**resource_object(row), "last_sign_in": away.last(row.resource.id)}

                document = with_sign_in
            in_table, in_csv = (
                longer(each, ("last_sign_in",), lambda row: (away.last(row.resource.id),))
                for each in (in_table, in_csv)
            )
        print_found(
            asked.app,
            snapshot,
            asked.output,
            found,
            table=in_table,
            csv=in_csv,
            document=document,
            about=about,
            key="resources",
            limit=asked.limit,
            view=asked.view,
        )


@_listing(
    "entitlements",
    _resource,
    _slug,
    click.option("--privileged", is_flag=True, help="Only those that give privileges."),
)
def entitlements(asked: Asked, resource: str | None, slug: str | None, privileged: bool) -> None:
    """List what the resources of CONNECTION offer."""
    from jackfield.cli.commands.listing import print_found
    from jackfield.cli.output import Columns
    from jackfield.exports import entitlement_object

    def table(row: "EntitlementRow") -> tuple[Any, ...]:
        one = row.entitlement
        return row.resource_name, one.display_name, one.privileged, one.immutable, str(one.id)

    def csv(row: "EntitlementRow") -> tuple[Any, ...]:
        one, of = row.entitlement, row.entitlement.id.resource
        fields = of.type, of.id, row.resource_name, one.id.slug, one.display_name, one.purpose, one.privileged
        return *fields, one.immutable, one.scope, str(one.id)

    names = "resource_type", "resource_id", "resource_name", "slug", "display_name", "purpose", "privileged"
    with asked.look() as snapshot:
        found = snapshot.entitlements(
            type=asked.type,
            resource=snapshot.find(resource) if resource else None,
            slug=_known_slug(snapshot, slug),
            search=asked.search,
            carried=asked.carried,
            by_name=asked.by_name,
        )
        if privileged:
            found = (row for row in found if row.entitlement.privileged)
        print_found(
            asked.app,
            snapshot,
            asked.output,
            found,
            table=Columns(
                ("resource", "name", "privileged", "immutable", "entitlement"), table, frozenset({"entitlement"})
            ),
            csv=Columns((*names, "immutable", "scope", "entitlement"), csv),
            document=entitlement_object,
            key="entitlements",
            limit=asked.limit,
            view=asked.view,
        )


@_listing(
    "grants",
    _resource,
    click.option("--entitlement", metavar="ENTITLEMENT", help="Only of this entitlement: type:id/slug."),
    _slug,
    click.option("--principal", metavar="PRINCIPAL", help="Only of this holder: type:id, id, e-mail, login or name."),
    click.option("--status", type=click.Choice(STATUSES), help="Only of accounts with this status."),
    click.option("--privileged", is_flag=True, help="Only what gives privileges."),
    _dormant,
    click.option("--orphans", is_flag=True, help="Only of principals, or on resources, that the snapshot lacks."),
)
def grants(
    asked: Asked,
    resource: str | None,
    entitlement: str | None,
    slug: str | None,
    principal: str | None,
    status: str | None,
    privileged: bool,
    dormant: int | None,
    orphans: bool,
) -> None:
    """List who holds what in CONNECTION, grant by grant."""
    from jackfield.cli.commands.listing import print_found
    from jackfield.cli.output import Columns
    from jackfield.cli.people_filters import Away, person_of
    from jackfield.exports import GRANT_COLUMNS, grant_object
    from jackfield.exports.csvtable import grant_cells
    from jackfield_contracts import EntitlementId

    def table(row: "GrantRow") -> tuple[Any, ...]:
        one = row.grant
        shown = row.principal_name, row.principal_email, row.principal_status
        what = row.entitlement_name or one.entitlement.slug, row.resource_name, row.privileged
        ids = row.principal_login, row.principal_external_id, str(one.principal), str(one.entitlement)
        return *shown, *what, *ids

    with asked.look() as snapshot:
        wanted = snapshot.find_target(entitlement) if entitlement else None
        if wanted is not None and not isinstance(wanted, EntitlementId):
            raise click.UsageError(f"{entitlement!r} is a resource; write an entitlement as {wanted}/slug.")
        people = privileged or dormant is not None or orphans
        found = snapshot.grants(
            type=asked.type,
            resource=snapshot.find(resource) if resource else None,
            entitlement=wanted,
            slug=_known_slug(snapshot, slug),
            principal=snapshot.find(principal, what="person or group") if principal else None,
            status=status,
            search=asked.search,
            carried=asked.carried,
            names=asked.output != "json" or people,
            by_name=asked.by_name,
        )
        if privileged:
            found = (row for row in found if row.privileged)
        about: dict[str, object] | None = None
        if orphans:
            found = (row for row in found if row.principal_name is None or row.resource_name is None)
        if dormant is not None:
            person, away = person_of(snapshot), Away(asked.app, asked.connection, dormant)
            found = away.only(found, lambda row: person(row.grant.principal))
            if asked.output == "json":
                found = iter(list(found))
                about = away.told()
        print_found(
            asked.app,
            snapshot,
            asked.output,
            found,
            table=Columns(
                (
                    *("name", "e-mail", "status", "has", "of", "privileged"),
                    *("login", "external_id", "principal", "entitlement"),
                ),
                table,
                frozenset({"login", "external_id", "principal", "entitlement"}),
            ),
            csv=Columns(GRANT_COLUMNS, lambda row: grant_cells(row, snapshot.header)),
            document=grant_object,
            about=about,
            key="grants",
            limit=asked.limit,
            csv_whole=True,
            view=asked.view,
        )


def _known_slug(snapshot: "Looked", slug: str | None) -> str | None:
    """*slug*; raises NotFound if no entitlement has it."""
    from jackfield.snapshots.naming import no_such

    if slug is not None and slug not in (known := snapshot.slugs()):
        raise no_such("entitlement with the slug", slug, known)
    return slug


COMMANDS = {"resources": resources, "entitlements": entitlements, "grants": grants}
