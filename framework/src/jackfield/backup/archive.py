"""The archive: a tar file in gzip, the manifest first and the files in its order.

Promises that what is read is what the manifest says, byte by byte, whoever wrote the archive: each header must be the one
that would be written here, so that no link, no device, no other name and no other size is ever looked at.
"""

import gzip
import hashlib
import os
import stat
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tarfile import BLOCKSIZE, GNU_FORMAT, HeaderError, TarInfo
from typing import BinaryIO

import msgspec

from jackfield.backup.manifest import MOST_BYTES, Entry, Manifest, damaged, read_manifest
from jackfield.errors import BadConfig, storing
from jackfield.state.schema import HEAD

MANIFEST = "manifest.json"

_CHUNK = 1 << 20
_END = bytes(2 * BLOCKSIZE)
_MAGIC = b"\x1f\x8b"
_FAST = 1
"""gzip's level: a quarter of the size at 100 MB/s, of which higher ones take little more away."""


class ChangedMeanwhile(Exception):
    """A file is no longer what the manifest says of it."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was read to its end and is whole."""

    manifest: Manifest


def write_archive(stream: BinaryIO, manifest: Manifest, opened: Callable[[Entry], BinaryIO]) -> None:
    """Write *manifest* and its files to *stream*; raises ChangedMeanwhile if one is not what the manifest says."""
    content = msgspec.json.encode(manifest)
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_FAST, fileobj=stream, mtime=0) as packed:
        packed.write(_header(MANIFEST, len(content), manifest.moment) + content + _padding(len(content)))
        for each in manifest.files:
            packed.write(_header(each.path, each.size, manifest.moment))
            _copy(opened(each), each, packed)
            packed.write(_padding(each.size))
        packed.write(_END)


def check_backup(file: Path) -> Checked:
    """Read the backup at *file* to its end, and compare every file with the manifest; raises BadConfig and BadStorage."""
    with opened_archive(file) as (manifest, files):
        for each, chunks in files:
            _compared(file, each, chunks)
    return Checked(manifest=manifest)


@contextmanager
def opened_archive(file: Path) -> Generator[tuple[Manifest, Iterator[tuple[Entry, Iterator[bytes]]]]]:
    """The manifest of the backup at *file* and its files, each as chunks, to be taken in this order.

    Raises BadConfig for what is no backup or one of a newer Jackfield, BadStorage for one that is damaged or cut off. Whether
    chunks have the SHA-256 of the manifest is for ``stored`` to say.
    """
    raw = _open(file)
    with raw, storing(file):
        if raw.read(len(_MAGIC)) != _MAGIC:
            raise BadConfig(f"{file} is not a backup of Jackfield", path=str(file))
        raw.seek(0)
        with gzip.GzipFile(fileobj=raw, mode="rb") as packed:
            reader = _Reader(packed, file)
            manifest = read_manifest(reader.manifest(), schema=HEAD, file=file)
            yield manifest, reader.files(manifest)


def store(file: Path, entry: Entry, chunks: Iterator[bytes], stream: BinaryIO) -> None:
    """Write *chunks* to *stream*; raises BadStorage unless they are what *entry* says."""

    def written() -> Iterator[bytes]:
        for chunk in chunks:
            stream.write(chunk)
            yield chunk

    _compared(file, entry, written())


def _compared(file: Path, entry: Entry, chunks: Iterator[bytes]) -> None:
    found = hashlib.sha256()
    for chunk in chunks:
        found.update(chunk)
    if found.hexdigest() != entry.sha256:
        raise damaged(file, f"{entry.path} is not what was backed up")


def _why_not(head: bytes, path: str) -> str:
    """Why a head is not the one that a backup writes for *path*."""
    try:
        same = TarInfo.frombuf(head[:BLOCKSIZE], "utf-8", "strict").name == path
    except (HeaderError, UnicodeDecodeError, ValueError):
        same = False
    if same:
        return f"the head of {path} is not the one that a backup writes: it was unpacked and packed again, or altered"
    return f"what its manifest calls {path} is something else"


class _Reader:
    def __init__(self, packed: gzip.GzipFile, file: Path) -> None:
        self._packed = packed
        self._file = file

    def manifest(self) -> bytes:
        head = self._take(BLOCKSIZE)
        try:
            found = TarInfo.frombuf(head, "utf-8", "strict")
        except (HeaderError, UnicodeDecodeError, ValueError):
            raise self._foreign() from None
        if found.name != MANIFEST or not found.isreg():
            raise self._foreign()
        if not 0 <= found.size <= MOST_BYTES:
            raise damaged(self._file, f"its manifest is larger than {MOST_BYTES:,} bytes")
        content = self._take(found.size)
        self._take(len(_padding(found.size)))
        return content

    def files(self, manifest: Manifest) -> Iterator[tuple[Entry, Iterator[bytes]]]:
        for each in manifest.files:
            expected = _header(each.path, each.size, manifest.moment)
            if (head := self._take(len(expected))) != expected:
                raise damaged(self._file, _why_not(head, each.path))
            yield each, self._chunks(each.size)
            if any(self._take(len(_padding(each.size)))):
                raise damaged(self._file, f"something stands behind {each.path}")
        if self._take(len(_END)) != _END or self._read(1):
            raise damaged(self._file, "something stands behind its last file")

    def _chunks(self, size: int) -> Iterator[bytes]:
        while size:
            chunk = self._take(min(size, _CHUNK))
            size -= len(chunk)
            yield chunk

    def _take(self, size: int) -> bytes:
        content = self._read(size)
        if len(content) < size:
            raise damaged(self._file, "it ends too early")
        return content

    def _read(self, size: int) -> bytes:
        try:
            return self._packed.read(size)
        except EOFError:
            raise damaged(self._file, "it ends too early") from None
        except (gzip.BadGzipFile, zlib.error):
            raise damaged(self._file, "it can't be unpacked") from None

    def _foreign(self) -> BadConfig:
        return BadConfig(f"{self._file} is not a backup of Jackfield", path=str(self._file))


def _copy(source: BinaryIO, entry: Entry, packed: BinaryIO | gzip.GzipFile) -> None:
    left, found = entry.size, hashlib.sha256()
    with source:
        while chunk := source.read(min(_CHUNK, left)) if left else b"":
            packed.write(chunk)
            found.update(chunk)
            left -= len(chunk)
        grown = source.read(1)
    if left or grown or found.hexdigest() != entry.sha256:
        raise ChangedMeanwhile(entry.path)


def _header(path: str, size: int, moment: int) -> bytes:
    head = TarInfo(path)
    head.size, head.mtime, head.mode = size, moment, 0o600
    return head.tobuf(GNU_FORMAT, "utf-8", "strict")


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCKSIZE)


def _open(file: Path) -> BinaryIO:
    try:
        # No pipe is waited for, and no device is read.
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise BadConfig(f"the backup {file} can't be read: {error.strerror}", path=str(file)) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise BadConfig(f"the backup {file} can't be read: it is not a regular file", path=str(file))
    return os.fdopen(handle, "rb")
