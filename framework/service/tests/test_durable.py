"""What the library of the queue says, as the log of the service has it."""

import logging
import sys
from typing import Any

from jackfield_service.durable import Passing

TRACE = """Exception polling schedules: Traceback (most recent call last):
  File "somewhere.py", line 1, in connect
    raise last_ex.with_traceback(None)
sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection is bad: no such file
\tIs the server running locally?
(Background on this error at: somewhere)
"""


class Heard:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.debugs: list[dict[str, Any]] = []

    def debug(self, event: str, **facts: Any) -> None:
        self.debugs.append({"event": event, **facts})

    def info(self, event: str, **facts: Any) -> None:
        raise AssertionError(event)

    def warning(self, event: str, **facts: Any) -> None:
        assert facts == {"library": "dbos"}
        self.warnings.append(event)

    error = warning


def _record(said: str, *, error: bool = False) -> logging.LogRecord:
    return logging.LogRecord("dbos", logging.ERROR, __file__, 1, said, (), sys.exc_info() if error else None)


def test_a_traceback_is_one_line_that_says_what_happened() -> None:
    log = Heard()
    Passing(log).emit(_record(TRACE))
    assert log.warnings == [
        "Exception polling schedules: sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection is bad: no such file"
    ]
    assert log.debugs[0]["said"] == TRACE


def test_an_error_beside_the_message_is_named() -> None:
    log = Heard()
    try:
        raise ValueError("a\nb")
    except ValueError:
        Passing(log).emit(_record("Exception in a thread", error=True))
    assert log.warnings == ["Exception in a thread: ValueError: a"]
    assert log.debugs[0]["exc_info"][0] is ValueError


def test_what_is_said_again_and_again_is_told_once_a_minute() -> None:
    log, now = Heard(), [0.0]
    passing = Passing(log, monotonic=lambda: now[0])
    for second in range(125):
        now[0] = float(second)
        passing.emit(_record("Exception listing queues: try {second}"))
        passing.emit(_record("Notification listener error: closed"))
    assert log.warnings == ["Exception listing queues: try {second}", "Notification listener error: closed"] * 3
    assert len(log.debugs) == 250


def test_kinds_without_end_are_not_kept() -> None:
    log = Heard()
    passing = Passing(log)
    for each in range(1000):
        passing.emit(_record(f"Exception {each}: closed"))
    assert len(log.warnings) == 1000
    assert len(vars(passing)["_told"]) <= 100
