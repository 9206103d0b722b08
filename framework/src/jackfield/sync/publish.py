"""The file of a sealed snapshot put in its place, and old files deleted.

Promises that a snapshot is recorded only once its file is whole and in place.
"""

import os
import sqlite3
from pathlib import Path

import msgspec

from jackfield.clock import Clock
from jackfield.errors import JackfieldError
from jackfield.files import sync_folder
from jackfield.host.configured import Configured
from jackfield.log import Logger
from jackfield.snapshots.file import digest, remove, strip_header
from jackfield.snapshots.sealing import copy_finished
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.state import Home, Run, RunStatus, State
from jackfield.state.lock import Lock
from jackfield.sync.accept import record_of
from jackfield.sync.finish import describe
from jackfield.sync.ongoing import OngoingSync
from jackfield.sync.partial import MADE_WITH


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a sealed snapshot goes, and where it is recorded."""

    connection: str
    run: str
    partial: Path
    home: Home
    state: State
    clock: Clock
    lock: Lock


def publish(sync: OngoingSync) -> Run:
    """Bring the sealed snapshot into its place and record it, published or held."""
    configured = sync.configured
    place = Place(
        connection=sync.name,
        run=sync.run,
        partial=sync.partial,
        home=configured.home,
        state=configured.state,
        clock=configured.clock,
        lock=sync.lock,
    )
    return publish_sealed(sync.writer, place)


def publish_sealed(writer: SnapshotWriter, place: Place) -> Run:
    """Bring the sealed snapshot of *writer* into its place and record it, published or held."""
    partial = place.partial
    final = place.home.snapshot(place.connection, place.run)
    header, counts, scopes = describe(writer.db)
    finished = partial.with_suffix(".finished")
    try:
        copy_finished(writer.db, finished)
        strip_header(finished, [MADE_WITH])
        sha256 = digest(finished)
        _sync_file(finished)
        place.lock.demand()
        finished.rename(final)
    except (OSError, sqlite3.Error, JackfieldError):
        remove(finished)  # it takes the room that there is too little of
        place.lock.demand()  # whoever has taken over may have taken it away before
        raise
    sync_folder(final.parent)
    writer.db.close()
    remove(partial)
    run = record_of(header, counts, scopes, snapshot=str(final), sha256=sha256)
    published = place.clock.now().isoformat(timespec="microseconds") if run.status is RunStatus.PUBLISHED else None
    place.state.save(run, published=published)
    return run


def _sync_file(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def delete_old(configured: Configured) -> None:
    """Delete the snapshot files beyond those to be kept, never the current one."""
    keep = configured.host.keep_snapshots
    delete_beyond(configured.name, keep, home=configured.home, state=configured.state, log=configured.log)


def delete_beyond(name: str, keep: int, *, home: Home, state: State, log: Logger) -> None:
    """Delete the snapshot files of a connection beyond the newest *keep*, never the current one."""
    current = {run.run for run in state.published(name, 2)}

    def begun(file: Path) -> tuple[str, str]:
        """When it was begun by its record: names tell the second, and several may be of one."""
        record = state.get(name, file.stem)
        return (record.started if record is not None else "", file.name)

    files = sorted(home.snapshots(name).glob("*.sqlite"), key=begun)
    for file in files[:-keep]:
        if file.stem in current:
            continue
        try:
            if (record := state.get(name, file.stem)) is not None:
                # Before: were it killed between, a file too many is known, and none is missed.
                state.save(msgspec.structs.replace(record, snapshot=None))
            remove(file)
        except OSError as error:
            log.warning("an old snapshot can't be deleted", file=str(file), reason=error.strerror)
        else:
            log.info("deleted an old snapshot", file=str(file))
