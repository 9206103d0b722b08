"""What the stand-in knows while it runs: settings, tasks, failures to come, calls and violations."""

import re
import secrets
import string
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from .credentials import Credentials, Tokens
from .messages import BATON, as_json, from_json

TASK_ID = re.compile(r"[a-zA-Z0-9]{27}")
METHODS = ("Hello", "GetTask", "GetTasks", "Heartbeat", "FinishTask", "UploadAsset", "StartDebugging")


@dataclass
class Settings:
    """What a test may set while the stand-in runs."""

    next_poll: float | None = 0.1
    """Seconds told with each GetTask answer; null leaves the field out."""
    next_heartbeat: float | None = 1.0
    """Seconds told with tasks and heartbeats; null leaves the field out."""
    lease: float | None = 10.0
    """A task of which nothing is heard for so many seconds is offered again; null: never."""
    idle: str = "empty"
    """How an answer without work looks: ``empty``, or a task of the type ``none``."""
    token_lifetime: float = 3600.0
    """``expires_in`` of each new token."""
    token_type: str = "bearer"
    """``token_type`` of each new token; a client capitalises it."""
    allowed: list[str] = field(default_factory=list[str])
    """Rules of which a breach is noted with its call, but is no violation and is answered as if all were well."""

    def change(self, values: dict[str, Any]) -> None:
        """Sets what is named; ValueError for what is no setting."""
        unknown = sorted(set(values) - {each.name for each in fields(self)})
        if unknown:
            raise ValueError(f"no such setting: {', '.join(unknown)}")
        for name, value in values.items():
            setattr(self, name, value)
        if self.idle not in ("empty", "none"):
            raise ValueError(f"idle is empty or none, not {self.idle}")


@dataclass
class Failure:
    """Something that is to happen to the next calls of a method."""

    method: str
    """A method of the service, ``token``, or ``*`` for every method of the service."""
    code: str | None = None
    """A gRPC code by name, ``DROP`` to cut the connection, an HTTP status for ``token``; null: only the delay."""
    times: int = 1
    skip: int = 0
    """So many calls pass first."""
    when: str = "before"
    """``before`` the effect or ``after`` it."""
    after_bytes: int | None = None
    """UploadAsset only: in the middle, when so many bytes have come."""
    delay: float = 0.0
    """Seconds before the call is looked at, or before its answer with ``when`` = ``after``."""
    task_id: str | None = None
    """Only calls about this task."""

    def __post_init__(self) -> None:
        if self.method not in (*METHODS, "token", "*"):
            raise ValueError(f"no such method: {self.method}")
        if self.when not in ("before", "after"):
            raise ValueError(f"when is before or after, not {self.when}")


@dataclass
class Task:
    """A task of the platform, and all that a connector has sent about it."""

    id: str
    type: str
    message: Any
    queued: bool = True
    """It waits to be given out."""
    forced: bool = False
    """It is to be given out again whatever becomes of it meanwhile."""
    rounds: int = 1
    """How many times it is to be finished: more than once only if it was given out when it was finished."""
    cancelled: bool = False
    cancel_told: int | None = None
    """With the how manieth heartbeat it was told that the task is cancelled, from 1."""
    deliveries: list[float] = field(default_factory=list[float])
    hellos: int = 0
    heartbeats: list[float] = field(default_factory=list[float])
    answered_beats: int = 0
    next_beat_from: float = 0.0
    """A heartbeat before this moment comes too early."""
    uploads: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    finishes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    last_sign: float = 0.0
    finished_at: float = 0.0

    @property
    def finished(self) -> bool:
        """Whether the platform holds it for done, and offers it no more."""
        if self.type == "none":
            return bool(self.deliveries)
        return len(self.finishes) + self.hellos >= self.rounds

    @property
    def dropped(self) -> bool:
        """Whether the connector was told that the task is cancelled, and owes nothing more but a FinishTask."""
        return self.cancel_told is not None and not self.finished

    @property
    def state(self) -> str:
        """``queued``, ``offered``, ``cancelled`` (and told so) or ``finished``."""
        if self.queued:
            return "queued"
        if self.finished:
            return "finished"
        return "cancelled" if self.dropped else "offered"

    @property
    def good_uploads(self) -> int:
        """How many uploads were complete and right and told so."""
        return sum(each["state"] == "complete" for each in self.uploads)

    def told(self) -> dict[str, Any]:
        """Everything about the task as JSON."""
        return {
            "id": self.id,
            "type": self.type,
            "task": as_json(self.message),
            "state": self.state,
            "cancelled": self.cancelled,
            "cancel_told": self.cancel_told,
            "deliveries": self.deliveries,
            "hellos": self.hellos,
            "heartbeats": self.heartbeats,
            "uploads": self.uploads,
            "finishes": self.finishes,
        }


@dataclass
class State:
    """All of it; only the event loop of the stand-in touches it."""

    credentials: Credentials
    folder: Path
    begun_with: dict[str, Any] = field(default_factory=dict[str, Any])
    """The settings of the start."""
    settings: Settings = field(default_factory=Settings)
    tokens: Tokens = field(default_factory=Tokens)
    tasks: dict[str, Task] = field(default_factory=dict[str, Task])
    failures: list[Failure] = field(default_factory=list[Failure])
    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    violations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    greeted: set[str] = field(default_factory=set[str])
    """The host ids that have said hello."""
    poll_from: dict[str, float] = field(default_factory=dict[str, float])
    """Before this moment a poll of the host id comes too early."""
    poll_errors: dict[str, int] = field(default_factory=dict[str, int])
    """How many polls of the host id in a row were answered with an error."""

    def __post_init__(self) -> None:
        self.settings.change(self.begun_with)

    def reset(self) -> None:
        """Forgets everything but the credentials."""
        fresh = State(self.credentials, self.folder, self.begun_with)
        for each in fields(self):
            setattr(self, each.name, getattr(fresh, each.name))

    def begin(self, method: str, **known: Any) -> dict[str, Any]:
        """Notes a call, whatever becomes of it."""
        call = {"n": len(self.calls) + 1, "time": time.time(), "method": method, **known}
        self.calls.append(call)
        return call

    def violate(self, rule: str, text: str, call: dict[str, Any]) -> bool:
        """Notes that a call breaks a rule, unless the test allows it; whether it is a violation."""
        call.setdefault("breaches", []).append(f"{rule}: {text}")
        if rule in self.settings.allowed:
            return False
        noted = {"rule": rule, "text": text, "method": call["method"], "call": call["n"], "time": time.time()}
        self.violations.append(noted)
        return True

    def add(self, kind: str, payload: dict[str, Any], *, task_id: str | None, debug: bool) -> Task:
        """A new task that waits to be given out; ValueError where the payload does not fit the type."""
        task_id = task_id or "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(27))
        if not TASK_ID.fullmatch(task_id):
            raise ValueError(f"a task id has 27 letters and digits: {task_id!r}")
        if task_id in self.tasks:
            raise ValueError(f"there is a task {task_id} already")
        message = from_json(f"{BATON}Task", {"id": task_id, "status": "STATUS_PENDING", kind: payload, "debug": debug})
        if message.WhichOneof("task_type") != kind:
            raise ValueError(f"no such type of task: {kind}")
        task = Task(id=task_id, type=kind, message=message)
        self.tasks[task_id] = task
        return task

    def settle(self, task: Task) -> None:
        """Notes that a task is finished; it leaves the queue if it was put back into it for want of news."""
        task.finished_at = time.monotonic()
        task.queued = task.queued and task.forced

    def renew(self) -> None:
        """Puts tasks of which nothing was heard for the length of the lease back into the queue."""
        lease = self.settings.lease
        for task in self.tasks.values():
            if lease is not None and task.state == "offered" and time.monotonic() - task.last_sign > lease:
                task.queued = True

    def take(self, limit: int, known: Iterable[str] = ()) -> list[Task]:
        """Gives out tasks that wait, the oldest first, at most *limit* of them."""
        self.renew()
        passed_over = set(known)
        taken = [each for each in self.tasks.values() if each.queued and each.id not in passed_over][:limit]
        for task in taken:
            task.rounds += task.finished
            task.queued = task.forced = False
            task.deliveries.append(time.time())
            task.last_sign = time.monotonic()
            task.next_beat_from = 0.0
        return taken

    def fail(self, values: dict[str, Any]) -> Failure:
        """Notes a failure to come; ValueError where it is none."""
        try:
            failure = Failure(**values)
        except TypeError as error:
            raise ValueError(str(error)) from error
        self.failures.append(failure)
        return failure

    def due(self, method: str, when: str, task_id: str | None = None) -> Failure | None:
        """The failure that is to happen to this call now, if any; it is used up by this.

        Failures in the middle of an upload are asked for with the moment ``middle``.
        """
        for failure in self.failures:
            moment = failure.when if failure.after_bytes is None else "middle"
            every = failure.method == "*" and method != "token"
            if (failure.method == method or every) and moment == when and failure.task_id in (None, task_id):
                if failure.skip > 0:
                    failure.skip -= 1
                    continue
                failure.times -= 1
                if failure.times <= 0:
                    self.failures.remove(failure)
                return failure
        return None

    def told(self) -> dict[str, Any]:
        """Settings and failures to come, as JSON."""
        return {"settings": asdict(self.settings), "failures": [asdict(each) for each in self.failures]}


def seconds(message: Any, name: str, value: float | None) -> None:
    """Writes a duration of so many seconds into the field; null leaves it out."""
    if value is not None:
        duration = getattr(message, name)
        duration.SetInParent()
        duration.seconds, duration.nanos = int(value), round((value - int(value)) * 1e9)


def text_of(value: Any) -> str:
    """The text of a metadata value, which gRPC gives as text or as bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else cast("str", value)
