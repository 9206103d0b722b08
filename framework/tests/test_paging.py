"""Listings in pages: each is read to its end, from any of its cursors, and never leaves the API's own origin."""

import json
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.config import Secret
from jackfield.errors import CursorExpired, JackfieldError, PluginBug, RemoteContract
from jackfield.http import ApiKey, Bearer, ByCursor, ByLink, ByOffset, ByPage, JsonApi, Listing
from jackfield.http.links import link, same_origin

from .loopback import Handler, asynchronous, session, web_server

TOKEN = "t0ken-of-the-api"


class Row(msgspec.Struct, frozen=True):
    """One item of a listing."""

    id: str


class Paging(Protocol):
    """Any of the four."""

    async def read(self, api: JsonApi, path: str, *, type: type[Row], cursor: str | None) -> Listing[Row]: ...


class Shelf:
    """An application that lists what it has in every manner; ``hidden`` are shown to nobody, though they take places."""

    def __init__(self, ids: Sequence[str], *, most: int = 1000, hidden: frozenset[str] = frozenset()) -> None:
        self.ids = list(ids)
        self.most = most
        self.hidden = hidden
        self.asked: list[str] = []

    @property
    def shown(self) -> list[str]:
        return [id for id in self.ids if id not in self.hidden]

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        query = request.query
        size = min(self.most, int(query["size"]))
        if request.path == "/page":
            begin = (int(query["page"]) - 1) * size
        else:
            begin = int(query.get("offset") or query.get("cursor") or 0)
        window = self.ids[begin : begin + size]
        rows = [{"id": id} for id in window if id not in self.hidden]
        end = begin + len(window)
        more = end < len(self.ids)
        body = {"data": rows, "meta": {"total": len(self.ids), "pages": -(-len(self.ids) // size)}}
        headers = {"X-Total": str(len(self.ids))}
        if request.path == "/cursor":
            body["meta"]["next"] = str(end) if more else None
        if more:
            address = f"/link?size={size}&offset={end}"
            headers["Link"] = f'</link?offset=0>; rel="first", <{address}>; title="a, b; c"; rel="last next"'
            body["next"] = str(request.url.origin()) + address
        return web.json_response(body, headers=headers)


def api_of(url: str, http: Any, **options: Any) -> JsonApi:
    return JsonApi(http, url, Bearer(Secret(TOKEN)), **options)


async def read_on(
    api: JsonApi, paging: Paging, path: str, cursor: str | None = None
) -> list[tuple[str | None, list[str]]]:
    """The pages from *cursor* to the end: the cursor of each, and its items."""
    pages: list[tuple[str | None, list[str]]] = []
    while True:
        listing = await paging.read(api, path, type=Row, cursor=cursor)
        pages.append((cursor, [row.id for row in listing.items]))
        cursor = listing.next
        assert len(pages) < 200, "the listing does not end"
        if cursor is None:
            return pages
        assert len(cursor.encode()) <= 4096


def pagings(size: int) -> list[tuple[str, Paging]]:
    """Every manner that copes with hidden items and with pages smaller than asked for."""
    common: Any = {"items": "data", "size": size, "size_parameter": "size"}
    told: Any = {**common, "total": "meta.total"}
    return [
        ("cursor", ByCursor(next="meta.next", **common)),
        ("link", ByLink(**common)),
        ("link", ByLink(next="next", **common)),
        ("page", ByPage(total_header="X-Total", **common)),
        ("page", ByPage(pages="meta.pages", **common)),
        ("offset", ByOffset(**told)),
        ("offset", ByOffset(key="id", **{**told, "size": size + 1})),
    ]


def untold(size: int) -> list[tuple[str, Paging]]:
    """Those where the application does not tell how many there are."""
    common: Any = {"items": "data", "size_parameter": "size"}
    return [
        ("page", ByPage(size=size, **common)),
        ("page", ByPage(size=size, short_ends=True, **common)),
        ("offset", ByOffset(size=size, **common)),
        ("offset", ByOffset(size=size, short_ends=True, **common)),
        ("offset", ByOffset(size=size + 1, key="id", **common)),
        ("offset", ByOffset(size=size + 1, key="id", short_ends=True, **common)),
    ]


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


async def one(handler: Handler, paging: Paging, *, cursor: str | None = None, auth: Any = None) -> Listing[Row]:
    async with web_server(handler) as url, session() as http:
        return await paging.read(JsonApi(http, url, auth, tag="error"), "rows", type=Row, cursor=cursor)


def says(body: Any, **options: Any) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text=body if isinstance(body, str) else json.dumps(body), **options)

    return handler


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


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:{port}/rows?page=2",
        "https://127.0.0.1:{port}/rows",
        "http://127.0.0.1:1/rows",
        "//evil.example/rows",
        "http://127.0.0.1:{port}@evil.example/rows",
        "http://user:pw@127.0.0.1:{port}/rows",
        "ftp://127.0.0.1:{port}/rows",
        "javascript:alert(1)",
    ],
)
def test_a_next_page_elsewhere_is_refused_and_gets_no_credentials(target: str) -> None:
    @asynchronous
    async def run() -> None:
        asked = 0

        async def handler(request: web.Request) -> web.Response:
            nonlocal asked
            asked += 1
            address = target.format(port=request.url.port)
            return web.json_response({"data": [], "next": address}, headers={"Link": f'<{address}>; rel="next"'})

        for paging in (ByLink(items="data"), ByLink(items="data", next="next")):
            with pytest.raises(RemoteContract, match="next page"):
                await one(handler, paging, auth=Bearer(Secret(TOKEN)))
        assert asked == 2

    run()


@pytest.mark.parametrize(
    "cursor", ["//evil.example/x", "http://evil.example/", "@evil.example/x", ".evil.example/x", ":1/x"]
)
def test_a_cursor_leads_nowhere_else_either(cursor: str) -> None:
    @asynchronous
    async def run() -> None:
        heard: list[str] = []

        async def handler(request: web.Request) -> web.Response:
            heard.append(request.host)
            return web.json_response([])

        async with web_server(handler) as url, session() as http:
            try:
                await ByLink().read(api_of(url, http), "rows", type=Row, cursor=cursor)
            except PluginBug:
                return
        assert heard == [url.removeprefix("http://")]

    run()


@asynchronous
async def test_a_token_that_the_next_address_repeats_is_not_kept_in_the_cursor() -> None:
    async def handler(request: web.Request) -> web.Response:
        link = f"<{request.path}?n=2&access_token={TOKEN}&q=a%2Fb>; rel=next"
        return web.json_response([], headers={"Link": link})

    async with web_server(handler) as url, session() as http:
        first = await ByLink().read(JsonApi(http, url, Bearer(Secret(TOKEN))), "rows", type=Row, cursor=None)
    assert first.next == "/rows?n=2&q=a%2Fb"


@asynchronous
async def test_a_key_that_the_next_address_repeats_is_not_kept_in_the_cursor() -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.path_qs)
        return web.json_response(
            [], headers={"Link": f"<{request.path}?n=2&key={request.query['key']}&q=a%2Fb>; rel=next"}
        )

    async with web_server(handler) as url, session() as http:
        api = JsonApi(http, url, ApiKey(secret=Secret(TOKEN), parameter="key"))
        first = await ByLink().read(api, "rows", type=Row, cursor=None)
        assert first.next == "/rows?n=2&q=a%2Fb"
        await ByLink().read(api, "rows", type=Row, cursor=first.next)
    assert seen == [f"/rows?key={TOKEN}", f"/rows?n=2&q=a/b&key={TOKEN}"]


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("", None),
        ("<b>; rel=next", "b"),
        ('<b?x=1,2;3>;rel="next"', "b?x=1,2;3"),
        ('<a>; rel="prev first", <b>; REL="last NEXT"', "b"),
        ('<a>; title="x, <c>; rel=next", <b>; rel=next', "b"),
        (r'<a>; title="say \"rel=next\""; rel=prev', None),
        ("<b>; rel=prev; rel=next", None),
        ('<b>; rel=next; anchor="#part"', None),
        ("<b>; rel=nextish", None),
        ("<b>; rel = next ; type=text/html,", "b"),
        ("<b>; crossorigin; rel=next", "b"),
        (", <b>; rel=next", "b"),
        ("<b>; rel=next, <b>; rel=next", "b"),
    ],
)
def test_a_link_header_is_read_as_the_standard_has_it(header: str, target: str | None) -> None:
    assert link(header, "next") == target


@pytest.mark.parametrize(
    "header",
    [
        "b; rel=next",
        "<b; rel=next",
        '<b>; rel="next',
        "<b> rel=next",
        "<b>; rel=next <c>",
        "<b>; rel=next, <c>; rel=next",
    ],
)
def test_a_link_header_that_can_not_be_read_is_no_end_of_a_listing(header: str) -> None:
    with pytest.raises(RemoteContract):
        link(header, "next")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("?page=2", "/v1/rows?page=2"),
        ("/v2/rows", "/v2/rows"),
        ("https://API.example:443/x?y#z", "/x?y"),
        ("//api.example/x", "/x"),
        ("https://api.example", "/"),
    ],
)
def test_the_next_address_may_be_relative(target: str, path: str) -> None:
    assert same_origin(target, "https://api.example/v1/rows?page=1") == path
