"""One stand-in of the platform for the tests of a module, fresh for each of them."""

from collections.abc import Generator
from contextlib import contextmanager

from platform_stand_in.launch import Platform, spawn

from .plain_client import Client


@contextmanager
def fresh(platform: Platform) -> Generator[Platform]:
    """The stand-in as after its start; no violation may be left that the test has not taken."""
    platform.reset()
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
