"""Logs of a host that serves: lines that say what they are of, and that keep nobody waiting.

Promises that whoever reads the log, or no longer does, stops neither the work nor the end of the host.
"""

import queue
import threading
from contextlib import suppress
from typing import Any

from jackfield.log import Logger


class Bound:
    """Implements ``Logger``: adds the same facts to each line of another log, unless the line has them itself."""

    def __init__(self, log: Logger, **facts: Any) -> None:
        self._log = log
        self._facts = facts

    def debug(self, event: str, **facts: Any) -> None:
        """Of use when looking for a fault."""
        self._log.debug(event, **{**self._facts, **facts})

    def info(self, event: str, **facts: Any) -> None:
        """Worth knowing."""
        self._log.info(event, **{**self._facts, **facts})

    def warning(self, event: str, **facts: Any) -> None:
        """Somebody should look at it."""
        self._log.warning(event, **{**self._facts, **facts})


_MOST = 10_000
"""Lines that may wait to be written; what comes beyond is left out, and counted."""


class Apart:
    """Implements ``Logger``: lines are written to another log by a thread of its own."""

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._lines: queue.Queue[tuple[str, str, dict[str, Any]] | None] = queue.Queue(_MOST)
        self._lost = 0
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def debug(self, event: str, **facts: Any) -> None:
        """Of use when looking for a fault."""
        self._put("debug", event, facts)

    def info(self, event: str, **facts: Any) -> None:
        """Worth knowing."""
        self._put("info", event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Somebody should look at it."""
        self._put("warning", event, facts)

    def close(self, patience: float) -> None:
        """Write what waits, as far as *patience* seconds allow."""
        with suppress(queue.Full):  # then nobody reads the log, and the patience below is the end of it
            self._lines.put_nowait(None)
        self._thread.join(patience)

    def _put(self, level: str, event: str, facts: dict[str, Any]) -> None:
        try:
            self._lines.put_nowait((level, event, facts))
        except queue.Full:
            self._lost += 1

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            level, event, facts = line
            lost, self._lost = self._lost, 0
            with suppress(OSError, ValueError):  # nobody reads it any more
                if lost:
                    self._log.warning("lines of the log were left out", lines=lost)
                getattr(self._log, level)(event, **facts)
