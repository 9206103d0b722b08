"""Refusals over real HTTP: server errors, and how long a connection pauses when it is asked to."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from jackfield.errors import RateLimited, Transient
from jackfield.http import Response, default_retry_after

from .loopback import HandClock, asynchronous, get, session, web_server


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
