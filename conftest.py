"""What holds for all tests."""

import gc
import os
import signal
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from platform_stand_in.launch import Platform


def pytest_configure() -> None:
    """Let the processes that tests start be interrupted, also where the tests run in the background of a shell.

    There a shell has SIGINT ignored, and what is ignored stays so for every process started from here.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """Two for each processor: many tests wait, for a process of theirs or for a pause that an application asks for."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let no garbage be looked for in what collecting makes: nearly all of it stays until the end.

    Each full search in a test, as rules of the kit ask for, would go through eight thousand tests anew.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest, each worker with its share of them, so that nobody waits for one that was begun last.

    A worker is first given a stretch of the tests as they stand; what is left of it may be taken over by others.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.get_closest_marker("long") is not None]
    others = [item for item in items if item.get_closest_marker("long") is None]
    stretch, taken = len(items) // workers, 0
    items.clear()
    for worker in range(workers):
        mine = long[worker::workers]
        rest = max(0, stretch - len(mine)) if worker < workers - 1 else len(others) - taken
        items += [*mine, *others[taken : taken + rest]]
        taken += rest


@pytest.fixture(scope="session")
def stand_in() -> "Generator[Platform]":
    """A stand-in of the platform, one for all tests of a worker; each makes it ``fresh`` (see ``harness.platforms``)."""
    from platform_stand_in.launch import spawn

    with spawn() as platform:
        yield platform
