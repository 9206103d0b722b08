"""A snapshot that was changed on disk: said by ``verify`` for all, and used by no command."""

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jackfield.errors import BadConfig
from jackfield.snapshots.file import open_partial, open_snapshot

from .imaginary import Line
from .writable import WritableLine

BOUND = 60.0


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(tmp_path, monkeypatch, capsys)


def file_of(line: Line, run: str) -> Path:
    return line.home / "snapshots" / "acme" / f"{run}.sqlite"


def change(file: Path) -> None:
    """Let somebody be somebody else, in a file that stays a sound database."""
    with sqlite3.connect(file) as db:
        db.execute("UPDATE resource_row SET display_name = 'Mallory' WHERE display_name LIKE 'Person 1%'")
    db.close()


def standings(line: Line, *names: str) -> dict[str, str]:
    return {one["run"]: one["standing"] for one in line.run("verify", *names, "--output", "json").json()["snapshots"]}


class TestVerify:
    def test_where_all_is_as_it_was(self, line: Line):
        runs = [line.published(), line.published()]
        ran = line.run("verify", "acme", "--output", "json")
        assert ran.code == 0
        found = ran.json()
        assert (found["intact"], found["changed_or_missing"], found["unrecorded"]) == (2, 0, 0)
        assert [one["run"] for one in found["snapshots"]] == runs
        for one in found["snapshots"]:
            assert one["sha256"] == one["recorded"] == hashlib.sha256(Path(one["file"]).read_bytes()).hexdigest()
        for output in ("table", "csv"):
            ran = line.run("verify", "--output", output)
            assert (ran.code, all(run in ran.out for run in runs), ran.out.count("intact")) == (0, True, 2)

    def test_a_changed_one_and_a_missing_one_are_told_and_the_others_too(self, line: Line):
        first, second, third = (line.published() for _ in range(3))
        change(file_of(line, third))
        file_of(line, second).unlink()
        ran = line.run("verify")
        assert ran.code == 12
        assert "2 snapshots are not what was recorded" in ran.err
        assert standings(line) == standings(line, "acme") == {first: "intact", second: "missing", third: "changed"}

    def test_the_current_one_is_missed_also_where_no_other_is_left(self, line: Line):
        run = line.published()
        file_of(line, run).unlink()
        assert line.run("verify").code == 12
        assert standings(line) == {run: "missing"}

    def test_the_oldest_is_missed_too(self, line: Line):
        runs = [line.published() for _ in range(3)]
        file_of(line, runs[0]).unlink()
        ran = line.run("verify")
        assert (ran.code, "1 snapshot is not what was recorded" in ran.err) == (12, True)
        assert standings(line) == {runs[0]: "missing", runs[1]: "intact", runs[2]: "intact"}
        line.config.unlink()
        assert line.run("verify").code == 12

    def test_one_byte_anywhere_is_enough(self, line: Line):
        run = line.published()
        content = file_of(line, run).read_bytes()
        for place in (0, 100, len(content) // 2, len(content) - 1):
            file_of(line, run).write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            assert line.run("verify").code == 12
        file_of(line, run).write_bytes(content)
        assert line.run("verify").code == 0

    def test_what_was_deleted_since_it_was_too_old_is_not_missed(self, line: Line):
        line.config.write_text(line.config.read_text() + "keep_snapshots = 2\n")
        runs = [line.published() for _ in range(5)]
        gone = [run for run in runs if not file_of(line, run).exists()]
        assert gone
        assert line.run("verify").code == 0
        assert list(standings(line)) == [run for run in runs if run not in gone]
        # Also where a younger one was deleted and an older one is kept.
        file_of(line, gone[0]).write_bytes(b"")
        assert standings(line)[gone[0]] == "changed"
        assert "missing" not in standings(line).values()
        listed = line.run("syncs", "acme", "--output", "json").json()["syncs"]
        assert len(listed) == 5
        assert all(one["sha256"] for one in listed)

    def test_a_file_without_a_record_is_not_called_intact(self, line: Line):
        run = line.published()
        file_of(line, "20300101T000000Z-abcdef").write_bytes(file_of(line, run).read_bytes())
        ran = line.run("verify")
        assert ran.code == 11
        assert "1 file has no record" in ran.err
        assert standings(line)["20300101T000000Z-abcdef"] == "unrecorded"

    def test_nor_are_files_whose_state_is_gone(self, line: Line):
        run = line.published()
        for file in line.home.glob("state.db*"):
            file.unlink()
        assert line.run("verify").code == 11
        assert standings(line) == {run: "unrecorded"}

    def test_nothing_yet_is_no_fault_and_an_unknown_connection_is(self, line: Line):
        assert line.run("verify").code == 0
        assert line.run("verify", "acme").code == 0
        line.published()
        for name in ("nobody", "../acme", "../../.."):
            ran = line.run("verify", name)
            assert (ran.code, "there is no connection" in ran.err, ran.out) == (2, True, "")

    def test_no_connector_is_imported_and_no_configuration_needed(self, line: Line, monkeypatch: pytest.MonkeyPatch):
        line.published()
        line.config.unlink()
        monkeypatch.setattr("jackfield.host.discovery.discover_connectors", None)
        assert line.run("verify", "acme").code == 0


class TestUse:
    def test_nothing_is_built_upon_one_that_was_changed(self, line: Line):
        first, second = line.published(), line.published()
        change(file_of(line, second))
        ran = line.run("sync", "acme", "--output", "json")
        assert ran.code in (0, 8), ran.err
        assert "was changed, and is not built upon" in ran.err
        with sqlite3.connect(file_of(line, ran.json()["run"])) as db:
            (base,) = db.execute("SELECT value FROM header WHERE key = 'base'").fetchone()
            assert base == first
            assert db.execute("SELECT count(*) FROM resource_row WHERE display_name = 'Mallory'").fetchone() == (0,)
        db.close()

    @pytest.mark.parametrize("how", ["changed", "missing"])
    def test_a_sync_that_can_be_compared_with_none_is_held(self, line: Line, how: str):
        old = [line.published(), line.published()]
        for run in old:
            content = file_of(line, run).read_bytes()
            file_of(line, run).unlink()
            if how == "changed":
                file_of(line, run).write_bytes(content + b"x")
        line.world.users = dict(list(line.world.users.items())[:4])
        held = []
        for _ in range(2):
            ran = line.run("sync", "acme")
            assert ran.code == 9, ran.err
            assert "Why: it can't be compared with what was published before" in ran.out
            held.append(ran.out.split("--accept ")[1].split()[0])
        assert line.run("sync", "acme", "--accept", held[0]).code == 0
        ran = line.run("sync", "acme", "--accept", held[1])
        assert (ran.code, f"compared with none, and {held[0]} can be" in ran.err) == (5, True)
        assert line.run("sync", "acme").code == 0

    def test_nor_one_that_is_changed_while_the_next_is_read(self, line: Line, monkeypatch: pytest.MonkeyPatch):
        from jackfield.sync import run as module

        run = line.published()
        read = module._read_all

        async def meanwhile(*given: Any):
            found = await read(*given)
            change(file_of(line, run))
            return found

        monkeypatch.setattr(module, "_read_all", meanwhile)
        ran = line.run("sync", "acme")
        assert ran.code == 12
        assert "was changed or is missing" in ran.err
        monkeypatch.undo()

    def test_a_held_one_that_was_changed_is_not_accepted(self, line: Line):
        line.published()
        line.world.users, line.world.groups = {"u1": "Person 1"}, {"g1": {"u1"}, "g2": set()}
        ran = line.run("sync", "acme", "--output", "json")
        assert ran.code == 9
        change(file_of(line, ran.json()["run"]))
        assert line.run("sync", "acme", "--accept", ran.json()["run"]).code == 5

    def test_a_plan_takes_no_name_from_one_that_was_changed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ):
        line = WritableLine(tmp_path, monkeypatch, capsys)
        assert line.run("sync", "acme").code == 0
        (file,) = (line.home / "snapshots" / "acme").glob("*.sqlite")
        names = ("plan", "acme", "--grant", "Design/owner", "user:u2")
        assert line.run(*names).code == 0
        with sqlite3.connect(file) as db:
            db.execute("UPDATE resource_row SET display_name = 'Design!' WHERE display_name = 'Design'")
        db.close()
        ran = line.run(*names)
        assert ran.code == 12
        assert "is damaged: its content is not what was recorded" in ran.err
        # An id needs no snapshot: a damaged file stands in nobody's way who has to take access away.
        assert line.run("plan", "acme", "--grant", "group:g1/owner", "user:u2").code == 0


def endless_view(table: str) -> Callable[[sqlite3.Connection], None]:
    def plant(db: sqlite3.Connection) -> None:
        db.execute(f"ALTER TABLE {table} RENAME TO was")
        columns = ", ".join(row[1] for row in db.execute("PRAGMA table_info(was)"))
        db.execute(
            f"CREATE VIEW {table} AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            f" SELECT {columns} FROM was, n"
        )

    return plant


def with_trigger(db: sqlite3.Connection) -> None:
    db.execute("CREATE TRIGGER t AFTER INSERT ON header BEGIN DELETE FROM header; END")


def with_column(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE header ADD COLUMN more AS (hex(zeroblob(900000000)))")


def with_index(db: sqlite3.Connection) -> None:
    db.execute("DROP INDEX grant_by_principal")
    db.execute("CREATE INDEX grant_by_principal ON grant_row (principal + 1)")


def with_virtual(db: sqlite3.Connection) -> None:
    db.execute("DROP TABLE header")
    db.execute("CREATE VIRTUAL TABLE header USING fts5(key, value)")


PLANTS: dict[str, tuple[Callable[[sqlite3.Connection], None], str]] = {
    **{
        f"an endless view as {name}": (endless_view(name), "")
        for name in ("node", "resource_row", "scope_row", "header")
    },
    "an endless view as diagnostic": (endless_view("diagnostic"), ""),
    "a trigger": (with_trigger, "trigger 't'"),
    "a worked-out column": (with_column, "column of 'header'"),
    "an index over an expression": (with_index, "index 'grant_by_principal'"),
    "a virtual table": (with_virtual, "header"),
}


@pytest.mark.parametrize("what", PLANTS)
@pytest.mark.parametrize("recorded", [False, True], ids=["its record says otherwise", "its record was forged too"])
def test_what_is_planted_in_a_file_hangs_no_command(line: Line, what: str, recorded: bool):
    file = file_of(line, line.published())
    plant, told = PLANTS[what]
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("PRAGMA legacy_alter_table = ON")
    plant(db)
    db.close()
    if recorded:
        state = sqlite3.connect(line.home / "state.db", isolation_level=None)
        state.execute("UPDATE runs SET sha256 = ?", (hashlib.sha256(file.read_bytes()).hexdigest(),))
        state.close()
    for command in (("stats", "acme"), ("resources", "acme"), ("export", "acme", "--format", "jsonl", "-o", "-")):
        began = time.monotonic()
        ran = line.run(*command)
        assert time.monotonic() - began < BOUND
        assert (ran.code, ran.out) == (2 if recorded else 12, "")
        if recorded:
            assert "is not a snapshot as they are written: it has" in ran.err
            assert told in ran.err
    with pytest.raises(BadConfig, match="as they are written"):
        open_snapshot(file)


def test_a_partial_snapshot_with_a_trigger_is_not_carried_on(line: Line, tmp_path: Path):
    from jackfield.snapshots.file import create_partial

    file = tmp_path / "snapshot.partial"
    create_partial(file).close()
    db = open_partial(file)
    assert db is not None
    with_trigger(db)
    db.close()
    assert open_partial(file) is None
    os.rename(file, tmp_path / "elsewhere")
    file.symlink_to("elsewhere")
    assert open_partial(file) is None
