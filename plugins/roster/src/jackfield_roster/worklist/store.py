"""The file of a work list: taken apart, changed and replaced under a lock, all at once or not at all."""

import os
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from jackfield.errors import BadConfig, Transient, storing
from jackfield.files import create, demand_unplanted, open_lock, read_foreign, take_lock
from jackfield_roster.worklist.lines import OPEN, SHOWN, CsvList, JsonList, Line, Thing

_PATIENCE = 20.0
_MOST_TURNS = 5
_LONGEST_NAME = 4096

Book = CsvList | JsonList


class WorkList:
    """One file, the lines of one *application* (an empty name: of any). Every method blocks; call them in a thread."""

    def __init__(self, file: Path, application: str = "") -> None:
        self.file = file
        self._application = application

    def check(self) -> None:
        """Raise BadConfig if something other than a file has its name, or a link leads to it that others may have made.

        That there is nothing yet is right.
        """
        demand_unplanted(self.file)
        try:
            mode = self._target.stat().st_mode
        except OSError:
            return  # whoever reads it tells what the disk refuses
        if not stat.S_ISREG(mode):
            raise BadConfig(f"the work list is no file: {self.file}", path="work_list")

    def open_things(self) -> dict[Thing, str]:
        """What the file has open, in its order, and when each was asked for as it stands there; nothing is written."""
        return {entry.thing: entry.asked for entry in self._book()[0].entries if entry.is_open}

    def ask(self, lines: list[Line], shown: dict[Thing, str]) -> list[str]:
        """See that each of *lines* is open, and mark as shown what is in *shown*; the ids under which they are open.

        What is open already, and no person has marked as done, keeps its line: with the new id and date if it is asked
        for anew. Done twice, the second time changes nothing. Raises Refused if the file can't be understood, BadConfig
        if it is no file or its folder is not there, BadStorage where the disk refuses, Transient if others keep it busy.
        """
        with self._locked():
            for _ in range(_MOST_TURNS):
                book, stamp = self._book()
                changed = _mark(book, shown)
                for line in lines:
                    changed |= _open(book, line)
                if not changed or self._replace(book.content(), stamp):
                    return [line.id for line in lines]
        raise Transient(f"the work list {self.file} keeps being changed by others")

    @contextmanager
    def _locked(self) -> Generator[None]:
        demand_unplanted(self.file)
        if not self._target.parent.is_dir():
            raise BadConfig(f"the folder of the work list is not there: {self._target.parent}", path="work_list")
        lock = self._target.with_name(f".{self._target.name}.lock")
        with storing(lock):
            handle = open_lock(lock, mode=0o666)
        try:
            if not take_lock(handle, patience=_PATIENCE):
                raise Transient(f"another process keeps the work list {self.file} locked")
            self._demand_own(handle)
            yield
        finally:
            os.close(handle)

    def _demand_own(self, lock: int) -> None:
        """Raise BadConfig where another application has lines in it: what its exports show done is not done in ours.

        The lock file keeps the name of the first that has written.
        """
        owner = os.pread(lock, _LONGEST_NAME, 0).decode("utf-8", "replace").strip()
        if not owner and self._application:
            os.pwrite(lock, f"{self._application}\n".encode(), 0)
        elif owner and self._application and owner != self._application:
            raise BadConfig(
                f"the work list {self.file} is that of the application {owner!r}, and this connection is to"
                f" {self._application!r}",
                path="work_list",
                hint="Name a work list of its own for each application.",
            )

    @property
    def _target(self) -> Path:
        # A link stays one: what it leads to is replaced. One that others may have made was refused before.
        return Path(os.path.realpath(self.file))

    def _book(self) -> tuple[Book, tuple[int, ...] | None]:
        target = self._target
        with storing(target):
            self.check()
            stamp = _stamp(target)
            content = read_foreign(target, what="the work list", path="work_list") if stamp is not None else b""
        kind: Callable[[bytes, str], Book] = JsonList if target.suffix.lower() == ".jsonl" else CsvList
        return kind(content, str(self.file)), stamp

    def _replace(self, content: bytes, stamp: tuple[int, ...] | None) -> bool:
        """Put *content* in the place of the file; False if somebody saved it meanwhile."""
        target = self._target
        made = target.with_name(f".{target.name}.new")
        with storing(target):
            mode = target.stat().st_mode & 0o777 if stamp is not None else 0o666
            if made.is_dir() and not made.is_symlink():
                raise BadConfig(f"a folder stands in the way of the work list: {made}", path="work_list")
            made.unlink(
                missing_ok=True
            )  # left by a kill; a link that somebody has put there goes, not what it leads to
            try:
                handle = create(made, mode=mode)
            except FileExistsError:
                return False
            try:
                if stamp is not None:
                    os.fchmod(handle, mode)
                _write(handle, content)
                os.fsync(handle)
            finally:
                os.close(handle)
            if _stamp(target) != stamp:
                return False
            made.replace(target)
            folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return True


def _write(handle: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(handle, left) :]


def _stamp(file: Path) -> tuple[int, ...] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _mark(book: Book, shown: dict[Thing, str]) -> bool:
    changed = False
    for entry in book.entries:
        when = shown.get(entry.thing) if entry.is_open else None
        if when is not None:
            entry.set(state=SHOWN, shown=when)
            changed = True
    return changed


def _open(book: Book, line: Line) -> bool:
    """Whether the book was changed so that *line* is open in it."""
    for entry in book.entries:
        if entry.thing != line.thing:
            continue
        same = entry.cells.get("id") == line.id
        if same and (entry.done or not entry.is_open):
            return False  # asked for again after a crash, and a person was quick
        if entry.is_open and not entry.done:
            if not same:
                # Who has an id may be another by now than when the line was written.
                names = {"what_name": line.what_name, "who_name": line.who_name}
                entry.set(
                    state=OPEN,
                    id=line.id,
                    asked=line.asked,
                    **{name: message for name, message in names.items() if message},
                )
            return not same
    book.add(line)
    return True
