"""Reading a file that comes from elsewhere: a plan, changes, a secret, a configuration, a work list."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from jackfield.errors import BadConfig

MOST_BYTES = 67_108_864
"""How large a file may be unless the configuration says otherwise."""

_CHUNK = 1 << 20
_HINT = "Name a file that holds it."
_NO_WAY = (errno.ELOOP, errno.ENOTDIR, errno.ENAMETOOLONG)
"""What the system says of a path that leads nowhere, whatever is on the disk."""
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_foreign(file: Path, *, what: str, most: int = MOST_BYTES, path: str | None = None, hint: str = _HINT) -> bytes:
    """The content of *file*; raises BadConfig unless it is a regular file of at most *most* bytes.

    Waits for nobody. *what* names the file in the message ("the plan"), *path* the place of the value that names it.
    Raises OSError where the system refuses.
    """
    try:
        # Not even opened, since that may do something to a device.
        mode = file.stat().st_mode
    except OSError as error:
        if error.errno not in _NO_WAY:
            raise
        raise BadConfig(f"{_text(file, what, path)} can't be read: {error.strerror}", path=path, hint=hint) from None
    _demand_regular(mode, file, what, path, hint)
    # Whatever has taken its place meanwhile: no pipe is waited for, no terminal becomes ours.
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        found = os.fstat(handle)
        _demand_regular(found.st_mode, file, what, path, hint)
        content = bytearray()
        # Its size is what the system says; a file of /proc says 0, and another may grow while it is read.
        while found.st_size <= most and len(content) <= most:
            chunk = os.read(handle, min(_CHUNK, most + 1 - len(content)))
            if not chunk:
                return bytes(content)
            content += chunk
    finally:
        os.close(handle)
    raise BadConfig(f"{_text(file, what, path)} is too large: more than {most:,} bytes", path=path)


def open_foreign(file: Path, *, what: str, path: str | None = None, hint: str = _HINT) -> BinaryIO:
    """*file*, open for reading, however large it is; raises BadConfig unless it is a regular file, or the system refuses."""
    try:
        _demand_regular(file.stat().st_mode, file, what, path, hint)
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise BadConfig(f"{_text(file, what, path)} can't be read: {error.strerror}", path=path, hint=hint) from None
    try:
        _demand_regular(os.fstat(handle).st_mode, file, what, path, hint)
    except BadConfig:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def _demand_regular(mode: int, file: Path, what: str, path: str | None, hint: str) -> None:
    if stat.S_ISREG(mode):
        return
    kind = next((name for holds, name in _KINDS if holds(mode)), "something else")
    raise BadConfig(
        f"{_text(file, what, path)} can't be read: it is {kind}, not a regular file",
        path=path,
        hint=hint,
    )


def _text(file: Path, what: str, path: str | None) -> str:
    return what if path == str(file) else f"{what} {file}"
