"""Which of those whom the application does not have were there once: what is to be taken from them is gone already.

Promises that an id that was never there is not told as done, since it may be a slip of the pen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from jackfield.errors import JackfieldError
from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.naming import Names
from jackfield.state.journal import JournalFilter
from jackfield_contracts import ResourceId

if TYPE_CHECKING:
    from jackfield.changes.session import Session

_AT_ONCE = 500
"""Ids in one question to the journal, far below what a database takes."""


def remembered(session: Session, missing: Collection[ResourceId]) -> frozenset[ResourceId]:
    """Those of *missing* that the plan at hand, the journal or a snapshot of the account that is reached has seen there."""
    known = session.planned_on & set(missing)
    left = [id for id in missing if id not in known]
    if left:
        known |= _of_journal(session, left)
        left = [id for id in left if id not in known]
    for names in _snapshots(session) if left else ():
        known |= {id for id in left if names.has(id)}
        left = [id for id in left if id not in known]
        if not left:
            break
    return frozenset(known)


def _of_journal(session: Session, missing: list[ResourceId]) -> set[ResourceId]:
    found: set[ResourceId] = set()
    for start in range(0, len(missing), _AT_ONCE):
        wanted = JournalFilter(connection=session.connection.name, people=tuple(missing[start : start + _AT_ONCE]))
        for entry in session.state.each_change(wanted):
            if session.tenant_match.is_of(entry.tenant):
                found |= {side.account for side in (entry.before, entry.after) if side and side.account is not None}
    return found & set(missing)


def _snapshots(session: Session) -> Iterator[Names]:
    """The published snapshots that are still kept, the latest first; one that can't be read tells of nobody."""
    if session.home is None:
        return
    for run in session.state.published(session.connection.name, session.host.keep_snapshots):
        file = session.home.snapshot(run.connection, run.run)
        if not session.tenant_match.is_of(run.tenant) or not file.exists():
            continue
        try:
            db = open_snapshot(file)
        except JackfieldError:
            continue
        try:
            yield Names(db)
        finally:
            db.close()
