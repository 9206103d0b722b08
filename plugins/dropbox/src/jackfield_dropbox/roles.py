"""The one admin role of a member: given, replaced only if that is meant, and taken only if it is the one held."""

from jackfield.errors import Refused
from jackfield_contracts import AccessState, GrantAccess, Outcome, OutcomeKind, RevokeAccess
from jackfield_dropbox import people, routes, wire, writes
from jackfield_dropbox.api import Api
from jackfield_dropbox.outcomes import decide, outcome


async def give(api: Api, change: GrantAccess, state: AccessState) -> Outcome:
    """Give a role by members/set_admin_permissions_v2, which drops another one: refused unless that is meant."""
    call = api.traced()
    role, person = change.entitlement.resource.id, change.principal.id
    held = _held(state, change)
    if role in held or not change.replace:
        # The call replaces whatever is held by now, so that a fresh read decides.
        found = await _member(call, person)
        if isinstance(found, Outcome):
            return found
        held = {each.role_id for each in (found.roles or () if found is not None else ())}
        if role in held:
            return Outcome(
                outcome=OutcomeKind.ALREADY, reason="This person has the role already.", request_ids=call.request_ids
            )
    if held and not change.replace:
        return Outcome(
            outcome=OutcomeKind.REFUSED,
            tag="needs_replace",
            reason="This person has another role, a member has one at most, and replacing it was not asked for.",
            request_ids=call.request_ids,
        )
    return await _set(call, person, (role,))


async def take(api: Api, change: RevokeAccess) -> Outcome:
    """Take a role if one fresh read shows that it is the one held: the call would take any other as well."""
    call = api.traced()
    role, person = change.entitlement.resource.id, change.principal.id
    found = await _member(call, person)
    if isinstance(found, Outcome):
        return found
    held = {each.role_id: each.name for each in found.roles or ()} if found is not None else {}
    if role not in held:
        others = ", ".join(f"{name} (role:{id})" for id, name in held.items())
        stays = f"{others} is held instead, and stays." if others else "no role is held."
        return Outcome(
            outcome=OutcomeKind.ALREADY, reason=f"The role is not held; {stays}", request_ids=call.request_ids
        )
    return await _set(call, person, ())


async def _set(call: Api, person: str, roles: tuple[str, ...]) -> Outcome:
    reply = await writes.set_roles(call, person, roles)
    if reply.tag is not None:
        return outcome(decide(routes.SET_ROLES, reply.tag), tag=reply.tag, request_ids=call.request_ids)
    return Outcome(outcome=OutcomeKind.CHANGED, request_ids=call.request_ids)


async def _member(call: Api, person: str) -> wire.Member | Outcome | None:
    """The member now, None if there is none; or how the change ends where Dropbox does not say."""
    selector: people.Selector = ("team_member_id", person)
    try:
        return (await people.find(call, [selector])).get(selector)
    except Refused as error:
        tag = error.tag or "other"
        return outcome(decide(routes.GET_INFO, tag), tag=tag, request_ids=call.request_ids)


def _held(state: AccessState, change: GrantAccess) -> set[str]:
    return {
        grant.entitlement.resource.id
        for grant in state.held
        if grant.principal == change.principal and grant.entitlement.resource.type == "role"
    }
