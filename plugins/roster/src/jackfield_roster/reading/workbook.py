"""Workbooks: a sheet written out once as JSON lines, since it can't be read from its middle.

What is written out is only a copy: the same workbook gives the same bytes, so that a position in it holds in another process.
"""

from collections.abc import Generator
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import msgspec

from jackfield.errors import BadConfig, RemoteContract
from jackfield_roster.reading.budget import MOST_CHUNK_BYTES, Budget
from jackfield_roster.reading.table import DOUBTS, Cell, Chunk, Layout, Position, Remark, Row
from jackfield_roster.reading.xlsx.archive import Parts, opened_archive
from jackfield_roster.reading.xlsx.book import Book, Sheet, read_book, read_dates
from jackfield_roster.reading.xlsx.cells import Texts, Value
from jackfield_roster.reading.xlsx.merged import Spread, read_areas
from jackfield_roster.reading.xlsx.rows import Line, read_rows
from jackfield_roster.reading.xlsx.strings import SharedStrings

_MOST_SHOWN = 20


def unpack(
    opened: BinaryIO, wanted: str | None, label: str, to: Path, budget: Budget
) -> Generator[None, None, tuple[Remark, ...]]:
    """Write the rows of a sheet to *to*, a step at a time; what there is to say about the choice of the sheet.

    Without *wanted* it is the first with a table that people see. Raises BadConfig for a sheet that there is not, and
    RemoteContract for what is no workbook, or larger than the bounds.
    """
    encode = msgspec.json.Encoder().encode
    with (
        opened_archive(opened, budget.name) as archive,
        TemporaryFile(dir=to.parent) as texts_of_cells,
        TemporaryFile(dir=to.parent) as ends,
        to.open("wb") as out,
    ):
        parts = Parts(archive, budget)
        strings = SharedStrings(texts_of_cells, ends, budget.name)
        book = yield from read_book(parts)
        sheet = _chosen(book, wanted, label, budget.name)
        dates = yield from read_dates(parts, book)
        if book.strings is not None and book.strings in parts:
            yield from strings.fill(parts, book.strings)
        spread = Spread((yield from read_areas(parts, sheet.part)), budget.name)
        texts = Texts(budget.name, strings, dates, since_1904=book.since_1904)

        def take(line: Line) -> None:
            content = encode(line) + b"\n"
            budget.written(len(content))
            budget.check_time()
            out.write(content)

        yield from read_rows(parts, sheet.part, texts, spread, take)
    return _passed_over(book, sheet, budget.name) if wanted is None else ()


def _chosen(book: Book, wanted: str | None, label: str, name: str) -> Sheet:
    if wanted is not None:
        found = next((each for each in book.sheets if each.name == wanted), None)
        hint = f"Its sheets: {_listed(book)}."
        if found is None:
            raise BadConfig(f"{name} has no sheet {wanted!r}", path=f"{label}.sheet", hint=hint)
        if not found.table:
            raise BadConfig(f"the sheet {wanted!r} of {name} is no table", path=f"{label}.sheet", hint=hint)
        return found
    tables = [each for each in book.sheets if each.table]
    if not tables:
        raise RemoteContract(f"{name} has no sheet with a table: look whether it is the right workbook")
    seen = [each for each in tables if not each.hidden]
    if not seen:
        raise RemoteContract(
            f"{name} has only hidden sheets: name the one to read as `{label}.sheet`, of these: {_listed(book)}"
        )
    return seen[0]


def _passed_over(book: Book, sheet: Sheet, name: str) -> tuple[Remark, ...]:
    before = list(book.sheets[: book.sheets.index(sheet)])
    if not before:
        return ()
    message = ", ".join(f"{each.name!r} ({'hidden' if each.table else 'no table'})" for each in before[:_MOST_SHOWN])
    more = f" and {len(before) - _MOST_SHOWN:,} more" if len(before) > _MOST_SHOWN else ""
    return (
        Remark(
            f"the sheet {sheet.name!r} of {name} is read; before it are {message}{more}",
            "Name the sheet in the configuration to choose it.",
        ),
    )


def _listed(book: Book) -> str:
    names = [f"{each.name} (hidden)" if each.hidden else each.name for each in book.sheets if each.table]
    more = f" and {len(names) - _MOST_SHOWN:,} more" if len(names) > _MOST_SHOWN else ""
    return f"{', '.join(names[:_MOST_SHOWN])}{more}"


def read(opened: BinaryIO, name: str, layout: Layout, at: Position | None, most: int) -> Chunk:
    """At most *most* rows of a sheet that was unpacked. Its first row beyond those skipped is the heading."""
    decode = msgspec.json.Decoder(Line).decode
    rows: list[Row] = []
    size = opened.seek(0, 2)
    opened.seek(0)
    header: tuple[str, ...] = ()
    offset, number = 0, 0
    while raw := opened.readline():
        offset += len(raw)
        number, cells = decode(raw)
        if number > layout.skip_lines:
            header = tuple(_text(cell).strip() for cell in cells)
            break
    start = at or Position(offset, number)
    opened.seek(start.offset)
    offset, number = start.offset, start.line
    while len(rows) < most and offset - start.offset < MOST_CHUNK_BYTES and (raw := opened.readline()):
        offset += len(raw)
        number, cells = decode(raw)
        if not layout.ignored(map(_text, cells)):
            rows.append(_row(number, header, cells, layout))
    following = Position(offset, number) if offset < size else None
    return Chunk(columns=header, rows=rows, next=following)


def _row(number: int, header: tuple[str, ...], cells: list[Value], layout: Layout) -> Row:
    pairs: list[tuple[str, Value]] = list(zip(header, chain(cells, repeat("")), strict=False))
    values: dict[str, Cell] = layout.wanted((name, _text(cell)) for name, cell in pairs)
    doubts = {name: why for name, cell in pairs if name in values and (why := _doubt(cell)) is not None}
    return Row(number, values, doubts=doubts)


def _doubt(cell: Value) -> str | None:
    return None if isinstance(cell, str) else DOUBTS[cell[0]]


def _text(cell: Value) -> str:
    return cell if isinstance(cell, str) else cell[1]
