"""The rate that the service allows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class RateLimit:
    """A bucket that holds a second's worth of requests; it is full when the rate is set."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.set(rate)

    def set(self, rate: float) -> None:
        """Changes the rate, in requests a second; 0 or less means no limit."""
        self._rate = rate
        self._left = max(1.0, rate)
        self._filled_at = self._clock()

    def take(self) -> int:
        """Takes a request: 0 if it may pass, else the whole seconds to wait."""
        if self._rate <= 0:
            return 0
        now = self._clock()
        self._left = min(max(1.0, self._rate), self._left + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._left >= 1:
            self._left -= 1
            return 0
        return max(1, math.ceil((1 - self._left) / self._rate))
