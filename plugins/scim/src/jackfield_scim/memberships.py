"""Grants: members of groups, roles and entitlements of users."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jackfield.errors import NotFound, Refused
from jackfield_contracts import (
    AccessState,
    GrantAccess,
    GrantId,
    Outcome,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
)
from jackfield_scim import api as routes
from jackfield_scim import editing, model, wire
from jackfield_scim.api import Api, Operation
from jackfield_scim.config import Removal
from jackfield_scim.outcomes import NO_TARGET, already, decided, refused, word

Changes = Sequence[GrantAccess] | Sequence[RevokeAccess]


async def change(api: Api, changes: Changes, state: AccessState, *, adds: bool) -> tuple[Outcome, ...]:
    """Make or take back grants, an outcome each: one request for all of a group, one for each role or entitlement."""
    call = api.traced()
    ends: dict[int, Outcome] = {}
    asked: dict[ResourceId, dict[int, ResourceId]] = {}
    for number, each in enumerate(changes):
        end = _foreseen(each, state, adds=adds)
        if end is not None:
            ends[number] = end
        else:
            asked.setdefault(each.entitlement.resource, {})[number] = each.principal
    for resource, whom in asked.items():
        ends |= await _made(call, resource, whom, adds=adds)
    return tuple(msgspec.structs.replace(ends[number], request_ids=call.request_ids) for number in range(len(changes)))


def _foreseen(change: GrantAccess | RevokeAccess, state: AccessState, *, adds: bool) -> Outcome | None:
    """What the state says already; None where the provider is to be asked."""
    entitlement, principal = change.entitlement, change.principal
    if entitlement not in [each.id for each in state.entitlements]:
        return refused("no_such_entitlement", "The provider has nothing of this kind to give.")
    if principal.type not in model.offered(entitlement.resource, "").grantable_to:
        return refused("wrong_principal", f"It can't be held by a {principal.type}.")
    holds = GrantId(entitlement=entitlement, principal=principal) in state.held
    if holds == adds:
        return already("It is held already." if adds else "It is not held.")
    if adds and principal not in [each.account for each in state.accounts]:
        return refused("not_found", "The provider does not know who is to hold it.")
    return None


async def _made(api: Api, resource: ResourceId, asked: Mapping[int, ResourceId], *, adds: bool) -> dict[int, Outcome]:
    kind = model.BY_TYPE.get(resource.type)
    if kind is not None:
        return {
            number: await _edited(api, routes.USERS, who.id, kind.attribute, [_value(resource)], adds=adds)
            for number, who in asked.items()
        }
    entries = {number: _member(who, typed=api.config.send_member_type) for number, who in asked.items()}
    end = await _edited(api, routes.GROUPS, resource.id, "members", list(entries.values()), adds=adds)
    if len(asked) == 1 or end.outcome in (OutcomeKind.CHANGED, OutcomeKind.ALREADY):
        return dict.fromkeys(asked, end)
    # One of them may be what the provider refuses all for.
    return {
        number: await _edited(api, routes.GROUPS, resource.id, "members", [entry], adds=adds)
        for number, entry in entries.items()
    }


async def _edited(
    api: Api, endpoint: str, id: str, attribute: str, entries: Sequence[dict[str, Any]], *, adds: bool
) -> Outcome:
    """Add values to a multi-valued attribute of one resource, or take them away."""
    ids = [str(each["value"]) for each in entries]
    operations = [Operation(op="add", path=attribute, value=entries)] if adds else api.removal(attribute, ids)

    def edit(document: dict[str, Any]) -> bool:
        return _add(document, attribute, entries) if adds else _remove(document, attribute, ids)

    # What stands beside is looked at: some providers take an addition for all there is, or a removal for all values.
    guarded = await api.patches()
    before = await _values(api, endpoint, id, attribute) if guarded else set[str]()
    alike = {each.casefold() for each in before - set(ids)} & {each.casefold() for each in ids}
    if alike and not adds:
        return refused(
            "alike",
            "It has others that differ in capitals alone, and a provider may compare without: they would go along."
            ' patch = "no" takes it away without them.',
        )
    try:
        end = await editing.apply(api, endpoint, id, operations, edit)
    except NotFound as error:
        return decided(error)
    except Refused as error:
        if not adds and word(error) == NO_TARGET and not await _values(api, endpoint, id, attribute) & set(ids):
            return already("It is not held any more.")
        return decided(error)
    if guarded and (lost := before - set(ids) - await _values(api, endpoint, id, attribute)):
        return _took(len(lost), api, adds=adds)
    return end


def _took(others: int, api: Api, *, adds: bool) -> Outcome:
    by_value = not adds and api.config.patch_removal is Removal.VALUE
    mend = (
        'This provider needs patch_removal = "filter"' if by_value else 'Put them back; patch = "no" writes the whole'
    )
    return Outcome(
        outcome=OutcomeKind.FAILED,
        tag="took_others",
        reason=f"{others} {'other was' if others == 1 else 'others were'} taken away with it by the provider. {mend}.",
    )


async def _values(api: Api, endpoint: str, id: str, attribute: str) -> set[str]:
    found = await api.find(endpoint, id)
    listed = wire.several(found.seen.get(attribute)) if found is not None else []
    parts = [wire.attributes(each) for each in listed or []]
    return {value for part in parts if part is not None and (value := wire.ident(part.get("value"))) is not None}


def _add(document: dict[str, Any], attribute: str, entries: Sequence[dict[str, Any]]) -> bool:
    key = editing.key_of(document, attribute)
    listed: list[Any] = wire.several(document.get(key)) or []
    there = {_value_of(each) for each in listed}
    fresh = [each for each in entries if each["value"] not in there]
    document[key] = [*listed, *fresh]
    return bool(fresh)


def _remove(document: dict[str, Any], attribute: str, ids: Sequence[str]) -> bool:
    key = editing.key_of(document, attribute)
    listed: list[Any] = wire.several(document.get(key)) or []
    left = [each for each in listed if _value_of(each) not in ids]
    document[key] = left
    return len(left) < len(listed)


def _value_of(entry: object) -> str | None:
    part = wire.attributes(wire.lowered(entry))
    return wire.ident(part.get("value")) if part is not None else None


def _member(who: ResourceId, *, typed: bool) -> dict[str, Any]:
    """A member as it is sent."""
    return {"value": who.id, "type": who.type.capitalize()} if typed else {"value": who.id}


def _value(resource: ResourceId) -> dict[str, Any]:
    return {"value": resource.id}
