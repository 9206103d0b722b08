"""CSV, JSON lines and workbooks give the same rows, page by page and from any position."""

import asyncio
import csv
import io
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.errors import BadConfig, RemoteContract
from jackfield_contracts import AccountStatus, Resource, UserTrait
from jackfield_roster.reading import csvfile, jsonlines
from jackfield_roster.reading.table import Chunk, Layout, Position, Row

from .support import Folder, read

PEOPLE = [("1", "Ann Äöü"), ("2", "Bob"), ("3", "Cy; the third")]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def people(folder: Folder) -> list[tuple[str, str]]:
    async def run() -> list[tuple[str, str]]:
        async with folder.open() as roster:
            told = await read(roster, "users")
            assert told.notes == []
            return [(item.id.id, item.display_name) for item in told.items if isinstance(item, Resource)]

    return asyncio.run(run())


def written(delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([("Id", "Name"), *PEOPLE])
    return out.getvalue().encode()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_is_read_with_any_delimiter_and_with_a_mark(folder: Folder, delimiter: str, mark: bytes) -> None:
    folder.put("users.csv", mark + written(delimiter))
    assert people(folder) == PEOPLE


@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-15", "utf-8-sig", "gb18030"])
def test_other_encodings_are_configured(folder: Folder, encoding: str) -> None:
    folder.values["users"]["encoding"] = encoding
    folder.put("users.csv", written().decode().encode(encoding))
    assert people(folder) == PEOPLE


def test_a_configured_delimiter_and_lines_above_the_heading(folder: Folder) -> None:
    folder.values["users"] |= {"delimiter": "-", "skip_lines": 2}
    folder.write("users.csv", "Export of today, with, many, commas", "", "Id-Name", "1-Ann Äöü", "", "2-Bob")
    assert people(folder) == PEOPLE[:2]


def test_cells_may_hold_line_breaks(folder: Folder) -> None:
    folder.write("users.csv", "Id,Name", '1,"Ann\nthe first"', '2,"Bob ""B"""')
    assert people(folder) == [("1", "Ann\nthe first"), ("2", 'Bob "B"')]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_is_as_long_as_a_row_may_be(folder: Folder, quote: str) -> None:
    name = "a" * 400_000
    folder.write("users.csv", "Id,Name", f"1,{quote}{name}{quote}")
    assert people(folder) == [("1", name)]


def test_json_lines(folder: Folder) -> None:
    folder.values["users"]["file"] = "users.jsonl"
    folder.write("users.jsonl", '{"Id":1,"Name":"Ann Äöü"}', "", '{"Name":"Bob","Id":"2","more":{"is":"ignored"}}')
    assert people(folder) == PEOPLE[:2]


def test_a_sheet_of_a_workbook(folder: Folder) -> None:
    folder.values["users"] |= {"file": "book.xlsx", "sheet": "People", "skip_lines": 1, "status": "Since"}
    folder.values["users"] |= {"statuses": {"2024-02-29": "enabled", "2024-02-29T08:30:00": "disabled"}}
    rows = [
        ["Our people"],
        ["Id", "Name", "Since"],
        [1, "Ann Äöü", datetime.fromisoformat("2024-02-29")],
        [],
        [2.0, "Bob", datetime.fromisoformat("2024-02-29T08:30")],
    ]
    folder.book("book.xlsx", {"Other": [["x"]], "People": rows})
    assert people(folder) == PEOPLE[:2]


def test_the_first_sheet_where_none_is_named(folder: Folder) -> None:
    folder.values["users"]["file"] = "*.xlsx"
    folder.book("book.xlsx", {"A": [["Id", "Name"], *PEOPLE], "B": [["x"]]})
    (folder.exports / "~$book.xlsx").write_bytes(b"kept by an office program while the book is open")
    assert people(folder) == PEOPLE


def test_a_workbook_that_tells_too_small_a_size_is_read_whole(folder: Folder) -> None:
    folder.values["users"]["file"] = "book.xlsx"
    file = folder.book("book.xlsx", {"A": [["Id", "Name"], *PEOPLE]})
    made = folder.exports / "made.zip"
    with ZipFile(file) as old, ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                assert b'ref="A1:B4"' in content
                content = content.replace(b'ref="A1:B4"', b'ref="A1:A1"')
            new.writestr(name, content)
    made.rename(file)
    assert people(folder) == PEOPLE


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("users.xlsx", b"PK\x03\x04 half of a workbook", "users.xlsx is no workbook, or damaged"),
        ("users.xlsx", b"", "users.xlsx is no workbook, or damaged"),
        ("users.csv", b"x" * 5_000_000, "line 1 of users.csv is longer than 1,024 kB"),
        ("users.xlsx", b"Id,Name\n1,Ann\n", "users.xlsx is no workbook, or damaged: it does not begin like one"),
        ("users.csv", "Id,Name\n".encode("utf-16-le"), "users.csv has zero bytes, so that it is no text"),
        ("users.csv", b"%PDF-1.7\n", "users.csv is a PDF: export it as .xlsx or .csv"),
        ("users.csv", b"\x1f\x8b\x08\x00", "users.csv is packed with gzip"),
        ("users.csv", b"\xef\xbb\xbf\n <HTML><table>", "users.csv is a web page: save it as"),
        ("users.csv", b"<?xml version='1.0'?><rows/>", "users.csv is XML"),
        (
            "users.csv",
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "users.csv is a workbook in XML of 2003",
        ),
        ("users.csv", b"\x09\x08\x10\x00\x00\x06", r"users.csv is a workbook in the old format \.xls"),
    ],
)
def test_a_file_of_another_kind_is_told(folder: Folder, name: str, content: bytes, told: str) -> None:
    folder.values["users"]["file"] = name
    folder.put(name, content)
    with pytest.raises(RemoteContract, match=told):
        people(folder)


@pytest.mark.parametrize(
    ("encoding", "configured"),
    [
        ("utf-16", None),
        ("utf-32", None),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp500", "cp500"),
        ("cp1252", None),
    ],
)
def test_an_encoding_is_found_out_or_configured(folder: Folder, encoding: str, configured: str | None) -> None:
    if configured is not None:
        folder.values["users"]["encoding"] = configured
    folder.put("users.csv", written(";").decode().encode(encoding))

    async def run() -> tuple[list[tuple[str, str]], list[str]]:
        async with folder.open() as roster:
            told = await read(roster, "users")
            found = [(item.id.id, item.display_name) for item in told.items if isinstance(item, Resource)]
            return found, [note.summary for note in told.notes]

    found, notes = asyncio.run(run())
    assert found == PEOPLE
    assert [encoding in note.lower() for note in notes] == [True] * (configured is None)


def test_a_line_that_is_not_utf8_among_others_that_are_is_no_guess(folder: Folder) -> None:
    folder.put("users.csv", "Id,Name\n1,Änn\n".encode() + b"2,B\xf6b\n")

    async def run() -> list[str]:
        async with folder.open() as roster:
            return [note.summary for note in (await read(roster, "users")).notes]

    assert asyncio.run(run()) == ["left out: it has bytes that are no text in this encoding"]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
@pytest.mark.parametrize("above", ["sep=;", '"sep=;"', "SEP=;"])
@pytest.mark.parametrize("skip", [0, 1])
def test_a_line_that_tells_the_separator_is_no_heading(folder: Folder, end: str, above: str, skip: int) -> None:
    folder.values["users"]["skip_lines"] = skip
    # By the heading alone it would be the comma.
    folder.values["users"]["id"] = "Id,as,was"
    folder.write("users.csv", above, "Id,as,was;Name", "1;Ann", "2;Bob", end=end)
    assert people(folder) == [("1", "Ann"), ("2", "Bob")]


def test_lines_that_end_in_a_carriage_return_alone_are_read_page_by_page(folder: Folder) -> None:
    folder.write("users.csv", "Id,Name", *(f'{n},"Person\n{n}"' for n in range(2500)), end="\r")
    assert people(folder) == [(str(n), f"Person\n{n}") for n in range(2500)]


def test_a_missing_sheet_is_told_with_those_that_are_there(folder: Folder) -> None:
    folder.values["users"] |= {"file": "book.xlsx", "sheet": "Peolpe"}
    folder.book("book.xlsx", {"People": [["Id", "Name"]], "Other": []})
    with pytest.raises(BadConfig, match=r"no sheet 'Peolpe' \(at users.sheet\) Its sheets: People, Other\."):
        people(folder)


def test_all_that_is_mapped_of_a_user_is_kept(folder: Folder) -> None:
    folder.values["users"] = {
        "file": "users.csv",
        "id": "Id",
        "login": "L",
        "email": "E",
        "given_name": "G",
        "surname": "S",
        "status": "St",
        "statuses": {"Aktiv": "enabled"},
        "strict": False,
        "profile": {"department": "Dep"},
    }
    folder.write("users.csv", "Id,L,E,G,S,St,Dep", "1,ann,a@x,Ann,Ä,AKTIV,R&D", "2,,b@x,,,gone,", "3,,,,,,")

    async def run() -> list[Resource]:
        async with folder.open() as roster:
            return [item for item in (await read(roster, "users")).items if isinstance(item, Resource)]

    ann, bob, nobody = asyncio.run(run())
    assert isinstance(ann.trait, UserTrait)
    assert isinstance(bob.trait, UserTrait)
    assert (ann.display_name, ann.profile, ann.trait.login) == ("Ann Ä", {"department": "R&D"}, "ann")
    assert (ann.trait.status, ann.trait.status_raw, ann.trait.emails[0].address) == (
        AccountStatus.ENABLED, "AKTIV", "a@x",
    )  # fmt: skip
    assert (bob.trait.login, bob.display_name, bob.trait.status) == ("b@x", "b@x", AccountStatus.UNKNOWN)
    assert (nobody.display_name, nobody.profile) == ("3", {})


CELLS = st.text(st.sampled_from('ab;,"\n\r \tä€'), max_size=5)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS).filter(any), max_size=12),
    most=st.integers(1, 5),
    damage=st.lists(st.one_of(st.binary(max_size=6), st.sampled_from([b'"', b'"a', b'a,"'])), max_size=5),
    longest=st.sampled_from([2, 1000]),
)
def test_csv_in_pieces_is_csv_as_a_whole(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], most: int, damage: list[bytes], longest: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # So few lines that a record that does not end is given up within the file.
        patch.setattr(csvfile, "MOST_LINES", longest)
        check_pieces(tmp_path_factory, rows, most, damage, longest)


def check_pieces(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], most: int, damage: list[bytes], longest: int
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("Id", "Name"))
    content = out.getvalue().encode()
    for number, row in enumerate(rows):
        out = io.StringIO(newline="")
        csv.writer(out).writerow(row)
        content += out.getvalue().encode()
        if number < len(damage):
            content += damage[number] + b"\n"
    file = tmp_path_factory.mktemp("csv") / "users.csv"
    file.write_bytes(content)
    layout = Layout(delimiter=",")

    def part(at: Position | None, most: int) -> Chunk:
        with file.open("rb") as opened:
            return csvfile.read(opened, "users.csv", layout, at, most)

    whole = part(None, 1000)
    assert whole.next is None
    pieces: list[Row] = []
    at = None
    while True:
        chunk = part(at, most)
        assert len(chunk.rows) <= most
        pieces += chunk.rows
        at = chunk.next
        if at is None:
            break
    assert pieces == whole.rows
    if not damage and longest == 1000:
        assert [tuple(row.cells.values()) for row in whole.rows] == rows


@given(st.lists(st.binary(max_size=12).filter(lambda one: b"\n" not in one), max_size=8), st.integers(1, 3))
def test_any_bytes_as_json_lines_give_rows_or_problems(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], most: int
) -> None:
    file = tmp_path_factory.mktemp("json") / "users.jsonl"
    file.write_bytes(b"\n".join(lines) + b'\n{"Id":"last"}\n')
    rows: list[Row] = []

    def part(at: Position | None, most: int) -> Chunk:
        with file.open("rb") as opened:
            return jsonlines.read(opened, "users.jsonl", Layout(), at, most)

    at = None
    while True:
        chunk = part(at, most)
        rows += chunk.rows
        at = chunk.next
        if at is None:
            break
    assert rows[-1] == Row(max(1, len(lines)) + 1, {"Id": "last"})
    assert rows == part(None, 1000).rows
