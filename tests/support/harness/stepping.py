"""``python stepping.py FOLDER TRACE STEP ARGUMENT…``: the command line, which ends itself as ``kill -9`` would at one step.

A step is whatever it does to a name below FOLDER: a file opened, made, renamed or removed, a folder made, two of them
exchanged, a file brought to the disk. Each is written to the file TRACE. STEP is its number, 0 for none.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jackfield.backup import restoring, swapping
from jackfield.cli.main import main

_EVENTS = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "sqlite3.connect")


class Steps:
    """Steps as they are made; the chosen one is not made."""

    def __init__(self, folder: str, trace: Path, last: int) -> None:
        self._folder = folder
        self._trace = trace.open("a", encoding="utf-8", buffering=1)
        self._last = last
        self._made = 0

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Python is about to do something."""
        if event in _EVENTS and any(self._folder in os.fsdecode(one) for one in arguments if _is_name(one)):
            self.make(event)

    def make(self, what: str) -> None:
        """Note a step, and end the process if it is the chosen one."""
        self._made += 1
        self._trace.write(f"{self._made} {what}\n")
        if self._made == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any], what: str) -> Callable[..., Any]:
        """*function* with a step before it and one behind it."""

        def wrapped(*arguments: Any) -> Any:
            self.make(f"before {what}")
            given = function(*arguments)
            self.make(f"after {what}")
            return given

        return wrapped


def _is_name(one: object) -> bool:
    return isinstance(one, str | bytes | os.PathLike)


if __name__ == "__main__":
    steps = Steps(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    setattr(restoring, "exchange", steps.around(swapping.exchange, "exchange"))  # noqa: B010 - it is no name of its own
    os.fsync = steps.around(os.fsync, "fsync")
    sys.addaudithook(steps.heard)
    sys.exit(main(sys.argv[4:]))
