"""A backup made while syncs and changes go on: the databases by SQLite's own copying, and the finished snapshots."""

import hashlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from jackfield.backup.archive import ChangedMeanwhile, write_archive
from jackfield.backup.manifest import STATE, Entry, LeftOut, Manifest
from jackfield.clock import Clock
from jackfield.errors import BadConfig, BadStorage, Transient, storage_failure, storing
from jackfield.files import demand_trusted, demand_unplanted, replacing
from jackfield.state import Home, Run, open_state
from jackfield.state.schema import HEAD

_TRIES = 3
_PASSING = ("locks", "service.db")
"""What means nothing once its process has ended, or is made anew, such as the queue of schedules."""
_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database."""
_HINT = "Take the right to write away from others there (`chmod go-w`)."


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was written."""

    file: Path
    manifest: Manifest
    size: int


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    entry: Entry
    file: Path


def write_backup(home: Home, file: Path, *, clock: Clock, host_version: str) -> Made:
    """Write the state of *home* as it is now to *file* (mode 0600), whole or not at all.

    Raises BadConfig if there is nothing to back up or *file* can't be written, BadStorage if the state is damaged, and
    Transient if snapshots were deleted again and again meanwhile.
    """
    if not home.has_database:
        raise BadConfig(f"there is nothing to back up in {home.folder}", hint="Name the folder with --home.")
    demand_unplanted(file.parent)
    for _ in range(_TRIES):
        try:
            # Beside the file, since that is where there is to be room.
            with storing(file.parent), TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder:
                manifest = _write(home, file, Path(folder), clock, host_version)
                return Made(file=file, manifest=manifest, size=file.stat().st_size)
        except ChangedMeanwhile:
            continue  # a sync has deleted an old snapshot: the record is to be as the files are
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise BadConfig(f"{file} can't be written: {error.strerror}", path=str(file)) from None
    raise Transient("snapshots were deleted while they were copied", hint="Run it again.")


def _write(home: Home, file: Path, folder: Path, clock: Clock, host_version: str) -> Manifest:
    created = clock.now().isoformat(timespec="seconds")
    left_out: list[LeftOut] = []
    with open_state(home.database):
        pass  # whether it is ours, and undamaged
    sources = [_copied(home.database, folder / "0", STATE)]
    with open_state(sources[0].file) as state:
        runs = [run for connection in state.connections() for run in state.history(connection) if run.sha256]
    sources[0] = _source(STATE, sources[0].file)  # to open it may have written in it
    sources += _snapshots(home, runs, left_out)
    sources += _activity(home, folder, left_out)
    left_out += _others(home)
    manifest = Manifest(
        host_version=host_version,
        created=created,
        schema=HEAD,
        files=tuple(each.entry for each in sources),
        left_out=tuple(left_out),
    )
    places = {each.entry.path: each.file for each in sources}
    with replacing(file) as stream:
        write_archive(stream, manifest, lambda entry: _opened(places[entry.path]))
    return manifest


def _snapshots(home: Home, runs: list[Run], left_out: list[LeftOut]) -> Iterator[_Source]:
    for run in runs:
        path = f"snapshots/{run.connection}/{run.run}.sqlite"
        file = home.folder / path
        if not os.path.lexists(file):
            continue  # deleted as too old; `verify` tells of those that are missed
        try:
            source = _source(path, file)
        except ChangedMeanwhile:
            raise
        except BadStorage as error:
            left_out.append(LeftOut(path=path, reason=error.summary, lost=True))
            continue
        if source.entry.sha256 == run.sha256:
            yield source
        else:
            left_out.append(LeftOut(path=path, reason="it is not what was recorded", lost=True))


def _activity(home: Home, folder: Path, left_out: list[LeftOut]) -> Iterator[_Source]:
    for number, file in enumerate(sorted((home.folder / "activity").glob("*.sqlite")), 1):
        path = f"activity/{file.name}"
        try:
            demand_trusted(file, what="the activity", hint=_HINT)
            yield _copied(file, folder / str(number), path)
        except (BadStorage, BadConfig) as error:
            left_out.append(LeftOut(path=path, reason=error.summary, lost=True))


def _others(home: Home) -> Iterator[LeftOut]:
    """What else is there, so that nobody takes it for backed up."""
    known = {STATE, "snapshots", "activity", *_PASSING}
    for each in sorted(home.folder.iterdir()):
        if each.name not in known and not each.name.endswith(_BESIDE):
            yield LeftOut(path=each.name, reason="a backup does not hold it")
    snapshots = home.folder / "snapshots"
    with_record = _recorded(home)
    for each in sorted(snapshots.glob("*/*.sqlite")) if snapshots.is_dir() else ():
        if each.relative_to(home.folder).as_posix() not in with_record:
            yield LeftOut(path=each.relative_to(home.folder).as_posix(), reason="it has no record")


def _recorded(home: Home) -> set[str]:
    with open_state(home.database) as state:
        return {
            f"snapshots/{run.connection}/{run.run}.sqlite"
            for connection in state.connections()
            for run in state.history(connection)
            if run.sha256
        }


def _copied(source: Path, to: Path, path: str) -> _Source:
    """A copy of a database as of one moment, whoever writes it meanwhile."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as live,
            closing(sqlite3.connect(to)) as copy,
        ):
            live.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
            (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise storage_failure(error, source) or BadStorage(
            f"{source} can't be copied: {error}", path=str(source)
        ) from None
    if verdict != "ok":
        raise BadStorage(f"the database {source} is damaged", path=str(source), damaged=True)
    return _source(path, to)


def _source(path: str, file: Path) -> _Source:
    with _opened(file) as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        size = content.tell()
    return _Source(entry=Entry(path=path, size=size, sha256=sha256), file=file)


def _opened(file: Path) -> BufferedReader:
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ChangedMeanwhile(str(file)) from None
    except OSError as error:
        raise storage_failure(error, file) or BadStorage(
            f"{file} can't be read: {error.strerror}", path=str(file)
        ) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise BadStorage(f"{file} is not a regular file", path=str(file))
    return os.fdopen(handle, "rb")
