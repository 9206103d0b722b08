"""The façade: whatever a connector does, one error of the host comes out, of this connection alone."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from jackfield import connection as module
from jackfield.clock import SystemClock
from jackfield.config import ConnectorConfig
from jackfield.connection import Connection, open_connection
from jackfield.connectors import Found
from jackfield.errors import (
    BadCredentials,
    JackfieldError,
    MissingPermission,
    PluginBug,
    RateLimited,
    Transient,
    Unsupported,
)
from jackfield.hookspecs import ConnectorType, Reads, family, hookimpl
from jackfield.http import SessionOptions
from jackfield_contracts import CheckReport, Family, Page, ResourceType, Scope

from .loopback import asynchronous, settle


class Log:
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
    def now() -> Any:
        raise error

    return now


async def failing_check(what: Callable[[], Any]) -> JackfieldError:
    async with opened(Raises(what)) as connection:
        with pytest.raises(JackfieldError) as failed:
            await connection.check()
        return failed.value


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), KeyError("x"), AssertionError("x"), SystemExit(1), RecursionError("x"), BaseException("x")],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_connector_raises_is_a_bug_of_the_plugin_and_says_where_to_report_it(error: BaseException) -> None:
    @asynchronous
    async def run() -> None:
        bug = await failing_check(throw(error))
        assert isinstance(bug, PluginBug)
        assert bug.connection == "acme"
        assert f"'odd' failed in check: {type(error).__name__}" in str(bug)
        assert "report it to plugin-odd, version 2.1" in str(bug)
        assert bug.__cause__ is error

    run()


@asynchronous
async def test_a_bug_is_reported_where_the_plugin_says() -> None:
    async with opened(Raises(throw(ValueError())), docs="https://odd.example.org/bugs") as connection:
        with pytest.raises(PluginBug, match=r"report it to https://odd\.example\.org/bugs"):
            await connection.check()


@asynchronous
async def test_an_error_of_the_host_passes_with_the_connection_added() -> None:
    error = MissingPermission("no", permission="members.read", route="/a", request_id="r-1")
    passed = await failing_check(throw(error))
    assert passed is error
    assert (passed.connection, passed.route, passed.request_id) == ("acme", "/a", "r-1")


def failed_in_a_group(*errors: BaseException) -> Callable[[], Any]:
    return throw(BaseExceptionGroup("several", list(errors)))


@asynchronous
async def test_errors_of_a_task_group_come_out_as_the_one_that_speaks_for_all() -> None:
    denied, later = BadCredentials("denied"), Transient("later")
    assert await failing_check(failed_in_a_group(denied, later)) is denied
    assert await failing_check(failed_in_a_group(ExceptionGroup("inner", [later]), denied)) is later
    bug = await failing_check(failed_in_a_group(denied, ExceptionGroup("inner", [ZeroDivisionError("0")])))
    assert isinstance(bug, PluginBug)
    assert "ZeroDivisionError: 0" in str(bug)
    assert isinstance(bug.__cause__, ZeroDivisionError)


@asynchronous
async def test_a_real_task_group_is_unwrapped() -> None:
    class Asks:
        @hookimpl
        async def check(self) -> CheckReport:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.refused())
                group.create_task(asyncio.sleep(30))
            raise AssertionError

        async def refused(self) -> None:
            raise RateLimited("wait", after=7.0)

    async with opened(Asks()) as connection:
        with pytest.raises(RateLimited) as refused:
            await connection.check()
    assert refused.value.after == 7.0


@asynchronous
async def test_a_cancelled_call_is_cancelled_and_nothing_else() -> None:
    started = asyncio.Event()

    class Waits:
        @hookimpl
        async def check(self) -> CheckReport:
            started.set()
            await asyncio.sleep(30)
            raise AssertionError

    async with opened(Waits()) as connection:
        call = asyncio.create_task(connection.check())
        await started.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await connection.check()


@asynchronous
async def test_a_cancellation_that_nobody_asked_for_is_a_bug_and_does_not_end_a_read_without_a_word() -> None:
    async def inner() -> Any:
        task = asyncio.create_task(asyncio.sleep(30))
        await settle()
        task.cancel()
        return await task

    class Cancels:
        @hookimpl
        async def check(self) -> CheckReport:
            return await inner()

    async with opened(Cancels()) as connection:
        with pytest.raises(PluginBug, match="cancelled"):
            await connection.check()


class Wrong:
    """Every hook gives something else than it should."""

    def __init__(self, gives: Any) -> None:
        self._gives = gives

    @hookimpl
    def check(self) -> Any:
        return self._gives() if callable(self._gives) else self._gives

    @hookimpl
    def families(self) -> Any:
        return self._gives() if callable(self._gives) else self._gives

    resource_types = families


async def coroutine() -> int:
    return 7


@pytest.mark.parametrize("gives", [CheckReport(), None, 7, (), [], [CheckReport()]], ids=repr)
def test_a_plain_function_where_a_coroutine_is_due_is_a_bug(gives: object) -> None:
    @asynchronous
    async def run() -> None:
        async with opened(Wrong(gives)) as connection:
            with pytest.raises(PluginBug, match="not something to await"):
                await connection.check()

    run()


@asynchronous
async def test_a_result_of_a_wrong_type_is_a_bug() -> None:
    async with opened(Wrong(coroutine)) as connection:
        with pytest.raises(PluginBug, match="it gave int, not CheckReport"):
            await connection.check()


@pytest.mark.parametrize(
    ("gives", "says"),
    [
        (coroutine, "it must be a plain function"),
        (None, "it gave NoneType, not a tuple of Family"),
        ([Family(name="a")], "it gave list, not a tuple of Family"),
        ((Family(name="a"), ResourceType(name="user", display_name="U")), "a tuple with a ResourceType in it"),
        (throw(ValueError("x")), "failed in families: ValueError: x"),
    ],
)
def test_a_plain_hook_that_gives_something_else_is_a_bug(gives: Any, says: str) -> None:
    @asynchronous
    async def run() -> None:
        async with opened(Wrong(gives)) as connection:
            with pytest.raises(PluginBug) as bug:
                connection.families()
            assert says in str(bug.value)

    run()


@asynchronous
async def test_a_hook_that_is_not_there_is_explained_and_known_beforehand() -> None:
    async with opened(Raises(throw(ValueError()))) as connection:
        assert connection.implements("check")
        assert not connection.implements("families")
        assert not connection.implements("no_such_hook_at_all")
        with pytest.raises(Unsupported, match="has no hook 'families'") as refused:
            connection.families()
        assert refused.value.connection == "acme"


@asynchronous
async def test_a_hook_with_an_argument_that_the_host_does_not_give_is_a_bug_at_once() -> None:
    class Greedy:
        @hookimpl
        async def check(self, database: object) -> CheckReport:
            raise AssertionError

    class Unknown:
        @hookimpl
        async def chekc(self) -> CheckReport:
            raise AssertionError

    for implementation, names in ((Greedy(), "database"), (Unknown(), "chekc")):
        with pytest.raises(PluginBug) as bug:
            async with opened(implementation):
                raise AssertionError("it must not open")
        assert names in str(bug.value)
        assert "same plugin interface" in str(bug.value)


@asynchronous
async def test_a_hook_takes_only_the_arguments_that_it_names() -> None:
    class Reader:
        @hookimpl
        async def read_page(self, cursor: str | None) -> Page:
            return Page(next=f"after {cursor}")

    async with opened(Reader()) as connection:
        page = await connection.read_page("f", (), "c", 0, None)  # type: ignore[arg-type]
    assert page.next == "after c"


# Opening and closing


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


@asynchronous
async def test_two_connections_of_one_connector_share_nothing() -> None:
    class Named(Reads):
        def __init__(self, name: str) -> None:
            self.name = name

        @family("things")
        async def things(self, scopes: tuple[Scope, ...]) -> Page:
            return Page(next=self.name)

    async with opened(Named("one")) as one, opened(Named("two")) as two:
        pages = [await each.read_page("things", (), None, 0, None) for each in (one, two, one)]  # type: ignore[arg-type]
    assert [page.next for page in pages] == ["one", "two", "one"]
    assert one.http is not two.http
