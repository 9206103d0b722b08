"""The archive that a workbook is, looked at before and while it is unpacked."""

import struct
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import BinaryIO

from jackfield.errors import RemoteContract
from jackfield_roster.reading.budget import Budget
from jackfield_roster.reading.kinds import protected

_END, _END_SIZE = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_END64, _END64_SIZE = b"PK\x06\x06", 56
_MOST_DIRECTORY = 4 << 20
"""Bytes of the archive's directory, all of which is held in memory: a workbook of a thousand sheets has 100 kB."""

BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, KeyError, NotImplementedError, UnicodeError,
    struct.error, OverflowError, ValueError,
)  # fmt: skip
"""What the library for archives raises for files that are none, or damaged."""


def damaged(name: str, why: str) -> RemoteContract:
    """The error for a workbook that is none."""
    return RemoteContract(f"{name} is no workbook, or damaged: {why}")


@contextmanager
def opened_archive(opened: BinaryIO, name: str) -> Generator[zipfile.ZipFile]:
    """The archive. Raises RemoteContract if it is none, or its directory too large to be that of a workbook."""
    size = _size_of_directory(opened)
    if size is None:
        raise damaged(name, "it has no directory of its parts")
    if size > _MOST_DIRECTORY:
        raise damaged(name, f"its directory of parts has {size:,} bytes")
    try:
        archive = zipfile.ZipFile(opened)
    except BROKEN as error:
        raise damaged(name, type(error).__name__) from error
    with archive:
        yield archive


def _size_of_directory(opened: BinaryIO) -> int | None:
    """Bytes of the archive's directory by its end record; None where there is none."""
    whole = opened.seek(0, 2)
    start = max(0, whole - (1 << 16) - _END_SIZE - _LOCATOR_SIZE - _END64_SIZE)
    opened.seek(start)
    tail = opened.read()
    at = tail.rfind(_END)
    if at < 0 or at + _END_SIZE > len(tail):
        return None
    size = int(struct.unpack_from("<L", tail, at + 12)[0])
    locator = at - _LOCATOR_SIZE
    if locator >= 0 and tail.startswith(_LOCATOR, locator):
        opened.seek(min(int(struct.unpack_from("<Q", tail, locator + 8)[0]), whole))
        record = opened.read(_END64_SIZE)
        # The library looks for that record right in front of its locator.
        beside = tail[max(0, locator - _END64_SIZE) : locator]
        sizes = [int(struct.unpack_from("<Q", each, 40)[0]) for each in (record, beside) if each.startswith(_END64)
                 and len(each) == _END64_SIZE]  # fmt: skip
        return max(size if size != 0xFFFFFFFF else 0, *sizes) if sizes else size
    return size


class Parts:
    """Parts of an archive as streams of bytes within the budget."""

    def __init__(self, archive: zipfile.ZipFile, budget: Budget) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        self._counted: set[str] = set()
        self.budget = budget
        self.name = budget.name

    def __contains__(self, part: object) -> bool:
        return part in self._names

    def blocks(self, part: str) -> Generator[bytes]:
        """The content of a part in blocks. Raises RemoteContract beyond the budget, or for a part that is damaged."""
        if part not in self._names:
            raise damaged(self.name, f"it lacks the part {_shown(part)}")
        info = self._archive.getinfo(part)
        if info.flag_bits & 1:
            raise protected(self.name)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise damaged(self.name, f"its part {_shown(part)} is packed in a way that workbooks are not")
        if part not in self._counted:
            # As the directory has it: the library unpacks no more than that.
            self.budget.unpacked(info.file_size)
            self._counted.add(part)
        try:
            with self._archive.open(info) as source:
                while block := source.read(1 << 16):
                    self.budget.check_time()
                    yield block
        except BROKEN as error:
            raise damaged(self.name, f"its part {_shown(part)}: {type(error).__name__}") from error


def _shown(part: str) -> str:
    return ascii(part[:100])
