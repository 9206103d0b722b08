"""What a backup says of itself: its format, who wrote it when, and each file with its size and SHA-256."""

import re
from datetime import datetime
from pathlib import Path

import msgspec

from jackfield.errors import BadConfig, BadStorage

FORMAT = 1
"""The form that is written, and the newest one that is read."""
KIND = "jackfield backup"
STATE = "state.db"
MOST_BYTES = 33_554_432
"""How large the manifest may be: 100,000 files and more."""

_CONNECTION = r"[a-z0-9][a-z0-9_-]{0,199}"
_PATH = re.compile(
    rf"state\.db|snapshots/(?P<of>{_CONNECTION})/(?P<run>[A-Za-z0-9][A-Za-z0-9-]{{0,79}})\.sqlite|activity/{_CONNECTION}\.sqlite"
)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file, by its path below the home."""

    path: str
    size: int
    sha256: str

    @property
    def snapshot(self) -> tuple[str, str] | None:
        """The connection and the run of a snapshot, None for another file."""
        found = _PATH.fullmatch(self.path)
        return (found["of"], found["run"]) if found is not None and found["of"] else None


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is not in the backup. ``lost``: it ought to be, and could not."""

    path: str
    reason: str
    lost: bool = False


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A backup of the state of one home at one moment; ``created`` is UTC, ISO 8601. ``schema``: the form of its database."""

    kind: str = KIND
    format: int = FORMAT
    host_version: str
    created: str
    schema: str
    files: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(each.size for each in self.files)

    @property
    def moment(self) -> int:
        """When it was made, in seconds since 1970."""
        return int(datetime.fromisoformat(self.created).timestamp())


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    format: int
    host_version: str = ""


def read_manifest(content: bytes, *, schema: str, file: Path) -> Manifest:
    """The manifest in *content*; raises BadConfig for one of others' or of a newer Jackfield, BadStorage for a damaged one.

    Each path is one that a home has, and comes once. *schema*: the newest form of the database that can be read.
    """
    try:
        head = msgspec.json.decode(content, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise damaged(file, "its manifest can't be read") from None
    if head.kind != KIND:
        raise BadConfig(f"{file} is not a backup of Jackfield", path=str(file))
    if head.format > FORMAT:
        raise _newer(file, head.host_version)
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
        moment = manifest.moment
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
        raise damaged(file, "its manifest can't be read") from None
    if manifest.schema > schema:
        raise _newer(file, manifest.host_version)
    seen: set[str] = set()
    for each in manifest.files:
        if _PATH.fullmatch(each.path) is None or each.path in seen:
            raise damaged(file, f"it has a file that no home has in this place: {each.path[:200]!r}")
        if each.size < 0 or _SHA256.fullmatch(each.sha256) is None:
            raise damaged(file, f"its manifest says of {each.path} what can't be")
        seen.add(each.path)
    if STATE not in seen or not 0 <= moment < 1 << 33:
        raise damaged(file, "it lacks what every backup has")
    return manifest


def damaged(file: Path, why: str) -> BadStorage:
    """That the backup can't be used, and why."""
    return BadStorage(
        f"the backup {file} is damaged: {why}", path=str(file), hint="Nothing was restored. Use another.", damaged=True
    )


def _newer(file: Path, version: str) -> BadConfig:
    return BadConfig(
        f"the backup {file} was written by a newer jackfield ({version[:40]})",
        path=str(file),
        hint="Upgrade jackfield. Nothing was restored.",
    )
