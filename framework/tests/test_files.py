"""Files from elsewhere are regular and bounded, files of our own are never written through a planted link."""

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jackfield.errors import BadConfig, BadStorage
from jackfield.exports import open_target
from jackfield.files import (
    create,
    ensure_writable,
    make_plain,
    open_lock,
    read_foreign,
    replacing,
    write_privately,
)
from jackfield.state import hold_lock, is_held, open_state
from jackfield.state.home import Home
from jackfield.state.lock import Holder

ME = Holder(pid=os.getpid(), run="mine", since="2030-01-01T00:00:00Z")


def fifo(place: Path) -> None:
    os.mkfifo(place)


def unix_socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(place))


STRANGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (fifo, "a pipe"),
    "a socket": (unix_socket, "a socket"),
    "a folder": (Path.mkdir, "a folder"),
    "an endless device": (lambda place: place.symlink_to("/dev/zero"), "a device"),
    "a terminal": (lambda place: place.symlink_to("/dev/tty"), "a device"),
}


class TestReading:
    @pytest.mark.parametrize("what", STRANGE)
    def test_what_is_no_regular_file_is_refused_at_once(self, what: str, monkeypatch: pytest.MonkeyPatch):
        make, told = STRANGE[what]
        # A socket's address is short.
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            place = Path(folder) / "x"
            make(place)
            began = time.monotonic()
            with pytest.raises(BadConfig, match=f"the plan {place} can't be read: it is {told}") as refused:
                read_foreign(place, what="the plan", path="connections.acme.token")
            assert time.monotonic() - began < 60
            assert refused.value.path == "connections.acme.token"

    def test_a_pipe_that_takes_the_place_of_the_file_meanwhile_is_not_waited_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        place, real = tmp_path / "plan", os.open
        place.write_text("{}")

        def swapped(*arguments: object, **options: object) -> int:
            place.unlink()
            os.mkfifo(place)
            return real(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "open", swapped)
        with pytest.raises(BadConfig, match="it is a pipe"):
            read_foreign(place, what="the plan")

    def test_as_much_as_is_allowed_is_read_and_not_a_byte_more(self, tmp_path: Path):
        file = tmp_path / "f"
        file.write_bytes(b"x" * 1000)
        assert read_foreign(file, what="the plan", most=1000) == b"x" * 1000
        with pytest.raises(BadConfig, match="is too large: more than 999 bytes"):
            read_foreign(file, what="the plan", most=999)

    def test_a_size_that_is_claimed_is_not_believed(self):
        """Files of the kernel say that they have nothing in them, as does one that grows later."""
        with pytest.raises(BadConfig, match="too large"):
            read_foreign(Path("/proc/self/maps"), what="the plan", most=100)
        assert read_foreign(Path("/proc/self/stat"), what="the plan", most=100_000)

    def test_a_file_of_terabytes_costs_nothing(self, tmp_path: Path):
        file = tmp_path / "holes"
        with file.open("wb") as out:
            out.truncate(1 << 40)
        with pytest.raises(BadConfig, match="too large"):
            read_foreign(file, what="the plan")

    def test_a_link_to_a_regular_file_is_as_good_as_the_file(self, tmp_path: Path):
        """Kubernetes mounts secrets as links."""
        (tmp_path / "real").write_text("value")
        (tmp_path / "link").symlink_to("real")
        assert read_foreign(tmp_path / "link", what="the file") == b"value"


def _through(place: Path, target: Path) -> None:
    step = target.with_name("step")
    step.symlink_to(target)
    place.symlink_to(step)


PLANTS: dict[str, Callable[[Path, Path], None]] = {
    "a link to a file": lambda place, target: place.symlink_to(target),
    "a link that leads nowhere": lambda place, target: place.symlink_to(target.with_name("nothing yet")),
    "a link through a link": lambda place, target: _through(place, target),
    "a second name": lambda place, target: os.link(target, place),
}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A file that is somebody's, in a folder of its own."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    file = folder / "passwd"
    file.write_text("root:x:0:0")
    file.chmod(0o644)
    return file


def untouched(target: Path) -> bool:
    names = {each.name for each in target.parent.iterdir()} - {"step"}
    return target.read_text() == "root:x:0:0" and stat.S_IMODE(target.stat().st_mode) == 0o644 and names == {"passwd"}


@pytest.mark.parametrize("plant", PLANTS)
class TestPlanted:
    def test_a_new_file_is_never_made_through_it(self, tmp_path: Path, target: Path, plant: str):
        PLANTS[plant](tmp_path / "x", target)
        with pytest.raises(FileExistsError):
            create(tmp_path / "x")
        assert untouched(target)

    def test_a_lock_is_refused(self, tmp_path: Path, target: Path, plant: str):
        place = tmp_path / "acme.sync"
        PLANTS[plant](place, target)
        for attempt in (
            lambda: open_lock(place),
            lambda: hold_lock(place, connection="acme", purpose="sync", holder=ME).__enter__(),
            lambda: is_held(place),
        ):
            with pytest.raises(BadStorage, match=str(place)) as refused:
                attempt()
            assert refused.value.hint
        assert untouched(target)

    def test_the_state_is_not_made_nor_opened(self, tmp_path: Path, target: Path, plant: str):
        home = Home(folder=tmp_path / "home").ensure()
        PLANTS[plant](home.database, target)
        with pytest.raises(BadStorage), open_state(home.database):
            pass
        assert untouched(target)

    def test_what_is_replaced_is_the_link_itself(self, tmp_path: Path, target: Path, plant: str):
        for write in (lambda at: write_privately(at, b"new"), _replaced):
            place = tmp_path / "plan.json"
            place.unlink(missing_ok=True)
            PLANTS[plant](place, target)
            write(place)
            assert not place.is_symlink()
            assert place.read_text() == "new"
            assert untouched(target)
            target.with_name("step").unlink(missing_ok=True)

    def test_an_export_goes_nowhere_through_a_link_that_others_can_have_made(
        self, open_folder: Path, target: Path, plant: str
    ):
        shared = open_folder / "shared"
        shared.mkdir()
        shared.chmod(0o777)
        PLANTS[plant](shared / "out.csv", target)
        if plant == "a second name":  # it is replaced, as any file is
            with open_target(str(shared / "out.csv")) as out:
                out.write(b"new")
            assert untouched(target)
            return
        with pytest.raises(BadConfig, match="symbolic link"), open_target(str(shared / "out.csv")) as out:
            out.write(b"new")
        assert untouched(target)


def _replaced(place: Path) -> None:
    with replacing(place) as out:
        out.write(b"new")


def test_no_folder_behind_a_planted_link_is_written_into(open_folder: Path, target: Path):
    shared = open_folder / "shared"
    shared.mkdir()
    (shared / "folder").symlink_to(target.parent)
    shared.chmod(0o777)
    for place in (shared / "folder" / "passwd", shared / "folder" / "new"):
        for attempt in (_replaced, ensure_writable, lambda at: write_privately(at, b"new")):
            with pytest.raises(BadConfig, match="symbolic link"):
                attempt(place)
    with pytest.raises(BadConfig, match="symbolic link"):
        write_privately(shared / "folder" / "below" / "new", b"new")
    assert untouched(target)


def test_a_lock_that_is_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "lock")
    for attempt in (is_held, open_lock):
        with pytest.raises(BadStorage, match="no regular file"):
            attempt(tmp_path / "lock")


def test_to_look_at_a_state_lets_go_of_no_lock_on_it(tmp_path: Path):
    """To close any descriptor of a file lets go of the locks of the process on it, which SQLite relies on."""
    file = tmp_path / "state.db"
    program = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
    with open_state(file), closing(sqlite3.connect(file)) as ours:
        ours.execute("BEGIN IMMEDIATE")
        make_plain(file)
        done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, timeout=60)
        assert "database is locked" in done.stderr
        ours.rollback()


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="the system has no files without a name")
def test_a_process_that_is_killed_leaves_nothing_beside_a_file(tmp_path: Path):
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from jackfield.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as stream:\n"
        "    stream.write(b'new'); stream.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    file = tmp_path / "a.csv"
    file.write_bytes(b"old")
    assert subprocess.run([sys.executable, "-c", code, str(file)]).returncode == -signal.SIGKILL
    assert (file.read_bytes(), [each.name for each in tmp_path.iterdir()]) == (b"old", ["a.csv"])


@pytest.mark.parametrize("named", [True, False])
def test_a_file_is_replaced_whole_whether_or_not_it_has_a_name_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
):
    if named:
        monkeypatch.setattr("jackfield.files.own._OPEN_FILES", tmp_path / "nowhere")
    file = tmp_path / "a.csv"
    for content in (b"one", b"two"):
        with replacing(file) as stream:
            stream.write(content)
        assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (content, 0o600)
    with pytest.raises(ValueError, match="x"), replacing(file) as stream:
        raise ValueError("x")
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]
