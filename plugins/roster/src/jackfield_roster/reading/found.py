"""The file that is meant by a name or a pattern, and how another one in its place is noticed."""

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

from jackfield.errors import NotFound

_HEAD = 4096


class Export(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One file as it was found: two with the same values are the same export.

    ``modified`` is in nanoseconds since 1970, ``head`` a digest of the beginning.
    """

    name: str
    size: int
    modified: int
    head: str


def find(folder: Path, pattern: str) -> Export:
    """The newest file that fits. Raises NotFound if there is none."""
    newest = max(_fitting(folder, pattern), default=None)
    if newest is None:
        what = f"no file fits {pattern!r}" if _is_pattern(pattern) else f"there is no file {pattern!r}"
        where = "" if folder.is_dir() else ", which is no folder"
        raise NotFound(
            f"{what} in {folder}{where}", hint="Put the export there, or name another file in the configuration."
        )
    return look(folder, newest[1])


def look(folder: Path, name: str) -> Export:
    """The file of that very name as it is now; raises NotFound."""
    try:
        with (folder / name).open("rb") as file:
            head = blake2b(file.read(_HEAD), digest_size=12).hexdigest()
        stat = (folder / name).stat()
    except FileNotFoundError:
        raise NotFound(f"the file {name!r} in {folder} is gone") from None
    return Export(name=name, size=stat.st_size, modified=stat.st_mtime_ns, head=head)


def _fitting(folder: Path, pattern: str) -> Iterator[tuple[int, str]]:
    files = folder.glob(pattern) if _is_pattern(pattern) else [folder / pattern]
    for file in files:
        # Office programs keep a hidden file beside one that is open.
        if file.name.startswith((".", "~$")) or not file.is_file():
            continue
        yield file.stat().st_mtime_ns, str(file.relative_to(folder))


def _is_pattern(name: str) -> bool:
    return any(each in name for each in "*?[")
