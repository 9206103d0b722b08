"""Where the next page is: never outside of the API's own origin, never with a credential in the cursor."""

import pytest
from aiohttp import web

from jackfield.config import Secret
from jackfield.errors import PluginBug, RemoteContract
from jackfield.http import ApiKey, Bearer, ByLink, JsonApi
from jackfield.http.links import link, same_origin

from .loopback import asynchronous, session, web_server
from .shelf import TOKEN, Row, api_of, one


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
