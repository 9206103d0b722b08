"""What a command does not need is not imported: most of the time of a short command is spent on imports."""

import sys
from pathlib import Path

import pytest

from .test_pluginfiles import Desk

LIBRARIES = {
    "httpx",
    "aiohttp",
    "httpx_aiohttp",
    "sqlalchemy",
    "alembic",
    "psycopg",
    "structlog",
    "rich",
    "stevedore",
    "openpyxl",
}
ENGINE = {"asyncio", "stamina", "pluggy", "importlib.metadata", "jackfield.sync", "jackfield.host", "jackfield.http"}
UNNEEDED_TO_SYNC = LIBRARIES | {"jackfield.changes", "jackfield.exports"}
CODE = "import sys; from jackfield.cli.main import main; code = main({!r}); print(); print(code, *sys.modules)"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def imported_by(desk: Desk, *words: str) -> set[str]:
    done = desk.started([sys.executable, "-c", CODE.format(list(words))])
    code, *modules = done.stdout.splitlines()[-1].split()
    assert code == "0", done
    return set(modules)


def test_a_sync_imports_the_http_library_only_where_a_request_is_made(desk: Desk):
    assert not UNNEEDED_TO_SYNC & imported_by(desk, "--plugin", "mine.py", "sync", "acme")
    assert not UNNEEDED_TO_SYNC & imported_by(desk, "--plugin", "mine.py", "sync", "acme", "--output", "json")


@pytest.mark.parametrize("output", ["table", "json"])
def test_commands_that_read_a_snapshot_import_no_engine(desk: Desk, output: str):
    for _ in range(2):
        desk.done("--plugin", "mine.py", "sync", "acme")
    for words in (["stats"], ["syncs"], ["resources"], ["grants"], ["who"], ["access"], ["diff"]):
        about = {"who": ["group:go/member"], "access": ["ann"]}.get(words[0], [])
        loaded = imported_by(desk, *words, "acme", *about, "--output", output)
        assert not (LIBRARIES | ENGINE) & loaded, (words, (LIBRARIES | ENGINE) & loaded)
