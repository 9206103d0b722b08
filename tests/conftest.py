"""Lets the tests import the sweeps, however pytest was started, and gives them a team that is changed."""

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.staging import Stage

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
