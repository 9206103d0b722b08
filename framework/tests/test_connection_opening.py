"""The façade opens and closes a connector, however that goes."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from jackfield.errors import BadCredentials, PluginBug, Transient
from jackfield.hookspecs import hookimpl
from jackfield.host import connection as module
from jackfield_contracts import CheckReport

from .facade import Log, Raises, opened, throw
from .loopback import asynchronous


def opener_that(
    *, before: BaseException | None = None, after: BaseException | None = None, closed: list[str] | None = None
) -> Callable[..., Any]:
    @asynccontextmanager
    async def give(config: object, context: object) -> AsyncGenerator[object]:
        if before is not None:
            raise before
        try:
            yield Raises(throw(Transient("later")))
        finally:
            if closed is not None:
                closed.append("closed")
            if after is not None:
                raise after

    return give


@pytest.mark.parametrize(
    ("opener", "says"),
    [
        (opener_that(before=ValueError("x")), "ValueError: x"),
        (opener_that(before=SystemExit(1)), "SystemExit: 1"),
        (opener_that(before=ExceptionGroup("several", [OSError("x")])), "OSError: x"),
        (lambda config: None, "TypeError"),
        (lambda config, context: object(), "AttributeError"),
    ],
)
def test_a_connector_that_fails_to_open_is_a_bug(opener: Callable[..., Any], says: str) -> None:
    @asynchronous
    async def run() -> None:
        with pytest.raises(PluginBug) as bug:
            async with opened(opener=opener):
                raise AssertionError("it must not open")
        assert "failed in open: " + says in str(bug.value)

    run()


@asynchronous
async def test_a_refusal_on_opening_passes() -> None:
    error = BadCredentials("no")
    with pytest.raises(BadCredentials) as refused:
        async with opened(opener=opener_that(before=error)):
            raise AssertionError
    assert refused.value is error
    assert error.connection == "acme"


@asynchronous
async def test_what_was_opened_is_closed_when_the_hooks_do_not_fit() -> None:
    closed: list[str] = []

    class Misfit:
        @hookimpl
        async def check(self, database: object) -> CheckReport:
            raise AssertionError

    @asynccontextmanager
    async def give(config: object, context: object) -> AsyncGenerator[object]:
        try:
            yield Misfit()
        finally:
            closed.append("closed")

    with pytest.raises(PluginBug, match="database"):
        async with opened(opener=give):
            raise AssertionError
    assert closed == ["closed"]


@pytest.mark.parametrize(
    "error", [ValueError("x"), Transient("x"), SystemExit(1)], ids=lambda error: type(error).__name__
)
def test_a_connector_that_fails_to_close_is_logged_and_what_was_done_stands(error: BaseException) -> None:
    @asynchronous
    async def run() -> None:
        log = Log()
        async with opened(opener=opener_that(after=error), log=log):
            pass
        ((event, facts),) = log.lines
        assert event == "a connector failed to close"
        assert facts["connection"] == "acme"
        assert facts["error"].startswith(type(error).__name__)
        with pytest.raises(LookupError, match="of the block"):
            async with opened(opener=opener_that(after=error), log=log):
                raise LookupError("of the block")

    run()


@asynchronous
async def test_a_connector_that_never_ends_closing_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def give(config: object, context: object) -> AsyncGenerator[object]:
        yield object()
        await asyncio.sleep(60)

    log = Log()
    monkeypatch.setattr(module, "CLOSE_TIMEOUT", 0.05)
    async with opened(opener=give, log=log):
        pass
    assert [facts["error"].partition(":")[0] for _, facts in log.lines] == ["TimeoutError"]
