"""Listings and lookups: every answer fits the SDK's definitions and says what is true of the team."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from jackfield_dropbox_simulator.options import ServiceOptions

from .support import Client, running


def _access(group: Any) -> dict[str, str]:
    return {row["profile"]["team_member_id"]: row["access_type"][".tag"] for row in group}


def _seconds(time: str | None) -> int | None:
    return None if time is None else int(datetime.fromisoformat(time).timestamp())


def _user(row: Any) -> dict[str, Any]:
    profile = row["profile"]
    return {
        "team_member_id": profile["team_member_id"],
        "email": profile["email"],
        "email_verified": profile["email_verified"],
        "secondary_emails": [
            {"email": each["email"], "is_verified": each["is_verified"]} for each in profile.get("secondary_emails", ())
        ],
        "given_name": profile["name"]["given_name"],
        "surname": profile["name"]["surname"],
        "display_name": profile["name"]["display_name"],
        **{name: profile.get(name) for name in ("account_id", "persistent_id", "profile_photo_url")},
        "is_directory_restricted": profile.get("is_directory_restricted"),
        "status": profile["status"][".tag"],
        "membership_type": profile["membership_type"][".tag"],
        "external_id": profile.get("external_id"),
        **{name: _seconds(profile.get(name)) for name in ("invited_on", "joined_on", "suspended_on")},
        "roles": [role["role_id"] for role in row.get("roles", [])],
        "groups": set(profile["groups"]),
    }


@pytest.mark.parametrize("limit", [1, 7, 1000])
@pytest.mark.parametrize("shape", ["mixed", "user_managed"])
def test_the_listings_together_say_the_truth(limit: int, shape: str) -> None:
    with running(members=30, groups=9, seed=limit, shape=shape) as client:
        truth = client.control.truth()
        users = [_user(row) for row in client.rows("members", {"limit": limit})]
        expected = [{**user, "groups": set(user["groups"])} for user in truth["users"]]
        for user in expected:
            del user["licensed"]
        assert users == expected
        groups = client.rows("groups", {"limit": limit})
        assert [(g["group_id"], g["group_name"], g["group_management_type"][".tag"]) for g in groups] == [
            (g["group_id"], g["name"], g["management_type"]) for g in truth["groups"]
        ]
        for row, group in zip(groups, truth["groups"], strict=True):
            selector = {".tag": "group_id", "group_id": group["group_id"]}
            listed = client.rows("groups/members", {"group": selector, "limit": limit})
            assert _access(listed) == group["members"]
            assert row["member_count"] == len(group["members"])


def test_pages_can_be_capped_and_one_left_empty() -> None:
    with running(ServiceOptions(page_cap=5, blank_page=True), members=12, groups=3) as client:
        pages = list(client.pages("members", {"limit": 1000}))
        assert [len(page) for page in pages] == [5, 0, 5, 2]
        ids = [row["profile"]["team_member_id"] for page in pages for row in page]
        assert ids == [user["team_member_id"] for user in client.control.truth()["users"]]
        client.control.settings(page_cap=0, blank_page=False)
        assert [len(page) for page in client.pages("members", {"limit": 1000})] == [12]


def test_group_details_show_members_of_all_but_system_managed_groups(client: Client) -> None:
    truth = client.control.truth()
    ids = [group["group_id"] for group in truth["groups"]]
    items = client.ok("team/groups/get_info", {".tag": "group_ids", "group_ids": [*ids, "g:none"]})
    assert items.pop() == {".tag": "id_not_found", "id_not_found": "g:none"}
    for item, group in zip(items, truth["groups"], strict=True):
        assert item["created"] > 10**12
        if group["management_type"] == "system_managed":
            assert "members" not in item
        else:
            assert _access(item["members"]) == group["members"]
    externals = [group["external_id"] for group in truth["groups"] if group["external_id"]]
    named = client.ok("team/groups/get_info", {".tag": "group_external_ids", "group_external_ids": externals})
    assert [item["group_external_id"] for item in named] == externals


def test_members_are_found_by_id_email_and_external_id(client: Client) -> None:
    user = next(user for user in client.control.truth()["users"] if user["external_id"])
    wanted = [
        {".tag": "team_member_id", "team_member_id": user["team_member_id"]},
        {".tag": "email", "email": user["email"].upper()},
        {".tag": "external_id", "external_id": user["external_id"]},
        {".tag": "team_member_id", "team_member_id": "dbmid:nobody"},
    ]
    items = client.ok("team/members/get_info_v2", {"members": wanted})["members_info"]
    assert [item["profile"]["team_member_id"] for item in items[:3]] == [user["team_member_id"]] * 3
    assert items[3] == {".tag": "id_not_found", "id_not_found": "dbmid:nobody"}


def test_removed_accounts_are_listed_on_demand_only(client: Client) -> None:
    removed = {user["team_member_id"] for user in client.control.truth()["removed"]}
    assert removed
    rows = client.rows("members", {"limit": 10, "include_removed": True})
    gone = {row["profile"]["team_member_id"] for row in rows if row["profile"]["status"][".tag"] == "removed"}
    assert gone == removed
    assert len(rows) == len(client.rows("members", {})) + len(removed)


def test_totals_count_licences_as_dropbox_does(client: Client) -> None:
    users = client.control.truth()["users"]
    info = client.ok("team/get_info")
    assert info["num_used_licenses"] == sum(user["membership_type"] == "full" for user in users)
    assert info["num_provisioned_users"] == sum(user["status"] in ("active", "invited") for user in users)
    assert info["num_licensed_users"] >= info["num_used_licenses"]


def test_the_authorising_admin_and_the_roles_are_shown(client: Client) -> None:
    truth = client.control.truth()
    admin = client.ok("team/token/get_authenticated_admin")["admin_profile"]
    holder = next(user for user in truth["users"] if user["team_member_id"] == admin["team_member_id"])
    assert holder["roles"] == [truth["team"]["admin_role"]]
    roles = client.ok("team/members/get_available_team_member_roles")["roles"]
    assert [role["role_id"] for role in roles] == [role["role_id"] for role in truth["roles"]]
    held = {role for user in truth["users"] for role in user["roles"]}
    assert held < {role["role_id"] for role in roles}


def test_an_admin_who_left_is_not_active(client: Client) -> None:
    first, second = [user for user in client.control.truth()["users"] if user["roles"]][:2]
    client.control.change({"do": "set_role", "user": second["team_member_id"], "role": first["roles"][0]})
    client.control.change({"do": "leave", "user": first["team_member_id"]})
    assert client.call("team/token/get_authenticated_admin").tag == "admin_not_active"


def test_features_are_answered_in_order(client: Client) -> None:
    asked = [{".tag": "has_team_shared_dropbox"}, "upload_api_rate_limit", {".tag": "has_distinct_member_homes"}]
    values = client.ok("team/features/get_values", {"features": asked})["values"]
    assert [value[".tag"] for value in values] == [
        "has_team_shared_dropbox",
        "upload_api_rate_limit",
        "has_distinct_member_homes",
    ]
    assert client.call("team/features/get_values", {"features": []}).tag == "empty_features_list"


@pytest.mark.parametrize(
    "route",
    ["team/members/add/job_status/get_v2", "team/members/remove/job_status/get", "team/groups/job_status/get"],
)
def test_unknown_jobs_are_refused(client: Client, route: str) -> None:
    assert client.call(route, {"async_job_id": " "}).tag == "invalid_async_job_id"


def test_a_seed_makes_the_same_team_again() -> None:
    truths: list[Any] = []
    for seed in (5, 5, 6):
        with running(members=40, groups=6, seed=seed) as client:
            truths.append(client.control.truth())
    assert truths[0] == truths[1] != truths[2]


def test_seeded_teams_have_every_awkward_case() -> None:
    with running(members=400, groups=30) as client:
        truth = client.control.truth()
        rows = client.rows("members", {})
    statuses = {user["status"] for user in truth["users"]}
    assert statuses == {"active", "invited", "suspended"}
    assert {user["membership_type"] for user in truth["users"]} == {"full", "limited"}
    assert {group["management_type"] for group in truth["groups"]} == {
        "user_managed",
        "company_managed",
        "system_managed",
    }
    assert any(not group["members"] for group in truth["groups"])
    assert len({group["name"] for group in truth["groups"]}) < len(truth["groups"])
    assert any(user["display_name"] == "" for user in truth["users"])
    assert any("account_id" not in row["profile"] for row in rows)
    assert any("roles" not in row for row in rows)
    assert any(row.get("roles") == [] for row in rows)
    by_id = {user["team_member_id"]: user for user in truth["users"]}
    for group in truth["groups"]:
        owners = [by_id[user] for user, access in group["members"].items() if access == "owner"]
        assert not owners or group["management_type"] == "user_managed"
        assert all(owner["status"] == "active" for owner in owners)


@pytest.mark.parametrize("members", [2, 3, 5])
def test_tiny_teams_can_be_read_whole(members: int) -> None:
    with running(members=members, groups=2, roles=1) as client:
        assert len(client.rows("members", {"limit": 1})) == members
        assert client.ok("team/token/get_authenticated_admin")
