"""The bodies of answers over real HTTP: how large they may be, packed or not, and how they are packed."""

import asyncio
import gzip
import os
import tracemalloc
import zlib

import pytest
from aiohttp import web

from jackfield.errors import RemoteContract

from .loopback import OK, asynchronous, get, raw_server, says, session, settle, web_server


@pytest.mark.parametrize("how", ["length", "chunked", "gzip", "empty gzip members"])
def test_an_answer_over_the_cap_is_refused_without_reading_it_all(how: str) -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        head = b"X-Request-Id: r-5\r\n"
        piece = b"x" * 8192
        if how == "length":
            head += b"Content-Length: 1000000000\r\n"
        if "gzip" in how:
            head += b"Content-Encoding: gzip\r\n"
            piece = gzip.compress(b"" if "empty" in how else bytes(4_000_000), mtime=0)
            piece *= max(1, 8192 // len(piece))
        writer.write(OK + head + b"\r\n")
        while sent < 200_000_000:
            writer.write(piece)
            sent += len(piece)
            await writer.drain()

    @asynchronous
    async def run() -> None:
        async with raw_server(flood) as url, session(max_bytes=100_000) as http:
            with pytest.raises(RemoteContract, match="packed in more" if "empty" in how else "larger than") as refused:
                await get(http, f"{url}/big")
            assert (refused.value.route, refused.value.request_id) == ("/big", "r-5")
            assert ("max_answer_bytes" in str(refused.value)) is ("empty" not in how)
            await settle()
            assert http.limiter.in_flight == 0
        # What the two sockets hold, and no more: the reader had stopped.
        assert sent < 30_000_000

    run()


@asynchronous
async def test_a_bomb_is_not_unpacked_beyond_the_cap() -> None:
    # 200 MB of zeros in 200 KB: the peak of memory tells whether they were ever made.
    deflate = zlib.compressobj(9, wbits=31)
    bomb = b"".join(deflate.compress(bytes(1_000_000)) for _ in range(200)) + deflate.flush()

    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    async with web_server(handler) as url, session(max_bytes=1_000_000) as http:
        tracemalloc.start()
        try:
            with pytest.raises(RemoteContract, match="larger"):
                await get(http, url)
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
        finally:
            tracemalloc.stop()


@asynchronous
async def test_an_answer_of_exactly_the_cap_is_taken_packed_or_not() -> None:
    body = os.urandom(50_000) + bytes(50_000)

    async def handler(request: web.Request) -> web.Response:
        packed = request.path == "/packed"
        assert request.headers["Accept-Encoding"] == "gzip"
        return web.Response(
            body=gzip.compress(body[:60_000]) + gzip.compress(body[60_000:]) if packed else body,
            headers={"Content-Encoding": "gzip"} if packed else {},
        )

    async with web_server(handler) as url, session(max_bytes=100_000) as http:
        assert (await get(http, f"{url}/plain")).body == body
        assert (await get(http, f"{url}/packed")).body == body


@asynchronous
async def test_an_empty_answer_that_says_it_is_packed_is_empty() -> None:
    async with raw_server(says(OK + b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n")) as url, session() as http:
        assert (await get(http, url)).body == b""


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "deflate"])
def test_a_coding_that_was_not_asked_for_is_refused(coding: str) -> None:
    @asynchronous
    async def run() -> None:
        said = OK + f"Content-Encoding: {coding}\r\nContent-Length: 3\r\n\r\nabc".encode()
        async with raw_server(says(said)) as url, session() as http:
            with pytest.raises(RemoteContract, match="not asked for"):
                await get(http, url)

    run()
