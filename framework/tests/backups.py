"""Backups of tests: how one is made, what is in it, and what the commands say of a home."""

import hashlib
import tarfile
from pathlib import Path

from .writable import WritableLine

QUESTIONS = (
    ("verify",),
    ("diff", "acme"),
    ("changes", "list"),
    ("syncs", "acme"),
    ("grants", "acme"),
    ("access", "acme", "u1"),
)


def made(line: WritableLine, name: str = "b.backup") -> Path:
    ran = line.run("backup", "-o", str(line.folder / name))
    assert ran.code == 0, ran.err
    return line.folder / name


def answers(line: WritableLine, home: Path) -> list[str]:
    """What the commands say, wherever the home is."""
    said: list[str] = []
    for question in QUESTIONS:
        ran = line.run("--home", str(home), *question, "--output", "json")
        assert ran.code == 0, ran.err
        said.append(ran.out.replace(str(home), "HOME"))
    return said


def tree(folder: Path) -> dict[str, str]:
    """Every file below *folder* with its digest, but for what SQLite keeps beside a database."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and not file.name.endswith(("-wal", "-shm"))
    }


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        return {each.name: archive.extractfile(each).read() for each in archive.getmembers()}  # type: ignore[union-attr]
