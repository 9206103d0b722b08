"""Reads that lag behind: a copy of the team that hears of each change some seconds late."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from ..team import Access, Changes, Group, Member, Team

# These hold other records or what was rendered from them; a copy has its own.
_OWN = frozenset({"groups", "former", "profile_json", "info_json", "members", "ordered", "head", "tail"})
_MEMBER = tuple(name for name in Member.__struct_fields__ if name not in _OWN)
_GROUP = tuple(name for name in Group.__struct_fields__ if name not in _OWN)


class _Image(msgspec.Struct, frozen=True, kw_only=True):
    """What changed records were like at one time."""

    at: float
    members: list[tuple[dict[str, Any], list[str]]]
    groups: list[tuple[dict[str, Any], dict[str, Access]]]


class LaggingTeam:
    """Follows a team at a distance in time."""

    def __init__(self, team: Team, clock: Callable[[], float]) -> None:
        self._source = team
        self._clock = clock
        self._waiting: deque[_Image] = deque()
        self._copy = Team(name=team.name, team_id=team.team_id, roles=team.roles, rng=random.Random(0))
        # Unlike the team's own index this one keeps deleted groups.
        self._groups: dict[str, Group] = {}
        everything = Changes()
        everything.members = dict.fromkeys(team.members)
        everything.groups = dict.fromkeys(team.groups)
        self._apply(self._image(everything))
        team.changes = Changes()

    def note(self) -> None:
        """Takes in what has changed by now."""
        changes = self._source.changes
        if changes is not None and (changes.members or changes.groups):
            self._source.changes = Changes()
            self._waiting.append(self._image(changes))

    def seen(self, lag: float) -> Team:
        """The team as it was that many seconds ago."""
        while self._waiting and self._waiting[0].at <= self._clock() - lag:
            self._apply(self._waiting.popleft())
        return self._copy

    def close(self) -> None:
        """Stops following."""
        self._source.changes = None

    def _image(self, changes: Changes) -> _Image:
        # In the order of joining, so that the copy enrols newcomers in that order, too.
        members = sorted(changes.members, key=lambda member: member.seq)
        groups = sorted(changes.groups, key=lambda group: group.seq)
        return _Image(
            at=self._clock(),
            members=[
                ({name: getattr(member, name) for name in _MEMBER}, [group.id for group in member.groups])
                for member in members
            ],
            groups=[
                (
                    {name: getattr(group, name) for name in _GROUP},
                    {member.id: access for member, access in group.members.items()},
                )
                for group in groups
            ],
        )

    def _apply(self, image: _Image) -> None:
        for fields, _ in image.members:
            self._set_member(fields)
        for fields, _ in image.groups:
            self._set_group(fields)
        team = self._copy
        for fields, held in image.groups:
            group = self._groups[fields["id"]]
            group.members = {team.by_id[member_id]: access for member_id, access in held.items()}
        for fields, groups in image.members:
            team.by_id[fields["id"]].groups = [self._groups[group_id] for group_id in groups]

    def _set_member(self, fields: dict[str, Any]) -> None:
        team = self._copy
        member = team.by_id.get(fields["id"])
        if member is None:
            member = Member(**fields)
            team.members.append(member)
            team.by_id[member.id] = member
        team.unindex(member)
        for name, value in fields.items():
            setattr(member, name, value)
        if member.on_team or member.recoverable:
            team.index(member)
        team.touch(member)

    def _set_group(self, fields: dict[str, Any]) -> None:
        team = self._copy
        group = self._groups.get(fields["id"])
        if group is None:
            group = self._groups[fields["id"]] = Group(**fields)
            team.groups.append(group)
        if group.external_id and team.group_by_external.get(group.external_id) is group:
            del team.group_by_external[group.external_id]
        for name, value in fields.items():
            setattr(group, name, value)
        group.ordered = group.head = group.tail = None
        if group.deleted:
            team.group_by_id.pop(group.id, None)
            return
        team.group_by_id[group.id] = group
        if group.external_id:
            team.group_by_external[group.external_id] = group
