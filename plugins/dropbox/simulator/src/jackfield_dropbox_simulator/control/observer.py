"""What was true all the time, and what at some time, since a mark."""

from __future__ import annotations

from typing import Any

from ..team import Fact, Team


def facts(team: Team) -> set[Fact]:
    """All facts that are true now."""
    found: set[Fact] = set()
    for member in team.current():
        found.add(("user", member.id))
        if member.licensed:
            found.add(("license", member.id))
        if member.role is not None:
            found.add(("role", member.id, member.role.id))
        for group in member.groups:
            found.add(("membership", member.id, group.id, group.members[member]))
    return found


class Observer:
    """Watches a team from its making on."""

    def __init__(self, team: Team) -> None:
        self._always = facts(team)
        self._ever = set(self._always)
        team.watcher = self

    def gained(self, fact: Fact) -> None:
        """A fact has become true."""
        self._ever.add(fact)

    def lost(self, fact: Fact) -> None:
        """A fact has become untrue."""
        self._always.discard(fact)

    def shown(self) -> dict[str, Any]:
        """Lists of users, memberships (user, group, access), role holds and licence holds, always and ever true."""
        return {"always": _sorted(self._always), "ever": _sorted(self._ever)}


def _sorted(found: set[Fact]) -> dict[str, list[Any]]:
    names = {"user": "users", "membership": "memberships", "role": "roles", "license": "licenses"}
    out: dict[str, list[Any]] = {name: [] for name in names.values()}
    for kind, *rest in sorted(found):
        out[names[kind]].append(rest[0] if len(rest) == 1 else rest)
    return out
