"""The lines of a CSV file of changes, however a spreadsheet program has saved it: their cells, and which of them lack some.

Promises that a line which lost its end is not taken for one whose last cells are empty.
"""

import csv
from collections.abc import Iterator, Sequence

import msgspec

from jackfield.errors import BadConfig

_DELIMITERS = ",;\t"
_SEPARATOR = "sep="
_BLOCK = 16


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line with its ``number``; ``cells`` are all empty where nothing stands in it.

    ``ended``: whether anything stands behind it, be it the end of the line. ``problem``: why it can't be read.
    """

    number: int
    cells: list[str]
    ended: bool = True
    problem: BadConfig | None = None

    @property
    def place(self) -> str:
        """How people are told where it is."""
        return f"line {self.number}"

    @property
    def empty(self) -> bool:
        """Whether nothing stands in it."""
        return not any(cell.strip() for cell in self.cells)


def csv_lines(text: str) -> Iterator[Line]:
    """The lines of *text*, separated by commas, semicolons or tabs, or as a first line ``sep=`` says.

    One that can't be read is the last: where the next begins is anybody's guess.
    """
    lines = [line + "\n" for line in text.split("\n" if "\n" in text else "\r")]
    delimiter, skipped = _delimiter(lines)
    reader = csv.reader(iter(lines[skipped:]), delimiter=delimiter, strict=True)
    last = skipped
    while True:
        number = last + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            wrong = BadConfig(f"the row can't be read: {error}", hint="Does each quotation mark have its partner?")
            yield Line(number=number, cells=[], problem=wrong)
            return
        last = skipped + reader.line_num
        yield Line(number=number, cells=cells, ended=last < len(lines))


def _delimiter(lines: Sequence[str]) -> tuple[str, int]:
    """What separates cells, and how many lines there are before the first that has some."""
    said = lines[0].strip().casefold()
    # Some programs ask for quotation marks around it.
    said = said.strip('"')
    if said.startswith(_SEPARATOR):
        named = said.removeprefix(_SEPARATOR) or "\t"
        if named not in _DELIMITERS:
            raise BadConfig(
                f"cells that are separated by {named!r} can't be read",
                path="line 1",
                hint="Save it with commas, semicolons or tabs between the cells.",
            )
        return named, 1
    heading = next((line for line in lines if line.strip(" \t\r\n,;")), "")
    return max(_DELIMITERS, key=heading.count), 0


def cut_off(line: Line, columns: Sequence[str]) -> BadConfig | None:
    """The error for a *line* that ends in the midst of the file's last row; None for any other."""
    if line.ended or len(line.cells) >= len(columns):
        return None
    return BadConfig(
        f"the file ends within the row, which has {len(line.cells):,} of {len(columns):,} cells",
        hint="Was it cut off? Save it again.",
    )


def shortened(lines: Sequence[Line], columns: Sequence[str], may_lack: Sequence[str]) -> set[int]:
    """The numbers of the *lines*, the heading the first of them, that lack cells at their end as Excel leaves them out.

    It saves sixteen rows at a time, and those without the columns that are empty in all of them. So all sixteen are alike, and
    none of the columns is one but those that a row *may_lack*.
    """
    lines = list(lines)
    while lines and not lines[-1].cells:
        lines.pop()
    found: set[int] = set()
    for start in range(_BLOCK, len(lines), _BLOCK):
        block = lines[start : start + _BLOCK]
        widths = {len(line.cells) for line in block}
        width = min(widths)
        if len(widths) == 1 and block[-1].ended and all(name in may_lack for name in columns[width:]):
            found.update(line.number for line in block)
    return found
