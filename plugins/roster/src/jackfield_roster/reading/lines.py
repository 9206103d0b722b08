"""The lines of a file as bytes, counted, each of bounded length; they may end in a carriage return alone."""

from typing import BinaryIO

from jackfield_roster.bounds import Bounds
from jackfield_roster.reading.budget import too_much
from jackfield_roster.reading.table import Position

_LOOK = 1 << 16
BOM = b"\xef\xbb\xbf"


class Lines:
    """The lines from the beginning, or from where ``go_to`` leads."""

    def __init__(self, opened: BinaryIO, name: str, bounds: Bounds) -> None:
        self._opened = opened
        self._name = name
        self._bounds = bounds
        self.size = opened.seek(0, 2)
        opened.seek(0)
        self._old = _ends_in_return(opened.read(_LOOK))
        opened.seek(0)
        self._held = b""
        self.offset = 0
        self.line = 0

    @property
    def position(self) -> Position:
        """Where the next line begins."""
        return Position(self.offset, self.line)

    def go_to(self, at: Position) -> None:
        """Go on with the line there."""
        self._opened.seek(at.offset)
        self._held = b""
        self.offset, self.line = at.offset, at.line

    def next(self) -> bytes:
        """The next line with its end, without a byte order mark; empty at the end of the file.

        Raises RemoteContract for a line, or a number of lines, beyond the bounds.
        """
        most = self._bounds.row_bytes
        raw = self._until_return(most) if self._old else self._opened.readline(most + 1)
        if len(raw) > most:
            raise too_much(
                f"line {self.line + 1:,} of {self._name}", f"is longer than {self._bounds.row_kb:,} kB", "row_kb"
            )
        if not raw:
            return raw
        if self.line >= self._bounds.rows:
            raise too_much(self._name, f"has more than {self._bounds.rows:,} lines", "rows")
        text = raw.removeprefix(BOM) if self.offset == 0 else raw
        self.offset += len(raw)
        self.line += 1
        return text

    def _until_return(self, most: int) -> bytes:
        parts: list[bytes] = []
        length = 0
        while True:
            if not self._held:
                self._held = self._opened.read(_LOOK)
            if not self._held:
                break
            end = self._held.find(b"\r") + 1
            part = self._held[:end] if end else self._held
            self._held = self._held[len(part) :]
            parts.append(part)
            length += len(part)
            if end or length > most:
                break
        return b"".join(parts)


def _ends_in_return(beginning: bytes) -> bool:
    """Whether lines end as those of old programs for the Mac do, which newer ones still offer."""
    first = beginning.find(b"\r")
    if first < 0 or b"\n" in beginning[: first + 2]:
        return False
    together = beginning.count(b"\r\n")
    return beginning.count(b"\r") - together > beginning.count(b"\n")
