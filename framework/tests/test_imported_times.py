"""An imported snapshot is as old as its file says, and of unknown age where that says nothing."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from .imaginary import Line
from .test_importers import FILE, LINES, imported

OLD, LATER = "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"
AS_OF = f'as_of={{"lines": "{OLD}"}}'


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    made = Line(tmp_path, monkeypatch, capsys)
    as_of(OLD)
    return made


def as_of(time: str | None, content: str = FILE) -> None:
    """The file, and an importer that says of it that it is of *time*."""
    said = "" if time is None else f'as_of={{"lines": "{time}"}}'
    Path("own.py").write_text(LINES.replace(AS_OF, said))
    Path("team.lines").write_text(content)


class TestAsTheFileSays:
    def test_it_was_taken_when_its_file_was_made_wherever_that_is_told(self, line: Line):
        assert imported(line).code == 0
        taken = datetime.fromisoformat(OLD)
        days = (datetime.now(UTC) - taken).days
        told = f"taken 2026-01-01 00:00:00 UTC, {days:,} days ago"
        stats = line.run("stats", "copy")
        assert told in stats.err
        assert "IMPORTED from team.lines (lines) on 20" in stats.err
        assert datetime.fromisoformat(line.run("stats", "copy", "--output", "json").json()["taken"]) == taken
        (sync,) = line.run("syncs", "copy", "--output", "json").json()["syncs"]
        assert datetime.fromisoformat(sync["taken"]) == taken
        assert taken < datetime.fromisoformat(sync["started"]) <= datetime.fromisoformat(sync["finished"])
        assert sync["seconds"] < 3600
        assert line.run("export", "copy", "--format", "jsonl", "-o", "out").code == 0
        assert datetime.fromisoformat(json.loads(Path("out").read_text().splitlines()[0])["taken"]) == taken
        assert line.run("verify", "copy").code == 0
        assert "2026-01-01 00:00:00" in line.run("verify", "copy").out

    def test_a_date_means_the_file_that_was_made_by_then_in_whichever_order_they_came(self, line: Line):
        as_of(LATER, FILE + "user late\n")
        late = imported(line, "--output", "json").json()["run"]
        as_of(OLD)
        old = imported(line, "--output", "json").json()["run"]
        assert line.run("stats", "copy", "--run", "2026-02-01", "--output", "json").json()["run"] == old
        assert line.run("stats", "copy", "--run", "2026-04-01", "--output", "json").json()["run"] == late
        ran = line.run("stats", "copy", "--run", "2025-12-31")
        assert (ran.code, "the oldest is" in ran.err, "2026-01-01" in ran.err) == (5, True, True)
        told = line.run("diff", "copy", "--output", "json").json()
        assert (told["old"]["run"], told["new"]["run"]) == (old, late)
        assert [one["id"] for one in told["added"] if one["kind"] == "resource"] == ["late"]

    def test_a_grant_is_first_seen_in_the_oldest_file(self, line: Line):
        as_of(LATER)
        assert imported(line).code == 0
        late = line.run("syncs", "copy", "--output", "json").json()["syncs"][0]["run"]
        as_of(OLD)
        assert imported(line).code == 0
        assert line.run("export", "copy", "--run", late, "--format", "csv", "-o", "out.csv").code == 0
        (row,) = csv.DictReader(Path("out.csv").read_text(encoding="utf-8-sig").splitlines())
        assert datetime.fromisoformat(row["first_seen"]) == datetime.fromisoformat(OLD)


class TestUnknown:
    @pytest.mark.parametrize(
        ("time", "why"),
        [
            (None, "says nothing of when"),
            ("once upon a time", "in a form that is no time"),
            ("2999-01-01T00:00:00Z", "which is yet to come"),
        ],
    )
    def test_nothing_tells_an_age_that_nobody_knows(self, line: Line, time: str | None, why: str):
        as_of(time)
        ran = imported(line)
        assert (ran.code, why in ran.out) == (0, True), ran.out
        assert "taken nobody knows when" in line.run("stats", "copy").err
        assert line.run("stats", "copy", "--output", "json").json()["taken"] is None
        assert line.run("stats", "copy", "--run", "@latest").code == 0
        assert line.run("stats", "copy", "--run", "2099-01-01").code == 5
        assert line.run("verify", "copy").code == 0
        assert imported(line).code == 0
        assert "taken nobody knows when" in line.run("diff", "copy").err
        findings = line.run("findings", "copy")
        assert findings.code == 0, findings.err
        (shown,) = [one for one in line.run("connections", "--output", "json").json()["connections"] if one["imported"]]
        assert shown["snapshot"]["taken"] is None

    @pytest.mark.parametrize("format", ["csv", "jsonl", "xlsx", "parquet", "opengraph"])
    def test_every_export_can_be_written_of_it(self, line: Line, format: str):
        as_of(None)
        assert imported(line).code == 0
        ran = line.run("export", "copy", "--format", format, "-o", "out")
        assert ran.code == 0, ran.err

    def test_an_invitation_is_of_unknown_age(self, line: Line):
        pending = LINES.replace(AS_OF, "").replace(
            "display_name=name),)",
            "display_name=name, trait=UserTrait(status=AccountStatus.PENDING, invited=datetime(2020, 1, 1, tzinfo=UTC))),)",
        )
        pending = pending.replace("import (\n", "import (\n    AccountStatus, UserTrait,")
        Path("own.py").write_text("from datetime import UTC, datetime\n" + pending)
        assert imported(line).code == 0
        told = line.run("findings", "copy", "--kind", "invited", "--output", "json").json()
        assert (told["findings"], told["kinds"][0]["unknown"]) == ([], 2)


class TestListed:
    def test_imported_connections_are_listed_and_marked(self, line: Line):
        assert imported(line).code == 0
        ran = line.run("connections")
        (row,) = [one for one in ran.out.splitlines() if one.startswith("copy")]
        assert "import:lines" in row
        assert row.rstrip().endswith("imported")
        told = line.run("connections", "--output", "json").json()["connections"]
        assert {one["connection"]: one["imported"] for one in told} == {"acme": False, "copy": True}
        one = line.run("connections", "copy")
        assert (one.code, "imported" in one.out, "taken 2026-01-01" in one.out) == (0, True, True)
        rows = list(csv.DictReader(line.run("connections", "--output", "csv").out.splitlines()))
        assert [each["imported"] for each in rows] == ["no", "yes"]

    def test_one_that_was_synced_and_is_not_configured_any_more_is_not_among_them(self, line: Line):
        line.published()
        line.config.write_text("")
        assert line.run("connections", "--output", "json").json()["connections"] == []
        assert line.run("connections", "acme").code == 2
