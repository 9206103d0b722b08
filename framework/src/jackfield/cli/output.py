"""Results on standard output: tables for people, JSON and CSV for programs.

Promises that rows are printed as they are read, however many there are, and that rich is imported for a terminal only.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TextIO

import click
import msgspec

from jackfield.cli.text import clean, width
from jackfield.visible import visible_json
from jackfield_contracts import Diagnostic

if TYPE_CHECKING:
    from jackfield.exports.csvtable import Cell

_ALIGNED_BY = 500
_MOST_DRAWN = 500


class Columns(msgspec.Struct, frozen=True):
    """The columns of a table, and the cells of one row for them."""

    names: Sequence[str]
    cells: "Callable[[Any], Sequence[Cell]]"


def print_listing(
    output: str,
    rows: Iterable[Any],
    *,
    table: Columns,
    document: Callable[[Any], object],
    head: Mapping[str, object],
    key: str,
    csv: Columns | None = None,
    limit: int | None = None,
) -> None:
    """Print *rows*: as a table, as CSV, or as one JSON object of *head* with the rows' documents under *key*.

    At most *limit* of them, and then how many there are is told: as ``total`` in JSON, else on stderr.
    """
    shown = _Limited(rows, limit)
    if output == "json":
        print_stream(head, {key: map(document, shown)}, lambda: {"total": shown.total()})
        return
    print_rows(output, shown, csv if csv and output == "csv" else table)
    if (message := cut(shown.total(), limit)) is not None:
        note(message)


class _Limited:
    """The first of some rows; what is left of them is only counted, once those are printed."""

    def __init__(self, rows: Iterable[Any], limit: int | None) -> None:
        self._rows = iter(rows)
        self._limit = limit
        self._shown = 0

    def __iter__(self) -> Iterator[Any]:
        for row in islice(self._rows, self._limit):
            self._shown += 1
            yield row

    def total(self) -> int:
        return self._shown + sum(1 for _ in self._rows)


def print_rows(output: str, rows: Iterable[Any], columns: Columns) -> None:
    """Print *rows* as CSV or as a table."""
    cells = map(columns.cells, rows)
    if output == "csv":
        from jackfield.exports.csvtable import CsvTable

        sys.stdout.flush()
        CsvTable(sys.stdout.buffer, columns.names).write(cells)
        sys.stdout.buffer.flush()
    else:
        print_table(columns.names, cells)


def print_json(document: object) -> None:
    """Print one JSON document on one line."""
    _write(msgspec.json.encode(document) + b"\n")


def print_stream(
    head: Mapping[str, object],
    lists: Mapping[str, Iterable[object]],
    tail: Callable[[], Mapping[str, object]] = dict,
) -> None:
    """Print one JSON object: the entries of *head*, lists whose documents are written one by one, then those of *tail*."""
    encode = msgspec.json.Encoder().encode
    _write(encode(head)[:-1])
    comma = b"," if head else b""
    for key, documents in lists.items():
        _write(comma + encode(key) + b":[")
        comma = b","
        block, between = bytearray(), b"\n"
        for document in documents:
            block += between + encode(document)
            between = b",\n"
            if len(block) > 65536:
                _write(bytes(block))
                block.clear()
        _write(bytes(block) + b"]")
    for key, value in tail().items():
        _write(comma + encode(key) + b":" + encode(value))
        comma = b","
    _write(b"}\n")


def _write(content: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(visible_json(content))
    sys.stdout.buffer.flush()


def print_table(names: Sequence[str], rows: "Iterable[Sequence[Cell]]") -> None:
    """Print a table: drawn by rich where a terminal looks on and the table is not long, plain and aligned otherwise."""
    lines: Iterator[Sequence[Cell]] = iter(rows)
    first = list(islice(lines, _ALIGNED_BY))
    headings = [name.replace("_", " ").upper() for name in names]
    if not first:
        note("No rows.")
        return
    if sys.stdout.isatty() and len(first) < _MOST_DRAWN:
        _draw(headings, first)
    else:
        _align(headings, first, lines, sys.stdout)


def _draw(headings: Sequence[str], rows: "Sequence[Sequence[Cell]]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="right" if _numbers(rows, at) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(cell)) for cell in row))
    Console().print(table)


def _align(
    headings: Sequence[str], first: "Sequence[Sequence[Cell]]", rest: "Iterable[Sequence[Cell]]", to: TextIO
) -> None:
    """Columns are as wide as the first rows need; a longer cell further down moves its row, and nothing is cut."""
    widths = [max(width(heading), *(width(_shown(row[at])) for row in first)) for at, heading in enumerate(headings)]
    right = [_numbers(first, at) for at in range(len(headings))]
    for row in chain([headings], first, rest):
        cells = map(_padded, map(_shown, row), widths, right)
        to.write("  ".join(cells).rstrip() + "\n")
    to.flush()


def _padded(cell: str, columns: int, to_right: bool) -> str:
    if cell.isascii():
        return cell.rjust(columns) if to_right else cell.ljust(columns)
    space = " " * (columns - width(cell))
    return space + cell if to_right else cell + space


def _numbers(rows: "Sequence[Sequence[Cell]]", at: int) -> bool:
    return all(isinstance(row[at], (int, float)) and not isinstance(row[at], bool) for row in rows)


def _shown(cell: "Cell") -> str:
    if isinstance(cell, str):
        return clean(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return clean(str(cell))


def say(text: str = "") -> None:
    """Print one line of a result for people."""
    click.echo("\n".join(clean(line) for line in text.split("\n")))


def note(text: str) -> None:
    """Tell people something beside the result, on stderr."""
    click.echo("\n".join(clean(line) for line in text.split("\n")), err=True)


def cut(total: int, limit: int | None) -> str | None:
    """What to tell of a list that has *total* rows and was cut at *limit*; None where all are shown."""
    if limit is None or total <= limit:
        return None
    return f"{limit:,} of {total:,}; --limit N shows more."


def diagnostic_line(one: Diagnostic, times: int = 1) -> str:
    """A diagnostic in one line: what, where, what to do, how often."""
    where = f" (at {clean(one.path)})" if one.path else ""
    stop = "" if where or one.summary.endswith((".", "?", "!")) else "."
    hint = f"{stop} {clean(one.hint)}" if one.hint else ""
    return f"{one.severity.value}: {clean(one.summary)}{where}{hint}" + (f" ({times:,} times)" if times > 1 else "")
