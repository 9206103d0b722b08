"""Times as people write them: a date, a time, or how long ago."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import click

from jackfield.cli.app import App
from jackfield.cli.base import F

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

FORMS = "a date such as 2026-11-24, a time such as 2026-11-24T08:30, or how long ago: 30m, 2h, 3d, 1w"


def ago(text: str) -> timedelta | None:
    """How long ago *text* says (``30m``, ``2h``, ``3d``, ``1w``), None if it is no such age. Raises OverflowError."""
    number, unit = text[:-1], text[-1:]
    if unit in _UNITS and number.isascii() and number.isdecimal():
        return timedelta(**{_UNITS[unit]: int(number)})
    return None


def point(text: str, now: datetime, *, end_of_day: bool = False) -> datetime | None:
    """The moment that *text* means, None if it means none; a date is its beginning, or with *end_of_day* its end.

    What names no zone is a time of this machine.
    """
    try:
        if (age := ago(text)) is not None:
            return now - age
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
        found = point(given, ctx.ensure_object(App).clock.now(), end_of_day=end_of_day)
        if found is None:
            raise click.BadParameter(f"{given!r}: write {FORMS}", ctx, parameter)
        return found

    return click.option(name, callback=read, metavar="TIME", help=help)
