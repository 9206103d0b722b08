"""Runs the stand-in as a process of its own: prints one line of JSON when it is ready, and ends with its standard input."""

import argparse
import asyncio
import contextlib
import json
import os
import shlex
import signal
import ssl
import sys
import tempfile
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import trustme
from aiohttp import web

from .control import Control
from .credentials import Credentials
from .front import Front
from .service import Service
from .state import State
from .token_endpoint import application


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m platform_stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the TLS port of both token endpoint and gRPC; 0: any")
    parser.add_argument("--control-port", type=int, default=0, help="the plain port of the control routes; 0: any")
    parser.add_argument("--folder", type=Path, help="keeps the CA certificate and uploads here; default: a new one")
    parser.add_argument("--tenant", help="the host in the client id, where the address is to be given otherwise")
    parser.add_argument("--kid", help="the key id in the client secret; default: none")
    parser.add_argument("--settings", type=json.loads, default={}, help="settings to begin with, as JSON")
    parser.add_argument("--environment", type=Path, help="writes what a connector needs into this file, for a shell")
    parser.add_argument("--stay", action="store_true", help="do not end with standard input")
    return parser.parse_args()


@asynccontextmanager
async def serving(app: web.Application, port: int = 0) -> AsyncGenerator[int]:
    """Serves *app* on loopback; gives the port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        addresses: Any = runner.addresses
        yield addresses[0][1]
    finally:
        await runner.cleanup()


def certified(folder: Path, *names: str) -> tuple[ssl.SSLContext, Path]:
    """A TLS context with a certificate for *names*, and the file of the CA that vouches for it."""
    authority: Any = trustme.CA()
    file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return context, file


async def run(options: argparse.Namespace, folder: Path) -> None:
    """Serves until standard input ends."""
    state = State(Credentials(client_id="", kid=options.kid), folder, options.settings)
    fronts: list[Front] = []

    def cut(port: int) -> None:
        for each in fronts:
            each.cut(port)

    server: Any = grpc.aio.server()
    server.add_generic_rpc_handlers(Service(state, cut).handlers())
    grpc_port: int = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with serving(application(state, cut)) as http_port:
        front = Front(grpc_port=grpc_port, http_port=http_port)
        fronts.append(front)
        names = ["localhost", "127.0.0.1", *([options.tenant.partition(":")[0]] if options.tenant else [])]
        context, authority = certified(folder, *names)
        port = await front.start(options.port, context)
        address = f"localhost:{port}"
        state.credentials.client_id = f"clever-fox-42195@{options.tenant or address}/spc"
        async with serving(Control(state, front).application(), options.control_port) as control_port:
            ready = {
                "address": address,
                "host": state.credentials.audience,
                "ca_file": str(authority),
                "client_id": state.credentials.client_id,
                "client_secret": state.credentials.secret,
                "control": f"http://127.0.0.1:{control_port}",
                "folder": str(folder),
            }
            if options.environment is not None:
                options.environment.write_text(variables(ready), encoding="utf-8")
            print(json.dumps(ready), flush=True)
            await ended(with_input=not options.stay)
        await front.stop()
        await server.stop(0.2)


async def ended(*, with_input: bool) -> None:
    """Returns when standard input has ended, if that counts, or a signal says so."""
    loop, end = asyncio.get_running_loop(), asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, end.set)

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(end.set)

    if with_input:
        threading.Thread(target=watch, daemon=True).start()
    await end.wait()


def variables(ready: dict[str, str]) -> str:
    """What a connector is told in its environment, as lines for a shell."""
    found = {
        "BATON_CLIENT_ID": ready["client_id"],
        "BATON_CLIENT_SECRET": ready["client_secret"],
        "BATON_C1_API_HOST": ready["address"],
        "SSL_CERT_FILE": ready["ca_file"],
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in found.items())


def main() -> None:
    options = arguments()
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(run(options, options.folder.resolve()))
        return
    with tempfile.TemporaryDirectory(prefix="platform-stand-in-") as folder:
        asyncio.run(run(options, Path(folder)))


if __name__ == "__main__":
    main()
