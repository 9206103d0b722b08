"""What a plugin author writes: methods marked by family, and hooks by name."""

import pytest

from jackfield.hookspecs import API, NAME, ConnectorSpec, PolicySpec, Reads, SyncView, family
from jackfield_contracts import Page, Scope

USERS = Scope(name="user", family="users")


class Plain(Reads):
    @family("users", scopes=(USERS,))
    async def users(self, cursor: str | None) -> Page:
        return Page(next=cursor)

    @family("groups", follows=("users",))
    async def groups(self) -> Page:
        return Page(next="no argument")

    @family("all", follows=("groups",), max_weight=9)
    async def all(self, scopes: tuple[Scope, ...], cursor: str | None, attempt: int, view: SyncView) -> Page:
        return Page(next=f"{len(scopes)} {cursor} {attempt} {view}")


async def read(reads: Reads, name: str) -> str | None:
    return (await reads.read_page(name, (USERS,), "c", 2, "view")).next  # type: ignore[arg-type]


def run(awaitable: object) -> object:
    import asyncio

    return asyncio.run(awaitable)  # type: ignore[arg-type]


def test_the_marked_methods_are_the_families_in_their_order() -> None:
    families = Plain().families()
    assert [each.name for each in families] == ["users", "groups", "all"]
    assert families[0].scopes == (USERS,)
    assert families[2].follows == ("groups",)
    assert families[2].max_weight == 9


def test_a_method_gets_the_arguments_that_it_names() -> None:
    reads = Plain()
    assert run(read(reads, "users")) == "c"
    assert run(read(reads, "groups")) == "no argument"
    assert run(read(reads, "all")) == "1 c 2 view"


def test_a_subclass_may_read_a_family_in_its_own_way() -> None:
    class Other(Plain):
        @family("users", scopes=(USERS,))
        async def users(self) -> Page:  # type: ignore[override]
            return Page(next="other")

    assert {each.name for each in Other().families()} == {"users", "groups", "all"}
    assert run(read(Other(), "users")) == "other"
    assert run(read(Plain(), "users")) == "c"


def test_two_methods_for_one_family_are_refused_where_they_are_written() -> None:
    with pytest.raises(TypeError, match=r"Twice: two methods are marked with @family\('users'\)"):

        class Twice(Reads):  # pyright: ignore[reportUnusedClass]
            @family("users")
            async def one(self) -> Page:
                return Page()

            @family("users")
            async def two(self) -> Page:
                return Page()


def test_an_argument_that_the_host_does_not_give_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="takes database; it may take scopes, cursor, attempt, view"):

        @family("users")
        async def users(self: object, cursor: str, database: object) -> Page:  # pyright: ignore[reportUnusedFunction]
            return Page()


def test_a_method_that_is_not_async_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="must be async def"):

        @family("users")  # type: ignore[arg-type]
        def users(self: object) -> Page:  # pyright: ignore[reportUnusedFunction]
            return Page()


def test_every_hook_says_what_it_does_and_the_interface_has_a_version() -> None:
    for spec in (ConnectorSpec, PolicySpec):
        hooks = [value for name, value in vars(spec).items() if not name.startswith("_") and callable(value)]
        assert hooks
        assert all(hook.__doc__ for hook in hooks)
    assert [type(part) for part in API] == [int, int]


@pytest.mark.parametrize(
    ("name", "good"), [("dropbox", True), ("my-app2", True), ("Dropbox", False), ("a", False), ("a_b", False)]
)
def test_names_of_connectors_are_plain(name: str, good: bool) -> None:
    assert bool(NAME.fullmatch(name)) == good
