"""The files that a connector reads, twisted on the disk and put back: what the wire is to a connector of an interface.

Promises that they are as before once the block is left, times of change included. Hides where the configuration names them.
"""

import os
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

_MOST_BYTES = 1 << 22
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
def cut(file: Path, length: int) -> Generator[None]:
    """Let *file* have its first *length* bytes only."""
    content, was = file.read_bytes(), file.stat()
    try:
        _write(file, content[:length], was.st_mtime_ns + _TICK)
        yield
    finally:
        _write(file, content, was.st_mtime_ns + 2 * _TICK)


def _write(file: Path, content: bytes, moment: int) -> None:
    made = file.with_name(f".{file.name}.testkit")
    made.write_bytes(content)
    os.utime(made, ns=(moment, moment))
    made.replace(file)
