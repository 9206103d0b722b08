"""A broken row is told with its file, line and column, is left out, and makes its scope partial."""

import asyncio
import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from jackfield_contracts import Grant, Resource
from jackfield_roster import sync
from jackfield_roster.notes import MOST_TOLD

from .support import Folder, Told, read_all

HEADING = "Id,Name,State,Groups"
GOOD = "1,Ann,active,g1"
USERS = {
    "file": "users.csv",
    "id": "Id",
    "name": "Name",
    "status": "State",
    "statuses": {"active": "enabled"},
    "groups": "Groups",
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path, users=USERS, groups={"file": "groups.csv", "id": "Id"})
    folder.write("groups.csv", "Id", "g1", "g2")
    return folder


def told(folder: Folder) -> dict[str, Told]:
    async def run() -> dict[str, Told]:
        async with folder.open() as roster:
            return await read_all(roster)

    return asyncio.run(run())


ROWS: list[tuple[bytes, str, str]] = [
    (b",Bob,active,", "users.csv:3, column Id", "it has no id"),
    (b" ,Bob,active,", "users.csv:3, column Id", "it has no id"),
    (b"2,Bob,idle,", "users.csv:3, column State", "the status 'idle' is none of those in the configuration"),
    (b"2,Bob,,", "users.csv:3, column State", "it has no status"),
    (b"1,Ann again,active,", "users.csv:3, column Id", "user:1 stands there a second time"),
    (b"2,B\xf6b,active,", "users.csv:3, column Name", "it has bytes that are no text in this encoding"),
    (b"2,Bob,active", "users.csv:3, column Groups", "it has 3 cells, and the heading has 4"),
    (b"2,Bob,active,g1,x", "users.csv:3", "it has 5 cells, and the heading has 4"),
    (b'2,"Bob" B,active,', "users.csv:3", "it is no CSV: ',' expected after '\"'"),
]


@pytest.mark.parametrize(("row", "place", "why"), ROWS)
def test_a_broken_row_of_a_listing(folder: Folder, row: bytes, place: str, why: str) -> None:
    folder.values["users"] = USERS | {"encoding": "utf-8"}
    folder.put("users.csv", b"\n".join([HEADING.encode(), GOOD.encode(), row, b"9,Zoe,active,g2", b""]))
    users = told(folder)["users"]
    assert users.places == [(place, f"left out: {why}")]
    assert users.incomplete == {"user": f"1 row or entry is left out, {place}: {why}"}
    assert users.ids == ["1", "9"]


@pytest.mark.parametrize(
    ("row", "place", "why"),
    [
        ("2,Bob,active,g7", "users.csv:3, column Groups", "it names group:g7, which the export does not list"),
        ("2,Bob,idle,g1", "users.csv:3, column Groups", "it names user:2, which the export does not list"),
    ],
)
def test_a_broken_membership_costs_that_one_only(folder: Folder, row: str, place: str, why: str) -> None:
    folder.write("users.csv", HEADING, GOOD, row, "9,Zoe,active,g2")
    members = told(folder)["group_members"]
    assert (place, f"left out: {why}") in members.places
    assert set(members.incomplete) == {"group/*"}
    assert len(members.items) == 2


def test_memberships_of_a_row_whose_id_stands_there_already_are_left_out_with_it(folder: Folder) -> None:
    folder.values["users"] = USERS | {"roles": "Roles"}
    heading = HEADING + ",Roles"
    folder.write("users.csv", heading, GOOD + ",r1", "2,Bob,active,,", "2,Bea,active,g2,", "1,Al,active,g1;g2,")
    read = told(folder)
    members = read["group_members"]
    place = "users.csv:4, column Id"
    assert members.places == [
        (place, "left out: user:2 stands there a second time"),
        ("users.csv:5, column Id", "left out: user:1 stands there a second time"),
    ]
    assert members.incomplete == {
        "group/*": f"2 rows or entries are left out, the first {place}: user:2 stands there a second time"
    }
    assert [(str(item.entitlement), str(item.principal)) for item in members.items if isinstance(item, Grant)] == [
        ("group:g1/member", "user:1")
    ]
    # They tell of no roles, so that nothing is left out there.
    assert read["role_members"].incomplete == {}


def test_and_so_where_groups_list_their_members(folder: Folder) -> None:
    folder.values["groups"] = {"file": "groups.csv", "id": "Id", "members": "Who"}
    folder.write("users.csv", HEADING, "1,Ann,active,", "2,Bob,active,")
    folder.write("groups.csv", "Id,Who", "g1,1", "g2,", "g2,2")
    members = told(folder)["group_members"]
    assert members.places == [("groups.csv:4, column Id", "left out: group:g2 stands there a second time")]
    assert [(str(item.entitlement), str(item.principal)) for item in members.items if isinstance(item, Grant)] == [
        ("group:g1/member", "user:1")
    ]


def test_groups_that_only_a_broken_row_may_name_are_not_taken_for_gone(folder: Folder) -> None:
    del folder.values["groups"]
    folder.write("users.csv", HEADING, GOOD, "2,Bob, Berlin,active,g2")
    groups = told(folder)["groups"]
    why = "it has 5 cells, and the heading has 4"
    assert groups.ids == ["g1"]
    assert groups.incomplete == {"group": f"1 row that can't be understood may name others, users.csv:3: {why}"}


FILES: list[tuple[str, str, str, str]] = [
    ("a.csv", "To,Who,Kind\ng1,1,user\ng1,,user\n", "a.csv:3, column Who", "it names no member"),
    ("a.csv", "To,Who,Kind\n,1,user\n", "a.csv:2, column To", "it names no group"),
    ("a.csv", "To,Who,Kind\ng1,1,robot\n", "a.csv:2, column Kind", "'robot' says neither user nor group"),
    ("a.csv", "To,Who,Kind\ng1,g9,group\n", "a.csv:2, column Who", "it names group:g9, which the export does not list"),
    ("a.jsonl", '{"To":"g1","Who":1,"Kind":"user"}\n{"To":\n', "a.jsonl:2", "it is no JSON: Input data was truncated"),
    ("a.jsonl", '{"To":"g1","Who":{"x":1},"Kind":"user"}\n{"Who":1}', "a.jsonl:1, column Who",
     "its value is neither a text, a number nor a list of them"),
    ("a.jsonl", '["To"]\n{"To":"g1","Who":1,"Kind":"user"}\n', "a.jsonl:1", "it is no JSON object"),
    ("a.jsonl", '{"To":["g1"],"Who":1,"Kind":"user"}\n', "a.jsonl:1, column To",
     "it has a list where one value is expected"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "content", "place", "why"), FILES)
def test_a_broken_row_of_memberships(folder: Folder, file: str, content: str, place: str, why: str) -> None:
    mapping = {"file": file, "of": "group", "to": "To", "member": "Who", "member_type": "Kind"}
    folder.values["memberships"] = [mapping]
    folder.write("users.csv", HEADING, GOOD)
    folder.put(file, content.encode())
    members = told(folder)["group_members"]
    assert (place, f"left out: {why}") in members.places
    assert set(members.incomplete) == {"group/*"}


def test_a_failed_formula_in_a_workbook(folder: Folder) -> None:
    folder.values["groups"] = {"file": "groups.xlsx", "id": "Id"}
    folder.book("groups.xlsx", {"All": [["Id", "Note"], ["g1", "#N/A"], ["#N/A", ""], ["g2", ""]]})
    folder.write("users.csv", HEADING, GOOD)
    groups = told(folder)["groups"]
    assert groups.places == [("groups.xlsx:3, column Id", "left out: its formula failed: #N/A")]
    assert groups.ids == ["g1", "g2"]


ERRORS = ["#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
          "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#EXTERNAL!", "#PYTHON!", "#GETTING_DATA", "#ERROR!"]  # fmt: skip


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_is_no_value(folder: Folder, error: str) -> None:
    folder.values["groups"] = {"file": "groups.xlsx", "id": "Id"}
    folder.book("groups.xlsx", {"All": [["Id"], ["g1"], [error]]})
    folder.write("users.csv", HEADING, GOOD)
    groups = told(folder)["groups"]
    assert groups.places == [("groups.xlsx:3, column Id", f"left out: its formula failed: {error}")]
    assert groups.ids == ["g1"]


def test_a_formula_without_a_stored_value_is_no_empty_cell(folder: Folder) -> None:
    folder.values["users"] = USERS | {"file": "users.xlsx", "skip_lines": 1}
    rows = [
        ["People"],
        ["Note", "Id", "Name", "State", "Groups"],
        ["=1+1", 1, "Ann", "active", "g1"],
        [],
        ["", 2, "Bob", "active", '=CONCATENATE("g", "2")'],
        ["", "=C5+1", "Cy", "active", ""],
        *[["", number, "Person", "active", ""] for number in range(10, 3000)],
        ["", 9, "=B1", "active", "g1"],
    ]
    folder.book("users.xlsx", {"Other": [["=1"]], "People": rows})
    folder.values["users"]["sheet"] = "People"
    read = told(folder)
    why = "left out: its formula has no stored value"
    at = "users.xlsx, sheet People"
    assert read["users"].places == [(f"{at}:6, column Id", why), (f"{at}:2997, column Name", why)]
    assert read["users"].ids[:3] == ["1", "2", "10"]
    assert set(read["users"].incomplete) == {"user"}
    assert read["group_members"].places[0] == (f"{at}:5, column Groups", why)
    assert set(read["group_members"].incomplete) == {"group/*"}


def test_what_to_do_about_a_workbook_that_was_not_calculated_is_told_once(folder: Folder) -> None:
    folder.values["groups"] = {"file": "groups.xlsx", "id": "Id"}
    folder.book("groups.xlsx", {"All": [["Id"], *([f"=1+{number}"] for number in range(20))]})
    folder.write("users.csv", HEADING, GOOD)
    first, *others = told(folder)["groups"].notes
    assert (first.hint or "").startswith("Open the workbook in a spreadsheet program, which calculates its formulas")
    assert [note.hint for note in others] == [None] * 19


@pytest.mark.parametrize(
    ("cell", "taken"),
    [
        (b'<c r="B2" t="str"><f>IF(A2,"","x")</f><v></v></c>', "1"),
        (b'<c r="B2" t="str"><f>IF(A2,"","x")</f></c>', "1"),
        (b'<c r="B2" t="str"><f>UPPER("a")</f><v>A</v></c>', "A"),
        (b'<c r="B2"><f>1+1</f><v>2</v></c>', "2"),
        (b'<c r="B2"><f ca="1">1+1</f><v/></c>', None),
        (b'<c r="B2"><f si="0" t="shared"/></c>', None),
        (b"<c><f>1+1</f></c>", None),
        (b'<c r="B2"/>', "1"),
    ],
)
def test_a_formula_that_gives_an_empty_text_is_an_empty_cell(folder: Folder, cell: bytes, taken: str | None) -> None:
    folder.values["users"] = {"file": "users.xlsx", "id": "Id", "name": "Name"}
    file = folder.book("users.xlsx", {"A": [["Id", "Name"], [1, "here"]]})
    made = folder.exports / "made.zip"
    with ZipFile(file) as old, ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content, count = re.subn(rb'<c r="B2".*?</c>', lambda _: cell, content)
                assert count == 1
            new.writestr(name, content)
    made.rename(file)
    users = told(folder)["users"]
    assert [item.display_name for item in users.items if isinstance(item, Resource)] == ([taken] if taken else [])
    assert len(users.places) == (taken is None)


def test_a_quotation_mark_that_is_never_closed_costs_its_line(folder: Folder) -> None:
    people = [f"{number},Person,active,g1" for number in range(10, 3000)]
    folder.write("users.csv", HEADING, GOOD, '2,"Bob,active,', *people)
    users = told(folder)["users"]
    assert len(users.ids) == 1 + len(people)
    assert [place for place, _ in users.places] == ["users.csv:3"]


def test_what_is_broken_in_an_unmapped_column_does_not_matter(folder: Folder) -> None:
    folder.values["users"] = USERS | {"encoding": "utf-8"}
    folder.put("users.csv", b"Id,Name,State,Groups,Note\n1,Ann,active,g1,caf\xe9\n")
    assert told(folder)["users"].notes == []


def test_many_broken_rows_are_counted_and_some_are_told(folder: Folder) -> None:
    folder.write("users.csv", HEADING, *(f"{number},Person,idle," for number in range(2500)))
    users = told(folder)["users"]
    assert len(users.notes) == MOST_TOLD
    assert users.incomplete["user"].startswith(
        "2,500 rows or entries are left out, the first users.csv:2, column State"
    )


@pytest.mark.parametrize("most", [1, 2, 3, 200])
def test_pages_of_broken_rows_become_one_and_none_is_lost(
    folder: Folder, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "MOST_EMPTY", most)
    people = [*(f"{number},Person,idle,g1" for number in range(10_000, 14_500)), "9,Zoe,active,g2"]
    folder.write("users.csv", HEADING, *people)
    read = told(folder)
    assert read["users"].ids == ["9"]
    assert len(read["users"].pages) == -(-5 // most)
    assert read["users"].incomplete["user"].startswith("4,500 rows or entries are left out")
    members = read["group_members"]
    assert [str(item.principal) for item in members.items if isinstance(item, Grant)] == ["user:9"]
    assert members.incomplete["group/*"].startswith("4,500 rows or entries are left out")


@pytest.mark.parametrize("apart", [1, 999, 1000, 1001, 1999, 2000, 2500])
def test_an_id_that_comes_twice_is_found_however_far_apart(folder: Folder, apart: int) -> None:
    from .support import Shelf, read

    people = [f"{number},Person,active," for number in range(3000)]
    people.insert(300 + apart, "300,Again,active,")
    folder.write("users.csv", HEADING, *people)

    async def run() -> Told:
        async with folder.open() as roster:
            # Two pages may not be stored yet when the next one is read.
            return await read(roster, "users", Shelf(lag=2))

    users = asyncio.run(run())
    assert users.places == [
        (f"users.csv:{302 + apart}, column Id", "left out: user:300 stands there a second time"),
    ]
    assert len(users.ids) == len(set(users.ids)) == 3000


@pytest.mark.parametrize("depth", [50, 300, 450, 600, 950, 100_000])
def test_a_value_that_is_nested_deep_is_no_cell(folder: Folder, depth: int) -> None:
    folder.values["users"] = {"file": "users.jsonl", "id": "Id", "name": "Name"}
    deep = "[" * depth + "]" * depth
    folder.write("users.jsonl", '{"Id":"1","Name":"Ann"}', f'{{"Id":"2","Name":{deep}}}', f'{{"Id":{deep},"Name":"x"}}')
    synced = folder.run("sync", "erp", "--output", "json")
    assert synced.code == 8
    assert synced.json["counts"]["resources"]["user"] >= 1
