"""Which files an option may name to be written: none that Jackfield itself needs.

Promises that neither the state and the snapshots, nor the configuration, nor a secret is written over, whichever name, link
or second name leads to it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import cast

from jackfield.cli.app import App
from jackfield.config.secrets import file_reference
from jackfield.errors import BadConfig


def demand_target(app: App, target: str | Path, *, token: str | None = None) -> None:
    """Raise BadConfig where *target*, a file to be written, is one of Jackfield's own; ``-`` is standard output.

    *token*: the key of the token that is to be put there; it may be that of several connections.
    """
    if str(target) == "-":
        return
    for place in _places(Path(target)):
        why = _why(app, place, token)
        if why is not None:
            raise BadConfig(
                f"{target} is not written: {why}", path=str(place), hint="Name another file; nothing was written."
            )


def _why(app: App, place: Path, token: str | None) -> str | None:
    home = _real(app.home.folder)
    if place == home or home in place.parents or _is_second_name(place, home):
        return f"it is in Jackfield's own folder, {app.home.folder}"
    if app.settings.file is not None and _same(place, app.settings.file):
        return "it is the configuration"
    for at, file in _secrets(app.settings.connections, "connections"):
        if at.rpartition(".")[2] != token and _same(place, file):
            return f"it is the secret of {at}"
    return None


def _places(target: Path) -> Iterator[Path]:
    """The file as it is named, and the one that it leads to."""
    names = [target]
    with suppress(RuntimeError):  # whoever writes it says so
        names.append(target.expanduser())
    for each in dict.fromkeys(names):
        yield from dict.fromkeys((_real(each.parent) / each.name, _real(each)))


def _real(path: Path) -> Path:
    # Unlike Path.resolve, it raises nothing where links lead to themselves.
    return Path(os.path.realpath(path))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        # One that is missing is its place: a token that is to come.
        return one in _places(other)


def _is_second_name(place: Path, home: Path) -> bool:
    """Whether a file has another name inside *home*."""
    try:
        known = place.stat()
        if known.st_nlink < 2 or place.is_dir():
            return False
        return any(each.is_file() and each.samefile(place) for each in home.rglob("*"))
    except (OSError, ValueError):
        return False


def _secrets(value: object, at: str) -> Iterator[tuple[str, Path]]:
    """The files that the configuration names by ``file:``, however deep, each with its place there."""
    if isinstance(value, str):
        if (file := file_reference(value)) is not None:
            yield at, file
    elif isinstance(value, Mapping):
        for key, each in cast("Mapping[str, object]", value).items():
            yield from _secrets(each, f"{at}.{key}")
    elif isinstance(value, (list, tuple)):
        for number, each in enumerate(cast("list[object]", value)):
            yield from _secrets(each, f"{at}[{number}]")
