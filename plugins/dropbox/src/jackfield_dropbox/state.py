"""The state by which changes are judged, read past any snapshot: accounts, what resources offer, and who holds it."""

import asyncio
from collections.abc import Iterable

import msgspec

from jackfield.errors import NotFound, RemoteContract
from jackfield_contracts import (
    AccessState,
    AccountState,
    Entitlement,
    EntitlementId,
    GrantId,
    Item,
    ResourceId,
    StateQuery,
    UserTrait,
    Value,
)
from jackfield_dropbox import model, people, wire
from jackfield_dropbox.api import Api

_PAGE = 1000


class GroupNow(msgspec.Struct, frozen=True, kw_only=True):
    """A group and the access type of each member; None where only the profiles of members tell who is in it."""

    group: wire.Group
    access: dict[str, str] | None


async def read_state(api: Api, query: StateQuery) -> AccessState:
    """Read what *query* asks for: members/get_info_v2, groups/get_info and the catalogue of roles, a call each at most.

    A name that is found neither as id nor as e-mail address costs one call more, a large group its listing.
    """
    traced = api.traced()
    ids = {kind: _ids(query.resources, kind) for kind in ("group", "role", "license", "app")}
    async with asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(_people(traced, query))
        groups = tasks.create_task(groups_now(traced, ids["group"]))
        roles = tasks.create_task(_roles(traced, ids["role"]))
    accounts, members = asked.result()
    held: list[GrantId] = []
    offered: dict[EntitlementId, Entitlement] = {}
    for now in groups.result().values():
        offered |= _offers(model.group(now.group)[0])
        held += _held_of_group(now, members)
    for role in roles.result():
        offered |= _offers(model.role(role))
    if ids["role"]:
        for member in members:
            for role in member.roles or ():
                # A member holds one role at most, so that each of them matters to every other.
                offered |= _offers(model.role(role))
                held.append(_grant_id("role", role.role_id, "member", member))
    if model.LICENSE in query.resources:
        offered |= _offers(model.license(None))
        held += [
            GrantId(entitlement=seat.entitlement, principal=seat.principal)
            for member in members
            if (seat := model.seat(member.profile)) is not None
        ]
    if model.APP in query.resources:
        offered |= _offers(model.app())
    return AccessState(
        accounts=tuple(accounts),
        entitlements=tuple(offered.values()),
        held=tuple(dict.fromkeys(held)),
        request_ids=traced.request_ids,
    )


def account_state(member: wire.Member, asked: str | None = None) -> AccountState:
    """One member as the state of an account."""
    profile = member.profile
    resource = model.user(member)
    trait = resource.trait
    if not isinstance(trait, UserTrait):
        raise TypeError("a member is not a user")
    roles = member.roles or ()
    facts: dict[str, Value] = {
        "email": profile.email,
        "given_name": profile.name.given_name,
        "surname": profile.name.surname,
        "external_id": profile.external_id,
        "persistent_id": profile.persistent_id,
        # Left out by Dropbox, it is not so.
        "is_directory_restricted": bool(profile.is_directory_restricted),
        "groups": profile.groups or (),
        "role": roles[0].role_id if roles else None,
    }
    return AccountState(
        account=resource.id,
        asked=asked,
        status=trait.status,
        status_raw=trait.status_raw,
        login=profile.email,
        display_name=resource.display_name,
        facts=facts,
    )


async def groups_now(api: Api, ids: tuple[str, ...]) -> dict[str, GroupNow]:
    """Groups with their members by one groups/get_info; those that Dropbox does not know are left out."""
    if not ids:
        return {}
    try:
        infos = await api.groups_get_info(ids)
    except NotFound:
        if len(ids) == 1:
            return {}
        # One of them spoils the answer for all.
        found: dict[str, GroupNow] = {}
        for id in ids:
            found |= await groups_now(api, (id,))
        return found
    now = {info.group_id: await _group_now(api, info) for info in infos if info.group_id is not None}
    missing = {info.id_not_found for info in infos}
    if any(id not in now and id not in missing for id in ids):
        raise RemoteContract("Dropbox left out some of the groups asked for", route="team/groups/get_info")
    return now


async def _group_now(api: Api, info: wire.GroupInfo) -> GroupNow:
    if info.group_id is None or info.group_management_type is None:
        raise RemoteContract("Dropbox left out the kind of a group", route="team/groups/get_info")
    group = wire.Group(
        group_id=info.group_id,
        group_name=info.group_name or info.group_id,
        group_management_type=info.group_management_type,
        member_count=info.member_count,
    )
    members = info.members
    whole = members is not None and len(members) >= (info.member_count or 0)
    if not whole and group.group_management_type.tag in model.WITHOUT_OWNERS:
        return GroupNow(group=group, access=None)
    if members is None or not whole:
        members = await _listed(api, info.group_id)
    return GroupNow(group=group, access=_access(members))


async def _listed(api: Api, group: str) -> list[wire.GroupMember]:
    page = await api.group_members_list(group, limit=_PAGE)
    members = [*page.members]
    seen: set[str] = set()
    while page.has_more:
        if page.cursor in seen:
            raise RemoteContract("Dropbox repeats a cursor", route="team/groups/members/list/continue")
        seen.add(page.cursor)
        page = await api.group_members_list_continue(page.cursor)
        members += page.members
    return members


def _access(members: Iterable[wire.GroupMember]) -> dict[str, str]:
    access: dict[str, str] = {}
    for member in members:
        id = member.profile.team_member_id
        if access.get(id) != "owner":
            access[id] = "owner" if member.access_type.tag == "owner" else "member"
    return access


def _held_of_group(now: GroupNow, members: Iterable[wire.Member]) -> list[GrantId]:
    id = now.group.group_id
    held: list[GrantId] = []
    for member in members:
        if now.access is not None:
            slug = now.access.get(member.profile.team_member_id)
        else:
            slug = "member" if id in (member.profile.groups or ()) else None
        if slug is not None:
            held.append(_grant_id("group", id, slug, member))
    return held


def _grant_id(kind: str, id: str, slug: str, member: wire.Member) -> GrantId:
    entitlement = EntitlementId(resource=ResourceId(type=kind, id=id), slug=slug)
    return GrantId(entitlement=entitlement, principal=people.user_id(member))


async def _people(api: Api, query: StateQuery) -> tuple[list[AccountState], list[wire.Member]]:
    """The accounts as they were asked for, and each member once."""
    ids = _ids(query.principals, "user")
    if not ids and not query.names:
        return [], []
    found = await people.find_named(api, query.names, ids)
    accounts = [account_state(member) for id in ids if (member := found.get(("team_member_id", id)))]
    accounts += [account_state(member, name) for name in query.names if (member := found.get(("email", name)))]
    return accounts, list({member.profile.team_member_id: member for member in found.values()}.values())


async def _roles(api: Api, ids: tuple[str, ...]) -> tuple[wire.Role, ...]:
    return tuple(role for role in (await api.roles()).roles if role.role_id in ids) if ids else ()


def _ids(resources: Iterable[ResourceId], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.id for one in resources if one.type == kind))


def _offers(items: Iterable[Item]) -> dict[EntitlementId, Entitlement]:
    return {item.id: item for item in items if isinstance(item, Entitlement)}
