"""A reviewed table: what an access review decided becomes revocations, however a spreadsheet program has saved it."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snapshot_files import build_snapshot, group, holds, offers, user

from jackfield.changes import reviewed
from jackfield.changes.kinds.access import RevokeRequest
from jackfield.changes.kinds.request import Request
from jackfield.changes.request_files import read_requests
from jackfield.changes.requests import WrongRequests
from jackfield.changes.reviewed import INFORMATIVE, NEEDED
from jackfield.changes.reviewedlines import Expected
from jackfield.clock import SystemClock
from jackfield.errors import BadConfig
from jackfield.exports.formats import csvfile
from jackfield.exports.opened import OpenExport
from jackfield.exports.table import ACCESS_COLUMNS, path_cell
from jackfield.files.spreadsheet import guarded, unguarded
from jackfield.snapshots.reader import read_snapshot
from jackfield_contracts import Item

HEADING = "entitlement,principal,path,decision,reason\n"


def read(folder: Path, content: str, expected: Expected | None = None) -> tuple[Request, ...]:
    file = folder / "reviewed.csv"
    file.write_text(content, newline="")
    return read_requests(file, expected=expected)


def wrong(folder: Path, content: str, expected: Expected | None = None) -> tuple[str, ...]:
    with pytest.raises(WrongRequests) as found:
        read(folder, content, expected)
    return found.value.problems


def exported(folder: Path, items: Sequence[Item]) -> list[dict[str, str]]:
    file = folder / "s.sqlite"
    file.unlink(missing_ok=True)
    stream = io.BytesIO()
    with read_snapshot(build_snapshot(file, items)) as snapshot:
        csvfile.write(OpenExport("acme", snapshot, clock=SystemClock(), host_version="1"), stream)
    return list(csv.DictReader(io.StringIO(stream.getvalue().decode(), newline="")))


def saved(rows: Sequence[Mapping[str, str]], columns: Sequence[str], separator: str = ",") -> str:
    """*rows* as a spreadsheet program saves them."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, delimiter=separator, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def test_every_column_of_the_table_is_known():
    assert {*ACCESS_COLUMNS, "connection"} == {*NEEDED, *INFORMATIVE, "path", "reason"}


class TestDecisions:
    @pytest.mark.parametrize("said", ["revoke", "REVOKE", " Remove "])
    def test_a_line_is_revoked_where_it_says_so(self, tmp_path: Path, said: str):
        content = f"{HEADING}group:7/member,user:1,direct,{said},left the team\ngroup:7/member,user:2,direct,,\n"
        asked = RevokeRequest(entitlement="group:7/member", principal="user:1", reason="left the team", place="line 2")
        assert read(tmp_path, content) == (asked,)

    @pytest.mark.parametrize("said", ["keep", "Approve", "", "  "])
    def test_nothing_is_asked_for_elsewhere(self, tmp_path: Path, said: str):
        with pytest.raises(BadConfig, match="of its 1 rows none is marked revoke or remove"):
            read(tmp_path, f"{HEADING}group:7/member,user:1,direct,{said},\n")

    def test_another_word_is_an_error_with_its_place(self, tmp_path: Path):
        content = f"{HEADING}g/member,user:1,direct,revoke,\ng/member,user:2,direct,rewoke,\ng/member,u,direct,yes,\n"
        assert wrong(tmp_path, content) == (
            "line 3, decision: 'rewoke' is no decision. Did you mean 'revoke'?",
            "line 4, decision: 'yes' is no decision. Write revoke, or keep; empty is keep.",
        )

    @pytest.mark.parametrize("name", ["Sales", "direct", "directors"])
    def test_what_is_inherited_can_not_be_revoked_and_the_group_is_named(self, tmp_path: Path, name: str):
        content = f'{HEADING}group:9/member,user:1,"{name} (group:7/member)",revoke,\n'
        (problem,) = wrong(tmp_path, content)
        assert problem.startswith(f"line 2, path: it is not held directly, but through {name} (group:7/member)")

    def test_the_table_says_it_as_it_is_read(self):
        assert (path_cell(True, ()), path_cell(True, ("",))) == (reviewed._DIRECT, reviewed._DIRECT_TOO)

    def test_what_is_held_in_both_ways_can(self, tmp_path: Path):
        assert len(read(tmp_path, f"{HEADING}group:9/member,user:1,direct + Sales (group:7/member),revoke,\n")) == 1

    def test_a_line_without_whom_it_is_about_is_an_error(self, tmp_path: Path):
        assert wrong(tmp_path, f"{HEADING},user:1,direct,revoke,\n") == (
            "line 2, entitlement: the kind revoke needs an entitlement",
        )


class TestColumns:
    def test_a_column_of_others_is_an_error(self, tmp_path: Path):
        with pytest.raises(BadConfig, match="'remark' is no column of a table with decisions"):
            read(tmp_path, "entitlement,principal,decision,remark\ng/member,user:1,revoke,\n")

    def test_ours_are_passed_over_only_beside_decisions(self, tmp_path: Path):
        with pytest.raises(BadConfig, match="'principal_name' is no column of changes"):
            read(tmp_path, "entitlement,principal,principal_name\ng/member,user:1,Ann\n")

    @pytest.mark.parametrize("left", NEEDED)
    def test_none_that_is_needed_may_be_missing(self, tmp_path: Path, left: str):
        columns = [column for column in (*NEEDED, "path") if column != left]
        with pytest.raises(BadConfig, match=left if left != "decision" else "'path' is no column of changes"):
            read(tmp_path, ",".join(columns) + "\na,b,revoke\n")

    def test_a_cell_beside_the_columns_is_an_error(self, tmp_path: Path):
        heading = "entitlement,,principal,decision\n"
        assert len(read(tmp_path, f"{heading}g/member,,user:1,revoke,,\n")) == 1
        (problem,) = wrong(tmp_path, f"{heading}g/member,x,user:1,revoke\n")
        assert "line 2: a cell stands in a column without a name" in problem


def lines(count: int, decision: str = "", first: int = 0) -> list[str]:
    return [f"g/member,user:{number},direct,{decision},left" for number in range(first, first + count)]


class TestWholeLines:
    """A line that lost cells is no line whose last cells are empty."""

    @pytest.mark.parametrize("cells", range(1, 5))
    def test_one_that_lacks_cells_is_told_with_its_number(self, tmp_path: Path, cells: int):
        full = "g/member,user:1,direct,revoke,left"
        short = ",".join(["g/member", "user:2", "direct", "revoke", "left"][:cells])
        (problem,) = wrong(tmp_path, f"{HEADING}{full}\n{short}\n")
        assert problem.startswith(f"line 3: the row has {cells} of 5 cells. Was the file cut off")

    @pytest.mark.parametrize("first", [",", ";"])
    def test_files_with_other_separators_can_not_be_joined(self, tmp_path: Path, first: str):
        other = {",": ";", ";": ","}[first]
        table = "\n".join([HEADING.strip(), *lines(3, "revoke")]).replace(",", first)
        joined = "\n".join(lines(3, "revoke", 3)).replace(",", other)
        found = wrong(tmp_path, f"{table}\n{joined}\n")
        assert [problem[:32] for problem in found] == [f"line {n}: the row has 1 of 5 cells" for n in (5, 6, 7)]

    def test_wherever_a_file_is_cut_no_mark_is_lost_untold(self, tmp_path: Path):
        whole = "\r\n".join([HEADING.strip(), *lines(20, "revoke")])
        for cut in range(1, 80):
            content = whole[:-cut]
            full = content.count("\n") - (content.endswith("\r\n"))
            try:
                found = read(tmp_path, content)
            except WrongRequests as error:
                assert "cells" in error.problems[0], cut
            else:
                # A cell of people's own words, or a whole line, may be cut without a trace.
                assert len(found) in (full, full + 1), cut
                assert content.rstrip().rsplit(",", 1)[1] in ("left", "lef", "le", "l", ""), cut

    def test_what_excel_leaves_out_of_sixteen_rows_is_empty(self, tmp_path: Path):
        rows = [HEADING.strip(), *lines(15, "revoke")]
        rows += [line.rpartition(",")[0] for line in lines(16, "revoke", 15)]
        rows += [line.rsplit(",", 2)[0] for line in lines(5, "", 31)]
        assert len(read(tmp_path, "\r\n".join(rows) + "\r\n")) == 31
        assert "has 3 of 5 cells" in wrong(tmp_path, "\r\n".join(rows))[0]
        assert "has 4 of 5 cells" in wrong(tmp_path, "\r\n".join([*rows[:17], *lines(1, "keep", 90), *rows[17:]]))[0]

    def test_a_first_line_may_say_what_separates(self, tmp_path: Path):
        table = HEADING.replace(",", ";") + "\n".join(lines(1, "revoke")).replace(",", ";") + "\n"
        (found,) = read(tmp_path, f"sep=;\r\n{table}")
        assert found.place == "line 3"
        with pytest.raises(BadConfig, match=r"cells that are separated by '\|' can't be read"):
            read(tmp_path, f"sep=|\n{table}")


class TestContradictions:
    """Who a line shows is who is meant."""

    TABLE = (
        "principal,entitlement,principal_type,principal_id,principal_email,resource_type,resource_id,slug,decision\n"
    )
    ANN = "user:ab1,group:g7/member,user,ab1,ann@example.com,group,g7,member,revoke\n"
    BOB = "user:cd2,group:g7/member,user,cd2,bob@example.com,group,g7,member,keep\n"

    @pytest.mark.parametrize(
        ("was", "now", "column"),
        [
            ("user:ab1,group:g7", "user:ef3,group:g7", "principal_id"),
            (",user,ab1", ",bot,ab1", "principal_type"),
            ("group:g7/member,", "group:g8/member,", "resource_id"),
            ("group:g7/member,", "team:g7/member,", "resource_type"),
            ("group:g7/member,", "group:g7/owner,", "slug"),
        ],
    )
    def test_a_part_of_another_identifier_is_an_error(self, tmp_path: Path, was: str, now: str, column: str):
        for marked in (self.ANN, self.ANN.replace("revoke", "keep")):
            (problem,) = wrong(tmp_path, self.TABLE + self.BOB + marked.replace(was, now, 1))
            assert problem.startswith(f"line 3, {column}: the row contradicts itself: ")

    @pytest.mark.parametrize(
        ("id", "shown"),
        [
            ("00123", "123"),
            ("12345678901234567890", "1.23457E+19"),
            ("12345678901234567890", "1,23457E+19"),
            ("3E5", "300000"),
            ("1-2", "01. Feb"),
            ("MAR1", "1-Mar"),
            ("true", "TRUE"),
            ("=cmd", "'=cmd"),
            ("a;=b", "a;'=b"),
            (" a ", "a"),
        ],
    )
    def test_what_a_spreadsheet_makes_of_an_id_is_none(self, tmp_path: Path, id: str, shown: str):
        heading = "principal;entitlement;principal_id;decision\n"
        assert len(read(tmp_path, f'{heading}"user:{id}";g/member;"{shown}";revoke\n')) == 1

    def test_one_person_has_one_name_in_a_table(self, tmp_path: Path):
        other = self.ANN.replace("group:g7/", "group:g8/").replace(",g7,", ",g8,").replace("ann@", "bob@")
        (problem,) = wrong(tmp_path, self.TABLE + self.ANN + other)
        assert problem.startswith(
            "line 3, principal_email: user:ab1 is 'bob@example.com' here and 'ann@example.com' on line 2"
        )

    def test_a_table_is_of_one_run(self, tmp_path: Path):
        heading = "entitlement,principal,decision,run\n"
        (problem,) = wrong(tmp_path, f"{heading}g/member,user:1,revoke,R1\ng/member,user:2,,R2\n")
        assert problem.startswith("line 3, run: it is of 'R2', and line 2 of 'R1'")

    def test_a_table_is_of_the_connection(self, tmp_path: Path):
        expected = Expected(connection="acme", owner={"R1": "acme", "R2": "other"}.get)
        heading = "entitlement,principal,decision,run,connection\n"
        for run in ("R1", "R9", ""):
            assert read(tmp_path, f"{heading}g/member,user:1,revoke,{run},acme\n", expected)
        (problem,) = wrong(tmp_path, f"{heading}g/member,user:1,revoke,R2,\n", expected)
        assert problem.startswith("line 2, run: the table is of the connection 'other', not of 'acme'")
        (problem,) = wrong(tmp_path, f"{heading}g/member,user:1,revoke,,other\n", expected)
        assert problem.startswith("line 2, connection: the table is of the connection 'other'")

    @pytest.mark.parametrize("other", ["keep", "", "approve"])
    def test_one_grant_has_one_decision(self, tmp_path: Path, other: str):
        (problem,) = wrong(tmp_path, f"{HEADING}g/member,user:1,direct,revoke,\ng/member,user:1,direct,{other},\n")
        assert problem.startswith(
            "line 3, decision: it is to be kept here and to be revoked on line 2, of the same grant"
        )


class TestReasons:
    def test_each_request_of_a_file_may_have_one(self, tmp_path: Path):
        rows = read(tmp_path, "kind,entitlement,principal,reason\nrevoke,g/member,user:1,left\ngrant,g/member,u2,\n")
        assert [row.reason for row in rows] == ["left", ""]


NASTY = st.text(
    st.one_of(
        st.sampled_from("=+-@\"',;|%/# ＝－＠Ж字😀ä\u00a0\u202e"),
        st.characters(codec="utf-8", exclude_categories=("Cc",)),
    ),
    min_size=1,
    max_size=10,
)


@given(
    st.lists(NASTY, min_size=2, max_size=3, unique=True),
    NASTY,
    st.sampled_from(",;\t"),
    st.permutations(ACCESS_COLUMNS),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_names_the_same_grants_come_back(
    tmp_path: Path, ids: list[str], name: str, separator: str, columns: list[str]
):
    people, of = [user(one, name) for one in ids[1:]], group(ids[0], name)
    items: list[Item] = [*people, of, offers(f"{of.id}/member", name)]
    items += [holds(str(each.id), f"{of.id}/member") for each in people]
    rows = [{**row, "decision": "revoke", "": ""} for row in exported(tmp_path, items)]
    content = saved(rows, [*columns[:4], "", *columns[4:]], separator)
    asked = read(tmp_path, "\ufeff" + content)
    expected = {(f"{of.id}/member".strip(), str(each.id).strip()) for each in people}
    ambiguous = any("'" in text for text in ids)
    found = {(one.entitlement, one.principal) for one in asked if isinstance(one, RevokeRequest)}
    assert found == expected or ambiguous


@given(NASTY)
@settings(max_examples=500, deadline=None)
def test_what_was_guarded_is_read_back(text: str):
    if "'" not in text:
        assert unguarded(guarded(text)) == text
