"""An application that lists what it has in every manner, and the ways to read it to its end."""

import json
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from aiohttp import web

from jackfield.config import Secret
from jackfield.http import Bearer, ByCursor, ByLink, ByOffset, ByPage, JsonApi, Listing

from .loopback import Handler, session, web_server

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


async def one(handler: Handler, paging: Paging, *, cursor: str | None = None, auth: Any = None) -> Listing[Row]:
    async with web_server(handler) as url, session() as http:
        return await paging.read(JsonApi(http, url, auth, tag="error"), "rows", type=Row, cursor=cursor)


def says(body: Any, **options: Any) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text=body if isinstance(body, str) else json.dumps(body), **options)

    return handler
