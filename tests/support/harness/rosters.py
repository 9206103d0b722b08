"""A team's truth made ready for questions: who is there in which state, which group is of which kind, who holds what."""

from collections.abc import Mapping
from typing import Any


class Roster:
    """What the simulator said was true at one time."""

    def __init__(self, truth: Mapping[str, Any]) -> None:
        self.users: dict[str, dict[str, Any]] = {one["team_member_id"]: one for one in truth["users"]}
        self.removed: dict[str, dict[str, Any]] = {one["team_member_id"]: one for one in truth["removed"]}
        self.groups: dict[str, dict[str, Any]] = {one["group_id"]: one for one in truth["groups"]}
        self.roles: dict[str, str] = {one["name"]: one["role_id"] for one in truth["roles"]}
        self.admin_role: str = truth["team"]["admin_role"]

    def people(self, status: str = "active", *, role: str | None = None) -> list[dict[str, Any]]:
        """Who has that status and exactly that role; None is for those without one."""
        held = [] if role is None else [role]
        return [one for one in self.users.values() if one["status"] == status and one["roles"] == held]

    def group(self, management: str = "user_managed") -> dict[str, Any]:
        """The largest group of that kind."""
        found = [one for one in self.groups.values() if one["management_type"] == management]
        return max(found, key=lambda one: len(one["members"]))

    def outside(self, group: Mapping[str, Any], status: str = "active") -> list[dict[str, Any]]:
        """Who is not in the group."""
        return [one for id, one in self.users.items() if id not in group["members"] and one["status"] == status]

    def inside(self, group: Mapping[str, Any], access: str, status: str = "active") -> list[dict[str, Any]]:
        """Who is in the group as that."""
        return [one for id, one in self.users.items() if group["members"].get(id) == access and one["status"] == status]

    def access(self, group: str, user: str) -> str | None:
        """As what somebody is in a group."""
        return self.groups[group]["members"].get(user)

    def named(self, email: str) -> dict[str, Any] | None:
        """Who of the team has that address."""
        return next((one for one in self.users.values() if one["email"].casefold() == email.casefold()), None)
