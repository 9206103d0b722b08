"""Time, injected everywhere, so that nothing below the edge reads a clock of its own."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """The date and time in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait *seconds*; cancellation ends it at once."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The date and time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait *seconds*; cancellation ends it at once."""
        import asyncio  # a command that only reads snapshots asks for the time and never waits

        await asyncio.sleep(seconds)
