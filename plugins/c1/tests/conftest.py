"""What the tests of the uplink stand on."""

from collections.abc import Generator
from pathlib import Path

import pytest
from harness.platforms import fresh
from harness.spawned import spawn
from harness.uplinks import Between
from platform_stand_in.launch import Platform

TEAM = ("--members", "24", "--groups", "5")


@pytest.fixture
def between(tmp_path: Path, stand_in: Platform) -> Generator[Between]:
    """A team of its own, and a platform that is as after its start."""
    with fresh(stand_in) as anew, spawn(*TEAM) as team:
        yield Between(tmp_path, anew, team)
