"""CSV: read record by record from a position in bytes, so that a page costs what it is long."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from jackfield.errors import RemoteContract
from jackfield_roster.reading.table import MOST_LINE_BYTES, Cell, Chunk, Layout, Position, Row

_DELIMITERS = ",;\t|"
_MOST_LINES = 1000
"""Lines of one record; a quotation mark that is never closed would take the rest of the file for one cell."""
_BOM = b"\xef\xbb\xbf"


def read(file: Path, layout: Layout, at: Position | None, most: int) -> Chunk:
    """At most *most* rows from *at* (None: the first). Raises RemoteContract for what is no such file at all."""
    with file.open("rb") as opened:
        size = opened.seek(0, 2)
        opened.seek(0)
        lines = _Lines(opened, layout.encoding, file.name)
        for _ in range(layout.skip_lines):
            next(lines, None)
        header, delimiter = _header(lines, layout.delimiter)
        if at is not None:
            lines.go_to(at)
        rows = _rows(lines, header, delimiter, most)
        following = lines.position if lines.offset < size else None
        return Chunk(columns=header, rows=rows, next=following)


class _Lines:
    """The lines of a file as text, counted. Bytes that can't be decoded stay in it, as lone surrogates."""

    def __init__(self, opened: BinaryIO, encoding: str, name: str) -> None:
        self._opened = opened
        self._encoding = "utf-8" if encoding.lower().replace("_", "-") == "utf-8-sig" else encoding
        self._name = name
        self.offset = 0
        self.line = 0
        self.record = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.line - self.record >= _MOST_LINES:
            raise _TooLongError
        raw = self._opened.readline(MOST_LINE_BYTES + 1)
        if not raw:
            raise StopIteration
        if len(raw) > MOST_LINE_BYTES:
            raise RemoteContract(f"line {self.line + 1} of {self._name} is too long to be a line of a table")
        if self.offset == 0 and raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise RemoteContract(f"{self._name} is UTF-16 text", hint="Export it as UTF-8.")
        text = raw.removeprefix(_BOM) if self.offset == 0 else raw
        self.offset += len(raw)
        self.line += 1
        try:
            return text.decode(self._encoding, "surrogateescape")
        except UnicodeDecodeError:
            return text.decode("ascii", "surrogateescape")

    @property
    def position(self) -> Position:
        return Position(self.offset, self.line)

    def go_to(self, at: Position) -> None:
        self._opened.seek(at.offset)
        self.offset, self.line = at.offset, at.line


class _TooLongError(Exception):
    """A record has no end."""


def _header(lines: _Lines, delimiter: str | None) -> tuple[tuple[str, ...], str]:
    before = lines.position
    first = next(lines, "")
    nothing: list[str] = []
    lines.go_to(before)
    chosen = delimiter or max(_DELIMITERS, key=lambda one: len(next(csv.reader([first], delimiter=one), nothing)))
    lines.record = lines.line
    try:
        cells = next(csv.reader(lines, delimiter=chosen), nothing)
    except (csv.Error, _TooLongError):
        cells = [first]
    return tuple(cell.strip() for cell in cells), chosen


def _rows(lines: _Lines, header: tuple[str, ...], delimiter: str, most: int) -> list[Row]:
    rows: list[Row] = []
    records = _reader(lines, delimiter)
    while len(rows) < most:
        before = lines.position
        lines.record = lines.line
        try:
            cells = next(records)
        except StopIteration:
            break
        except (csv.Error, _TooLongError) as error:
            why = "a quoted cell does not end" if isinstance(error, _TooLongError) else f"it is no CSV: {error}"
            rows.append(Row(before.line + 1, {}, why))
            # Where the record really ends nobody knows: go on with the next line.
            lines.go_to(before)
            lines.record = lines.line
            next(lines, None)
            records = _reader(lines, delimiter)
            continue
        if not any(cells):
            continue
        rows.append(_row(before.line + 1, header, cells))
    return rows


def _reader(lines: _Lines, delimiter: str) -> "Iterator[list[str]]":
    return csv.reader(lines, delimiter=delimiter, strict=True)


def _row(line: int, header: tuple[str, ...], cells: list[str]) -> Row:
    values: dict[str, Cell] = dict(zip(header, cells, strict=False))
    if len(cells) == len(header):
        return Row(line, values)
    column = header[len(cells)] if len(cells) < len(header) else None
    return Row(line, values, f"it has {len(cells)} cells, and the heading has {len(header)}", column)
