"""Look-ups on a real server, in every way that providers answer filters: the right person, or it is told."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from jackfield_contracts import ResourceId, StateQuery
from jackfield_scim.testserver import Server
from jackfield_testkit.bench import Bench

from .support import Answered, Ask, Asked, Proxy, bench, listing, users_of, with_body


@pytest.fixture
def at(between: Proxy, tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, between.url, page_size=3) as found:
        yield found


def found(at: Bench, *names: str) -> list[tuple[str | None, str]]:
    async def ask() -> list[tuple[str | None, str]]:
        async with at.open() as connection:
            state = await connection.read_state(StateQuery(names=names))
        assert state.unreadable == {}
        return [(each.asked, each.account.id) for each in state.accounts]

    return asyncio.run(ask())


def add(server: Server, name: str, *emails: str, external: str | None = None) -> str:
    return server.add(
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "externalId": external,
            "emails": [{"value": each} for each in emails],
        }
    )


NAMES = ("o'brien", 'quo"te', "a/b?c", "50%", "Жанна", "back\\slash", "a and b", "x eq y", "(x)", "ÅSA", "a+b&c=d")


def test_the_one_whom_a_filter_names_is_asked_for_once(server: Server, between: Proxy, at: Bench):
    add(server, "anna", "anna@example.com")
    found(at, "anna")
    asked = [(each.path, tuple(sorted(each.query.items()))) for each in between.asked]
    assert len(asked) == len(set(asked))
    assert sum("userName eq" in each.query.get("filter", "") for each in between.asked) == 1


def test_names_of_all_kinds_are_found(server: Server, at: Bench):
    ids = {name: add(server, name) for name in NAMES}
    for name in NAMES:
        add(server, f"{name}2")
    assert found(at, *NAMES, *(f"{name[:-1]}" for name in NAMES)) == [(name, ids[name]) for name in NAMES]


def test_people_are_known_by_address_external_id_and_id(server: Server, at: Bench):
    one = add(server, "one", "one@x.org", "second@x.org", external="E1")
    add(server, "two", "two@x.org", external="e1x")
    assert found(at, "SECOND@x.org", "E1", one, "ONE") == [("SECOND@x.org", one), ("E1", one), (one, one), ("ONE", one)]
    assert found(at, "e1", "third@x.org") == []


@pytest.mark.parametrize("how", ["ignored", "by prefix", "refused", "not announced"])
def test_filters_in_a_way_of_their_own_mislead_nobody(server: Server, between: Proxy, at: Bench, how: str):
    wanted = [add(server, f"u{each}", f"u{each}@x.org") for each in range(12)]

    def twist(asked: Asked, ask: Ask) -> Answered:
        if asked.path == "/ServiceProviderConfig" and how == "not announced":
            return with_body(ask(asked), filter={"supported": False})
        if not (listing(asked) and "filter" in asked.query):
            return ask(asked)
        if how == "refused":
            error = {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                "status": "400",
                "scimType": "invalidFilter",
            }
            return Answered(400, error, {"Content-Type": "application/scim+json"})
        query = dict(asked.query)
        if how == "ignored":
            del query["filter"]
        else:
            query["filter"] = query["filter"].replace(" eq ", " sw ")
        return ask(asked._replace(query=query))

    between.twist = twist
    assert found(at, "u1", "u11@x.org", "u", "u1@x") == [("u1", wanted[1]), ("u11@x.org", wanted[11])]


def test_two_people_with_one_address_are_both_told(server: Server, at: Bench):
    ids = {add(server, "one", "both@x.org"), add(server, "two", "both@x.org")}
    assert {id for _, id in found(at, "both@x.org")} == ids


def test_a_listing_that_falls_short_says_nobody_is_absent(server: Server, between: Proxy, at: Bench):
    users_of(server, 5)
    at.values["filters"] = "no"

    def twist(asked: Asked, ask: Ask) -> Answered:
        answer = ask(asked)
        return with_body(answer, totalResults=6) if listing(asked) else answer

    between.twist = twist

    async def ask() -> None:
        async with at.open() as connection:
            await connection.read_state(StateQuery(names=("nobody",), principals=(ResourceId(type="user", id="x"),)))

    with pytest.raises(Exception, match="says that there are 6, and gave 5"):
        asyncio.run(ask())


@pytest.mark.parametrize("how", ["refuses", "takes a slash for its own"])
def test_a_name_that_can_be_no_id_hinders_no_look_up(server: Server, between: Proxy, at: Bench, how: str):
    """Where somebody types a name, the host asks for it as an id as well."""
    name = "a/b" if how != "refuses" else "name-of-no-id"
    id = add(server, name)

    def twist(asked: Asked, ask: Ask) -> Answered:
        if asked.path.startswith("/Users/"):
            error = {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                "status": "400",
                "scimType": "invalidValue",
            }
            return Answered(400, error, {}) if how == "refuses" else Answered(404, {"not": "found"}, {})
        return ask(asked)

    between.twist = twist

    async def ask() -> list[str]:
        async with at.open() as connection:
            query = StateQuery(names=(name,), principals=(ResourceId(type="user", id=name),))
            return [each.account.id for each in (await connection.read_state(query)).accounts]

    assert asyncio.run(ask()) == [id]


def test_what_the_provider_can_do_is_asked_once(server: Server, between: Proxy, at: Bench):
    users_of(server, 3)

    async def ask() -> None:
        async with at.open() as connection:
            for _ in range(3):
                await connection.read_state(StateQuery(names=("u001", "u002")))

    asyncio.run(ask())
    assert len([each for each in between.asked if each.path == "/ServiceProviderConfig"]) == 1
