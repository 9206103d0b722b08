"""The probes' server answers whoever asks, also where many others connect and say nothing."""

import asyncio
from contextlib import suppress

import pytest
from aiohttp import web

from jackfield.errors import BadConfig
from jackfield_service.listening import MOST, listening


async def _live() -> web.Response:
    return web.Response(text="live\n")


async def _ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        return await reader.read()
    finally:
        writer.close()


def _get(path: str, method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


def test_many_who_connect_and_say_nothing_keep_nobody_from_an_answer() -> None:
    async def run() -> None:
        async with listening({"/live": _live}, "127.0.0.1", 0, "key") as port:
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4 * MOST)]
            for _, writer in silent:
                writer.write(b"GET /live HTTP/1.1\r\nHost: x\r\n")
            assert b"200 OK" in await _ask(port, _get("/live"))
            closed = 0
            for reader, _ in silent[: 2 * MOST]:
                with suppress(ConnectionError):  # reset is as closed as ended
                    closed += await reader.read() == b""
                    continue
                closed += 1
            assert closed == 2 * MOST, "the oldest are closed"
            for _, writer in silent:
                writer.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/live", "HEAD", b"200"), ("/live?x=1", "GET", b"200"), ("/", "GET", b"404"), ("/live", "POST", b"405")],
)
def test_only_its_pages_are_answered(path: str, method: str, status: bytes) -> None:
    async def run() -> bytes:
        async with listening({"/live": _live}, "127.0.0.1", 0, "key") as port:
            return await _ask(port, _get(path, method))

    assert asyncio.run(run()).split()[1] == status


def test_an_address_that_is_taken_is_told_by_its_setting() -> None:
    async def run() -> None:
        async with listening({}, "127.0.0.1", 0, "key") as port, listening({}, "127.0.0.1", port, "key"):
            raise AssertionError("not reached")

    with pytest.raises(BadConfig) as told:
        asyncio.run(run())
    assert told.value.path == "key"
