"""What every format gives: rows with their lines, and the position after them."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from types import MappingProxyType

import msgspec

from jackfield_roster.bounds import Bounds

Cell = str | tuple[str, ...] | None
"""A text, or a list where the format has lists of its own; None for a value of any other kind."""

NO_VALUE = "#NO_VALUE!"
"""What stands in a cell whose formula has no value in the file: nobody has calculated it."""

LONG = "it is a number of more than 15 digits, of which a spreadsheet keeps only 15"
FRACTION = "it is a number with a fraction, where an id is expected"
DATE = "it is a date, which a spreadsheet program may have made of it"
TRUTH = "it is a truth value, which a spreadsheet program may have made of it"
MERGED = "it is merged with the cell beside it, so that it has no value of its own"
FAILED = "its formula failed"

DOUBTS = MappingProxyType({"r": LONG, "f": FRACTION, "d": DATE, "b": TRUTH, "m": MERGED, "e": FAILED})
"""Why the text of a cell may not be what was meant, by the letter that a copy of a sheet has for it."""

NEVER = frozenset((MERGED, FAILED))
"""Doubts that hold for every column; the others only for ids."""


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where the next row begins: bytes from the beginning, and the lines (or rows of a sheet) before it.

    Up to byte ``alone`` each line is a record of its own, since no end was found for one that began before.
    """

    offset: int
    line: int
    alone: int = 0


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is written, and what of it is wanted; what is None is found out, or all.

    ``ignore`` are patterns for the first cell of rows that are passed over. ``last_line_end``: the last line has an end as
    every other, so that one without was cut off.
    """

    encoding: str = "utf-8"
    delimiter: str | None = None
    skip_lines: int = 0
    columns: frozenset[str] | None = None
    ignore: tuple[str, ...] = ()
    last_line_end: bool = True
    bounds: Bounds = Bounds()

    def wanted(self, cells: Iterable[tuple[str, Cell]]) -> dict[str, Cell]:
        """The cells of the columns that are wanted."""
        if self.columns is None:
            return dict(cells)
        return {name: cell for name, cell in cells if name in self.columns}

    def ignored(self, cells: Iterable[Cell]) -> bool:
        """Whether the row of these cells is passed over."""
        if not self.ignore:
            return False
        first = next((cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()), "")
        return any(fnmatchcase(first, pattern) for pattern in self.ignore)


class Row(msgspec.Struct, frozen=True):
    """One row: its line and its cells by column.

    ``problem`` says why it can't be understood, in ``column`` if known; ``doubts`` why a cell may not say what was meant.
    """

    line: int
    cells: dict[str, Cell]
    problem: str | None = None
    column: str | None = None
    doubts: dict[str, str] = {}


class Remark(msgspec.Struct, frozen=True):
    """Something about a file that was found out rather than told; what to do if it is wrong, where it is a guess."""

    summary: str
    hint: str | None


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows. ``columns`` are those of the file, ``next`` is the position after the rows, None at the end."""

    columns: tuple[str, ...]
    rows: list[Row]
    next: Position | None
