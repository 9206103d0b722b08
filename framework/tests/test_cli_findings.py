"""``jackfield findings``: what it prints, what it leaves, and its exit codes."""

import csv
import io
from pathlib import Path

import pytest

from .imaginary import Line

IGNORE = '[[connections.acme.findings.ignore]]\nkind = "empty-group"\nreason = "kept for the archive"\n'


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    made = Line(tmp_path, monkeypatch, capsys)
    made.world.groups["g9"] = set()
    made.world.names["g9"] = "Nobody here"
    made.published()
    return made


def configure(line: Line, text: str) -> None:
    with line.config.open("a", encoding="utf-8") as file:
        file.write(text)


def test_a_table_for_people_and_beside_it_what_is_not_known(line: Line):
    ran = line.run("findings", "acme")
    head, one = ran.out.splitlines()
    assert head.split() == ["SEVERITY", "KIND", "NAME", "E-MAIL", "STATUS", "SINCE", "WHY"]
    assert one.split(maxsplit=2) == ["low", "empty-group", one.split(maxsplit=2)[2]]
    assert "Nobody here" in one
    assert ran.code == 0
    told = ran.err.splitlines()[1:]
    assert told == [
        "admins: not known: nothing in the snapshot is marked as privileged.",
        "dormant: not known: no sign-ins are known of this connection, because its activity has not been read.",
        "suspended-seat: not known: the snapshot tells of no licences.",
        "no-external-id: not known: no account of the snapshot has an id called 'external_id': the application may not tell it.",
        "unverified-address: not known: the application does not say which addresses are verified.",
        "ownerless-group: not known: nothing in the snapshot is marked as the ownership of a group.",
        "suspended-owner: not known: nothing in the snapshot is marked as the ownership of a group.",
        "empty-group (empty group): 1 found.",
        "Nothing found: invited, duplicate-people.",
    ]


def test_json_tells_the_evidence_and_each_kind(line: Line):
    found = line.run("findings", "acme", "--output", "json").json()
    (one,) = found["findings"]
    assert one["id"] == "acme/empty-group/group:g9"
    (fact,) = one["evidence"]
    assert (fact["what"], fact["value"]) == ("held by nobody", "group:g9/member")
    assert (fact["run"], fact["taken"], fact["carried"]) == (found["run"], found["taken"], False)
    assert len(found["kinds"]) == 10
    (empty,) = [kind for kind in found["kinds"] if kind["kind"] == "empty-group"]
    assert (empty["examined"], empty["found"], empty["unknown"]) == (3, 1, 0)


def test_two_runs_are_compared_by_the_ids_of_findings(line: Line):
    first = line.run("findings", "acme", "--output", "json").json()
    line.published()
    again = line.run("findings", "acme", "--output", "json").json()
    assert first["run"] != again["run"]
    assert [one["id"] for one in first["findings"]] == [one["id"] for one in again["findings"]]
    old = line.run("findings", "acme", "--run", first["run"], "--output", "json").json()
    assert old["findings"] == first["findings"]


def test_csv_has_what_is_unknown_as_well(line: Line):
    line.world.refused = {"groups"}
    line.published()
    ran = line.run("findings", "acme", "--output", "csv", "--kind", "empty-group")
    rows = list(csv.DictReader(io.StringIO(ran.out, newline="")))
    assert {(row["state"], row["name"]) for row in rows} >= {("unknown", "Nobody here")}
    assert "found" not in {row["state"] for row in rows}
    every = list(csv.DictReader(io.StringIO(line.run("findings", "acme", "--output", "csv").out, newline="")))
    (dormant,) = [row for row in every if row["kind"] == "dormant"]
    assert (dormant["state"], dormant["why"][:22]) == ("not known", "no sign-ins are known ")
    assert "of 3 more it is not known (Engineering, Nobody here, Sales: group/* was not seen whole" in ran.err


def test_people_are_shown_the_first_of_each_kind_and_told_how_many_more_there_are(line: Line):
    line.world.groups |= {f"n{number:02}": set[str]() for number in range(30)}
    line.published()
    ran = line.run("findings", "acme")
    assert len(ran.out.splitlines()) == 21
    assert "Not shown: 11 of empty-group; --kind KIND shows all of a kind" in ran.err
    assert len(line.run("findings", "acme", "--kind", "empty-group").out.splitlines()) == 32
    assert len(line.run("findings", "acme", "--limit", "25").out.splitlines()) == 26
    assert len(line.run("findings", "acme", "--output", "csv").out.splitlines()) == 32 + 7
    assert line.run("findings", "acme", "--output", "json", "--limit", "2").json()["total"] == 31


class TestAccepted:
    def test_it_is_counted_and_shown_when_asked_for(self, line: Line):
        configure(line, IGNORE)
        ran = line.run("findings", "acme")
        assert ran.out == ""
        assert "empty-group (empty group): 0 found, 1 accepted." in ran.err
        assert "(accepted: kept for the archive)" in line.run("findings", "acme", "--accepted").out
        assert line.run("findings", "acme", "--fail-on", "info").code == 0

    def test_what_fits_nothing_any_more_is_told(self, line: Line):
        configure(line, IGNORE.replace("kind", 'who = "group:g1"\nkind'))
        told = line.run("findings", "acme", "--kind", "empty-group").err
        assert "connections.acme.findings.ignore[0] accepts what is not found any more." in told

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("[connections.acme.findings]\ndormant_days = 0\n", "connections.acme.findings.dormant_days"),
            ("[connections.acme.findings]\ndormat_days = 9\n", "connections.acme.findings.dormat_days"),
            (IGNORE.replace("empty-group", "empty"), "connections.acme.findings.ignore[0].kind"),
            (IGNORE.replace("kept for the archive", " "), "connections.acme.findings.ignore[0].reason"),
            (IGNORE.replace('kind = "empty-group"\n', ""), "connections.acme.findings.ignore[0]"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_place(self, line: Line, text: str, place: str):
        configure(line, text)
        ran = line.run("findings", "acme")
        assert ran.code == 2
        assert f"(at {place})" in ran.err


class TestForScripts:
    def test_the_exit_code_tells_that_something_was_found(self, line: Line):
        assert line.run("findings", "acme", "--fail-on", "low").code == 15
        assert line.run("findings", "acme", "--fail-on", "medium").code == 0
        assert line.run("findings", "acme", "--severity", "medium", "--fail-on", "low").code == 15

    def test_nothing_found_in_half_a_snapshot_is_no_success(self, line: Line):
        line.world.refused = {"groups"}
        line.published()
        assert line.run("findings", "acme", "--fail-on", "info").code == 8
        assert line.run("findings", "acme").code == 0

    def test_what_is_not_there_is_an_error(self, line: Line):
        assert line.run("findings", "akme").code == 2
        assert line.run("findings", "acme", "--run", "r1").code == 5
        ran = line.run("findings", "acme", "--kind", "dormat")
        assert ran.code == 2
        assert "'dormant'" in ran.err

    def test_a_connection_that_is_configured_no_more_has_its_findings_still(self, line: Line):
        line.config.write_text("")
        assert line.run("findings", "acme", "--fail-on", "low").code == 15


class TestPlan:
    def test_where_no_change_mends_anything_no_file_is_written(self, line: Line):
        ran = line.run("findings", "acme", "--plan", "mend.toml")
        assert (ran.code, Path("mend.toml").exists()) == (0, False)
        assert "mend.toml was not written: no change would mend what was found" in ran.err

    @pytest.mark.parametrize("name", ["mend.txt", "mend", "-"])
    def test_the_ending_tells_the_form(self, line: Line, name: str):
        ran = line.run("findings", "acme", "--plan", name)
        assert (ran.code, ran.out) == (2, "")
        assert "ends with .toml, .csv or .jsonl" in ran.err

    def test_it_is_not_written_over_what_is_needed(self, line: Line):
        ran = line.run("findings", "acme", "--plan", str(line.config))
        assert ran.code == 2
        assert "it is the configuration" in ran.err


class Closed(io.StringIO):
    """Where whoever reads has gone."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


class TestWhereTheOutputIsClosedEarly:
    def test_the_plan_is_written_all_the_same(self, line: Line, monkeypatch: pytest.MonkeyPatch):
        written: list[str] = []

        def write(plan: str, *_: object) -> None:
            written.append(plan)

        class Mended:
            requests = 1
            mended = ("one",)
            by_hand = impossible = ()

        monkeypatch.setattr("jackfield.findings.mending.mending", lambda *_: Mended())
        monkeypatch.setattr("jackfield.findings.mending.write_requests", write)
        monkeypatch.setattr("sys.stdout", Closed())
        assert (line.code("findings", "acme", "--plan", "mend.toml"), written) == (141, ["mend.toml"])

    @pytest.mark.parametrize(("fail_on", "code"), [("low", 15), ("medium", 0)])
    def test_what_fail_on_asks_is_answered(self, line: Line, monkeypatch: pytest.MonkeyPatch, fail_on: str, code: int):
        monkeypatch.setattr("sys.stdout", Closed())
        assert line.code("findings", "acme", "--fail-on", fail_on) == code
