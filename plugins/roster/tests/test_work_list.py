"""The work list: one open line for one thing, and what a person wrote stays."""

import csv
import io
import json
import os
import re
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.errors import BadConfig, Refused
from jackfield_roster.worklist import Thing, WorkList
from jackfield_roster.worklist.lines import read_back, written

from .work_lists import cells, line, mark, told


@pytest.fixture(params=["csv", "jsonl"])
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return tmp_path / f"erp.{request.param}"


def test_lines_are_appended(file: Path) -> None:
    WorkList(file).ask([line(1), line(2)], {})
    WorkList(file).ask([line(3)], {})
    assert told(file) == [("open", f"c{number}", f"user:{number}") for number in (1, 2, 3)]
    assert list(WorkList(file).open_things()) == [Thing("grant", "group:g1/member", f"user:{n}") for n in (1, 2, 3)]
    assert {each.name for each in file.parent.iterdir()} == {file.name, f".{file.name}.lock"}


def test_what_is_open_is_not_asked_for_twice(file: Path) -> None:
    WorkList(file).ask([line(1)], {})
    before = file.stat()
    WorkList(file).ask([line(1)], {})
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    WorkList(file).ask([line(1, "another")], {})
    assert told(file) == [("open", "another", "user:1")]


def test_a_shown_line_is_marked_and_a_new_one_begun_when_it_is_asked_for_again(file: Path) -> None:
    WorkList(file).ask([line(1)], {})
    WorkList(file).ask([line(2)], {line(1).thing: "today"})
    assert [(each["state"], each["shown"]) for each in cells(file)] == [("shown", "today"), ("open", "")]
    WorkList(file).ask([line(1, "later")], {})
    assert told(file)[2] == ("open", "later", "user:1")


def test_what_a_person_marked_as_done_is_a_new_line_when_it_is_asked_for_anew(file: Path) -> None:
    WorkList(file).ask([line(1)], {})
    mark(file, done="yes", note="by Kim")
    WorkList(file).ask([line(1)], {})  # the same change, asked for again after a crash
    assert len(cells(file)) == 1
    WorkList(file).ask([line(1, "later")], {})
    assert told(file) == [("open", "c1", "user:1"), ("open", "later", "user:1")]
    assert (cells(file)[0]["done"], cells(file)[0]["note"]) == ("yes", "by Kim")


def test_what_a_spreadsheet_program_made_of_it_stays(tmp_path: Path) -> None:
    file = tmp_path / "erp.csv"
    WorkList(file).ask([line(1), line(2)], {})
    rows = file.read_text().replace("\r\n", "\n").splitlines()
    mine = [rows[0] + ",priority", rows[1][:-1] + ",ask Kim,high", "my own line", rows[2] + "low"]
    saved = b"\xef\xbb\xbf" + "\r\n".join(row.replace(",", ";") for row in mine).encode() + b"\r\n;;caf\xe9\r\n"
    file.write_bytes(saved)
    WorkList(file).ask([line(3)], {line(2).thing: "today"})
    kept, now = saved.split(b"\r\n"), file.read_bytes().split(b"\r\n")
    assert [now[at] for at in (0, 1, 2, 4)] == [kept[at] for at in (0, 1, 2, 4)]
    was, changed = kept[3].split(b";"), now[3].split(b";")
    assert (changed[0], changed[8]) == (b"shown", b"today")
    assert [*changed[1:8], *changed[9:]] == [*was[1:8], *was[9:], b""]  # a cell that was left out is empty now
    assert now[5].startswith(b"open;c3;")
    assert now[6] == b""


NOTES = ["one\rtwo", "one\ntwo", "one\r\ntwo", '"quoted"', "a,b;c", " ", "\r", ""]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quoted", [csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("note", NOTES)
def test_any_note_of_a_person_stays_as_it_is(tmp_path: Path, note: str, quoted: Literal[1, 2], end: str) -> None:
    file = tmp_path / "erp.csv"
    WorkList(file).ask([line(1), line(2)], {})
    rows = list(csv.reader(io.StringIO(file.read_text(), newline="")))
    for row in rows[1:]:
        row[-1] = note
    out = io.StringIO(newline="")
    csv.writer(out, quoting=quoted, lineterminator=end).writerows(rows)
    before = out.getvalue().encode()
    # The last line need not end.
    file.write_bytes(before.removesuffix(end.encode()))
    WorkList(file).ask([line(3)], {})
    assert file.read_bytes().startswith(before)
    WorkList(file).ask([line(4)], {line(n).thing: "today" for n in (1, 2)})
    with file.open(newline="", encoding="utf-8") as opened:
        after = list(csv.reader(opened, strict=True))
    assert [(row[0], row[-1]) for row in after[1:]] == [("shown", note)] * 2 + [("open", "")] * 2


def test_the_ends_of_foreign_json_lines_stay(tmp_path: Path) -> None:
    file = tmp_path / "erp.jsonl"
    file.write_bytes(b'{"a":1}\r\n{"b":2}')
    WorkList(file).ask([line(1)], {})
    assert file.read_bytes().startswith(b'{"a":1}\r\n{"b":2}\n{"state"')


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_a_work_list_that_is_no_file_is_told(file: Path, kind: str) -> None:
    if kind == "folder":
        file.mkdir()
    else:
        os.mkfifo(file)
    for use in (lambda: WorkList(file).ask([line(1)], {}), WorkList(file).open_things):
        with pytest.raises(BadConfig, match="is no file") as raised:
            use()
        assert raised.value.path == "work_list"


def test_foreign_json_lines_stay_to_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "erp.jsonl"
    mine = b'{"a" :  1}\nnot json \xff\n\n{"state":"open","who":7}\n'
    file.write_bytes(mine)
    WorkList(file).ask([line(1)], {})
    assert file.read_bytes().startswith(mine)
    assert json.loads(file.read_bytes().splitlines()[-1])["id"] == "c1"


@pytest.mark.parametrize("content", ["a,b\n1,2\n", 'state,id\n"open', "\x00\n"])
def test_a_file_that_is_no_work_list_is_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "erp.csv"
    file.write_text(content)
    with pytest.raises(Refused, match="can't be understood, so that nothing was written"):
        WorkList(file).ask([line(1)], {})
    assert file.read_text() == content


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadConfig) as raised:
        WorkList(tmp_path / "nowhere" / "erp.csv").ask([line(1)], {})
    assert raised.value.path == "work_list"


NAMES = [
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@a",
    "＝1",
    "'=1",
    "''",
    "\t=1",
    "a;=1",
    'a; "=1"',
    "a,-1|+2\t@x;＝1",
    "a;'=1",
    "two\nlines",
    "a\xa0b",
    " a ",
    r"X\a",
    r"\u{a0}",
]


def assert_nothing_runs(file: Path) -> None:
    """Whatever separates cells for the program that opens it."""
    if file.suffix == ".csv":
        for separator in ",;\t|":
            with file.open(newline="", encoding="utf-8") as opened:
                found = [cell for row in csv.reader(opened, delimiter=separator) for cell in row]
            assert [cell for cell in found if cell.strip(' "').startswith(tuple("=+-@＝＋－＠"))] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_is_a_formula_and_the_thing_is_known_again(file: Path, name: str) -> None:
    WorkList(file).ask([line(1, who=name, who_name=name)], {})
    (row,) = cells(file)
    assert not row["who"].startswith(("=", "+", "-", "@", "＝", "\t"))
    assert "\n" not in row["who_name"]
    assert_nothing_runs(file)
    WorkList(file).ask([line(1, who=name, who_name=name)], {})
    assert len(cells(file)) == 1
    assert list(WorkList(file).open_things()) == [line(1, who=name).thing]


@given(st.text(st.one_of(st.sampled_from("\\u{5ca0}'=@; ,\t\xa0\u200b"), st.characters()), max_size=12))
def test_any_id_is_one_printable_cell_and_is_read_back(id: str) -> None:
    cell = written(id)
    assert read_back(cell) == id
    assert cell.isprintable()
    assert cell == cell.strip()
    assert not cell.startswith(tuple("=+-@＝＋－＠"))
    assert not re.search(r"[;,|\t][\s\"']*[=+\-@＝＋－＠]", cell)


def test_what_can_not_be_printed_is_told_by_its_number() -> None:
    assert written("a\xa0b") == r"a\u{a0}b"
    assert written(r"HOUSE\ann") == r"HOUSE\ann"
    assert read_back(r"\u{fffffff} \u{110000} \u{a") == r"\u{fffffff} \u{110000} \u{a"
