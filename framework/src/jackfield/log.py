"""Logs: structured lines on stderr, in which no secret can appear."""

from typing import Any, Protocol


class Logger(Protocol):
    """Takes an event in a few words and its facts by name."""

    def debug(self, event: str, **facts: Any) -> Any:
        """Of use when looking for a fault."""
        ...

    def info(self, event: str, **facts: Any) -> Any:
        """Worth knowing."""
        ...

    def warning(self, event: str, **facts: Any) -> Any:
        """Somebody should look at it."""
        ...


class NoLog:
    """A logger that keeps nothing."""

    def debug(self, event: str, **facts: Any) -> None:
        """Drop it."""

    info = warning = debug
