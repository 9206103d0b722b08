"""Reads that are tried again: what passes is waited out, for as long as the configuration allows."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from jackfield.clock import Clock
from jackfield.errors import RateLimited, RemoteContract, Transient
from jackfield.http.session import DEFAULT_PAUSE
from jackfield.log import Logger

_TRIES_AT_A_BROKEN_ANSWER = 3

T = TypeVar("T")


async def patiently(once: Callable[[], Awaitable[T]], *, clock: Clock, log: Logger, deadline: float, what: str) -> T:
    """What *once* gives; tried again after a pause that was asked for, and after what passes, until *deadline* (monotonic).

    An answer that is not understood is asked for three times. Raises the last error. *what* is read, for the log.
    """
    broken, pause = 0, 0.25
    while True:
        try:
            return await once()
        except RateLimited as error:
            asked = error.after if error.after is not None else DEFAULT_PAUSE
            if clock.monotonic() + asked >= deadline:
                raise
            log.info("reads again after a pause", what=what, reason=str(error))
            await clock.sleep(asked)
        except (Transient, RemoteContract) as error:
            broken += isinstance(error, RemoteContract)
            if broken >= _TRIES_AT_A_BROKEN_ANSWER or clock.monotonic() + pause >= deadline:
                raise
            log.info("reads again", what=what, reason=str(error))
            await clock.sleep(pause)
            pause = min(8.0, pause * 2)
