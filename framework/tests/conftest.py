"""What many tests of the framework stand on."""

from collections.abc import Generator
from pathlib import Path

import pytest

from jackfield.state import open_state

from .office_connector import Site


@pytest.fixture
def site(tmp_path: Path) -> Generator[Site]:
    """An application in memory, and a home."""
    with open_state(tmp_path / "state.db") as state:
        yield Site(tmp_path, state)
