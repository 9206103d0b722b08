"""The file that is meant by a name or a pattern, and how another one in its place is noticed.

Promises that only regular files below the folder are opened: no link leads out of it, and no pipe or device is read.
"""

import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path, PurePath
from typing import BinaryIO

import msgspec

from jackfield.errors import NotFound, RemoteContract

_HEAD = 4096


class Export(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One file as it was found: two with the same values are the same export.

    ``modified`` is in nanoseconds since 1970, ``head`` a digest of the beginning.
    """

    name: str
    size: int
    modified: int
    head: str


def find(folder: Path, pattern: str) -> Export:
    """The newest file that fits. Raises NotFound if there is none, and as ``opened`` does for the newest."""
    newest = max(_fitting(folder, pattern), default=None)
    if newest is None:
        what = f"no file fits {pattern!r}" if _is_pattern(pattern) else f"there is no file {pattern!r}"
        where = "" if folder.is_dir() else ", which is no folder"
        raise NotFound(
            f"{what} in {folder}{where}", hint="Put the export there, or name another file in the configuration."
        )
    name = newest[1]
    if not name.isprintable():
        raise RemoteContract(f"the name {name!a} fits {pattern!r}, and can't be shown as it is: rename the file")
    return look(folder, name)


def look(folder: Path, name: str) -> Export:
    """The file of that very name as it is now; raises as ``opened`` does."""
    with opened(folder, name) as file:
        head = blake2b(file.read(_HEAD), digest_size=12).hexdigest()
        found = os.fstat(file.fileno())
    return Export(name=name, size=found.st_size, modified=found.st_mtime_ns, head=head)


@contextmanager
def opened(folder: Path, name: str) -> Generator[BinaryIO]:
    """A file below the folder, to be read.

    Raises NotFound if it is gone, RemoteContract if it is no regular file or a link leads out of the folder.
    """
    try:
        handle = _open(folder, name)
    except FileNotFoundError:
        raise NotFound(f"the file {name!r} in {folder} is gone") from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise RemoteContract(f"{name} is no file but {_kind(mode)}: put the export itself there")
    with os.fdopen(handle, "rb") as file:
        yield file


def _open(folder: Path, name: str) -> int:
    """Open it step by step from the folder, so that a link that is put there meanwhile is not followed either."""
    target = _below(folder, name)
    if target is None:
        raise RemoteContract(
            f"{name} is not read: it is a link that leads out of {folder}; put the export itself there"
        )
    at = os.open(os.path.realpath(folder), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in target.parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = below
        # A pipe that nobody writes to would hold an open that waits.
        return os.open(target.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    finally:
        os.close(at)


def _below(folder: Path, name: str) -> PurePath | None:
    """Where *name* leads, from the folder; None if it leads out of it."""
    real, target = os.path.realpath(folder), os.path.realpath(folder / name)
    try:
        return PurePath(target).relative_to(real)
    except ValueError:
        return None


def _kind(mode: int) -> str:
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFDIR: "a folder", stat.S_IFSOCK: "a socket", stat.S_IFBLK: "a device",
             stat.S_IFCHR: "a device"}  # fmt: skip
    return kinds.get(stat.S_IFMT(mode), "something else")


def _fitting(folder: Path, pattern: str) -> Iterator[tuple[int, str]]:
    files = folder.glob(pattern) if _is_pattern(pattern) else [folder / pattern]
    for file in files:
        # Office programs keep a hidden file beside one that is open.
        if file.name.startswith((".", "~$")):
            continue
        name = str(file.relative_to(folder))
        if _below(folder, name) is None:
            # Of what lies outside, not even its date counts.
            yield file.lstat().st_mtime_ns, name
            continue
        try:
            found = file.stat()
        except OSError:
            if file.is_symlink() or not file.exists():
                continue
            raise
        if not (_is_pattern(pattern) and stat.S_ISDIR(found.st_mode)):
            yield found.st_mtime_ns, name


def _is_pattern(name: str) -> bool:
    return any(each in name for each in "*?[")
