"""A bench in a temporary folder for as long as a block lasts."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from jackfield.clock import Clock
from jackfield.log import Logger
from jackfield.state import Home, open_state

from .syncs import Bench


@contextmanager
def bench(folder: Path | None = None, *, clock: Clock | None = None, log: Logger | None = None) -> Generator[Bench]:
    """A bench in *folder*, or in a temporary one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        home = Home(folder=folder or Path(made) / "home").ensure()
        with open_state(home.database) as state:
            yield Bench(home, state, clock=clock, log=log)
