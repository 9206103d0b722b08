"""Asynchronous jobs of members/add_v2 and members/remove: they take polls or time, succeed or fail."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Literal

import msgspec

from ..team import RefusedError, ids
from ..wire.answers import RouteError


class JobOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How jobs go: `in_progress` for so many polls and so many seconds.

    With `at` "start" the change is made at once and only its result takes time; with "end" it is made when the job
    ends. With `fails` nothing is done: a job of members/add_v2 ends as `failed` with this text, one of members/remove
    as `internal_error`.
    """

    always: bool = False
    polls: int = 0
    seconds: float = 0.0
    at: Literal["start", "end"] = "start"
    fails: str = ""


class Job(msgspec.Struct, kw_only=True):
    """One job; `people` are the member removed and the heir of the files."""

    id: str
    route: str
    ends: float
    polls: int
    work: Callable[[], bytes] | None
    result: bytes = b""
    failed: str = ""
    people: tuple[str, ...] = ()


class Jobs:
    """All jobs since the start of the service, by id."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # Ids must not repeat after a restart, so they are not drawn from the team's seed.
        self._rng = random.Random()
        self._jobs: dict[str, Job] = {}
        self._open: dict[str, Job] = {}

    def launch(self, route: str, work: Callable[[], bytes], options: JobOptions, people: tuple[str, ...] = ()) -> str:
        """Starts a job that is asked after at that route; gives its id."""
        job = Job(
            id=ids.job_id(self._rng),
            route=route,
            ends=self._clock() + options.seconds,
            polls=options.polls,
            work=work,
            failed=options.fails,
            people=people,
        )
        if job.failed:
            job.work = None
        elif options.at == "start":
            _work(job)
        self._jobs[job.id] = self._open[job.id] = job
        self.settle()
        return job.id

    def poll(self, route: str, job_id: str) -> Job | None:
        """The finished job, or None when it is in progress; an unknown id is a RouteError."""
        job = self._jobs.get(job_id)
        if job is None or job.route != route:
            raise RouteError("invalid_async_job_id")
        if job.id not in self._open:
            return job
        if job.polls > 0:
            job.polls -= 1
            return None
        self.settle()
        return None if job.id in self._open else job

    def settle(self) -> None:
        """Ends the jobs whose time has come."""
        for job in list(self._open.values()):
            if job.polls <= 0 and self._clock() >= job.ends:
                del self._open[job.id]
                if job.work is not None:
                    _work(job)

    def busy(self, member_id: str) -> str:
        """What an open transfer of files makes of a member: its `source`, its `destination` or nothing."""
        for job in self._open.values():
            if len(job.people) == 2 and member_id in job.people:
                return "source" if job.people[0] == member_id else "destination"
        return ""

    def shown(self) -> list[dict[str, object]]:
        """All jobs and how they stand."""
        return [
            {"id": job.id, "route": job.route, "open": job.id in self._open, "failed": job.failed}
            for job in self._jobs.values()
        ]


def _work(job: Job) -> None:
    work, job.work = job.work, None
    if work is None:
        return
    try:
        job.result = work()
    except (RouteError, RefusedError) as error:
        # The team has changed since the job began, and Dropbox has no other way to say so.
        job.failed = str(error)
