"""The state of a team and its smallest changes; every change of the team goes through one of these."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from . import ids
from .log import EventLog
from .model import Access, Group, Management, Member, Role, Status

Fact = tuple[str, ...]
"""`("user", id)`, `("membership", user, group, access)`, `("role", user, role)` or `("license", user)`."""


class Watcher(Protocol):
    """Hears of each fact that becomes true or untrue."""

    def gained(self, fact: Fact) -> None:
        """A fact has become true."""
        ...

    def lost(self, fact: Fact) -> None:
        """A fact has become untrue."""
        ...


class Changes:
    """Which accounts and groups have changed since somebody last looked."""

    def __init__(self) -> None:
        self.members: dict[Member, None] = {}
        self.groups: dict[Group, None] = {}


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """What the team's settings and its plan allow."""

    persistent_ids: bool = True
    directory_restriction: bool = True
    external_sharing: bool = True


class TeamState:
    """Members, groups and roles with their indexes; keeps the indexes, the rendered JSON and the watcher right."""

    def __init__(
        self,
        *,
        name: str,
        team_id: str,
        roles: tuple[Role, ...],
        rng: random.Random,
        domain: str = "team.example",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.team_id = team_id
        self.roles = roles
        self.rng = rng
        self.domain = domain
        self.clock = clock
        self.members: list[Member] = []
        self.groups: list[Group] = []
        self.by_id: dict[str, Member] = {}
        self.by_email: dict[str, Member] = {}
        self.by_external: dict[str, Member] = {}
        self.by_persistent: dict[str, Member] = {}
        self.group_by_id: dict[str, Group] = {}
        self.group_by_external: dict[str, Group] = {}
        self.system_groups: list[Group] = []
        self.membership_count = 0
        self.used_licenses = 0
        # No limit until the seeding says how many licences the team has bought.
        self.bought_licenses = 10**9
        self.authoriser: Member | None = None
        self.policies = Policies()
        self.log = EventLog()
        self.watcher: Watcher | None = None
        # Kept only while somebody wants to know, which is when reads lag behind.
        self.changes: Changes | None = None

    @property
    def admin_role(self) -> Role:
        """The role of a team admin, of which at least one active member must hold."""
        return self.roles[0]

    def role(self, role_id: str) -> Role | None:
        """The role with that id."""
        return next((role for role in self.roles if role.id == role_id), None)

    def current(self) -> list[Member]:
        """Everybody on the team now, in the order of joining."""
        return [member for member in self.members if member.status != "removed"]

    def live_groups(self) -> list[Group]:
        """All groups that have not been deleted, in the order of creation."""
        return [group for group in self.groups if not group.deleted]

    def now(self) -> int:
        """The time now, in whole seconds."""
        return int(self.clock())

    def enrol(self, member: Member) -> Member:
        """Puts a new account on the team, and into the groups that hold everyone."""
        self.members.append(member)
        self.by_id[member.id] = member
        self.index(member)
        if member.on_team:
            self._gain(("user", member.id))
            if member.licensed:
                self.used_licenses += 1
                self._gain(("license", member.id))
            for group in self.system_groups:
                self.put(group, member, "member")
        return member

    def index(self, member: Member) -> None:
        """Makes an account findable by e-mail, external id and persistent id."""
        self.by_email[member.email.casefold()] = member
        if member.external_id:
            self.by_external[member.external_id] = member
        if member.persistent_id:
            self.by_persistent[member.persistent_id] = member
        self.note(member)

    def unindex(self, member: Member) -> None:
        """Makes an account unfindable by e-mail, external id and persistent id."""
        if self.by_email.get(member.email.casefold()) is member:
            del self.by_email[member.email.casefold()]
        if member.external_id and self.by_external.get(member.external_id) is member:
            del self.by_external[member.external_id]
        if member.persistent_id and self.by_persistent.get(member.persistent_id) is member:
            del self.by_persistent[member.persistent_id]
        self.note(member)

    def touch(self, member: Member) -> None:
        """Drops the rendered JSON of an account after a change of it."""
        member.profile_json = None
        member.info_json = None
        self.note(member)

    def note(self, member: Member | None = None, group: Group | None = None) -> None:
        """Notes that an account or a group has changed."""
        if self.changes is None:
            return
        if member is not None:
            self.changes.members[member] = None
        if group is not None:
            self.changes.groups[group] = None

    def set_status(self, member: Member, status: Status) -> None:
        """Changes an account's status and tells what follows from it."""
        was_on, was_licensed = member.on_team, member.licensed
        member.status = status
        self.touch(member)
        if member.on_team != was_on:
            (self._gain if member.on_team else self._lose)(("user", member.id))
        if member.licensed != was_licensed:
            self.used_licenses += 1 if member.licensed else -1
            (self._gain if member.licensed else self._lose)(("license", member.id))

    def put(self, group: Group, member: Member, access: Access) -> None:
        """Makes an account a member or owner of a group, whichever it was before."""
        before = group.members.get(member)
        if before == access:
            return
        group.members[member] = access
        self.note(member, group)
        if before is None:
            group.ordered = None
            member.groups.append(group)
            member.info_json = None
            self.membership_count += 1
        elif self.watcher is not None:
            self._lose(("membership", member.id, group.id, before))
        if self.watcher is not None:
            self._gain(("membership", member.id, group.id, access))

    def drop(self, group: Group, member: Member) -> None:
        """Takes an account out of a group."""
        access = group.members.pop(member)
        group.ordered = None
        member.groups.remove(group)
        member.info_json = None
        self.note(member, group)
        self.membership_count -= 1
        self._lose(("membership", member.id, group.id, access))

    def give_role(self, member: Member, role: Role | None) -> None:
        """Replaces the role that an account holds."""
        if member.role == role:
            return
        if member.role is not None:
            self._lose(("role", member.id, member.role.id))
        member.role = role
        member.info_json = None
        self.note(member)
        if role is not None:
            self._gain(("role", member.id, role.id))

    def enlist_group(
        self, name: str, management: Management, external_id: str | None = None, created_ms: int | None = None
    ) -> Group:
        """Adds an empty group."""
        group = Group(
            seq=len(self.groups),
            id=ids.group_id(self.rng),
            name=name,
            management=management,
            external_id=external_id,
            created_ms=self.now() * 1000 if created_ms is None else created_ms,
        )
        self.groups.append(group)
        self.group_by_id[group.id] = group
        if external_id:
            self.group_by_external[external_id] = group
        if management == "system_managed":
            self.system_groups.append(group)
        self.note(group=group)
        return group

    def strike_group(self, group: Group) -> None:
        """Removes a group with all its memberships."""
        for member in list(group.members):
            self.drop(group, member)
        group.deleted = True
        self.note(group=group)
        del self.group_by_id[group.id]
        if group.external_id and self.group_by_external.get(group.external_id) is group:
            del self.group_by_external[group.external_id]
        if group in self.system_groups:
            self.system_groups.remove(group)

    def _gain(self, fact: Fact) -> None:
        if self.watcher is not None:
            self.watcher.gained(fact)

    def _lose(self, fact: Fact) -> None:
        if self.watcher is not None:
            self.watcher.lost(fact)
