"""The reads that make a sync of a Dropbox team; each method is one request a page."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import msgspec

from jackfield.errors import MissingPermission, NotFound, Refused, RemoteContract, Transient
from jackfield.hookspecs import Reads, SyncView, family
from jackfield_contracts import (
    Diagnostic,
    GroupTrait,
    Item,
    Page,
    Resource,
    ResourceId,
    Scope,
    Severity,
    Tenant,
)
from jackfield_dropbox import model, wire
from jackfield_dropbox.api import Api

_TRIES_FOR_TOTALS = 2
MEMBERSHIPS_A_CALL = 2000
"""Memberships asked for in one ``groups/get_info``; Dropbox documents no limit."""


def page_size(attempt: int) -> int:
    """1000, halved down to 100 once the server failed twice: big teams have been seen to fail at 1000."""
    return max(100, 1000 >> max(0, attempt - 1))


class DropboxReads(Reads):
    """``catalogue`` and ``groups`` come first, ``members`` and ``group_members`` follow, side by side."""

    def __init__(self, api: Api, *, include_removed: bool) -> None:
        self._api = api
        self._include_removed = include_removed

    @family("catalogue", scopes=(model.ROLES, model.APPS, model.LICENSES), description="roles, licence and app")
    async def catalogue(self, attempt: int) -> Page:
        """All roles, held or not, and the team's totals. Two requests."""
        async with asyncio.TaskGroup() as group:
            roles = group.create_task(self._api.roles())
            team = group.create_task(self._totals(attempt))
        info, unknown = team.result()
        items = [item for role in roles.result().roles for item in model.role(role)]
        return Page(
            items=(*items, *model.app(), *model.license(info)),
            opens=(model.seats(info, unknown),),
            tenant=Tenant(id=info.team_id, name=info.name) if info else None,
        )

    @family("groups", scopes=(model.GROUPS,), description="all groups with their member counts")
    async def groups(self, cursor: str | None, attempt: int) -> Page:
        """A page of groups; each opens the scope of its memberships."""
        page = (
            await self._api.groups_list(limit=page_size(attempt))
            if cursor is None
            else await self._api.groups_list_continue(cursor)
        )
        items: list[Item] = []
        opens: list[Scope] = []
        notes: list[Diagnostic] = []
        for group in page.groups:
            rows, scope = model.group(group)
            items += rows
            opens.append(scope)
            kind = group.group_management_type.tag
            if kind not in ("user_managed", *model.WITHOUT_OWNERS):
                notes.append(model.drift("the group management type", kind))
        return Page(
            items=tuple(items),
            opens=tuple(opens),
            next=page.cursor if page.has_more else None,
            diagnostics=tuple(notes),
        )

    @family(
        "members",
        follows=("catalogue", "groups"),
        scopes=(model.USERS, model.ROLE_GRANTS),
        description="users, roles held, seats, and memberships of groups without owners",
    )
    async def members(self, cursor: str | None, attempt: int, view: SyncView) -> Page:
        """A page of members with all that Dropbox says about each of them."""
        page = await self._members_page(cursor, attempt)
        seats_known = bool(view.stored("license", ["full"]))
        listed = {id for member in page.members for id in member.profile.groups}
        groups = view.stored("group", listed)
        items, notes = _people(page, view)
        if seats_known:
            items += _seats(page)
        items += _memberships(page, groups, model.fed_by_members)
        missing = len(listed - groups.keys())
        if missing:
            notes.append(
                Diagnostic(
                    code="unlisted_group",
                    severity=Severity.INFO,
                    summary="members name groups that the listing of groups did not give",
                )
            )
        return Page(items=tuple(items), next=page.cursor if page.has_more else None, diagnostics=tuple(notes))

    @family(
        "group_members",
        follows=("groups",),
        max_weight=MEMBERSHIPS_A_CALL,
        max_scopes=MEMBERSHIPS_A_CALL,
        description="members and owners of many groups in one request",
    )
    async def group_members(self, scopes: tuple[Scope, ...]) -> Page:
        """All members of several groups, with the count of the same moment. One page."""
        asked = {scope.resource.id: scope for scope in scopes if scope.resource is not None}
        answer = await self._api.groups_get_info(tuple(asked))
        items: list[Item] = []
        notes: list[Diagnostic] = []
        vanished: list[ResourceId] = []
        expected: dict[str, int] = {}
        for info in answer:
            if info.tag == "id_not_found":
                if (scope := asked.pop(info.id_not_found or "", None)) is not None and scope.resource is not None:
                    vanished.append(scope.resource)
                continue
            scope = asked.pop(info.group_id or "", None)
            if scope is None or scope.resource is None:
                continue
            if info.members is None and info.member_count != 0:
                raise RemoteContract("Dropbox left out the members of a group", route="team/groups/get_info")
            rows, unknown = model.memberships(scope.resource, info.members or ())
            items += rows
            notes += unknown
            if info.member_count is not None:
                expected[scope.name] = info.member_count
        if asked:
            raise RemoteContract(f"Dropbox left out {len(asked)} of the groups asked for", route="team/groups/get_info")
        return Page(items=tuple(items), expected=expected, vanished=tuple(vanished), diagnostics=tuple(notes))

    @family("group_listing", follows=("groups",), description="members and owners of one group, page by page")
    async def group_listing(self, scopes: tuple[Scope, ...], cursor: str | None, attempt: int) -> Page:
        """A page of one group's own listing, for large groups and as a second witness."""
        group = scopes[0].resource
        if group is None:
            raise RemoteContract("a group's listing needs the group")
        try:
            page = (
                await self._api.group_members_list(group.id, limit=page_size(attempt))
                if cursor is None
                else await self._api.group_members_list_continue(cursor)
            )
        except NotFound:
            return Page(vanished=(group,))
        rows, unknown = model.memberships(group, page.members)
        return Page(items=tuple(rows), next=page.cursor if page.has_more else None, diagnostics=tuple(unknown))

    @family("seats_again", follows=("members",), description="seats once more, when the team's total disagrees")
    async def seats_again(self, cursor: str | None, attempt: int, view: SyncView) -> Page:
        """A page of members read for their seats; the last one asks for the team's total again.

        People whom the first listing lacks come along, with all that no count is held against: the seat alone would lead
        nowhere. Those whom it has do not, so that this read takes nothing away if it has to restart.
        """
        page = await self._members_page(cursor, attempt)
        known = view.stored("user", [member.profile.team_member_id for member in page.members])
        fresh = [member for member in page.members if member.profile.team_member_id not in known]
        missed = msgspec.structs.replace(page, members=tuple(fresh))
        groups = view.stored("group", {id for member in fresh for id in member.profile.groups})
        people, _ = _people(missed, view)
        items = (*people, *_seats(page), *_memberships(missed, groups, model.uncounted))
        expected: dict[str, int] = {}
        if not page.has_more and (info := await self._team_info()) is not None:
            expected[model.SEATS] = info.num_used_licenses
        return Page(items=items, next=page.cursor if page.has_more else None, expected=expected)

    @family("people", follows=("members",), description="single members that groups name and the listing lacks")
    async def people(self, cursor: str, view: SyncView) -> Page:
        """Members by their ids, with all that Dropbox says about each of them. One page."""
        ids = msgspec.json.decode(cursor, type=list[str])
        answer = await self._api.members_get_info(ids)
        if len(answer.members_info) < len(ids):
            raise RemoteContract("Dropbox left out some of the members asked for", route="team/members/get_info_v2")
        found = tuple(
            wire.Member(profile=item.profile, roles=item.roles)
            for item in answer.members_info
            if item.profile is not None and (self._include_removed or item.profile.status.tag != "removed")
        )
        page = wire.MembersPage(members=found, cursor="", has_more=False)
        items, notes = _people(page, view)
        if view.stored("license", ["full"]):
            items += _seats(page)
        groups = view.stored("group", {id for member in found for id in member.profile.groups})
        items += _memberships(page, groups, model.fed_by_members)
        return Page(items=tuple(items), diagnostics=tuple(notes))

    async def _members_page(self, cursor: str | None, attempt: int) -> wire.MembersPage:
        if cursor is not None:
            return await self._api.members_list_continue(cursor)
        page = await self._api.members_list(limit=page_size(attempt), include_removed=self._include_removed)
        if not page.members and not page.has_more:
            # Seen on big teams asked for too much at once; a team always has its admin.
            raise Transient("Dropbox gave no members at all, and a team has at least one", route="team/members/list_v2")
        return page

    async def _totals(self, attempt: int) -> tuple[wire.TeamInfo | None, str]:
        """The team's totals, or why they are unknown: after some tries a failure costs the totals only."""
        try:
            return await self._api.team_info(), ""
        except MissingPermission:
            return None, "the scope team_info.read is not granted"
        except (Transient, RemoteContract, Refused) as error:
            if attempt < _TRIES_FOR_TOTALS:
                raise
            return None, f"the team's totals could not be read: {error.summary}"

    async def _team_info(self) -> wire.TeamInfo | None:
        try:
            return await self._api.team_info()
        except MissingPermission:
            return None


def _people(page: wire.MembersPage, view: SyncView) -> tuple[list[Item], list[Diagnostic]]:
    """The users of a page and the roles that they hold, with roles that the catalogue lacks; and unknown tags."""
    held = {role.role_id for member in page.members for role in member.roles or ()}
    known_roles = view.stored("role", held)
    items: list[Item] = []
    notes: list[Diagnostic] = []
    for member in page.members:
        items.append(model.user(member))
        notes += model.user_drift(member.profile)
        for role in member.roles or ():
            if role.role_id not in known_roles:
                items.extend(model.role(role))
            items.append(model.role_grant(role.role_id, member.profile.team_member_id))
    return items, notes


def _seats(page: wire.MembersPage) -> Iterator[Item]:
    """The seats that the people of a page hold."""
    for member in page.members:
        if (seat := model.seat(member.profile)) is not None:
            yield seat


def _memberships(
    page: wire.MembersPage, groups: Mapping[str, Resource], wanted: Callable[[GroupTrait], bool]
) -> Iterator[Item]:
    """What the people of a page say of the groups that they are in, where the group is *wanted*; group by group."""
    joiners: defaultdict[str, list[str]] = defaultdict(list)
    for member in page.members:
        id = member.profile.team_member_id
        for group in member.profile.groups:
            joiners[group].append(id)
    for group, members in joiners.items():
        known = groups.get(group)
        if known is not None and isinstance(known.trait, GroupTrait) and wanted(known.trait):
            yield from model.plain_members(known, members)
