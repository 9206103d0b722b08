"""Files of a roster: CSV, workbooks and JSON lines, mutated and synced. Ids that are read stand in the file."""

import io
import json
import shutil
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
from hypothesis import strategies as st

from jackfield.snapshots.reader import read_snapshot
from jackfield.state import open_state

from .inside import run
from .mutations import ENCODINGS, bytes_operations, change_bytes, change_json, json_operations, some_of
from .target import Case, Target

ROSTER = """
[connections.erp]
connector = "roster"
application = "erp"
folder = "{folder}/exports"
quiet_seconds = 0
provisioning = true
memberships = [{{ file = "members.csv", of = "group", to = "Group", member = "Id" }}]

[connections.erp.users]
file = "users.{ending}"
id = "Id"
name = "Name"
email = "Mail"
status = "State"
groups = "Groups"
profile = {{ joined = "Joined" }}
"""
ROWS = [
    ["Id", "Name", "Mail", "State", "Groups", "Joined"],
    ["001", "Ann Smith", "ann@team.example", "enabled", "g1;g2", "2020-01-31"],
    ["1002", "Zoë, d'Arc", "zoe@team.example", "disabled", "", "2021-02-28"],
    ["x-3", 'Bob "B" Ray', "bob@team.example", "pending", "g2", ""],
    ["4", "李 雷", "li@team.example", "enabled", "g1", "1999-12-31"],
]
DELIMITERS = (",", ";", "\t", "|")


def csv_of(delimiter: str, end: str) -> bytes:
    """The rows as CSV."""
    quoted = [
        ['"' + cell.replace('"', '""') + '"' if any(c in cell for c in '",;\t|') else cell for cell in row]
        for row in ROWS
    ]
    return "".join(delimiter.join(row) + end for row in quoted).encode()


def jsonl_of() -> bytes:
    """The rows as JSON lines."""
    made = [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
    return "".join(json.dumps(one | {"Groups": one["Groups"].split(";")}) + "\n" for one in made).encode()


def workbook() -> bytes:
    """The rows as a workbook, with numbers, dates, a formula, merged cells and a second sheet."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in ROWS:
        sheet.append(row)
    sheet.append([5, "Number", None, "enabled", "g1", 44000])
    sheet.append(["=1+1", "Formula", True, "enabled", "", 1.5])
    sheet.merge_cells("B6:C6")
    sheet["F7"].number_format = "yyyy-mm-dd"
    book.create_sheet("Other").append(["x"])
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


class RosterFiles:
    """A roster with a base that is published."""

    def __init__(self, folder: Path, ending: str) -> None:
        self.folder = folder
        self.ending = ending
        (folder / "exports").mkdir(parents=True)
        (folder / "jackfield.toml").write_text(ROSTER.format(folder=folder, ending=ending))
        self.corpus = {
            "csv": [csv_of(delimiter, end) for delimiter in DELIMITERS for end in ("\n", "\r\n")],
            "xlsx": [workbook()],
            "jsonl": [jsonl_of()],
        }[ending]
        (folder / "exports" / "members.csv").write_bytes(b"Group,Id\ng1,001\ng3,4\n")
        self.file = folder / "exports" / f"users.{ending}"
        self.file.write_bytes(self.corpus[0])
        self.home = folder / "home"
        base = self._sync()
        assert base.code in (0, 8), base
        shutil.copytree(self.home, folder / "kept")

    def _sync(self) -> Any:
        return run("--config", str(self.folder / "jackfield.toml"), "sync", "erp", home=self.home)

    def content(self, case: Case) -> bytes:
        """The file of a case."""
        base = self.corpus[case.get("base", 0) % len(self.corpus)]
        if self.ending == "xlsx":
            base = _rezipped(base, case)
        elif self.ending == "jsonl":
            lines = base.splitlines(keepends=True)
            at = case.get("line", 0) % len(lines)
            lines[at] = change_json(lines[at].strip(), case.get("json", [])) + b"\n"
            base = b"".join(lines)
        if encoding := case.get("encoding"):
            base = base.decode("utf-8", "replace").encode(encoding, "replace")
        return change_bytes(base, case.get("bytes", case.get("bytes ", [])))

    def files(self, case: Case) -> dict[str, bytes]:
        """The file that was read."""
        return {self.file.name: self.content(case)}

    def play(self, case: Case) -> list[str]:
        """A sync of the changed file."""
        shutil.rmtree(self.home)
        shutil.copytree(self.folder / "kept", self.home)
        content = self.content(case)
        self.file.write_bytes(content)
        ended = self._sync()
        wrong = list(ended.wrong)
        if not wrong and ended.code == 0 and self.ending != "xlsx":
            wrong += self._invented(content)
        return wrong

    def _invented(self, content: bytes) -> list[str]:
        """Ids of people that stand nowhere in the file."""
        texts = [
            content.decode(encoding, "ignore")
            for encoding in ("utf-8", "latin-1", "cp1252", "utf-16", "utf-16-be", "utf-32")
        ]
        with open_state(self.home / "state.db") as state:
            last = state.history("erp")[0]
        with read_snapshot(Path(last.snapshot or "")) as snapshot:
            ids = [row.resource.id.id for row in snapshot.resources(type="user", carried=False)]
        # A JSON text may write a letter as an escape.
        for text in texts[:1]:
            halves = text.encode().decode("unicode_escape", "ignore")
            # JSON writes a letter beyond the first 65,536 as two halves.
            texts += [halves, halves.encode("utf-16", "surrogatepass").decode("utf-16", "replace")]
        return [f"an id that the file does not hold: {id!r}" for id in ids if not any(id in text for text in texts)][:3]


def _rezipped(book: bytes, case: Case) -> bytes:
    """A workbook of which one member is changed, packed anew."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as new:
        names = sorted(old.namelist(), key=lambda name: ("sheet1" not in name, name))
        # Every other time the sheet itself.
        chosen = names[case["member"] // 2 % len(names) if case["member"] % 2 else 0]
        for name in names:
            content = old.read(name)
            if name == chosen:
                content = change_bytes(content, case.get("inner", []))
                for old_text, new_text in case.get("xml", []):
                    content = content.replace(old_text.encode(), new_text.encode("utf-8", "surrogatepass"), 1)
                if case.get("gone"):
                    continue
            new.writestr(name, content)
    return into.getvalue()


XML = (
    ['r="A2"', 'r="A99999999999"'],
    ['r="A2"', 'r="ZZZZZZ2"'],
    ['r="A2"', 'r=""'],
    ['r="A2"', 'r="2A"'],
    ['r="A2"', 'r="A-1"'],
    ['row r="2"', 'row r="99999999999"'],
    ['row r="2"', 'row r="0"'],
    ['row r="3"', 'row r="2"'],
    ['row r="2"', 'row r="x"'],
    ['row r="2"', "row "],
    ['t="s"', 't="e"'],
    ['t="s"', 't="b"'],
    ['t="s"', 't="d"'],
    ['t="s"', 't="inlineStr"'],
    ['t="s"', 't="zzz"'],
    ["<v>0</v>", "<v>999999</v>"],
    ["<v>0</v>", "<v>-1</v>"],
    ["<v>0</v>", "<v>1e400</v>"],
    ["<v>0</v>", "<v>x</v>"],
    ["<v>5</v>", "<v>1e308</v>"],
    ["<v>5</v>", "<v>NaN</v>"],
    ["<v>5</v>", "<v>123456789012345678901234567890</v>"],
    ["<sheetData>", "<sheetData><row/>"],
    ["<sheetData>", "<!--"],
    ["<worksheet", "<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet"],
    ["<sst", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><sst"],
    ["</row>", "</row></row>"],
    ["main", "strict"],
    ["Ann", "_x000D_A_x0000_nn"],
    ["Ann", "&#x1b;[2J"],
    ["Ann", "\u202eAnn"],
    ["001", "0\u200b01"],
    ["Id", "Name"],
    ["Id", ""],
    ['ref="', 'ref="A1:XFD1048576'],
    ["B6:C6", "A1:F9999999"],
    ['sheetId="1"', 'sheetId="2"'],
    ['r:id="rId1"', 'r:id="rId9"'],
    ['name="Sheet"', 'name="../x"'],
    ['state="visible"', 'state="veryHidden"'],
    ["yyyy-mm-dd", "[red]0;;@"],
    ["UTF-8", "UTF-16"],
    ["worksheets/sheet1.xml", "../../etc/passwd"],
    ["worksheets/sheet1.xml", "chartsheets/sheet1.xml"],
    ["<v>44000</v>", "<v>-5</v>"],
    ["<v>44000</v>", "<v>1e15</v>"],
)


@contextmanager
def _roster(folder: Path, ending: str) -> Generator[RosterFiles]:
    yield RosterFiles(folder, ending)


_index = st.integers(0, 200)
_some = {"bytes": bytes_operations, "encoding": st.sampled_from(ENCODINGS[1:])}
_csv = some_of({**_some, "bytes ": bytes_operations}, base=_index)
_xlsx = some_of(
    {
        "inner": bytes_operations,
        "xml": st.lists(st.sampled_from(XML), min_size=1, max_size=3),
        "gone": st.just(True),
        "bytes": bytes_operations,
    },
    member=_index,
)
_jsonl = some_of({**_some, "json": json_operations}, line=_index)

TARGETS = (
    Target("CSV", "a roster's file, synced", partial(_roster, ending="csv"), lambda _: _csv),
    Target("XLSX", "a roster's file, synced", partial(_roster, ending="xlsx"), lambda _: _xlsx),
    Target("JSON lines", "a roster's file, synced", partial(_roster, ending="jsonl"), lambda _: _jsonl),
)
