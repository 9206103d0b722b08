"""People who come, go and change groups while a client reads."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from ..team import Group, Member, RefusedError, Team


class Churn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """After every `every`-th request: so many joins, leaves and moves in groups."""

    every: int
    seed: int = 1
    joins: int = 1
    leaves: int = 1
    moves: int = 1


class Churner:
    """Applies a churn to a team, request by request."""

    def __init__(self, team: Team, churn: Churn) -> None:
        if churn.every < 1:
            raise ValueError("every must be at least 1")
        self._team = team
        self._churn = churn
        self._rng = random.Random(churn.seed)
        self._requests = 0
        self.applied = 0

    def tick(self) -> None:
        """Counts a request, and lets things happen if it is time."""
        self._requests += 1
        if self._requests % self._churn.every:
            return
        for _ in range(self._churn.joins):
            self._join()
        for _ in range(self._churn.leaves):
            self._leave()
        for _ in range(self._churn.moves):
            self._move()

    def shown(self) -> dict[str, Any]:
        """The churn and how much of it has happened."""
        return {**msgspec.to_builtins(self._churn), "requests": self._requests, "applied": self.applied}

    def _join(self) -> None:
        team = self._team
        if team.free_licenses() < 1:
            team.bought_licenses += 100
        team.join(email=f"churn{len(team.members)}@{team.domain}", given="Churn", surname=str(len(team.members)))
        self.applied += 1

    def _leave(self) -> None:
        member = self._somebody()
        if member is None or member is self._team.authoriser or self._team.is_last_admin(member):
            return
        self._team.remove(member, permanently=self._rng.random() < 0.3)
        self.applied += 1

    def _move(self) -> None:
        groups = [group for group in self._team.live_groups() if group.management != "system_managed"]
        member = self._somebody()
        if not groups or member is None:
            return
        self._move_in(self._rng.choice(groups), member)
        self.applied += 1

    def _move_in(self, group: Group, member: Member) -> None:
        held = group.members.get(member)
        if held is None:
            self._team.add_to_group(group, [(member, "member")])
        elif self._rng.random() < 0.5:
            self._team.remove_from_group(group, [member])
        else:
            try:
                self._team.set_access(group, member, "member" if held == "owner" else "owner")
            except RefusedError:
                # Only active members of user-managed groups can be owners.
                self._team.remove_from_group(group, [member])

    def _somebody(self) -> Member | None:
        # Removed accounts stay in the list; a few draws find somebody who is still there.
        for _ in range(20):
            member = self._rng.choice(self._team.members)
            if member.on_team:
                return member
        return None
