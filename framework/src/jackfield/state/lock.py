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
    host: str = ""


class Lock(Protocol):
    """A lock that is held: on a file, or a lease in a database, which others may take over where it was not renewed.

    ``token`` tells this lease from all before and after it; None where no other can take the lock.
    """

    @property
    def token(self) -> int | None: ...

    def name(self, holder: Holder) -> None:
        """Tell others who holds it."""
        ...

    def demand(self) -> None:
        """Raise LeaseLost where somebody else has taken it meanwhile; else it is held for a whole term from now."""
        ...

    def demand_unless_told(self) -> None:
        """As ``demand``, by what is known already; costs nothing."""
        ...


_PATIENCE = 0.1
"""Seconds for which ``is_held`` of another process may be in the way."""
_LEAST = 256
"""Bytes that any holder takes, filled up with blanks."""


class _FileLock:
    token = None

    def __init__(self, handle: int, file: Path) -> None:
        self._handle = handle
        self._file = file

    def name(self, holder: Holder) -> None:
        # Over what is there and then cut to length: whoever reads meanwhile never finds it empty.
        data = msgspec.json.encode(holder).ljust(_LEAST)
        with storing(self._file):
            os.pwrite(self._handle, data, 0)
            os.ftruncate(self._handle, len(data))

    def demand(self) -> None:
        """The system lets go of it only with the process."""

    def demand_unless_told(self) -> None:
        """The same."""


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
                f"another {purpose} of {connection!r} is running{named(os.pread(handle, 4096, 0))}",
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


def named(content: bytes) -> str:
    """Who holds a lock, as it says itself, in words; empty where it does not say."""
    holder = _decode(content)
    if holder is None:
        return ""
    where = f" on {holder.host}" if holder.host else ""
    return f": process {holder.pid}{where}, run {holder.run}, since {holder.since}"
