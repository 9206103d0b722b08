"""Times as people write them on the command line."""

from collections.abc import Callable
from datetime import datetime

import click

from jackfield.cli.app import App
from jackfield.cli.base import F
from jackfield.clock import FORMS, point


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
