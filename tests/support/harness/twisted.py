"""A simulated team behind a server of raw bytes: each answer goes out as documented, or as a test would have it.

The simulator works out what is right; what leaves the socket instead is up to a ``Twist``. The server stands in a thread
of its own, so that commands can be run beside it, in other processes or in this one.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import NamedTuple

from jackfield_dropbox_simulator.options import ServiceOptions, TeamOptions
from jackfield_dropbox_simulator.server import Simulator, serving
from jackfield_dropbox_simulator.service import Request, Service
from jackfield_dropbox_simulator.thread import in_thread

from .besides import Beside

_MOST_HEAD = 1 << 20
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 409: "Conflict", 429: "Slow Down"}


class Exchange(NamedTuple):
    """A request, and what the simulator answers; ``number`` counts the requests of the route from 1."""

    route: str
    number: int
    asked: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes


Raw = bytes | AsyncIterator[bytes]
"""What goes out instead of an answer; the connection is closed behind it."""

Twist = Callable[[Exchange], Raw | None]
"""What goes out instead of an answer; None leaves it as it is."""


def straight(_: Exchange) -> Raw | None:
    """Leave every answer as it is."""
    return None


def head(status: int = 200, *headers: bytes, reason: bytes | None = None) -> bytes:
    """The head of an answer in JSON, with further headers."""
    said = _REASONS.get(status, "Whatever").encode() if reason is None else reason
    lines = [b"HTTP/1.1 %d %s" % (status, said), b"Content-Type: application/json", *headers]
    return b"\r\n".join([*lines, b"", b""])


def answer(body: bytes, status: int = 200, *headers: bytes, reason: bytes | None = None) -> bytes:
    """A whole answer in JSON."""
    return head(status, b"Content-Length: %d" % len(body), *headers, reason=reason) + body


def on(route: str, make: Twist, *, first: int = 1, times: int | None = None) -> Twist:
    """A twist of one route's answers, of all of them or of *times* from the *first* on."""

    def twist(exchange: Exchange) -> Raw | None:
        place = exchange.number - first
        return make(exchange) if exchange.route == route and 0 <= place < (times or place + 1) else None

    return twist


class Twisted:
    """The server: ``twist`` may be changed at any time, and ``seen`` holds the routes that were asked, in order."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._service = simulator.service
        self.control = Beside(simulator)
        self.base_url = ""
        self.app_key = self.control.app_key
        self.app_secret = self.control.app_secret
        self.refresh_token = self.control.refresh_token
        self.twist: Twist = straight
        self.seen: list[str] = []
        self.sent: list[tuple[Exchange, Raw | None]] = []
        self.wrong: list[str] = []
        self._counts: Counter[str] = Counter()
        self._talking: set[asyncio.Task[None]] = set()

    def restart(self, twist: Twist = straight) -> None:
        """Forget what was seen, and answer by *twist* from now on."""
        self.twist = twist
        self.seen, self.sent, self.wrong = [], [], []
        self._counts = Counter()

    def renew(self, service: Service) -> None:
        """Let another service answer from now on; ``control`` is that of the first."""
        self._service = service

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it ends."""
        me = asyncio.current_task()
        assert me is not None
        self._talking.add(me)
        gone = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError)
        try:
            with suppress(*gone, asyncio.CancelledError):
                while await self._one(reader, writer):
                    pass
        finally:
            writer.transport.abort() if writer.is_closing() else writer.close()
            with suppress(*gone, asyncio.CancelledError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)
            # A client that reads no more lets nothing be written to its end.
            writer.transport.abort()
            self._talking.discard(me)

    async def close(self) -> None:
        """Let go of every connection."""
        for task in list(self._talking):
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)
        await _turns()  # an aborted connection is let go in the next turn

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {name.strip().title(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        asked = await reader.readexactly(int(headers.get("Content-Length") or 0))
        exchange = await self._exchange(method, path.removeprefix("/").removeprefix("2/"), headers, asked)
        try:
            raw = self.twist(exchange)
        except Exception as error:  # noqa: BLE001 - told by whoever runs the case
            self.wrong.append(f"the twist failed: {type(error).__name__}: {error}")
            raw = None
        self.sent.append((exchange, raw))
        if raw is None:
            more = [f"{name}: {value}".encode() for name, value in exchange.headers.items()]
            writer.write(answer(exchange.body, exchange.status, *more))
        elif isinstance(raw, bytes):
            writer.write(raw)
        else:
            async for part in raw:
                writer.write(part)
                await writer.drain()
        await writer.drain()
        return raw is None

    async def _exchange(self, method: str, route: str, headers: Mapping[str, str], asked: bytes) -> Exchange:
        self.seen.append(route)
        self._counts[route] += 1
        service = self._service
        request = Request(route=route, method=method, headers=headers, body=asked)
        index = service.journal.arrive()
        try:
            made = await service.answer(request, index, [])
        finally:
            service.journal.leave()
        told = {**made.headers, "X-Dropbox-Request-Id": f"{index:032x}"}
        if not made.content_type.startswith("application/json"):
            told["Content-Type"] = made.content_type
        return Exchange(route, self._counts[route], asked, made.status, told, made.body)


async def _turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@contextmanager
def twisted(team: TeamOptions, options: ServiceOptions | None = None) -> Generator[Twisted]:
    """Run such a server until the block ends."""
    with in_thread(lambda: _twisting(team, options)) as one:
        yield one


@asynccontextmanager
async def _twisting(team: TeamOptions, options: ServiceOptions | None) -> AsyncGenerator[Twisted]:
    async with serving(team, options) as simulator:
        one = Twisted(simulator)
        server = await asyncio.start_server(one.talk, "127.0.0.1", 0, limit=_MOST_HEAD)
        one.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield one
        # A server that closes while a connection is being accepted never lets go of it (asyncio, seen in 3.11).
        for listening in server.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
        await _turns()
        server.close()
        await one.close()
