"""Files that are finished already: publishing a held one, and recording one that lost its record to a crash."""

import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime

import msgspec

from jackfield.clock import Clock
from jackfield.errors import BadConfig, NotFound, Refused, storing
from jackfield.hookspecs import Published
from jackfield.host.policies import Policy, tell_published
from jackfield.log import Logger
from jackfield.snapshots.file import digest, is_recorded, open_snapshot
from jackfield.state import Home, Run, RunStatus, State, hold
from jackfield.state.lock import Holder
from jackfield.state.runs import Counts
from jackfield.sync.finish import describe
from jackfield_contracts import Seal


def accept(
    name: str,
    run: str,
    *,
    home: Home,
    state: State,
    clock: Clock,
    log: Logger,
    policies: Sequence[Policy] = (),
) -> Run:
    """Publish the held snapshot of *run*, that very file; no request is made.

    Raises NotFound for an unknown run, and Refused if it is not held, was changed since, or a newer one is published.
    """
    now = clock.now().isoformat(timespec="microseconds")
    holder = Holder(pid=os.getpid(), run=run, since=now)
    with storing(home.folder), hold(home, state, name, "sync", purpose="sync", holder=holder):
        reconcile(name, home=home, state=state, log=log)
        record = state.get(name, run)
        if record is None:
            raise NotFound(f"there is no run {run!r}", connection=name, hint=f"`jackfield syncs {name}` lists them.")
        if record.status is not RunStatus.HELD:
            raise Refused(f"the run {run} is {record.status.value}, not held", connection=name)
        newest = next(iter(state.published(name, 1)), None)
        # Without a base it was held since none of those before could be compared with, and that may still be so.
        fresh = newest is not None and (
            record.base is not None or is_recorded(home.snapshot(name, newest.run), newest.sha256)
        )
        if newest is not None and newest.run != record.base and fresh:
            raise Refused(
                f"the run {run} was compared with {record.base}, and {newest.run} was published since"
                if record.base is not None
                else f"the run {run} was compared with none, and {newest.run} can be compared with",
                connection=name,
                hint="Sync again.",
            )
        file = home.snapshot(name, run)
        if not is_recorded(file, record.sha256):
            raise Refused(
                f"the snapshot file of run {run} is not the one that was held", connection=name, path=str(file)
            )
        published = msgspec.structs.replace(record, status=RunStatus.PUBLISHED, reason=None)
        state.save(published, published=now)
    tell(published, policies, log)
    return published


def reconcile(name: str, *, home: Home, state: State, log: Logger) -> None:
    """Record each finished snapshot file that has no record of its end; call while holding the connection's lock."""
    known = {run.run: run for run in state.history(name)}
    for file in sorted(home.snapshots(name).glob("*.sqlite")):
        record = known.get(file.stem)
        if record is not None and record.status is not RunStatus.RUNNING and record.sha256 is not None:
            continue
        if state.leases is not None and record is not None and record.status is RunStatus.INTERRUPTED:
            continue  # of a host whose lock was taken over: it put the file there after all, and that is too late
        try:
            db = open_snapshot(file)
        except BadConfig as error:
            log.warning("a file among the snapshots is none", file=str(file), reason=error.summary)
            continue
        try:
            header, counts, scopes = describe(db)
        except sqlite3.DatabaseError as error:
            log.warning("a snapshot file is damaged", file=str(file), reason=type(error).__name__)
            continue
        finally:
            db.close()
        run = record_of(header, counts, scopes, snapshot=str(file), sha256=digest(file))
        published = (header.get("imported_at") or header["taken"]) if run.status is RunStatus.PUBLISHED else None
        state.save(run, published=published)
        log.info("recorded a finished snapshot", run=run.run, status=run.status.value)


def record_of(header: dict[str, str], counts: Counts, scopes: tuple[Seal, ...], *, snapshot: str, sha256: str) -> Run:
    """The record of a finished snapshot, from what the file says of itself."""
    seconds = header.get("seconds")  # files of before had none
    if seconds is None:
        lasted = datetime.fromisoformat(header["taken"]) - datetime.fromisoformat(header["started"])
        seconds = lasted.total_seconds()
    return Run(
        run=header["run"],
        connection=header["connection"],
        connector=header["connector"],
        connector_version=header["connector_version"],
        status=RunStatus(header["status"]),
        started=header["started"],
        finished=header["taken"] or None,
        complete=header["complete"] == "1",
        requests=int(header.get("requests", "0")),
        rereads=int(header.get("rereads", "0")),
        counts=counts,
        scopes=scopes,
        tenant=header.get("tenant"),
        base=header.get("base"),
        snapshot=snapshot,
        sha256=sha256,
        reason=header.get("reason"),
        seconds=round(float(seconds), 3),
    )


def tell(run: Run, policies: Sequence[Policy], log: Logger) -> None:
    """Let the policies watch a published run."""
    published = Published(
        connection=run.connection,
        run=run.run,
        path=run.snapshot or "",
        sha256=run.sha256 or "",
        complete=run.complete,
    )
    tell_published(policies, published, log)
