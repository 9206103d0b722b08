"""Which entry points are installed, without importing what they lead to, and which distributions are damaged.

Promises that a damaged distribution costs only its own, and hides none. Hides how Python finds distributions: of several
folders of one name it takes the first, also one that an installer that was interrupted has left without anything in it.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import cast

import msgspec

_OURS = "jackfield-"
"""How distributions of ours and, by convention, of others' plugins are named."""
_FOLDER = re.compile(r"(.+?)-([^-]+)\.dist-info")


class Damaged(msgspec.Struct, frozen=True, kw_only=True):
    """One distribution that can't be read, or what is left of one."""

    name: str
    version: str
    reason: str


def installed_points(group: str) -> tuple[list[EntryPoint], list[Damaged]]:
    """The entry points of *group*, and the distributions that are damaged and may have had some."""
    found: dict[str, list[EntryPoint]] = {}
    damaged: list[Damaged] = []
    seen: set[str] = set()
    for each in distributions():
        why = None
        points: list[EntryPoint] = []
        try:
            # Most have none of ours, and need no parser.
            if group in (each.read_text("entry_points.txt") or ""):
                points = list(each.entry_points.select(group=group))
                why = None if points else f"none is found under {group}, which stands there"
        except Exception as error:  # noqa: BLE001 - whatever a parser says to a damaged file
            why = type(error).__name__
        if why is not None:
            name, version = named(each)
            if _plain(name) not in seen:
                seen.add(_plain(name))
                damaged.append(Damaged(name=name, version=version, reason=f"its entry points can't be read: {why}"))
            continue
        if points:
            name, _ = named(each)
            if name == "unknown":
                found[f"{name} {len(found)}"] = points
            else:
                found.setdefault(_plain(name), points if _goes_first(name, group) else [])
    damaged += [
        one for one in dict.fromkeys(_left_over()) if _plain(one.name).startswith(_OURS) or _plain(one.name) in found
    ]
    return [point for points in found.values() for point in points], damaged


def named(distribution: Distribution) -> tuple[str, str]:
    """Name and version; a distribution without readable metadata has none."""
    try:
        name, version = cast("tuple[str | None, str | None]", (distribution.name, distribution.version))
    except Exception:  # noqa: BLE001 - its metadata is damaged or missing
        name = version = None
    return name or "unknown", version or "unknown"


def _goes_first(name: str, group: str) -> bool:
    """Whether the first distribution called *name* that has metadata has entry points of *group*: others are hidden by it."""
    first = next((each for each in distributions(name=name) if named(each)[0] != "unknown"), None)
    try:
        return first is None or bool(first.entry_points.select(group=group))
    except Exception:  # noqa: BLE001 - it is told as damaged
        return True


def _left_over() -> Iterator[Damaged]:
    """What is left of distributions: folders of metadata without metadata."""
    for entry in dict.fromkeys(sys.path):
        try:
            folders = sorted(Path(entry or ".").glob("*.dist-info"))
        except OSError:
            continue
        for folder in folders:
            named_by = _FOLDER.fullmatch(folder.name)
            if named_by and folder.is_dir() and not (folder / "METADATA").is_file():
                name = named_by[1].replace("_", "-")
                reason = (
                    f"the folder {folder} is left over or damaged: it has no METADATA, and hides what is installed; delete it,"
                    f" then install {name} again"
                )
                yield Damaged(name=name, version=named_by[2], reason=reason)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
