"""The file of a work list: on the disk when it is told of, under a lock, and nothing is written through a link."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from jackfield.errors import BadConfig, BadStorage, Transient
from jackfield_roster.worklist import WorkList
from jackfield_roster.worklist.store import WorkList as Store

from .work_lists import cells, line, mark, told


@pytest.fixture(params=["csv", "jsonl"])
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return tmp_path / f"erp.{request.param}"


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
