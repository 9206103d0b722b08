"""All routes by name; a new file of routes is added here."""

from __future__ import annotations

from . import adding, events, groups, managing, members, membership, removing, team
from .call import Route


def table() -> dict[str, Route]:
    """Every route that the simulator serves."""
    parts = (team, members, groups, adding, removing, managing, membership, events)
    return {route.name: route for part in parts for route in part.routes()}
