"""Listings in pages: each is read to its end, from any of its cursors, and never leaves the API's own origin."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.errors import CursorExpired, JackfieldError, PluginBug, RemoteContract
from jackfield.http import ByCursor, ByLink, ByOffset, ByPage, Listing

from .loopback import asynchronous, session, web_server
from .shelf import Paging, Row, Shelf, api_of, one, pagings, read_on, says, untold

IDS = st.lists(st.text("abcäöü/?&#% é", min_size=1, max_size=6), unique=True, max_size=12)


@given(ids=IDS, size=st.integers(1, 6), data=st.data())
@settings(max_examples=20, deadline=None)
def test_a_listing_gives_each_item_once_and_from_each_cursor_the_same_rest(
    ids: list[str], size: int, data: st.DataObject
) -> None:
    hidden = frozenset(data.draw(st.lists(st.sampled_from(ids), unique=True))) if ids else frozenset[str]()

    @asynchronous
    async def run() -> None:
        whole, holed = Shelf(ids), Shelf(ids, hidden=hidden)
        async with web_server(whole.answer) as url, web_server(holed.answer) as other, session() as http:  # type: ignore[arg-type]
            for at, path, paging, shelf in [
                *((url, path, paging, whole) for path, paging in (*pagings(size), *untold(size))),
                *((other, path, paging, holed) for path, paging in pagings(size)),
            ]:
                api = api_of(at, http)
                pages = await read_on(api, paging, path)
                read = [id for _, items in pages for id in items]
                if path == "offset" and shelf is holed:
                    assert list(dict.fromkeys(read)) == shelf.shown, "hidden items may bring others twice"
                else:
                    assert read == shelf.shown, paging
                for number, (cursor, _) in enumerate(pages):
                    assert await read_on(api, paging, path, cursor) == pages[number:], paging

    run()


@given(ids=IDS, size=st.integers(1, 6), most=st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_an_application_that_gives_fewer_than_asked_for_is_read_to_its_end(
    ids: list[str], size: int, most: int
) -> None:
    @asynchronous
    async def run() -> None:
        shelf = Shelf(ids, most=most)
        async with web_server(shelf.answer) as url, session() as http:  # type: ignore[arg-type]
            api = api_of(url, http)
            for path, paging in (*pagings(size), *untold(size)):
                if getattr(paging, "short_ends", False):
                    continue
                pages = await read_on(api, paging, path)
                assert [id for _, items in pages for id in items] == ids, paging

    run()


@given(size=st.integers(2, 5), data=st.data())
@settings(max_examples=60, deadline=None)
def test_an_offset_listing_with_a_key_misses_nothing_that_was_there_all_the_time(
    size: int, data: st.DataObject
) -> None:
    """Items come and go between any two pages; what stays is read, or the listing is said to have changed."""

    @asynchronous
    async def run() -> None:
        shelf = Shelf([f"r{number}" for number in range(8)])
        stayed, fresh = set(shelf.ids), 0
        total = data.draw(st.booleans())
        paging = ByOffset(
            items="data", size=size, size_parameter="size", key="id", total="meta.total" if total else None
        )
        async with web_server(shelf.answer) as url, session() as http:  # type: ignore[arg-type]
            api, cursor, read = api_of(url, http), None, set[str]()
            for _ in range(40):
                try:
                    listing = await paging.read(api, "offset", type=Row, cursor=cursor)
                except CursorExpired:
                    return
                read |= {row.id for row in listing.items}
                if (cursor := listing.next) is None:
                    break
                for change in data.draw(st.lists(st.tuples(st.booleans(), st.integers(0, 7)), max_size=2)):
                    comes, at = change
                    if comes:
                        fresh += 1
                        shelf.ids.insert(at, f"new{fresh}")
                    elif at < len(shelf.ids):
                        stayed.discard(shelf.ids.pop(at))
            assert cursor is None
            assert stayed <= read

    run()


@asynchronous
async def test_a_page_that_brings_nothing_new_keeps_hold_of_the_last_item() -> None:
    """One item comes in front, so that a page repeats the one before; another goes, which moves the rest."""
    shelf = Shelf(["a", "b", "c", "d", "e"])
    paging = ByOffset(items="data", size=2, size_parameter="size", key="id")
    async with web_server(shelf.answer) as url, session() as http:  # type: ignore[arg-type]
        api = api_of(url, http)
        first = await paging.read(api, "offset", type=Row, cursor=None)
        shelf.ids.insert(0, "new")
        repeated = await paging.read(api, "offset", type=Row, cursor=first.next)
        assert repeated.items == ()
        del shelf.ids[:2]
        with pytest.raises(CursorExpired):
            await paging.read(api, "offset", type=Row, cursor=repeated.next)


@pytest.mark.parametrize(
    ("paging", "path"),
    [
        (ByPage(items="data", size=2, size_parameter="size", total="meta.total"), "page"),
        (ByOffset(items="data", size=2, size_parameter="size", total_header="x-total"), "offset"),
    ],
)
def test_a_total_that_shrinks_while_a_listing_is_read_ends_the_cursor(paging: Paging, path: str) -> None:
    @asynchronous
    async def run() -> None:
        shelf = Shelf(["a", "b", "c", "d", "e"])
        async with web_server(shelf.answer) as url, session() as http:  # type: ignore[arg-type]
            api = api_of(url, http)
            first = await paging.read(api, path, type=Row, cursor=None)
            assert first.count("user") == {"user": 5}
            shelf.ids.remove("a")
            with pytest.raises(CursorExpired, match="there were 5 and are 4") as expired:
                await paging.read(api, path, type=Row, cursor=first.next)
            assert expired.value.route == path

    run()


def test_a_listing_that_does_not_tell_a_total_expects_nothing() -> None:
    assert Listing[Row](items=()).count("user") == {}
    assert Listing[Row](items=(), total=0).count("user") == {"user": 0}


@pytest.mark.parametrize(
    ("paging", "body"),
    [
        (ByCursor(items="data", next="next"), {"rows": []}),
        (ByCursor(items="data", next="next"), {"data": None}),
        (ByCursor(items="data", next="next"), {"data": {"id": "a"}}),
        (ByCursor(items="data", next="next"), {"data": [{"id": 7}]}),
        (ByCursor(items="data", next="next"), '{"data": [{"id": "a"}'),
        (ByCursor(items="data", next="next"), "<html>sign in</html>"),
        (ByCursor(items="data", next="next"), ""),
        (ByCursor(items="data", next="next"), {"data": [], "next": "c" * 5000}),
        (ByCursor(items="data", next="next", more="more"), {"data": [], "next": "c"}),
        (ByCursor(items="data", next="next", more="more"), {"data": [], "next": "c", "more": "yes"}),
        (ByCursor(items="data", next="next", more="more"), {"data": [], "next": "", "more": True}),
        (ByPage(items="data", total="total"), {"data": []}),
        (ByPage(items="data", total="total"), {"data": [], "total": -1}),
        (ByPage(items="data", total="total"), {"data": [], "total": "many"}),
        (ByPage(items="data", total_header="x-total"), {"data": []}),
        (ByPage(items="data", pages="pages"), {"data": [], "pages": True}),
        (ByOffset(items="data", key="key"), {"data": [{"id": "a"}]}),
        (ByLink(items="data", next="next"), {"data": [], "next": "http://[bad"}),
    ],
)
def test_an_answer_that_lacks_what_it_should_have_is_no_end_of_a_listing(paging: Paging, body: Any) -> None:
    @asynchronous
    async def run() -> None:
        with pytest.raises(RemoteContract) as refused:
            await one(says(body, headers={"X-Request-Id": "r-7"}), paging)
        assert (refused.value.route, refused.value.request_id) == ("rows", "r-7")

    run()


@asynchronous
async def test_a_cursor_that_is_there_without_more_to_come_is_the_end() -> None:
    listing = await one(
        says({"data": [], "next": "c", "more": False}), ByCursor(items="data", next="next", more="more")
    )
    assert listing.next is None


@asynchronous
async def test_the_last_items_id_may_be_the_cursor() -> None:
    body = {"data": [{"id": "a"}, {"id": "b"}], "has_more": True}
    paging = ByCursor(items="data", parameter="after", next="data.-1.id", more="has_more")
    assert (await one(says(body), paging)).next == "b"


@pytest.mark.parametrize(("status", "tag"), [(410, "gone"), (400, "bad_cursor")])
def test_a_cursor_that_is_no_longer_honoured_has_expired_and_a_first_page_never(status: int, tag: str) -> None:
    @asynchronous
    async def run() -> None:
        refuses = says({"error": tag}, status=status)
        paging = ByCursor(next="next", expired=(410, "bad_cursor"))
        with pytest.raises(CursorExpired):
            await one(refuses, paging, cursor="c")
        with pytest.raises(JackfieldError) as refused:
            await one(refuses, paging)
        assert not isinstance(refused.value, CursorExpired)

    run()


@asynchronous
async def test_a_cursor_of_another_paging_is_a_bug_of_the_connector() -> None:
    with pytest.raises(PluginBug):
        await one(says([]), ByPage(), cursor="abc")
