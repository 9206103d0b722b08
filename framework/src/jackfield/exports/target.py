"""Where an export goes: a file that appears whole, or standard output."""

import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

from jackfield.errors import BadConfig
from jackfield.state.home import sync_folder


@contextmanager
def open_target(path: str) -> Generator[BinaryIO]:
    """A stream of bytes to *path*, ``-`` for standard output; raises BadConfig if it can't be written.

    A file is written beside *path* (mode 0600) and renamed when the block ends; if the block raises, nothing is left.
    What is no regular file (a pipe, a device) is written straight.
    """
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    file = Path(path).expanduser()
    try:
        special = file.exists() and not stat.S_ISREG(file.stat().st_mode)
        # A symbolic link stays one; what it leads to is replaced.
        stream = file.open("wb") if special else None
        file = file if special else file.resolve()
        beside, name = (-1, "") if special else mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise BadConfig(f"{file} can't be written: {error.strerror}", path=str(file)) from None
    if stream is not None:
        with stream:
            yield stream
        return
    with _renamed(beside, Path(name), file) as whole:
        yield whole


def write_privately(file: Path, content: bytes) -> None:
    """Replace *file* by *content* (mode 0600), whole or not at all; raises BadConfig if it can't be written.

    Folders that are missing are made with mode 0700.
    """
    try:
        make_private_folder(file.parent)
        beside, name = mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise BadConfig(f"{file} can't be written: {error.strerror}", path=str(file)) from None
    with _renamed(beside, Path(name), file) as stream:
        stream.write(content)


def ensure_writable(file: Path) -> None:
    """Make the folders of *file* and see that it could be written; raises BadConfig if not. *file* stays as it is."""
    try:
        make_private_folder(file.parent)
        handle, name = mkstemp(prefix=f".{file.name}.", dir=file.parent)
        os.close(handle)
        Path(name).unlink()
        if file.is_dir():
            raise IsADirectoryError(21, "it is a folder")
    except OSError as error:
        raise BadConfig(f"{file} can't be written: {error.strerror}", path=str(file)) from None


def make_private_folder(folder: Path) -> None:
    """Make *folder* and those above it that are missing, with mode 0700."""
    missing: list[Path] = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _renamed(handle: int, beside: Path, file: Path) -> Generator[BinaryIO]:
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(handle)
        beside.replace(file)
        sync_folder(file.parent)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
