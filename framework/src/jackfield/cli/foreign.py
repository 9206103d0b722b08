"""What foreign code prints: it goes to stderr, since standard output belongs to the result."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, TextIO, cast

_OUT, _ERR = 1, 2


class _Stderr:
    """Standard error under an identity of its own.

    A library that is imported meanwhile may keep it as standard output, and compare: were both one object, what it writes to
    stderr would go to whatever is standard output later.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)

    def close(self) -> None:
        """Stays open: it is not theirs."""


@contextmanager
def foreign_output() -> Generator[None]:
    """Send what is printed within the block to stderr: by Python, by libraries in C, by processes that are started.

    What threads print that outlive the block is not caught. Blocks may stand in one another, not overlap.
    """
    sys.stdout.flush()
    kept = _redirected()
    try:
        with redirect_stdout(cast("TextIO", _Stderr())):
            yield
    finally:
        # Whoever kept hold of the stream itself has written into its buffer.
        for stream in (sys.stdout, sys.__stdout__, sys.stderr):
            if stream is not None:
                with suppress(OSError, ValueError):
                    stream.flush()
        if kept is not None:
            os.dup2(kept, _OUT)
            os.close(kept)


def end_output() -> None:
    """Send to stderr what is printed from now on: the result is written, and only what foreign code does at exit is left."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        os.dup2(_ERR, _OUT)
        sys.stdout = sys.stderr


def _redirected() -> int | None:
    """Standard output, kept under another number while its own leads to stderr; None where one of both is closed."""
    try:
        kept = os.dup(_OUT)
    except OSError:
        return None
    try:
        os.dup2(_ERR, _OUT)
    except OSError:
        os.close(kept)
        return None
    return kept
