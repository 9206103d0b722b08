"""A log whose lines all say what they are of."""

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
