"""The options that every command which changes something takes."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any, NamedTuple

import click

from jackfield.cli.app import App
from jackfield.cli.base import output_option


class Flags(NamedTuple):
    """How changes are to be made and told."""

    yes: bool
    reason: str | None
    dry_run: bool
    wait: float
    limits: dict[str, int]
    provisioning: bool
    output: str
    accept_tenant: str | None = None
    planned_for: str | None = None
    only_planned: bool = False
    """Whether nothing but a plan is asked for, which needs no right to change anything."""
    each_has_reason: bool = False
    """Whether each change of the plan has a reason of its own."""
    confirm: Mapping[str, int] = {}
    """How many changes of each kind are meant, for a plan that was not made here."""


_DIGITS = 15
"""More than that is no number of changes."""


def numbers(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, int]:
    """What is written as KIND=N, by kind."""
    found: dict[str, int] = {}
    for text in given:
        kind, _, number = text.rpartition("=")
        if not kind or not number.isascii() or not number.isdecimal() or len(number) > _DIGITS:
            raise click.BadParameter(f"{text!r}: write KIND=N, such as revoke=500", ctx, parameter)
        found[kind] = int(number)
    return found


def _seconds(ctx: click.Context, parameter: click.Parameter, given: float) -> float:
    if given != given:  # NaN is in every range, and no moment comes after it
        raise click.BadParameter("this is no number of seconds", ctx, parameter)
    return given


accept_tenant_option = click.option(
    "--accept-tenant",
    metavar="ID",
    help="The account that is meant, where the connection has been moved to another one than its snapshots are of.",
)
_OPTIONS = (
    click.option("--yes", is_flag=True, help="Don't ask for confirmation."),
    click.option("--reason", metavar="TEXT", help="Why; it is kept in the journal."),
    click.option("--dry-run", is_flag=True, help="Show what would become of it, and change nothing."),
    click.option(
        "--wait",
        type=click.FloatRange(min=0),
        callback=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="How long to wait for an outcome that is not known at once (default 60).",
    ),
    click.option(
        "--limit",
        multiple=True,
        callback=numbers,
        metavar="KIND=N",
        help="Allow N changes of a kind in an hour: delete, disable, revoke, privileged, …; may be repeated.",
    ),
    click.option("--provisioning", is_flag=True, help="Allow changes where the configuration does not."),
    accept_tenant_option,
)


def print_error(app: App, error: Exception) -> None:
    """Print the one object of a change that ended before anything was asked for."""
    from jackfield.cli.guard import failure_of
    from jackfield.cli.outcomes import error_document
    from jackfield.cli.output import print_json

    if not app.has_printed:
        print_json(error_document(failure_of(app, error), app.redactor.text))


def change_options(*outputs: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command these options, and ``--output`` with *outputs*; its function gets them as one, ``flags``."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def packed(
            *arguments: Any,
            yes: bool,
            reason: str | None,
            dry_run: bool,
            wait: float,
            limit: dict[str, int],
            provisioning: bool,
            accept_tenant: str | None,
            output: str,
            **rest: Any,
        ) -> Any:
            flags = Flags(yes, reason or None, dry_run, wait, limit, provisioning, output, accept_tenant or None)
            try:
                return function(*arguments, flags=flags, **rest)
            except click.ClickException:
                raise
            except Exception as error:
                # Whoever reads the one object finds it there also where nothing could be asked for.
                if output == "json":
                    with suppress(OSError):  # that nothing can be written may be the error itself
                        print_error(click.get_current_context().ensure_object(App), error)
                raise

        decorated: Callable[..., Any] = packed
        for option in (output_option(*outputs), *reversed(_OPTIONS)):
            decorated = option(decorated)
        return decorated

    return decorate


pairs_argument = click.argument("pairs", nargs=-1, metavar="[KEY=VALUE]...")
