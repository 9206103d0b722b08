"""Reads by id: people and groups that are named and not listed, and whether people are still in groups that lack them."""

from datetime import UTC, datetime, timedelta

import msgspec

from jackfield.errors import RemoteContract
from jackfield.hookspecs import Reads, SyncView, family
from jackfield_contracts import Diagnostic, Item, Page, ResourceId, Scope
from jackfield_dropbox import listed, model, unlisted_roles, wire
from jackfield_dropbox.api import Api
from jackfield_dropbox.presumption import Presumption
from jackfield_dropbox.sifting import Sifted

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Lookups(Reads):
    """The families whose cursor is a JSON array of ids. One request each."""

    def __init__(self, api: Api, *, include_removed: bool) -> None:
        self._api = api
        self._include_removed = include_removed

    @family(model.PEOPLE, follows=("members",), description="single members that groups name and the listing lacks")
    async def people(self, cursor: str, view: SyncView) -> Page:
        """Members by their ids, with all that Dropbox says about each of them. One page."""
        answer, found, _ = await self._members(cursor)
        held = await unlisted_roles.confirmed(self._api, found, view)
        items, notes = listed.people(held.members, view)
        aside = [model.USERS.name, model.ROLE_GRANTS.name]
        if view.stored("license", ["full"]):
            items += listed.seats(found)
            aside.append(model.SEATS)
        joiners = listed.joined(found)
        groups = view.stored("group", joiners)
        items += listed.memberships(joiners, groups)
        reason = answer.reason()
        return Page(
            items=tuple(items),
            witness=listed.witness(found, joiners, len(answer.broken)),
            mentions=listed.unlisted(joiners, groups),
            incomplete=held.incomplete(dict.fromkeys(aside, reason) if reason else {}),
            diagnostics=(*notes, *held.notes, *listed.kept_aside(answer)),
        )

    @family(model.WITNESS, follows=("members",), description="which groups single members are in now")
    async def people_groups(self, cursor: str) -> Page:
        """What members say now of the groups that they are in, without any row. One page."""
        answer, found, gone = await self._members(cursor)
        return Page(witness=listed.witness(found, listed.joined(found), len(answer.broken), gone))

    async def _members(self, cursor: str) -> tuple[Sifted[wire.MembersInfo], tuple[wire.Member, ...], tuple[str, ...]]:
        """The answer, those of the team, and the ids of those who are not in it, or no longer."""
        ids = msgspec.json.decode(cursor, type=list[str])
        answer = await self._api.members_get_info(ids)
        if len(answer.page.members_info) + len(answer.broken) < len(ids):
            raise RemoteContract("Dropbox left out some of the members asked for", route="team/members/get_info_v2")
        found: list[wire.Member] = []
        gone: list[str] = []
        for item in answer.page.members_info:
            if item.profile is None:
                if item.id_not_found is not None:
                    gone.append(item.id_not_found)
            elif item.profile.removed and not self._include_removed:
                gone.append(item.profile.team_member_id)
            else:
                found.append(wire.Member(profile=item.profile, roles=item.roles))
        asked = set(ids)
        return answer, tuple(found), tuple(id for id in gone if id in asked)

    @family(
        model.NAMED_GROUPS, follows=("groups",), description="single groups that members name and the listing lacks"
    )
    async def named_groups(self, cursor: str) -> Page:
        """Groups by their ids with all their members. One page."""
        ids = msgspec.json.decode(cursor, type=list[str])
        answer = await self._api.groups_in_full(tuple(ids))
        waiting = set(ids)
        items: list[Item] = []
        opens: list[Scope] = []
        notes: list[Diagnostic] = listed.kept_aside(answer)
        outside: list[ResourceId] = []
        created: dict[str, datetime] = {}
        incomplete: dict[str, str] = {}
        for info in answer.page:
            waiting.discard(info.id_not_found or info.group_id or "")
            if (group := wire.summary(info)) is None or group.group_id not in ids:
                continue
            rows, scope = model.group(group, found_by=model.NAMED_GROUPS)
            items += rows
            opens.append(scope)
            id = ResourceId(type="group", id=group.group_id)
            if group.group_management_type.tag == "system_managed":
                # Its members are told by the listing of members; whether get_info gives them is not documented.
                outside.append(id)
            else:
                its, unknown = model.memberships(id, info.members or (), group.group_management_type.tag)
                items += its
                notes += unknown
                if (reason := model.incomplete(answer, info)) is not None:
                    incomplete[scope.name] = reason
            if info.created is not None:
                created[group.group_id] = _EPOCH + timedelta(milliseconds=info.created)
        if (reason := answer.reason(one for one in answer.broken if one.within is None)) is not None:
            incomplete[model.GROUPS.name] = reason
        elif waiting:
            raise RemoteContract(f"Dropbox left out {len(waiting)} of the groups asked for", route=answer.route)
        return Page(
            items=tuple(items),
            opens=tuple(opens),
            outside=tuple(outside),
            created=created,
            incomplete=incomplete,
            diagnostics=tuple(notes),
        )


PRESUMES = (
    Presumption(
        name="groups-listed",
        presumed="groups/list gives every group, but perhaps those that Dropbox manages.",
        source="the documentation does not speak of those",
        noticed=(
            "a profile names a group that the listing lacks; where profiles leave it out, too (`profile_groups`), no route names "
            "it, and no sync can notice"
        ),
        then=(
            "it is asked for by its id; where it is one that Dropbox manages, the listing is whole without "
            "it, else it is partial"
        ),
        switch="groups_listed",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="unknown-group",
        presumed="groups/get_info of a group that is gone is id_not_found, or an error of the whole call.",
        source="both are documented",
        noticed="the call ends in group_not_on_team",
        then="the groups are asked for in smaller calls",
        switch="unknown_group",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="system-listing",
        presumed="The listing of a group that Dropbox manages gives all of its members, or not.",
        source="documented as a listing of members; seen partial",
        noticed="it gives fewer than profiles name, or than the count",
        then="it does not replace what profiles say; where neither gives all, the group is partial",
        switch="system_listing",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="removed-in-sync",
        presumed="Somebody whom no look-up knows is not on the team.",
        source="documented for unknown ids; whether removed people are unknown is not",
        noticed="a group names somebody whom neither the listing nor the look-up has",
        then="the person is left out and mentioned",
        switch="removed_looked_up",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
)
