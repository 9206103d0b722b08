"""The limiter of one connection: how many requests are in flight, and when all of them pause.

Promises first come, first served; that a pause holds for every call; and that the number in flight adapts to what the
application bears (additive increase, multiplicative decrease). Hides the queue.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from jackfield.clock import Clock


class Limiter:
    """At most *maximum* requests in flight, fewer after the application said that it is busy."""

    def __init__(self, *, maximum: int, clock: Clock) -> None:
        self._maximum = maximum
        self._clock = clock
        self._allowed = float(maximum)
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._paused_until = 0.0

    @property
    def allowed(self) -> int:
        """How many requests may be in flight now."""
        return max(1, int(self._allowed))

    @property
    def in_flight(self) -> int:
        """How many requests are in flight now."""
        return self._in_flight

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """Wait for a turn and for the end of any pause, and hold one place until the block ends."""
        await self._acquire()
        try:
            await self._wait_out_pause()
            yield
        finally:
            self._in_flight -= 1
            self._wake()

    def pause(self, seconds: float) -> None:
        """Let no request start for *seconds*; a longer pause in force stays. Halves the number in flight once a pause."""
        now = self._clock.monotonic()
        if now >= self._paused_until:
            self._allowed = max(1.0, self._allowed / 2)
        self._paused_until = max(self._paused_until, now + seconds)

    def succeeded(self) -> None:
        """Note an answer that was no refusal: the number in flight grows by one for each round of them."""
        self._allowed = min(float(self._maximum), self._allowed + 1 / self._allowed)
        self._wake()

    async def _wait_out_pause(self) -> None:
        while (left := self._paused_until - self._clock.monotonic()) > 0:
            await self._clock.sleep(left)

    async def _acquire(self) -> None:
        if self._in_flight < self.allowed and not self._waiting:
            self._in_flight += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._in_flight -= 1
            elif turn in self._waiting:  # not if its turn came between the cancellation and this line
                self._waiting.remove(turn)
            self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting and self._in_flight < self.allowed:
            turn = self._waiting.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)
