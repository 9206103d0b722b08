"""The state by which changes are judged, read now: single users and groups by id, people by name."""

import asyncio
from collections.abc import Collection
from typing import Final

from jackfield.errors import Refused, RemoteContract
from jackfield_contracts import AccessState, AccountState, Entitlement, EntitlementId, GrantId, ResourceId, StateQuery
from jackfield_scim import api as routes
from jackfield_scim import lookups, model, wire
from jackfield_scim.api import Api, Found
from jackfield_scim.config import MembersBy
from jackfield_scim.outcomes import word

_NO_ID: Final = ("http_400", "invalidvalue", "invalidsyntax", "bad_id")
"""What a provider says to an id that is of no form that it has."""


async def read_state(api: Api, query: StateQuery) -> AccessState:
    """The accounts, and what of the resources they hold. One request for each user, group and attribute of a name.

    A role or an entitlement that none of the accounts has costs one more: it is there if anybody has it.
    """
    call = api.traced()
    unreadable: dict[str, str] = {}
    async with asyncio.TaskGroup() as tasks:
        ids = {
            each: tasks.create_task(_found(call, each, unreadable))
            for each in dict.fromkeys((*query.principals, *query.resources))
            if each.type in ("user", "group")
        }
        names = {name: tasks.create_task(_named(call, name)) for name in dict.fromkeys(query.names)}
    read = {id: found for id, task in ids.items() if (found := task.result()) is not None}
    people: dict[ResourceId, wire.Attributes] = {}
    accounts: list[AccountState] = []
    for id in query.principals:
        if id in read:
            people[id] = read[id].seen
            accounts.append(_account(id, read[id].seen, api))
    for name, task in names.items():
        for seen in task.result():
            person = model.person(seen, api.config, asked=name)
            if person is not None:
                people.setdefault(person.state.account, seen)
                accounts.append(person.state)
    offered: list[Entitlement] = []
    held: list[GrantId] = []
    for at in dict.fromkeys(query.resources):
        kind = model.BY_TYPE.get(at.type)
        if kind is not None:
            holders = [
                who
                for who, seen in people.items()
                if who.type == "user" and _holds(api, seen, kind, at, who, unreadable)
            ]
            if not holders and not await lookups.anybody(call, kind.attribute, at.id):
                continue
            offered.append(model.offered(at, kind.listed.name))
            held += [GrantId(entitlement=offered[-1].id, principal=who) for who in holders]
        elif at.type == "group" and at in read:
            offered.append(model.offered(at, model.GROUPS.name))
            # A provider may leave whom it deleted in groups: that membership is there, and can be taken away.
            gone = [each for each in query.principals if each not in read and str(each) not in unreadable]
            held += await _members(call, read[at].seen, offered[-1].id, (*people, *gone), unreadable)
    return AccessState(
        accounts=tuple(accounts),
        entitlements=tuple(offered),
        held=tuple(held),
        unreadable=unreadable,
        request_ids=call.request_ids,
    )


async def _found(api: Api, id: ResourceId, unreadable: dict[str, str]) -> Found | None:
    """A user or a group, None if there is none; a name that somebody took for an id may be no id at all."""
    try:
        return await api.find(_endpoint(id), id.id)
    except Refused as error:
        if word(error) in _NO_ID:
            return None
        raise
    except RemoteContract as error:
        if lookups.LIKE_AN_ID.fullmatch(id.id):
            raise
        unreadable[str(id)] = f"the provider can't be asked for such an id: {error.summary}"
        return None


async def _named(api: Api, name: str) -> tuple[wire.Attributes, ...]:
    """Whoever has *name* as an id, else by the other names."""
    found = await lookups.by_id(api, name)
    return (found,) if found is not None else await lookups.by_name(api, name)


def _endpoint(id: ResourceId) -> str:
    return routes.USERS if id.type == "user" else routes.GROUPS


def _account(id: ResourceId, seen: wire.Attributes, api: Api) -> AccountState:
    person = model.person(seen, api.config) if id.type == "user" else None
    if person is not None:
        return person.state
    return AccountState(account=id, display_name=wire.text(seen.get("displayname")) or id.id)


def _holds(
    api: Api, seen: wire.Attributes, kind: model.Kind, at: ResourceId, who: ResourceId, unreadable: dict[str, str]
) -> bool:
    values, broken = model.held(seen, kind, api.config)
    if at.id not in values and broken:
        unreadable[f"{at}#{who}"] = f"{kind.attribute} of the user can't be understood"
    return at.id in values


async def _members(
    api: Api,
    seen: wire.Attributes,
    entitlement: EntitlementId,
    people: Collection[ResourceId],
    unreadable: dict[str, str],
) -> list[GrantId]:
    """Who of *people* is in a group; where a member's type is not told, whether there is another of that id decides."""
    if api.config.members_by is MembersBy.FILTER:
        return [
            GrantId(entitlement=entitlement, principal=who)
            for who in people
            if await lookups.is_member(api, entitlement.resource.id, who.id)
        ]
    found = model.members(seen, api.config) or model.Members()
    held: list[GrantId] = []
    for who in people:
        if who in found.typed:
            held.append(GrantId(entitlement=entitlement, principal=who))
        elif who.id in found.untyped:
            other = routes.GROUPS if who.type == "user" else routes.USERS
            if await api.find(other, who.id) is None:
                held.append(GrantId(entitlement=entitlement, principal=who))
            else:
                unreadable[f"{entitlement.resource}#{who}"] = "a user and a group have the id of this member"
        elif found.reason is not None:
            unreadable[f"{entitlement.resource}#{who}"] = found.reason
    return held
