"""The operational database and its folder: made, migrated, shared between processes, and private."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import jackfield.state.database as database
from jackfield.errors import BadConfig, BadStorage
from jackfield.state import DatabaseAddress, Home, Run, RunStatus, open_state
from jackfield.state.migrate import migrate
from jackfield.state.runs import Counts
from jackfield.state.tables import metadata
from jackfield_contracts import Seal, Verdict

RUN = Run(
    run="r1",
    connection="acme",
    connector="dropbox",
    connector_version="1.0",
    status=RunStatus.RUNNING,
    started="2030-01-01T00:00:00Z",
)
WHOLE = Run(
    run="r2",
    connection="acme",
    connector="dropbox",
    connector_version="1.0",
    status=RunStatus.PUBLISHED,
    started="2030-01-02T00:00:00Z",
    finished="2030-01-02T00:01:00Z",
    complete=True,
    requests=7,
    rereads=1,
    counts=Counts(resources={"user": 2}, entitlements=3, grants=4),
    scopes=(Seal(scope="user", seal=Verdict.PARTIAL, observed=2, expected=3, reason="ünlike"),),
    tenant="t",
    base="r1",
    snapshot="/x",
    sha256="0" * 64,
    reason="why",
    seconds=1.5,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Home(folder=tmp_path / "home").ensure().database


def test_the_migrations_lead_from_nothing_to_the_tables_of_the_code(file: Path) -> None:
    with open_state(file):
        pass
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as db:
        differences = compare_metadata(MigrationContext.configure(db, opts={"compare_type": True}), metadata)
    engine.dispose()
    assert differences == []


def test_the_head_that_the_code_knows_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [database.HEAD]
    numbers = sorted(script.revision for script in scripts.walk_revisions())
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)], "compared as text, so of one width"


def test_a_database_of_a_newer_jackfield_is_refused_and_left_as_it_is(file: Path) -> None:
    with open_state(file) as state:
        state.save(WHOLE)
    with sqlite3.connect(file) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    with pytest.raises(BadConfig, match=r"newer jackfield \(schema 9999\)") as refused, open_state(file):
        raise AssertionError
    assert "Upgrade" in str(refused.value)
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    db.close()


@pytest.mark.parametrize("content", [b"not a database at all " * 50, b"SQLite format 3\0junk"])
def test_a_file_that_is_no_database_is_named_and_left_as_it_is(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(BadStorage, match="damaged"), open_state(file):
        raise AssertionError
    assert file.read_bytes() == content


@pytest.fixture(params=["a file", "a server"])
def place(request: pytest.FixtureRequest, file: Path) -> Path | DatabaseAddress:
    """Where the state is: in each kind of database."""
    return file if request.param == "a file" else request.getfixturevalue("database")


def test_a_record_comes_back_as_it_was_saved_and_the_last_word_counts(place: Path | DatabaseAddress) -> None:
    with open_state(place) as state:
        state.save(WHOLE, published="2030-01-02T00:01:00Z")
        state.save(RUN)
        assert state.get("acme", "r2") == WHOLE
        assert state.get("acme", "r1") == RUN
        assert state.get("other", "r1") is None
        assert state.get("acme", "r9") is None
        state.save(WHOLE)
        assert [run.run for run in state.published("acme")] == ["r2"], "saved again, it stays the current one"
        assert [run.run for run in state.history("acme")] == ["r2", "r1"]
        assert state.history("other") == []
        assert [run.run for run in state.history("acme", 1)] == ["r2"]
        assert state.connections() == ["acme"]
    with open_state(place) as state:
        assert state.get("acme", "r2") == WHOLE


def test_what_is_published_later_is_later_though_the_clock_went_back(place: Path | DatabaseAddress) -> None:
    with open_state(place) as state:
        for number, at in enumerate(("2030-01-02T00:00:00.000000+00:00", "2029-12-31T00:00:00.000000+00:00")):
            state.save(msgspec.structs.replace(WHOLE, run=f"p{number}"), published=at)
        assert [run.run for run in state.published("acme", None)] == ["p1", "p0"]


def test_the_digest_of_a_plan_is_kept(place: Path | DatabaseAddress) -> None:
    with open_state(place) as state:
        assert state.plan_digest("p") is None
        state.save_plan_digest("p", "acme", "first", "2030")
        state.save_plan_digest("p", "acme", "second", "2031")
        assert state.plan_digest("p") == "second"


def test_a_run_whose_process_ended_is_marked_and_no_other(place: Path | DatabaseAddress) -> None:
    with open_state(place) as state:
        for run, connection in (("a", "acme"), ("b", "acme"), ("c", "other")):
            state.save(
                Run(**{**{f: getattr(RUN, f) for f in RUN.__struct_fields__}, "run": run, "connection": connection})
            )
        state.save(WHOLE)
        state.interrupt_others("acme", "b")
        told = {run.run: run.status for run in (*state.history("acme"), *state.history("other"))}
    assert told == {
        "a": RunStatus.INTERRUPTED,
        "b": RunStatus.RUNNING,
        "c": RunStatus.RUNNING,
        "r2": RunStatus.PUBLISHED,
    }


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in sorted(folder.rglob("*"))}


def test_folders_are_for_their_owner_only_and_so_is_every_file_of_the_database(tmp_path: Path) -> None:
    kept = os.umask(0)
    try:
        home = Home(folder=tmp_path / "new" / "home").ensure()
        home.snapshots("acme")
        home.lock("acme", "sync").touch(mode=0o600)
        with open_state(home.database) as state:
            state.save(RUN)
            found = modes(tmp_path)
    finally:
        os.umask(kept)
    assert {"new/home/state.db", "new/home/state.db-wal", "new/home/snapshots/acme"} <= found.keys()
    for name, mode in found.items():
        assert mode == (0o700 if (tmp_path / name).is_dir() else 0o600), name


def test_the_places_of_a_home(tmp_path: Path) -> None:
    home = Home(folder=tmp_path)
    assert home.snapshot("acme", "r1") == tmp_path / "snapshots" / "acme" / "r1.sqlite"
    assert home.partial("acme").parent == home.snapshots("acme")
    assert home.lock("acme", "sync") == tmp_path / "locks" / "acme.sync"


def test_a_home_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "home", tmp_path / ("x" * 300)):
        with pytest.raises(BadConfig, match="can't be used") as refused:
            Home(folder=folder).ensure()
        assert str(folder) in str(refused.value)


WRITE = """
import sys
from pathlib import Path
from jackfield.state import Run, RunStatus, open_state
name = sys.argv[2]
print("ready", flush=True)
sys.stdin.read()
for number in range(5):
    with open_state(Path(sys.argv[1])) as state:
        state.save(Run(run=f"{name}-{number}", connection="acme", connector="x", connector_version="1",
                       status=RunStatus.RUNNING, started="2030"))
"""


def test_processes_that_start_at_once_on_an_empty_folder_share_the_database(file: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", WRITE, str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen([*command, name], **pipes) for name in "abc"]  # type: ignore[call-overload]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.close()
    for writer in writers:
        said = writer.stderr.read()
        assert writer.wait(60) == 0, said
        writer.stdout.close()
        writer.stderr.close()
    with open_state(file) as state:
        assert len(state.history("acme")) == 15


def test_a_new_database_is_what_the_migrations_lead_to(file: Path, tmp_path: Path) -> None:
    def form(of: Path) -> set[tuple[str, ...]]:
        with sqlite3.connect(of) as db:
            names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            columns = {(name, *map(str, row)) for name in names for row in db.execute(f"PRAGMA table_info({name})")}
            indexes = db.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'").fetchall()
        db.close()
        return columns | set(indexes)

    migrated = tmp_path / "migrated.db"
    migrate(migrated)
    with open_state(file):
        pass
    assert form(file) == form(migrated)


def test_an_older_database_is_brought_to_the_newest_form_with_what_is_in_it(file: Path) -> None:
    migrate(file, "0004")
    with sqlite3.connect(file) as db:
        db.execute("INSERT INTO plans VALUES ('p', 'acme', 'digest', '2030')")
    db.close()
    with open_state(file) as state:
        assert state.plan_digest("p") == "digest"
        state.save(RUN)
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT version_num FROM alembic_version").fetchone() == (database.HEAD,)
    db.close()


def test_a_migration_that_breaks_off_leaves_nothing_half_made(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic.operations import Operations

    def break_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Operations, "create_index", break_off)
        with pytest.raises(KeyboardInterrupt):
            migrate(file)
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == []
    db.close()
    with open_state(file) as state:
        state.save(RUN)
