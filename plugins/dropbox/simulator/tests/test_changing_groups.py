"""The routes that change who is in a group keep Dropbox's rules."""

from __future__ import annotations

from typing import Any

import pytest

from .changing import (
    GROUPS_ADD,
    GROUPS_REMOVE,
    NOBODY,
    SET_ACCESS,
    by_id,
    group,
    group_by_id,
    people,
    true,
)
from .support import Client


def _outside(client: Client, held: dict[str, Any], status: str = "active") -> str:
    return next(user for user in people(client, status) if user not in held["members"])


def _members(client: Client, held: dict[str, Any]) -> dict[str, str]:
    groups = client.control.truth()["groups"]
    return next(one["members"] for one in groups if one["group_id"] == held["group_id"])


def _add(held: dict[str, Any], *users: str, access: Any = "member", **more: Any) -> dict[str, Any]:
    members = [{"user": by_id(user), "access_type": access} for user in users]
    return {"group": group_by_id(held["group_id"]), "members": members, **more}


def _remove(held: dict[str, Any], *users: str, **more: Any) -> dict[str, Any]:
    return {"group": group_by_id(held["group_id"]), "users": [by_id(user) for user in users], **more}


def _access(held: dict[str, Any], user: str, access: str, **more: Any) -> dict[str, Any]:
    return {"group": group_by_id(held["group_id"]), "user": by_id(user), "access_type": access, **more}


def test_members_come_and_go(client: Client) -> None:
    held = group(client)
    user = _outside(client, held)
    answer = client.ok(GROUPS_ADD, _add(held, user, access={".tag": "owner"}))
    assert answer["async_job_id"] == " "
    info = answer["group_info"]
    assert info["member_count"] == len(info["members"]) == len(held["members"]) + 1
    assert _members(client, held) == held["members"] | {user: "owner"}
    [item] = client.ok("team/groups/get_info", {".tag": "group_ids", "group_ids": [held["group_id"]]})
    assert item == {".tag": "group_info"} | info
    [listed] = client.ok(SET_ACCESS, _access(held, user, "member"))
    assert (listed[".tag"], len(listed["members"])) == ("group_info", info["member_count"])
    assert _members(client, held)[user] == "member"
    answer = client.ok(GROUPS_REMOVE, _remove(held, user))
    assert (answer["async_job_id"], _members(client, held)) == (" ", held["members"])
    effects = client.control.effects()
    key = f"{held['group_id']} {user}"
    counted = [effects[kind] for kind in ("group_additions", "access_changes", "group_removals")]
    assert counted == [{key: 1}] * 3
    assert client.call("team/groups/job_status/get", {"async_job_id": " "}).tag == "invalid_async_job_id"


def test_members_are_shown_only_if_wanted(client: Client) -> None:
    held = group(client)
    user = _outside(client, held)
    answers = [
        client.ok(GROUPS_ADD, _add(held, user, return_members=False))["group_info"],
        client.ok(SET_ACCESS, _access(held, user, "owner", return_members=False))[0],
        client.ok(GROUPS_REMOVE, _remove(held, user, return_members=False))["group_info"],
    ]
    assert ["members" in answer for answer in answers] == [False] * 3
    assert answers[0]["member_count"] == len(held["members"]) + 1


def test_the_only_owner_may_go(client: Client) -> None:
    held = group(client)
    owners = [user for user, access in held["members"].items() if access == "owner"]
    client.ok(GROUPS_REMOVE, _remove(held, *owners))
    assert "owner" not in _members(client, held).values()


def test_all_are_added_or_nobody(client: Client) -> None:
    held = group(client)
    inside, new, gone = next(iter(held["members"])), _outside(client, held), people(client)[-1]
    client.control.change({"do": "leave", "user": gone})
    held = group(client)
    assert client.call(GROUPS_ADD, _add(held, new, inside)).tag == "duplicate_user"
    assert client.call(GROUPS_ADD, _add(held, new, new)).tag == "duplicate_user"
    answer = client.call(GROUPS_ADD, _add(held, new, gone))
    assert answer.json["error"] == {".tag": "members_not_in_team", "members_not_in_team": [gone]}
    argument = _add(held, new)
    argument["members"].append({"user": NOBODY, "access_type": "member"})
    answer = client.call(GROUPS_ADD, argument)
    assert answer.json["error"] == {".tag": "users_not_found", "users_not_found": [NOBODY["email"]]}
    assert _members(client, held) == held["members"]


def test_all_are_removed_or_nobody(client: Client) -> None:
    held = group(client)
    inside, outside, gone = next(iter(held["members"])), _outside(client, held), people(client)[-1]
    client.control.change({"do": "leave", "user": gone})
    held = group(client)
    assert client.call(GROUPS_REMOVE, _remove(held, inside, outside)).tag == "member_not_in_group"
    answer = client.call(GROUPS_REMOVE, _remove(held, inside, gone))
    assert answer.json["error"] == {".tag": "members_not_in_team", "members_not_in_team": [gone]}
    argument = {"group": group_by_id(held["group_id"]), "users": [by_id(inside), NOBODY]}
    assert client.call(GROUPS_REMOVE, argument).json["error"]["users_not_found"] == [NOBODY["email"]]
    assert _members(client, held) == held["members"]


def test_who_can_be_an_owner(client: Client) -> None:
    held, company = group(client), group(client, "company")
    user, outsider = _outside(client, held), _outside(client, company)
    client.control.change({"do": "suspend", "user": user})
    assert client.call(GROUPS_ADD, _add(held, user, access="owner")).tag == "user_must_be_active_to_be_owner"
    client.ok(GROUPS_ADD, _add(held, user))
    client.judged = False
    assert client.call(SET_ACCESS, _access(held, user, "owner")).tag == "user_must_be_active_to_be_owner"
    client.judged = True
    tag = "user_cannot_be_manager_of_company_managed_group"
    answer = client.call(GROUPS_ADD, _add(company, outsider, access="owner"))
    assert answer.json["error"] == {".tag": tag, tag: [outsider]}
    client.ok(GROUPS_ADD, _add(company, outsider))
    assert client.call(SET_ACCESS, _access(company, outsider, "owner")).json["error"] == {".tag": tag}


def test_invited_people_can_be_members(client: Client) -> None:
    held = group(client)
    user = _outside(client, held, "invited")
    client.ok(GROUPS_ADD, _add(held, user))
    assert true(client, user)["groups"][held["group_id"]] == "member"


@pytest.mark.parametrize("group_id", ["g:none", "system"])
def test_groups_that_cannot_change(client: Client, group_id: str) -> None:
    held = group(client, "system") if group_id == "system" else {"group_id": group_id}
    tag = "system_managed_group_disallowed" if group_id == "system" else "group_not_found"
    user = people(client)[0]
    assert client.call(GROUPS_ADD, _add(held, user)).tag == tag
    assert client.call(GROUPS_REMOVE, _remove(held, user)).tag == tag
    assert client.call(SET_ACCESS, _access(held, user, "member")).tag == tag


def test_access_of_who_is_not_in_the_group(client: Client) -> None:
    held = group(client)
    assert client.call(SET_ACCESS, _access(held, _outside(client, held), "owner")).tag == "member_not_in_group"
    argument = {"group": group_by_id(held["group_id"]), "user": NOBODY, "access_type": "owner"}
    assert client.call(SET_ACCESS, argument).tag == "member_not_in_group"


def test_scopes_are_asked_for(client: Client) -> None:
    client.control.settings(scopes=["groups.read"])
    for route in (GROUPS_ADD, GROUPS_REMOVE, SET_ACCESS):
        assert client.call(route, {}).json["error"] == {".tag": "missing_scope", "required_scope": "groups.write"}
