"""When a connection is synced: after an interval, or at the times of a cron expression.

Promises the same moment on every host that asks, and one sync for any number of times that were missed. Times are UTC.
"""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from jackfield.errors import BadConfig

_INTERVAL = re.compile(r"(\d{1,6})\s*(s|m|h|d)", re.IGNORECASE)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LEAST = 1.0
_LONGEST = timedelta(days=366)
_ROUNDED = 2.0
"""Seconds that planned times may be off: they are kept in whole seconds."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """An ``interval`` in seconds, or a ``cron`` expression; never, if neither. ``text`` is how it was written."""

    text: str
    interval: float | None = None
    cron: str | None = None

    @property
    def never(self) -> bool:
        """Whether it is never synced by itself."""
        return self.interval is None and self.cron is None

    def usual(self, now: datetime) -> float:
        """Seconds between two syncs, as they are around *now*."""
        if self.interval is not None:
            return self.interval
        first = self._cron_after(now)
        return (self._cron_after(first) - first).total_seconds()

    def due(self, connection: str, last: datetime | None, now: datetime, jitter: float) -> datetime:
        """When the next sync of *connection* is due, whose *last* one began then; at once where its time has passed.

        *jitter* is the share of the interval by which it may come later; by how much is a matter of the name and the time.
        """
        if last is None or last > now:
            # A clock that went back is no reason to wait for years.
            return now + timedelta(seconds=self._spread(connection, "first", min(jitter * self.usual(now), 5.0)))
        base = last + timedelta(seconds=self.interval) if self.interval is not None else self._cron_after(last)
        late = self._spread(connection, base.isoformat(), jitter * self.usual(base))
        return max(base + timedelta(seconds=late), now)

    def latest(self, now: datetime, jitter: float) -> datetime:
        """Until when a sync may wait, seen from *now*; one that waits longer was planned by a clock that has gone back since."""
        base = now + timedelta(seconds=self.interval) if self.interval is not None else self._cron_after(now)
        return base + timedelta(seconds=jitter * max(self.usual(now), self.usual(base)) + _ROUNDED)

    def _cron_after(self, moment: datetime) -> datetime:
        from croniter import croniter

        if self.cron is None:
            raise ValueError("it has no cron expression")
        found: datetime = croniter(self.cron, moment.astimezone(UTC)).get_next(datetime)
        return found

    @staticmethod
    def _spread(connection: str, at: str, most: float) -> float:
        share = int.from_bytes(sha256(f"{connection} {at}".encode()).digest()[:4], "big") / 2**32
        return share * most


def read_schedule(text: str, *, at: str) -> Schedule:
    """The schedule that *text* says; raises BadConfig with *at* as the place."""
    given = text.strip()
    if given.lower() == "never":
        return Schedule(text=given)
    if (interval := _INTERVAL.fullmatch(given)) is not None:
        seconds = float(interval[1]) * _UNITS[interval[2].lower()]
        if not _LEAST <= seconds <= _LONGEST.total_seconds():
            raise BadConfig(f"{given!r} is no interval between a second and a year", path=at)
        return Schedule(text=given, interval=seconds)
    from croniter import croniter

    if len(given.split()) == 5 and croniter.is_valid(given):
        return Schedule(text=given, cron=given)
    raise BadConfig(
        f"{given!r} is no schedule",
        path=at,
        hint="Write an interval such as 30m, 6h or 1d, a cron expression of five fields such as '15 */6 * * *' (UTC), or never.",
    )
