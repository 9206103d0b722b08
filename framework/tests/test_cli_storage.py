"""Files that are damaged, missing or refused: which one, and what to do, with exit code 12 and never a traceback."""

import errno
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.cli.app import App
from jackfield.cli.guard import guarded
from jackfield.errors import BadStorage, PluginBug, storage_failure, storing
from jackfield.snapshots.reader import read_snapshot

from .imaginary import Line

READING = (
    ("resources", "acme"),
    ("entitlements", "acme"),
    ("grants", "acme"),
    ("access", "acme", "u1"),
    ("who", "acme", "group:g1"),
    ("stats", "acme"),
    ("diff", "acme"),
    ("export", "acme", "--format", "jsonl", "-o", "-"),
    ("export", "acme", "--format", "csv", "-o", "-"),
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the home folder is kept that the first test has made, to be copied for the others."""
    return tmp_path_factory.mktemp("published") / "home"


@pytest.fixture
def line(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    """A home folder with two snapshots of some megabytes."""
    made = Line(tmp_path, monkeypatch, capsys)
    made.world.users |= {f"u{number}": f"Person {number} {'x' * 300}" for number in range(1, 3000)}
    made.world.groups["g1"] = set(made.world.users)
    if published.exists():
        shutil.copytree(published, made.home)
        made.world.users["new"] = "New"
        return made
    made.published()
    made.world.users["new"] = "New"
    made.published()
    shutil.copytree(made.home, published)
    return made


def snapshots(line: Line) -> list[Path]:
    """The files, the older first."""
    return sorted((line.home / "snapshots" / "acme").glob("*.sqlite"), key=lambda file: file.stat().st_mtime_ns)


def spoil(file: Path, *, beyond: int) -> None:
    """Write nonsense over every page but the first ones, and keep the size."""
    content = file.read_bytes()
    file.write_bytes(content[:beyond] + b"\xa5" * (len(content) - beyond))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:60_000])


def blank(file: Path) -> None:
    file.write_bytes(b"\0" * file.stat().st_size)


def garble(file: Path) -> None:
    """The pages stay, and what is written in them is no longer JSON."""
    db = sqlite3.connect(file)
    db.execute("UPDATE resource_row SET data = '{'")
    db.execute("UPDATE entitlement_row SET data = '{'")
    db.commit()
    db.close()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "the first page": blank,
    "all pages but the first": lambda file: spoil(file, beyond=8192),
    "late pages": lambda file: spoil(file, beyond=64 * 8192),
    "its end": cut,
}


@pytest.mark.parametrize("damaged", DAMAGES)
@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_the_damaged_file_is_named_and_the_run_that_can_stand_in(line: Line, damaged: str, command: tuple[str, ...]):
    older, latest = snapshots(line)
    DAMAGES[damaged](latest)
    ran = line.run(*command)
    if ran.code == 0:
        # What was spoilt is not what this command reads.
        assert damaged not in ("the first page", "all pages but the first")
        return
    assert ran.code == 12, ran.err
    assert str(latest) in ran.err
    assert "is damaged" in ran.err
    assert "jackfield sync acme" in ran.err
    assert f"The run {older.stem}, taken " in ran.err
    assert "Traceback" not in ran.err
    if command[0] != "diff":
        assert line.run(*command, "--run", older.stem).code == 0


@pytest.mark.parametrize("command", [READING[0], ("diff", "acme"), READING[-2]], ids=" ".join)
def test_damage_that_the_database_does_not_notice_is_told_too(line: Line, command: tuple[str, ...]):
    _, latest = snapshots(line)
    garble(latest)
    ran = line.run(*command)
    assert ran.code == 12, ran.err
    assert str(latest) in ran.err
    assert "is damaged" in ran.err


def test_every_command_that_lists_all_of_it_notices_late_damage(line: Line):
    spoil(snapshots(line)[1], beyond=64 * 8192)
    for command in (("resources", "acme"), ("diff", "acme"), ("export", "acme", "--format", "jsonl", "-o", "out")):
        assert line.run(*command).code == 12
    assert not (line.folder / "out").exists()


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_file_that_is_missing_is_named(line: Line, command: tuple[str, ...]):
    older, latest = snapshots(line)
    latest.unlink()
    ran = line.run(*command)
    assert ran.code == 12
    assert str(latest) in ran.err
    assert "is missing" in ran.err
    assert older.stem in ran.err


def test_where_no_other_is_whole_only_a_sync_helps(line: Line):
    for file in snapshots(line):
        blank(file)
    ran = line.run("stats", "acme")
    assert ran.code == 12
    assert "jackfield sync acme" in ran.err
    assert "can be used in its place" not in ran.err
    ran = line.run("sync", "acme", "--output", "json")
    assert ran.code == 9  # nothing tells what it would lose
    assert line.run("sync", "acme", "--accept", ran.json()["run"]).code == 0
    assert line.run("stats", "acme").code == 0


def test_in_a_difference_the_damaged_one_of_both_is_named(line: Line):
    older, latest = snapshots(line)
    spoil(older, beyond=8192)
    ran = line.run("diff", "acme")
    assert ran.code == 12
    assert str(older) in ran.err
    assert f"The run {latest.stem}, taken " in ran.err


def test_what_is_wrong_with_the_question_is_not_put_down_to_the_file(line: Line):
    line.world.users = {"a": "Same", "b": "Same"}
    line.published()
    ran = line.run("access", "acme", "Same")
    assert ran.code == 2
    assert "user:a" in ran.err


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_one_word_that_was_changed_in_it_is_told_before_anything_is_read(line: Line, command: tuple[str, ...]):
    _, latest = snapshots(line)
    db = sqlite3.connect(latest)
    db.execute("UPDATE header SET value = 'changed' WHERE key = 'tenant_name'")
    db.commit()
    db.close()
    ran = line.run(*command)
    assert (ran.code, ran.out) == (12, "")
    assert "its content is not what was recorded (SHA-256)" in ran.err


def test_a_fault_of_our_own_on_a_whole_file_stays_one(line: Line, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr("jackfield.snapshots.reader.Snapshot.counts", fail)
    assert line.run("export", "acme", "--format", "jsonl", "-o", "-").code == 70


def test_a_damaged_state_is_named(line: Line):
    spoil(line.home / "state.db", beyond=100)
    for command in (("stats", "acme"), ("sync", "acme")):
        ran = line.run(*command)
        assert ran.code == 12, ran.err
        assert str(line.home) in ran.err
        assert "Traceback" not in ran.err


def sqlite_error(code: int, name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("said in any words")
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    return error


FULL = sqlite_error(sqlite3.SQLITE_FULL, "SQLITE_FULL")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FULL, "no room is left on the disk (SQLITE_FULL)"),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE, "SQLITE_IOERR_WRITE"), "refused to read or write"),
        (sqlite_error(sqlite3.SQLITE_READONLY_DBMOVED, "SQLITE_READONLY_DBMOVED"), "can't be written"),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN_ISDIR, "SQLITE_CANTOPEN_ISDIR"), "can't be opened"),
        (sqlite_error(sqlite3.SQLITE_CORRUPT_VTAB, "SQLITE_CORRUPT_VTAB"), "is damaged"),
        (ExceptionGroup("of tasks", [ValueError(), ExceptionGroup("more", [FULL])]), "no room is left"),
        (OSError(errno.ENOSPC, "said in any words", "/there/file"), "no room is left on the disk (ENOSPC)"),
        (OSError(errno.EROFS, "said in any words", "/there/file"), "read-only"),
        (OSError(errno.EACCES, "said in any words", "/there/file"), "the right to read or write is lacking"),
    ],
)
def test_each_refusal_of_the_disk_is_told_with_its_place(
    error: Exception, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def fail() -> None:
        raise error

    assert guarded(App({"JACKFIELD_HOME": str(tmp_path)}), fail) == 12
    said = capsys.readouterr().err
    assert told in said
    assert ("/there/file" if isinstance(error, OSError) else str(tmp_path)) in said
    assert len(said.splitlines()) == 2, "with what to do"


def test_where_the_output_has_no_room_the_home_folder_is_not_blamed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def fail() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    assert guarded(App({"JACKFIELD_HOME": str(tmp_path)}), fail) == 12
    said = capsys.readouterr().err
    assert "no room is left" in said
    assert str(tmp_path) not in said


def test_the_error_behind_a_rollback_that_failed_counts():
    try:
        try:
            raise FULL
        except sqlite3.Error:
            raise sqlite_error(sqlite3.SQLITE_ERROR, "SQLITE_ERROR")  # noqa: B904 - as a rollback does
    except sqlite3.Error as error:
        failure = storage_failure(error, Path("home"))
    assert failure is not None
    assert "SQLITE_FULL" in failure.summary
    assert failure.path == "home"


def test_other_errors_are_left_as_they_are():
    for error in (ValueError(), PluginBug("no"), OSError(errno.ECONNREFUSED, "no"), sqlite3.ProgrammingError("no")):
        assert storage_failure(error, Path("home")) is None
        with pytest.raises(type(error)), storing(Path("home")):
            raise error


def test_a_reader_of_the_file_alone_is_told_too(line: Line):
    file = line.folder / "copy.sqlite"
    shutil.copy(snapshots(line)[1], file)
    spoil(file, beyond=64 * 8192)
    with pytest.raises(BadStorage) as raised, read_snapshot(file) as snapshot:
        for _ in snapshot.resources():
            pass
    assert str(file) in str(raised.value)
