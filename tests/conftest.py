"""Lets the tests import the sweeps, however pytest was started, and gives them a team that is changed."""

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.postgres import Server
    from harness.staging import Stage

    from jackfield.state import DatabaseAddress

ROOT = str(Path(__file__).parents[1])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)


@pytest.fixture
def stage(tmp_path: Path) -> "Generator[Stage]":
    """A team of its own, and nothing undecided in its journal when the test is over."""
    from harness.besides import simulator_beside
    from harness.staging import TEAM, Stage

    with simulator_beside(TEAM) as control:
        stage = Stage(tmp_path, control)
        yield stage
        stage.settled()


@pytest.fixture(scope="session")
def postgres() -> "Server":
    """A real PostgreSQL, one for all workers."""
    from harness.postgres import shared

    return shared()


@pytest.fixture
def database(postgres: "Server") -> "Generator[DatabaseAddress]":
    """An empty database of its own."""
    with postgres.database() as address:
        yield address
