"""A restore: the files of a backup laid beside the home, tried, and put into its place in one step."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import msgspec

from jackfield.backup.archive import opened_archive, store
from jackfield.backup.manifest import STATE, Entry, Manifest, damaged
from jackfield.backup.swapping import exchange, quiet
from jackfield.clock import Clock
from jackfield.errors import BadConfig, BadStorage, Refused, storing
from jackfield.files import create, demand_trusted, make_private_folder, sync_folder
from jackfield.state import Home, open_state
from jackfield.state.moved import record_places

_SPARE = 1 << 24
"""Bytes that are to stay free on the disk."""
_TRUST = "Take the right to write away from others there (`chmod go-w`), or choose another folder with --home."


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """A home that was restored; ``aside`` is where the one before it went, if there was one."""

    home: Path
    manifest: Manifest
    aside: Path | None = None


def restore_backup(file: Path, home: Home, *, clock: Clock, force: bool = False) -> Restored:
    """Make *home* what the backup at *file* holds, whole or not at all.

    Raises Refused if *home* is not empty, unless *force* moves it aside; Busy if a process works in it; BadConfig for what is
    no backup or a newer one, and for a home that can't be replaced; BadStorage for a backup that is damaged.
    """
    place = Path(os.path.realpath(home.folder))
    try:
        with storing(place.parent):
            full = place.exists() and any(place.iterdir())
            if full and not force:
                raise Refused(
                    f"{place} is not empty", hint="Restore into another folder (--home), or move it aside with --force."
                )
            if place.is_mount():
                raise BadConfig(
                    f"{place} can't be replaced: a disk is mounted there",
                    hint="Use a folder in it as the home (--home, JACKFIELD_HOME), and restore into that.",
                )
            demand_trusted(place, what="the folder", hint=_TRUST)
            make_private_folder(place.parent)
            with quiet(place):
                staged = Path(mkdtemp(prefix=f".{place.name}.restore-", dir=place.parent))
                ours = staged.stat().st_ino
                try:
                    manifest = _stage(file, staged, place)
                    (exchange if full else os.replace)(staged, place)
                    sync_folder(place.parent)
                except BaseException:
                    # Once they are exchanged it is the home before, which nothing takes away.
                    if staged.exists() and staged.stat().st_ino == ours:
                        shutil.rmtree(staged, ignore_errors=True)
                    raise
                return Restored(home=place, manifest=manifest, aside=_set_aside(staged, place, clock) if full else None)
    except OSError as error:
        raise BadConfig(f"{place} can't be restored: {error.strerror}", path=str(error.filename or place)) from None


def _stage(file: Path, staged: Path, place: Path) -> Manifest:
    """The files of the backup in *staged*, which is to become *place*, all of them on the disk."""
    with opened_archive(file) as (manifest, files):
        free = shutil.disk_usage(staged).free
        if manifest.size + _SPARE > free:
            raise BadStorage(
                f"the backup needs {manifest.size:,} bytes, and {free:,} are free", path=str(staged.parent)
            )
        for entry, chunks in files:
            _lay(file, entry, chunks, staged / entry.path)
    _demand_recorded(file, manifest, staged)
    record_places(staged / STATE, lambda connection, run: place / "snapshots" / connection / f"{run}.sqlite")
    for folder, _, names in os.walk(staged):
        for name in names:
            _flush(Path(folder, name))
        sync_folder(Path(folder))
    return manifest


def _lay(file: Path, entry: Entry, chunks: Iterator[bytes], to: Path) -> None:
    make_private_folder(to.parent)
    with os.fdopen(create(to), "wb") as stream:
        store(file, entry, chunks, stream)


def _demand_recorded(file: Path, manifest: Manifest, staged: Path) -> None:
    """Raise BadStorage unless the database in *staged* is one of ours and speaks of every snapshot there as it is."""
    with open_state(staged / STATE) as state:
        for each in manifest.files:
            if (snapshot := each.snapshot) is None:
                continue
            run = state.get(*snapshot)
            if run is None or run.sha256 != each.sha256:
                raise damaged(file, f"its record does not speak of {each.path} as it is")


def _set_aside(old: Path, place: Path, clock: Clock) -> Path:
    """Where the home before goes, which lies under the name *old* since the exchange."""
    aside = place.with_name(f"{place.name}.before-{clock.now():%Y%m%dT%H%M%SZ}")
    try:
        old.rename(aside)
    except OSError:
        aside = old  # it is safe there, too
    sync_folder(place.parent)
    return aside


def _flush(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
