"""Answers over real HTTP that break off, come too late or never."""

import asyncio
import gzip

import pytest
from aiohttp import web

from jackfield.errors import Transient

from .loopback import OK, asynchronous, get, raw_server, says, session, web_server

CUT = {
    "dropped before the answer": b"",
    "cut in the head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "cut in a body of known length": OK + b"Content-Length: 100\r\nX-Request-Id: r-4\r\n\r\nhalf",
    "cut in a chunk": OK + b"Transfer-Encoding: chunked\r\nX-Request-Id: r-4\r\n\r\n64\r\nhalf",
    "cut before the last chunk": OK + b"Transfer-Encoding: chunked\r\nX-Request-Id: r-4\r\n\r\n4\r\nhalf\r\n",
    "cut gzip in a whole answer": OK
    + b"Content-Encoding: gzip\r\nX-Request-Id: r-4\r\n"
    + b"Content-Length: 20\r\n\r\n"
    + gzip.compress(bytes(range(256)), mtime=0)[:20],
    "broken gzip": OK + b"Content-Encoding: gzip\r\nX-Request-Id: r-4\r\nContent-Length: 8\r\n\r\nnot gzip",
}


@pytest.mark.parametrize("case", CUT)
def test_a_broken_answer_is_transient_and_keeps_what_is_known_of_it(case: str) -> None:
    @asynchronous
    async def run() -> None:
        async with raw_server(says(CUT[case])) as url, session() as http:
            with pytest.raises(Transient) as failed:
                await get(http, f"{url}/page")
            assert failed.value.route == "/page"
            assert failed.value.request_id == ("r-4" if b"r-4" in CUT[case] else None)
            assert http.limiter.in_flight == 0

    run()


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\n", OK + b"Content-Length: 9\r\nX-Request-Id: r-4\r\n\r\nhalf"]
)
def test_a_server_that_hangs_is_transient_within_the_time_out(said: bytes) -> None:
    @asynchronous
    async def run() -> None:
        async with raw_server(says(said, then_hang=True)) as url, session(timeout=0.3) as http:
            with pytest.raises(Transient, match=r"no whole answer within 0\.3 s") as failed:
                await get(http, f"{url}/page")
            assert failed.value.route == "/page"
            assert failed.value.request_id == ("r-4" if b"r-4" in said else None)
            assert http.limiter.in_flight == 0

    run()


@asynchronous
async def test_a_server_that_drips_is_transient_within_the_time_out_for_the_whole_answer() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with raw_server(drip) as url, session(timeout=0.4) as http:
        with pytest.raises(Transient, match="no whole answer"):
            await get(http, url)


@asynchronous
async def test_nobody_listening_is_transient() -> None:
    async with web_server(lambda _: web.Response()) as url:  # type: ignore[arg-type,return-value]
        pass
    async with session() as http:
        with pytest.raises(Transient, match="the connection failed") as failed:
            await get(http, f"{url}/page")
        assert failed.value.route == "/page"
