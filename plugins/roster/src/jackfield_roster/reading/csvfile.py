"""CSV: read record by record from a position in bytes, so that a page costs what it is long."""

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO

from jackfield.errors import RemoteContract
from jackfield_roster.reading.budget import MOST_CHUNK_BYTES, MOST_COLUMNS
from jackfield_roster.reading.lines import Lines
from jackfield_roster.reading.table import Cell, Chunk, Layout, Position, Row

_DELIMITERS = ",;\t|"
MOST_LINES = 1000
"""Lines of one record; a quotation mark that is never closed would take the rest of the file for one cell."""

_NO_END = "it is the last line and has no end, so that it may be cut off; if it is always so, set last_line_end = false"

_SEPARATOR = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
"""A first line with which a file tells spreadsheet programs what separates its cells."""


def read(opened: BinaryIO, name: str, layout: Layout, at: Position | None, most: int) -> Chunk:
    """At most *most* rows from *at* (None: the first). Raises RemoteContract for what is no such file at all."""
    lines = Lines(opened, name, layout.bounds)
    records = _Records(lines, layout)
    message = records.skip(layout.skip_lines)
    header = records.header(layout.delimiter or message)
    if len(header) > MOST_COLUMNS:
        raise RemoteContract(f"{name} has {len(header):,} columns: more than {MOST_COLUMNS:,} are no table")
    if at is not None:
        records.go_to(at)
    rows = records.rows(header, most)
    following = records.position if lines.offset < lines.size else None
    return Chunk(columns=header, rows=rows, next=following)


class _TooLongError(Exception):
    """A record has no end."""


class _Records:
    """The records of a file as text. Bytes that can't be decoded stay in it, as lone surrogates."""

    def __init__(self, lines: Lines, layout: Layout) -> None:
        self._lines = lines
        self._layout = layout
        self._encoding = "utf-8" if layout.encoding.lower().replace("_", "-") == "utf-8-sig" else layout.encoding
        self._delimiter = ","
        self._began = Position(0, 0)
        self._alone = 0
        self._ended = True
        self._wanted: list[tuple[int, str]] = []
        # The library's own limit holds for the whole process, and is only ever raised: a row is bounded as it is read.
        csv.field_size_limit(max(csv.field_size_limit(), min(layout.bounds.row_bytes, 2**31 - 1)))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """The next line of the record; for the reader of CSV."""
        taken = self._lines.line - self._began.line
        long = taken >= MOST_LINES or self._lines.offset - self._began.offset > self._layout.bounds.row_bytes
        if long or (taken and self._began.offset < self._alone):
            raise _TooLongError
        text = self._text()
        if not text:
            raise StopIteration
        return text

    def _text(self) -> str:
        raw = self._lines.next()
        if raw:
            self._ended = raw.endswith((b"\n", b"\r"))
        try:
            return raw.decode(self._encoding, "surrogateescape")
        except UnicodeDecodeError:
            return raw.decode("ascii", "surrogateescape")

    @property
    def position(self) -> Position:
        here = self._lines.position
        return Position(here.offset, here.line, self._alone if self._alone > here.offset else 0)

    def go_to(self, at: Position) -> None:
        self._lines.go_to(at)
        self._began = at
        self._alone = at.alone

    def skip(self, lines: int) -> str | None:
        """Pass over the lines above the heading; what the first of them says separates cells."""
        first = self._text()
        message = _SEPARATOR.fullmatch(first)
        if lines == 0 and message is None:
            self.go_to(Position(0, 0))
        for _ in range(lines - 1):
            self._text()
        return message[1] if message else None

    def header(self, delimiter: str | None) -> tuple[str, ...]:
        before = self._lines.position
        first = self._text()
        self.go_to(before)
        self._delimiter = delimiter or max(_DELIMITERS, key=lambda one: _cells(first, one))
        try:
            cells = next(csv.reader(self, delimiter=self._delimiter), list[str]())
        except (csv.Error, _TooLongError):
            cells = [first]
        header = tuple(cell.strip() for cell in cells)
        columns = self._layout.columns
        self._wanted = [(at, name) for at, name in enumerate(header) if columns is None or name in columns]
        return header

    def rows(self, header: tuple[str, ...], most: int) -> list[Row]:
        rows: list[Row] = []
        start = self._lines.offset
        records = self._reader()
        while len(rows) < most and self._lines.offset - start < MOST_CHUNK_BYTES:
            before = self._began = self._lines.position
            try:
                cells = next(records)
            except StopIteration:
                break
            except (csv.Error, _TooLongError) as error:
                why = "a quoted cell does not end" if isinstance(error, _TooLongError) else f"it is no CSV: {error}"
                rows.append(Row(before.line + 1, {}, why))
                # Where the record really ends nobody knows: go on with the next line. What was looked through for its
                # end is taken line by line, or each of these lines might cost as much again.
                self._alone = max(self._alone, self._lines.offset)
                self._lines.go_to(before)
                self._lines.next()
                records = self._reader()
                continue
            if any(cells) and not self._layout.ignored(cells):
                row = self._row(before.line + 1, header, cells)
                cut = not self._ended and self._layout.last_line_end and row.problem is None
                rows.append(Row(row.line, row.cells, _NO_END, header[-1]) if cut else row)
        return rows

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self, delimiter=self._delimiter, strict=True)

    def _row(self, line: int, header: tuple[str, ...], cells: list[str]) -> Row:
        values: dict[str, Cell] = {name: _plain(cells[at]) for at, name in self._wanted if at < len(cells)}
        if len(cells) == len(header):
            return Row(line, values)
        column = header[len(cells)] if len(cells) < len(header) else None
        return Row(line, values, f"it has {len(cells):,} cells, and the heading has {len(header):,}", column)


def _cells(heading: str, delimiter: str) -> int:
    """Into how many cells *delimiter* divides a heading."""
    try:
        return len(next(csv.reader([heading], delimiter=delimiter), list[str]()))
    except csv.Error:
        return 0


def _plain(cell: str) -> str:
    """The text of ``="0012"``, a formula with which programs keep spreadsheets from taking a text for a number."""
    if not cell.startswith("="):
        return cell
    inner = cell[2:-1]
    return inner if cell == f'="{inner}"' and '"' not in inner else cell
