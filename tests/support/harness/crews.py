"""Several hosts that serve from one folder, killed, stopped and started again at random."""

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from .serving import Server


class Crew:
    """The hosts, by number; who is killed is started again, as whatever supervises a service would."""

    def __init__(
        self, folder: Path, environment: Callable[[int], dict[str, str]], hosts: int, rng: random.Random, term: float
    ) -> None:
        self._folder = folder
        self._environment = environment
        self._rng = rng
        self._term = term
        self._hosts: dict[int, Server | None] = dict.fromkeys(range(hosts))
        self._past: list[Server] = []
        self._wake: dict[int, float] = {}
        self._start: dict[int, float] = {}
        self._next = 0.0
        self.kills = self.stops = self.long_stops = 0
        self.codes = Counter[int]()

    @property
    def troubles(self) -> int:
        """How often one was killed or stopped."""
        return self.kills + self.stops + self.long_stops

    def start_all(self) -> None:
        """Start every host, and wait until each serves."""
        for number in self._hosts:
            self._begin(number)
        for server in self._servers():
            server.logged("serving")
        self._next = time.monotonic() + 1.0

    def _servers(self) -> list[Server]:
        return [each for each in self._hosts.values() if each is not None]

    def _begin(self, number: int) -> None:
        self._hosts[number] = Server(self._folder, environment=self._environment(number))

    def tend(self) -> None:
        """Wake whom it is time to wake, and start anew who has ended."""
        now = time.monotonic()
        for number, server in self._hosts.items():
            if server is not None and number in self._wake and now >= self._wake[number]:
                del self._wake[number]
                server.process.send_signal(signal.SIGCONT)
            if server is not None and server.process.poll() is not None:
                self._ended(number, server)
                self._start.setdefault(number, now + 1.0)
            if self._hosts[number] is None and now >= self._start.get(number, now):
                self._start.pop(number, None)
                self._begin(number)

    def _ended(self, number: int, server: Server) -> None:
        self.codes[server.process.wait(10)] += 1
        server.closed()
        self._past.append(server)
        self._hosts[number] = None
        self._wake.pop(number, None)

    def trouble(self) -> None:
        """Tend them; now and then kill one that serves, or stop it for shorter or longer than its locks last."""
        self.tend()
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._rng.uniform(0.5, 4.0)
        number = self._rng.choice(list(self._hosts))
        server = self._hosts[number]
        if server is None or number in self._wake:
            return
        if (lot := self._rng.random()) < 0.4:
            server.process.send_signal(signal.SIGKILL)
            self._start[number] = now + self._rng.uniform(0.2, 4.0)
            self.kills += 1
        else:
            server.process.send_signal(signal.SIGSTOP)
            long = lot > 0.9
            pause = self._rng.uniform(4.0, 7.0) if long else self._rng.uniform(0.2, 2.5)
            self._wake[number] = now + pause * self._term
            self.long_stops += long
            self.stops += not long

    def calm(self) -> None:
        """Trouble them no more: all are awake and serve."""
        while any(each is None for each in self._hosts.values()) or self._wake:
            self.tend()
            time.sleep(0.1)
        for server in self._servers():
            server.logged("serving")

    def until_synced(self, connection: str, since: float) -> None:
        """Wait until a host has synced it after that time."""
        until = time.monotonic() + 120
        while not any(each > since for each in self.times("synced", connection)):
            assert time.monotonic() < until, self.last_words()
            self.tend()
            time.sleep(0.2)

    def end_all(self) -> tuple[float, ...]:
        """End each by SIGTERM; the seconds that each took."""
        took: list[float] = []
        for number, server in list(self._hosts.items()):
            if server is not None:
                took.append(server.end())
                self._ended(number, server)
        return tuple(took)

    def kill_all(self) -> None:
        """End whatever is left."""
        for number, server in list(self._hosts.items()):
            if server is not None:
                server.process.kill()
                self._ended(number, server)

    # --- what they logged ---------------------------------------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        """What all of them logged, each by itself."""
        return [line for server in (*self._past, *self._servers()) for line in list(server.lines)]

    def events(self, event: str) -> list[dict[str, Any]]:
        """What they logged of one event."""
        named = f'"event":"{event}"', f'"event": "{event}"'
        return [json.loads(line) for line in self.lines if any(each in line for each in named)]

    def times(self, event: str, connection: str) -> list[float]:
        """When that was logged of a connection."""
        return [
            datetime.fromisoformat(each["timestamp"]).timestamp()
            for each in self.events(event)
            if each.get("connection") == connection
        ]

    def logged(self, text: str) -> int:
        """In how many lines that stands."""
        return sum(text in line for line in self.lines)

    def tracebacks(self) -> list[str]:
        """The lines with a traceback."""
        return [line for line in self.lines if "Traceback" in line]

    def last_words(self) -> str:
        """The last lines of each that ended, and of each that serves."""
        return "\n\n".join("\n".join(server.lines[-8:]) for server in (*self._past[-6:], *self._servers()))
