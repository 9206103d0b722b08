"""The table of outcomes has every tag of the official SDK, and each cell is reached through the connector over HTTP."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness.sdk import routes as sdk_routes

from jackfield_contracts import AccessState, Outcome, OutcomeKind
from jackfield_dropbox import routes
from jackfield_dropbox.outcomes import TABLE, decide

from .support import Team, gets, joins, leaves, loses, over_http

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dropbox.team as sdk

BEYOND_THE_SDK = {(routes.SET_ACCESS, "user_must_be_active_to_be_owner")}
"""Tags that the text of the specification allows and the union of the route lacks."""

NOT_ERRORS = {"success", "complete", "in_progress", "async_job_id", "member_info", "id_not_found"}
RESULTS = {
    routes.ADD: (sdk.MemberAddV2Result, sdk.MembersAddLaunchV2Result),
    routes.ADD_STATUS: (sdk.MembersAddJobStatusV2Result,),
    routes.GET_INFO: (sdk.MembersGetInfoItemV2,),
}
CELLS = [
    pytest.param(route, tag, case, id=f"{route}-{tag}-{case or 'plain'}")
    for route, cells in TABLE.items()
    for tag, cell in cells.items()
    for case in (None, *cell.cases)
]
EMPTY = AccessState()


def tags(union: Any) -> set[str]:
    """All tags of a union of the SDK, those of its parents included; none for a route without errors."""
    return {tag for one in union.__mro__ for tag in getattr(one, "_tagmap", None) or ()}


@pytest.mark.parametrize("route", TABLE)
def test_the_table_has_the_tags_of_the_sdk_and_no_others(route: str) -> None:
    union = getattr(sdk_routes()[route].error_type, "definition", None)
    known = tags(union) if union is not None else set()
    for result in RESULTS.get(route, ()):
        known |= tags(result) - NOT_ERRORS
    documented = {tag for its, tag in BEYOND_THE_SDK if its == route}
    assert set(TABLE[route]) == known | documented


def test_the_table_has_every_route_that_is_used() -> None:
    assert set(TABLE) == {value for name, value in vars(routes).items() if name.isupper()}


async def group_add(team: Team, tag: str, case: str | None) -> Outcome:
    group, user = team.new_group(), team.people()[0]
    if case is not None:
        team.enter(group, user, case)
        return (await team.grant(joins(group, user, "owner"), state=EMPTY))[0]
    team.sim.force(routes.GROUPS_ADD, tag)
    return (await team.grant(joins(group, user)))[0]


async def group_remove(team: Team, tag: str, case: str | None) -> Outcome:
    group, user = team.new_group(), team.people()[0]
    team.enter(group, user)
    team.sim.force(routes.GROUPS_REMOVE, tag)
    return (await team.revoke(leaves(group, user)))[0]


async def set_access(team: Team, tag: str, case: str | None) -> Outcome:
    group, user = team.new_group(), team.people()[0]
    taking = tag == "member_not_in_group" and case is None
    team.enter(group, user, "owner" if taking else "member")
    if taking:
        team.sim.force(routes.SET_ACCESS, tag)
        return (await team.revoke(leaves(group, user, "owner")))[0]
    change = joins(group, user, "owner")
    state = await team.state(change)
    if case == "grant":
        team.do("group_remove", user, group=group)
    else:
        team.sim.force(routes.SET_ACCESS, tag)
    return (await team.grant(change, state=state))[0]


async def set_roles(team: Team, tag: str, case: str | None) -> Outcome:
    team.sim.force(routes.SET_ROLES, tag)
    return (await team.grant(gets(team.roles()[0], team.people()[0])))[0]


async def add(team: Team, tag: str, case: str | None) -> Outcome:
    email = "new@team.example"
    if case is None:
        team.sim.force(routes.ADD, tag)
    else:
        user = team.someone(case)
        email = team.true(user)["email"]
        if case == "removed":
            # The simulator forgets such an address at once; when Dropbox does is not documented.
            inner = team.sim.service.team
            inner.by_email[email.casefold()] = inner.by_id[user]
            team.sim.force(routes.ADD, tag)
    return (await team.create({"email": email}))[0]


async def add_job(team: Team, tag: str, case: str | None) -> Outcome:
    effect = "start" if case == "there" else "end"
    team.sim.settings(async_jobs=True, job_effect=effect, job_polls=5)
    end = (await team.create({"email": "new@team.example"}))[0]
    assert (end.outcome, bool(end.job)) == (OutcomeKind.PENDING, True)
    team.sim.force(routes.ADD_STATUS, tag, where="result" if tag == "failed" else "error")
    return await team.connection.job_status(end.job or "")


async def remove(team: Team, tag: str, case: str | None) -> Outcome:
    user = team.people()[0]
    state = await team.state()
    if case == "gone":
        team.do("leave", user)
    team.sim.force(routes.REMOVE, tag)
    return await team.delete(user, state)


async def remove_job(team: Team, tag: str, case: str | None) -> Outcome:
    team.sim.settings(async_jobs=True, job_effect="start" if case == "gone" else "end", job_polls=5)
    end = await team.delete(team.people()[0])
    assert (end.outcome, bool(end.job)) == (OutcomeKind.PENDING, True)
    team.sim.force(routes.REMOVE_STATUS, tag, where="error")
    return await team.connection.job_status(end.job or "")


def action(name: str, route: str, plain: str, **values: str) -> Callable[..., Awaitable[Outcome]]:
    """What drives a route by an action, on somebody in the situation that the case names."""

    async def drive(team: Team, tag: str, case: str | None) -> Outcome:
        user = team.someone(case or plain)
        team.sim.force(route, tag)
        return await team.run(name, user, **values)

    return drive


async def plain_tag(team: Team, tag: str, case: str | None) -> Outcome:
    """A look that gives no answer."""
    role = team.roles()[0]
    change = loses(role, team.do("set_role", team.people()[0], role=role))
    state = await team.state(change)
    team.sim.force(routes.GET_INFO, tag, where="error")
    return (await team.revoke(change, state=state))[0]


DRIVERS: dict[str, Callable[[Team, str, str | None], Awaitable[Outcome]]] = {
    routes.GROUPS_ADD: group_add,
    routes.GROUPS_REMOVE: group_remove,
    routes.SET_ACCESS: set_access,
    routes.SET_ROLES: set_roles,
    routes.ADD: add,
    routes.ADD_STATUS: add_job,
    routes.REMOVE: remove,
    routes.REMOVE_STATUS: remove_job,
    # Whoever is looked at in the plain cases is in a situation that decides nothing.
    routes.SUSPEND: action("disable_user", routes.SUSPEND, "active"),
    routes.UNSUSPEND: action("enable_user", routes.UNSUSPEND, "suspended"),
    routes.RECOVER: action("recover_user", routes.RECOVER, "recoverable"),
    routes.SET_PROFILE: action("set_profile", routes.SET_PROFILE, "active", surname="New"),
    routes.WELCOME: action("send_welcome_email", routes.WELCOME, "invited"),
    routes.GET_INFO: plain_tag,
}


@pytest.mark.parametrize(("route", "tag", "case"), CELLS)
@over_http()
async def test_every_cell(team: Team, route: str, tag: str, case: str | None) -> None:
    end = await DRIVERS[route](team, tag, case)
    verdict = decide(route, tag, case)
    assert (end.outcome, end.reason, end.retryable, end.tag) == (
        verdict.outcome,
        verdict.sentence,
        verdict.retryable,
        tag,
    )
    assert end.request_ids


@pytest.mark.parametrize("route", TABLE)
@over_http()
async def test_a_tag_of_tomorrow_is_a_failure_that_names_it(team: Team, route: str) -> None:
    end = await DRIVERS[route](team, "tag_of_tomorrow", None)
    assert (end.outcome, end.tag, end.retryable) == (OutcomeKind.FAILED, "tag_of_tomorrow", False)
    assert end.reason is not None
    assert "(tag_of_tomorrow)" in end.reason


def test_every_sentence_is_one_for_people() -> None:
    for route, cells in TABLE.items():
        for tag, cell in cells.items():
            for verdict in (cell.plain, *cell.cases.values()):
                assert verdict.sentence.endswith("."), (route, tag)
                assert not verdict.retryable or verdict.outcome is OutcomeKind.FAILED


@pytest.mark.parametrize("tag", ["Tag", "a b", "9", "a" * 65, "<b>", "é"])
@over_http()
async def test_a_tag_that_can_be_none_is_a_failure_and_is_not_shown(team: Team, tag: str) -> None:
    ends = [await DRIVERS[route](team, tag, None) for route in (routes.SET_ROLES, routes.ADD, routes.SUSPEND)]
    assert {(end.outcome, end.tag) for end in ends} == {(OutcomeKind.FAILED, "malformed_tag")}
    assert not any(tag in (end.reason or "").split("(")[1] for end in ends)
