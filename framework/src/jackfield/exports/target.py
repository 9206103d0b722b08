"""Where an export goes: a file that appears whole, or standard output."""

import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
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
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    file = Path(path)
    try:
        file = file.expanduser()
        demand_unplanted(file)
        link = file.is_symlink()
        special = file.exists() and not stat.S_ISREG(file.stat().st_mode)
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
