"""Memberships and ownerships, over HTTP."""

from __future__ import annotations

import msgspec
import pytest

from jackfield_contracts import AccessState, OutcomeKind
from jackfield_dropbox import routes

from .support import Team, entitlement, joins, leaves, over_http

CHANGED, ALREADY, REFUSED = OutcomeKind.CHANGED, OutcomeKind.ALREADY, OutcomeKind.REFUSED


@over_http()
async def test_many_join_by_one_call_and_leave_by_one(team: Team) -> None:
    group, users = team.new_group(), team.people()[:10]
    changes = [joins(group, user, "owner" if user == users[0] else "member") for user in users]
    ends = await team.grant(*changes)
    assert [end.outcome for end in ends] == [CHANGED] * 10
    assert team.calls() == {routes.GROUPS_ADD: 1}
    assert [team.access(group, user) for user in users] == ["owner"] + ["member"] * 9
    assert {end.request_ids for end in ends} == {ends[0].request_ids}
    gone = await team.revoke(*(leaves(group, user) for user in users[1:]))
    assert [end.outcome for end in gone] == [CHANGED] * 9
    assert team.calls() == {routes.GROUPS_ADD: 1, routes.GROUPS_REMOVE: 1}


@over_http()
async def test_no_call_asks_for_the_whole_group_back(team: Team) -> None:
    group, user = team.new_group(), team.people()[0]
    await team.grant(joins(group, user))
    await team.grant(joins(group, user, "owner"))
    await team.revoke(leaves(group, user, "owner"))
    await team.revoke(leaves(group, user))
    used = (routes.GROUPS_ADD, routes.SET_ACCESS, routes.GROUPS_REMOVE)
    assert [[sent["return_members"] for sent in team.sent(route)] for route in used] == [[False], [False] * 2, [False]]


@over_http()
async def test_an_owner_granted_to_a_plain_member_becomes_owner(team: Team) -> None:
    group, user = team.new_group(), team.people()[0]
    team.enter(group, user)
    [end] = await team.grant(joins(group, user, "owner"))
    assert (end.outcome, team.access(group, user)) == (CHANGED, "owner")
    assert team.calls() == {routes.SET_ACCESS: 1}


@over_http()
async def test_an_owner_granted_to_a_member_on_an_old_state_becomes_owner(team: Team) -> None:
    group, user = team.new_group(), team.people()[0]
    change = joins(group, user, "owner")
    state = await team.state(change)
    team.enter(group, user)
    [end] = await team.grant(change, state=state)
    assert (end.outcome, end.tag, team.access(group, user)) == (CHANGED, "duplicate_user", "owner")


@over_http()
async def test_owner_revoked_leaves_a_member(team: Team) -> None:
    group, user = team.new_group(), team.people()[0]
    team.enter(group, user, "owner")
    [end] = await team.revoke(leaves(group, user, "owner"))
    assert (end.outcome, team.access(group, user)) == (CHANGED, "member")


@over_http()
async def test_membership_revoked_from_an_owner_is_refused(team: Team) -> None:
    group, user = team.new_group(), team.people()[0]
    team.enter(group, user)
    team.do("set_access", user, group=group, access="owner")
    for state in (AccessState(), await team.state(leaves(group, user))):
        [end] = await team.revoke(leaves(group, user), state=state)
        assert (end.outcome, end.tag, team.access(group, user)) == (REFUSED, "holds_more", "owner")
    assert team.calls() == {}


@over_http()
async def test_a_system_managed_group_refuses_a_member(team: Team) -> None:
    group = team.system_group()
    user = team.sim.change({"do": "invite", "email": "x@team.example"})[0]
    [end] = await team.grant(joins(group, user))
    assert (end.outcome, end.tag) == (REFUSED, "system_managed_group_disallowed")


@over_http()
async def test_a_group_that_is_gone_refuses_everybody(team: Team) -> None:
    users = team.people()[:3]
    ends = await team.grant(*(joins("g:none", user) for user in users), state=AccessState())
    assert {(end.outcome, end.tag) for end in ends} == {(REFUSED, "group_not_found")}
    assert team.calls() == {routes.GROUPS_ADD: 1}


@over_http()
async def test_asked_twice_it_does_nothing_the_second_time(team: Team) -> None:
    group, users = team.new_group(), team.people()[:4]
    grants = [joins(group, user, "owner" if user == users[0] else "member") for user in users]
    state = await team.state(*grants)
    await team.grant(*grants, state=state)
    before = team.sim.truth()
    again = await team.grant(*grants, state=state)
    assert [end.outcome for end in again] == [ALREADY] * 4
    assert team.sim.truth() == before
    revocations = [leaves(group, user) for user in users[1:]]
    state = await team.state(*revocations)
    await team.revoke(*revocations, state=state)
    again = await team.revoke(*revocations, state=state)
    assert [end.outcome for end in again] == [ALREADY] * 3
    taken = leaves(group, users[0], "owner")
    state = await team.state(taken)
    assert [end.outcome for end in await team.revoke(taken, state=state)] == [CHANGED]
    assert [end.outcome for end in await team.revoke(taken)] == [ALREADY]


@over_http()
async def test_each_of_a_refused_call_gets_its_own_outcome(team: Team) -> None:
    group, users = team.new_group(), team.people()[:7]
    owner, member, fine, gone = users[0], users[1], users[2:5], users[5]
    invited = team.someone("invited")
    grants = [
        joins(group, owner, "owner"),
        joins(group, member, "member"),
        *(joins(group, user) for user in fine),
        joins(group, gone),
        joins(group, "dbmid:nobody"),
        joins(group, invited, "owner"),
        joins(group, users[6], "owner"),
    ]
    team.enter(group, owner, "owner")
    team.enter(group, member, "owner")
    team.do("leave", gone)
    ends = await team.grant(*grants, state=AccessState())
    assert [(end.outcome, end.tag) for end in ends] == [
        # An earlier call of this change may have made these two so.
        (CHANGED, None),
        (CHANGED, None),
        *[(CHANGED, None)] * 3,
        (REFUSED, "members_not_in_team"),
        (REFUSED, "users_not_found"),
        (REFUSED, "user_must_be_active_to_be_owner"),
        (CHANGED, None),
    ]
    assert [team.access(group, user) for user in (*users[:5], users[6])] == ["owner", "owner", *["member"] * 3, "owner"]
    assert all(end.request_ids for end in ends)


@over_http()
async def test_each_of_a_refused_removal_gets_its_own_outcome(team: Team) -> None:
    group, users = team.new_group(), team.people()[:6]
    for user in users:
        team.enter(group, user)
    revocations = [*(leaves(group, user) for user in users), leaves(group, "dbmid:nobody")]
    state = await team.state(*revocations)
    team.do("group_remove", users[0], group=group)
    team.do("set_access", users[1], group=group, access="owner")
    team.do("leave", users[2])
    ends = await team.revoke(*revocations[:6], state=state)
    assert [(end.outcome, end.tag) for end in ends] == [
        (CHANGED, None),
        (REFUSED, "holds_more"),
        (ALREADY, "members_not_in_team"),
        *[(CHANGED, None)] * 3,
    ]
    assert team.access(group, users[1]) == "owner"
    [unknown] = await team.revoke(revocations[6], state=state)
    assert unknown.outcome is ALREADY


@over_http(read_lag=3600.0)
async def test_where_reads_lag_halving_finds_who_was_in_the_group_already(team: Team) -> None:
    group, users = team.new_group(), team.people()[:8]
    team.sim.advance(7200.0)
    team.enter(group, users[3])
    team.enter(group, users[6], "owner")
    wanted = [joins(group, user, "owner" if user == users[3] else "member") for user in users]
    ends = await team.grant(*wanted, state=AccessState())
    assert [end.outcome for end in ends] == [CHANGED] * 8
    assert "somebody else may have made it" in (ends[6].reason or "")
    assert [team.access(group, user) for user in users] == [
        {3: "owner", 6: "owner"}.get(index, "member") for index in range(8)
    ]


@over_http()
async def test_a_company_managed_group_has_no_owners(team: Team) -> None:
    group, users = team.new_group("company_managed"), team.people()[:3]
    ends = await team.grant(joins(group, users[0], "owner"), joins(group, users[1]), joins(group, users[2], "owner"))
    tag = "user_cannot_be_manager_of_company_managed_group"
    assert [(end.outcome, end.tag) for end in ends] == [(REFUSED, tag), (CHANGED, None), (REFUSED, tag)]
    assert team.calls() == {routes.GROUPS_ADD: 2}


@over_http()
async def test_one_person_twice_in_a_call(team: Team) -> None:
    group, user = team.new_group(), team.people()[0]
    ends = await team.grant(joins(group, user), joins(group, user, "owner"), joins(group, user))
    assert [end.outcome for end in ends] == [CHANGED, CHANGED, ALREADY]
    assert team.access(group, user) == "owner"
    ends = await team.revoke(leaves(group, user, "owner"), leaves(group, user))
    assert [end.outcome for end in ends] == [CHANGED, CHANGED]
    assert team.access(group, user) is None


@pytest.mark.parametrize(("kind", "id", "slug"), [("license", "full", "assigned"), ("app", "dropbox", "access")])
@over_http()
async def test_seats_and_the_app_are_not_granted(team: Team, kind: str, id: str, slug: str) -> None:
    grant, revocation = joins("g", team.people()[0]), leaves("g", team.people()[0])
    offered = entitlement(kind, id, slug)
    [end] = await team.grant(msgspec.structs.replace(grant, entitlement=offered))
    assert (end.outcome, end.tag) == (REFUSED, "not_grantable")
    [end] = await team.revoke(msgspec.structs.replace(revocation, entitlement=offered))
    assert (end.outcome, end.tag) == (REFUSED, "not_grantable")
    assert team.calls() == {}
