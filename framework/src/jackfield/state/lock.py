"""One process at a time: a lock on a file, which the system lets go when its holder dies."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import msgspec

from jackfield.errors import Busy


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


_LEAST = 256
"""Bytes that any holder takes, filled up with blanks."""


class _FileLock:
    def __init__(self, handle: int) -> None:
        self._handle = handle

    def name(self, holder: Holder) -> None:
        # Over what is there and then cut to length: whoever reads meanwhile never finds it empty.
        data = msgspec.json.encode(holder).ljust(_LEAST)
        os.pwrite(self._handle, data, 0)
        os.ftruncate(self._handle, len(data))


@contextmanager
def hold_lock(file: Path, *, connection: str, purpose: str, holder: Holder) -> Generator[Lock]:
    """Hold the lock for as long as the block lasts; raises Busy, naming the holder, if another process has it."""
    import fcntl

    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                f"another {purpose} of {connection!r} is running{_who(handle)}",
                connection=connection,
                hint="Wait for it to end, or stop that process.",
            ) from None
        lock = _FileLock(handle)
        lock.name(holder)
        yield lock
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _who(handle: int) -> str:
    try:
        holder = msgspec.json.decode(os.pread(handle, 4096, 0), type=Holder)
    except msgspec.DecodeError:
        return ""
    return f": process {holder.pid}, run {holder.run}, since {holder.since}"
