"""What holds for all tests."""

import os
import signal

import pytest


def pytest_configure() -> None:
    """Let the processes that tests start be interrupted, also where the tests run in the background of a shell.

    There a shell has SIGINT ignored, and what is ignored stays so for every process started from here.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """Two for each processor: many tests wait, for a process of theirs or for a pause that an application asks for."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest, so that nobody waits for one that was begun last."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
