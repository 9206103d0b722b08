"""The state by which changes are judged, read past any snapshot: accounts, what resources offer, and who holds it."""

import asyncio
from collections.abc import Iterable

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
from jackfield_dropbox.memberships import GroupNow, groups_now, listed_members
from jackfield_dropbox.presumption import Presumption


async def read_state(api: Api, query: StateQuery) -> AccessState:
    """Read what *query* asks for: members/get_info_v2, groups/get_info and the catalogue of roles, a call each at most.

    A name that is found neither as id nor as e-mail address costs one call more, a large group its listing, and so does one
    that Dropbox manages, unless each person's profile names it. What can't be understood is told as unreadable.
    """
    traced = api.traced()
    ids = {kind: _ids(query.resources, kind) for kind in ("group", "role", "license", "app")}
    async with asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(_people(traced, query))
        groups = tasks.create_task(groups_now(traced, ids["group"]))
        roles = tasks.create_task(_roles(traced, ids["role"]))
    accounts, members, unreadable = asked.result()
    held: list[GrantId] = []
    offered: dict[EntitlementId, Entitlement] = {}
    unreadable |= {str(ResourceId(type="group", id=id)): why for id, why in groups.result().unreadable.items()}
    for now in groups.result().known.values():
        offered |= _offers(model.group(now.group)[0])
        its, unclear = await _held_of_group(traced, now, members)
        held += its
        unreadable |= unclear
    known, unknown = roles.result()
    unreadable |= unknown
    for role in known:
        offered |= _offers(model.role(role))
    if ids["role"]:
        for member in members:
            for role in member.held:
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
        unreadable=unreadable,
        request_ids=traced.request_ids,
    )


def account_state(member: wire.Member, asked: str | None = None) -> AccountState:
    """One member as the state of an account."""
    profile = member.profile
    resource = model.user(member)
    trait = resource.trait
    if not isinstance(trait, UserTrait):
        raise TypeError("a member is not a user")
    roles = member.held
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
        names=tuple(
            dict.fromkeys(
                (
                    *(more.address for more in trait.emails if more.address != profile.email),
                    *trait.external_ids.values(),
                )
            )
        ),
    )


async def _held_of_group(
    api: Api, now: GroupNow, members: Iterable[wire.Member]
) -> tuple[list[GrantId], dict[str, str]]:
    """Who of *members* is in a group, and why that can't be told of some of them."""
    group = ResourceId(type="group", id=now.group.group_id)
    # Somebody who left the team is in none of its groups, whatever the old profile says.
    present = [member for member in members if not member.profile.removed]
    access, why = now.access, now.unclear
    if access is None:
        access = {
            each.profile.team_member_id: "member" for each in present if group.id in (each.profile.member_of or ())
        }
        if any(each.profile.team_member_id not in access for each in present):
            # That profiles name the groups that Dropbox manages is not documented: those who name none are looked for.
            listed, why = await listed_members(api, group.id)
            access |= {each.profile.team_member_id: "member" for each in listed}
    held: list[GrantId] = []
    unclear: dict[str, str] = {}
    for member in present:
        slug = access.get(member.profile.team_member_id)
        if slug is not None:
            held.append(_grant_id("group", group.id, slug, member))
        elif why is not None and (member.profile.groups is None or group.id in member.profile.groups):
            # Where neither the group nor the person says so, the row that can't be understood is somebody else's.
            unclear[f"{group}#{people.user_id(member)}"] = why
    return held, unclear


def _grant_id(kind: str, id: str, slug: str, member: wire.Member) -> GrantId:
    entitlement = EntitlementId(resource=ResourceId(type=kind, id=id), slug=slug)
    return GrantId(entitlement=entitlement, principal=people.user_id(member))


async def _people(api: Api, query: StateQuery) -> tuple[list[AccountState], list[wire.Member], dict[str, str]]:
    """The accounts as they were asked for, each member once, and why some can't be understood."""
    ids = _ids(query.principals, "user")
    if not ids and not query.names:
        return [], [], {}
    found = await people.search_named(api, query.names, ids)
    members = found.members
    accounts = [account_state(member) for id in ids if (member := members.get(("team_member_id", id)))]
    accounts += [account_state(member, name) for name in query.names if (member := members.get(("email", name)))]
    unreadable = {
        str(ResourceId(type="user", id=id)): why for id in ids if (why := found.unreadable.get(("team_member_id", id)))
    }
    unreadable |= {name: why for name in query.names if (why := found.unreadable.get(("email", name)))}
    return accounts, list({member.profile.team_member_id: member for member in members.values()}.values()), unreadable


async def _roles(api: Api, ids: tuple[str, ...]) -> tuple[tuple[wire.Role, ...], dict[str, str]]:
    """Those of the catalogue, and why some can't be told. A role that it lacks can't be granted, whoever holds it."""
    if not ids:
        return (), {}
    answer = await api.role_catalogue()
    known = tuple(role for role in answer.page.roles if role.role_id in ids)
    missing = set(ids) - {role.role_id for role in known}
    why = answer.reason()
    return known, {str(ResourceId(type="role", id=id)): why for id in missing} if why is not None else {}


def _ids(resources: Iterable[ResourceId], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.id for one in resources if one.type == kind))


def _offers(items: Iterable[Item]) -> dict[EntitlementId, Entitlement]:
    return {item.id: item for item in items if isinstance(item, Entitlement)}


PRESUMES = (
    Presumption(
        name="reads-lag",
        presumed="A read shows a change within ten seconds.",
        source="inferred; nothing is documented",
        noticed="the application says that a change is made and no read shows it",
        then="it is read again for ten seconds, then the change is unverified",
        switch="read_lag",
        test="tests/test_unclear_answers.py::test_an_invitation_whose_success_is_not_understood_waits_for_reads_that_lag",
    ),
    Presumption(
        name="system-groups-of-a-person",
        presumed="Nothing of whether a profile names the groups that Dropbox manages.",
        source="seen otherwise",
        noticed="the profile does not name the group that is asked about",
        then="the group's own listing is read",
        switch="profile_groups",
        test="tests/test_unclear_lookups.py::test_a_group_that_dropbox_manages_shows_its_members_though_profiles_do_not_name_it",
    ),
    Presumption(
        name="groups-of-the-removed",
        presumed="Somebody who was removed is in no group.",
        source="inferred: removal ends memberships; what the old profile says is not documented",
        noticed="the profile of a removed account names groups",
        then="they do not count",
        switch="removed_profile",
        test="tests/test_unclear_lookups.py::test_somebody_who_left_is_in_no_group_whatever_the_old_profile_says",
    ),
)
