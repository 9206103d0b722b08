"""Where an export goes: a file that appears whole, with others beside it, or standard output."""

import os
import stat
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from jackfield.errors import BadConfig
from jackfield.files import demand_unplanted, replacing


@contextmanager
def open_target(path: str) -> Generator[BinaryIO]:
    """A stream of bytes to *path*, ``-`` for standard output; raises BadConfig if it can't be written.

    A file is written beside *path* (mode 0600) and renamed when the block ends; if the block raises, nothing is left.
    What is no regular file (a pipe, a device) is written straight. A symbolic link stays one and what it leads to is
    replaced, unless another user may have put it there: then BadConfig is raised.
    """
    if path == "-" or _is_output(Path(path)):
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    file = Path(path)
    try:
        file = file.expanduser()
        demand_unplanted(file)
        link = file.is_symlink()
        special = _is_special(file)
        # Neither created nor cut, and no link followed that was none just now.
        flags = os.O_WRONLY | os.O_CLOEXEC | (0 if link else os.O_NOFOLLOW)
        stream = os.fdopen(os.open(file, flags), "wb") if special else None
        file = file.resolve() if link and not special else file
    except RuntimeError:
        raise BadConfig(f"{file} is in a home folder that is not known", path=path) from None
    except OSError as error:
        raise BadConfig(f"{file} can't be written: {error.strerror}", path=str(file)) from None
    if stream is not None:
        with stream:
            yield stream
        return
    with replacing(file) as whole:
        yield whole


class Target:
    """Where one export goes: a stream, and further files beside it."""

    def __init__(self, path: str, stack: ExitStack, demand: Callable[[Path], None]) -> None:
        self.path = path
        self.is_file = path != "-" and not _is_special(Path(path))
        self.others: list[str] = []
        self.stream = stack.enter_context(open_target(path))
        self._stack = stack
        self._demand = demand

    def beside(self, suffix: str) -> BinaryIO | None:
        """Another file, named as the target with *suffix* behind it; None where the target is no regular file.

        It appears together with the target; raises BadConfig if it can't be written, or may not be.
        """
        if not self.is_file:
            return None
        other = self.path + suffix
        self._demand(Path(other))
        stream = self._stack.enter_context(open_target(other))
        self.others.append(other)
        return stream


@contextmanager
def open_targets(path: str, demand: Callable[[Path], None] = lambda _: None) -> Generator[Target]:
    """Where an export to *path* goes, as in ``open_target``; *demand* raises for a file beside it that may not be written.

    When the block ends, the files beside the target appear, then the target itself; if it raises, nothing is left.
    """
    with ExitStack() as stack:
        yield Target(path, stack, demand)


def _is_special(file: Path) -> bool:
    """Whether *file* is no regular file, or a name by which the system gives one that is open."""
    try:
        file = file.expanduser()
        return file.exists() and (not stat.S_ISREG(file.stat().st_mode) or _is_of_system(file))
    except (OSError, RuntimeError):
        return False  # whoever opens it says so


def _is_of_system(file: Path) -> bool:
    parent = file.absolute().parent.resolve()
    return file.is_symlink() and (parent == Path("/dev") or parent.parts[:2] == ("/", "proc"))


def _is_output(file: Path) -> bool:
    """Whether *file* is standard output by another name, which may be a regular file by then."""
    try:
        return _is_of_system(file) and os.path.samestat(file.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):
        return False
