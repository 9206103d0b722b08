"""The files that a connector reads, twisted on the disk and put back: what the wire is to a connector of an interface.

Promises that they are as before once the block is left, times of change included. Hides where the configuration names them.
"""

import csv
import os
import re
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any, cast

import msgspec

_MOST_BYTES = 1 << 22
_DELIMITERS = (",", ";", "\t", "|")
_FEWEST_ROWS = 3
_TICK = 1_000_000_000
"""Nanoseconds by which a twisted file is newer: a connector that goes by the time of change has to notice it."""


def sources(values: Mapping[str, Any]) -> list[Path]:
    """The text files that *values* of a configuration name, or that are in a folder which they name."""
    found: dict[Path, None] = {}
    for text in _texts(values):
        at = Path(text)
        if not at.is_absolute() or not at.exists():
            continue
        for each in sorted(at.iterdir()) if at.is_dir() else [at]:
            if each.is_file() and each.stat().st_size <= _MOST_BYTES:
                found[each] = None
    return list(found)


def named_files(values: Mapping[str, Any]) -> list[Path]:
    """The files that *values* of a configuration name by a whole path, also those that are not there yet."""
    paths = [Path(text) for text in _texts(values) if text.startswith("/")]
    return [path for path in paths if path.parent.is_dir() and not path.is_dir()]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in cast("Mapping[str, Any]", value).values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in cast("list[Any]", value):
            yield from _texts(each)


@contextmanager
def with_word(files: list[Path], word: str, other: str) -> Generator[int]:
    """Let *other* stand in *files* wherever *word* stands alone; gives in how many places."""
    alone = rf"(?<![\w@.-]){re.escape(word)}(?![\w@.-])"
    before: list[tuple[Path, bytes, os.stat_result]] = []
    changed = 0
    try:
        for file in files:
            content = file.read_bytes()
            try:
                text, number = re.subn(alone, lambda _: other, content.decode())
            except UnicodeDecodeError:
                continue
            if number:
                before.append((file, content, file.stat()))
                _write(file, text.encode(), file.stat().st_mtime_ns + _TICK)
                changed += number
        yield changed
    finally:
        for file, content, was in before:
            _write(file, content, was.st_mtime_ns + 2 * _TICK)


@contextmanager
def instead(file: Path, content: bytes | None) -> Generator[None]:
    """Let *file* have this content, or with None not be there."""
    was, before = file.stat(), file.read_bytes()
    try:
        if content is None:
            file.unlink()
        else:
            _write(file, content, was.st_mtime_ns + _TICK)
        yield
    finally:
        _write(file, before, was.st_mtime_ns + 2 * _TICK)


def exported_anew(file: Path, content: bytes, when: datetime | None = None) -> None:
    """Write *file* for good, newer than it was, or as of *when*."""
    _write(file, content, file.stat().st_mtime_ns + _TICK if when is None else int(when.timestamp() * 1e9))


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a text file of rows: its *heading*, None where it has none, and the rest, ends of lines included.

    *delimiter* stands between the cells of a line; None where it is no file of cells.
    """

    heading: bytes | None
    lines: tuple[bytes, ...]
    delimiter: str | None

    def content(self, lines: Sequence[bytes] | None = None) -> bytes:
        """The whole file, with other *lines* if there are any."""
        return (self.heading or b"") + b"".join(self.lines if lines is None else lines)


def rows(file: Path, ids: Collection[str]) -> Rows | None:
    """The lines of *file*, where each is a row; None where it is something else, or is empty.

    The first line is a heading if it has cells, and none of them is one of the *ids* of the application.
    """
    content = file.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    lines = content.splitlines(keepends=True)
    if len(lines) < _FEWEST_ROWS or any(not line.strip() for line in lines):
        return None
    delimiter = _delimiter(text)
    if delimiter is None:
        # Each line a document of its own, or a word.
        documents = all(line.lstrip().startswith(b"{") for line in lines)
        return Rows(heading=None, lines=tuple(lines), delimiter=None) if documents else None
    if len({len(each) for each in cells(lines, delimiter)}) > 1:
        return None  # a cell may have several lines
    (first,) = cells(lines[:1], delimiter)
    if set(first) & set(ids):
        return Rows(heading=None, lines=tuple(lines), delimiter=delimiter)
    return Rows(heading=lines[0], lines=tuple(lines[1:]), delimiter=delimiter)


def cells(lines: Sequence[bytes], delimiter: str) -> list[list[str]]:
    """The cells of each line."""
    return list(csv.reader([line.decode() for line in lines], delimiter=delimiter))


def line_of(cells: Sequence[str], delimiter: str, like: bytes) -> bytes:
    """Cells as a line that ends as *like* does."""
    out = StringIO()
    ending = "\r\n" if like.endswith(b"\r\n") else "\n"
    csv.writer(out, delimiter=delimiter, lineterminator=ending).writerow(cells)
    return out.getvalue().encode()


def _delimiter(text: str) -> str | None:
    first = text.splitlines()[0]
    if first.lstrip().startswith(("{", "[", "<")):
        return None
    return max(_DELIMITERS, key=first.count) if any(each in first for each in _DELIMITERS) else None


def _write(file: Path, content: bytes, moment: int) -> None:
    made = file.with_name(f".{file.name}.testkit")
    made.write_bytes(content)
    os.utime(made, ns=(moment, moment))
    made.replace(file)
