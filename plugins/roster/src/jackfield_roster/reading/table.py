"""What every format gives: rows with their lines, and the position after them."""

import msgspec

Cell = str | tuple[str, ...] | None
"""A text, or a list where the format has lists of its own; None for a value of any other kind."""

NO_VALUE = "#NO_VALUE!"
"""What stands in a cell whose formula has no value in the file: nobody has calculated it."""

MOST_LINE_BYTES = 4 << 20


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where the next row begins: bytes from the beginning, and the lines (or rows of a sheet) before it."""

    offset: int
    line: int


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is written; what is None is found out."""

    sheet: str | None = None
    encoding: str = "utf-8"
    delimiter: str | None = None
    skip_lines: int = 0


class Row(msgspec.Struct, frozen=True):
    """One row: its line and its cells by column. ``problem`` says why it can't be understood, in ``column`` if known."""

    line: int
    cells: dict[str, Cell]
    problem: str | None = None
    column: str | None = None


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows. ``columns`` are those of the file, ``next`` is the position after the rows, None at the end."""

    columns: tuple[str, ...]
    rows: list[Row]
    next: Position | None
