"""Connectors made on the spot, opened behind the façade, for the tests of it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from jackfield.clock import SystemClock
from jackfield.config import ConnectorConfig
from jackfield.hookspecs import ConnectorType, hookimpl
from jackfield.host.connection import Connection, open_connection
from jackfield.host.discovery import Found
from jackfield.http import SessionOptions
from jackfield_contracts import CheckReport


class Log:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def warning(self, event: str, **facts: Any) -> None:
        self.lines.append((event, facts))

    debug = info = warning


def opened(
    implementation: object | None = None,
    *,
    opener: Callable[..., Any] | None = None,
    log: Log | None = None,
    docs: str = "",
) -> AbstractAsyncContextManager[Connection]:
    """The connection acme to *implementation*, or to what *opener* opens."""

    @asynccontextmanager
    async def give(config: object, context: object) -> AsyncGenerator[object]:
        yield implementation

    kind = ConnectorType(
        name="odd", display_name="Odd", config=ConnectorConfig, open=opener or give, capabilities=(), docs=docs
    )
    return open_connection(
        "acme",
        Found(name="odd", distribution="plugin-odd", version="2.1", type=kind),
        ConnectorConfig(),
        options=SessionOptions(),
        clock=SystemClock(),
        log=log or Log(),
    )


class Raises:
    """A connector whose check does what it is told to."""

    def __init__(self, what: Callable[[], Any]) -> None:
        self._what = what

    @hookimpl
    async def check(self) -> CheckReport:
        return self._what()


def throw(error: BaseException) -> Callable[[], Any]:
    """A function that raises *error*."""

    def now() -> Any:
        raise error

    return now
