"""What a sync begins with: the snapshot that it follows, and its own partial one, new or carried on.

Promises that a partial snapshot is carried on only for the same configuration, versions and base, and within an hour.
"""

import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from jackfield.errors import raise_unless_damaged
from jackfield.host.configured import Configured
from jackfield.snapshots.file import copy_partial, create_partial, is_recorded, open_partial, open_snapshot, remove
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.state import RunStatus
from jackfield.sync.fingerprint import fingerprint, fits
from jackfield.sync.finish import Base

RESUMABLE = timedelta(hours=1)
MADE_WITH = "made_with"
"""Entry of a partial snapshot's header, sealed or not: the fingerprint of its configuration."""
_MOST_BASES = 100


def find_base(configured: Configured, tenant: str | None, *, accepted: bool) -> tuple[Base | None, bool]:
    """The newest published snapshot of *tenant* that is still the file that was published; and whether newer ones are not.

    No row of another account is compared with, or carried forward: where one is accepted, only what is known to be of it.
    """
    damaged = False
    for run in configured.state.published(configured.name, _MOST_BASES):
        if run.tenant != tenant and (accepted or run.tenant is not None):
            break
        file = configured.home.snapshot(configured.name, run.run)
        if is_recorded(file, run.sha256):
            open_snapshot(file).close()
            return Base(run=run, file=file), damaged
        damaged = True
        configured.log.warning("a published snapshot is missing or was changed, and is not built upon", file=str(file))
    return None, damaged


def open_writer(
    configured: Configured, base: Base | None, token: int | None = None
) -> tuple[SnapshotWriter, int | None]:
    """A writer of the connection's partial snapshot, and how many requests were made for it: None for a new one.

    *token*: of the lease under which it is written, where hosts share the folder; what another host left is taken over.
    """
    file = configured.home.partial(configured.name, token)
    if token is not None:
        _take_over(configured, file, token)
    most_alike_notes = configured.host.max_alike_notes
    if (db := open_partial(file)) is not None:
        try:
            writer = SnapshotWriter(db, configured.clock, most_alike_notes=most_alike_notes)
            header = writer.header()
            if _may_resume(header, configured, base):
                return writer, int(header.get("requests", "0"))
        except (sqlite3.DatabaseError, KeyError, ValueError) as error:
            db.close()
            raise_unless_damaged(error, file)
            configured.log.warning("the partial snapshot can't be read and is started afresh", file=str(file))
        db.close()
    writer = SnapshotWriter(create_partial(file), configured.clock, most_alike_notes=most_alike_notes)
    writer.set_header(_new_header(configured, base))
    return writer, None


def _take_over(configured: Configured, file: Path, token: int) -> None:
    """Copy to *file* what was written last under an older lease, as a run of its own, and delete all such.

    Its host may only have been stopped: it goes on with its own file, which nobody looks at any more, and with its own run.
    """
    older = configured.home.older_partials(configured.name, token)
    if older and not file.exists() and copy_partial(older[0], file) and (db := open_partial(file)) is not None:
        with closing(db):
            writer = SnapshotWriter(db, configured.clock)
            before = writer.header().get("run", "")
            writer.set_header({"run": _new_run(configured)})
        recorded = configured.state.get(configured.name, before)
        if recorded is not None and recorded.sha256 is not None:
            remove(file)  # it was finished, and its file is in its place
        else:
            configured.log.info("a sync that another process left is carried on", run=before)
    for each in older:
        remove(each)
        remove(each.with_suffix(".finished"))


def _may_resume(header: Mapping[str, str], configured: Configured, base: Base | None) -> bool:
    current = base.run.run if base else None
    follows, last = header.get("base") == current, "touched"
    if status := header.get("status"):
        # Sealed already: only to be published, unless it was held and somebody has accepted it since.
        follows, last = follows or (status == RunStatus.PUBLISHED and header["run"] == current), "taken"
    return (
        follows
        and header["connector"] == configured.plugin.name
        and header["connector_version"] == configured.plugin.version
        and header["host_version"] == version("jackfield")
        and fits(configured.config, header[MADE_WITH])
        and configured.clock.now() - datetime.fromisoformat(header[last]) < RESUMABLE
    )


def _new_header(configured: Configured, base: Base | None) -> dict[str, str | None]:
    now = configured.clock.now()
    return {
        "connection": configured.name,
        "connector": configured.plugin.name,
        "connector_version": configured.plugin.version,
        "contracts_version": version("jackfield-contracts"),
        "host_version": version("jackfield"),
        "run": _new_run(configured),
        "started": now.isoformat(timespec="milliseconds"),
        "touched": now.isoformat(),
        "base": base.run.run if base else None,
        MADE_WITH: fingerprint(configured.config),
    }


def _new_run(configured: Configured) -> str:
    return f"{configured.clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
