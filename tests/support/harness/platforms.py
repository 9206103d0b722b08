"""One stand-in of the platform for all tests of a worker, fresh for each of them."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from platform_stand_in.launch import Platform, spawn

from .plain_client import Client


@contextmanager
def fresh(platform: Platform, **settings: Any) -> Generator[Platform]:
    """The stand-in as after its start, with these *settings*; no violation may be left that the test has not taken."""
    platform.reset()
    if settings:
        platform.settings(**settings)
    yield platform
    assert platform.violations() == []


@contextmanager
def plain(platform: Platform, *, host_id: str = "host-1") -> Generator[Client]:
    """A plain client, closed afterwards."""
    client = Client(platform, host_id=host_id)
    try:
        yield client
    finally:
        client.close()


__all__ = ["fresh", "plain", "spawn"]
