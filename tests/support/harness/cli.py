"""The command line as processes: a folder with a configuration and a home, and what each process said and left."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jackfield.state import DatabaseAddress, Run, open_state
from jackfield.state.home import Home

from . import forking
from .forking import JACKFIELD

NAME = "acme"


class Ended(NamedTuple):
    """A process that has ended; ``code`` is negative after a signal."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output."""
        return json.loads(self.out)


class Started:
    """A process that runs."""

    def __init__(self, process: subprocess.Popen[str] | forking.Forked, given: str | None = None) -> None:
        self.process = process
        self._given = given
        self._read = ""
        self._at = time.monotonic()

    def until(self, shown: re.Pattern[str]) -> str:
        """Read standard error up to the line that shows this, and give what was found; what follows is for ``end``."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._read += line
            if found := shown.search(line):
                return found.group()
        raise AssertionError(f"it ended without {shown.pattern}: {self._read}")

    def end(self, timeout: float = 90.0, *, given: str | None = None) -> Ended:
        """Wait for its end, with *given* on its standard input if it was started to read any."""
        out, err = self.process.communicate(self._given if given is None else given, timeout=timeout)
        return Ended(self.process.wait(), out, self._read + err, time.monotonic() - self._at)

    def kill(self) -> Ended:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        return self.end()


class Site:
    """A configuration with one connection, and its home folder.

    ``forked``: commands are processes that need not start anew, see ``forking``; where their time is measured, they do.
    """

    forked = True

    def __init__(
        self, folder: Path, simulator: Any, *, database: DatabaseAddress | None = None, **settings: object
    ) -> None:
        """*database*: where the state is, if not in the home."""
        self.folder = folder
        self.home = Home(folder=folder / "home")
        self.place = database or self.home.database
        self.environment: dict[str, str] = {}
        if database is not None:
            self.environment["JACKFIELD_DATABASE"] = database.url.reveal()
            self.environment["JACKFIELD_LEASE_SECONDS"] = str(database.term)
        folder.mkdir(parents=True, exist_ok=True)
        credentials = {key: getattr(simulator, key) for key in ("app_key", "app_secret", "refresh_token")}
        self.settings: dict[str, object] = {"connector": "dropbox", **credentials, "base_url": simulator.base_url}
        self.configure(**settings)

    def configure(self, **settings: object) -> None:
        """Write the configuration, with these keys changed; None removes one."""
        self.settings |= settings
        lines = [f"{key} = {json.dumps(value)}" for key, value in self.settings.items() if value is not None]
        text = "\n".join([f"[connections.{NAME}]", *lines]) + "\n"
        (self.folder / "jackfield.toml").write_text(text, encoding="utf-8")

    def start(self, *arguments: str, given: str | None = None, program: Sequence[str] = (JACKFIELD,)) -> Started:
        """Start ``jackfield ARGUMENT…`` (or *program*) in the folder, with *given* on its standard input."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("JACKFIELD")}
        environment |= self.environment
        command = [*program, "--home", str(self.home.folder), *arguments]
        if self.forked and forking.knows(command):
            begun = forking.start(command, folder=self.folder, environment=environment, given=given is not None)
            return Started(begun, given)
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        return Started(process, given)

    def run(self, *arguments: str, given: str | None = None, timeout: float = 90.0) -> Ended:
        """Run it to its end."""
        return self.start(*arguments, given=given).end(timeout)

    def sync(self, *arguments: str) -> Ended:
        """``jackfield sync`` with its result as JSON."""
        return self.run("sync", NAME, "--output", "json", *arguments)

    def history(self) -> list[Run]:
        """The recorded runs, the newest first."""
        with open_state(self.place) as state:
            return state.history(NAME)

    def files(self) -> set[str]:
        """The names of all files below the home folder."""
        return {str(file.relative_to(self.home.folder)) for file in self.home.folder.rglob("*") if file.is_file()}
