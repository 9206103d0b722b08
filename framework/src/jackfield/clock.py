"""Time, injected everywhere, so that nothing below the edge reads a clock of its own."""

import re
import time
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
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


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_WORDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "week", "weeks"), "w"),
}
_AGO = re.compile(r"([0-9]+) ?([a-z]+)(?: ago)?")
_DAYS = {"today": 0, "yesterday": 1}

FORMS = (
    "a date such as 2026-11-24 or yesterday, a time such as 2026-11-24T08:30, or how long ago: 30s, 45min, 2h, 3d, 1w"
)


def ago(text: str) -> timedelta | None:
    """How long ago *text* says (``30s``, ``45min``, ``2h``, ``3 days ago``), None if it is no such age. Raises OverflowError."""
    found = _AGO.fullmatch(text.strip().casefold())
    if found is None or (unit := _WORDS.get(found.group(2))) is None:
        return None
    return timedelta(**{_UNITS[unit]: int(found.group(1))})


def point(text: str, now: datetime, *, end_of_day: bool = False) -> datetime | None:
    """The moment that *text* means, None if it means none; a date is its beginning, or with *end_of_day* its end.

    What names no zone is a time of this machine.
    """
    try:
        if (age := ago(text)) is not None:
            return now - age
        if (days := _DAYS.get(text.strip().casefold())) is not None:
            text = (now.astimezone() - timedelta(days=days)).date().isoformat()
        found = datetime.fromisoformat(text)
        if end_of_day and len(text) <= len("2026-11-24"):
            found = datetime.combine(found.date(), time_of_day.max)
        return found.astimezone()
    except (ValueError, OverflowError, OSError):
        return None
