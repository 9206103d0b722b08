"""Results on standard output: tables for people, JSON and CSV for programs.

Promises that rows are printed as they are read, however many there are, and that rich is imported for a terminal only.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TextIO

import click
import msgspec

from jackfield.cli.text import WORDS, clean, width
from jackfield.cli.view import View, arranged, plain
from jackfield.visible import visible_json
from jackfield_contracts import Diagnostic

if TYPE_CHECKING:
    from jackfield.exports.csvtable import Cell

_ALIGNED_BY = 500
_MOST_DRAWN = 500
_WIDEST = 60


class Columns(msgspec.Struct, frozen=True):
    """The columns of a table, and the cells of one row for them; ``ids`` are those that people see only when they ask."""

    names: Sequence[str]
    cells: "Callable[[Any], Sequence[Cell]]"
    ids: frozenset[str] = frozenset()


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
    view: View = View(),  # noqa: B008 - it is frozen
) -> None:
    """Print *rows*, as *view* has them: as a table, as CSV, or as one JSON object of *head* with the rows' documents under *key*.

    At most *limit* of them, and then how many there are is told: as ``total`` in JSON, else on stderr. Where columns are named,
    the documents of JSON are made of these.
    """
    asked = csv if csv and output != "table" else table
    if output == "json":
        if view.columns is not None or view.sort is not None:
            columns, rows = arranged(asked, view, rows, all_shown=True, others=table)
            if view.columns is not None:
                document = document_of(columns)
        listed = _Limited(rows, limit)
        print_stream(head, {key: map(document, listed)}, lambda: {"total": listed.total()})
        return
    columns, rows = arranged(asked, view, rows, all_shown=output == "csv", others=csv if output == "table" else table)
    shown = _Limited(rows, limit)
    print_rows(output, shown, columns, heading=view.heading, pager=view.pager)
    if (message := cut(shown.total(), limit)) is not None:
        note(message)


def document_of(columns: Columns) -> Callable[[Any], object]:
    """What makes of a row a document of these columns."""
    names = [plain(name) for name in columns.names]
    return lambda row: dict(zip(names, columns.cells(row), strict=True))


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


def print_rows(output: str, rows: Iterable[Any], columns: Columns, *, heading: bool = True, pager: bool = True) -> None:
    """Print *rows* as CSV or as a table, with a line of names unless there is to be no *heading*."""
    cells = map(columns.cells, rows)
    if output == "csv":
        from jackfield.exports.csvtable import CsvTable

        sys.stdout.flush()
        CsvTable(sys.stdout.buffer, columns.names, heading=heading).write(cells)
        sys.stdout.buffer.flush()
    else:
        print_table(columns.names, cells, heading=heading, pager=pager)


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
    context = click.get_current_context(silent=True)
    if context is not None and context.obj is not None:
        context.obj.has_printed = True
    sys.stdout.flush()
    sys.stdout.buffer.write(visible_json(content))
    sys.stdout.buffer.flush()


def print_table(
    names: Sequence[str], rows: "Iterable[Sequence[Cell]]", *, heading: bool = True, pager: bool = True
) -> None:
    """Print a table: drawn where a terminal looks on and the table is not long, plain and aligned otherwise.

    On a terminal that is too low for it, it goes through a *pager*.
    """
    lines: Iterator[Sequence[Cell]] = iter(rows)
    first = list(islice(lines, _ALIGNED_BY))
    headings = [name.replace("_", " ").upper() for name in names]
    if not first:
        note("No rows.")
        return
    if sys.stdout.isatty() and len(first) < _MOST_DRAWN:
        from jackfield.cli.drawing import draw

        cells = [[_shown(cell) for cell in row] for row in first]
        right = [_numbers(first, at) for at in range(len(headings))]
        draw(headings, cells, right, heading=heading, pager=pager)
    else:
        _align(headings, first, lines, sys.stdout, heading=heading)


def _align(
    headings: Sequence[str],
    first: "Sequence[Sequence[Cell]]",
    rest: "Iterable[Sequence[Cell]]",
    to: TextIO,
    *,
    heading: bool,
) -> None:
    """Columns are as wide as the first rows need, of words no wider than is read at a glance.

    A longer cell moves its row, and nothing is cut.
    """
    widths = [max(width(name), *(width(_shown(row[at])) for row in first)) for at, name in enumerate(headings)]
    widths = [min(size, _WIDEST) if name in WORDS else size for name, size in zip(headings, widths, strict=True)]
    right = [_numbers(first, at) for at in range(len(headings))]
    for row in chain([headings] if heading else [], first, rest):
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


_LOUD = ("NOT COMPLETE", "HELD", "FAILED", "WARNING")


def note(text: str) -> None:
    """Tell people something beside the result, on stderr; what somebody has to see in colour, on a terminal."""
    shown = "\n".join(clean(line) for line in text.split("\n"))
    if shown.startswith(_LOUD) and "NO_COLOR" not in os.environ:
        shown = click.style(shown, fg="yellow")
    click.echo(shown, err=True)


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
