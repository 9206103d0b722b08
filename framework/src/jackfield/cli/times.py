"""Times as people write them: a date, a time, or how long ago."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta

import click

from jackfield.cli.app import App
from jackfield.cli.base import F

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
            found = datetime.combine(found.date(), time.max)
        return found.astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def point_option(name: str, help: str, *, end_of_day: bool = False) -> Callable[[F], F]:
    """An option that takes a time in one of ``FORMS``."""

    def read(ctx: click.Context, parameter: click.Parameter, given: str | None) -> datetime | None:
        if given is None:
            return None
        now = ctx.ensure_object(App).clock.now()
        found = point(given, now, end_of_day=end_of_day)
        if found is None:
            raise click.BadParameter(f"{given!r}: write {FORMS}", ctx, parameter)
        if not end_of_day and found > now:
            raise click.BadParameter(f"{given!r} is in the future: nothing is from then on", ctx, parameter)
        return found

    return click.option(name, callback=read, metavar="TIME", help=help)
