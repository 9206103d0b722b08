"""`python -m jackfield_dropbox_simulator`: prints one JSON line when it is ready, and runs until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys

from .behaviour import Behaviour, changed
from .options import SCOPES, ServiceOptions, TeamOptions
from .server import serving


def parser() -> argparse.ArgumentParser:
    """The command line."""
    team, service = TeamOptions(), ServiceOptions()
    out = argparse.ArgumentParser(prog="python -m jackfield_dropbox_simulator", description=__doc__)
    out.add_argument("--host", default=service.host, help="address to listen on")
    out.add_argument("--port", type=int, default=service.port, help="port to listen on; 0 takes a free one")
    out.add_argument("--members", type=int, default=team.members)
    out.add_argument("--groups", type=int, default=team.groups, help="groups besides the system-managed one")
    out.add_argument("--seed", type=int, default=team.seed)
    out.add_argument("--memberships", type=int, default=-1, help="approximate total; default three per member")
    out.add_argument("--shape", choices=("mixed", "user_managed"), default=team.shape)
    out.add_argument(
        "--system-group",
        action=argparse.BooleanOptionalAction,
        default=None,
        help='an "Everyone at" group; default: in mixed teams of up to 1,000 members',
    )
    out.add_argument("--roles", type=int, default=team.roles, help="admin roles in the catalogue")
    out.add_argument("--team-id", default="", help="default: made from the seed")
    out.add_argument("--latency", type=float, default=0.0, metavar="MS", help="wait before each answer")
    out.add_argument("--token-lifetime", type=float, default=service.token_lifetime, metavar="S")
    out.add_argument("--scopes", default=" ".join(SCOPES), help="the app's scopes, separated by spaces")
    out.add_argument("--rate", type=float, default=0.0, metavar="N", help="requests a second, then 429; 0: no limit")
    out.add_argument("--big-page-fails", type=int, default=0, metavar="LIMIT", help="500 for listings with more")
    out.add_argument(
        "--page-cap", type=int, default=0, metavar="N", help="most rows of a page; 0: as many as asked for"
    )
    out.add_argument("--read-lag", type=float, default=0.0, metavar="S", help="reads show the team as it was then")
    out.add_argument("--async-jobs", action="store_true", help="adding and removing members answer by jobs")
    out.add_argument("--job-polls", type=int, default=0, metavar="N", help="polls that find a job in progress")
    out.add_argument("--job-seconds", type=float, default=0.0, metavar="S", help="time that a job takes")
    out.add_argument(
        "--behave",
        action="append",
        default=[],
        metavar="SWITCH=VALUE",
        help="what Dropbox does where it documents nothing",
    )
    out.add_argument("--record", default="", metavar="PATH", help="append every API exchange as a line of JSON")
    out.add_argument("--end-with-stdin", action="store_true", help="end when standard input is closed")
    out.add_argument("--app-key", default=service.app_key)
    out.add_argument("--app-secret", default=service.app_secret)
    out.add_argument("--refresh-token", default=service.refresh_token)
    return out


def _options(given: argparse.Namespace) -> tuple[TeamOptions, ServiceOptions]:
    team = TeamOptions(
        members=given.members,
        groups=given.groups,
        seed=given.seed,
        memberships=given.memberships,
        shape=given.shape,
        system_group=given.system_group,
        roles=given.roles,
        team_id=given.team_id,
    )
    service = ServiceOptions(
        host=given.host,
        port=given.port,
        app_key=given.app_key,
        app_secret=given.app_secret,
        refresh_token=given.refresh_token,
        scopes=tuple(given.scopes.split()),
        latency_ms=given.latency,
        token_lifetime=given.token_lifetime,
        rate=given.rate,
        big_page_limit=given.big_page_fails,
        page_cap=given.page_cap,
        read_lag=given.read_lag,
        async_jobs=given.async_jobs,
        job_polls=given.job_polls,
        job_seconds=given.job_seconds,
        record=given.record,
        behaviour=changed(Behaviour(), dict(_switch(each) for each in given.behave)),
    )
    return team, service


def _switch(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark:
        raise ValueError(f"{text!r} is no SWITCH=VALUE")
    return name, value


def _watch_input(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    def readable() -> None:
        if not os.read(number, 4096):
            ended.set()

    number = sys.stdin.fileno()
    try:
        loop.add_reader(number, readable)
    except PermissionError:
        # A file or the null device can't be waited for, and has no other end that could close.
        print("--end-with-stdin has no effect: standard input is no pipe", file=sys.stderr)


async def _run(team: TeamOptions, service: ServiceOptions, *, end_with_stdin: bool) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if end_with_stdin:
        _watch_input(loop, ended)
    async with serving(team, service) as simulator:
        print(json.dumps(simulator.ready), flush=True)
        await ended.wait()


def main(arguments: list[str] | None = None) -> int:
    """Runs the simulator until SIGTERM or SIGINT."""
    out = parser()
    try:
        given = out.parse_args(arguments)
        team, service = _options(given)
    except ValueError as error:
        out.error(str(error))
    asyncio.run(_run(team, service, end_with_stdin=given.end_with_stdin))
    return 0


if __name__ == "__main__":
    sys.exit(main())
