"""Writing files: created anew and never through a link; what is replaced appears whole or not at all."""

import os
import stat
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

from jackfield.errors import BadConfig, BadStorage, Busy
from jackfield.files.trust import planted

_BETWEEN_TRIES = 0.02
_OPEN_FILES = Path("/proc/self/fd")

_PLANTED = "Look at who put it there, and take it away."


def create(file: Path, *, mode: int = 0o600) -> int:
    """A new file at *file*, open for writing; raises FileExistsError if anything is there, be it a link that leads nowhere."""
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)


def open_lock(file: Path, *, mode: int = 0o600) -> int:
    """The file at *file* open for a lock, made if need be.

    Raises BadStorage where a link, a second name of another file or no regular file stands in its place.
    """
    demand_plain(file)
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, mode)
    try:
        _demand_plain(os.fstat(handle), file)
    except BaseException:
        os.close(handle)
        raise
    return handle


def take_lock(handle: int, *, patience: float) -> bool:
    """Whether the lock of *handle*, which closing it lets go, is ours before *patience* seconds have gone."""
    import fcntl

    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(_BETWEEN_TRIES)


@contextmanager
def folder_lock(folder: Path, *, patience: float, what: str) -> Generator[None]:
    """Hold the lock of *folder* as long as the block lasts, so that what is read there and written anew loses nothing.

    Raises BadConfig where it is not there, and Busy where another process has it for longer than *patience* seconds. Where the
    file system knows no locks of folders, none is held.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _unwritable(folder, error) from None
    try:
        with suppress(OSError):  # a file system that knows no locks of folders
            if not take_lock(handle, patience=patience):
                raise Busy(f"another process writes in {what}, {folder}", hint="Try again when it has ended.")
        yield
    finally:
        os.close(handle)


def make_plain(file: Path) -> None:
    """See that *file* is there, made empty (mode 0600) if need be, and is plain; raises BadStorage where it is not.

    It is not opened if it is there: to close it would let go of the locks that this process has on it.
    """
    with suppress(FileExistsError):
        os.close(create(file))
    demand_plain(file)
    os.utime(file, follow_symlinks=False)  # of a read-only disk, SQLite only says that it can't open the file


def demand_plain(file: Path) -> None:
    """Raise BadStorage where *file* is there and is a link, a second name of another file, or no regular file."""
    with suppress(FileNotFoundError):
        _demand_plain(os.lstat(file), file)


def _demand_plain(found: os.stat_result, file: Path) -> None:
    what = None
    if stat.S_ISLNK(found.st_mode):
        what = "a symbolic link"
    elif not stat.S_ISREG(found.st_mode):
        what = "no regular file"
    elif found.st_nlink > 1:
        what = "a second name of another file"
    if what is not None:
        raise BadStorage(f"the file {file} is {what}, and is not written", path=str(file), hint=_PLANTED)


def demand_unplanted(place: Path) -> None:
    """Raise BadConfig where the way to *place* follows a link that another user may have put there."""
    try:
        why = planted(place)
    except OSError as error:
        raise _unwritable(place, error) from None
    if why is not None:
        raise BadConfig(
            f"{place} is not written: a symbolic link leads there that another user may have made, since {why}",
            path=str(place),
            hint="Name the place itself, without links.",
        )


def write_privately(file: Path, content: bytes) -> None:
    """Replace *file* by *content* (mode 0600), whole or not at all; raises BadConfig if it can't be written.

    A link is replaced, not followed. Folders that are missing are made with mode 0700.
    """
    demand_unplanted(file.parent)
    try:
        make_private_folder(file.parent)
    except OSError as error:
        raise _unwritable(file, error) from None
    with replacing(file) as stream:
        stream.write(content)


@contextmanager
def replacing(file: Path) -> Generator[BinaryIO]:
    """A stream to what takes the place of *file* (mode 0600) when the block ends; if the block raises, nothing is left.

    A link is replaced, not followed. Raises BadConfig if nothing can be written beside *file*, or its folder is reached by
    a link that another user may have made.
    """
    demand_unplanted(file.parent)
    try:
        handle, beside = _beside(file)
    except OSError as error:
        raise _unwritable(file, error) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(handle)
            if beside is None:
                beside = _name(handle, file)
        beside.replace(file)
        sync_folder(file.parent)
    except BaseException:
        if beside is not None:
            with suppress(OSError):  # what went wrong first is what is told
                beside.unlink()
        raise


def _beside(file: Path) -> tuple[int, Path | None]:
    """A new file in the folder of *file*, open for writing, and its name.

    It has none where the system can name it later: then nothing is left of it if this process is killed.
    """
    if hasattr(os, "O_TMPFILE") and _OPEN_FILES.is_dir():
        with suppress(OSError):  # not every file system has such files
            return os.open(file.parent, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600), None
    handle, name = mkstemp(prefix=f".{file.name}.", dir=file.parent)
    return handle, Path(name)


def _name(handle: int, file: Path) -> Path:
    """Give the open file *handle*, which has no name, one beside *file*."""
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        while True:
            name = f".{file.name}.{os.urandom(4).hex()}"
            with suppress(FileExistsError):
                # With a folder to start from, the link to the open file is followed.
                os.link(_OPEN_FILES / str(handle), name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
                return file.parent / name
    finally:
        os.close(folder)


def ensure_writable(file: Path) -> None:
    """Make the folders of *file* and see that it could be written; raises BadConfig if not. *file* stays as it is."""
    demand_unplanted(file.parent)
    try:
        make_private_folder(file.parent)
        handle, name = mkstemp(prefix=f".{file.name}.", dir=file.parent)
        os.close(handle)
        Path(name).unlink()
        if file.is_dir():
            raise IsADirectoryError(21, "it is a folder")
    except OSError as error:
        raise _unwritable(file, error) from None


def make_private_folder(folder: Path) -> None:
    """Make *folder* and those above it that are missing, with mode 0700."""
    missing: list[Path] = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in *folder* survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(file: Path, error: OSError) -> BadConfig:
    return BadConfig(f"{file} can't be written: {error.strerror}", path=str(file))
