"""One process at a time: a lock on a file, which the system lets go when its holder dies."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import msgspec

from jackfield.errors import Busy, storing
from jackfield.files import demand_plain, open_lock, take_lock


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a lock."""

    pid: int
    run: str
    since: str


class Lock(Protocol):
    """What a database may implement instead of a file."""

    def name(self, holder: Holder) -> None:
        """Tell others who holds it."""
        ...


_PATIENCE = 0.1
"""Seconds for which ``is_held`` of another process may be in the way."""
_LEAST = 256
"""Bytes that any holder takes, filled up with blanks."""


class _FileLock:
    def __init__(self, handle: int, file: Path) -> None:
        self._handle = handle
        self._file = file

    def name(self, holder: Holder) -> None:
        # Over what is there and then cut to length: whoever reads meanwhile never finds it empty.
        data = msgspec.json.encode(holder).ljust(_LEAST)
        with storing(self._file):
            os.pwrite(self._handle, data, 0)
            os.ftruncate(self._handle, len(data))


@contextmanager
def hold_lock(file: Path, *, connection: str, purpose: str, holder: Holder) -> Generator[Lock]:
    """Hold the lock for as long as the block lasts; raises Busy, naming the holder, if another process has it.

    Raises BadStorage where the file can't be written, or a link or another thing stands in its place.
    """
    with storing(file):
        handle = open_lock(file)
    try:
        if not take_lock(handle, patience=_PATIENCE):
            raise Busy(
                f"another {purpose} of {connection!r} is running{_who(handle)}",
                connection=connection,
                hint="Wait for it to end, or stop that process.",
            )
        lock = _FileLock(handle, file)
        lock.name(holder)
        yield lock
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def is_held(file: Path) -> bool:
    """Whether a living process holds the lock; looks for an instant, which ``hold_lock`` waits out."""
    import fcntl

    demand_plain(file)
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _decode(content: bytes) -> Holder | None:
    try:
        return msgspec.json.decode(content, type=Holder)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _who(handle: int) -> str:
    holder = _decode(os.pread(handle, 4096, 0))
    if holder is None:
        return ""
    return f": process {holder.pid}, run {holder.run}, since {holder.since}"
