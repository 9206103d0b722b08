"""The routes that change a member: suspended or not, the role, the profile, another welcome mail."""

from __future__ import annotations

from ..team import Member
from ..wire import rendering
from ..wire.answers import RouteError, encode
from ..wire.schema import Json
from . import write_arguments
from .call import Call, Route

SUSPEND = "team/members/suspend"
UNSUSPEND = "team/members/unsuspend"
SET_ROLES = "team/members/set_admin_permissions_v2"
SET_PROFILE = "team/members/set_profile_v2"
WELCOME = "team/members/send_welcome_email"


def _known(call: Call, selector: Json) -> Member:
    member = call.member(selector)
    if member is None:
        raise RouteError("user_not_found")
    return member


def suspend(call: Call) -> bytes:
    """team/members/suspend; `wipe_data` is true unless it is given."""
    member, ledger = _known(call, call.arg["user"]), call.behind.ledger
    call.team.suspend(member)
    ledger.applied(SUSPEND)
    ledger.count("suspensions", member.id)
    if call.arg["wipe_data"]:
        ledger.count("wipes", member.id)
    return b"null"


def unsuspend(call: Call) -> bytes:
    """team/members/unsuspend."""
    member, ledger = _known(call, call.arg["user"]), call.behind.ledger
    call.team.unsuspend(member)
    ledger.applied(UNSUSPEND)
    ledger.count("unsuspensions", member.id)
    return b"null"


def set_admin_permissions(call: Call) -> bytes:
    """team/members/set_admin_permissions_v2; the new roles replace the old one, an empty list takes it away.

    What leaving out `new_roles` means is not documented; here it changes nothing.
    """
    member, team, ledger = _known(call, call.arg["user"]), call.team, call.behind.ledger
    new: list[str] | None = call.arg["new_roles"]
    if not member.on_team:
        raise RouteError("user_not_in_team")
    if new is not None:
        role = team.role(new[0]) if new else None
        if new and role is None:
            raise RouteError("role_not_found")
        team.set_role(member, role)
    ledger.applied(SET_ROLES)
    ledger.count("role_changes", member.id)
    held = [rendering.role(member.role)] if member.role else []
    return encode({"team_member_id": member.id, "roles": held})


def set_profile(call: Call) -> bytes:
    """team/members/set_profile_v2."""
    arg = call.arg
    if all(value is None for name, value in arg.items() if name != "user"):
        raise RouteError("no_new_data_specified")
    if arg["user"][0] == "external_id" and arg["new_external_id"] is not None:
        raise RouteError("external_id_and_new_external_id_unsafe")
    member, ledger = _known(call, arg["user"]), call.behind.ledger
    call.team.set_profile(
        member,
        email=arg["new_email"],
        external_id=arg["new_external_id"],
        given=arg["new_given_name"],
        surname=arg["new_surname"],
        persistent_id=arg["new_persistent_id"],
        directory_restricted=arg["new_is_directory_restricted"],
    )
    ledger.applied(SET_PROFILE)
    ledger.count("profile_changes", member.id)
    return b'{"member_info":' + rendering.info(member) + b"}"


def send_welcome_email(call: Call) -> bytes:
    """team/members/send_welcome_email, whose argument is the selector itself; only who is invited gets a mail."""
    member, ledger = _known(call, call.arg), call.behind.ledger
    if not member.on_team:
        raise RouteError("user_not_in_team")
    ledger.applied(WELCOME)
    if member.status == "invited":
        ledger.count("welcome_mails", member.email.casefold())
    return b"null"


def routes() -> list[Route]:
    """The routes of this file."""
    arguments = write_arguments
    return [
        Route(name=name, scope="members.write", arg=arg, answer=answer, writes=True)
        for name, arg, answer in (
            (SUSPEND, arguments.MEMBERS_SUSPEND, suspend),
            (UNSUSPEND, arguments.MEMBERS_UNSUSPEND, unsuspend),
            (SET_ROLES, arguments.MEMBERS_SET_ROLES, set_admin_permissions),
            (SET_PROFILE, arguments.MEMBERS_SET_PROFILE, set_profile),
            (WELCOME, arguments.MEMBERS_WELCOME, send_welcome_email),
        )
    ]
