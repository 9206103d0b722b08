"""JSON lines: an object on each line, its keys being the columns."""

from typing import Any, BinaryIO, cast

import msgspec

from jackfield_roster.reading.budget import MOST_CHUNK_BYTES
from jackfield_roster.reading.lines import Lines
from jackfield_roster.reading.table import Cell, Chunk, Layout, Position, Row

_MOST_BITS = 1024
"""Of a number: none that means something is longer, and Python refuses to write out very long ones."""


def read(opened: BinaryIO, name: str, layout: Layout, at: Position | None, most: int) -> Chunk:
    """At most *most* rows from *at* (None: the first); ``columns`` are the keys that these have."""
    rows: list[Row] = []
    columns: dict[str, None] = {}
    lines = Lines(opened, name, layout.bounds)
    if at is not None:
        lines.go_to(at)
    else:
        for _ in range(layout.skip_lines):
            lines.next()
    start = lines.offset
    while len(rows) < most and lines.offset - start < MOST_CHUNK_BYTES and (text := lines.next()):
        if not text.strip():
            continue
        row = _row(lines.line, text, layout)
        columns |= dict.fromkeys(row.cells)
        if not layout.ignored(row.cells.values()):
            rows.append(row)
    following = lines.position if lines.offset < lines.size else None
    return Chunk(columns=tuple(columns), rows=rows, next=following)


def _row(line: int, text: bytes, layout: Layout) -> Row:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Row(line, {}, f"it is no JSON: {error}")
    if not isinstance(found, dict):
        return Row(line, {}, "it is no JSON object")
    cells = cast("dict[str, Any]", found)
    return Row(line, layout.wanted((name, _cell(value)) for key, value in cells.items() if (name := key.strip())))


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        # A list within a list is no cell; how deep it goes is not looked at.
        parts = [_scalar(each) for each in cast("list[Any]", value)]
        texts = tuple(part for part in parts if part is not None)
        return texts if len(texts) == len(parts) else None
    return _scalar(value)


def _scalar(value: Any) -> str | None:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _MOST_BITS else None
    return str(value) if isinstance(value, float) else None
