"""Ids that a spreadsheet program has changed, or that nobody sees whole, are broken rows and never ids."""

import asyncio
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield_contracts import Grant
from jackfield_roster.ids import why_unsure

from .support import Folder, Told, read_all

INVISIBLE = [
    "1\u200b2",
    "a\xadb",
    "12\u2060",
    "\ufeff1",
    "a\u202eb",
    "1\x01",
    "a\nb",
    "a\u3164",
    "x\u200db",
    "a\u061cb",
]
LOST = ["1.23457E+11", "2.19E+26", "-1E+05", "1,23457E+11", "1.2e+18", "1001.0", "1001.00", "1001,0",
        "123456789012345000", "19143100000101000000", "ab\ufffdc", "x" * 1025]  # fmt: skip
TOTALS = ["Total", "TOTAL: 3", "Grand total 1,234.50", "Summe", "Gesamtsumme: 12", "(3 rows affected)", "12 records"]
FAILED = ["#N/A", "#NV", "#BEZUG!", "#ÜBERLAUF!", "#¿NOMBRE?", "########"]
TAKEN = ["0012", "1E5", "12E4", "1.1", "10.10", "1e10", "123456789012345", "1234567890123450", "a-1", "Müller", "team 1",
         "نمی\u200cخواهم", "👩\u200d💻", "my\xa0team", "#7", "Totals of Rome", "1234567890123456789"]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def told(folder: Folder) -> dict[str, Told]:
    async def run() -> dict[str, Told]:
        async with folder.open() as roster:
            return await read_all(roster)

    return asyncio.run(run())


@pytest.mark.parametrize("id", [*INVISIBLE, *LOST, *TOTALS, *FAILED])
def test_what_is_no_id_is_a_broken_row(folder: Folder, id: str) -> None:
    folder.write("users.csv", "Id,Name", f'"{id}",Ann', "2,Bob")
    users = told(folder)["users"]
    assert users.ids == ["2"]
    assert [note.path for note in users.notes] == ["users.csv:2, column Id"]
    assert users.incomplete


@pytest.mark.parametrize("id", TAKEN)
def test_what_may_be_one_is_taken(folder: Folder, id: str) -> None:
    folder.write("users.csv", "Id,Name", f'"{id}",Ann', "2,Bob")
    users = told(folder)["users"]
    assert users.ids == [id, "2"]
    assert users.notes == []


@pytest.mark.parametrize("id", [*INVISIBLE, *LOST[:-2], *TOTALS])
def test_ids_may_be_taken_as_they_stand(folder: Folder, id: str) -> None:
    folder.values["users"]["exact_ids"] = True
    folder.write("users.csv", "Id,Name", f'"{id}",Ann', "2,Bob")
    assert told(folder)["users"].ids[-1] == "2"
    assert len(told(folder)["users"].ids) == 2


@pytest.mark.parametrize("id", ["1.23457E+11", "1\u200b2", "#N/A"])
def test_the_same_holds_of_ids_in_lists_and_of_memberships(folder: Folder, id: str) -> None:
    folder.values["users"]["groups"] = "In"
    folder.values["memberships"] = [{"file": "m.csv", "of": "group", "to": "To", "member": "Who"}]
    folder.write("users.csv", "Id,Name,In", f"1,Ann,g1;{id}" if id != "#N/A" else f"1,Ann,{id}", "2,Bob,g2")
    folder.write("m.csv", "To,Who", f"{id},1", f"g1,{id}", "g1,2")
    members = told(folder)["group_members"]
    held = {(item.entitlement.resource.id, item.principal.id) for item in members.items if isinstance(item, Grant)}
    assert held == {("g2", "2"), ("g1", "2")}
    assert [note.path for note in members.notes] == [
        "users.csv:2, column In",
        "m.csv:2, column To",
        "m.csv:3, column Who",
    ]


def test_a_formula_that_keeps_a_text_from_being_a_number_is_that_text(folder: Folder) -> None:
    folder.write("users.csv", "Id,Name", '"=""0012""",Ann', '="0013",Bob', '"=""0012""",Again', '"=A1",Cy')
    users = told(folder)["users"]
    assert users.ids == ["0012", "0013", "=A1"]
    assert users.places == [("users.csv:4, column Id", "left out: user:0012 stands there a second time")]


def test_what_a_workbook_has_in_the_place_of_an_id(folder: Folder) -> None:
    folder.values["users"]["file"] = "users.xlsx"
    rows = [["Id", "Name"], [1001, "a number"], ["0012", "a text"], [2.0, "whole"], [10.5, "x"], [10**15, "x"],
            [date(2024, 3, 1), "x"], [True, "x"], ["Total", "x"], [-3, "negative"], [0, "zero"]]  # fmt: skip
    folder.book("users.xlsx", {"A": rows})
    users = told(folder)["users"]
    assert users.ids == ["1001", "0012", "2", "-3", "0"]
    assert [summary.removeprefix("left out: ") for _, summary in users.places] == [
        "it is a number with a fraction, where an id is expected",
        "it is a number of more than 15 digits, of which a spreadsheet keeps only 15",
        "it is a date, which a spreadsheet program may have made of it",
        "it is a truth value, which a spreadsheet program may have made of it",
        "'Total' looks like a line below the table, and no id",
    ]
    folder.values["users"]["exact_ids"] = True
    assert told(folder)["users"].ids[3:8] == ["10.5", "1000000000000000", "2024-03-01", "true", "Total"]


def test_rows_below_the_table_can_be_passed_over(folder: Folder) -> None:
    folder.values["users"]["ignore_rows"] = ["Total*", "-- *"]
    folder.write("users.csv", "Name,Id", "Ann,1", "Total: 1", ",Total", "-- end of report --,,,")
    users = told(folder)["users"]
    assert (users.ids, users.notes, users.incomplete) == (["1"], [], {})


def test_a_heading_that_looks_like_the_column_is_shown_with_what_is_not_seen(folder: Folder) -> None:
    from jackfield.errors import BadConfig

    folder.write("users.csv", "Id\u200b,Name", "1,Ann")
    with pytest.raises(BadConfig, match=r"Its columns: Id\\u200b, Name\."):
        told(folder)


def test_empty_and_doubled_headings_do_not_matter_where_they_are_not_mapped(folder: Folder) -> None:
    folder.write("users.csv", "Id,,Name,,X,X", "1,a,Ann,b,c,d")
    users = told(folder)["users"]
    assert (users.ids, users.notes) == (["1"], [])


@given(st.text(max_size=40))
def test_any_text_is_judged(id: str) -> None:
    why = why_unsure(id, exact=False)
    assert why is None or (why.isprintable() and len(why) < 200)
    assert why_unsure(id, exact=True) is None or "\ufffd" in id
