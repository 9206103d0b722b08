"""A Dockerfile without a container engine: its own steps, carried out in a folder that stands for the root of the image.

Absolute paths below the folders that the steps use are those of that folder; ``FROM`` is the Python that runs this. A user is
not changed, and a builder's cache is not kept. What the steps ask an index for is asked for, or laid there by a function.
"""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from .clean import ROOT

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
_OWN = re.compile(r"(?<![\w.:/-])/(build|opt|data|etc)(?=[/\s'\"]|$)")
"""The folders of the image; a path in a value of PATH, behind a colon, is put right where it is used."""


class Instruction(NamedTuple):
    """One instruction of a Dockerfile, by its word and what follows."""

    word: str
    text: str

    @property
    def words(self) -> list[str]:
        """What follows: a JSON list, or words."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)


class Step(NamedTuple):
    """A step that was carried out."""

    instruction: Instruction
    seconds: float


def instructions(file: Path = DOCKERFILE) -> list[Instruction]:
    """The instructions of *file*, without comments, each with the lines that it goes on in."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [Instruction(*line.split(None, 1)) for line in joined.splitlines() if line.strip()]


class Image:
    """The image as it grows in *root*."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment: dict[str, str] = {}
        self.folder = root
        self.user = ""
        self.entrypoint: list[str] = []
        self.command: list[str] = []
        self.healthcheck: list[str] = []
        (root / "etc").mkdir(parents=True)
        self._ignored = _patterns(ROOT / ".dockerignore")

    def carry_out(self, instead: Mapping[str, Callable[["Image"], None]] | None = None) -> list[Step]:
        """Carry out every instruction, and give how long each took; *instead* of a RUN that has such a word in it, a function."""
        steps: list[Step] = []
        for each in instructions():
            began = time.monotonic()
            replaced = next(
                (does for word, does in (instead or {}).items() if each.word == "RUN" and word in each.text), None
            )
            if replaced is not None:
                replaced(self)
            else:
                self._do(each)
            steps.append(Step(each, time.monotonic() - began))
        return steps

    def at(self, path: str) -> Path:
        """Where a path of the image is."""
        given = PurePosixPath(path)
        return self.root / given.relative_to("/") if given.is_absolute() else self.folder / given

    def run(self, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program of the image with its variables, in its folder."""
        own = {
            key: self._mapped_path(value) if key == "PATH" else self._mapped(value)
            for key, value in self.environment.items()
        }
        variables = {"HOME": str(self.root / "data"), **own, **(environment or {})}
        program = shutil.which(words[0], path=variables["PATH"])
        assert program is not None, f"{words[0]} is not in {variables['PATH']}"
        return subprocess.run([program, *words[1:]], cwd=self.folder, env=variables, capture_output=True, text=True)

    def _do(self, each: Instruction) -> None:
        match each.word:
            case "FROM":
                self.folder, self.environment = self.root, {}
            case "WORKDIR":
                self.folder = self.at(each.text)
                self.folder.mkdir(parents=True, exist_ok=True)
            case "COPY":
                self._copy(each.words)
            case "RUN":
                self._shell(each.text)
            case "ENV":
                self.environment |= dict(word.split("=", 1) for word in each.words)
            case "USER":
                self.user = each.text
            case "ENTRYPOINT":
                self.entrypoint = each.words
            case "CMD":
                self.command = each.words
            case "HEALTHCHECK":
                self.healthcheck = json.loads(each.text[each.text.index("[") :])
            case "EXPOSE" | "STOPSIGNAL":
                pass
            case _:
                raise AssertionError(f"nothing carries out {each.word}")

    def _copy(self, words: list[str]) -> None:
        if words[0].startswith("--from="):
            # All stages grow in one folder here, where the files stand already.
            source, to = map(self.at, words[1:])
            assert source == to and source.exists(), words
            return
        *sources, to = words
        for source in sources:
            place = self.at(to) / PurePosixPath(source).name if to.endswith("/") else self.at(to)
            assert not self._is_ignored(source), f"{source} is kept from the builder"
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=self._unwanted)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)

    def _unwanted(self, folder: str, names: list[str]) -> list[str]:
        at = Path(folder).relative_to(ROOT).as_posix()
        return [name for name in names if self._is_ignored(f"{at}/{name}")]

    def _is_ignored(self, path: str) -> bool:
        ignored = False
        for pattern, back in self._ignored:
            parts = PurePosixPath(path).parts
            heads = ["/".join(parts[: number + 1]) for number in range(len(parts))]
            if any(_matches(head, pattern) for head in heads):
                ignored = not back
        return ignored

    def _shell(self, text: str) -> None:
        if os.geteuid() != 0:
            text = text.replace(" -o 65532 -g 65532", "")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        asked = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
        # The Python of the base image is called so, and is no environment of ours.
        base = Path(sys.base_prefix, "bin")
        names = self.root / "base"
        names.mkdir(exist_ok=True)
        if not (names / "python").exists():
            (names / "python").symlink_to(base / f"python{sys.version_info.major}.{sys.version_info.minor}")
        done = subprocess.run(
            ["/bin/sh", "-c", self._mapped(text)],
            cwd=self.folder,
            env={**asked, **kept, "PATH": f"{names}{os.pathsep}{kept['PATH']}"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"

    def _mapped(self, text: str) -> str:
        return _OWN.sub(lambda found: str(self.root) + found.group(), text)

    def _mapped_path(self, text: str) -> str:
        return os.pathsep.join(self._mapped(each) for each in text.split(":"))


def _patterns(file: Path) -> list[tuple[str, bool]]:
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    return [(line.lstrip("!"), line.startswith("!")) for line in lines if line and not line.startswith("#")]


def _matches(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatchcase(PurePosixPath(path).name, pattern[3:])
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)
