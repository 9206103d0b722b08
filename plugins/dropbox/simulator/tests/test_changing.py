"""Listings of a team that changes meanwhile, and the team's own rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield_dropbox_simulator.control.churn import Churn, Churner
from jackfield_dropbox_simulator.control.observer import Observer, facts
from jackfield_dropbox_simulator.control.truth import truth
from jackfield_dropbox_simulator.faults.twist import Twist
from jackfield_dropbox_simulator.options import TeamOptions
from jackfield_dropbox_simulator.routes.call import Call
from jackfield_dropbox_simulator.routes.table import table
from jackfield_dropbox_simulator.team import RefusedError, Team
from jackfield_dropbox_simulator.team.seeding import build
from jackfield_dropbox_simulator.wire.cursors import CursorCodec

from .support import Client


def _listed(team: Team, churner: Churner, first: str, following: str, argument: dict[str, Any]) -> list[Any]:
    routes, codec = table(), CursorCodec()
    rows: list[Any] = []
    name, arg = first, argument
    for _ in range(300):
        page = json.loads(routes[name].answer(Call(team=team, codec=codec, arg=arg, twist=Twist())))
        churner.tick()
        rows += page.get("members", page.get("groups"))
        if not page["has_more"]:
            return rows
        name, arg = following, {"cursor": page["cursor"]}
    raise AssertionError(f"{first} did not end within 300 pages")


@settings(max_examples=25, deadline=None)
@given(
    limit=st.integers(1, 9),
    seed=st.integers(0, 1000),
    churn=st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 6)),
)
def test_whoever_stays_is_listed_exactly_once_and_nobody_is_invented(
    limit: int, seed: int, churn: tuple[int, int, int]
) -> None:
    team = build(TeamOptions(members=25, groups=5, seed=seed))
    joins, leaves, moves = churn
    churner = Churner(team, Churn(every=1, seed=seed, joins=joins, leaves=leaves, moves=moves))
    observer = Observer(team)
    # A churn that adds more than a page at a time would never let the listing end.
    argument = {"limit": limit + joins, "include_removed": False}
    rows = _listed(team, churner, "team/members/list_v2", "team/members/list/continue_v2", argument)
    seen = observer.shown()
    ids = [row["profile"]["team_member_id"] for row in rows]
    assert len(ids) == len(set(ids))
    assert set(seen["always"]["users"]) <= set(ids) <= set(seen["ever"]["users"])
    assert facts(team) <= {("user", user) for user in seen["ever"]["users"]} | facts(team)
    group = max(team.live_groups(), key=lambda group: len(group.members))
    observer = Observer(team)
    argument = {"group": ("group_id", group.id), "limit": limit + joins}
    rows = _listed(team, churner, "team/groups/members/list", "team/groups/members/list/continue", argument)
    listed = [(row["profile"]["team_member_id"], group.id, row["access_type"][".tag"]) for row in rows]
    seen = observer.shown()
    assert len({user for user, _, _ in listed}) == len(listed)
    assert {tuple(fact) for fact in seen["always"]["memberships"] if fact[1] == group.id} <= set(listed)
    assert set(listed) <= {tuple(fact) for fact in seen["ever"]["memberships"]}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_changed_team_stays_sound(seed: int) -> None:
    team = build(TeamOptions(members=20, groups=4, seed=seed))
    observer = Observer(team)
    before = facts(team)
    churner = Churner(team, Churn(every=1, seed=seed, joins=1, leaves=2, moves=5))
    for _ in range(15):
        churner.tick()
    known = truth(team)
    assert known["team"]["memberships"] == sum(len(group["members"]) for group in known["groups"])
    assert known["team"]["used_licenses"] == sum(user["licensed"] for user in known["users"])
    for group in known["groups"]:
        by_user = {user["team_member_id"]: user["groups"] for user in known["users"]}
        assert all(by_user[user][group["group_id"]] == access for user, access in group["members"].items())
        if group["management_type"] == "system_managed":
            assert set(group["members"]) == set(by_user)
    assert team.active_admins()
    shown = observer.shown()
    assert set(shown["always"]["users"]) <= {user["team_member_id"] for user in known["users"]}
    assert len(shown["ever"]["users"]) >= len([fact for fact in before if fact[0] == "user"])


def _refused(do: Any, *args: Any, **named: Any) -> str:
    with pytest.raises(RefusedError) as refused:
        do(*args, **named)
    return refused.value.tag


def test_the_last_admin_is_kept() -> None:
    team = build(TeamOptions())
    first, second = team.active_admins()
    team.set_role(second, team.roles[1])
    assert _refused(team.set_role, first, None) == "last_admin"
    assert _refused(team.suspend, first) == "suspend_last_admin"
    assert _refused(team.remove, first) == "remove_last_admin"
    team.set_role(second, team.admin_role)
    team.suspend(first)
    assert (first.role, first.status) == (None, "suspended")


def test_people_are_refused_as_dropbox_does() -> None:
    team = build(TeamOptions())
    invited = team.invite(email="new@team.example")
    active = next(m for m in team.members if m.status == "active" and not m.role and m.groups)
    assert _refused(team.invite, email="NEW@team.example") == "user_already_on_team"
    assert _refused(team.suspend, invited) == "suspend_inactive_user"
    assert _refused(team.unsuspend, active) == "unsuspend_non_suspended_member"
    assert _refused(team.remove, invited, keep_account=True) == "cannot_keep_invited_user_account"
    team.suspend(active)
    assert _refused(team.suspend, active) == "suspend_inactive_user"
    assert _refused(team.set_role, active, team.roles[2]) == "cannot_set_permissions"
    groups = list(active.groups)
    team.remove(active)
    assert _refused(team.invite, email=active.email) == "user_already_on_team"
    assert _refused(team.remove, active) == "user_not_in_team"
    team.recover(active)
    assert (active.status, {group.id for group in active.groups}) == ("active", {group.id for group in groups})
    team.remove(active, permanently=True)
    assert _refused(team.recover, active) == "user_unrecoverable"
    team.bought_licenses = team.used_licenses
    assert _refused(team.invite, email="more@team.example") == "team_license_limit"


def test_groups_are_refused_as_dropbox_does() -> None:
    team = build(TeamOptions())
    user, company = (next(g for g in team.groups if g.management == f"{kind}_managed") for kind in ("user", "company"))
    everyone = team.system_groups[0]
    member = next(m for m in user.members if m.status == "active")
    outsider = team.join(email="out@team.example")
    invited = team.invite(email="inv@team.example")
    assert _refused(team.add_to_group, everyone, [(outsider, "member")]) == "system_managed_group_disallowed"
    assert _refused(team.add_to_group, user, [(outsider, "member"), (member, "member")]) == "duplicate_user"
    assert outsider not in user.members
    assert _refused(team.add_to_group, user, [(invited, "owner")]) == "user_must_be_active_to_be_owner"
    tag = "user_cannot_be_manager_of_company_managed_group"
    assert _refused(team.add_to_group, company, [(outsider, "owner")]) == tag
    assert _refused(team.remove_from_group, user, [outsider]) == "member_not_in_group"
    assert _refused(team.set_access, user, outsider, "owner") == "member_not_in_group"
    assert _refused(team.create_group, name=user.name) == "group_name_already_used"
    assert _refused(team.create_group, name=" ") == "group_name_invalid"
    team.delete_group(user)
    assert _refused(team.add_to_group, user, [(outsider, "member")]) == "group_not_found"


def test_changes_asked_for_by_name_are_seen_in_the_listings(client: Client) -> None:
    change = client.control.change
    [joined] = change({"do": "join", "email": "join@team.example", "given": "Jo", "surname": "In"})
    [group] = change({"do": "create_group", "name": "New", "management": "company_managed", "external_id": "n:1"})
    change({"do": "group_add", "user": joined, "group": group})
    change({"do": "rename_group", "group": group, "name": "Newer"}, {"do": "suspend", "user": joined})
    change({"do": "rename_member", "user": joined, "given": "Joan", "surname": "Inn"})
    rows = {row["profile"]["team_member_id"]: row["profile"] for row in client.rows("members", {})}
    assert rows[joined]["status"] == {".tag": "suspended"}
    assert rows[joined]["name"]["display_name"] == "Joan Inn"
    assert group in rows[joined]["groups"]
    assert {row["group_id"]: row["group_name"] for row in client.rows("groups", {})}[group] == "Newer"
    [item] = client.ok("team/groups/get_info", {".tag": "group_external_ids", "group_external_ids": ["n:1"]})
    assert [row["profile"]["name"]["surname"] for row in item["members"]] == ["Inn"]
    change({"do": "unsuspend", "user": joined}, {"do": "leave", "user": joined}, {"do": "delete_group", "group": group})
    assert joined not in {row["profile"]["team_member_id"] for row in client.rows("members", {})}
    assert group not in {row["group_id"] for row in client.rows("groups", {})}


def test_a_share_of_the_team_can_vanish(client: Client) -> None:
    gone = client.control.change({"do": "remove_percent", "percent": 40})
    assert len(client.rows("members", {})) == 30
    assert len(gone) == 20
    client.control.change({"do": "remove_percent", "percent": 50, "of": "groups"})
    assert len(client.rows("groups", {})) == 5


def test_a_group_deleted_during_its_listing_ends_it(client: Client) -> None:
    group = max(client.control.truth()["groups"], key=lambda group: len(group["members"]) * bool(group["external_id"]))
    selector = {".tag": "group_id", "group_id": group["group_id"]}
    page = client.ok("team/groups/members/list", {"group": selector, "limit": 2})
    client.control.change({"do": "delete_group", "group": group["group_id"]})
    assert client.call("team/groups/members/list/continue", {"cursor": page["cursor"]}).tag == "invalid_cursor"


def test_churn_and_observation_go_by_requests(client: Client) -> None:
    client.control.mark()
    client.control.churn(every=2, seed=3, joins=1, leaves=1, moves=2)
    rows = client.rows("members", {"limit": 5})
    client.control.stop_churn()
    seen = client.control.observed()
    ids = {row["profile"]["team_member_id"] for row in rows}
    assert set(seen["always"]["users"]) <= ids <= set(seen["ever"]["users"])
    assert len(seen["ever"]["users"]) > 50 > len(seen["always"]["users"])
    assert {"users", "memberships", "roles", "licenses"} == set(seen["always"])


def test_what_was_rendered_before_a_change_is_not_shown_after_it(client: Client) -> None:
    def shown() -> dict[str, tuple[set[str], str, list[str]]]:
        return {
            row["profile"]["team_member_id"]: (
                set(row["profile"]["groups"]),
                row["profile"]["status"][".tag"],
                [role["role_id"] for role in row.get("roles", [])],
            )
            for row in client.rows("members", {})
        }

    def true() -> dict[str, tuple[set[str], str, list[str]]]:
        users = client.control.truth()["users"]
        return {user["team_member_id"]: (set(user["groups"]), user["status"], user["roles"]) for user in users}

    known = client.control.truth()
    user = next(u for u in known["users"] if u["status"] == "active" and not u["roles"])["team_member_id"]
    groups = [group for group in known["groups"] if group["management_type"] == "user_managed"]
    inside = next(group["group_id"] for group in groups if user in group["members"])
    outside = next(group["group_id"] for group in known["groups"] if user not in group["members"])
    changes: list[dict[str, Any]] = [
        {"do": "group_add", "user": user, "group": outside},
        {"do": "group_remove", "user": user, "group": inside},
        {"do": "set_role", "user": user, "role": known["roles"][1]["role_id"]},
        {"do": "set_role", "user": user, "role": None},
        {"do": "suspend", "user": user},
        {"do": "unsuspend", "user": user},
        {"do": "delete_group", "group": outside},
    ]
    for change in changes:
        before = shown()
        client.control.change(change)
        assert shown() == true() != before, change
