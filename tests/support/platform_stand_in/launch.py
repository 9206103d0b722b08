"""Starts the stand-in from a test, and speaks with its control routes."""

import json
import os
import select
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class ControlError(Exception):
    """The stand-in refused a control request; the message has its reason."""


class Control:
    """The control routes of a stand-in."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        # Never through a proxy of the environment.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """One control request; ControlError where it is refused."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._base_url}/control/{path}", data=data, method=method)
        try:
            with self._opener.open(request, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise ControlError(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def state(self) -> Json:
        """Settings, failures to come, and connections by protocol."""
        return self.send("GET", "state")

    def settings(self, **values: Any) -> Json:
        """Sets what is named; see ``state.Settings``."""
        return self.send("POST", "settings", values)

    def offer(
        self,
        kind: str,
        payload: Json | None = None,
        *,
        task_id: str | None = None,
        debug: bool = False,
        cancelled: bool = False,
    ) -> str:
        """Queues a task, whose payload is the JSON form of its message; the id that it has."""
        body = {"type": kind, "payload": payload, "id": task_id, "debug": debug, "cancelled": cancelled}
        return self.send("POST", "tasks", body)["id"]

    def task(self, task_id: str) -> Json:
        """Everything about a task."""
        return self.send("GET", f"tasks/{task_id}")

    def tasks(self) -> list[Json]:
        """All tasks, the oldest first."""
        return self.send("GET", "tasks")

    def cancel(self, task_id: str) -> Json:
        """Cancels a task: the next heartbeat is told so."""
        return self.send("POST", f"tasks/{task_id}/cancel")

    def deliver(self, task_id: str) -> Json:
        """Gives a task out once more, whatever its state."""
        return self.send("POST", f"tasks/{task_id}/deliver")

    def calls(self, method: str | None = None) -> list[Json]:
        """The calls so far, of one method or of all; those of the token endpoint have the method ``token``."""
        return [each for each in self.send("GET", "calls") if method in (None, each["method"])]

    def violations(self) -> list[Json]:
        """The rules that were broken."""
        return self.send("GET", "violations")

    def take_violations(self) -> list[Json]:
        """The rules that were broken, which are forgotten by this."""
        return self.send("DELETE", "violations")

    def fail(self, method: str, code: str | None = None, **more: Any) -> None:
        """Lets the next calls of *method* fail; see ``state.Failure``."""
        self.send("POST", "failures", {"method": method, "code": code, **more})

    def delay(self, method: str, seconds: float, **more: Any) -> None:
        """Delays the next calls of *method*."""
        self.fail(method, None, delay=seconds, **more)

    def drop_upload(self, after_bytes: int, *, code: str = "DROP", times: int = 1) -> None:
        """Cuts the connection of the next uploads in their middle, or ends them there with *code*."""
        self.fail("UploadAsset", code, after_bytes=after_bytes, times=times)

    def repair(self) -> None:
        """Nothing is to fail any more."""
        self.send("DELETE", "failures")

    def expire_tokens(self) -> int:
        """Makes every access token invalid; how many there were."""
        return self.send("POST", "tokens/expire")["expired"]

    def close_connections(self) -> int:
        """Cuts every connection; how many there were."""
        return self.send("POST", "connections/close")["closed"]

    def go_down(self, seconds: float) -> None:
        """Cuts every connection, and every new one for so many seconds."""
        self.send("POST", "down", {"seconds": seconds})

    def restarted(self) -> None:
        """The connector is a new process: it has to say hello first, again."""
        self.send("POST", "restarted")

    def reset(self) -> None:
        """Cuts every connection and forgets everything but the credentials."""
        self.send("POST", "reset")

    def wait(self, task_id: str, state: str = "finished", *, timeout: float = 30.0) -> Json:
        """The task, when it has this state; TimeoutError with what it looks like if it does not come to that."""
        return self.wait_for(lambda: self.task(task_id), lambda task: task["state"] == state, timeout=timeout)

    def wait_for(self, ask: Callable[[], Any], enough: Callable[[Any], bool], *, timeout: float = 30.0) -> Any:
        """What *ask* gives, when it is *enough*; TimeoutError with the last of it."""
        until = time.monotonic() + timeout
        while not enough(found := ask()):
            if time.monotonic() > until:
                raise TimeoutError(f"not within {timeout:g} s: {found}; violations: {self.violations()}")
            time.sleep(0.02)
        return found


class Platform(Control):
    """A stand-in that was started: where it listens, and what a connector is given."""

    def __init__(self, ready: Json) -> None:
        super().__init__(ready["control"])
        self.ready = ready
        self.address: str = ready["address"]
        self.host: str = ready["host"]
        self.ca_file = Path(ready["ca_file"])
        self.client_id: str = ready["client_id"]
        self.client_secret: str = ready["client_secret"]
        self.folder = Path(ready["folder"])


@contextmanager
def spawn(*arguments: str, clean: bool = True, timeout: float = 60.0) -> Generator[Platform]:
    """Starts a stand-in with these arguments and ends it afterwards.

    With *clean* it is an AssertionError if violations are left at the end; ``take_violations`` takes the expected ones.
    """
    command = [sys.executable, "-m", "platform_stand_in", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if not select.select([process.stdout], [], [], timeout)[0]:
                raise TimeoutError(f"the stand-in was not ready within {timeout:g} s")
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"the stand-in ended with status {process.wait(timeout)} before it was ready")
            platform = Platform(json.loads(line))
            yield platform
            left = platform.violations() if clean else []
            assert left == [], f"the platform's rules were broken: {json.dumps(left, indent=1)}"
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
