"""Planted bugs: patches with a title and a reason, and copies of a package to which they are applied.

Promises that what is installed stays as it is. A patch is a unified diff below ``Title:`` and ``Why:``, its paths
relative to the folder that holds the package (``a/acme/reads.py``).
"""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import msgspec

from jackfield.errors import BadConfig


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """One planted bug."""

    file: Path
    title: str
    why: str


class NotApplied(Exception):
    """A patch does not fit the package; its text says where."""


def patches_in(folder: Path) -> tuple[Patch, ...]:
    """All ``*.patch`` of *folder* by their names; raises BadConfig if there is none, or one has no title or reason."""
    files = sorted(folder.glob("*.patch"))
    if not files:
        raise BadConfig(f"{folder} holds no *.patch")
    return tuple(_read(file) for file in files)


def _read(file: Path) -> Patch:
    message = {"Title": "", "Why": ""}
    key = ""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise BadConfig(f"{file} is no text in UTF-8") from None
    for line in lines:
        if line.startswith(("--- ", "diff ")):
            break
        name, colon, text = line.partition(":")
        if colon and name in message:
            key, message[name] = name, text.strip()
        elif key and line.strip():
            message[key] += f" {line.strip()}"
    for name, text in message.items():
        if not text:
            raise BadConfig(f"{file} has no line that begins with {name}:")
    return Patch(file=file, title=message["Title"], why=message["Why"])


def package_folder(module: str) -> Path:
    """The folder of the top package of *module*."""
    name = module.partition(".")[0]
    spec = find_spec(name)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        raise BadConfig(f"{name} is no package that can be copied")
    return Path(places[0])


def copied(package: Path, into: Path) -> None:
    """Copy *package* into the folder *into*."""
    shutil.copytree(package, into / package.name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


def applied(patch: Patch, folder: Path) -> None:
    """Apply *patch* to the packages in *folder*; raises NotApplied."""
    git = shutil.which("git")
    if git is None:
        raise BadConfig("git is not installed, and patches are applied by it")
    done = subprocess.run(  # noqa: S603
        [git, "apply", "--whitespace=nowarn", str(patch.file.resolve())],
        cwd=folder,
        # Inside somebody's repository git would leave out what is not below it.
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotApplied("; ".join(done.stderr.strip().splitlines()))
