"""An export says what is not complete, appears whole or not at all, and runs nothing in a spreadsheet."""

import csv
import io
import json
import stat
from pathlib import Path

import pytest
from snapshot_files import TAKEN, build_snapshot, group, holds, offers, user

from jackfield.clock import SystemClock
from jackfield.errors import BadConfig
from jackfield.exports import GRANT_COLUMNS, open_target, write_jsonl
from jackfield.exports.csvtable import CsvTable, safe_cell
from jackfield.exports.formats import csvfile
from jackfield.exports.opened import OpenExport
from jackfield.exports.table import ACCESS_COLUMNS
from jackfield.files import ensure_writable, write_privately
from jackfield.snapshots.reader import read_snapshot
from jackfield_contracts import Item, Verdict

ITEMS = (
    user("a/b", "Zoë, “Z”", emails=("zoe@example.com", "z@example.com"), login="zoe"),
    group("g1", "=cmd()", members=1),
    offers("group:g1/member", privileged=True),
    holds("user:a%2Fb", "group:g1/member", immutable="+ by law", inherited_by=("member", "owner")),
)


def lines(folder: Path, *more: Item, **options: object) -> list[dict[str, object]]:
    file = build_snapshot(folder / "s.sqlite", [*ITEMS, *more], **options)  # type: ignore[arg-type]
    stream = io.BytesIO()
    with read_snapshot(file) as snapshot:
        count = write_jsonl(snapshot, stream)
    found = [json.loads(line) for line in stream.getvalue().decode().splitlines()]
    assert count == len(found)
    return found


def table(folder: Path, **options: object) -> list[dict[str, str]]:
    file = build_snapshot(folder / "s.sqlite", ITEMS, **options)  # type: ignore[arg-type]
    stream = io.BytesIO()
    with read_snapshot(file) as snapshot:
        csvfile.EXPORTER.write(OpenExport("acme", snapshot, clock=SystemClock(), host_version="1"), stream)
    return list(csv.DictReader(io.StringIO(stream.getvalue().decode(), newline="")))


class TestJsonLines:
    def test_the_snapshot_comes_first_then_resources_entitlements_grants(self, tmp_path: Path):
        found = lines(tmp_path)
        assert [one["kind"] for one in found] == ["snapshot", "resource", "resource", "entitlement", "grant"]
        head = found[0]
        assert list(head)[:4] == ["kind", "connection", "run", "complete"]
        assert (head["connection"], head["run"], head["complete"], head["scopes"]) == ("acme", "run-1", True, [])
        assert head["counts"] == {"resources": {"group": 1, "user": 1}, "entitlements": 1, "grants": 1}

    def test_users_tell_all_facts_of_their_trait(self, tmp_path: Path):
        one = lines(tmp_path)[2]
        assert list(one)[:5] == ["kind", "type", "id", "display_name", "trait"]
        assert (one["type"], one["id"], one["display_name"], one["trait"]) == ("user", "a/b", "Zoë, “Z”", "user")
        assert (one["status"], one["status_raw"], one["login"], one["last_login"]) == (
            "enabled",
            "enabled",
            "zoe",
            None,
        )
        assert one["emails"] == [
            {"address": "zoe@example.com", "primary": True, "verified": None},
            {"address": "z@example.com", "primary": False, "verified": None},
        ]
        assert "carried" not in one

    def test_identifiers_are_structured(self, tmp_path: Path):
        _, _, _, entitlement, grant = lines(tmp_path)
        assert entitlement["resource"] == {"type": "group", "id": "g1"}
        assert (entitlement["slug"], entitlement["privileged"]) == ("member", True)
        assert grant["entitlement"] == {"resource": {"type": "group", "id": "g1"}, "slug": "member"}
        assert grant["principal"] == {"type": "user", "id": "a/b"}
        assert (grant["immutable"], grant["inherited_by"]) == ("+ by law", ["member", "owner"])

    def test_what_is_not_complete_and_what_was_carried_is_said(self, tmp_path: Path):
        found = lines(tmp_path, seals={"group:g1/*": Verdict.UNREADABLE}, carried={"group:g1/*": "run-0"})
        assert found[0]["complete"] is False
        assert found[0]["scopes"] == [
            {"scope": "group:g1/*", "seal": "unreadable", "observed": 0, "expected": None, "reason": "the read failed"}
        ]
        assert found[-1]["carried"] == {"run": "run-0", "taken": TAKEN}
        assert all("carried" not in one for one in found[1:-1])


class TestCsv:
    def test_one_row_for_each_grant_with_the_names_of_both_ends(self, tmp_path: Path):
        (row,) = table(tmp_path)
        assert tuple(row) == ACCESS_COLUMNS
        assert ACCESS_COLUMNS[: len(GRANT_COLUMNS)] == GRANT_COLUMNS
        assert (row["resource_type"], row["resource_id"], row["slug"]) == ("group", "g1", "member")
        assert (row["principal_id"], row["principal_name"], row["principal_status"]) == ("a/b", "Zoë, “Z”", "enabled")
        assert (row["inherited_by"], row["seal"], row["run"]) == ("member owner", "complete", "run-1")
        assert (row["snapshot_complete"], row["carried_from"]) == ("yes", "")

    def test_carried_rows_and_what_is_not_complete_are_told(self, tmp_path: Path):
        (row,) = table(tmp_path, seals={"group:g1/*": Verdict.UNREADABLE}, carried={"group:g1/*": "run-0"})
        assert (row["seal"], row["snapshot_complete"]) == ("unreadable", "no")
        assert (row["carried_from"], row["carried_taken"]) == ("run-0", TAKEN)

    def test_nothing_in_it_is_taken_for_a_formula(self, tmp_path: Path):
        (row,) = table(tmp_path)
        assert (row["resource_name"], row["immutable"]) == ("'=cmd()", "'+ by law")

    @pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "＝1", "－1"])
    def test_whatever_may_begin_a_formula_is_quoted(self, text: str):
        assert safe_cell(text) == f"'{text}"

    @pytest.mark.parametrize(
        ("text", "cell"),
        [
            ("a\x1b[2J", "a\\x1b[2J"),
            ("\tx", "'\\tx"),
            ("\r=1", "'\\r=1"),
            ("a\nb\x07\x9b", "a\\nb\\x07\\x9b"),
            ("Zoë\u00a0", "Zoë\u00a0"),
        ],
    )
    def test_what_could_drive_a_terminal_stands_there_as_an_escape(self, text: str, cell: str):
        assert safe_cell(text) == cell

    @pytest.mark.parametrize(("value", "cell"), [("", ""), ("a=b", "a=b"), (None, ""), (True, "yes"), (-1, -1)])
    def test_other_values_stay(self, value: str | bool | int | None, cell: str | int):
        assert safe_cell(value) == cell


class TestTarget:
    def test_a_file_appears_whole_and_private(self, tmp_path: Path):
        target = tmp_path / "out.jsonl"
        target.write_text("old")
        with open_target(str(target)) as stream:
            stream.write(b"new")
            assert target.read_text() == "old"
        assert target.read_text() == "new"
        assert stat.S_IMODE(target.stat().st_mode) == 0o600

    def test_an_error_leaves_what_was_there(self, tmp_path: Path):
        target = tmp_path / "out.jsonl"
        target.write_text("old")
        with pytest.raises(RuntimeError), open_target(str(target)) as stream:
            stream.write(b"half")
            raise RuntimeError
        assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
        assert target.read_text() == "old"

    def test_a_link_stays_a_link(self, tmp_path: Path):
        (tmp_path / "real").write_text("old")
        (tmp_path / "link").symlink_to("real")
        with open_target(str(tmp_path / "link")) as stream:
            stream.write(b"new")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_text() == "new"

    def test_a_device_is_written_straight_and_stays(self):
        with open_target("/dev/null") as stream:
            stream.write(b"gone")
        assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)

    def test_a_place_that_can_not_be_written_is_named(self, tmp_path: Path):
        with pytest.raises(BadConfig, match="missing"), open_target(str(tmp_path / "missing" / "out")):
            pass

    def test_whether_a_file_can_be_written_is_found_out_without_writing_it(self, tmp_path: Path):
        ensure_writable(tmp_path / "a" / "token")
        assert list((tmp_path / "a").iterdir()) == []
        for place in (Path("/proc/nowhere/token"), tmp_path / "a"):
            with pytest.raises(BadConfig):
                ensure_writable(place)

    def test_a_secret_is_written_with_its_folders_private(self, tmp_path: Path):
        target = tmp_path / "a" / "b" / "token"
        write_privately(target, b"secret\n")
        write_privately(target, b"newer\n")
        assert target.read_bytes() == b"newer\n"
        assert [stat.S_IMODE(path.stat().st_mode) for path in (target, target.parent, tmp_path / "a")] == [
            0o600,
            0o700,
            0o700,
        ]
        assert [path.name for path in target.parent.iterdir()] == ["token"]


class TestOtherSeparators:
    """A spreadsheet program of a country that writes decimals with a comma separates by ``;``."""

    @pytest.mark.parametrize("separator", [";", "|", "\t"])
    @pytest.mark.parametrize(
        "text",
        [
            *("a;=1", "a;;=1", "a; =1", 'a;"=1"', 'a;" =1', "a|@x", "a\t=1", "a;＝1", "a;b;+1", "a;\u00a0-1", ' "=1'),
            *("a;\r\n=1", ";=1", "=1;=2", 'x";=1', "a|;=1", "a;\n|=1"),
        ],
    )
    def test_no_cell_of_theirs_begins_a_formula(self, text: str, separator: str):
        written = io.BytesIO()
        CsvTable(written, ("a", "b")).write([(text, text), ("-1", text)])
        lines = written.getvalue().decode().splitlines()[1:]
        rows = [*csv.reader(lines, delimiter=separator), *(line.split(separator) for line in lines)]
        for cell in (cell for row in rows for cell in row):
            assert cell.lstrip(' "\t\u00a0')[:1] not in ("=", "+", "-", "@", "＝", "＋", "－", "＠"), cell

    @pytest.mark.parametrize("text", ["a;b", "a-b;c=d", "x | y", "5;6", "'", ";"])
    def test_what_begins_none_stays_as_it_is(self, text: str):
        assert safe_cell(text) == text
