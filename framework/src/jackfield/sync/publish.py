"""The file of a sealed snapshot put in its place, and old files deleted.

Promises that a snapshot is recorded only once its file is whole and in place.
"""

import os
import sqlite3
from pathlib import Path

import msgspec

from jackfield.errors import JackfieldError
from jackfield.files import sync_folder
from jackfield.host.configured import Configured
from jackfield.snapshots.file import digest, remove, strip_header
from jackfield.snapshots.sealing import copy_finished
from jackfield.state import Run, RunStatus
from jackfield.sync.accept import record_of
from jackfield.sync.finish import describe
from jackfield.sync.ongoing import OngoingSync
from jackfield.sync.partial import MADE_WITH


def publish(sync: OngoingSync) -> Run:
    """Bring the sealed snapshot into its place and record it, published or held."""
    configured, partial = sync.configured, sync.partial
    final = configured.home.snapshot(sync.name, sync.run)
    header, counts, scopes = describe(sync.writer.db)
    finished = partial.with_suffix(".finished")
    try:
        copy_finished(sync.writer.db, finished)
        strip_header(finished, [MADE_WITH])
        sha256 = digest(finished)
        _sync_file(finished)
        sync.lock.demand()
        finished.rename(final)
    except (OSError, sqlite3.Error, JackfieldError):
        remove(finished)  # it takes the room that there is too little of
        sync.lock.demand()  # whoever has taken over may have taken it away before
        raise
    sync_folder(final.parent)
    sync.writer.db.close()
    remove(partial)
    run = record_of(header, counts, scopes, snapshot=str(final), sha256=sha256)
    published = configured.clock.now().isoformat(timespec="microseconds") if run.status is RunStatus.PUBLISHED else None
    configured.state.save(run, published=published)
    return run


def _sync_file(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def delete_old(configured: Configured) -> None:
    """Delete the snapshot files beyond those to be kept, never the current one."""
    name, state, log = configured.name, configured.state, configured.log
    current = {run.run for run in state.published(name, 2)}
    files = sorted(configured.home.snapshots(name).glob("*.sqlite"))
    for file in files[: -configured.host.keep_snapshots]:
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
