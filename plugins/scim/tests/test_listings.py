"""Listings of a real server, which a proxy makes lie, cap, skip and move: nothing lost, nothing doubled, or it is told."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jackfield_scim.testserver import Server, by_cursor, serve
from jackfield_testkit.bench import Bench, Synced

from .support import Answered, Ask, Asked, Proxy, bench, listing, proxy, users_of, with_body


@pytest.fixture
def at(between: Proxy, tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, between.url, page_size=3) as found:
        yield found


def shown(synced: Synced) -> set[str]:
    return {id.id for id in synced.resources if id.type == "user"}


def seal(synced: Synced, scope: str) -> str:
    return next(each.seal.value for each in (*synced.seals, *synced.run.scopes) if each.scope == scope)


def pages(between: Proxy, endpoint: str = "/Users") -> list[Asked]:
    return [each for each in between.asked if listing(each, endpoint)]


def test_a_listing_takes_a_page_more_than_it_has(server: Server, between: Proxy, at: Bench):
    ids = users_of(server, 7)
    synced = asyncio.run(at.sync())
    assert (synced.complete, shown(synced), seal(synced, "user")) == (True, set(ids), "complete")
    assert [each.query["startIndex"] for each in pages(between)] == ["1", "3", "5", "7"]


def test_a_trusted_total_saves_that_page(server: Server, between: Proxy, at: Bench):
    ids = users_of(server, 7)
    at.values["totals"] = "trusted"
    assert shown(asyncio.run(at.sync())) == set(ids)
    assert len(pages(between)) == 3


def capped(most: int) -> Callable[[Asked, Ask], Answered]:
    """Gives that many at most, whatever count asks for."""

    def twist(asked: Asked, ask: Ask) -> Answered:
        return ask(asked._replace(query={**asked.query, "count": str(most)}) if listing(asked) else asked)

    return twist


@pytest.mark.parametrize("most", [1, 2, 5, 1000])
def test_fewer_or_more_than_asked_for(server: Server, between: Proxy, at: Bench, most: int):
    ids = users_of(server, 11)
    at.values["page_size"] = 4
    between.twist = capped(most)
    synced = asyncio.run(at.sync())
    assert (synced.complete, shown(synced)) == (True, set(ids))


@pytest.mark.parametrize("total", [True, False])
def test_a_page_of_one_is_never_asked_for_twice(server: Server, between: Proxy, at: Bench, total: bool):
    """Of a provider that gives one at a time, also where that one is all that it counts."""
    ids = users_of(server, 4)

    def twist(asked: Asked, ask: Ask) -> Answered:
        answer = capped(1)(asked, ask)
        return answer if total or not listing(asked) else with_body(answer, totalResults=len(answer.body["Resources"]))

    between.twist = twist
    assert shown(asyncio.run(at.sync())) == set(ids)
    assert [each.query["startIndex"] for each in pages(between)] == ["1", "2", "3", "4", "5"]


def test_a_page_of_one_that_is_given_wherever_it_is_asked_to_begin(server: Server, between: Proxy, at: Bench):
    users_of(server, 4)
    first = {"startIndex": "1", "count": "1"}
    between.twist = lambda asked, ask: ask(asked._replace(query=first) if listing(asked) else asked)
    synced = asyncio.run(at.sync())
    assert seal(synced, "user") == "partial" and len(pages(between)) < 8


def test_a_page_that_counts_itself_ends_no_listing(server: Server, between: Proxy, at: Bench):
    ids = users_of(server, 8)

    def twist(asked: Asked, ask: Ask) -> Answered:
        answer = ask(asked)
        return with_body(answer, totalResults=len(answer.body["Resources"])) if listing(asked) else answer

    between.twist = twist
    synced = asyncio.run(at.sync())
    assert shown(synced) == set(ids)


def test_more_in_all_than_there_are_is_told(server: Server, between: Proxy, at: Bench):
    ids = users_of(server, 8)

    def twist(asked: Asked, ask: Ask) -> Answered:
        answer = ask(asked)
        return with_body(answer, totalResults=9) if listing(asked) else answer

    between.twist = twist
    synced = asyncio.run(at.sync())
    assert (synced.complete, shown(synced), seal(synced, "user")) == (False, set(ids), "partial")
    at.values["totals"] = "ignored"
    synced = asyncio.run(at.sync())
    assert (synced.complete, seal(synced, "user")) == (True, "unreconciled")


def test_a_listing_that_begins_anew_wherever_it_is_asked_to(server: Server, between: Proxy, at: Bench):
    ids = users_of(server, 7)

    def twist(asked: Asked, ask: Ask) -> Answered:
        return ask(asked._replace(query={**asked.query, "startIndex": "1"}) if listing(asked) else asked)

    between.twist = twist
    synced = asyncio.run(at.sync())
    assert (synced.complete, seal(synced, "user")) == (False, "partial")
    at.values["page_size"] = 50  # all of it comes in one page
    synced = asyncio.run(at.sync())
    assert (synced.complete, shown(synced)) == (True, set(ids))


def after(number: int, do: Callable[[], object]) -> Callable[[Asked, Ask], Answered]:
    """Does something once so many pages of users were given."""
    given = 0

    def twist(asked: Asked, ask: Ask) -> Answered:
        nonlocal given
        answer = ask(asked)
        if listing(asked):
            given += 1
            if given == number:
                do()
        return answer

    return twist


def remove(server: Server, id: str) -> None:
    del server.storage._resources["User"][id]


@pytest.mark.parametrize("page", [1, 2, 3])
def test_somebody_who_goes_meanwhile_takes_nobody_along(server: Server, between: Proxy, at: Bench, page: int):
    ids = sorted(users_of(server, 9))
    between.twist = after(page, lambda: remove(server, ids[0]))
    synced = asyncio.run(at.sync())
    assert set(ids[1:]) <= shown(synced) <= set(ids)
    assert synced.complete


def test_somebody_who_comes_meanwhile_hides_nobody(server: Server, between: Proxy, at: Bench):
    ids = users_of(server, 9)
    made: list[str] = []
    between.twist = after(2, lambda: made.extend(users_of_later(server)))
    synced = asyncio.run(at.sync())
    assert set(ids) <= shown(synced) <= {*ids, *made}
    assert synced.complete == (shown(synced) == {*ids, *made})


def users_of_later(server: Server) -> list[str]:
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    return [server.add({"schemas": schemas, "userName": f"later{each}"}) for each in range(5)]


def test_a_listing_that_never_stands_still_is_told(server: Server, between: Proxy, at: Bench):
    ids = sorted(users_of(server, 40))

    def twist(asked: Asked, ask: Ask) -> Answered:
        answer = ask(asked)
        if listing(asked):
            remove(server, min(server.storage._resources["User"]))
        return answer

    between.twist = twist
    synced = asyncio.run(at.sync())
    assert not synced.complete
    assert ids


def test_a_page_that_is_left_empty_is_told(server: Server, between: Proxy, at: Bench):
    users_of(server, 9)

    def twist(asked: Asked, ask: Ask) -> Answered:
        answer = ask(asked)
        if listing(asked) and asked.query["startIndex"] == "5":
            return with_body(answer, Resources=answer.body["Resources"][:1])
        return answer

    between.twist = twist
    synced = asyncio.run(at.sync())
    assert (synced.complete, seal(synced, "user")) == (False, "partial")


def test_what_is_given_twice_is_one(server: Server, between: Proxy, at: Bench):
    ids = users_of(server, 5)

    def twist(asked: Asked, ask: Ask) -> Answered:
        if not listing(asked):
            return ask(asked)
        answer = ask(asked._replace(query={"count": "1000"}))
        rows = [each for row in answer.body["Resources"] for each in (row, row)]
        begin, count = int(asked.query["startIndex"]) - 1, int(asked.query["count"])
        return with_body(answer, Resources=rows[begin : begin + count])

    between.twist = twist
    synced = asyncio.run(at.sync())
    assert (synced.complete, shown(synced)) == (True, set(ids))


def test_rows_without_an_id_are_told_and_others_stand(server: Server, between: Proxy, at: Bench):
    ids = users_of(server, 4)

    def twist(asked: Asked, ask: Ask) -> Answered:
        answer = ask(asked)
        if not listing(asked) or not answer.body["Resources"]:
            return answer
        rows = [{**each, "id": None} if each["id"] == ids[1] else each for each in answer.body["Resources"]]
        return with_body(answer, Resources=rows)

    between.twist = twist
    synced = asyncio.run(at.sync())
    assert shown(synced) == {*ids} - {ids[1]}
    assert (synced.complete, seal(synced, "user"), seal(synced, "role/*")) == (False, "partial", "partial")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"Resources": []},
        {"totalResults": 3},
        {"totalResults": "3", "Resources": []},
        {"totalResults": 1, "Resources": {}},
    ],
)
def test_what_is_no_list_is_never_an_empty_one(server: Server, between: Proxy, at: Bench, body: Any):
    users_of(server, 3)
    between.twist = lambda asked, ask: ask(asked)._replace(body=body) if listing(asked) else ask(asked)
    synced = asyncio.run(at.sync())
    assert not synced.complete
    assert seal_or_none(synced) in (None, "unreadable")


@pytest.mark.parametrize(
    "body", [{}, [], {"Resources": []}, {"nextCursor": None}, {"schemas": ["urn:x"], "Resources": []}]
)
def test_what_is_no_list_is_never_an_empty_one_by_cursor(server: Server, between: Proxy, at: Bench, body: Any):
    users_of(server, 3)
    at.values["paging"] = "cursor"
    between.twist = lambda asked, ask: ask(asked)._replace(body=body) if listing(asked) else ask(asked)
    assert not asyncio.run(at.sync()).complete


def seal_or_none(synced: Synced) -> str | None:
    return next((each.seal.value for each in synced.run.scopes if each.scope == "user"), None)


@pytest.fixture
def cursors(tmp_path: Path) -> Iterator[tuple[Server, Proxy, Bench]]:
    with serve(by_cursor()) as server, proxy(server.url) as between, bench(tmp_path, between.url, page_size=3) as at:
        yield server, between, at


def test_cursors_are_used_where_they_are_offered(cursors: tuple[Server, Proxy, Bench]):
    server, between, at = cursors
    ids = users_of(server, 7)
    synced = asyncio.run(at.sync())
    assert (synced.complete, shown(synced), seal(synced, "user")) == (True, set(ids), "complete")
    assert [("cursor" in each.query, "startIndex" in each.query) for each in pages(between)] == [(True, False)] * 3
    between.asked.clear()
    at.values["paging"] = "index"
    assert shown(asyncio.run(at.sync())) == set(ids)
    assert all("startIndex" in each.query for each in pages(between))


def test_a_cursor_that_lapsed_begins_the_listing_anew(cursors: tuple[Server, Proxy, Bench]):
    server, between, at = cursors
    ids = users_of(server, 7)
    lapsed: list[Asked] = []

    def twist(asked: Asked, ask: Ask) -> Answered:
        if listing(asked) and asked.query["cursor"] and not lapsed:
            lapsed.append(asked)
            return ask(asked._replace(query={**asked.query, "cursor": "of-yesterday"}))
        return ask(asked)

    between.twist = twist
    synced = asyncio.run(at.sync())
    assert (synced.complete, shown(synced), len(lapsed)) == (True, set(ids), 1)


def test_a_cursor_listing_that_moves_loses_nobody(cursors: tuple[Server, Proxy, Bench]):
    server, between, at = cursors
    ids = sorted(users_of(server, 9))
    between.twist = after(1, lambda: remove(server, ids[0]))
    synced = asyncio.run(at.sync())
    assert set(ids[1:]) <= shown(synced) <= set(ids)
