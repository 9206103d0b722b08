"""The simulated team: a domain object that knows nothing of HTTP."""

from __future__ import annotations

from .grouping import Grouping
from .model import Access, Group, Management, Member, MembershipType, RefusedError, Role, Status
from .people import People
from .state import Fact, TeamState, Watcher

__all__ = [
    "Access",
    "Fact",
    "Group",
    "Management",
    "Member",
    "MembershipType",
    "RefusedError",
    "Role",
    "Status",
    "Team",
    "TeamState",
    "Watcher",
]


class Team(People, Grouping):
    """A Dropbox Business team that people join and leave, with groups and admin roles."""
