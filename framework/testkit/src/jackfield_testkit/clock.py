"""A clock whose waiting takes no time: who sleeps moves it on."""

import asyncio
import time
from datetime import UTC, datetime, timedelta


class HastyClock:
    """The machine's clock, moved on by each sleep; ``slept`` lists the seconds asked for."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The date and time in UTC, pauses included."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, pauses included."""
        return time.monotonic() + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Let *seconds* have passed."""
        self.slept.append(seconds)
        self._ahead += max(0.0, seconds)
        await asyncio.sleep(0)
