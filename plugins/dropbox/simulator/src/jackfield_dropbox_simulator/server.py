"""The HTTP server: hands requests to the service, and plays the faults of the transport."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from .control.api import ControlApi
from .faults.book import Fault
from .faults.kinds import TOKEN, When
from .faults.twist import Twist
from .options import ServiceOptions, TeamOptions
from .routes.call import Call
from .routes.members import list_v2
from .service import Request, Service
from .team import Team
from .team.seeding import build
from .wire import rendering
from .wire.answers import Answer, plain
from .writes.holds import Hold


class Simulator(msgspec.Struct, frozen=True, kw_only=True):
    """A running simulator: its address, its service and what the ready line says."""

    base_url: str
    service: Service
    ready: dict[str, Any]


class _Server:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._control = ControlApi(service)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answers any request."""
        path = request.path
        if path.startswith("/_sim/"):
            return _response(self._control.answer(request.method, path, request.query, await _read(request)))
        if path.startswith("/2/") or path == f"/{TOKEN}":
            return await self._api(request, path.removeprefix("/").removeprefix("2/"))
        if path == "/oauth2/authorize":
            return _response(self._service.authorize(request.query))
        return _response(plain(404, "Not Found"))

    async def _api(self, request: web.BaseRequest, route: str) -> web.StreamResponse:
        journal = self._service.journal
        index = journal.arrive()
        faults = self._service.faults.fire(index, route)
        names = [fault.kind.kind for fault in faults]
        before, after = _transport(faults, "before"), _transport(faults, "after")
        body, status, sent = b"", 0, b""
        known = self._service.routes.get(route)
        writes = known is not None and known.writes
        if writes:
            self._service.ledger.arrived(route)
        try:
            body = await _read(request)
            if before:
                return await _silence(request, before)
            asked = Request(route=route, method=request.method, headers=request.headers, body=body)
            hold = self._service.holds.take(route, writes=writes)
            if hold is None:
                answer = await self._service.answer(asked, index, faults)
            else:
                answer = await self._held(hold, asked, index, faults)
            if answer is None or after in ("drop", "hang"):
                return await _silence(request, after)
            status, sent = answer.status, answer.body
            if after:
                return await _break_off(request, answer)
            return _response(answer)
        finally:
            journal.note(index, route, body, status, sent, names)
            journal.leave()

    async def _held(self, hold: Hold, asked: Request, index: int, faults: list[Fault]) -> Answer | None:
        # The call outlives its client: a request that has been received may be carried out later.
        task = asyncio.create_task(self._around(hold, asked, index, faults))
        self._service.holds.keep(task)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            hold.client_gone = True
            raise

    async def _around(self, hold: Hold, asked: Request, index: int, faults: list[Fault]) -> Answer | None:
        if hold.order.when == "before" and not await hold.wait():
            return None
        answer = await self._service.answer(asked, index, faults)
        if hold.order.when == "after" and not await hold.wait():
            return None
        return answer


def _transport(faults: list[Fault], when: When) -> str:
    return next((fault.kind.kind for fault in faults if fault.kind.stage == "transport" and fault.when == when), "")


async def _silence(request: web.BaseRequest, transport: str) -> web.StreamResponse:
    if transport == "hang":
        # Ends when the client goes away or the server stops: both cancel the handler.
        await asyncio.Event().wait()
    return _cut(request)


def _cut(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _break_off(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=_headers(answer))
    response.content_length = len(answer.body) + 1000
    await response.prepare(request)
    await response.write(answer.body[: max(1, len(answer.body) // 2)])
    if request.transport is not None:
        request.transport.close()
    return response


async def _read(request: web.BaseRequest) -> bytes:
    # Not `request.read()`, which refuses bodies above one megabyte.
    return await request.content.read() if request.body_exists else b""


def _headers(answer: Answer) -> dict[str, str]:
    return {**answer.headers, "Content-Type": answer.content_type, "X-Dropbox-Request-Id": secrets.token_hex(16)}


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers=_headers(answer))


@asynccontextmanager
async def serving(team: Team | TeamOptions, options: ServiceOptions | None = None) -> AsyncGenerator[Simulator]:
    """Runs a simulator in this event loop, on a team given or seeded by options, until the block ends."""
    options = options or ServiceOptions()
    team = build(team) if isinstance(team, TeamOptions) else team
    service = Service(team, options)
    server = web.Server(_Server(service).handle, handler_cancellation=True)
    runner = web.ServerRunner(server, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    listening = await asyncio.get_running_loop().create_server(server, options.host, options.port, backlog=128)
    try:
        host, port = listening.sockets[0].getsockname()[:2]
        base_url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        yield Simulator(base_url=base_url, service=service, ready=_ready(base_url, service, options))
    finally:
        await service.holds.close()
        await _stop_listening(listening)
        await _close(runner, server)
        service.journal.close()


async def _stop_listening(listening: asyncio.Server) -> None:
    # A server that closes while a connection is being accepted never lets go of it (asyncio, seen in 3.11).
    for each in listening.sockets:
        asyncio.get_running_loop().remove_reader(each.fileno())
    await _turns()
    listening.close()


async def _close(runner: web.ServerRunner, server: web.Server) -> None:
    """Close the server with every connection, also those whose clients no longer read what is written to them."""
    open_ones = list(server.connections)
    await runner.cleanup()
    # A connection that was accepted at the last moment is made in a turn of its own, after the others were closed.
    await _turns()
    open_ones += server.connections
    await server.shutdown(0.1)
    for each in open_ones:
        if each.transport is not None:
            each.transport.abort()
    await _turns()


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def _ready(base_url: str, service: Service, options: ServiceOptions) -> dict[str, Any]:
    team = service.team
    for member in team.members:
        rendering.info(member)
    return {
        "base_url": base_url,
        "app_key": options.app_key,
        "app_secret": options.app_secret,
        "refresh_token": options.refresh_token,
        "members": len(team.current()),
        "groups": len(team.live_groups()),
        "memberships": team.membership_count,
        "render_ms_per_1000": _measure(service),
    }


def _measure(service: Service) -> float:
    """Milliseconds to build a page of 1,000 members once they are rendered: the best of five, taken on this team.

    Smaller teams are scaled up, their fixed cost included. The first rendering of a member costs more.
    """
    call = Call(team=service.team, codec=service.codec, arg={"limit": 1000, "include_removed": False}, twist=Twist())
    members = max(1, min(1000, len(service.team.current())))
    return round(min(_spent(call) for _ in range(5)) * 1_000_000 / members, 3)


def _spent(call: Call) -> float:
    started = time.perf_counter()
    list_v2(call)
    return time.perf_counter() - started
