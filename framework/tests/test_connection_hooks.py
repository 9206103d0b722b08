"""The façade and the hooks of a connector: what they take and give, and those that are not there."""

from typing import Any

import pytest

from jackfield.config import Secret
from jackfield.errors import PluginBug, Unsupported
from jackfield.hookspecs import hookimpl
from jackfield_contracts import CheckReport, Family, Page, ResourceType

from .facade import Raises, opened, throw
from .loopback import asynchronous


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


@asynchronous
async def test_a_cursor_that_holds_a_secret_is_a_bug_since_cursors_are_stored() -> None:
    class Reader:
        @hookimpl
        async def read_page(self, cursor: str | None) -> Page:
            return Page(next="/rows?page=2&access_token=s3cret-t0ken")

    async with opened(Reader()) as connection:
        connection.http.conceal(Secret("s3cret-t0ken"))
        with pytest.raises(PluginBug, match="holds a secret") as bug:
            await connection.read_page("f", (), None, 0, None)  # type: ignore[arg-type]
    assert "s3cret" not in str(bug.value)
