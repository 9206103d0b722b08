"""A simulator in a thread of this process: for tests that block, or that have an event loop of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

from .options import ServiceOptions, TeamOptions
from .server import Simulator, serving

_SECONDS_TO_START = 30.0
_SECONDS_TO_STOP = 90.0
"""An answer of a gigabyte may be in the making, which takes the loop's time."""

T = TypeVar("T")


@contextmanager
def running(team: TeamOptions, options: ServiceOptions | None = None) -> Generator[Simulator]:
    """Runs a simulator in a thread of its own until the block ends; what is in it belongs to that thread."""
    with in_thread(lambda: serving(team, options)) as simulator:
        yield simulator


@contextmanager
def in_thread(make: Callable[[], AbstractAsyncContextManager[T]]) -> Generator[T]:
    """What *make* opens in the event loop of a thread of its own, until the block ends."""
    loop = asyncio.new_event_loop()
    started: list[T] = []
    ready, stop = threading.Event(), asyncio.Event()

    async def run() -> None:
        try:
            async with make() as opened:
                started.append(opened)
                ready.set()
                await stop.wait()
        finally:
            ready.set()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    try:
        if not ready.wait(_SECONDS_TO_START) or not started:
            raise RuntimeError("the simulator did not start")
        yield started[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_SECONDS_TO_STOP)
        if not thread.is_alive():
            loop.close()
