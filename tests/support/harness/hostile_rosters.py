"""Exports that were made to do harm, each read by a real sync: what it says, and what it costs."""

import io
import json
import os
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

JACKFIELD = str(Path(sys.executable).with_name("jackfield"))
_SHEET = "xl/worksheets/sheet1.xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEADING = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Id</t></is></c><c r="B1" t="inlineStr"><is><t>Name</t></is></c></row>'
)
_MEASURING = """
import os, resource, sys
child = os.fork()
if child == 0:
    # Where a bound is missing, the machine need not suffer from it.
    resource.setrlimit(resource.RLIMIT_CPU, (300, 300))
    out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.execv(sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), used.ru_maxrss)
"""
"""A process runs the command that has nearly no memory of its own: the peak of a child counts that of its parent."""


class Input(NamedTuple):
    """A hostile export: its name, what bounds it, what is told of it, and who writes it into a folder."""

    name: str
    file: str
    bound: str
    told: str
    write: Callable[[Path], None]
    config: str = ""
    code: int = 8


class Result(NamedTuple):
    """A row of the evidence."""

    input: str
    bound: str
    message: str
    code: int
    peak_mb: float
    seconds: float


def rows(folder: Path) -> list[Result]:
    """Each input in a folder of its own below *folder*, read by ``jackfield sync``."""
    found: list[Result] = []
    for number, each in enumerate(INPUTS):
        below = folder / str(number)
        below.mkdir(parents=True)
        found.append(run(each, below))
    return found


def run(input: Input, folder: Path) -> Result:
    """One input: written into *folder*, and read by a real command of its own."""
    exports = folder / "exports"
    exports.mkdir()
    input.write(exports / input.file)
    (folder / "jackfield.toml").write_text(
        '[connections.erp]\nconnector = "roster"\napplication = "erp"\nfolder = "exports"\nquiet_seconds = 0\n'
        f'{input.config}\n[connections.erp.users]\nfile = {json.dumps(input.file)}\nid = "Id"\nname = "Name"\n',
        encoding="utf-8",
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JACKFIELD")}
    out = folder / "out"
    began = time.monotonic()
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            _MEASURING,
            str(out),
            JACKFIELD,
            "--home",
            str(folder / "home"),
            "sync",
            "erp",
        ],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    seconds = time.monotonic() - began
    code, peak = map(int, done.stdout.split())
    text = out.read_text(encoding="utf-8", errors="replace")
    lines = [line.strip() for line in text.splitlines()]
    message = next((line for line in lines if input.told in line), text[-500:])
    return Result(input.name, input.bound, message, code, round(peak / 1024), round(seconds, 1))


def workbook(
    to: Path,
    rows: Iterable[str] = (),
    *,
    before: str = "",
    after: str = "",
    strings: Iterable[str] | None = None,
    styles: Iterable[str] | None = None,
    sheets: int = 1,
) -> None:
    """A workbook out of the XML of its rows (below a heading), shared texts and styles, written as a stream."""
    kinds = [(f"s{n}", "worksheet", "worksheets/sheet1.xml") for n in range(sheets)]
    kinds += [("t", "sharedStrings", "sharedStrings.xml")] if strings is not None else []
    kinds += [("f", "styles", "styles.xml")] if styles is not None else []
    related = "".join(f'<Relationship Id="{id}" Type="{_OFFICE}/{kind}" Target="{at}"/>' for id, kind, at in kinds)
    listed = "".join(f'<sheet name="S{n}" sheetId="{n + 1}" r:id="s{n}"/>' for n in range(sheets))
    root = f'<Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{_RELATIONS}">{root}</Relationships>')
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_RELATIONS}">{related}</Relationships>')
        if strings is not None:
            _part(archive, "xl/sharedStrings.xml", [f'<sst xmlns="{_MAIN}">', *strings, "</sst>"])
        if styles is not None:
            _part(archive, "xl/styles.xml", [f'<styleSheet xmlns="{_MAIN}">', *styles, "</styleSheet>"])
        with archive.open(_SHEET, "w", force_zip64=True) as out:
            out.write(f'{before}<worksheet xmlns="{_MAIN}"><sheetData>{_HEADING}'.encode())
            for row in rows:
                out.write(row.encode())
            out.write(f"</sheetData>{after}</worksheet>".encode())


def _part(archive: zipfile.ZipFile, name: str, content: Iterable[str]) -> None:
    with archive.open(name, "w", force_zip64=True) as out:
        for each in content:
            out.write(each.encode())


def _unpacks_to_gigabytes(to: Path) -> None:
    """A sheet of 5 GB in 5 MB: one block of spaces, packed once and put there 80 times."""
    block = b" " * (64 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(f'<worksheet xmlns="{_MAIN}"><sheetData>{_HEADING}'.encode()) + packer.flush(
        zlib.Z_FULL_FLUSH
    )
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    workbook(to)
    _replaced(to, first + packed * 80 + packer.flush(), 80 * len(block) + 600)


def _replaced(to: Path, packed: bytes, size: int, method: int = zipfile.ZIP_DEFLATED) -> None:
    """Put packed bytes in the place of the sheet, with the size that its directory shall tell."""
    others = io.BytesIO(to.read_bytes())
    with zipfile.ZipFile(others) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != _SHEET:
                new.writestr(name, old.read(name))
        info = zipfile.ZipInfo(_SHEET)
        new.writestr(info, packed)
        info = new.getinfo(_SHEET)
        info.compress_type, info.file_size = method, size
        header = new.fp
        assert header is not None
        header.seek(info.header_offset + 8)
        header.write(struct.pack("<H", method))
        header.seek(0, 2)


def _many_parts(to: Path) -> None:
    with zipfile.ZipFile(to, "w") as archive:
        for number in range(100_000):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")


def _packed_as_lzma(to: Path) -> None:
    workbook(to)
    _replaced(to, b"\x09\x04\x05\x00\x5d\x00\x00\x00\xff" + b"\0" * 100, 5 << 30, zipfile.ZIP_LZMA)


def _tells_less(to: Path) -> None:
    content = zlib.compressobj(9, zlib.DEFLATED, -15)
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{_HEADING}'.encode() + b" " * (64 << 20)
    workbook(to)
    _replaced(to, content.compress(sheet) + content.flush(), 1000)


def _sparse(beginning: bytes, size: int) -> Callable[[Path], None]:
    def write(to: Path) -> None:
        with to.open("wb") as out:
            out.write(beginning)
            out.truncate(size)

    return write


def _pipe(to: Path) -> None:
    os.mkfifo(to)


def _written(content: bytes) -> Callable[[Path], None]:
    def write(to: Path) -> None:
        to.write_bytes(content)

    return write


def _book(**parts: object) -> Callable[[Path], None]:
    def write(to: Path) -> None:
        workbook(to, **parts)  # type: ignore[arg-type]

    return write


def _cells(count: int, cell: str) -> str:
    return f'<row r="2">{cell * count}</row>'


def _link(target: str) -> Callable[[Path], None]:
    def write(to: Path) -> None:
        secret = to.parent.parent / "secret.csv"
        secret.write_text("Id,Name,TOP-SECRET\n1,Ann,x\n", encoding="utf-8")
        to.symlink_to(target)

    return write


_WHOLE = "complete: every part was seen whole"
_SMALL = "bounds.unpacked_mb = 64\n"
_QUICK = "bounds.unpack_seconds = 3\n"

INPUTS: tuple[Input, ...] = (
    Input("a sheet of 5 GB in 5 MB", "u.xlsx", "`unpacked_mb`", "is larger than 2,048 MB once it is unpacked",
          _unpacks_to_gigabytes),
    Input("a sheet of 5 GB in some bytes, packed with LZMA", "u.xlsx", "deflate only", "packed in a way that workbooks are not",
          _packed_as_lzma),
    Input("a sheet that is larger than its directory says", "u.xlsx", "the size in the directory", "is no workbook, or damaged",
          _tells_less),
    Input("100,000 parts", "u.xlsx", "4 MB of directory", "its directory of parts has", _many_parts),
    Input('`row r="99999999999"`', "u.xlsx", "1,048,576 rows", "row '99999999999' stands after row 1",
          _book(rows=['<row r="99999999999"><c><v>1</v></c></row>'])),
    Input('a cell `ZZZ2`', "u.xlsx", "16,384 columns", "'ZZZ2' is no cell of a sheet",
          _book(rows=['<row r="2"><c r="ZZZ2"><v>1</v></c></row>'])),
    Input("2,000,000 cells in a row", "u.xlsx", "16,384 columns", "row 2 has more than 16,384 cells",
          _book(rows=[_cells(2_000_000, "<c/>")])),
    Input("a shared text of 30 kB in 100,000 cells", "u.xlsx", "`unpacked_mb` = 64", "has more than 64 MB of cells",
          _book(strings=[f"<si><t>{'x' * 30_000}</t></si>"],
                rows=('<row><c><v>1</v></c><c t="s"><v>0</v></c></row>' for _ in range(100_000))), _SMALL),
    Input("20,000,000 shared texts", "u.xlsx", "`unpacked_mb` = 64", "MB once it is unpacked",
          _book(strings=("<si/>" * 10_000 for _ in range(2000))), _SMALL),
    Input("1,000,000 shared texts", "u.xlsx", "on the disk", _WHOLE,
          _book(strings=("<si><t>x</t></si>" * 10_000 for _ in range(100)),
                rows=['<row><c><v>1</v></c><c t="s"><v>999999</v></c></row>']), code=0),
    Input("a shared text of 100 MB", "u.xlsx", "`row_kb`", "has a text longer than 1,024 kB in a cell",
          _book(strings=["<si><t>", *("x" * (1 << 20) for _ in range(100)), "</t></si>"])),
    Input("30,000,000 empty cells", "u.xlsx", "`unpack_seconds` = 3", "takes longer than 3 seconds to unpack",
          _book(rows=("<row>" + "<c/>" * 10_000 + "</row>" for _ in range(3000))), _QUICK),
    Input("elements nested 1,000,000 deep", "u.xlsx", "64 deep", "nested more than 64 deep",
          _book(rows=["<a>" * 1_000_000])),
    Input("an attribute of 100 MB", "u.xlsx", "1 MB of a tag", "has a tag of more than a megabyte",
          _book(rows=['<row x="', *("x" * (1 << 20) for _ in range(100)), '"/>'])),
    Input("1,000,000 kinds of elements", "u.xlsx", "10,000 names", "more than 10,000 kinds of elements",
          _book(rows=(f"<a{n}/>" for n in range(1_000_000)))),
    Input("entities that expand", "u.xlsx", "no document type", "declares a document type",
          _book(before='<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
                rows=["<row><c t='str'><v>&b;</v></c></row>"])),
    Input("an entity from another file", "u.xlsx", "no document type", "declares a document type",
          _book(before='<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
                rows=["<row><c t='str'><v>&a;</v></c></row>"])),
    Input("20,000 sheets", "u.xlsx", "10,000 sheets", "has more than 10,000 sheets", _book(sheets=20_000)),
    Input("1,000,000 formats of cells", "u.xlsx", "65,536 formats", "it has more formats of cells",
          _book(styles=["<cellXfs>", *('<xf numFmtId="0"/>' * 1000 for _ in range(1000)), "</cellXfs>"])),
    Input("1,000,000 merged areas", "u.xlsx", "100,000 areas", "has more than 100,000 merged areas",
          _book(rows=["<row><c><v>1</v></c></row>"],
                after="<mergeCells>" + '<mergeCell ref="A2:B3"/>' * 1_000_000 + "</mergeCells>")),
    Input("50,000 merged areas over the whole sheet", "u.xlsx", "16,384 values of areas in a row", "merged areas overlap",
          _book(rows=("<row><c><v>1</v></c></row>" for _ in range(5000)),
                after="<mergeCells>" + '<mergeCell ref="A2:XFD1048576"/>' * 50_000 + "</mergeCells>")),
    Input("200 kB of quotation marks", "u.csv", "each line is looked at twice", "rows or entries are left out",
          _written(b"Id,Name\n" + b'"\n' * 100_000)),
    Input("200 kB of quoted cells that end wrongly", "u.csv", "each line is looked at twice", "rows or entries are left out",
          _written(b"Id,Name\n" + (b'"' + b"\n" * 998 + b'"x\n') * 200)),
    Input("a line of 1 GB", "u.csv", "`row_kb`", "line 1 of u.csv is longer than 1,024 kB",
          _sparse(b"x" * (2 << 20), 1 << 30)),
    Input("a JSON line of 1 GB", "u.jsonl", "`row_kb`", "line 1 of u.jsonl is longer than 1,024 kB",
          _sparse(b'{"Id":"' + b"x" * (2 << 20), 1 << 30)),
    Input("JSON nested 500,000 deep", "u.jsonl", "`row_kb`, the depth of the decoder", "it is no JSON",
          _written(b'{"Id":' + b"[" * 500_000 + b"\n")),
    Input("a number of 1,000,000 digits", "u.jsonl", "1,024 bits", "left out", _written(b'{"Id":' + b"1" * 1_000_000 + b"}\n")),
    Input("a file of 5 GB", "u.csv", "`file_mb`", "u.csv is larger than 4,096 MB", _sparse(b"Id,Name\n", 5 << 30), code=6),
    Input("a heading of 500,000 columns", "u.csv", "16,384 columns", "has 500,000 columns", _written(b"," * 499_999 + b"\n")),
    Input("1,000 rows of 16,384 cells", "u.csv", "mapped columns only", _WHOLE,
          _written(b"Id,Name" + b"".join(b",c%d" % n for n in range(16_382)) + b"\n"
                   + b"".join(b"%d" % n + b"," * 16_383 + b"\n" for n in range(1000))), code=0),
    Input("100,000 rows with one id", "u.csv", "on the disk", "100,000 rows or entries are left out",
          _written(b"Id,Name\n" + b"1,Ann\n" * 100_001)),
    Input("200,000 lines, more than allowed", "u.csv", "`rows` = 100,000", "u.csv has more than 100,000 lines",
          _written(b"Id,Name\n" + b"".join(b"%d,Ann\n" % n for n in range(200_000))), "bounds.rows = 100_000\n"),
    Input("a pipe", "u.csv", "regular files", "u.csv is no file but a pipe", _pipe, code=6),
    Input("a link to another file", "u.csv", "the folder", "a link that leads out of", _link("../secret.csv"), code=6),
    Input("a link to `/dev/zero`", "u.csv", "the folder", "a link that leads out of", _link("/dev/zero"), code=6),
)  # fmt: skip
"""All inputs; the bounds are keys of ``bounds`` with their defaults where no figure is given, or fixed."""
