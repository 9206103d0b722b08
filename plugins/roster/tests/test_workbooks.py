"""Workbooks of other programs, judged by other libraries."""

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
import python_calamine
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.errors import BadConfig, RemoteContract
from jackfield_contracts import Grant, Resource
from jackfield_roster.bounds import Bounds
from jackfield_roster.reading.budget import Budget
from jackfield_roster.reading.table import Layout
from jackfield_roster.reading.workbook import read, unpack

from .support import Folder, Told, read_all


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, users={"file": "users.xlsx", "id": "Id", "name": "Name", "groups": "In"})


def told(folder: Folder) -> dict[str, Told]:
    async def run() -> dict[str, Told]:
        async with folder.open() as roster:
            return await read_all(roster)

    return asyncio.run(run())


def table(file: Path) -> list[list[str]]:
    """The rows of the first sheet, with the heading, as the connector reads them."""
    to = file.with_suffix(".copy")
    with file.open("rb") as opened:
        for _ in unpack(opened, None, "users", to, Budget(file.name, Bounds(), lambda: 0.0)):
            pass
    with to.open("rb") as opened:
        chunk = read(opened, file.name, Layout(), None, 10_000)
    return [list(chunk.columns), *([str(cell) for cell in row.cells.values()] for row in chunk.rows)]


CELLS = st.one_of(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=8
    ),
    st.sampled_from(["_x000D_", "a\nb", " a ", "<&>", "0012", "\U0001f600", "_x005F_", "=1", "#N/A"]),
    st.integers(-(10**14), 10**14),
)


def as_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6), st.booleans())
def test_what_others_write_is_read_as_others_read_it(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]], shared: bool
) -> None:
    file = tmp_path_factory.mktemp("book") / "users.xlsx"
    with xlsxwriter.Workbook(file, {"constant_memory": not shared}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([["A", "B", "C"], *rows]):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                else:
                    sheet.write_number(number, column, cell)
    whole = [[as_text(cell) for cell in row] for row in rows]
    assert table(file) == [["A", "B", "C"], *(row for row in whole if any(row))]
    if not any("_x" in cell for row in whole for cell in row):  # of which the judge makes something else
        judge = python_calamine.CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0)
        padded = [[as_text(cell) for cell in [*row, "", ""]][:3] for row in judge.to_python()]
        assert table(file)[1:] == [row for row in padded[1:] if any(row)]


def test_the_copy_of_a_library_that_writes_anew_is_read_alike(tmp_path: Path) -> None:
    file, again = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        days = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, ["Id", "Name", "Since"])
        for number in range(1, 50):
            sheet.write_row(number, 0, [number, f"Person {number}"])
            sheet.write_datetime(number, 2, datetime.fromisoformat(f"2024-01-{number % 28 + 1:02}"), days)
        sheet.write_rich_string(50, 1, "Ri", book.add_format({"bold": True}), "ch")
        sheet.write(50, 0, 50)
    openpyxl.load_workbook(file, rich_text=True).save(again)
    assert table(file) == table(again)
    assert table(file)[1] == ["1", "Person 1", "2024-01-02"]
    assert table(file)[-1] == ["50", "Rich", ""]


def test_the_first_sheet_that_people_see_is_read_and_hidden_ones_only_by_name(folder: Folder) -> None:
    file = folder.exports / "users.xlsx"
    with xlsxwriter.Workbook(file) as book:
        for name, hidden in (("Old", "hide"), ("Older", "very_hidden"), ("Now", ""), ("Next", "")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Id", "Name", "In"])
            sheet.write_row(1, 0, [1, name, ""])
            if hidden:
                getattr(sheet, hidden)()
            if name == "Now":
                sheet.activate()
                sheet.set_first_sheet()
    users = told(folder)["users"]
    assert [item.display_name for item in users.items if isinstance(item, Resource)] == ["Now"]
    assert [note.summary for note in users.notes] == [
        "the sheet 'Now' of users.xlsx is read; before it are 'Old' (hidden), 'Older' (hidden)"
    ]
    folder.values["users"]["sheet"] = "Old"
    users = told(folder)["users"]
    assert [item.display_name for item in users.items if isinstance(item, Resource)] == ["Old"]
    assert users.notes == []


def test_a_sheet_that_is_no_table_is_not_read_by_name(folder: Folder) -> None:
    with xlsxwriter.Workbook(folder.exports / "users.xlsx") as book:
        book.add_worksheet("People").write_row(0, 0, ["Id", "Name", "In"])
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=People!$A$1:$A$2"})
        book.add_chartsheet("Chart").set_chart(chart)
    folder.values["users"]["sheet"] = "Chart"
    with pytest.raises(
        BadConfig, match=r"the sheet 'Chart' of users.xlsx is no table \(at users.sheet\) Its sheets: People"
    ):
        told(folder)


@pytest.mark.parametrize("area", ["B2:B3", "A2:A3", "B2:C3", "B2:B9"])
def test_merged_cells(folder: Folder, area: str) -> None:
    file = folder.exports / "users.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        rows = [["Id", "Name", "In"], [1, "Ann", "g1"], [2, "Bob", "g2"], [3, "Cy", "g3"]]
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        sheet.merge_range(area, "7")
    read = told(folder)
    held = {
        (item.principal.id, item.entitlement.resource.id)
        for item in read["group_members"].items
        if isinstance(item, Grant)
    }
    names = [(item.id.id, item.display_name) for item in read["users"].items if isinstance(item, Resource)]
    if area == "B2:B3":
        assert names == [("1", "7"), ("2", "7"), ("3", "Cy")]
    elif area == "A2:A3":
        assert names == [("7", "Ann"), ("3", "Cy")]
        assert [why for _, why in read["users"].places] == ["left out: user:7 stands there a second time"]
        assert held == {("7", "g1"), ("3", "g3")}
    elif area == "B2:C3":
        # Whether 7 is the name or the group, nobody can tell.
        why = "left out: it is merged with the cell beside it, so that it has no value of its own"
        assert [told for told in read["group_members"].places if "names" not in told[1]] == [
            ("users.xlsx:2, column In", why), ("users.xlsx:3, column In", why),
        ]  # fmt: skip
        assert held == {("3", "g3")}
    else:
        # Rows 5 to 9 have nothing of their own: the area makes no rows.
        assert names == [("1", "7"), ("2", "7"), ("3", "7")]


def changed(file: Path, part: str, pattern: bytes, to: bytes) -> None:
    made = file.with_suffix(".zip")
    with ZipFile(file) as old, ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(part):
                content, count = re.subn(pattern, lambda _: to, content)
                assert count
            new.writestr(name, content)
    made.rename(file)


@pytest.mark.parametrize(
    ("part", "pattern", "to", "why"),
    [
        ("sheet1.xml", b'<row r="2"', b'<row r="1"', "row '1' stands after row 1"),
        ("sheet1.xml", b'<row r="2"', b'<row r="x"', "row 'x' stands after row 1"),
        ("sheet1.xml", b'r="A2"', b'r="A7"', "the cell 'A7' stands in row 2"),
        ("sheet1.xml", b'r="B2"', b'r="A2"', "the cell 'A2' stands in row 2"),
        ("sheet1.xml", b"<v>1</v>", b"<v>one</v>", "a cell has the number 'one'"),
        ("sheet1.xml", b"<v>1</v>", b"<v>nan</v>", "a cell has the number 'nan'"),
        ("sheet1.xml", b'r="A2" t="n"', b'r="A2" t="q"', "a cell has the type 'q'"),
        ("sheet1.xml", b'r="A2" t="n"', b'r="A2" t="s"', "a cell has the shared text 1, and there are 0"),
        ("sheet1.xml", b"</sheetData>", b"", "is no XML"),
        ("workbook.xml.rels", b"worksheets/sheet1.xml", b"worksheets/sheet9.xml", "it lacks the part"),
        ("workbook.xml", b"<workbook", b"<document", "no XML|a document of another office program"),
        ("_rels/.rels", b"officeDocument\"", b"another\"", "it does not say where the workbook is"),
        ("xl/workbook.xml", b"^<", b'<?xml version="1.0" encoding="U-F-8"?><', "an encoding that is not known, 'U-F-8'"),
        ("xl/workbook.xml", b"^<", b'<?xml version="1.0" encoding="UTF-7"?><', "an encoding that is not known, 'UTF-7'"),
        ("xl/workbook.xml", b"^<", b'<?xml version="1.0" encoding="rot13"?><', "an encoding that is not known, 'rot13'"),
    ],
)  # fmt: skip
def test_a_damaged_workbook_is_told(folder: Folder, part: str, pattern: bytes, to: bytes, why: str) -> None:
    file = folder.book("users.xlsx", {"A": [["Id", "Name", "In"], [1, "=1", ""]]})
    changed(file, part, pattern, to)
    with pytest.raises(RemoteContract, match=why):
        told(folder)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_workbook_with_any_damage_gives_rows_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = tmp_path_factory.mktemp("book") / "users.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number in range(5):
            sheet.write_row(number, 0, [number, "text", 0.5, True])
        sheet.merge_range("B2:B3", "both")
    with ZipFile(file) as old:
        parts = {name: bytearray(old.read(name)) for name in old.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    part = parts[name]
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(part) - 1), st.integers(0, 255)), max_size=4)):
        part[at] = byte
    with ZipFile(file, "w") as new:
        for each, content in parts.items():
            new.writestr(each, bytes(content))
    whole = bytearray(file.read_bytes())
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=2)):
        whole[at] = byte
    file.write_bytes(whole)
    try:
        assert len(table(file)) <= 6
    except RemoteContract as error:
        assert error.summary.isprintable()
