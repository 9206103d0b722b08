"""What many tests of the framework stand on."""

import sqlite3
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jackfield.snapshots.file import create_partial
from jackfield.state import open_state

from .office_connector import Site

if TYPE_CHECKING:
    from harness.postgres import Server

    from jackfield.state import DatabaseAddress


@pytest.fixture
def site(tmp_path: Path) -> Generator[Site]:
    """An application in memory, and a home."""
    with open_state(tmp_path / "state.db") as state:
        yield Site(tmp_path, state)


@pytest.fixture
def partials_closed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Closes each partial snapshot that the test makes; from Python 3.13 on one that is left open is warned about."""
    made: list[sqlite3.Connection] = []

    def create(file: Path) -> sqlite3.Connection:
        made.append(create_partial(file))
        return made[-1]

    monkeypatch.setattr(request.module, "create_partial", create)
    yield
    for each in made:
        each.close()


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


@pytest.fixture(params=["a file", "a server"])
def state_of_commands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where commands keep the state: in each kind of database."""
    if request.param == "a server":
        database: DatabaseAddress = request.getfixturevalue("database")
        monkeypatch.setenv("JACKFIELD_DATABASE", database.url.reveal())


@pytest.fixture
def open_folder() -> Generator[Path]:
    """A folder that every user can reach and only this one write."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder
