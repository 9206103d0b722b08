"""What a person sees when something goes wrong: one message on stderr and an exit code, never a traceback."""

import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from jackfield.cli import exits

if TYPE_CHECKING:
    from jackfield.cli.app import App
    from jackfield.errors import JackfieldError


def guarded(app: "App", work: Callable[[], Any]) -> int:
    """Run *work* and give the exit code: its result if that is a number, else that of the error that ended it."""
    with _terminable():
        try:
            result = work()
            sys.stdout.flush()
        except BrokenPipeError:
            return broken_pipe()
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except (click.Abort, KeyboardInterrupt):
            click.echo("Interrupted.", err=True)
            return exits.INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the edge: whatever happens becomes a message and an exit code
            code = _tell(app, error)
            if app.prints == "json" and not app.has_printed:
                _print(app, error, code)
            return code
        return result if isinstance(result, int) else exits.OK


def _tell(app: "App", error: Exception) -> int:
    from jackfield.errors import JackfieldError

    try:
        if app.log_level == "debug":
            app.log.debug("the error in full", exc_info=error)
    except JackfieldError as other:
        error = other
    failure = _storage(app, error) or error
    if isinstance(failure, JackfieldError):
        show_error(app, failure)
        return failure.exit_code
    cause = getattr(error, "orig", error)
    if isinstance(cause, OSError):
        place = f": {cause.filename}" if cause.filename else ""
        say_error(app, f"the system refused: {cause.strerror or str(cause) or type(cause).__name__}{place}")
        return exits.FAILED
    if isinstance(cause, sqlite3.Error):
        say_error(app, f"a database file failed: {cause}. Look at the disk and at the rights in {app.home.folder}.")
        return exits.FAILED
    say_error(
        app,
        f"something happened that Jackfield did not expect ({type(error).__name__}). This is a fault of its own: please"
        " report it to the Jackfield project, with the command, the version (`jackfield --version`) and what"
        " `--log-level debug` shows.",
    )
    return exits.BUG


def _print(app: "App", error: Exception, code: int) -> None:
    """Print the one object of a command that has failed before it printed any."""
    from jackfield.cli.output import print_json

    with suppress(OSError):  # that nothing can be written may be the error itself
        print_json({"error": failure_of(app, error).document(app.redactor.text), "exit_code": code})


def failure_of(app: "App", error: Exception) -> "JackfieldError":
    """*error* as one of ours: of the disk or a file where it is such a one, else as a fault of Jackfield's own."""
    from jackfield.errors import BadStorage, JackfieldError, PluginBug

    failure = _storage(app, error) or error
    if isinstance(failure, JackfieldError):
        return failure
    cause = getattr(error, "orig", error)
    if isinstance(cause, OSError | sqlite3.Error):
        return BadStorage(getattr(cause, "strerror", None) or str(cause) or type(cause).__name__)
    return PluginBug(f"something happened that Jackfield did not expect ({type(error).__name__})")


def _storage(app: "App", error: Exception) -> "JackfieldError | None":
    """What is wrong with the disk or a file, None if it is neither."""
    from jackfield.cli.snapshots import damage
    from jackfield.errors import storage_failure

    # An error of the system that names no file may be of anything, such as where the output goes.
    return damage(app, error) or storage_failure(error, None if isinstance(error, OSError) else app.home.folder)


_MOST_TOLD = 4000
"""Characters of one line of an error; what somebody wrote may stand in it, of any length."""


def show_error(app: "App", error: "JackfieldError") -> None:
    """Tell an error on stderr: what happened, where, and what to do."""
    from jackfield.cli.text import clean

    text = f"{error.summary.rstrip('.')} ({error.where})." if error.where else f"{error.summary.rstrip('.')}."
    # Each on one line, so that no text of the application's can pass for a message of ours.
    rows: tuple[str, ...] = getattr(error, "problems", ())
    lines = [clean(_cut(app.redactor.text(_cut(line, 2 * _MOST_TOLD)))) for line in (text, *rows, error.hint) if line]
    say_error(app, "\n       ".join(lines))


def _cut(line: str, most: int = _MOST_TOLD) -> str:
    # Twice as much is kept until secrets are taken out, so that none is cut in two at the end of what is shown.
    return line if len(line) <= most else f"{line[:most]}…"


def say_error(app: "App", text: str) -> None:
    """Tell *text* on stderr as an error, without secrets and without characters that drive a terminal."""
    from jackfield.cli.text import clean

    lines = app.redactor.text(text).split("\n")
    click.echo("Error: " + "\n".join(clean(line) for line in lines), err=True)


def broken_pipe() -> int:
    """Whoever read our output has gone; say nothing more, also not when Python flushes at the end. The exit code."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return exits.BROKEN_PIPE


@contextmanager
def _terminable() -> Generator[None]:
    """Let SIGTERM end the process by unwinding it, so that files are closed and locks let go."""

    def end(*_: object) -> None:
        raise SystemExit(exits.TERMINATED)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
