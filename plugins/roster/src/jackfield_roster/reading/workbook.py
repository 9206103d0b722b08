"""XLSX: a sheet written out once as JSON lines, since a workbook can't be read from its middle.

What is written out is only a copy: the same workbook gives the same bytes, so that a position in it holds in another process.
"""

import warnings
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import msgspec

from jackfield.errors import BadConfig, RemoteContract
from jackfield_roster.reading.formulas import without_value
from jackfield_roster.reading.table import NO_VALUE, Cell, Chunk, Layout, Position, Row

MOST_BYTES = 2 << 30
"""Size of a workbook once it is unpacked."""

_STEP = 2000
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, SyntaxError, TypeError, AttributeError, IndexError,
    NotImplementedError,
)  # fmt: skip
"""What the libraries for workbooks raise for files that are none, or damaged."""

_END = (1 << 40, frozenset[int]())
"""A row beyond all."""

Line = tuple[int, list[str]]


def unpack(file: Path, sheet: str | None, label: str, to: Path) -> Generator[None]:
    """Write the rows of a sheet to *to*, a step at a time. Raises BadConfig for a sheet that there is not."""
    encode = msgspec.json.Encoder().encode
    with _opened(file) as book, zipfile.ZipFile(file) as archive, to.open("wb") as out:
        names = list(book.sheetnames)
        if sheet is not None and sheet not in names:
            raise BadConfig(
                f"{file.name} has no sheet {sheet!r}", path=f"{label}.sheet", hint=f"Its sheets: {', '.join(names)}."
            )
        with _told(file):
            page = book[sheet if sheet is not None else names[0]]
            # Some programs write a size that is too small, and rows beyond it would be passed over.
            page.reset_dimensions()
            # Nothing public tells in which file of the archive a sheet is.
            lacking = without_value(archive, page._worksheet_path)
            row, columns = 0, frozenset[int]()
            for number, values in enumerate(page.iter_rows(values_only=True), 1):
                cells = [_text(value) for value in values]
                while row < number:
                    found = next(lacking, _END)
                    if found is None:
                        yield
                    else:
                        row, columns = found
                if row == number:
                    cells = [NO_VALUE if at in columns else cell for at, cell in enumerate(cells, 1)]
                while cells and not cells[-1]:
                    cells.pop()
                if cells:
                    out.write(encode((number, cells)) + b"\n")
                if number % _STEP == 0:
                    yield


@contextmanager
def _opened(file: Path) -> Generator[Any]:
    import openpyxl

    with _told(file):
        with zipfile.ZipFile(file) as archive:
            if sum(each.file_size for each in archive.infolist()) > MOST_BYTES:
                raise RemoteContract(f"{file.name} is larger than {MOST_BYTES >> 30} GB once it is unpacked")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles, which nobody asks for
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        yield book
    finally:
        book.close()


@contextmanager
def _told(file: Path) -> Generator[None]:
    try:
        yield
    except _BROKEN as error:
        raise RemoteContract(f"{file.name} is no workbook, or damaged: {type(error).__name__}") from error


def read(file: Path, layout: Layout, at: Position | None, most: int) -> Chunk:
    """At most *most* rows of a sheet that was unpacked to *file*. Its first row beyond those skipped is the heading."""
    decode = msgspec.json.Decoder(Line).decode
    rows: list[Row] = []
    with file.open("rb") as opened:
        size = opened.seek(0, 2)
        opened.seek(0)
        header: tuple[str, ...] = ()
        offset, number = 0, 0
        while raw := opened.readline():
            offset += len(raw)
            number, cells = decode(raw)
            if number > layout.skip_lines:
                header = tuple(cell.strip() for cell in cells)
                break
        start = at or Position(offset, number)
        opened.seek(start.offset)
        offset, number = start.offset, start.line
        while len(rows) < most and (raw := opened.readline()):
            offset += len(raw)
            number, cells = decode(raw)
            rows.append(_row(number, header, cells))
    following = Position(offset, number) if offset < size else None
    return Chunk(columns=header, rows=rows, next=following)


def _row(number: int, header: tuple[str, ...], cells: list[str]) -> Row:
    values: dict[str, Cell] = dict.fromkeys(header, "")
    values |= zip(header, cells, strict=False)
    return Row(number, values)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)
