"""Tables on a terminal: names wrap, ids and addresses never do; what went wrong is in colour; a long one goes through a pager.

The pager is ``$PAGER``, else ``less``; ``NO_COLOR`` is honoured.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import StringIO
from typing import TYPE_CHECKING

from jackfield.cli.text import WORDS, width

if TYPE_CHECKING:
    from rich.console import Console

_LEAST = 14
_BETWEEN = 2
_NOT_KNOWN = ("", "dumb", "unknown")
_RED = frozenset({"refused", "failed", "unverified", "unreadable", "NOT AVAILABLE", "deleted"})
_YELLOW = frozenset({"partial", "held", "pending", "disabled", "interrupted", "undecided"})


def draw(
    headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], *, heading: bool, pager: bool
) -> None:
    """Print a table to the terminal. Where it is wider than that, words wrap; what must not be broken runs over the edge."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns, lines = shutil.get_terminal_size()
    natural = [max(width(name), *(width(row[at]) for row in rows)) for at, name in enumerate(headings)]
    least = [min(size, _LEAST) if name in WORDS else size for name, size in zip(headings, natural, strict=True)]
    console = Console(width=max(columns, sum(least) + _BETWEEN * len(least)), soft_wrap=False)
    table = Table(
        box=None, pad_edge=False, padding=(0, _BETWEEN, 0, 0), header_style="bold", show_header=heading, highlight=False
    )
    for at, name in enumerate(headings):
        wraps = name in WORDS
        table.add_column(
            name,
            justify="right" if right[at] else "left",
            overflow="fold",
            no_wrap=not wraps,
            min_width=least[at],
        )
    for row in rows:
        table.add_row(*(Text(cell, style=_style(cell)) for cell in row))
    if pager and len(rows) + 1 > lines:
        _page(console, table)
    else:
        console.print(table)


def _style(cell: str) -> str:
    if cell in _RED:
        return "red"
    return "yellow" if cell in _YELLOW else ""


def _page(console: "Console", table: object) -> None:
    """Show *table* through the pager; straight to the terminal where there is none."""
    text = StringIO()
    kept, console.file = console.file, text
    # What is written into a text is coloured as the terminal would be.
    console.print(table)
    console.file = kept
    named = os.environ.get("PAGER", "")
    command = shlex.split(named or "less")
    # What such a terminal can do is not known: less would ask to go on after each screen.
    plain = not named and os.environ.get("TERM", "") in _NOT_KNOWN
    if plain or not command or shutil.which(command[0]) is None:
        sys.stdout.write(text.getvalue())
        return
    environ = {"LESS": "FRX", **os.environ}
    sys.stdout.flush()
    command_line = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, encoding="utf-8", env=environ)  # noqa: S603
    with command_line as process, suppress(BrokenPipeError):
        process.communicate(text.getvalue())
