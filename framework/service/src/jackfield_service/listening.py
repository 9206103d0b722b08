"""A small HTTP server for probes.

Promises that whoever connects and says nothing, or many who do, keep nobody else from an answer, nor the process from its files.
Hides the library's own server.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from jackfield.errors import BadConfig

Answer = Callable[[], Awaitable[web.Response]]

MOST = 64
"""Connections at once; where there are more, the oldest is closed: probes are answered within moments."""
SECONDS = 30.0
"""How long a connection lives, whatever it says; a client that keeps one open opens another."""


class _Server(web.Server):
    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        asyncio.get_running_loop().call_later(SECONDS, transport.abort)
        for each in self.connections[:-MOST]:
            each.force_close()
            if each.transport is not None:
                each.transport.abort()


@asynccontextmanager
async def listening(pages: Mapping[str, Answer], address: str, port: int, key: str) -> AsyncGenerator[int]:
    """Answer GET for *pages*, by their paths, for as long as the block lasts; gives the port.

    Raises BadConfig, about the setting *key*, where the address can't be had.
    """

    async def answer(request: web.BaseRequest) -> web.Response:
        page = pages.get(request.path)
        if page is None:
            return web.Response(text="not found\n", status=404)
        if request.method not in ("GET", "HEAD"):
            return web.Response(text="only GET\n", status=405, headers={"Allow": "GET, HEAD"})
        return await page()

    runner = web.ServerRunner(_Server(answer, access_log=None), handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, address, port)
        try:
            await site.start()
        except OSError as error:
            raise BadConfig(f"health can't be answered at {address}:{port}: {error.strerror}", path=key) from None
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
