"""Syncs to come, as durable workflows of DBOS: delayed, queued, and gone on with after a kill.

Promises that of one connection one sync waits, that what was cut off is begun again at the next start, and that several hosts
on one database share the work. Hides DBOS.
"""

import logging
from collections.abc import Callable, Mapping
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


class Stopping(BaseException):
    """The host ends: the workflow stays as it is, to be gone on with."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One sync that waits, or goes on: the workflow, when it is due, by which schedule, and on which host it runs.

    ``lost``: it is said to go on at this host, and does not; its end could not be written, where the database was away.
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
        self._going: set[str] = set()
        self._doubted: set[str] = set()

    def launch(self) -> None:
        """Begin; what was cut off on this host goes on. Raises what the database raises."""
        config: DBOSConfig = {
            "name": "jackfield",
            "system_database_url": self._address.reveal(),
            "executor_id": self._host,
            "application_version": VERSION,
            "serializer": _Json(),
            "log_level": "WARNING",
            "enable_otlp": False,
        }
        _quiet(self._log)
        DBOS(config=config)

        @DBOS.workflow(name=WORKFLOW)
        def sync(connection: str, due: str, schedule: str, attempt: int) -> None:
            id = DBOS.workflow_id or ""
            self._going.add(id)
            try:
                plan = cast(
                    "Mapping[str, Any]",
                    DBOS.run_step({"name": "sync"}, lambda: msgspec.to_builtins(self._sync(connection, attempt))),
                )
                report = msgspec.convert(plan, Report)
                if report.due is not None:
                    self.plan(connection, report.due, report.schedule, attempt=report.attempt)
            finally:
                self._going.discard(id)

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

    def waiting(self) -> dict[str, list[Waiting]]:
        """The syncs that wait or go on, by connection. One is lost that was not found going on here the time before either."""
        found: dict[str, list[Waiting]] = {}
        doubted: set[str] = set()
        for each in DBOS.list_workflows(name=WORKFLOW, status=[*_WAITING, "PENDING"], load_output=False):
            arguments = (each.input or {}).get("args", ()) if each.input is not None else ()
            if len(arguments) != 4:
                continue
            connection, due, schedule, attempt = arguments
            idle = each.status == "PENDING" and each.executor_id == self._host and each.workflow_id not in self._going
            if idle:
                doubted.add(each.workflow_id)
            one = Waiting(
                workflow=each.workflow_id,
                connection=str(connection),
                due=str(due),
                schedule=str(schedule),
                attempt=int(attempt),
                running=each.status == "PENDING",
                host=each.executor_id,
                lost=idle and each.workflow_id in self._doubted,
            )
            found.setdefault(one.connection, []).append(one)
        self._doubted = doubted
        return found

    def drop(self, one: Waiting) -> None:
        """Let a sync that waits, or whose host is gone, wait no more."""
        DBOS.cancel_workflow(one.workflow)

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
    if not any(isinstance(each, _Passing) for each in logger.handlers):
        logger.addHandler(_Passing(log))
        logger.propagate = False


class _Passing(logging.Handler):
    """Passes warnings of DBOS on."""

    def __init__(self, log: Logger) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        facts: dict[str, Any] = {"exc_info": record.exc_info} if record.exc_info else {}
        self._log.warning(record.getMessage(), library="dbos", **facts)
