"""The time of the service, which a test can let pass at once."""

from __future__ import annotations

from collections.abc import Callable


class Clock:
    """A clock that goes as the one below it, and ahead of it by as much as it was put forward."""

    def __init__(self, below: Callable[[], float]) -> None:
        self._below = below
        self.ahead = 0.0

    def __call__(self) -> float:
        return self._below() + self.ahead

    def advance(self, seconds: float) -> None:
        """Puts the clock forward."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self.ahead += seconds
