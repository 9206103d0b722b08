"""What a target of the fuzz sweep is, and the ground that cases are played on."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from harness.cli import Site
from hypothesis.strategies import SearchStrategy

Case = dict[str, Any]
"""A case as plain data."""


class Ground(Protocol):
    """What stays the same for all cases of a target."""

    def play(self, case: Case) -> list[str]:
        """Play a case; what is wrong about what happened."""
        ...

    def files(self, case: Case) -> dict[str, bytes]:
        """The input itself, for whoever looks at a finding."""
        ...


class Target(NamedTuple):
    """One kind of input."""

    name: str
    about: str
    open: Callable[[Path], AbstractContextManager[Ground]]
    strategy: Callable[[Ground], SearchStrategy[Case]]


class Kept:
    """A home folder that is put back before each case."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._copy = site.folder / "kept"

    def keep(self) -> None:
        """What lies there now is where each case starts."""
        shutil.copytree(self.site.home.folder, self._copy)

    def restore(self) -> Path:
        """Put it back; gives the folder."""
        home = self.site.home.folder
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self._copy, home)
        return home
