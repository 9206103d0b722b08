"""``jackfield serve`` as a process: what it logs, and what it answers about its health."""

import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from . import forking
from .forking import JACKFIELD

_PATIENCE = 90.0
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answered(NamedTuple):
    """One answer of health."""

    status: int
    text: str


class Server:
    """A host that serves. Its log is read line by line as it comes."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
        forked: bool = True,
    ) -> None:
        """*before*: the beginning of a command line that runs what follows it.

        *forked*: the process need not start anew, see ``forking``; where its memory is measured, it does.
        """
        variables = {key: value for key, value in os.environ.items() if not key.startswith(("JACKFIELD", "BATON"))}
        variables |= {"JACKFIELD_SERVE__HEALTH_PORT": "0"} | dict(environment or {})
        command = [*before, JACKFIELD, "--home", str(folder / "home"), "serve", *arguments]
        self.process: subprocess.Popen[str] | forking.Forked
        # What is loaded before a program counts when one starts.
        if forked and forking.knows(command) and not before and "LD_PRELOAD" not in variables:
            self.process = forking.start(command, folder=folder, environment=variables)
        else:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._more:
                self.lines.append(line.rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self._more.notify_all()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of the log that are JSON."""
        return [json.loads(line) for line in list(self.lines) if line.startswith("{")]

    def until(self, wanted: Callable[[dict[str, Any]], bool], patience: float = _PATIENCE) -> dict[str, Any]:
        """Wait for a line of the log; gives the first that is *wanted*."""
        end = time.monotonic() + patience
        seen = 0
        with self._more:
            while True:
                for line in self.lines[seen:]:
                    if line.startswith("{") and wanted(event := json.loads(line)):
                        return event
                seen = len(self.lines)
                left = end - time.monotonic()
                if left <= 0 or (not self._reader.is_alive() and self.process.poll() is not None):
                    raise AssertionError("it was not logged:\n" + "\n".join(self.lines[-40:]))
                self._more.wait(min(left, 0.5))

    def logged(self, event: str, **facts: object) -> dict[str, Any]:
        """Wait for a line of the log with this event and these facts."""
        return self.until(lambda one: one.get("event") == event and facts.items() <= one.items())

    def count(self, event: str, **facts: object) -> int:
        """How often that was logged by now."""
        return sum(1 for one in self.events if one.get("event") == event and facts.items() <= one.items())

    @property
    def port(self) -> int:
        """Where health is answered."""
        return int(self.logged("health is answered")["port"])

    def ask(self, what: str) -> Answered:
        """One answer of health, whatever its status."""
        try:
            with _OPENER.open(f"http://127.0.0.1:{self.port}/{what}", timeout=30) as answer:
                return Answered(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answered(error.code, error.read().decode())

    def health(self) -> dict[str, Any]:
        """All that is known of its health."""
        return json.loads(self.ask("health").text)

    def metric(self, name: str, **labels: str) -> float | None:
        """The value of one metric, None if there is none."""
        inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
        begin = f"{name}{{{inside}}} " if inside else f"{name} "
        found = (line for line in self.ask("metrics").text.splitlines() if line.startswith(begin))
        return next((float(line.rpartition(" ")[2]) for line in found), None)

    def end(self, sign: signal.Signals = signal.SIGTERM, timeout: float = 30.0) -> float:
        """Send it that signal and wait; how many seconds that took."""
        began = time.monotonic()
        self.process.send_signal(sign)
        self.process.wait(timeout)
        self._reader.join(10)
        return time.monotonic() - began

    def closed(self) -> None:
        """Read what is left of its log, after its end, and close the pipes."""
        self._reader.join(10)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


@contextmanager
def serving(
    folder: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    forked: bool = True,
) -> Generator[Server]:
    """A host that serves from *folder* for as long as the block lasts; killed if it has not ended by then."""
    server = Server(folder, *arguments, environment=environment, before=before, forked=forked)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait(10)
        server.closed()


def configuration(simulators: Mapping[str, Any], *, serve: str = "", **settings: object) -> str:
    """The text of a configuration: a connection for each of *simulators*, by its name."""
    parts = [f"[serve]\n{serve}"]
    for name, each in simulators.items():
        own = {"connector": "dropbox", "base_url": each.base_url, **settings}
        own |= {key: getattr(each, key) for key in ("app_key", "app_secret", "refresh_token") if key not in settings}
        parts.append(
            "\n".join([f"[connections.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in own.items())])
        )
    return "\n\n".join(parts) + "\n"
