"""The session over real HTTP: what goes out, and what comes back whole."""

import asyncio
import subprocess
import sys

import pytest
from aiohttp import web

from jackfield.errors import BadConfig, JackfieldError, RateLimited, RemoteContract, Transient

from .loopback import OK, asynchronous, get, raw_server, session, settle, web_server


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
    [
        "",
        "nonsense",
        "ftp://host/x",
        "http://",
        "http://[::1/x",
        "http://127.0.0.1:99999/",
        f"https://{'a' * 70}.test/",
    ],
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
from jackfield.errors import Transient
async def use():
    async with jackfield.http.open_session(jackfield.http.SessionOptions(), SystemClock()) as http:
        assert first is not ("httpx" in sys.modules)
        try:
            await http.request("GET", "http://127.0.0.1:9/")
        except Transient:
            pass
first = True
asyncio.run(use())
assert "httpx" in sys.modules
assert "httpx._main" not in sys.modules
assert None not in sys.modules.values()
assert not [name for name in ("rich", "click") if name in sys.modules]
first = False
import httpx._main
assert callable(httpx._main.main)
asyncio.run(use())
assert sys.modules["httpx._main"] is httpx._main
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
