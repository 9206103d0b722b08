"""What stands between a connector and its server where they speak a protocol of their own: it passes bytes on, or does not.

Promises that what is not disturbed reaches the server as it was sent, encrypted or not: nothing of it is understood. Hides
sockets and the thread that they run in.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from enum import Enum
from typing import TypeVar

_LOOPBACK = "127.0.0.1"
_MOST_BYTES = 1 << 16
_BACKLOG = 100
_SECONDS_TO_OBEY = 10.0

T = TypeVar("T")


class _Trouble(Enum):
    """What befalls a message from the client."""

    LOST = "it is lost, and the connection cut"
    UNANSWERED = "it is passed on, and the connection cut before its answer"
    STILL = "nothing moves from it on"


class Tap:
    """The connections of a client to a server, which go through it at ``host`` and ``port``.

    A message is what the client sends until something comes back, in however many pieces. Messages are counted over all
    connections: for the troubles that are planned from 1 on, from the plan on.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self.host = _LOOPBACK
        self.port = 0
        self.connections = 0
        """How many connections were accepted so far."""
        self.messages = 0
        """How many messages the client has sent so far."""
        self.bytes_sent = 0
        """How many bytes the client has sent so far."""
        self.bytes_answered = 0
        """How many bytes the server has answered so far."""
        self.struck = False
        """Whether the trouble that was planned has come."""
        self.waiting = 0
        """How many pieces and new connections are held back now."""
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="jackfield-tap", daemon=True)
        self._listener: socket.socket | None = None
        self._accepting = False
        self._pairs: dict[asyncio.Task[None], _Pair] = {}
        self._free = asyncio.Event()
        self._plan: tuple[int, _Trouble] | None = None
        self._refuse_then = False

    def lose_message(self, number: int) -> None:
        """Plan that the *number*-th message from now on never arrives, and the connection is cut."""
        self._obeyed(lambda: self._planned(number, _Trouble.LOST))

    def lose_answer(self, number: int, *, refuse: bool = False) -> None:
        """Plan that the *number*-th message is passed on, and the connection cut before its answer is back.

        *refuse*: and that the server can't be reached from then on.
        """
        self._obeyed(lambda: self._planned(number, _Trouble.UNANSWERED, refuse=refuse))

    def hold_at(self, number: int) -> None:
        """Plan that from the *number*-th message on nothing moves any more, in either direction."""
        self._obeyed(lambda: self._planned(number, _Trouble.STILL))

    def hold(self) -> None:
        """Let nothing move any more: the server is silent, and new connections are not answered."""
        self._obeyed(self._free.clear)

    def cut(self) -> None:
        """Cut all connections at once."""
        self._obeyed(self._cut)

    def refuse(self) -> None:
        """Cut all connections, and refuse new ones."""
        self._obeyed(self._refuse)

    def restore(self) -> None:
        """Forget what was planned, and let everything pass again. What was cut stays so."""
        self._obeyed(self._restore)

    def _obeyed(self, command: Callable[[], T]) -> T:
        """Run *command* in the thread; once this returns, it holds."""

        async def run() -> T:
            return command()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(_SECONDS_TO_OBEY)

    def open(self) -> None:
        """Begin to listen."""
        self._thread.start()
        self._obeyed(self._restore)

    def close(self) -> None:
        """Cut everything and end the thread."""
        self._obeyed(self._refuse)
        asyncio.run_coroutine_threadsafe(self._emptied(), self._loop).result(_SECONDS_TO_OBEY)
        self._obeyed(self._unbind)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _emptied(self) -> None:
        if self._pairs:
            await asyncio.wait(tuple(self._pairs))

    def _unbind(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _planned(self, number: int, trouble: _Trouble, *, refuse: bool = False) -> None:
        self._restore()
        self._plan = (number, trouble)
        self._refuse_then = refuse

    def _restore(self) -> None:
        self._plan = None
        self.struck = self._refuse_then = False
        self._free.set()
        if not self._accepting:
            listener = self._listener or self._bound()
            listener.listen(_BACKLOG)
            self._listener = listener
            self.port = listener.getsockname()[1]
            self._loop.add_reader(listener, self._accept, listener)
            self._accepting = True

    def _bound(self) -> socket.socket:
        """A socket at the tap's port; unless it listens, who connects to it is refused."""
        made = socket.socket()
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((self.host, self.port))
        return made

    def _refuse(self) -> None:
        self._cut()
        if self._accepting and self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._accepting = False
            self._unbind()
            # Held all the same, so that nobody else on the machine is given the port meanwhile.
            self._listener = self._bound()

    def _cut(self) -> None:
        for task in self._pairs:
            task.cancel()

    def _accept(self, listener: socket.socket) -> None:
        try:
            client, _ = listener.accept()
        except OSError:  # who connected has gone already
            return
        self.connections += 1
        pair = _Pair(client)
        task = self._loop.create_task(self._serve(pair))
        self._pairs[task] = pair
        task.add_done_callback(self._over)

    def _over(self, task: "asyncio.Task[None]") -> None:
        # A task that is cancelled before its first step has closed nothing by itself.
        self._pairs.pop(task).close()

    async def _serve(self, pair: "_Pair") -> None:
        with suppress(OSError, _Cut, asyncio.CancelledError):
            await self._moving()
            pair.server = await self._reached()
            ways = [self._loop.create_task(each) for each in (self._up(pair), self._down(pair))]
            try:
                # Who has sent all may still wait for what comes back.
                await asyncio.gather(*ways)
            finally:
                for each in ways:
                    each.cancel()
                await asyncio.wait(ways)

    async def _reached(self) -> socket.socket:
        """A connection to the server, by whichever of its addresses answers."""
        found = await self._loop.getaddrinfo(*self._server, type=socket.SOCK_STREAM)
        failed: OSError | None = None
        for family, kind, protocol, _, address in found:
            made = socket.socket(family, kind, protocol)
            _at_once(made)
            try:
                await self._loop.sock_connect(made, address)
            except OSError as error:
                made.close()
                failed = error
            except BaseException:
                made.close()
                raise
            else:
                return made
        raise failed or OSError("the server has no address")

    async def _up(self, pair: "_Pair") -> None:
        """What the client sends."""
        while data := await self._loop.sock_recv(pair.client, _MOST_BYTES):
            self.bytes_sent += len(data)
            if pair.answered:
                pair.answered = False
                self.messages += 1
                self._strike(pair)
            await self._moving()
            await self._loop.sock_sendall(pair.to_server, data)
        pair.to_server.shutdown(socket.SHUT_WR)

    def _strike(self, pair: "_Pair") -> None:
        """Let the trouble befall the message that begins, if it is planned for that one."""
        if self._plan is None:
            return
        left, trouble = self._plan
        self._plan = (left - 1, trouble) if left > 1 else None
        if left > 1:
            return
        if trouble is _Trouble.UNANSWERED:
            pair.doomed = True
            return
        self.struck = True
        if trouble is _Trouble.LOST:
            raise _Cut
        self._free.clear()

    async def _down(self, pair: "_Pair") -> None:
        """What the server answers."""
        while data := await self._loop.sock_recv(pair.to_server, _MOST_BYTES):
            if pair.doomed:
                self.struck = True
                if self._refuse_then:
                    self._refuse()
                raise _Cut
            await self._moving()
            self.bytes_answered += len(data)
            pair.answered = True
            await self._loop.sock_sendall(pair.client, data)
        # A server that hangs up ends the connection for both; there was no answer that could be lost.
        raise _Cut

    async def _moving(self) -> None:
        """Wait while everything is held still."""
        if self._free.is_set():
            return
        self.waiting += 1
        try:
            await self._free.wait()
        finally:
            self.waiting -= 1


class _Cut(Exception):
    """The connection ends now, for both."""


class _Pair:
    """One connection: its two sockets, and what was seen of it."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self.server: socket.socket | None = None
        self.answered = True
        """Whether something came back since the client last sent."""
        self.doomed = False
        """Whether it is cut at the next answer."""
        _at_once(client)

    @property
    def to_server(self) -> socket.socket:
        """The socket of the server's side."""
        if self.server is None:
            raise _Cut
        return self.server

    def close(self) -> None:
        """Close both sides."""
        for each in (self.client, self.server):
            if each is not None:
                each.close()


def _at_once(one: socket.socket) -> None:
    """Have each piece sent when it comes: waiting to fill a packet costs 40 ms a message."""
    one.setblocking(False)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@contextmanager
def tap(host: str, port: int) -> Generator[Tap]:
    """A tap before the server at *host* and *port*, for as long as the block lasts."""
    made = Tap((host, port))
    made.open()
    try:
        yield made
    finally:
        made.close()
