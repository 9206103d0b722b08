"""Logs: one structured line each on stderr, without secrets.

Promises that what libraries log goes the same way, at debug level only. structlog is imported with the first line that is
written: most runs write none, and it takes a fifth of a second.
"""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from functools import cached_property
from typing import Any, TextIO

from jackfield.cli.redaction import Redactor
from jackfield.log import Logger
from jackfield.visible import visible

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class LazyLog:
    """Implements ``Logger``: writes what is at or above *level*, as ``text`` or ``json``."""

    def __init__(self, level: str, redactor: Redactor, stream: TextIO | None = None, *, form: str = "text") -> None:
        self._least = _LEVELS[level]
        self._redactor = redactor
        self._stream = stream
        self._form = form

    def debug(self, event: str, **facts: Any) -> None:
        """Of use when looking for a fault."""
        self._write(logging.DEBUG, event, facts)

    def info(self, event: str, **facts: Any) -> None:
        """Worth knowing."""
        self._write(logging.INFO, event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Somebody should look at it."""
        self._write(logging.WARNING, event, facts)

    def _write(self, level: int, event: str, facts: dict[str, Any]) -> None:
        if level >= self._least:
            # This name is the line's own.
            plain = {"level_" if name == "level" else name: value for name, value in facts.items()}
            with suppress(BrokenPipeError):  # whoever read the log went away, which is no reason to end
                self._logger.log(level, event, **plain)

    @cached_property
    def _logger(self) -> Any:
        structlog = _import_structlog()
        redactor = self._redactor

        def redact_facts(_: Any, __: str, facts: MutableMapping[str, Any]) -> dict[str, Any]:
            return redactor.facts({_plain_key(name): value for name, value in facts.items()})

        def redact_line(_: Any, __: str, line: str) -> str:
            return visible(redactor.text(line))

        return structlog.wrap_logger(
            structlog.PrintLogger(self._stream or sys.stderr),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                redact_facts,
                structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False)
                if self._form == "text"
                else structlog.processors.JSONRenderer(),
                redact_line,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(self._least),
        )


class LibraryHandler(logging.Handler):
    """Passes what libraries log on to *log* at debug level, so that nothing of theirs reaches the terminal otherwise."""

    def __init__(self, log: Logger) -> None:
        super().__init__(logging.DEBUG)
        self.log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - a library's broken record must not stop the command
            text = str(record.msg)
        facts: dict[str, Any] = {"exc_info": record.exc_info} if record.exc_info else {}
        self.log.debug(text, library=record.name, severity=record.levelname.lower(), **facts)


def take_over(log: Logger, level: str) -> logging.Handler:
    """Let libraries log to *log*; gives the handler, for taking it away again."""
    handler = LibraryHandler(log)
    root = logging.getLogger()
    root.addHandler(handler)
    if level == "debug":
        root.setLevel(logging.DEBUG)
    return handler


def _plain_key(name: str) -> str:
    """A key as the line can hold it."""
    return name if name.isidentifier() else "".join(one if one.isalnum() else "_" for one in name)


def _import_structlog() -> Any:
    # structlog imports rich where it is installed, for a renderer that is not used here: it takes as long as all else.
    unused = "rich" not in sys.modules
    if unused:
        sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        import structlog
    finally:
        if unused:
            del sys.modules["rich"]
    return structlog
