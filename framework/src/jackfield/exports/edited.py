"""Whether an exported file was changed since it was written, by what the file beside it says.

Promises that a file is told as changed only where that is known.
"""

import hashlib
from pathlib import Path

import msgspec

from jackfield.errors import JackfieldError
from jackfield.files import read_foreign

BESIDE = ".meta.json"
"""The end of the name of the file beside an export, which says what it is of."""

_MOST_BESIDE = 64 * 1024 * 1024


class _Beside(msgspec.Struct, frozen=True):
    sha256: str


def changed_since_export(to: str) -> bool:
    """Whether *to* is an export that somebody has changed, such as a table with decisions in it."""
    file = Path(to).expanduser()
    try:
        said = msgspec.json.decode(
            read_foreign(Path(f"{file}{BESIDE}"), what="the file beside the export", most=_MOST_BESIDE), type=_Beside
        )
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() != said.sha256
    except (OSError, RuntimeError, JackfieldError, msgspec.MsgspecError):
        return False
