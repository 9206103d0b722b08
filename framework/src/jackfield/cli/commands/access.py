"""``jackfield access`` and ``who``: access from the side of a person and from the side of a resource."""

from typing import TYPE_CHECKING, Any

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, limit_option, output_option, run_option
from jackfield.cli.view import View, view_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jackfield.cli.snapshots import Looked
    from jackfield.snapshots.access import Access
    from jackfield_contracts import EntitlementId, ResourceId

STATUSES = ("enabled", "disabled", "pending", "deleted", "unknown")

_privileged = click.option("--privileged", is_flag=True, help="Only what gives privileges.")
_direct = click.option("--direct", is_flag=True, help="Leave out what is inherited.")

_WHO = (
    *("name", "e-mail", "status", "has", "privileged", "how"),
    *("login", "external_id", "principal", "entitlement"),
)

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
    "principal_login",
    "principal_email",
    "principal_external_id",
    "privileged",
    "entitlement",
    "principal",
)


@command("access")
@connection_argument
@click.argument("user")
@_direct
@_privileged
@click.option("--tree", is_flag=True, help="Show as a tree what leads to what.")
@limit_option
@run_option
@view_options
@output_option("table", "json", "csv")
def access(
    app: App,
    connection: str,
    user: str,
    direct: bool,
    privileged: bool,
    tree: bool,
    limit: int | None,
    run: str | None,
    view: View,
    output: str,
) -> None:
    """What USER of CONNECTION has access to.

    USER is an id, an e-mail, a login or a name. What is inherited shows the path: through which groups. Another resource,
    such as group:7, is told what it has been given itself; who is in a group is told by `jackfield who`.
    """
    from jackfield.cli.commands.listing import print_found
    from jackfield.cli.output import Columns, note, say
    from jackfield.cli.snapshots import caveats, look
    from jackfield.cli.text import clean
    from jackfield.snapshots.access import access_of
    from jackfield.snapshots.sorting import name_key

    if tree and output != "table":
        raise click.UsageError("--tree is for people; JSON and CSV have the path of each line.")
    with look(app, connection, run) as snapshot:
        principal = snapshot.find(user, users=True)
        row = snapshot.resource(principal)
        name = row.resource.display_name if row else None
        status = getattr(row.resource.trait, "status", None) if row else None
        circles: dict[EntitlementId, set[EntitlementId]] = {}
        found = list(access_of(snapshot, principal, inherited=not direct, circles=circles))
        state = f", {status.value}" if status else ""
        who = f"{clean(name or principal.id)} ({clean(str(principal))}{state})"
        if tree:
            from jackfield.cli.tree import lines_of

            caveats(app, snapshot)
            say("\n".join([who, *lines_of(found, circles, privileged=privileged)]))
            return
        shown = [one for one in found if one.privileged] if privileged else found

        def cells(one: "Access") -> tuple[Any, ...]:
            what = one.resource_name, one.entitlement_name or one.entitlement.slug, one.privileged
            return *what, _how(one), str(one.entitlement)

        if output == "table":
            shown = sorted(shown, key=lambda one: (len(one.path), name_key(one.resource_name or "")))
            note(_told_of(snapshot, principal, who, shown, left_out=direct or privileged))
        print_found(
            app,
            snapshot,
            output,
            shown,
            table=Columns(("resource", "has", "privileged", "how", "entitlement"), cells, frozenset({"entitlement"})),
            csv=Columns(_CSV, _csv),
            document=_of_principal,
            key="access",
            limit=limit,
            about={"principal": {"type": principal.type, "id": principal.id, "display_name": name, "status": status}},
            view=view,
        )


@command("who")
@connection_argument
@click.argument("resource")
@_direct
@_privileged
@click.option("--status", type=click.Choice(STATUSES), help="Only accounts with this status.")
@click.option(
    "--dormant",
    type=click.IntRange(min=1, max=36_500),
    metavar="DAYS",
    help="Only people who have not signed in for so many days; of whom that is not known, they are counted.",
)
@limit_option
@run_option
@view_options
@output_option("table", "json", "csv")
def who(
    app: App,
    connection: str,
    resource: str,
    direct: bool,
    privileged: bool,
    status: str | None,
    dormant: int | None,
    limit: int | None,
    run: str | None,
    view: View,
    output: str,
) -> None:
    """Who has access to RESOURCE of CONNECTION.

    RESOURCE is type:id, an id or a name, with /slug behind it for one entitlement only. What is inherited shows the path.
    """
    from jackfield.cli.commands.listing import print_found
    from jackfield.cli.output import Columns, note
    from jackfield.cli.snapshots import look
    from jackfield.snapshots.access import holders_of
    from jackfield.snapshots.sorting import name_key

    with look(app, connection, run) as snapshot:
        target = snapshot.find_target(resource)

        def cells(one: "Access") -> tuple[Any, ...]:
            person = one.principal_name, one.principal_email, one.principal_status
            what = one.entitlement_name or one.entitlement.slug, one.privileged, _how(one)
            return (
                *person,
                *what,
                one.principal_login,
                one.principal_external_id,
                str(one.principal),
                str(one.entitlement),
            )

        found = holders_of(snapshot, target, inherited=not direct)
        if privileged:
            found = (one for one in found if one.privileged)
        if status is not None:
            found = (one for one in found if one.principal_status == status)
        if dormant is not None:
            from jackfield.cli.people_filters import Away, person_of

            person, away = person_of(snapshot), Away(app, connection, dormant)
            found = away.only(found, lambda one: person(one.principal))
        if output == "table":
            found = sorted(found, key=lambda one: (name_key(one.principal_name or ""), bool(one.path)))
        found, first = _first_of(found)
        print_found(
            app,
            snapshot,
            output,
            found,
            table=Columns(_WHO, cells, frozenset({"login", "external_id", "principal", "entitlement"})),
            csv=Columns(_CSV, _csv),
            document=_of_target,
            key="access",
            limit=limit,
            about={"target": str(target)},
            view=view,
        )
        if first is None and output != "json":
            note(_nobody(snapshot, target, filtered=direct or privileged or status is not None or dormant is not None))


def _first_of(found: "Iterable[Access]") -> "tuple[Iterable[Access], Access | None]":
    from itertools import chain

    rows = iter(found)
    first = next(rows, None)
    return (chain((first,), rows) if first is not None else ()), first


def _told_of(
    snapshot: "Looked", principal: "ResourceId", who: str, shown: "Sequence[Access]", *, left_out: bool
) -> str:
    """How much somebody has access to; of what is nobody's account, where else to look."""
    from shlex import quote

    from jackfield.cli.text import clean, count
    from jackfield_contracts import UserTrait

    held = len({one.entitlement for one in shown})
    ways = f", in {count(len(shown), 'way')}" if len(shown) > held else ""
    row = snapshot.resource(principal)
    if row is None or isinstance(row.resource.trait, UserTrait):
        return f"{who} has {count(held, 'entitlement')}{ways}:"
    what = f"has {count(held, 'entitlement')} itself{ways}" if held else "is itself given nothing"
    also = " of what was asked for" if left_out and not held else ""
    where = f"`jackfield who {snapshot.run.connection} {quote(clean(str(principal)))}`"
    return f"{who} is a {principal.type}, and {what}{also}. Who has access to it is told by {where}."


def _nobody(snapshot: "Looked", target: "ResourceId | EntitlementId", *, filtered: bool) -> str:
    """Why nobody is listed who has access to *target*."""
    from shlex import quote

    from jackfield.cli.text import clean, count
    from jackfield_contracts import EntitlementId, UserTrait

    id = target.resource if isinstance(target, EntitlementId) else target
    row = snapshot.resource(id)
    name = f"{row.resource.display_name} ({target})" if row is not None else str(target)
    offers = [target] if isinstance(target, EntitlementId) else list(snapshot.entitlements(resource=id))
    if offers:
        seen = "is seen to hold" if snapshot.header.complete else "was seen to hold"
        fits = " who fits what was asked for" if filtered else ""
        what = "the entitlement" if len(offers) == 1 else f"any of the {count(len(offers), 'entitlement')}"
        return f"Nobody{fits} {seen} {what} of {name}."
    text = f"{name} offers nothing that somebody could hold."
    if row is not None and isinstance(row.resource.trait, UserTrait):
        where = f"`jackfield access {snapshot.run.connection} {quote(clean(str(id)))}`"
        text = f"{text} What this person has access to is told by {where}."
    return text


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
        one.principal_login,
        one.principal_email,
        one.principal_external_id,
        one.privileged,
        str(one.entitlement),
        str(one.principal),
    )


def _of_principal(one: "Access") -> dict[str, object]:
    """Access as ``access --output json`` tells it: the principal is the same for all."""
    names: dict[str, object] = {"resource_name": one.resource_name, "entitlement_name": one.entitlement_name}
    return {
        "entitlement": one.entitlement,
        **names,
        **_way(one),
        "privileged": one.privileged,
        "text": str(one.entitlement),
    }


def _of_target(one: "Access") -> dict[str, object]:
    """Access as ``who --output json`` tells it."""
    names: dict[str, object] = {"display_name": one.principal_name, "status": one.principal_status}
    more = {
        "login": one.principal_login,
        "email": one.principal_email,
        "external_id": one.principal_external_id,
        "privileged": one.privileged,
        "text": str(one.entitlement),
    }
    return {"principal": one.principal, **names, "entitlement": one.entitlement, **_way(one), **more}


def _way(one: "Access") -> dict[str, object]:
    way: dict[str, object] = {"inherited": bool(one.path), "path": one.path}
    if one.carried:
        from jackfield.exports import carried_object

        way["carried"] = carried_object(one.carried)
    return way


COMMANDS = {"access": access, "who": who}
