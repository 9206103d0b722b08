"""How far a sync or a row of changes is, on stderr while a terminal looks on."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jackfield.cli.output import note

if TYPE_CHECKING:
    from jackfield.clock import Clock
    from jackfield.sync import Progress
    from jackfield_contracts import JournalEntry


@contextmanager
def shown_progress(connection: str) -> Generator["Callable[[Progress], None] | None"]:
    """What to call with each progress, None where no terminal looks on."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    with console.status(Text(f"{connection}: signing in")) as status:

        def tell(now: "Progress") -> None:
            again = "resumed, " if now.resumed else ""
            # Some ask by another protocol than HTTP: of theirs no number is known.
            asked = f"{now.requests:,} requests · " if now.requests else ""
            status.update(Text(f"{connection}: {again}{now.stage} · {asked}{now.rows:,} rows"))

        yield tell


@contextmanager
def shown_connections(total: int) -> Generator["Callable[[str], None]"]:
    """What to call with the line of each connection whose sync has ended: shown on a terminal, while others go on."""
    if total < 2 or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    done = 0
    with console.status(Text(f"{total:,} connections")) as status:

        def tell(line: str) -> None:
            nonlocal done
            done += 1
            status.update(Text(f"{done:,} of {total:,} connections; {line}"))

        yield tell


_BETWEEN_LINES = 5.0
"""Seconds between two lines where no terminal looks on."""


@contextmanager
def shown_changes(connection: str, total: int, clock: "Clock") -> Generator["Callable[[JournalEntry], None] | None"]:
    """What to call with each change that is settled: n of N, on one line of a terminal, else in lines now and then.

    None where there is only one; no line where it does not take a while.
    """
    if total < 2:
        yield None
        return
    settled = 0

    def counted() -> str:
        return f"{connection}: {settled:,} of {total:,} changes"

    if not sys.stderr.isatty():
        last, told = clock.monotonic(), False

        def line(_: "JournalEntry") -> None:
            nonlocal settled, last, told
            settled += 1
            now = clock.monotonic()
            if (told and settled == total) or now - last >= _BETWEEN_LINES:
                last, told = now, True
                note(counted())

        yield line
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    with console.status(Text(counted())) as status:

        def tell(_: "JournalEntry") -> None:
            nonlocal settled
            settled += 1
            status.update(Text(counted()))

        yield tell
