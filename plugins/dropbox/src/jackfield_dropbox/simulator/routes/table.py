"""All routes by name; a new file of routes is added here."""

from __future__ import annotations

from . import groups, jobs, members, team
from .call import Route


def table() -> dict[str, Route]:
    """Every route that the simulator serves."""
    return {
        route.name: route
        for part in (team.routes(), members.routes(), groups.routes(), jobs.routes())
        for route in part
    }
