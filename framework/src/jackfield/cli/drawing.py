"""Tables on a terminal: never wider than it; what went wrong is in colour; a long one goes through a pager.

Names wrap first, then what has blanks, such as times. Where a heading or an id would be broken, each row is a block of its
own, one line for each cell. The pager is ``$PAGER``, else ``less``, where the height of the terminal is known; ``NO_COLOR`` is
honoured.
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
_NARROW = 7
_SHORT = 6
_BETWEEN = 2
_NOT_KNOWN = ("", "dumb", "unknown")
_RED = frozenset({"refused", "failed", "unverified", "unreadable", "NOT AVAILABLE", "deleted"})
_YELLOW = frozenset({"partial", "held", "pending", "disabled", "interrupted", "undecided"})


def draw(
    headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], *, heading: bool, pager: bool
) -> None:
    """Print a table to the terminal, no wider than that is."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns, lines = _size()
    headings, rows, right = _without_empty(headings, rows, right, columns)
    widths = _widths(headings, rows, columns, heading=heading)
    if _breaks(headings, rows, widths, heading=heading):
        _draw_blocks(headings, rows, columns, lines, heading=heading, pager=pager)
        return
    console = Console(width=max(columns, sum(widths) + _BETWEEN * len(widths)), soft_wrap=False)
    table = Table(
        box=None, pad_edge=False, padding=(0, _BETWEEN, 0, 0), header_style="bold", show_header=heading, highlight=False
    )
    for at, name in enumerate(headings):
        table.add_column(name, justify="right" if right[at] else "left", overflow="fold", width=widths[at])
    for row in rows:
        table.add_row(*(Text(cell, style=_style(cell)) for cell in row))
    if pager and lines and len(rows) + 1 > lines and sys.stdin.isatty():
        _page(console, table)
    else:
        console.print(table)


def _breaks(headings: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], *, heading: bool) -> bool:
    """Whether columns of these *widths* break a word of a heading, or what is no word, such as an id."""
    for at, (name, size) in enumerate(zip(headings, widths, strict=True)):
        if heading and any(width(word) > size for word in name.split()):
            return True
        if name not in WORDS and any(width(word) > size for row in rows for word in row[at].split()):
            return True
    return False


def _draw_blocks(
    headings: Sequence[str], rows: Sequence[Sequence[str]], columns: int, lines: int, *, heading: bool, pager: bool
) -> None:
    """Print each row as a block: a line for each cell that says something, and an empty one between two blocks."""
    from rich.console import Console, Group
    from rich.table import Table
    from rich.text import Text

    blocks: list[Table | Text] = []
    for row in rows:
        block = Table(box=None, pad_edge=False, padding=(0, _BETWEEN, 0, 0), show_header=False, highlight=False)
        if heading:
            block.add_column(style="bold", no_wrap=True, width=max(map(width, headings)))
        block.add_column(overflow="fold")
        for name, cell in zip(headings, row, strict=True):
            if cell:
                block.add_row(*([name] if heading else []), Text(cell, style=_style(cell)))
        blocks += [Text(""), block] if blocks else [block]
    console, shown = Console(width=columns, soft_wrap=False), Group(*blocks)
    taken = sum(sum(map(bool, row)) + 1 for row in rows)
    if pager and lines and taken > lines and sys.stdin.isatty():
        _page(console, shown)
    else:
        console.print(shown)


def _size() -> tuple[int, int]:
    """The columns and lines of the terminal; no lines where it does not say how high it is, as none behind a script does."""
    columns, _ = shutil.get_terminal_size()
    named = os.environ.get("LINES", "")
    if named.isascii() and named.isdecimal() and int(named):
        return columns, int(named)
    try:
        return columns, os.get_terminal_size(sys.stdout.fileno()).lines
    except (OSError, ValueError):
        return columns, 0


def _without_empty(
    headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], columns: int
) -> tuple[Sequence[str], Sequence[Sequence[str]], Sequence[bool]]:
    """The table without columns in which nothing stands, where it is too wide with them."""
    full = sum(max(width(name), *(width(row[at]) for row in rows)) + _BETWEEN for at, name in enumerate(headings))
    kept = [at for at in range(len(headings)) if any(row[at] for row in rows)]
    if full - _BETWEEN <= columns or not kept:
        return headings, rows, right
    return [headings[at] for at in kept], [[row[at] for at in kept] for row in rows], [right[at] for at in kept]


def _widths(headings: Sequence[str], rows: Sequence[Sequence[str]], columns: int, *, heading: bool) -> list[int]:
    """How wide each column is, so that all of them fit into *columns*, if they can."""
    cells = [
        [name, *(row[at] for row in rows)] if heading else [row[at] for row in rows] for at, name in enumerate(headings)
    ]
    widths = [max(map(width, each)) for each in cells]
    words = [max((width(word) for cell in each for word in cell.split()), default=1) for each in cells]
    inner = [max((width(word) for row in rows for word in row[at].split()), default=1) for at in range(len(headings))]
    left = columns - _BETWEEN * (len(widths) - 1)
    of_words = [name in WORDS for name in headings]
    sizes = list(zip(widths, words, of_words, strict=True))
    # A heading is broken before an id is.
    headed = [min(size, max(word, _SHORT)) for size, word in zip(widths, inner, strict=True)]
    for least in (
        [min(size, _LEAST) if wraps else size for size, _, wraps in sizes],
        [min(size, max(word, _LEAST) if wraps else word) for size, word, wraps in sizes],
        [min(size, _NARROW) if wraps else min(size, word) for size, word, wraps in sizes],
        [min(size, _NARROW) if wraps else least for (size, _, wraps), least in zip(sizes, headed, strict=True)],
        [min(size, _NARROW) for size, _, _ in sizes],
        [1] * len(sizes),
    ):
        while sum(widths) > left:
            over = [at for at in range(len(widths)) if widths[at] > least[at]]
            if not over:
                break
            widest = max(over, key=lambda at: widths[at])
            widths[widest] -= 1
    return widths


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
