"""The state by which changes are judged: what it has, and by how many requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest
from aiohttp import web

from jackfield.clock import SystemClock
from jackfield.errors import MissingPermission, RateLimited, RemoteContract, Transient
from jackfield.http import Response, SessionOptions, open_session
from jackfield_contracts import AccountStatus, Entitlement, OutcomeKind, ResourceId, StateQuery
from jackfield_dropbox import model
from jackfield_dropbox.api import Api
from jackfield_dropbox.config import DropboxConfig
from jackfield_dropbox.people import find, find_named
from jackfield_dropbox.state import groups_now

from ..test_answers import ask, serving
from .support import Team, joins, over_http


def user(id: str) -> ResourceId:
    return ResourceId(type="user", id=id)


def group(id: str) -> ResourceId:
    return ResourceId(type="group", id=id)


def role(id: str) -> ResourceId:
    return ResourceId(type="role", id=id)


def ask_in_turn(bodies: list[str], call: Callable[[Api], Any]) -> Any:
    """As ``ask``, with one body after another."""
    left = iter(bodies)

    async def run() -> Any:
        async with (
            serving(lambda _: web.Response(body=next(left).encode(), content_type="application/json")) as url,
            open_session(SessionOptions(), SystemClock()) as http,
        ):
            return await call(Api(http, url, NoAuth()))

    return asyncio.run(run())


class NoAuth:
    async def headers(self) -> Mapping[str, str]:
        return {}

    async def renew(self, used: Mapping[str, str], response: Response) -> bool:
        return False


async def requests(team: Team, query: StateQuery) -> tuple[Any, int]:
    """The state, and how many requests it cost."""
    await team.connection.read_state(StateQuery(principals=(user("dbmid:warm"),)))
    team.sim.reset_requests()
    state = await team.connection.read_state(query)
    return state, team.sim.requests()["total"]


@over_http()
async def test_many_people_and_groups_cost_one_call_each(team: Team) -> None:
    groups = [one["group_id"] for one in team.sim.truth()["groups"] if one["management_type"] != "system_managed"]
    people = team.people() + team.people("suspended") + team.people("invited")
    query = StateQuery(
        principals=tuple(map(user, people)), resources=(*map(group, groups), *map(role, team.roles()), model.LICENSE)
    )
    state, cost = await requests(team, query)
    assert cost == len(state.request_ids) == 3
    truth = {(group, user, access) for user in people for group, access in team.true(user)["groups"].items()}
    shown = {
        (one.entitlement.resource.id, one.principal.id, one.entitlement.slug)
        for one in state.held
        if one.entitlement.resource.type == "group"
    }
    assert shown == {one for one in truth if one[0] in groups}
    roles = {(one.entitlement.resource.id, one.principal.id) for one in state.held if one.principal.type == "user"}
    assert {(held, id) for id in people for held in team.true(id)["roles"]} <= roles
    seats = {one.principal.id for one in state.held if one.entitlement == model.SEAT}
    assert seats == {id for id in people if team.true(id)["licensed"]}


@over_http()
async def test_entitlements_are_those_of_a_sync(team: Team) -> None:
    company, mine, system = team.new_group("company_managed"), team.new_group(), team.system_group()
    wanted = team.roles()[0]
    state = await team.connection.read_state(
        StateQuery(resources=(group(company), group(mine), group(system), role(wanted), model.LICENSE, model.APP))
    )
    by_resource: dict[ResourceId, list[Entitlement]] = {}
    for one in state.entitlements:
        by_resource.setdefault(one.id.resource, []).append(one)
    assert [one.id.slug for one in by_resource[group(company)]] == ["member"]
    assert [one.id.slug for one in by_resource[group(mine)]] == ["member", "owner"]
    assert [bool(one.immutable) for one in by_resource[group(system)]] == [True]
    [offered] = by_resource[role(wanted)]
    assert offered.privileged
    assert offered.exclusive is not None
    assert by_resource[model.LICENSE][0].immutable
    assert by_resource[model.APP]


@over_http()
async def test_another_role_that_is_held_is_told_with_its_entitlement(team: Team) -> None:
    asked, held = team.roles()[:2]
    id = team.do("set_role", team.people()[0], role=held)
    state = await team.connection.read_state(StateQuery(principals=(user(id),), resources=(role(asked),)))
    assert [one.entitlement.resource.id for one in state.held] == [held]
    assert {one.id.resource.id for one in state.entitlements} == {asked, held}


@over_http()
async def test_people_by_any_name(team: Team) -> None:
    id = team.someone("active")
    await team.run("set_profile", id, external_id="looks@like.address")
    address = team.true(id)["email"]
    names = (address.upper(), "looks@like.address", id, "nobody@team.example", "", "x" * 99, "\ud800")
    state, cost = await requests(team, StateQuery(names=names))
    assert [(one.asked, one.account.id) for one in state.accounts] == [(name, id) for name in names[:3]]
    assert cost == 2


@over_http()
async def test_what_is_not_there_is_left_out(team: Team) -> None:
    state = await team.connection.read_state(
        StateQuery(
            principals=(user("dbmid:nobody"), ResourceId(type="robot", id="r2")),
            resources=(group("g:none"), role("pid_dbtmr:none"), ResourceId(type="room", id="1")),
        )
    )
    assert (state.accounts, state.entitlements, state.held) == ((), (), ())
    assert await team.connection.read_state(StateQuery()) is not None


@over_http()
async def test_a_removed_member_is_deleted(team: Team) -> None:
    id = team.someone("recoverable")
    address = team.true(id)["email"]
    state = await team.connection.read_state(StateQuery(principals=(user(id),), names=(address,)))
    assert {(one.status, one.status_raw) for one in state.accounts} == {(AccountStatus.DELETED, "removed")}


@over_http()
async def test_the_facts_are_what_arguments_set(team: Team) -> None:
    declared = {
        argument.sets
        for capability in team.connection.plugin.type.capabilities
        for argument in capability.arguments
        if argument.sets
    } | {argument.sets for action in team.connection.actions() for argument in action.arguments if argument.sets}
    id = team.people()[0]
    state = await team.connection.read_state(StateQuery(principals=(user(id),)))
    assert declared <= {*state.accounts[0].facts, "login"}
    assert state.accounts[0].login == state.accounts[0].facts["email"]


PAGE = '{"members":[%s],"cursor":"c","has_more":%s}'


def test_a_group_whose_members_are_left_out_is_listed_page_by_page() -> None:
    member = '{"profile":{"team_member_id":"dbmid:%s"},"access_type":{".tag":"%s"}}'
    kind = '"group_id":"g:1","group_name":"G","group_management_type":{".tag":"user_managed"},"member_count":3'
    pages = [
        PAGE % (member % (1, "owner") + "," + member % (2, "member"), "true"),
        PAGE % (member % (3, "new"), "false"),
    ]
    answers = [f'[{{".tag":"group_info",{kind}}}]', *pages]

    now = ask_in_turn(answers, lambda api: groups_now(api, ("g:1",)))
    assert now.known["g:1"].access == {"dbmid:1": "owner", "dbmid:2": "member", "dbmid:3": "member"}
    with pytest.raises(RemoteContract, match="repeats a cursor"):
        ask_in_turn([answers[0], pages[0], pages[0], pages[0]], lambda api: groups_now(api, ("g:1",)))


@over_http()
async def test_a_group_of_another_team_spoils_nothing(team: Team) -> None:
    mine = team.new_group()
    team.sim.force("team/groups/get_info", "group_not_on_team")
    state = await team.connection.read_state(StateQuery(resources=(group(mine), group("g:none"))))
    assert {one.id.resource.id for one in state.entitlements} == {mine}


def test_an_answer_that_leaves_somebody_out_is_none() -> None:
    for body in ('{"members_info":[]}', '{"members_info":[{".tag":"other"}]}'):
        with pytest.raises(RemoteContract):
            ask(body.encode(), lambda api: find(api, [("team_member_id", "dbmid:1")]))
        with pytest.raises(RemoteContract):
            ask(body.encode(), lambda api: find_named(api, ["a@b.example"]))
    assert "g:1" in ask(b"[]", lambda api: groups_now(api, ("g:1",))).unreadable


def test_somebody_found_by_a_further_address_is_found() -> None:
    profile = '{"team_member_id":"dbmid:1","email":"a@b.example","name":{"display_name":"A"},"status":{".tag":"active"}'
    body = '{"members_info":[{".tag":"member_info","profile":%s,"secondary_emails":[{"email":"Else@b.example"}]}}]}'
    found = ask((body % profile).encode(), lambda api: find_named(api, ["else@B.example"]))
    assert [member.profile.team_member_id for member in found.values()] == ["dbmid:1"]


@over_http()
async def test_a_missing_scope_is_told(team: Team) -> None:
    team.sim.fault("missing_scope", times=1)
    with pytest.raises(MissingPermission):
        await team.connection.read_state(StateQuery(principals=(user(team.people()[0]),)))


@pytest.mark.parametrize(("kind", "error"), [("rate_limited", RateLimited), ("server_error", Transient)])
@over_http()
async def test_an_answer_that_is_lost_is_raised_and_asked_again_it_is_so_already(
    team: Team, kind: str, error: type[Exception]
) -> None:
    change = joins(team.new_group(), team.people()[0])
    state = await team.state(change)
    team.sim.fault(kind, route="team/groups/members/add", times=1, when="after")
    with pytest.raises(error):
        await team.grant(change, state=state)
    [end] = await team.grant(change, state=state)
    assert end.outcome is OutcomeKind.ALREADY


@over_http()
async def test_a_token_that_expires_before_the_call_is_renewed_and_the_change_made_once(team: Team) -> None:
    change = joins(team.new_group(), team.people()[0])
    state = await team.state(change)
    team.sim.expire()
    [end] = await team.grant(change, state=state)
    assert (end.outcome, end.tag) == (OutcomeKind.CHANGED, None)
    assert list(team.sim.effects()["group_additions"].values()) == [1]


@over_http()
async def test_disabling_wipes_unless_configured_otherwise(team: Team) -> None:
    fields = {field.name: field.default for field in msgspec.structs.fields(DropboxConfig)}
    assert fields["disable_wipes_devices"] is True
    [wipe] = [
        argument.default
        for action in team.connection.actions()
        for argument in action.arguments
        if argument.name == "wipe_data"
    ]
    assert wipe is True
