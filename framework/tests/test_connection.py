"""The façade: whatever a connector raises, one error of the host comes out, of this connection alone."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from jackfield.errors import BadCredentials, JackfieldError, MissingPermission, PluginBug, RateLimited, Transient
from jackfield.hookspecs import Reads, family, hookimpl
from jackfield_contracts import CheckReport, Page, Scope

from .facade import Raises, opened, throw
from .loopback import asynchronous, settle


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
