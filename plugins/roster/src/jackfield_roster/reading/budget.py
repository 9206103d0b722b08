"""How much an export may make of itself: whatever is larger ends the read with a sentence, not the process.

A bound that the configuration can move is a key of ``bounds``; the others are those of the formats themselves.
"""

from collections.abc import Callable

from jackfield.errors import RemoteContract
from jackfield_roster.bounds import Bounds

MOST_COLUMNS = 16_384
"""Columns of a table: those of a sheet."""

MOST_SHEET_ROWS = 1_048_576
"""Rows of a sheet, by its format."""

MOST_CHUNK_BYTES = 1 << 20
"""Bytes of a file after which a page ends, whatever it has of rows."""


def too_much(name: str, what: str, key: str) -> RemoteContract:
    """The error for *what* an export has too much of, by the bound of that key."""
    return RemoteContract(f"{name} {what}: if it is right as it is, raise `bounds.{key}` in the configuration")


class Budget:
    """What may still be spent on making one copy: bytes unpacked, bytes written, and time."""

    def __init__(self, name: str, bounds: Bounds, monotonic: Callable[[], float]) -> None:
        self.name = name
        self.bounds = bounds
        self._monotonic = monotonic
        self._until = monotonic() + bounds.unpack_seconds
        self._unpacked = 0
        self._written = 0

    def unpacked(self, size: int) -> None:
        """Count *size* bytes that were or will be unpacked; raise RemoteContract beyond the bounds."""
        self._unpacked += size
        if self._unpacked > self.bounds.unpacked_bytes:
            raise too_much(
                self.name, f"is larger than {self.bounds.unpacked_mb:,} MB once it is unpacked", "unpacked_mb"
            )

    def written(self, size: int) -> None:
        """Count *size* bytes that go into the copy; raise RemoteContract beyond the bounds."""
        self._written += size
        if self._written > self.bounds.unpacked_bytes:
            raise too_much(
                self.name,
                f"has more than {self.bounds.unpacked_mb:,} MB of cells once they are written out",
                "unpacked_mb",
            )

    def check_time(self) -> None:
        """Raise RemoteContract once it takes too long."""
        if self._monotonic() > self._until:
            raise too_much(
                self.name, f"takes longer than {self.bounds.unpack_seconds:g} seconds to unpack", "unpack_seconds"
            )
