"""The session over real HTTP: what an answer, a refusal and a failure become."""

import asyncio
import gzip
import os
import subprocess
import sys
import zlib
from datetime import timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from jackfield.errors import BadConfig, JackfieldError, RateLimited, RemoteContract, Transient
from jackfield.http import HttpSession, Response, default_retry_after

from .loopback import HandClock, asynchronous, raw_server, says, session, settle, web_server

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


async def get(http: HttpSession, url: str) -> Response:
    return await http.request("GET", url)


@asynchronous
async def test_an_answer_below_500_is_given_whole_whatever_its_status() -> None:
    async def handler(request: web.Request) -> web.Response:
        body = await request.read()
        headers = {
            "X-Vendor-Request-Id": "r-1",
            "X-Sent": f"{request.method} {request.headers['X-Mine']} {body.decode()}",
        }
        return web.Response(status=int(request.path.rpartition("/")[2]), body=b"\x00\xff", headers=headers)

    async with web_server(handler) as url, session() as http:
        for status in (200, 201, 302, 400, 401, 403, 404, 409, 418):
            answer = await http.request("PUT", f"{url}/status/{status}", body=b"hi", headers={"X-Mine": "m"})
            assert (answer.status, answer.body, answer.request_id) == (status, b"\x00\xff", "r-1")
            assert answer.headers["x-sent"] == "PUT m hi"
        assert http.sent == 9
        assert http.limiter.in_flight == 0


@asynchronous
async def test_an_answer_never_shows_its_body_in_its_repr() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text="tok-123")

    async with web_server(handler) as url, session() as http:
        assert "tok-123" not in repr(await get(http, url))


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_server_error_is_transient_and_keeps_route_and_request_id(status: int) -> None:
    @asynchronous
    async def run() -> None:
        async def handler(_: web.Request) -> web.Response:
            return web.Response(status=status, headers={"X-Request-Id": "r-2"}, text="secret body")

        async with web_server(handler) as url, session() as http:
            with pytest.raises(Transient) as failed:
                await get(http, f"{url}/a/b?token=t-1")
        error = failed.value
        assert (error.route, error.request_id) == ("/a/b", "r-2")
        assert str(status) in str(error)
        assert "t-1" not in str(error)
        assert "secret body" not in str(error)

    run()


@pytest.mark.parametrize(
    ("status", "header", "after", "paused"),
    [
        (429, "7", 7.0, 7.0),
        (429, "0", 0.0, 0.0),
        (429, None, None, 5.0),
        (429, "soon", None, 5.0),
        (429, "-3", None, 5.0),
        (429, "inf", None, 5.0),
        (429, "nan", None, 5.0),
        (429, "1e300", None, 5.0),
        (503, "120", 120.0, 120.0),
    ],
)
def test_a_refusal_for_rate_pauses_the_whole_connection_for_as_long_as_it_says(
    status: int, header: str | None, after: float | None, paused: float
) -> None:
    @asynchronous
    async def run() -> None:
        async def handler(request: web.Request) -> web.Response:
            if request.path == "/ok":
                return web.Response()
            headers = {"X-Request-Id": "r-3"} | ({"Retry-After": header} if header is not None else {})
            return web.Response(status=status, headers=headers)

        clock = HandClock()
        async with web_server(handler) as url, session(clock) as http:
            with pytest.raises(RateLimited) as refused:
                await get(http, f"{url}/busy")
            assert (refused.value.after, refused.value.route, refused.value.request_id) == (after, "/busy", "r-3")
            calls = [asyncio.create_task(get(http, f"{url}/ok")) for _ in range(3)]
            if paused:
                await clock.go(paused - 0.5)
                assert http.sent == 1, "nothing goes out during the pause"
            await clock.go(0.6)
            answers = await asyncio.gather(*calls)
            assert [answer.status for answer in answers] == [200] * 3

    run()


@asynchronous
async def test_a_pause_said_as_a_date_is_kept_whole() -> None:
    clock = HandClock()

    async def handler(_: web.Request) -> web.Response:
        return web.Response(
            status=429, headers={"Retry-After": format_datetime(clock.now() + timedelta(seconds=90), usegmt=True)}
        )

    async with web_server(handler) as url, session(clock) as http:
        with pytest.raises(RateLimited) as refused:
            await get(http, url)
        assert refused.value.after == 90.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1.5", 1.5),
        (" 12 ", 12.0),
        ("Tue, 01 Jan 2030 00:01:00 GMT", 60.0),
        ("Tue, 01 Jan 2030 01:01:00 +0100", 60.0),
        ("Tue, 01 Jan 2030 00:01:00 -0000", 60.0),
        ("Tue, 01 Jan 2030 00:01:00", 60.0),
        ("Mon, 31 Dec 2029 23:59:00 GMT", 0.0),
        ("", None),
        ("Tue, 99 Foo 2030", None),
        ("Tue, 01 Jan 2030 00:01:99999999999999999999999 GMT", None),
        ("٣", None),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_anything_else_is_as_none(text: str, seconds: float | None) -> None:
    answer = Response(status=429, headers={"retry-after": text}, body=b"")
    assert default_retry_after(answer, HandClock()) == seconds


@asynchronous
async def test_a_connector_may_read_the_pause_where_its_application_writes_it() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=429, text="33")

    clock = HandClock()
    async with web_server(handler) as url, session(clock) as http:
        with pytest.raises(RateLimited) as refused:
            await http.request("GET", url, retry_after=lambda answer, _: float(answer.body))
        assert refused.value.after == 33.0
        waiting = asyncio.create_task(get(http, url))
        await clock.go(32)
        assert http.sent == 1
        waiting.cancel()


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
    "no HTTP at all": b"SSH-2.0-OpenSSH_9.0\r\n",
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
            with pytest.raises(RemoteContract, match="larger than 100000 bytes") as refused:
                await get(http, f"{url}/big")
            assert (refused.value.route, refused.value.request_id) == ("/big", "r-5")
            assert "max_answer_bytes" in str(refused.value)
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

    import tracemalloc

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


@asynchronous
async def test_a_redirect_is_not_followed_so_credentials_go_nowhere_else() -> None:
    seen: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        return web.Response()

    async with web_server(elsewhere) as other:

        async def handler(_: web.Request) -> web.Response:
            return web.Response(status=307, headers={"Location": f"{other}/take"})

        async with web_server(handler) as url, session() as http:
            answer = await http.request("POST", url, body=b"x", headers={"Authorization": "Bearer t"})
    assert answer.status == 307
    assert seen == []


@asynchronous
async def test_cookies_are_not_kept_from_one_request_to_the_next() -> None:
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "session=s-1; Path=/"})

    async with web_server(handler) as url, session() as http:
        await get(http, url)
        await get(http, url)
    assert seen == [None, None]


@asynchronous
async def test_a_request_goes_out_once_even_if_a_kept_connection_was_dropped() -> None:
    heads: list[bytes] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK + b"Content-Length: 2\r\n\r\nok")
        await writer.drain()
        heads.append(await reader.readuntil(b"\r\n\r\n"))

    async with raw_server(speak) as url, session() as http:
        assert (await get(http, url)).body == b"ok"
        with pytest.raises(Transient):
            await http.request("DELETE", f"{url}/user/1")
        await settle()
    assert [head.split()[0] for head in heads] == [b"GET", b"DELETE"]


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "ftp://host/x", "http://", "http://[::1/x", "http://127.0.0.1:99999/", f"http://{'a' * 70}.test/"],
)
def test_an_address_that_can_not_be_called_is_a_fault_of_the_configuration(url: str) -> None:
    @asynchronous
    async def run() -> None:
        async with session() as http:
            with pytest.raises(BadConfig, match="not an address that can be called") as refused:
                await get(http, url)
            assert refused.value.route
            assert http.limiter.in_flight == 0

    run()


@asynchronous
async def test_a_header_that_can_not_be_sent_is_refused_without_showing_its_value() -> None:
    async with web_server(lambda _: web.Response()) as url, session() as http:  # type: ignore[arg-type,return-value]
        for value in ("s3cret\nX: y", "s3cretü"):
            with pytest.raises(ValueError, match="the header Authorization") as refused:
                await http.request("GET", url, headers={"Authorization": value})
            assert "s3cret" not in str(refused.value)
        assert http.limiter.in_flight == 0


@asynchronous
async def test_a_cancelled_call_gives_its_slot_back_and_the_session_goes_on() -> None:
    hang = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        if request.path == "/slow":
            await hang.wait()
        return web.Response(text="ok")

    async with web_server(handler) as url, session(concurrency=1) as http:
        slow = asyncio.create_task(get(http, f"{url}/slow"))
        await asyncio.sleep(0.1)
        queued = asyncio.create_task(get(http, f"{url}/fast"))
        await settle()
        slow.cancel()
        assert (await queued).body == b"ok"
        hang.set()


@asynchronous
async def test_no_more_requests_are_in_flight_than_the_connection_allows() -> None:
    now = most = 0

    async def handler(_: web.Request) -> web.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return web.Response()

    async with web_server(handler) as url, session(concurrency=3) as http:
        await asyncio.gather(*(get(http, url) for _ in range(20)))
    assert most == 3


def test_every_error_of_the_session_is_one_of_the_host() -> None:
    assert all(issubclass(error, JackfieldError) for error in (BadConfig, RateLimited, RemoteContract, Transient))


def test_importing_the_kit_does_not_load_the_http_library_and_using_it_leaves_no_trace() -> None:
    code = """
import asyncio, sys
import jackfield.http, jackfield.hookspecs
loaded = [name for name in ("httpx", "aiohttp", "httpx_aiohttp", "rich", "click") if name in sys.modules]
assert not loaded, loaded
from jackfield.clock import SystemClock
async def use():
    async with jackfield.http.open_session(jackfield.http.SessionOptions(), SystemClock()):
        pass
asyncio.run(use())
assert "httpx" in sys.modules
assert "httpx._main" not in sys.modules
assert None not in sys.modules.values()
assert not [name for name in ("rich", "click") if name in sys.modules]
import httpx._main
assert callable(httpx._main.main)
asyncio.run(use())
assert sys.modules["httpx._main"] is httpx._main
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
