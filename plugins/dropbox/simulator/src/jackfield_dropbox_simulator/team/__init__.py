"""The simulated team: a domain object that knows nothing of HTTP."""

from __future__ import annotations

from .grouping import Grouping
from .leaving import Leaving, Terms
from .model import Access, Group, Management, Member, MembershipType, RefusedError, Role, Status
from .state import Changes, Fact, Policies, TeamState, Watcher

__all__ = [
    "Access",
    "Changes",
    "Fact",
    "Group",
    "Management",
    "Member",
    "MembershipType",
    "Policies",
    "RefusedError",
    "Role",
    "Status",
    "Team",
    "TeamState",
    "Terms",
    "Watcher",
]


class Team(Leaving, Grouping):
    """A Dropbox Business team that people join and leave, with groups and admin roles."""
