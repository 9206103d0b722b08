"""How much one sync may take: rows, and bytes of the file that they go into.

Promises that a listing without an end ends before the disk is full, with an error that names the bound.
"""

from contextlib import suppress
from pathlib import Path

from jackfield.errors import RemoteContract
from jackfield.snapshots.writer import SnapshotWriter
from jackfield_contracts import Page


class OverBudget(RemoteContract):
    """The application gives more than a snapshot may hold; reading it again, or in parts, would not help."""


class Budget:
    """What is left of *rows* and *size* (in bytes) for the snapshot that *writer* writes to *file*."""

    def __init__(self, writer: SnapshotWriter, file: Path, *, rows: int, size: int) -> None:
        self._writer = writer
        self._files = (file, file.with_name(f"{file.name}-wal"))
        self._rows = rows
        self._size = size

    def take(self, page: Page) -> None:
        """Take the room for *page*; raises OverBudget where there is none."""
        coming = len(page.items) + len(page.opens)
        if self._writer.rows_stored() + coming > self._rows:
            raise OverBudget(
                f"the application gives more than {self._rows:,} rows",
                hint="Raise max_snapshot_rows of the connection if it really holds so many.",
            )
        if self._stored() > self._size:
            raise OverBudget(
                f"the snapshot grows larger than {self._size:,} bytes",
                hint="Raise max_snapshot_bytes of the connection if the application really holds so much.",
            )

    def _stored(self) -> int:
        """The bytes on the disk by now, asked of the system: the database may be at work in a thread."""
        size = 0
        for file in self._files:
            with suppress(FileNotFoundError):
                size += file.stat().st_size
        return size
