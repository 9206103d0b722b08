"""``jackfield import`` of such files, as a process: exit codes and what is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .c1zfiles import database, packed, run

JACKFIELD = str(Path(sys.executable).with_name("jackfield"))


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (b"C1Z3\0" + bytes(60), 2, "--storage-engine sqlite"),
        (packed(database({"v1_sync_runs": [run()]})), 8, "Imported: run"),
        (packed(database({"v1_sync_runs": [run(ended=None)], "v1_resource_types": [
            {"external_id": "user", "data": b"", "sync_id": "2" * 27, "discovered_at": ""},
        ]})), 8, "the sync in the file was not finished"),
        (packed(database({"v1_sync_runs": [run()]}))[:-3], 2, "cut off"),
        (b"", 2, "not known by its first bytes"),
    ],
    ids=("version 3", "empty", "unfinished", "cut off", "nothing"),
)  # fmt: skip
def test_what_becomes_of_a_file(tmp_path: Path, content: bytes, code: int, told: str) -> None:
    (tmp_path / "file.c1z").write_bytes(content)
    ended = subprocess.run(
        [JACKFIELD, "import", "file.c1z", "--connection", "copy"],
        cwd=tmp_path,
        env={**os.environ, "JACKFIELD_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, told in ended.stdout + ended.stderr) == (code, True), ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.glob("jackfield-c1z-*")), "the unpacked copy is gone"
