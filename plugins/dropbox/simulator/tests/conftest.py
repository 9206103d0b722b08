"""Simulators for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .support import Client, running


@pytest.fixture
def client() -> Iterator[Client]:
    """A client of a fresh team of fifty."""
    with running() as found:
        yield found
