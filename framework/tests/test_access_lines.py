"""The access table: grants as the snapshot has them, inherited access with its paths, and since when each is known."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snapshot_files import build_snapshot, group, holds, offers, user

from jackfield.activity import SignIns
from jackfield.clock import SystemClock
from jackfield.exports import firstseen, write_jsonl
from jackfield.exports.csvtable import cell_text, safe_cell
from jackfield.exports.firstseen import FirstSeen, Older
from jackfield.exports.formats import csvfile
from jackfield.exports.objects import grant_object
from jackfield.exports.opened import OpenExport
from jackfield.hookspecs import AccessLine
from jackfield.snapshots.file import digest
from jackfield.snapshots.reader import read_snapshot
from jackfield_contracts import Item, ResourceId, Verdict

NESTED = (
    *(user(f"u{n}") for n in range(1, 5)),
    *(group(f"g{n}", f"Group {n}") for n in range(1, 4)),
    *(offers(f"group:g{n}/member", privileged=n == 3) for n in range(1, 4)),
    holds("user:u1", "group:g1/member"),
    holds("user:u2", "group:g2/member"),
    holds("user:u1", "group:g3/member"),
    holds("group:g1", "group:g2/member", inherited_by=("member",)),
    holds("group:g2", "group:g3/member", inherited_by=("member",)),
)


def lines(file: Path, older: tuple[Older, ...] = (), sign_ins: SignIns | None = None) -> list[AccessLine]:
    with read_snapshot(file) as snapshot:
        first_seen = FirstSeen(snapshot.db, snapshot.header.taken, older)
        export = OpenExport(
            "acme", snapshot, clock=SystemClock(), host_version="1", sign_ins=sign_ins, first_seen=first_seen
        )
        found = list(export.access())
        first_seen.close()
        return found


class TestInherited:
    def test_each_person_stands_there_once_for_each_entitlement_with_all_ways(self, tmp_path: Path):
        found = {
            (str(one.principal), str(one.resource)): (one.direct, one.paths)
            for one in lines(build_snapshot(tmp_path / "s", NESTED))
        }
        g1, g2 = "Group 1 (group:g1/member)", "Group 2 (group:g2/member)"
        assert found == {
            ("user:u1", "group:g1"): (True, ()),
            ("group:g1", "group:g2"): (True, ()),
            ("user:u2", "group:g2"): (True, ()),
            ("user:u1", "group:g2"): (False, (g1,)),
            ("group:g2", "group:g3"): (True, ()),
            ("user:u1", "group:g3"): (True, (f"{g1} > {g2}",)),
            ("group:g1", "group:g3"): (False, (g2,)),
            ("user:u2", "group:g3"): (False, (g2,)),
        }

    def test_the_table_says_it_in_words(self, tmp_path: Path):
        with read_snapshot(build_snapshot(tmp_path / "s", NESTED)) as snapshot:
            stream = io.BytesIO()
            csvfile.write(OpenExport("acme", snapshot, clock=SystemClock(), host_version="1"), stream)
        rows = csv.DictReader(io.StringIO(stream.getvalue().decode(), newline=""))
        path = {(row["principal"], row["entitlement"]): row["path"] for row in rows}
        assert path["user:u1", "group:g3/member"] == "direct + Group 1 (group:g1/member) > Group 2 (group:g2/member)"
        assert path["user:u2", "group:g3/member"] == "Group 2 (group:g2/member)"
        assert path["user:u2", "group:g2/member"] == "direct"


class TestFirstSeen:
    def snapshot(self, folder: Path, day: int, *held: str) -> Older:
        items: list[Item] = [offers("group:g1/member"), group("g1"), *(user(f"u{n}") for n in range(day, 6))]
        items += [holds(f"user:{who}", "group:g1/member") for who in held]
        file = folder / f"{day}.sqlite"
        build_snapshot(file, items, run=f"run-{day}", header={"taken": f"2026-11-0{day}T00:00:00+00:00"})
        return Older(run=f"run-{day}", file=file, sha256=digest(file))

    @pytest.mark.parametrize("at_once", [2, 20_000])
    def test_it_is_the_earliest_snapshot_that_has_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
    ):
        monkeypatch.setattr("jackfield.exports.lines._AT_ONCE", at_once)
        older = (
            self.snapshot(tmp_path, 1, "u5", "u4", "u1"),
            self.snapshot(tmp_path, 2, "u4", "u3"),
            self.snapshot(tmp_path, 3, "u5"),
        )
        now = self.snapshot(tmp_path, 4, "u2", "u3", "u4", "u5")
        found = {str(one.principal): one.first_seen for one in lines(now.file, older)}
        assert {who: seen and seen.day for who, seen in found.items()} == {
            "user:u2": 4,
            "user:u3": 2,
            "user:u4": 1,
            "user:u5": 1,
        }

    def test_a_file_that_can_not_be_read_is_passed_over_and_named(self, tmp_path: Path):
        broken = tmp_path / "broken"
        broken.write_text("no snapshot")
        altered = self.snapshot(tmp_path, 1, "u4").file
        now = self.snapshot(tmp_path, 4, "u4")
        with read_snapshot(now.file) as snapshot:
            older = (
                Older(run="run-0", file=broken, sha256=digest(broken)),
                Older(run="run-1", file=altered, sha256="another"),
                Older(run="run-2", file=tmp_path / "missing", sha256="any"),
            )
            first = FirstSeen(snapshot.db, snapshot.header.taken, older)
            assert first.since == snapshot.header.taken
            assert first.passed_over == ["run-0", "run-1", "run-2"]

    def test_no_more_snapshots_are_looked_at_than_that(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(firstseen, "MOST", 1)
        older = (self.snapshot(tmp_path, 1, "u4"), self.snapshot(tmp_path, 2, "u4"))
        (found,) = lines(self.snapshot(tmp_path, 4, "u4").file, older)
        assert found.first_seen == datetime(2026, 11, 2, tzinfo=UTC)


def test_the_last_sign_in_stands_there_and_unknown_is_empty(tmp_path: Path):
    at = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    known = SignIns(known_from=at, known_until=at, last={ResourceId(type="user", id="u1"): at})
    found = lines(build_snapshot(tmp_path / "s", NESTED), sign_ins=known)
    assert {str(one.principal): one.last_sign_in for one in found if one.direct} == {
        "user:u1": at,
        "user:u2": None,
        "group:g1": None,
        "group:g2": None,
    }


def test_a_file_beside_it_says_what_the_table_is_of(tmp_path: Path):
    file = build_snapshot(tmp_path / "s", NESTED, seals={"group:g3/*": Verdict.PARTIAL})
    stream, beside = io.BytesIO(), io.BytesIO()
    with read_snapshot(file) as snapshot:
        export = OpenExport(
            "acme",
            snapshot,
            clock=SystemClock(),
            host_version="1",
            file_sha256="abc",
            beside=lambda suffix: beside if suffix == ".meta.json" else None,
        )
        assert csvfile.write(export, stream) == 8
    about = json.loads(beside.getvalue())
    assert about["sha256"] == hashlib.sha256(stream.getvalue()).hexdigest()
    assert (about["connection"], about["run"], about["snapshot_sha256"]) == ("acme", "run-1", "abc")
    assert (about["rows"], about["counts"]["grants"], about["complete"]) == (8, 5, False)
    assert about["not_complete"][0]["scope"] == "group:g3/*"
    assert about["scopes"] == {"complete": 4, "partial": 1}
    assert about["sign_ins_known"] is None


NASTY = st.text(
    st.one_of(
        st.sampled_from("=+-@\t\r\n\"',;|\\%/#\x00\x1b\x9b\u202e￾＝😀Ж字 "),
        st.characters(codec="utf-8"),
    ),
    min_size=1,
    max_size=12,
)


@given(NASTY)
@settings(max_examples=300, deadline=None)
def test_a_cell_is_what_the_csv_module_would_write(text: str):
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="").writerow([safe_cell(text), "x"])
    assert cell_text(text) + ",x" == stream.getvalue()


@given(st.lists(NASTY, min_size=2, max_size=4, unique=True), NASTY)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_json_lines_are_those_of_the_encoder_whatever_the_names(tmp_path: Path, ids: list[str], text: str):
    people = [user(one, text) for one in ids[1:]]
    of = group(ids[0], text)
    items: list[Item] = [*people, of, offers(f"{of.id}/member", text)]
    items += [holds(str(each.id), f"{of.id}/member", immutable=text) for each in people]
    file = tmp_path / "s"
    file.unlink(missing_ok=True)
    build_snapshot(file, items, carried={f"{of.id}/*": "run-0"})
    stream = io.BytesIO()
    with read_snapshot(file) as snapshot:
        write_jsonl(snapshot, stream)
        expected = [msgspec.to_builtins(grant_object(row)) for row in snapshot.grants()]
    found = [json.loads(line) for line in stream.getvalue().decode().split("\n")[:-1]]
    assert [one for one in found if one["kind"] == "grant"] == expected
    assert {one["id"] for one in found if one["kind"] == "resource"} == set(ids)
