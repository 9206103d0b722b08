"""Lists that are cut say so, and what programs read is cut by nothing but ``--limit``."""

import csv
import io
from pathlib import Path

import msgspec
import pytest

from jackfield.cli.commands.changes import MOST_SHOWN
from jackfield.state import Home, Run, RunStatus, open_state

from .making import ENTRY
from .writable import WritableLine

MANY = MOST_SHOWN + 234


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


@pytest.fixture
def journal(line: WritableLine) -> None:
    with open_state(Home(folder=line.home).ensure().database) as state:
        state.save_changes(msgspec.structs.replace(ENTRY, id=f"x.{number:05}") for number in range(MANY))


@pytest.mark.usefixtures("journal")
class TestJournal:
    def test_people_are_shown_the_newest_and_told_how_many_there_are(self, line: WritableLine) -> None:
        ran = line.run("changes", "list")
        assert ran.out.count("  changed: ") == MOST_SHOWN
        assert ran.err == f"{MOST_SHOWN:,} of {MANY:,}; --limit N shows more.\n"

    def test_programs_are_given_all(self, line: WritableLine) -> None:
        ran = line.run("changes", "list", "--output", "json")
        assert (len(ran.json()["changes"]), ran.json()["total"], ran.err) == (MANY, MANY, "")
        ran = line.run("changes", "list", "--output", "csv")
        assert (len(list(csv.reader(io.StringIO(ran.out)))), ran.err) == (MANY + 1, "")

    @pytest.mark.parametrize("limit", [1, MOST_SHOWN + 100, MANY, MANY + 1])
    def test_a_limit_cuts_them_all(self, line: WritableLine, limit: int) -> None:
        told = f"{limit:,} of {MANY:,}; --limit N shows more.\n" if limit < MANY else ""
        shown = min(limit, MANY)
        ran = line.run("changes", "list", "--limit", str(limit))
        assert (ran.out.count("  changed: "), ran.err) == (shown, told)
        ran = line.run("changes", "list", "--limit", str(limit), "--output", "csv")
        assert (len(list(csv.reader(io.StringIO(ran.out)))), ran.err) == (shown + 1, told)
        ran = line.run("changes", "list", "--limit", str(limit), "--output", "json")
        assert (len(ran.json()["changes"]), ran.json()["total"], ran.err) == (shown, MANY, "")

    def test_what_does_not_fit_is_not_counted(self, line: WritableLine) -> None:
        line.run("grant", "acme", "group:g2/member", "user:u1")
        ran = line.run("changes", "list", "--since", "2h", "--output", "json")
        assert (len(ran.json()["changes"]), ran.json()["total"]) == (1, 1)


def test_of_syncs_people_are_shown_twenty_and_programs_all(line: WritableLine) -> None:
    with open_state(Home(folder=line.home).ensure().database) as state:
        for number in range(1100):
            state.save(
                Run(
                    run=f"r{number:04}",
                    connection="acme",
                    connector="writable",
                    connector_version="1",
                    status=RunStatus.FAILED,
                    started=f"2026-01-01T00:00:00.{number:04}+00:00",
                )
            )
    ran = line.run("syncs", "acme")
    assert (len(ran.out.splitlines()), ran.err) == (21, "20 of 1,100; --limit N shows more.\n")
    found = line.run("syncs", "acme", "--output", "json").json()
    assert (len(found["syncs"]), found["total"]) == (1100, 1100)
    assert len(line.run("syncs", "acme", "--output", "csv").out.splitlines()) == 1101
    assert len(line.run("syncs", "acme", "--limit", "30").out.splitlines()) == 31


@pytest.mark.parametrize(
    ("command", "key", "total"),
    [
        (("resources", "acme"), "resources", 9),
        (("entitlements", "acme"), "entitlements", 8),
        (("grants", "acme"), "grants", 2),
        (("access", "acme", "user:u1"), "access", 1),
        (("who", "acme", "role:r1"), "access", 1),
    ],
)
def test_rows_of_a_snapshot_say_how_many_there_are(
    line: WritableLine, command: tuple[str, ...], key: str, total: int
) -> None:
    line.published()
    found = line.run(*command, "--output", "json").json()
    assert (len(found[key]), found["total"]) == (total, total)
    cut = line.run(*command, "--limit", "1", "--output", "json").json()
    assert (len(cut[key]), cut["total"]) == (1, total)
    for output in ("table", "csv"):
        told = f"1 of {total}; --limit N shows more.\n" if total > 1 else ""
        assert line.run(*command, "--limit", "1", "--output", output).err.endswith(told)
        assert "--limit N" not in line.run(*command, "--output", output).err
