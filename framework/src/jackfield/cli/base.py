"""How commands are declared: the options that all of them take, and the log of libraries while one runs."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from jackfield.cli.app import LOG_LEVELS, App
from jackfield.cli.guard import broken_pipe

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


def _text(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    given: object = value
    if isinstance(given, str) and not _is_unicode(given):
        raise click.BadParameter("this is not Unicode text", ctx, parameter)
    ctx.ensure_object(App).set_options(**{str(parameter.name): value})


def _texts(given: object) -> Iterator[str]:
    """The texts of a value, which may be several."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, Mapping):
        yield from _texts(tuple(cast("Mapping[object, object]", given)))
    elif isinstance(given, tuple | list):
        for each in cast("Iterable[object]", given):
            yield from _texts(each)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_COMPLETED = frozenset(
    {"connection", "run", "old", "new", "accept", "user", "principal", "account", "resource", "connector", "format_"}
)
"""The names of arguments and options that a shell completes; a test holds them to ``completion.COMPLETED``."""


def _complete(name: str, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
    from jackfield.cli.completion import complete

    return complete(name, ctx, incomplete)


class Command(click.Command):
    """A command that takes the general options too, behind its name as well as before it.

    *examples* are those of a command that a plugin adds; those of the host's own stand in one module.
    """

    def __init__(self, *arguments: Any, examples: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.examples = examples
        path = click.Path(path_type=Path)
        for name, kind, metavar, help in (
            ("--config", path, "FILE", "Configuration file."),
            ("--home", path, "FOLDER", "Folder of the state and the snapshots."),
            ("--database", str, "URL", "PostgreSQL database that has the state, shared by several hosts."),
            ("--record", path, "FILE", "Keep requests and answers in a new file, every value of a person replaced."),
            ("--log-level", click.Choice(LOG_LEVELS), None, "What is logged to stderr."),
        ):
            option = click.Option([name], type=kind, metavar=metavar, help=help, expose_value=False, callback=_text)
            self.params.append(option)
        self.params.append(
            click.Option(
                ["--plugin"],
                type=path,
                multiple=True,
                metavar="FILE",
                help="Run the connectors and policies of a Python file as if installed; may be repeated.",
                expose_value=False,
                callback=_text,
            )
        )

        for parameter in self.params:
            if str(parameter.name) in _COMPLETED:
                parameter.shell_complete = partial(_complete, str(parameter.name))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show examples at the end of the help."""
        from jackfield.cli.examples import EXAMPLES

        super().format_epilog(ctx, formatter)
        _, _, name = ctx.command_path.partition(" ")
        if lines := self.examples or EXAMPLES.get(name):
            with formatter.section("Examples"):
                for line in lines:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; raises UsageError for a text that is no Unicode, which only the name of a file may be."""
        rest = super().parse_args(ctx, args)
        for parameter in self.params:
            given = ctx.params.get(str(parameter.name))
            if any(not _is_unicode(each) for each in _texts(given)):
                raise click.BadParameter("this is not Unicode text", ctx, parameter)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command with what libraries log taken over."""
        import logging

        from jackfield.cli.logging import take_over

        app = ctx.ensure_object(App)
        root = logging.getLogger()
        level = root.level
        handler = take_over(app.log, app.log_level)
        logging.captureWarnings(True)
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # click would end with 1, which says that something failed.
            raise SystemExit(broken_pipe()) from None
        finally:
            logging.captureWarnings(False)
            root.removeHandler(handler)
            root.setLevel(level)


def command(name: str, **options: Any) -> Callable[[Callable[..., Any]], Command]:
    """Declare a command; its function takes the App first."""

    def decorate(function: Callable[..., Any]) -> Command:
        return click.command(name, cls=Command, **options)(click.pass_obj(function))

    return decorate


def output_option(*kinds: str) -> Callable[[F], F]:
    """The option ``--output`` of a command that can print *kinds*; the first is used unless the user says otherwise."""

    def chosen(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str:
        app = ctx.find_object(App)
        wanted = value or (app.output if app else None) or kinds[0]
        if wanted not in kinds:
            raise click.BadParameter(f"this command prints {' or '.join(kinds)}, not {wanted}", ctx, parameter)
        if app is not None:
            app.prints = wanted
        return wanted

    return click.option(
        "--output", type=click.Choice(kinds), callback=chosen, help=f"How it is printed (default {kinds[0]})."
    )


connection_argument = click.argument("connection")
run_option = click.option(
    "--run",
    metavar="RUN",
    help="Another snapshot than the latest: a run's id or its beginning, @latest~1, a date, or an age such as 7d.",
)


def _countable(ctx: click.Context, parameter: click.Parameter, given: int | None) -> int | None:
    # No list is longer, and neither the database nor Python counts further.
    return None if given is None else min(given, sys.maxsize)


limit_option = click.option(
    "--limit", type=click.IntRange(min=1), callback=_countable, metavar="N", help="At most N rows."
)
