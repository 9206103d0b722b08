"""A simulator in a thread of this process: for tests that block, or that have an event loop of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager

from .options import ServiceOptions, TeamOptions
from .server import Simulator, serving

_SECONDS_TO_START = 30.0


@contextmanager
def running(team: TeamOptions, options: ServiceOptions | None = None) -> Generator[Simulator]:
    """Runs a simulator in a thread of its own until the block ends; what is in it belongs to that thread."""
    loop = asyncio.new_event_loop()
    started: list[Simulator] = []
    ready, stop = threading.Event(), asyncio.Event()

    async def run() -> None:
        try:
            async with serving(team, options) as simulator:
                started.append(simulator)
                ready.set()
                await stop.wait()
            # Connections whose clients went at the same moment close in turns of their own.
            await asyncio.sleep(0.02)
        finally:
            ready.set()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        if not ready.wait(_SECONDS_TO_START) or not started:
            raise RuntimeError("the simulator did not start")
        yield started[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
