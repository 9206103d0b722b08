"""Starts a simulator in a process of its own, and talks to its control routes; needs the standard library only."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

_OPENER_TIMEOUT = 60.0


class ControlError(Exception):
    """The simulator refused an order; the message says why."""


class Control:
    """A client of the control routes of a running simulator."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        # Loopback never goes through the proxy of the environment.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, method: str, name: str, body: Any = None) -> Any:
        """One control request; gives the decoded answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base_url}/_sim/{name}", data=data, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=_OPENER_TIMEOUT) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise ControlError(f"{method} {name}: {error.code} {error.read().decode()}") from error

    def truth(self) -> dict[str, Any]:
        """All that is true of the team now."""
        return self.send("GET", "truth")

    def requests(self) -> dict[str, Any]:
        """The requests since the last reset."""
        return self.send("GET", "requests")

    def reset_requests(self) -> None:
        """Forgets the requests; the index starts at 0 again."""
        self.send("DELETE", "requests")

    def fault_kinds(self) -> list[dict[str, Any]]:
        """The catalogue of faults."""
        return self.send("GET", "fault-kinds")

    def fault(
        self, kind: str, *, at: int | None = None, route: str | None = None, times: int | None = None, **params: Any
    ) -> dict[str, Any]:
        """Orders a fault; `when` ("before" or "after" the effect) is one of the parameters."""
        return self.send("POST", "faults", {"kind": kind, "at": at, "route": route, "times": times, **params})

    def faults(self) -> list[dict[str, Any]]:
        """The ordered faults, with how often each has fired."""
        return self.send("GET", "faults")

    def clear_faults(self) -> None:
        """Takes back all faults."""
        self.send("DELETE", "faults")

    def change(self, *mutations: dict[str, Any]) -> list[str]:
        """Changes the team; gives the ids that were touched."""
        return self.send("POST", "team", list(mutations))["ids"]

    def churn(self, *, every: int, seed: int = 1, joins: int = 1, leaves: int = 1, moves: int = 1) -> None:
        """Starts a churn."""
        self.send("POST", "churn", {"every": every, "seed": seed, "joins": joins, "leaves": leaves, "moves": moves})

    def stop_churn(self) -> None:
        """Ends the churn."""
        self.send("DELETE", "churn")

    def mark(self) -> None:
        """Starts observing."""
        self.send("POST", "mark")

    def observed(self) -> dict[str, Any]:
        """What was always and what was ever true since the mark."""
        return self.send("GET", "observed")

    def settings(self, **values: Any) -> dict[str, Any]:
        """Changes settings; gives all of them."""
        return self.send("POST", "settings", values) if values else self.send("GET", "settings")

    def behave(self, **switches: str) -> dict[str, Any]:
        """Sets switches of `Behaviour`; gives all of them, and under `victims` whose records they break."""
        return self.send("POST", "behaviour", switches) if switches else self.send("GET", "behaviour")

    def behave_as_documented(self) -> None:
        """Sets all switches as they are by default."""
        self.send("DELETE", "behaviour")

    def effects(self) -> dict[str, Any]:
        """The write calls and their side effects since the last reset, counted."""
        return self.send("GET", "effects")

    def reset_effects(self) -> None:
        """Counts write calls and side effects from 0 again."""
        self.send("DELETE", "effects")

    def force(self, route: str, tag: str, *, times: int | None = 1, **more: Any) -> dict[str, Any]:
        """Forces an outcome; more: `where`, `value`, `email`, `applied`."""
        return self.send("POST", "outcomes", {"route": route, "tag": tag, "times": times, **more})

    def outcomes(self) -> list[dict[str, Any]]:
        """The forced outcomes, with how often each has come."""
        return self.send("GET", "outcomes")

    def clear_outcomes(self) -> None:
        """Takes back all forced outcomes."""
        self.send("DELETE", "outcomes")

    def hold(self, route: str | None = None, when: str = "before", *, skip: int = 0) -> int:
        """Holds a call of the route (or any write) before its effect, or after it and before the answer; gives an id."""
        return self.send("POST", "holds", {"route": route, "when": when, "skip": skip})["id"]

    def holds(self) -> list[dict[str, Any]]:
        """All holds."""
        return self.send("GET", "holds")

    def wait_held(self, hold: int, *, timeout: float = 60.0) -> dict[str, Any]:
        """Waits until the hold holds its call."""
        return self._wait_hold(hold, lambda one: one["state"] == "held", timeout)

    def wait_gone(self, hold: int, *, timeout: float = 60.0) -> dict[str, Any]:
        """Waits until the client of a held call has gone."""
        return self._wait_hold(hold, lambda one: one["client_gone"], timeout)

    def release(self, hold: int, *, apply: bool = True) -> None:
        """Lets a held call go on, even when its client has gone; or be lost."""
        self.send("POST", "release", {"id": hold, "apply": apply})

    def clear_holds(self) -> None:
        """Forgets all holds; calls that are held are lost."""
        self.send("DELETE", "holds")

    def advance(self, seconds: float) -> None:
        """Lets time pass for the team, its jobs and its lagging reads."""
        self.send("POST", "clock", {"advance": seconds})

    def _wait_hold(self, hold: int, wanted: Callable[[dict[str, Any]], bool], timeout: float) -> dict[str, Any]:
        until = time.monotonic() + timeout
        while True:
            found = next(one for one in self.holds() if one["id"] == hold)
            if wanted(found):
                return found
            if time.monotonic() > until:
                raise TimeoutError(f"after {timeout:g} s hold {hold} is still {found}")
            time.sleep(0.005)

    def expire(self) -> None:
        """Expires all access tokens."""
        self.send("POST", "expire")

    def forget_cursors(self) -> None:
        """Lets all cursors lapse that were given until now."""
        self.send("POST", "forget")

    def consent(self, **query: str) -> str:
        """Plays the admin who consents without a redirect; gives the code."""
        asked = urllib.parse.urlencode({"response_type": "code", **query})
        with self._opener.open(f"{self.base_url}/oauth2/authorize?{asked}", timeout=_OPENER_TIMEOUT) as answer:
            page = answer.read().decode()
        return page.partition('id="auth-code">')[2].partition("<")[0]


class Spawned(Control):
    """A simulator in a process of its own."""

    def __init__(self, ready: dict[str, Any], process: subprocess.Popen[bytes]) -> None:
        super().__init__(ready["base_url"])
        self.ready = ready
        self.process = process
        self.app_key: str = ready["app_key"]
        self.app_secret: str = ready["app_secret"]
        self.refresh_token: str = ready["refresh_token"]


@contextmanager
def spawn(*arguments: str, timeout: float = 60.0) -> Generator[Spawned]:
    """Starts a simulator with these command line arguments, waits until it is ready, and ends it afterwards."""
    command = [sys.executable, "-m", __name__.rpartition(".")[0], "--end-with-stdin", *arguments]
    # When this process dies, its end of the pipe closes, and the simulator ends, too.
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
    try:
        yield Spawned(json.loads(_first_line(process, timeout)), process)
    finally:
        end(process)


def _first_line(process: subprocess.Popen[bytes], timeout: float) -> bytes:
    assert process.stdout is not None  # noqa: S101
    line, until = b"", time.monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, until - time.monotonic())):
                raise TimeoutError(f"the simulator was not ready within {timeout:g} s")
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                raise RuntimeError(f"the simulator ended with status {process.wait()} before it was ready")
            line += chunk
    return line


def end(process: subprocess.Popen[bytes]) -> None:
    """End a simulator's process, within five seconds by its own doing, and close what is written to it and read of it."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
