"""Over the command line: files that hang, never end, are too large, or can be written by others end in a sentence and a 2."""

import os
import time
from pathlib import Path

import pytest

from .imaginary import Line, Ran
from .writable import WritableLine

BOUND = 60.0
STRANGER = 54321


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(tmp_path, monkeypatch, capsys)


@pytest.fixture
def writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


def quickly(line: Line, *command: str) -> Ran:
    began = time.monotonic()
    ran = line.run(*command)
    assert time.monotonic() - began < BOUND
    assert "Traceback" not in ran.err
    return ran


def pipe(line: Line, name: str) -> str:
    os.mkfifo(line.folder / name)
    return name


def endless(line: Line, name: str) -> str:
    (line.folder / name).symlink_to("/dev/zero")
    return name


def huge(line: Line, name: str) -> str:
    with (line.folder / name).open("wb") as out:
        out.truncate(1 << 36)
    return name


@pytest.mark.parametrize("make", [pipe, endless, huge])
class TestStrangeFiles:
    def test_as_a_plan(self, line: Line, make):
        ran = quickly(line, "apply", make(line, "p.json"))
        assert ran.code == 2
        assert "the plan p.json" in ran.err

    @pytest.mark.parametrize("ending", ["csv", "jsonl", "toml"])
    def test_as_a_file_of_changes(self, line: Line, make, ending: str):
        ran = quickly(line, "plan", "acme", make(line, f"c.{ending}"))
        assert ran.code == 2
        assert f"the file of changes c.{ending}" in ran.err

    def test_as_where_a_plan_is_to_be_written(self, writable: WritableLine, make):
        name = make(writable, "p.json")
        ran = quickly(writable, "plan", "acme", "--grant", "group:g1/owner", "user:u2", "-o", name)
        assert ran.code == 2
        assert f"{name} is there already, and is no plan" in ran.err

    @pytest.mark.parametrize("command", [("check", "acme"), ("sync", "acme")], ids=" ".join)
    def test_as_a_secret(self, line: Line, make, command: tuple[str, ...]):
        line.token.unlink()
        make(line, "secrets/token")
        ran = quickly(line, *command)
        assert ran.code == 2
        assert str(line.token) in ran.err
        assert "connections.acme.token" in ran.err

    def test_as_a_plugin_file(self, line: Line, make):
        ran = quickly(line, "--plugin", make(line, "mine.py"), "connectors", "list")
        assert ran.code == 2
        assert "the plugin file" in ran.err

    @pytest.mark.parametrize("named", [True, False])
    def test_as_the_configuration(self, line: Line, make, named: bool):
        line.config.unlink()
        name = make(line, "other.toml" if named else "jackfield.toml")
        ran = quickly(line, *(("--config", name) if named else ()), "sync", "acme")
        assert ran.code == 2
        assert f"the configuration file {name if named else line.config}" in ran.err


class TestBounds:
    def test_the_bound_of_plans_and_changes_is_a_setting(self, line: Line):
        changes = line.folder / "c.jsonl"
        changes.write_text('{"kind": "grant"}\n' * 100)
        text = line.config.read_text()
        line.config.write_text(f"max_file_bytes = 1_024\n{text}")
        for command in (("plan", "acme", "c.jsonl"), ("apply", "c.jsonl")):
            ran = line.run(*command)
            assert ran.code == 2
            assert "c.jsonl is too large: more than 1,024 bytes" in ran.err
        line.config.write_text(f"max_file_bytes = 10_000\n{text}")
        assert "too large" not in line.run("plan", "acme", "c.jsonl").err

    @pytest.mark.parametrize("value", ["-1", "0", '"10"', "true", "1.5"])
    def test_a_bound_that_is_none_is_named(self, line: Line, value: str):
        line.config.write_text(f"max_file_bytes = {value}\n{line.config.read_text()}")
        ran = line.run("sync", "acme")
        assert (ran.code, "max_file_bytes" in ran.err) == (2, True)


class TestWhoElseMayWrite:
    @pytest.mark.parametrize("mode", [0o666, 0o664, 0o646])
    def test_a_configuration_that_was_found_and_not_named(self, line: Line, mode: int):
        line.config.chmod(mode)
        for command in (("sync", "acme"), ("check", "acme"), ("stats", "acme")):
            ran = line.run(*command)
            assert ran.code == 2
            assert f"the configuration file {line.config} is not used: another user may write it" in ran.err
            assert "chmod go-w" in ran.err
        assert line.run("--config", str(line.config), "sync", "acme").code == 0

    def test_a_folder_in_which_others_may_put_one(self, line: Line):
        line.folder.chmod(0o777)
        ran = line.run("--home", "/nonexistent/home", "sync", "acme")
        assert ran.code == 2
        assert f"everybody may write {line.folder}" in ran.err

    @pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user, which only root can")
    @pytest.mark.parametrize("whose", ["jackfield.toml", "."])
    def test_a_configuration_of_another_user(self, line: Line, whose: str):
        os.chown(line.folder / whose, STRANGER, STRANGER)
        ran = line.run("sync", "acme")
        assert ran.code == 2
        assert f"belongs to the user {STRANGER}" in ran.err

    @pytest.mark.parametrize("mode", [0o777, 0o770, 0o707, 0o1777])
    @pytest.mark.parametrize("what", ["", "snapshots", "snapshots/acme", "locks"])
    def test_the_home(self, line: Line, mode: int, what: str):
        line.published()
        if mode == 0o1777 and what in ("", "snapshots"):
            # Others may add and not replace, and what they add is refused.
            (line.home / what).chmod(mode)
            assert line.run("sync", "acme").code == 0
            return
        (line.home / what).chmod(mode)
        commands = [("sync", "acme")]
        if what == "":
            commands += [("stats", "acme"), ("syncs", "acme"), ("changes", "list"), ("verify",)]
        for command in commands:
            ran = line.run(*command)
            assert ran.code == 2, command
            assert f"may write {line.home / what}".rstrip("/") in ran.err
            assert "chmod go-w" in ran.err

    @pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user, which only root can")
    @pytest.mark.parametrize(
        "name", ["state.db", "state.db-wal", "state.db-journal", "state.db-shm", "snapshots", "snapshots/acme", "locks"]
    )
    def test_what_another_user_has_added_to_a_home_where_all_may_add(self, line: Line, name: str):
        line.published()
        line.home.chmod(0o1777)
        place = line.home / name
        if not place.exists():
            place.touch()
        os.chown(place, STRANGER, STRANGER)
        ran = line.run("sync", "acme")
        assert (ran.code, f"{place} belongs to the user {STRANGER}" in ran.err) == (2, True)

    def test_the_state(self, line: Line):
        line.published()
        (line.home / "state.db").chmod(0o666)
        ran = line.run("stats", "acme")
        assert (ran.code, "everybody may write" in ran.err) == (2, True)

    @pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user, which only root can")
    def test_a_home_of_another_user(self, line: Line):
        line.published()
        os.chown(line.home, STRANGER, STRANGER)
        ran = line.run("stats", "acme")
        assert (ran.code, f"belongs to the user {STRANGER}" in ran.err) == (2, True)


class TestPlantedLinks:
    def test_no_lock_is_written_through_one(self, writable: WritableLine):
        grant = ("grant", "acme", "group:g1/owner", "user:u2")
        assert writable.run("sync", "acme").code == 0
        assert writable.run(*grant).code == 0
        target = writable.folder / "precious"
        target.write_text("precious")
        locks = list((writable.home / "locks").iterdir())
        assert len(locks) >= 2
        for lock in locks:
            lock.unlink()
            lock.symlink_to(target)
        for command in (("sync", "acme"), grant):
            ran = writable.run(*command)
            assert ran.code == 12, command
            assert "is a symbolic link, and is not written" in ran.err
            assert target.read_text() == "precious"

    @pytest.mark.parametrize("name", ["snapshot.partial", "snapshot.finished", "snapshot.partial-journal"])
    def test_no_snapshot_is_written_through_one(self, line: Line, name: str):
        line.published()
        target = line.folder / "precious"
        target.write_text("precious")
        (line.home / "snapshots" / "acme" / name).symlink_to(target)
        assert line.run("sync", "acme").code == 0
        assert target.read_text() == "precious"
        assert line.run("verify", "acme").code == 0

    def test_no_plan_is_written_through_one(self, writable: WritableLine):
        target = writable.folder / "precious"
        target.write_text("precious")
        for name in ("p.json.new", ".p.json.new"):
            (writable.folder / name).symlink_to(target)
        ran = writable.run("plan", "acme", "--grant", "group:g1/owner", "user:u2", "-o", "p.json")
        assert (ran.code, target.read_text()) == (0, "precious")
        assert (writable.folder / "p.json").stat().st_mode & 0o777 == 0o600

    def test_no_package_is_written_through_one(self, line: Line):
        elsewhere, shared = line.folder / "elsewhere", line.folder / "shared"
        elsewhere.mkdir()
        shared.mkdir()
        (shared / "jackfield-club").symlink_to(elsewhere)
        shared.chmod(0o777)
        ran = line.run("new", "club", "--into", "shared/jackfield-club")
        assert (ran.code, list(elsewhere.iterdir())) == (2, [])
        assert "symbolic link" in ran.err

    def test_no_export_is_written_through_one(self, line: Line):
        line.published()
        target, shared = line.folder / "precious", line.folder / "shared"
        target.write_text("precious")
        shared.mkdir()
        (shared / "out").symlink_to(target)
        shared.chmod(0o777)
        ran = line.run("export", "acme", "--format", "csv", "-o", "shared/out")
        assert (ran.code, target.read_text()) == (2, "precious")
        assert "symbolic link" in ran.err
