"""What can happen to the groups of a team, refused as Dropbox refuses it."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Access, Group, Management, Member, RefusedError
from .state import TeamState


class Grouping(TeamState):
    """The operations on groups and their members."""

    def find_group(self, kind: str, value: str) -> Group | None:
        """The group that a group selector (`group_id` or `group_external_id`) means."""
        if kind.startswith("group_id"):
            return self.group_by_id.get(value)
        return self.group_by_external.get(value)

    def create_group(
        self, *, name: str, management: Management = "user_managed", external_id: str | None = None
    ) -> Group:
        """Creates an empty group."""
        name = name.strip()
        if management == "system_managed":
            raise RefusedError("system_managed_group_disallowed")
        if not name:
            raise RefusedError("group_name_invalid")
        if self._name_taken(name):
            raise RefusedError("group_name_already_used")
        if external_id and external_id in self.group_by_external:
            raise RefusedError("external_id_already_in_use")
        return self.enlist_group(name, management, external_id)

    def update_group(
        self,
        group: Group,
        *,
        name: str | None = None,
        external_id: str | None = None,
        management: Management | None = None,
    ) -> None:
        """Changes what is given of a group; an empty external id clears it."""
        self.check_changeable(group)
        if management == "system_managed":
            raise RefusedError("system_managed_group_disallowed")
        if name is not None and not name.strip():
            raise RefusedError("group_name_invalid")
        if name is not None and name.strip() != group.name and self._name_taken(name.strip()):
            raise RefusedError("group_name_already_used")
        if external_id and self.group_by_external.get(external_id, group) is not group:
            raise RefusedError("external_id_already_in_use")
        if name is not None:
            group.name = name.strip()
        if external_id is not None:
            if group.external_id:
                del self.group_by_external[group.external_id]
            group.external_id = external_id or None
            if external_id:
                self.group_by_external[external_id] = group
        if management is not None and management != group.management:
            group.management = management
            if management == "company_managed":
                for member, access in list(group.members.items()):
                    if access == "owner":
                        self.put(group, member, "member")
        group.head = group.tail = None
        self.note(group=group)

    def delete_group(self, group: Group) -> None:
        """Deletes a group; it vanishes at once."""
        self.check_changeable(group)
        self.strike_group(group)

    def add_to_group(self, group: Group, people: Sequence[tuple[Member, Access]]) -> None:
        """Adds all of the given people, or nobody."""
        self.check_changeable(group)
        self._on_team([member for member, _ in people])
        seen: set[str] = set()
        for member, _ in people:
            if member in group.members or member.id in seen:
                raise RefusedError("duplicate_user")
            seen.add(member.id)
        self._may_hold(group, people)
        for member, access in people:
            self.put(group, member, access)

    def remove_from_group(self, group: Group, people: Sequence[Member]) -> None:
        """Removes all of the given people, or nobody; the last owner may go, too."""
        self.check_changeable(group)
        self._on_team(people)
        if any(member not in group.members for member in people):
            raise RefusedError("member_not_in_group")
        for member in dict.fromkeys(people):
            self.drop(group, member)

    def set_access(self, group: Group, member: Member, access: Access) -> None:
        """Makes a member of a group its owner, or an owner a plain member."""
        self.check_changeable(group)
        if member not in group.members:
            raise RefusedError("member_not_in_group")
        self._may_hold(group, [(member, access)])
        self.put(group, member, access)

    def _name_taken(self, name: str) -> bool:
        return any(group.name.casefold() == name.casefold() for group in self.groups if not group.deleted)

    def check_changeable(self, group: Group) -> None:
        """Refuses a group that is gone or that the system manages."""
        if group.deleted:
            raise RefusedError("group_not_found")
        if group.management == "system_managed":
            raise RefusedError("system_managed_group_disallowed")

    def _on_team(self, people: Sequence[Member]) -> None:
        gone = [member.id for member in people if not member.on_team]
        if gone:
            raise RefusedError("members_not_in_team", gone)

    def _may_hold(self, group: Group, people: Sequence[tuple[Member, Access]]) -> None:
        owners = [member for member, access in people if access == "owner"]
        if owners and group.management != "user_managed":
            raise RefusedError("user_cannot_be_manager_of_company_managed_group", [member.id for member in owners])
        # Dropbox's text speaks of suspended users only; that invited ones can't be owners either is not documented.
        if any(member.status != "active" for member in owners):
            raise RefusedError("user_must_be_active_to_be_owner")
