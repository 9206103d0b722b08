"""Exports as people have them, with their configuration, read by real commands."""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .support import Folder

CASES = Path(__file__).with_name("field")
LONG = "it is a number of more than 15 digits, of which a spreadsheet keeps only 15"


class Case(NamedTuple):
    """A case in a folder of its own."""

    folder: Folder

    def sync(self) -> tuple[int, str]:
        done = self.folder.command("sync", "erp")
        return done.code, done.out + done.err

    def people(self) -> dict[str, str]:
        """Who is there, by id."""
        found = self.folder.command("resources", "erp", "--type", "user", "--output", "json").json["resources"]
        return {each["id"]: each["display_name"] for each in found}

    def teams(self) -> set[tuple[str, str]]:
        """Who is in which group."""
        found: list[dict[str, Any]] = self.folder.command("grants", "erp", "--output", "json").json["grants"]
        return {(each["entitlement"]["resource"]["id"], each["principal"]["id"]) for each in found}


def case(name: str, tmp_path: Path) -> Case:
    folder = Folder(tmp_path)
    shutil.copytree(CASES / name, tmp_path, dirs_exist_ok=True)
    return Case(folder)


READ = [
    ("04-csv-cr-only", {"1": "Ann", "2": "Bob"}, None),
    ("05-latin1-heading", {"1": "Anne"}, "users.csv is not UTF-8; it is read as cp1252"),
    ("11-chartsheet-first", {"1": "Ann", "2": "Bob"},
     "the sheet 'Sheet' of users.xlsx is read; before it are 'Chart' (no table)"),
    ("12-strict-ooxml", {"1": "Ann", "2": "Bob"}, None),
    ("15-sep-line", {"1": "Ann"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "people", "told"), READ)
def test_what_can_be_read_is_read(tmp_path: Path, name: str, people: dict[str, str], told: str | None) -> None:
    one = case(name, tmp_path)
    code, out = one.sync()
    assert code == 0, out
    assert one.people() == people
    assert ("warning" in out) == (told is not None)
    assert told is None or told in out


NAMED = [
    ("06-xls-by-pattern", "users.xls is a file of an old office program, such as .xls: save it as .xlsx or .csv"),
    ("13-password-xlsx", "users.xlsx is protected by a password: save it without one, or export it as CSV"),
]


@pytest.mark.parametrize(("name", "told"), NAMED)
def test_what_can_not_be_read_is_named_with_what_to_do(tmp_path: Path, name: str, told: str) -> None:
    one = case(name, tmp_path)
    code, out = one.sync()
    assert code == 8
    assert f"user: unreadable; {told}" in out
    assert one.people() == {}
    checked = one.folder.command("check", "erp")
    assert checked.code == 6
    assert told in checked.out + checked.err


def test_each_row_of_merged_cells_has_its_value(tmp_path: Path) -> None:
    one = case("07-merged-cells", tmp_path)
    code, out = one.sync()
    assert code == 0, out
    assert one.people() == {"1": "Ann", "2": "Bob", "3": "Cy", "4": "Di"}
    assert one.teams() == {("design", "1"), ("design", "2"), ("design", "3"), ("sales", "4")}


def test_an_export_that_lost_its_leading_zeros_is_held(tmp_path: Path) -> None:
    """As many rows come as go, and all of them are others."""
    one = case("01-leading-zeros-lost", tmp_path)
    assert one.sync()[0] == 0
    before = one.people()
    assert "0007" in before
    shutil.copy(tmp_path / "second.csv", tmp_path / "exports" / "users-2.csv")
    code, out = one.sync()
    assert code == 9, out
    assert one.people() == before


LOST = [
    ("09-long-number-ids", [("users.xlsx:2", LONG), ("users.xlsx:3", LONG), ("users.xlsx:4", LONG)]),
    ("10-scientific-ids-csv", [
        ("users.csv:2", "2.19E+26 is how a spreadsheet program writes a long number, and digits of the id are lost"),
        ("users.csv:3", "1.23457E+11 is how a spreadsheet program writes a long number, and digits of the id are lost"),
        ("users.csv:4", "1001.0 is a number with a fraction, which a program may have made of the id"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rows"), LOST)
def test_ids_that_a_spreadsheet_has_changed_are_broken_rows(
    tmp_path: Path, name: str, rows: list[tuple[str, str]]
) -> None:
    one = case(name, tmp_path)
    code, out = one.sync()
    assert code == 8
    for place, why in rows:
        assert f"left out: {why} (at {place}, column ID)" in out
    assert "user: partial; 3 rows or entries are left out" in out
    assert one.people() == {}


def test_a_case_is_its_configuration_and_its_exports() -> None:
    """None of the cases is without a test."""
    tested = {name for name, *_ in (*READ, *NAMED, *LOST)} | {"07-merged-cells", "01-leading-zeros-lost"}
    assert {each.name for each in CASES.iterdir()} == tested
