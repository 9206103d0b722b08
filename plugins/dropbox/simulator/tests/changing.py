"""What the tests of the write routes share: selectors, and people and groups of the right kind."""

from __future__ import annotations

from typing import Any

from .support import Answer, Client

ADD = "team/members/add_v2"
ADD_STATUS = "team/members/add/job_status/get_v2"
REMOVE = "team/members/remove"
REMOVE_STATUS = "team/members/remove/job_status/get"
RECOVER = "team/members/recover"
SUSPEND = "team/members/suspend"
UNSUSPEND = "team/members/unsuspend"
SET_ROLES = "team/members/set_admin_permissions_v2"
SET_PROFILE = "team/members/set_profile_v2"
WELCOME = "team/members/send_welcome_email"
GROUPS_ADD = "team/groups/members/add"
GROUPS_REMOVE = "team/groups/members/remove"
SET_ACCESS = "team/groups/members/set_access_type"
GROUPS_STATUS = "team/groups/job_status/get"

WRITES = (
    ADD,
    REMOVE,
    RECOVER,
    SUSPEND,
    UNSUSPEND,
    SET_ROLES,
    SET_PROFILE,
    WELCOME,
    GROUPS_ADD,
    GROUPS_REMOVE,
    SET_ACCESS,
)
STATUS = (ADD_STATUS, REMOVE_STATUS, GROUPS_STATUS)


def by_id(user: str) -> dict[str, str]:
    """The selector of a member by id."""
    return {".tag": "team_member_id", "team_member_id": user}


def by_email(email: str) -> dict[str, str]:
    """The selector of a member by e-mail."""
    return {".tag": "email", "email": email}


def group_by_id(group: str) -> dict[str, str]:
    """The selector of a group."""
    return {".tag": "group_id", "group_id": group}


NOBODY = by_email("nobody@nowhere.example")


def people(client: Client, status: str = "active", *, role: bool = False) -> list[str]:
    """The ids of members with that status, with a role or without."""
    users = client.control.truth()["users"]
    return [user["team_member_id"] for user in users if user["status"] == status and bool(user["roles"]) == role]


def true(client: Client, user: str) -> dict[str, Any]:
    """The truth about an account, a removed one included."""
    truth = client.control.truth()
    return next(one for one in truth["users"] + truth["removed"] if one["team_member_id"] == user)


def group(client: Client, kind: str = "user") -> dict[str, Any]:
    """The largest group of that kind."""
    groups = [one for one in client.control.truth()["groups"] if one["management_type"] == f"{kind}_managed"]
    return max(groups, key=lambda one: len(one["members"]))


def invite(client: Client, email: str, **more: Any) -> Answer:
    """Invites one person."""
    return client.call(ADD, {"new_members": [{"member_email": email, **more}]})


def invited(client: Client, email: str, **more: Any) -> str:
    """Invites one person; gives the id."""
    [item] = invite(client, email, **more).json["complete"]
    assert item[".tag"] == "success", item
    return item["profile"]["team_member_id"]


def argument(client: Client, route: str, user: str, group_id: str) -> Any:
    """An argument that fits the route."""
    if route in STATUS:
        return {"async_job_id": "x"}
    return {
        ADD: {"new_members": [{"member_email": "fits@team.example"}]},
        WELCOME: by_id(user),
        SET_ROLES: {"user": by_id(user), "new_roles": []},
        SET_PROFILE: {"user": by_id(user), "new_surname": "New"},
        GROUPS_ADD: {"group": group_by_id(group_id), "members": [{"user": by_id(user), "access_type": "member"}]},
        GROUPS_REMOVE: {"group": group_by_id(group_id), "users": [by_id(user)]},
        SET_ACCESS: {"group": group_by_id(group_id), "user": by_id(user), "access_type": "owner"},
    }.get(route, {"user": by_id(user)})
