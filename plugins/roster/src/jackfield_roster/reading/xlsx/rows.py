"""The rows of a sheet as a stream."""

from collections.abc import Callable, Generator

from jackfield_roster.reading.budget import MOST_COLUMNS, MOST_SHEET_ROWS, too_much
from jackfield_roster.reading.xlsx.archive import Parts, damaged
from jackfield_roster.reading.xlsx.cells import Texts, Value, place_of
from jackfield_roster.reading.xlsx.merged import Spread
from jackfield_roster.reading.xlsx.strings import Gathered
from jackfield_roster.reading.xlsx.xml import Handler, parse

Line = tuple[int, list[Value]]
"""A row that has a cell with something in it: its number and its cells, without the empty ones at the end."""


def read_rows(parts: Parts, sheet: str, texts: Texts, spread: Spread, take: Callable[[Line], None]) -> Generator[None]:
    """Give *take* the rows of a sheet, a block of the file at a time. Raises RemoteContract for what is no sheet."""
    yield from parse(parts, sheet, _Rows(parts, texts, spread, take))


class _Rows(Handler):
    def __init__(self, parts: Parts, texts: Texts, spread: Spread, take: Callable[[Line], None]) -> None:
        self._name = parts.name
        self._bounds = parts.budget.bounds
        self._texts = texts
        self._spread = spread
        self._take = take
        self._gathered = Gathered(parts)
        self._in_data = self._in_cell = self._gathering = False
        self._aside = 0
        self._row = 0
        self._column = 0
        self._cells: dict[int, Value] = {}
        self._size = 0
        self._kind = self._style = ""
        self._formula = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._in_cell:
            if name == "v" or (name == "t" and not self._aside):
                self._gathering = True
            elif name == "f":
                self._formula = True
            elif name == "rPh":
                self._aside += 1
        elif self._in_data:
            if name == "c":
                self._begin_cell(attributes)
            elif name == "row":
                self._begin_row(attributes.get("r"))
        elif name == "sheetData":
            self._in_data = True

    def end(self, name: str) -> None:
        if self._in_cell:
            if name in ("v", "t"):
                self._gathering = False
            elif name == "rPh":
                self._aside -= 1
            elif name == "c":
                self._end_cell()
        elif name == "row" and self._in_data:
            self._end_row()
        elif name == "sheetData":
            self._in_data = False

    def text(self, text: str) -> None:
        if self._gathering:
            self._gathered.add(text)

    def _begin_row(self, message: str | None) -> None:
        number = self._row + 1
        if message is not None:
            number = int(message) if message.isascii() and message.isdigit() and len(message) < 12 else 0
        if not self._row < number <= MOST_SHEET_ROWS:
            shown = ascii(message[:40]) if message is not None else f"{number:,}"
            raise damaged(
                self._name, f"row {shown} stands after row {self._row:,}, and a sheet has {MOST_SHEET_ROWS:,}"
            )
        if number > self._bounds.rows:
            raise too_much(self._name, f"has more than {self._bounds.rows:,} rows", "rows")
        self._row = number
        self._column = 0
        self._size = 0

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        column = self._column + 1
        reference = attributes.get("r")
        if reference is not None:
            row, column = place_of(reference, self._name)
            if row != self._row or column <= self._column:
                raise damaged(self._name, f"the cell {reference[:40]!a} stands in row {self._row:,}")
        if column > MOST_COLUMNS:
            raise damaged(self._name, f"row {self._row:,} has more than {MOST_COLUMNS:,} cells")
        self._column = column
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._formula = False
        self._in_cell = True

    def _end_cell(self) -> None:
        self._in_cell = False
        value = self._texts.value(self._kind, self._style, self._gathered.take(), formula=self._formula)
        if value:
            self._cells[self._column] = value
            self._size += len(value) if isinstance(value, str) else len(value[1])
            if self._size > self._bounds.row_bytes:
                raise too_much(
                    f"row {self._row:,} of {self._name}", f"is longer than {self._bounds.row_kb:,} kB", "row_kb"
                )

    def _end_row(self) -> None:
        if not self._cells:
            return
        cells, self._cells = self._cells, {}
        self._spread.row(self._row, cells)
        self._take((self._row, [cells.get(column, "") for column in range(1, max(cells) + 1)]))
