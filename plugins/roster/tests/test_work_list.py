"""The work list: on the disk when it is told of, one open line for one thing, and what a person wrote stays."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.errors import BadConfig, BadStorage, Refused, Transient
from jackfield_roster.worklist import Line, Thing, WorkList
from jackfield_roster.worklist.lines import read_back, written
from jackfield_roster.worklist.store import WorkList as Store


def line(number: int, id: str = "", **more: str) -> Line:
    cells = {"what": "group:g1/member", "what_name": "Design member", "who": f"user:{number}", **more}
    return Line(id=id or f"c{number}", asked="2026-11-24T08:00:00+00:00", do="grant", **cells)


@pytest.fixture(params=["csv", "jsonl"])
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return tmp_path / f"erp.{request.param}"


def cells(file: Path) -> list[dict[str, str]]:
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix == ".jsonl":
        return [json.loads(each) for each in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text.split("\n")[0] else ","))


def told(file: Path) -> list[tuple[str, str, str]]:
    return [(each["state"], each["id"], each["who"]) for each in cells(file)]


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


def mark(file: Path, **more: str) -> None:
    """Let a person write into all lines."""
    rows = [each | more for each in cells(file)]
    if file.suffix == ".jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return
    with file.open("w", newline="") as to:
        writer = csv.DictWriter(to, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


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


def test_a_link_stays_one_and_the_mode_stays(tmp_path: Path) -> None:
    real = tmp_path / "real.csv"
    WorkList(real).ask([line(1)], {})
    real.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    WorkList(link).ask([line(2)], {})
    assert link.is_symlink()
    assert len(cells(real)) == 2
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_link_that_others_can_have_made_is_not_followed(tmp_path: Path) -> None:
    """The people who work through a list may share its folder, and must not choose what is written."""
    precious = tmp_path / "precious.csv"
    shared = tmp_path / "shared"
    shared.mkdir()
    for target in (precious, tmp_path / "nothing yet.csv"):
        (shared / "list.csv").unlink(missing_ok=True)
        (shared / "list.csv").symlink_to(target)
        shared.chmod(0o777)
        for use in (WorkList.check, WorkList.open_things, lambda them: them.ask([line(1)], {})):
            with pytest.raises(BadConfig, match="symbolic link"):
                use(WorkList(shared / "list.csv"))
    assert not precious.exists()
    assert os.listdir(shared) == ["list.csv"]


@pytest.mark.parametrize("name", [".list.csv.new", ".list.csv.lock"])
@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_written_through_a_link_beside_it(tmp_path: Path, name: str, there: bool) -> None:
    precious, file = tmp_path / "precious", tmp_path / "shared" / "list.csv"
    file.parent.mkdir()
    if there:
        precious.write_text("precious")
        precious.chmod(0o644)
    (file.parent / name).symlink_to(precious)
    if name.endswith(".lock"):
        with pytest.raises(BadStorage, match="symbolic link"):
            WorkList(file).ask([line(1)], {})
        assert not file.exists()
    else:
        WorkList(file).ask([line(1)], {})
        assert len(cells(file)) == 1
        assert not file.is_symlink()
    assert precious.exists() is there
    if there:
        assert precious.read_text() == "precious"
        assert precious.stat().st_mode & 0o777 == 0o644


def test_a_link_that_comes_back_each_time_is_never_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import jackfield_roster.worklist.store as store

    precious, file, make = tmp_path / "precious", tmp_path / "list.csv", store.create
    precious.write_text("precious")

    def planted_again(place: Path, *, mode: int) -> int:
        place.symlink_to(precious)
        return make(place, mode=mode)

    monkeypatch.setattr(store, "create", planted_again)
    with pytest.raises(Transient, match="keeps being changed by others"):
        WorkList(file).ask([line(1)], {})
    assert precious.read_text() == "precious"


def test_a_pipe_as_lock_is_not_waited_for_and_a_folder_in_the_way_is_named(file: Path) -> None:
    os.mkfifo(file.with_name(f".{file.name}.lock"))
    with pytest.raises(BadStorage, match="no regular file"):
        WorkList(file).ask([line(1)], {})
    file.with_name(f".{file.name}.lock").unlink()
    file.with_name(f".{file.name}.new").mkdir()
    with pytest.raises(BadConfig, match="a folder stands in the way"):
        WorkList(file).ask([line(1)], {})


def test_a_list_without_end_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "list.csv").open("wb") as out:
        out.truncate(1 << 40)
    with pytest.raises(BadConfig, match="too large"):
        list(WorkList(tmp_path / "list.csv").open_things())


def test_what_somebody_saved_meanwhile_is_not_lost(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    WorkList(file).ask([line(1)], {})
    replace = Store._replace
    saves = ["once"]

    def meanwhile(self: Store, content: bytes, stamp: tuple[int, ...] | None) -> bool:
        if saves:
            saves.pop()
            mark(file, note="saved in between")
        return replace(self, content, stamp)

    monkeypatch.setattr(Store, "_replace", meanwhile)
    WorkList(file).ask([line(2)], {})
    assert [(each["id"], each["note"]) for each in cells(file)] == [("c1", "saved in between"), ("c2", "")]


KILLED = """
import os, signal, sys
from pathlib import Path
from jackfield_roster.worklist import Line, WorkList
import jackfield_roster.worklist.store as store

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

at = sys.argv[2]
if at == "write":
    real = os.write
    def half(handle, content):
        real(handle, bytes(content)[: len(content) // 2])
        die()
    store.os.write = half
elif at == "fsync":
    store.os.fsync = die
else:
    Path.replace = die
WorkList(Path(sys.argv[1])).ask([Line(id="c2", asked="now", do="grant", what="w", who="user:2")], {})
"""


@pytest.mark.parametrize("at", ["write", "fsync", "replace"])
def test_killed_at_any_moment_the_old_list_is_whole_and_the_next_call_writes(file: Path, at: str) -> None:
    WorkList(file).ask([line(1)], {})
    before = file.read_bytes()
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED), str(file), at], capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert file.read_bytes() == before
    WorkList(file).ask([line(2)], {})
    assert [id for _, id, _ in told(file)] == ["c1", "c2"]
    assert {each.name for each in file.parent.iterdir()} == {file.name, f".{file.name}.lock"}


MANY = """
import sys
from pathlib import Path
from jackfield_roster.worklist import Line, WorkList
name, file = sys.argv[1], Path(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for number in range(25):
    own = Line(id=f"{name}{number}", asked="now", do="grant", what="w", who=f"user:{name}{number}")
    same = Line(id="same", asked="now", do="grant", what="w", who=f"user:{number}")
    WorkList(file).ask([own, same], {})
"""


def test_two_processes_at_once_lose_and_double_nothing(file: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, name, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("a", "b")
    ]
    for each in started:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in started:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in started:
        each.communicate()
        assert each.returncode == 0
    found = [who for _, _, who in told(file)]
    assert sorted(found) == sorted(
        [*(f"user:{name}{number}" for name in "ab" for number in range(25)), *(f"user:{n}" for n in range(25))]
    )
