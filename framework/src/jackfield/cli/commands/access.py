"""``jackfield access`` and ``who``: access from the side of a person and from the side of a resource."""

from typing import TYPE_CHECKING, Any

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, limit_option, output_option, run_option

if TYPE_CHECKING:
    from jackfield.snapshots.access import Access

_direct = click.option("--direct", is_flag=True, help="Leave out what is inherited.")

_CSV = (
    "principal_type",
    "principal_id",
    "principal_name",
    "principal_status",
    "resource_type",
    "resource_id",
    "resource_name",
    "slug",
    "entitlement_name",
    "inherited",
    "path",
)


@command("access")
@connection_argument
@click.argument("user")
@_direct
@limit_option
@run_option
@output_option("table", "json", "csv")
def access(app: App, connection: str, user: str, direct: bool, limit: int | None, run: str | None, output: str) -> None:
    """What USER of CONNECTION has access to.

    USER is an id, an e-mail, a login or a name; type:id means any resource, such as group:7. What is inherited shows the
    path: through which groups.
    """
    from jackfield.cli.commands.listing import print_found
    from jackfield.cli.output import Columns, note
    from jackfield.cli.snapshots import look
    from jackfield.cli.text import clean, count
    from jackfield.snapshots.access import access_of

    with look(app, connection, run) as snapshot:
        principal = snapshot.find(user, users=True)
        row = snapshot.resource(principal)
        name = row.resource.display_name if row else None
        status = getattr(row.resource.trait, "status", None) if row else None
        found = list(access_of(snapshot, principal, inherited=not direct))

        def cells(one: "Access") -> tuple[Any, ...]:
            return (one.resource_name, one.entitlement_name or one.entitlement.slug, str(one.entitlement), _how(one))

        if output == "table":
            state = f", {status.value}" if status else ""
            note(
                f"{clean(name or principal.id)} ({clean(str(principal))}{state}) has {count(len(found), 'way')} to access:"
            )
        print_found(
            app,
            snapshot,
            output,
            found,
            table=Columns(("resource", "has", "entitlement", "how"), cells),
            csv=Columns(_CSV, _csv),
            document=_of_principal,
            key="access",
            limit=limit,
            about={"principal": {"type": principal.type, "id": principal.id, "display_name": name, "status": status}},
        )


@command("who")
@connection_argument
@click.argument("resource")
@_direct
@limit_option
@run_option
@output_option("table", "json", "csv")
def who(
    app: App, connection: str, resource: str, direct: bool, limit: int | None, run: str | None, output: str
) -> None:
    """Who has access to RESOURCE of CONNECTION.

    RESOURCE is type:id, an id or a name, with /slug behind it for one entitlement only. What is inherited shows the path.
    """
    from jackfield.cli.commands.listing import print_found
    from jackfield.cli.output import Columns
    from jackfield.cli.snapshots import look
    from jackfield.snapshots.access import holders_of

    with look(app, connection, run) as snapshot:
        target = snapshot.find_target(resource)

        def cells(one: "Access") -> tuple[Any, ...]:
            return (one.principal_name, str(one.principal), one.principal_status, one.entitlement.slug, _how(one))

        print_found(
            app,
            snapshot,
            output,
            holders_of(snapshot, target, inherited=not direct),
            table=Columns(("name", "principal", "status", "has", "how"), cells),
            csv=Columns(_CSV, _csv),
            document=_of_target,
            key="access",
            limit=limit,
            about={"target": str(target)},
        )


def _how(one: "Access") -> str:
    """The path in words, from what the principal itself holds."""
    if not one.path:
        return "directly"
    return "through " + " › ".join(f"{via.display_name or via.resource} ({via.slug})" for via in one.path)


def _csv(one: "Access") -> tuple[Any, ...]:
    resource = one.entitlement.resource
    return (
        one.principal.type,
        one.principal.id,
        one.principal_name,
        one.principal_status,
        resource.type,
        resource.id,
        one.resource_name,
        one.entitlement.slug,
        one.entitlement_name,
        bool(one.path),
        " > ".join(f"{via.resource}/{via.slug}" for via in one.path),
    )


def _of_principal(one: "Access") -> dict[str, object]:
    """Access as ``access --output json`` tells it: the principal is the same for all."""
    names: dict[str, object] = {"resource_name": one.resource_name, "entitlement_name": one.entitlement_name}
    return {"entitlement": one.entitlement, **names, **_way(one)}


def _of_target(one: "Access") -> dict[str, object]:
    """Access as ``who --output json`` tells it."""
    names: dict[str, object] = {"display_name": one.principal_name, "status": one.principal_status}
    return {"principal": one.principal, **names, "entitlement": one.entitlement, **_way(one)}


def _way(one: "Access") -> dict[str, object]:
    way: dict[str, object] = {"inherited": bool(one.path), "path": one.path}
    if one.carried:
        from jackfield.exports import carried_object

        way["carried"] = carried_object(one.carried)
    return way


COMMANDS = {"access": access, "who": who}
