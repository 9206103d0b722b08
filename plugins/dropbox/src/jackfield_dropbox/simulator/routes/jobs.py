"""Routes that ask after asynchronous jobs; this team has none, so that every id is unknown."""

from __future__ import annotations

from ..wire.answers import RouteError
from . import arguments
from .call import Call, Route


def status(call: Call) -> bytes:
    """The answer of every job status route."""
    raise RouteError("invalid_async_job_id", None)


def routes() -> list[Route]:
    """The routes of this file."""
    return [
        Route(name="team/members/add/job_status/get_v2", scope="members.write", arg=arguments.POLL, answer=status),
        Route(name="team/members/remove/job_status/get", scope="members.delete", arg=arguments.POLL, answer=status),
        Route(name="team/groups/job_status/get", scope="groups.write", arg=arguments.POLL, answer=status),
    ]
