"""Syncs to come, as durable workflows of DBOS: delayed, queued, and gone on with after a kill.

Promises that of one connection one sync waits, that what was cut off is begun again at the next start, and that several hosts
on one database share the work. Hides DBOS.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from dbos import DBOS, DBOSConfig, Serializer, SetEnqueueOptions, SetWorkflowID

from jackfield.config import Secret
from jackfield.log import Logger

QUEUE = "jackfield-syncs"
WORKFLOW = "jackfield.sync"
VERSION = "1"
"""Of the workflow: one of another version is not gone on with. It is raised where the steps or their arguments change."""
_WAITING = ("DELAYED", "ENQUEUED")
_KEPT_SECONDS = 7 * 86400
_LOST_SECONDS = 10.0
"""For so long a sync that is to go on here may be seen with nobody who carries it out."""
_IDLE_SECONDS = 10.0
"""A host that was stopped in the middle of a transaction keeps the others waiting no longer than this."""
_TRACEBACK = "Traceback (most recent call last):"
_TELL_AGAIN, _KINDS = 60.0, 100


class Stopping(BaseException):
    """The host ends: the workflow stays as it is, to be gone on with."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One sync that waits, or goes on: the workflow, when it is due, by which schedule, and on which host it runs.

    ``lost``: it goes on here by the record, and no thread carries it out: how it ended could not be recorded.
    """

    workflow: str
    connection: str
    due: str
    schedule: str
    attempt: int
    running: bool
    host: str | None
    lost: bool = False


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync led to: when the next one is due, by which schedule, and which try at it that is; None for never."""

    due: datetime | None
    schedule: str = ""
    attempt: int = 0


class _Json(Serializer):
    """What DBOS keeps is JSON: nothing that is read from a shared database is ever run."""

    def serialize(self, data: Any) -> str:
        return msgspec.json.encode(data, enc_hook=_plain).decode()

    def deserialize(self, serialized_data: str) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return msgspec.json.decode(serialized_data)

    def name(self) -> str:
        return "jackfield_json"


def _plain(value: object) -> object:
    return f"{type(value).__name__}: {value}" if isinstance(value, BaseException) else str(value)


class Durable:
    """The workflows of this host, from ``launch`` to ``close``."""

    def __init__(
        self, address: Secret, *, host: str, at_once: int, sync: Callable[[str, int], Report], log: Logger
    ) -> None:
        self._address = address
        self._host = host
        self._at_once = at_once
        self._sync = sync
        self._log = log
        self._workflow: Callable[[str, str, str, int], None] | None = None
        self._going = Counter[str]()
        self._missed: dict[str, float] = {}

    def launch(self) -> None:
        """Begin; what was cut off on this host goes on. Raises what the database raises."""
        config: DBOSConfig = {
            "name": "jackfield",
            "system_database_url": self._address.reveal(),
            "executor_id": self._host,
            "application_version": VERSION,
            "serializer": _Json(),
            "log_level": "WARNING",
            "sys_db_idle_transaction_timeout_sec": _IDLE_SECONDS,
            "enable_otlp": False,
        }
        _quiet(self._log)
        DBOS(config=config)

        @DBOS.workflow(name=WORKFLOW)
        def sync(connection: str, due: str, schedule: str, attempt: int) -> None:
            with self._goes_on(str(DBOS.workflow_id)):
                plan = cast(
                    "Mapping[str, Any]",
                    DBOS.run_step({"name": "sync"}, lambda: msgspec.to_builtins(self._sync(connection, attempt))),
                )
                report = msgspec.convert(plan, Report)
                if report.due is not None:
                    self.plan(connection, report.due, report.schedule, attempt=report.attempt)

        self._workflow = sync
        DBOS.launch()
        DBOS.register_queue(
            QUEUE, worker_concurrency=self._at_once, polling_interval_sec=0.5, on_conflict="always_update"
        )

    def close(self) -> None:
        """End; what goes on stays to be gone on with."""
        DBOS.destroy()

    def plan(self, connection: str, due: datetime, schedule: str, *, attempt: int = 0) -> None:
        """Let one sync wait until *due*; one of the same moment is the same."""
        if self._workflow is None:
            raise RuntimeError("nothing was launched")
        at = due.astimezone(UTC).isoformat(timespec="seconds")
        delay = max((due - datetime.now(UTC)).total_seconds(), 0.0)
        id = f"sync:{connection}:{at}:{attempt}"
        with SetWorkflowID(id), SetEnqueueOptions(delay_seconds=delay):
            DBOS.enqueue_workflow(QUEUE, self._workflow, connection, at, schedule, attempt)

    @contextmanager
    def _goes_on(self, workflow: str) -> Generator[None]:
        self._going[workflow] += 1
        try:
            yield
        finally:
            self._going -= Counter((workflow,))

    def _is_lost(self, workflow: str, now: float) -> bool:
        """Whether a workflow that is to run here does not, and has not for a while: one that begins or ends takes a moment."""
        since = now if self._going[workflow] else self._missed.get(workflow, now)
        self._missed[workflow] = since
        return now - since > _LOST_SECONDS

    def waiting(self) -> dict[str, list[Waiting]]:
        """The syncs that wait or go on, by connection."""
        found: dict[str, list[Waiting]] = {}
        now, missed = time.monotonic(), set[str]()
        for each in DBOS.list_workflows(name=WORKFLOW, status=[*_WAITING, "PENDING"], load_output=False):
            arguments = (each.input or {}).get("args", ()) if each.input is not None else ()
            if len(arguments) != 4:
                continue
            connection, due, schedule, attempt = arguments
            ours = each.status == "PENDING" and each.executor_id == self._host
            missed |= {each.workflow_id} if ours else set()
            one = Waiting(
                workflow=each.workflow_id,
                connection=str(connection),
                due=str(due),
                schedule=str(schedule),
                attempt=int(attempt),
                running=each.status == "PENDING",
                host=each.executor_id,
                lost=ours and self._is_lost(each.workflow_id, now),
            )
            found.setdefault(one.connection, []).append(one)
        for gone in self._missed.keys() - missed:
            del self._missed[gone]
        return found

    def drop(self, one: Waiting) -> None:
        """Let a sync that waits, or whose host is gone, wait no more; one that waited may be planned for that moment again."""
        DBOS.cancel_workflow(one.workflow)
        if not one.running:
            DBOS.delete_workflow(one.workflow)

    def tidy(self, now: datetime) -> None:
        """Forget what ended a week ago."""
        before = datetime.fromtimestamp(now.timestamp() - _KEPT_SECONDS, UTC).isoformat()
        old = DBOS.list_workflows(
            name=WORKFLOW,
            status=["SUCCESS", "ERROR", "CANCELLED"],
            end_time=before,
            limit=1000,
            load_input=False,
            load_output=False,
        )
        for each in old:
            DBOS.delete_workflow(each.workflow_id)


def _quiet(log: Logger) -> None:
    """Let what DBOS logs go the way of all other logs."""
    logger = logging.getLogger("dbos")
    if not any(isinstance(each, Passing) for each in logger.handlers):
        logger.addHandler(Passing(log))
        logger.propagate = False


class Passing(logging.Handler):
    """Passes warnings of DBOS on: one line without a traceback for each, and each kind once a minute.

    While a database is away, each of its threads tells so every second; all of it is logged as *debug*.
    """

    def __init__(self, log: Logger, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(logging.WARNING)
        self._log = log
        self._monotonic = monotonic
        self._told: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        said = record.getMessage()
        what, _, trace = said.partition(_TRACEBACK)
        error = record.exc_info[1] if record.exc_info else None
        why = f"{type(error).__name__}: {error}" if error is not None else _last(trace)
        line = " ".join(f"{_first(what)}{f': {_first(why)}' if why else ''}".split())
        kind, now = what.partition(":")[0], self._monotonic()
        if now - self._told.get(kind, -_TELL_AGAIN) >= _TELL_AGAIN:
            if len(self._told) >= _KINDS:
                self._told.clear()
            self._told[kind] = now
            self._log.warning(line, library="dbos")
        facts: dict[str, Any] = {"exc_info": record.exc_info} if record.exc_info else {}
        self._log.debug("dbos says", library="dbos", said=said, **facts)


def _first(text: str) -> str:
    return text.strip().rstrip(":").partition("\n")[0].strip()


def _last(trace: str) -> str:
    """The error that a traceback ends with."""
    lines = [each for each in trace.splitlines() if each and not each[0].isspace() and not each.startswith("(")]
    return lines[-1] if lines else ""
