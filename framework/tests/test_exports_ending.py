"""Exports whose reader goes away or whose disk is full, that leave parts behind, or go to standard output by another name."""

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from snapshot_files import build_snapshot, group, holds, offers, user

from jackfield.clock import SystemClock
from jackfield.exports.formats import opengraph, workbook
from jackfield.exports.opened import OpenExport
from jackfield.exports.run import write_export
from jackfield.exports.target import Target, open_targets
from jackfield.hookspecs import ExporterType
from jackfield.host.discovery import Found
from jackfield.snapshots.reader import read_snapshot

ITEMS = (user("u1"), user("u2"), group("g1"), offers("group:g1/member"), holds("user:u1", "group:g1/member"))
MORE = (*ITEMS, holds("user:u2", "group:g1/member"))


class Full(io.BytesIO):
    """A stream that can take only so much, as a disk that is full."""

    def __init__(self, room: int, number: int) -> None:
        super().__init__()
        self._room, self._number = room, number

    def write(self, content: object) -> int:  # type: ignore[override]
        if self.tell() + len(content) > self._room:  # type: ignore[arg-type]
            raise OSError(self._number, os.strerror(self._number))
        return super().write(content)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EPIPE])
@pytest.mark.parametrize("room", [0, 40, 3000])
def test_a_workbook_that_can_not_be_written_is_an_error_of_the_disk(
    tmp_path: Path, room: int, number: int, recwarn: pytest.WarningsRecorder
):
    with read_snapshot(build_snapshot(tmp_path / "s.sqlite", ITEMS)) as snapshot:
        export = OpenExport("acme", snapshot, clock=SystemClock(), host_version="1")
        with pytest.raises(OSError, match=os.strerror(number)) as raised:
            workbook.write(export, Full(room, number))
    assert raised.value.errno == number
    assert not [each for each in recwarn if "Unraisable" in type(each.message).__name__]


def exported(folder: Path, items: tuple[object, ...], to: Path, **options: str) -> tuple[str, ...]:
    def none(_: object) -> None:
        return None

    found: Found[ExporterType] = Found(name="opengraph", distribution="d", version="1", type=opengraph.EXPORTER)
    file = folder / "s.sqlite"
    file.unlink(missing_ok=True)
    with read_snapshot(build_snapshot(file, items)) as snapshot:  # type: ignore[arg-type]
        written = write_export(
            found,
            lambda beside: OpenExport(
                "acme", snapshot, clock=SystemClock(), host_version="1", options=options, beside=beside
            ),
            str(to),
            demand=none,
            damage=none,
        )
    return written.gone


def test_parts_of_an_earlier_export_do_not_stay_beside_a_whole_one(tmp_path: Path):
    to = tmp_path / "og.json"
    assert exported(tmp_path, MORE, to, edges="1") == ()
    assert (tmp_path / "og.json.2.json").exists()
    assert exported(tmp_path, MORE, to) == (f"{to}.2.json",)
    assert [each.name for each in tmp_path.glob("og*")] == ["og.json"]
    assert len(json.loads(to.read_text())["graph"]["edges"]) == 2


def test_a_file_of_somebody_else_stays(tmp_path: Path):
    other = tmp_path / "og.json.2.json"
    other.write_text("{}")
    assert exported(tmp_path, MORE, tmp_path / "og.json") == ()
    assert other.read_text() == "{}"


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="the system has no such name")
def test_standard_output_by_another_name_has_nothing_beside_it(tmp_path: Path):
    code = (
        "from jackfield.exports.target import open_targets\n"
        "with open_targets('/dev/stdout') as target:\n"
        "    target.stream.write(b'more')\n"
        "    assert target.beside('.meta.json') is None\n"
    )
    file = tmp_path / "out"
    file.write_bytes(b"there ")
    with file.open("ab") as stream:
        subprocess.run([sys.executable, "-c", code], stdout=stream, check=True)
    assert file.read_bytes() == b"there more"


def test_a_link_of_ones_own_still_leads_to_a_file(tmp_path: Path):
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with open_targets(str(tmp_path / "link")) as target:
        assert isinstance(target, Target)
        assert target.is_file
        target.stream.write(b"x")
    assert (tmp_path / "real").read_bytes() == b"x"
