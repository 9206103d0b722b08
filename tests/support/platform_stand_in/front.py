"""One TLS port for both: what asks for HTTP/2 goes on to the gRPC server, everything else to the token endpoint."""

import asyncio
import contextlib
import ssl
from collections import Counter
from typing import Any

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Front:
    """Passes bytes between TLS connections and plain ones on loopback, and can cut them."""

    def __init__(self, *, grpc_port: int, http_port: int) -> None:
        self._ports = {"h2": grpc_port}
        self._http_port = http_port
        self._open: dict[int, asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self._down_until = 0.0
        self.seen: Counter[str] = Counter()
        """How many connections there were, by protocol."""

    async def start(self, port: int, context: ssl.SSLContext) -> int:
        """Listens; the port that it is."""
        context.set_alpn_protocols(["h2", "http/1.1"])
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=context)
        return self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut_all()

    def cut_all(self) -> int:
        """Cuts every connection at once; how many there were."""
        found = list(self._open.values())
        for writer in found:
            writer.transport.abort()
        return len(found)

    def reset(self) -> None:
        """As after the start: cuts every connection, forgets those that there were, and takes new ones."""
        self.cut_all()
        self.seen.clear()
        self._down_until = 0.0

    def cut(self, port: int) -> bool:
        """Cuts the connection that comes to the servers behind from this port; whether there is one."""
        writer = self._open.get(port)
        if writer is not None:
            writer.transport.abort()
        return writer is not None

    def go_down(self, duration: float) -> None:
        """Cuts every connection, and every new one for so many seconds."""
        self._down_until = asyncio.get_running_loop().time() + duration
        self.cut_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if asyncio.get_running_loop().time() < self._down_until:
            writer.transport.abort()
            return
        tls: Any = writer.get_extra_info("ssl_object")
        protocol = tls.selected_alpn_protocol() or "none"
        self.seen[protocol] += 1
        inner = await asyncio.open_connection("127.0.0.1", self._ports.get(protocol, self._http_port))
        port = inner[1].get_extra_info("sockname")[1]
        self._open[port] = writer
        try:
            await asyncio.gather(_pump(reader, inner[1]), _pump(inner[0], writer))
        finally:
            self._open.pop(port, None)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes on until one side ends, then ends the other."""
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, ssl.SSLError, RuntimeError):
        writer.close()
