"""A file becomes a snapshot that says no more than the file, and that is never taken for one of the application."""

import json
import sqlite3
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from jackfield.state import open_state

from .imaginary import Line
from .installing import install

LINES = '''
"""An importer of lines: who is in what."""

from jackfield.errors import BadConfig
from jackfield.hookspecs import ImporterType
from jackfield_contracts import (
    Diagnostic, Entitlement, EntitlementId, Family, Grant, Page, Resource, ResourceId, Scope, Severity, Tenant,
)

def read(of):
    first = of.file.readline().decode().split()
    if first[:1] != ["lines"]:
        raise BadConfig("it is no file of lines", path=of.name)
    scopes = ("user", "group", "group/*")
    opens = tuple(Scope(name=name, family="whatever", expected=1, lookup="x", lists="user" if name == "user" else None)
                  for name in scopes)
    yield Page(opens=opens, tenant=Tenant(id=first[1]) if len(first) > 1 else None, as_of={"lines": "2026-01-01T00:00:00Z"})
    for line in of.file:
        word, *names = line.decode().split()
        if word == "user":
            for name in names:
                yield Page(items=(Resource(id=ResourceId(type="user", id=name), scope="user", display_name=name),))
        elif word == "in":
            on = ResourceId(type="group", id=names[0])
            id = EntitlementId(resource=on, slug="member")
            holders = [Grant(entitlement=id, principal=ResourceId(type="user", id=who), scope="group/*") for who in names[1:]]
            yield Page(items=(
                Resource(id=on, scope="group", display_name=on.id), Entitlement(id=id, scope="group", display_name="Member"),
                *holders,
            ))
        elif word == "short":
            yield Page(incomplete={names[0]: "the file says that it is not whole"})
        elif word == "broken":
            raise ValueError("half")
        elif word == "odd":
            yield Page(items=(Resource(id=ResourceId(type="NOT A TYPE", id="x"), scope="user", display_name="x"),))

lines = ImporterType(
    name="lines", display_name="lines of text", suffix=".lines", read=read, recognises=lambda head: head.startswith(b"lines"),
)
'''
JACKFIELD = str(Path(sys.executable).with_name("jackfield"))
FILE = "lines\nuser ann bob\nin design ann\n"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    made = Line(tmp_path, monkeypatch, capsys)
    Path("own.py").write_text(LINES)
    Path("team.lines").write_text(FILE)
    return made


def imported(line: Line, *more: str, file: str = "team.lines", name: str = "copy"):
    return line.run("import", file, "--connection", name, "--plugin", "own.py", *more)


def everything(line: Line) -> dict[str, int]:
    with sqlite3.connect(line.home / "state.db") as db:
        return dict(db.execute("SELECT connection, count(*) FROM runs GROUP BY connection").fetchall())


class TestAFileBecomesASnapshot:
    def test_it_is_marked_wherever_it_is_shown(self, line: Line):
        ran = imported(line, "--output", "json")
        assert ran.code == 0, ran.err
        told = ran.json()
        digest = sha256(FILE.encode()).hexdigest()
        assert (told["status"], told["complete"], told["imported"], told["requests"]) == ("published", True, True, 0)
        assert told["counts"] == {"resources": {"group": 1, "user": 2}, "entitlements": 1, "grants": 1}
        stats = line.run("stats", "copy", "--output", "json").json()
        assert stats["imported"]["from"] == "team.lines"
        assert (stats["imported"]["format"], stats["imported"]["sha256"]) == ("lines", digest)
        assert "IMPORTED from team.lines (lines)" in line.run("stats", "copy").err
        assert f"imported from team.lines (lines, SHA-256 {digest})" in line.run("syncs", "copy").out
        assert line.run("export", "copy", "--format", "jsonl", "-o", "out").code == 0
        head = json.loads(Path("out").read_text().splitlines()[0])
        assert head["imported"]["sha256"] == digest
        assert line.run("export", "copy", "--format", "csv", "-o", "out.csv").code == 0
        assert digest in next(Path().glob("out.csv.*")).read_text()

    def test_everything_that_looks_at_snapshots_looks_at_it(self, line: Line):
        imported(line)
        assert "ann" in line.run("access", "copy", "user:ann").out + line.run("who", "copy", "group:design").out
        assert "design" in line.run("resources", "copy").out
        assert "ann" in line.run("grants", "copy").out
        assert line.run("verify", "copy").code == 0
        Path("team.lines").write_text(FILE + "in design bob\n")
        imported(line)
        changed = line.run("diff", "copy", "--output", "json").json()
        assert changed["counts"]["added"]["grants"] == 1

    def test_no_scope_is_more_than_unreconciled_whatever_the_importer_says(self, line: Line):
        run = imported(line, "--output", "json").json()
        with sqlite3.connect(run["snapshot"]) as db:
            scopes = db.execute("SELECT scope, seal, reason FROM scopes ORDER BY scope").fetchall()
            assert {(scope, seal) for scope, seal, _ in scopes} == {
                ("group", "unreconciled"), ("group/*", "unreconciled"), ("user", "unreconciled"),
            }  # fmt: skip
            assert all("as the file says" in reason for _, _, reason in scopes)
            header = dict(db.execute("SELECT key, value FROM header"))
        assert (header["connector"], header["source lines"]) == ("import:lines", "2026-01-01T00:00:00Z")
        assert header["imported_at"]

    def test_what_the_file_does_not_have_whole_is_not_complete_and_nothing_stands_in_for_it(self, line: Line):
        imported(line)
        Path("team.lines").write_text("lines\nuser bob\nshort user\n")
        ran = imported(line)
        assert ran.code == 8
        assert "the file says that it is not whole" in ran.out
        assert [one["id"] for one in line.run("resources", "copy", "--output", "json").json()["resources"]] == ["bob"]

    def test_not_even_if_none_of_it_is_whole(self, line: Line):
        Path("team.lines").write_text("lines\nshort user\nshort group\nshort group/*\n")
        assert imported(line).code == 8

    def test_who_holds_something_and_is_not_listed_makes_the_listing_doubtful(self, line: Line):
        Path("team.lines").write_text("lines\nuser ann\nin design ghost\n")
        ran = imported(line)
        assert (ran.code, "user" in ran.out) == (8, True)

    def test_a_package_brings_an_importer_that_knows_its_files(
        self, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        site = tmp_path / "site"
        site.mkdir()
        monkeypatch.syspath_prepend(str(site))
        points = {"jackfield.importers.v1": {"lines": "own_lines:lines"}}
        install(site, "lining", points=points, modules={"own_lines": LINES})
        assert line.run("import", "team.lines", "--connection", "copy").code == 0
        listed = line.run("import", "--list", "--output", "json").json()["formats"]
        assert ("lines", "lining") in {(one["format"], one["distribution"]) for one in listed}
        sys.modules.pop("own_lines")
        assert line.run("export", "copy", "--format", "csv", "-o", "x.csv").code == 0
        assert "own_lines" not in sys.modules, "nobody asked for it"


class TestItIsNeverTakenForTheApplication:
    def test_not_under_the_name_of_a_configured_connection(self, line: Line):
        ran = imported(line, name="acme")
        assert (ran.code, "is read from its application" in ran.err) == (2, True)
        assert everything(line) == {}

    def test_not_where_there_are_synced_snapshots(self, line: Line):
        run = line.published()
        line.config.write_text("")
        ran = imported(line, name="acme")
        assert (ran.code, "has snapshots or changes of an application" in ran.err) == (2, True)
        assert line.run("syncs", "acme", "--output", "json").json()["syncs"][0]["run"] == run

    def test_no_sync_builds_upon_it_and_no_change_is_judged_by_it(self, line: Line):
        config = line.config.read_text()
        line.config.write_text("")
        assert imported(line, name="acme").code == 0
        line.config.write_text(config + "provisioning = true\n")
        for words in (("sync", "acme"), ("grant", "acme", "group:g1/member", "user:u1", "--dry-run")):
            ran = line.run(*words)
            assert (ran.code, "were imported from files" in ran.err) == (2, True), ran.err
        assert everything(line) == {"acme": 1}

    def test_two_connections_are_compared_whatever_their_scopes_are_called(self, line: Line):
        line.published()
        rows = line.run("resources", "acme", "--output", "json").json()["resources"]
        people = " ".join(one["id"] for one in rows if one["type"] == "user")
        Path("team.lines").write_text(f"lines\nuser {people}\nuser extra\nin design extra\n")
        assert imported(line).code == 0
        told = line.run("diff", "acme", "--with", "copy", "--output", "json").json()
        assert (told["old"]["connection"], told["new"]["connection"]) == ("copy", "acme")
        assert [one["id"] for one in told["removed"] if one["kind"] == "resource" and one["type"] == "user"] == [
            "extra"
        ]
        other = {one["type"] for one in rows} - {"user", "group"}
        assert {one["type"] for one in told["newly_seen"] if one["kind"] == "resource"} == other
        same = line.run("diff", "copy", "--with", "copy")
        assert "Both are the same run" in same.err

    def test_another_account_is_refused(self, line: Line):
        Path("team.lines").write_text("lines first\nuser ann\n")
        assert imported(line).code == 0
        Path("team.lines").write_text("lines second\nuser ann\n")
        ran = imported(line)
        assert (ran.code, "of the account second" in ran.err) == (2, True)
        assert everything(line) == {"copy": 1}


class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        ("content", "code", "told"),
        [
            ("lines\nbroken\n", 70, "the importer 'lines'"),
            ("lines\nodd\n", 70, "the importer 'lines'"),
            ("nothing of the kind", 2, "not known by its first bytes"),
        ],
    )
    def test_it_is_told_and_leaves_nothing(self, line: Line, content: str, code: int, told: str):
        Path("team.lines").write_text(content)
        ran = imported(line)
        assert (ran.code, told in ran.err) == (code, True), ran.err
        assert not list((line.home / "snapshots").rglob("*.sqlite*"))
        assert not list((line.home / "snapshots").rglob("*partial*"))
        assert everything(line) == {} if (line.home / "state.db").exists() else True

    def test_a_file_that_is_none_of_the_format_asked_for(self, line: Line):
        Path("team.lines").write_text("other\n")
        ran = imported(line, "--format", "lines")
        assert (ran.code, "it is no file of lines" in ran.err) == (2, True)

    @pytest.mark.parametrize("file", ["missing", ".", "/dev/zero"])
    def test_what_is_no_file(self, line: Line, file: str):
        ran = imported(line, file=file)
        assert (ran.code, "can't be read" in ran.err) == (2, True), ran.err

    def test_a_name_that_is_none(self, line: Line):
        assert imported(line, name="../x").code == 2
        assert line.run("import", "team.lines").code == 2
        assert line.run("import", "--connection", "copy").code == 2

    def test_killed_half_way_it_leaves_nothing_that_counts(self, line: Line):
        Path("deadly.py").write_text(
            LINES.replace('raise ValueError("half")', "__import__('os').kill(__import__('os').getpid(), 9)")
        )
        Path("team.lines").write_text(FILE + "broken\n")
        words = ("import", "team.lines", "--connection", "copy", "--plugin", "deadly.py")
        ended = subprocess.run([JACKFIELD, *words], capture_output=True)
        assert ended.returncode == -9
        assert everything(line) == {}
        Path("team.lines").write_text(FILE)
        assert imported(line).code == 0
        assert everything(line) == {"copy": 1}
        assert [file.suffix for file in (line.home / "snapshots" / "copy").iterdir()] == [".sqlite"]

    def test_one_writer_at_a_time(self, line: Line):
        from jackfield.state import Home, hold_lock
        from jackfield.state.lock import Holder

        home = Home(folder=line.home).ensure()
        holder = Holder(pid=1, run="other", since="now")
        with hold_lock(home.lock("copy", "sync"), connection="copy", purpose="sync", holder=holder):
            assert imported(line).code == 13

    def test_old_ones_are_deleted_as_those_of_a_sync(self, line: Line, monkeypatch: pytest.MonkeyPatch):
        from jackfield.sync import imports

        monkeypatch.setattr(imports, "KEPT", 2)
        # Of one second the names are in any order, and the oldest are deleted all the same.
        for _ in range(6):
            assert imported(line).code == 0
            with open_state(line.home / "state.db") as state:
                last = {run.run for run in state.published("copy", 2)}
            assert {file.stem for file in (line.home / "snapshots" / "copy").glob("*.sqlite")} == last
        assert line.run("verify", "copy").code == 0
        with open_state(line.home / "state.db") as state:
            assert len(state.published("copy", 10)) == 6
