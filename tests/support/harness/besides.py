"""Servers in a thread of this process, beside commands that run in others: no process has to be started for them."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TypeVar

from jackfield_dropbox.simulator.launch import Control
from jackfield_dropbox.simulator.options import ServiceOptions, TeamOptions
from jackfield_dropbox.simulator.server import Simulator, serving

SECONDS_TO_START = 30.0
SECONDS_TO_STOP = 90.0
"""An answer of a gigabyte may be in the making, which takes the loop's time."""

T = TypeVar("T")


class Beside(Control):
    """The control routes over HTTP, from a thread beside the simulator's event loop; credentials as a spawned one has."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator.base_url)
        self.app_key: str = simulator.ready["app_key"]
        self.app_secret: str = simulator.ready["app_secret"]
        self.refresh_token: str = simulator.ready["refresh_token"]


@contextmanager
def simulator_beside(team: TeamOptions, options: ServiceOptions | None = None) -> Generator[Beside]:
    """A simulator of *team*, until the block ends."""
    with beside(lambda: _simulating(team, options)) as control:
        yield control


@asynccontextmanager
async def _simulating(team: TeamOptions, options: ServiceOptions | None) -> AsyncGenerator[Beside]:
    async with serving(team, options) as simulator:
        yield Beside(simulator)


@contextmanager
def beside(make: Callable[[], AbstractAsyncContextManager[T]]) -> Generator[T]:
    """What *make* opens in an event loop of a thread of its own, until the block ends."""
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
        if not ready.wait(SECONDS_TO_START) or not started:
            raise RuntimeError("the server did not start")
        yield started[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(SECONDS_TO_STOP)
        if not thread.is_alive():
            loop.close()
