"""A real server for each test, and a proxy before it that can twist what it answers."""

from collections.abc import Iterator

import pytest

from jackfield_scim.testserver import Server, serve

from .support import Proxy, proxy


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as server:
        yield server


@pytest.fixture
def between(server: Server) -> Iterator[Proxy]:
    with proxy(server.url) as between:
        yield between
