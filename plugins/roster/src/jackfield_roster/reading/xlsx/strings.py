"""Texts that cells share, kept on the disk: a workbook may have gigabytes of them."""

import re
import struct
from collections.abc import Generator
from typing import IO

from jackfield_roster.reading.budget import too_much
from jackfield_roster.reading.xlsx.archive import Parts, damaged
from jackfield_roster.reading.xlsx.xml import Handler, parse

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_MOST_KEPT = 4096
_SHORT = 256


def unescaped(text: str) -> str:
    """*text* with the characters that the format writes as ``_x000D_``."""
    if "_x" not in text:
        return text
    found = _ESCAPED.sub(lambda one: chr(int(one[1], 16)), text)
    # Two halves of a character may be escaped each; a half alone is no text.
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Gathered:
    """The text of one element, in pieces up to the size of a row."""

    def __init__(self, parts: Parts) -> None:
        self._bounds = parts.budget.bounds
        self._name = parts.name
        self._pieces: list[str] = []
        self._length = 0

    def add(self, text: str) -> None:
        """Take a piece; raises RemoteContract beyond the bound."""
        self._length += len(text)
        if self._length > self._bounds.row_bytes:
            raise too_much(self._name, f"has a text longer than {self._bounds.row_kb:,} kB in a cell", "row_kb")
        self._pieces.append(text)

    def take(self) -> str:
        """The text, of which nothing is kept."""
        pieces, self._pieces, self._length = self._pieces, [], 0
        return "".join(pieces)


class SharedStrings:
    """The texts by number, in two files: the texts themselves, and where each ends."""

    def __init__(self, texts: IO[bytes], ends: IO[bytes], name: str) -> None:
        self._name = name
        self._texts = texts
        self._ends = ends
        self._kept: dict[int, str] = {}
        self.count = 0
        self._length = 0

    def fill(self, parts: Parts, part: str) -> Generator[None]:
        """Take the texts of a part, a step at a time."""
        yield from parse(parts, part, _Strings(self, parts))
        self._texts.flush()
        self._ends.flush()

    def append(self, text: str) -> int:
        """Take the next text; how many bytes that needs."""
        content = unescaped(text).encode("utf-8", "replace")
        self._texts.write(content)
        self._length += len(content)
        self._ends.write(struct.pack("=Q", self._length))
        self.count += 1
        return len(content) + 8

    def get(self, number: int) -> str:
        """The text of that number; raises RemoteContract if there is none."""
        kept = self._kept.get(number)
        if kept is not None:
            return kept
        if not 0 <= number < self.count:
            raise damaged(self._name, f"a cell has the shared text {number}, and there are {self.count:,}")
        self._ends.seek(max(0, number - 1) * 8)
        ends = self._ends.read(8 if number == 0 else 16)
        start, end = (0, *struct.unpack("=Q", ends)) if number == 0 else struct.unpack("=QQ", ends)
        self._texts.seek(start)
        text = self._texts.read(end - start).decode()
        if len(text) <= _SHORT:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[number] = text
        return text


class _Strings(Handler):
    """Texts of an item: its own, or those of its runs; not how it is pronounced."""

    def __init__(self, strings: SharedStrings, parts: Parts) -> None:
        self._strings = strings
        self._budget = parts.budget
        self._text = Gathered(parts)
        self._aside = 0
        self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "rPh":
            self._aside += 1
        elif name == "t":
            self._inside = not self._aside

    def end(self, name: str) -> None:
        if name == "rPh":
            self._aside -= 1
        elif name == "t":
            self._inside = False
        elif name == "si":
            self._budget.written(self._strings.append(self._text.take()))

    def text(self, text: str) -> None:
        if self._inside:
            self._text.add(text)
