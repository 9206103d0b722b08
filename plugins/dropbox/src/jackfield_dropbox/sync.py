"""The reads that make a sync of a Dropbox team; each method is one request a page."""

import asyncio

from jackfield.errors import MissingPermission, NotFound, Refused, RemoteContract, Transient
from jackfield.hookspecs import SyncView, family
from jackfield_contracts import Diagnostic, GroupTrait, Item, Page, ResourceId, Scope, Tenant
from jackfield_dropbox import listed, model, unlisted_roles, wire
from jackfield_dropbox.lookups import Lookups
from jackfield_dropbox.presumption import Presumption
from jackfield_dropbox.sifting import Sifted

_TRIES_FOR_TOTALS = 2
MEMBERSHIPS_A_CALL = 2000
"""Memberships asked for in one ``groups/get_info``; Dropbox documents no limit."""


def page_size(attempt: int) -> int:
    """1000, halved down to 100 once the server failed twice: big teams have been seen to fail at 1000."""
    return max(100, 1000 >> max(0, attempt - 1))


class DropboxReads(Lookups):
    """``catalogue`` and ``groups`` come first, ``members`` and ``group_members`` follow, side by side."""

    @family("catalogue", scopes=(model.ROLES, model.APPS, model.LICENSES), description="roles, licence and app")
    async def catalogue(self, attempt: int) -> Page:
        """All roles, held or not, and the team's totals. Two requests."""
        async with asyncio.TaskGroup() as group:
            roles = group.create_task(self._api.role_catalogue())
            team = group.create_task(self._totals(attempt))
        info, unknown = team.result()
        answer = roles.result()
        items = [item for role in answer.page.roles for item in model.role(role)]
        reason = answer.reason()
        return Page(
            items=(*items, *model.app(), *model.license(info)),
            opens=(model.seats(info, unknown),),
            expected=_provisioned(info),
            incomplete={model.ROLES.name: reason} if reason else {},
            tenant=Tenant(id=info.team_id, name=info.name) if info else None,
            diagnostics=tuple(listed.kept_aside(answer)),
        )

    @family("groups", scopes=(model.GROUPS,), description="all groups with their member counts")
    async def groups(self, cursor: str | None, attempt: int) -> Page:
        """A page of groups; each opens the scope of its memberships."""
        answer = await self._groups_page(cursor, attempt)
        page = answer.page
        items: list[Item] = []
        opens: list[Scope] = []
        notes: list[Diagnostic] = listed.kept_aside(answer)
        for group in page.groups:
            rows, scope = model.group(group)
            items += rows
            opens.append(scope)
            kind = group.group_management_type.tag
            if kind not in ("user_managed", *model.WITHOUT_OWNERS):
                notes.append(model.drift("the group management type", kind))
        reason = answer.reason()
        return Page(
            items=tuple(items),
            opens=tuple(opens),
            next=page.cursor if page.has_more else None,
            incomplete={model.GROUPS.name: reason} if reason else {},
            # Another route may tell it in a form that can be understood.
            mentions=tuple(ResourceId(type="group", id=one.id) for one in answer.broken if one.id is not None),
            diagnostics=tuple(notes),
        )

    @family("groups_again", follows=("members",), description="groups once more, where members don't tell theirs")
    async def groups_again(self, cursor: str | None, attempt: int, view: SyncView) -> Page:
        """A page of groups read for those that the first listing lacks, and that nobody may have named."""
        answer = await self._groups_page(cursor, attempt)
        known = view.stored("group", [group.group_id for group in answer.page.groups])
        found = [model.group(group, late=True) for group in answer.page.groups if group.group_id not in known]
        reason = answer.reason()
        return Page(
            items=tuple(item for rows, _ in found for item in rows),
            opens=tuple(scope for _, scope in found),
            next=answer.page.cursor if answer.page.has_more else None,
            incomplete={model.GROUPS.name: reason} if reason else {},
        )

    async def _groups_page(self, cursor: str | None, attempt: int) -> Sifted[wire.GroupsPage]:
        if cursor is not None:
            return await self._api.groups_list_continue(cursor)
        return await self._api.groups_list(limit=page_size(attempt))

    @family(
        "members",
        follows=("catalogue", "groups"),
        scopes=(model.USERS, model.ROLE_GRANTS),
        description="users, roles held, seats, and memberships of groups without owners",
    )
    async def members(self, cursor: str | None, attempt: int, view: SyncView) -> Page:
        """A page of members with all that Dropbox says about each of them; one request more for roles that nobody listed."""
        answer = await self._members_page(cursor, attempt)
        page = answer.page
        held = await unlisted_roles.confirmed(self._api, page.members, view)
        items, notes = listed.people(held.members, view)
        aside = [model.USERS.name, model.ROLE_GRANTS.name]
        if view.stored("license", ["full"]):
            items += listed.seats(page.members)
            aside.append(model.SEATS)
        joiners = listed.joined(page.members)
        groups = view.stored("group", joiners)
        items += listed.memberships(joiners, groups)
        reason = answer.reason()
        return Page(
            items=tuple(items),
            next=page.cursor if page.has_more else None,
            witness=listed.witness(page.members, joiners, len(answer.broken)),
            mentions=listed.unlisted(joiners, groups),
            incomplete=held.incomplete(dict.fromkeys(aside, reason) if reason else {}),
            diagnostics=(*notes, *held.notes, *listed.kept_aside(answer)),
        )

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
        answer = await self._api.groups_in_full(tuple(asked))
        items: list[Item] = []
        notes: list[Diagnostic] = listed.kept_aside(answer)
        vanished: list[ResourceId] = []
        expected: dict[str, int] = {}
        incomplete: dict[str, str] = {}
        for info in answer.page:
            if info.tag == "id_not_found":
                if (scope := asked.pop(info.id_not_found or "", None)) is not None and scope.resource is not None:
                    vanished.append(scope.resource)
                continue
            scope = asked.pop(info.group_id or "", None)
            if scope is None or scope.resource is None:
                continue
            management = info.group_management_type.tag if info.group_management_type else None
            rows, unknown = model.memberships(scope.resource, info.members or (), management)
            items += rows
            notes += unknown
            if info.member_count is not None:
                expected[scope.name] = info.member_count
            if (reason := model.incomplete(answer, info)) is not None:
                incomplete[scope.name] = reason
        if asked and (reason := answer.reason(one for one in answer.broken if one.within is None)) is not None:
            incomplete |= {scope.name: reason for scope in asked.values()}
        elif asked:
            raise RemoteContract(f"Dropbox left out {len(asked)} of the groups asked for", route=answer.route)
        return Page(
            items=tuple(items),
            expected=expected,
            vanished=tuple(vanished),
            incomplete=incomplete,
            diagnostics=tuple(notes),
        )

    @family("group_listing", follows=("groups",), description="members and owners of one group, page by page")
    async def group_listing(self, scopes: tuple[Scope, ...], cursor: str | None, attempt: int, view: SyncView) -> Page:
        """A page of one group's own listing, for large groups and as a second witness."""
        group = scopes[0].resource
        if group is None:
            raise RemoteContract("a group's listing needs the group")
        try:
            answer = await self._api.group_members(group.id, cursor, limit=page_size(attempt))
        except NotFound:
            return Page(vanished=(group,))
        known = view.stored("group", [group.id]).get(group.id)
        management = known.trait.management if known is not None and isinstance(known.trait, GroupTrait) else None
        rows, unknown = model.memberships(group, answer.page.members, management)
        reason = answer.reason()
        return Page(
            items=tuple(rows),
            next=answer.page.cursor if answer.page.has_more else None,
            incomplete={scopes[0].name: reason} if reason else {},
            diagnostics=(*unknown, *listed.kept_aside(answer)),
        )

    @family(
        "seats_again",
        follows=("members",),
        max_weight=2,
        max_scopes=2,
        description="seats and people once more, where they are fewer than the team's totals",
    )
    async def seats_again(self, scopes: tuple[Scope, ...], cursor: str | None, attempt: int, view: SyncView) -> Page:
        """A page of members read for their seats; the last one asks for the team's totals again.

        People whom the first listing lacks come along, with all that it says of them: the seat alone would lead nowhere.
        Those whom it has do not, so that this read takes nothing away if it has to restart.
        """
        answer = await self._members_page(cursor, attempt)
        page = answer.page
        known = view.stored("user", [member.profile.team_member_id for member in page.members])
        missed = [member for member in page.members if member.profile.team_member_id not in known]
        held = await unlisted_roles.confirmed(self._api, missed, view)
        items, _ = listed.people(held.members, view)
        names = {scope.name for scope in scopes}
        if model.SEATS in names:
            items += listed.seats(page.members)
        elif view.stored("license", ["full"]):
            items += listed.seats(missed)
        joiners = listed.joined(missed)
        groups = view.stored("group", joiners)
        items += listed.memberships(joiners, groups)
        expected: dict[str, int] = {}
        if not page.has_more and (info := await self._team_info()) is not None:
            expected = {**_provisioned(info), model.SEATS: info.num_used_licenses}
        reason = answer.reason()
        return Page(
            items=tuple(items),
            next=page.cursor if page.has_more else None,
            expected=expected,
            witness=listed.witness(missed, joiners) if missed else None,
            mentions=listed.unlisted(joiners, groups),
            incomplete=held.incomplete(dict.fromkeys(names, reason) if reason else {}),
            diagnostics=(*held.notes, *listed.kept_aside(answer)),
        )

    async def _members_page(self, cursor: str | None, attempt: int) -> Sifted[wire.MembersPage]:
        if cursor is not None:
            return await self._api.members_list_continue(cursor)
        answer = await self._api.members_list(limit=page_size(attempt), include_removed=self._include_removed)
        if not answer.page.members and not answer.broken and not answer.page.has_more:
            # Seen on big teams asked for too much at once; a team always has its admin.
            raise Transient("Dropbox gave no members at all, and a team has at least one", route="team/members/list_v2")
        return answer

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


def _provisioned(info: wire.TeamInfo | None) -> dict[str, int]:
    """How many active and invited members there are, where Dropbox tells it: a team has at least one."""
    return {model.USERS.name: info.num_provisioned_users} if info is not None and info.num_provisioned_users else {}


PRESUMES = (
    Presumption(
        name="provisioned-users",
        presumed="num_provisioned_users counts the active and the invited members.",
        source="the API's documentation, which does not say whether a suspended account counts as one that was active",
        noticed="the active and invited members that were read are fewer than the figure",
        then="where it is exactly that of the suspended ones, too, the difference is told as a note; else another read, and"
        " partial",
        switch="provisioned_users",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="groups-a-call",
        presumed="One groups/get_info takes as many groups as have 2,000 memberships.",
        source="inferred: no largest number is documented",
        noticed="the call is refused, or fails again and again",
        then="each of the groups is read by its own listing",
        switch="groups_a_call",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="page-size",
        presumed="A listing gives 1,000 rows a page where it is asked for them.",
        source="the documented largest number; big teams have been seen to fail at it",
        noticed="the first page fails twice",
        then="the page is asked for with half as many, down to 100",
        switch="big_page_limit",
        test="tests/test_faults.py::test_a_big_page_that_fails_is_halved",
    ),
    Presumption(
        name="empty-pages",
        presumed="An empty page with has_more is not the end of a listing.",
        source="inferred from the documentation of has_more",
        noticed="it is not presumed otherwise: the listing is read on",
        then="the next page is asked for; pages that are empty for ever end the read with an error",
        switch="blank_page",
        test="tests/test_presumptions.py::test_pages_may_be_small_or_empty",
    ),
    Presumption(
        name="nobody-at-all",
        presumed="A listing of members without anybody is a failure: a team has its administrator.",
        source="seen on big teams that were asked for too much at once",
        noticed="the first page is empty and the last",
        then="it is asked for again; if that does not help, the listing is unreadable",
        switch="short_tail",
        test="tests/test_presumptions.py::test_a_team_without_anybody_is_not_believed",
    ),
    Presumption(
        name="listing-order",
        presumed="Nothing of the order in which a listing gives its rows.",
        source="no order is documented",
        noticed="it can't be noticed",
        then="nothing depends on it",
        switch="listing_order",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="rows-twice",
        presumed="A row may come twice in a listing.",
        source="duplicates are documented of another listing only",
        noticed="a row has the key of one that was stored",
        then="it is stored once",
        switch="duplicate_rows",
        test="tests/test_presumptions.py::test_rows_may_come_twice",
    ),
)
