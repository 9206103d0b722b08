"""JSON lines: an object on each line, its keys being the columns."""

from pathlib import Path
from typing import Any, cast

import msgspec

from jackfield.errors import RemoteContract
from jackfield_roster.reading.table import MOST_LINE_BYTES, Cell, Chunk, Layout, Position, Row


def read(file: Path, layout: Layout, at: Position | None, most: int) -> Chunk:
    """At most *most* rows from *at* (None: the first); ``columns`` are the keys that these have."""
    rows: list[Row] = []
    columns: dict[str, None] = {}
    with file.open("rb") as opened:
        size = opened.seek(0, 2)
        start = at or _after(opened.seek(0), opened, layout.skip_lines)
        opened.seek(start.offset)
        offset, line = start.offset, start.line
        while len(rows) < most and (raw := opened.readline(MOST_LINE_BYTES + 1)):
            if len(raw) > MOST_LINE_BYTES:
                raise RemoteContract(f"line {line + 1} of {file.name} is too long")
            text = raw.removeprefix(b"\xef\xbb\xbf") if offset == 0 else raw
            offset, line = offset + len(raw), line + 1
            if not text.strip():
                continue
            row = _row(line, text)
            columns |= dict.fromkeys(row.cells)
            rows.append(row)
    following = Position(offset, line) if offset < size else None
    return Chunk(columns=tuple(columns), rows=rows, next=following)


def _after(offset: int, opened: Any, lines: int) -> Position:
    for _ in range(lines):
        offset += len(opened.readline(MOST_LINE_BYTES))
    return Position(offset, lines)


def _row(line: int, text: bytes) -> Row:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Row(line, {}, f"it is no JSON: {error}")
    if not isinstance(found, dict):
        return Row(line, {}, "it is no JSON object")
    return Row(line, {key.strip(): _cell(value) for key, value in cast("dict[str, Any]", found).items()})


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        parts = [_cell(each) for each in cast("list[Any]", value)]
        texts = tuple(part for part in parts if isinstance(part, str))
        return texts if len(texts) == len(parts) else None
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None
