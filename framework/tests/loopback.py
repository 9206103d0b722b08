"""Real servers on loopback, and a clock that goes when it is told to, for the tests of this folder."""

import asyncio
import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ssl import SSLContext
from typing import Any

from aiohttp import web

from jackfield.clock import Clock, SystemClock
from jackfield.http import HttpSession, Response, Session, SessionOptions, open_session

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Speaker = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
"""How a raw answer begins; more headers may follow."""


def asynchronous(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an ``async def`` test to its end, and fail it after 30 s instead of hanging."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 30))

    return run


class HandClock:
    """A clock that stands still until ``go``; who sleeps wakes up when its time has come."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []
        self._sleeping: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=self.time - 1000)

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        waking = asyncio.get_running_loop().create_future()
        self._sleeping.append((self.time + seconds, waking))
        await waking

    async def go(self, seconds: float) -> None:
        """Let *seconds* pass, and everybody do what is to be done then."""
        await settle()
        self.time += seconds
        due = [row for row in self._sleeping if row[0] <= self.time]
        self._sleeping = [row for row in self._sleeping if row[0] > self.time]
        for _, waking in due:
            if not waking.done():
                waking.set_result(None)
        await settle()


async def settle() -> None:
    """Let every task run until it waits for something."""
    for _ in range(50):
        await asyncio.sleep(0)


@asynccontextmanager
async def web_server(handler: Handler, *, ssl: SSLContext | None = None) -> AsyncGenerator[str]:
    """A server that answers every request by *handler*; gives its address without a slash at the end."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return await handler(request)  # type: ignore[arg-type]

    server = web.Server(answer, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0, ssl=ssl)
    try:
        port = listening.sockets[0].getsockname()[1]
        yield f"https://localhost:{port}" if ssl else f"http://127.0.0.1:{port}"
    finally:
        # A server that closes while a connection is being accepted never lets go of it (asyncio, seen in 3.11).
        for each in listening.sockets:
            asyncio.get_running_loop().remove_reader(each.fileno())
        await settle()
        listening.close()
        open_ones = list(server.connections)
        await runner.cleanup()
        # A connection that was accepted at the last moment is made in a turn of its own, after the others were closed;
        # what a client no longer reads is never written to its end.
        await settle()
        open_ones += server.connections
        await server.shutdown(0.1)
        for each in open_ones:
            if each.transport is not None:
                each.transport.abort()
        await settle()


@asynccontextmanager
async def raw_server(speak: Speaker) -> AsyncGenerator[str]:
    """A server that reads the head of a request and then leaves the connection to *speak*."""
    talking: set[asyncio.Task[None]] = set()
    transports: list[asyncio.WriteTransport] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        me = asyncio.current_task()
        assert me is not None
        talking.add(me)
        transports.append(writer.transport)
        try:
            await speak(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            talking.discard(me)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        # A server that closes while a connection is being accepted never lets go of it (asyncio, seen in 3.11).
        for listening in server.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
        await settle()
        server.close()
        for task in list(talking):
            task.cancel()
        await settle()
        # What a client no longer reads is never written to its end.
        for transport in transports:
            transport.abort()
        await settle()


def says(data: bytes, *, then_hang: bool = False) -> Speaker:
    """Answer each connection's first request with *data*, then close it or say nothing more."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()
        if then_hang:
            await asyncio.sleep(60)

    return speak


@asynccontextmanager
async def session(clock: Clock | None = None, **options: Any) -> AsyncGenerator[Session]:
    """A session with short time-outs."""
    async with open_session(SessionOptions(**{"timeout": 10.0, **options}), clock or SystemClock()) as opened:
        yield opened


async def get(http: HttpSession, url: str) -> Response:
    """The answer to a plain GET."""
    return await http.request("GET", url)
