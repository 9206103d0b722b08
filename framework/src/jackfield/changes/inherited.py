"""What somebody from whom a grant is taken goes on to have through a group, by the last snapshot.

Promises that each is looked up once in a session, and that a snapshot which can't be read keeps no change from being made.
An application's answers about a change show direct grants alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.later import Later, later_than
from jackfield.errors import BadConfig, BadStorage, NotFound
from jackfield.snapshots.access import access_of
from jackfield.snapshots.reader import Snapshot, read_snapshot
from jackfield_contracts import Change, EntitlementId, GrantId

if TYPE_CHECKING:
    from jackfield.changes.session import Session


def inherited(session: Session, changes: Sequence[Change]) -> dict[GrantId, str]:
    """Of what *changes* take from somebody, what they also have through another grant, in words; nothing of the rest."""
    wanted = [
        GrantId(entitlement=taken, principal=whom)
        for change in changes
        for taken in kind_of(change).takes(change)
        for whom in kind_of(change).principals(change)
    ]
    missing = [each for each in dict.fromkeys(wanted) if each not in session.inherited]
    file = session.last_snapshot if missing else None
    if file is not None:
        session.inherited |= dict.fromkeys(missing)
        try:
            with read_snapshot(file) as snapshot:
                later = later_than(session, snapshot)
                session.inherited |= {each: _through(snapshot, each, set(wanted), later) for each in missing}
        except (BadConfig, BadStorage) as error:
            session.log.info("the last snapshot tells nothing of what is inherited", reason=str(error))
    return {each: told for each in wanted if (told := session.inherited.get(each)) is not None}


def _through(snapshot: Snapshot, wanted: GrantId, taken_too: Collection[GrantId], later: Later) -> str | None:
    who = wanted.principal
    try:
        found = list(access_of(snapshot, who))
    except NotFound:
        return None
    # What was taken since, or is taken by the same plan, leads nowhere any more.
    direct = later.held(who, [each.entitlement for each in found if not each.path])
    staying = [each for each in direct if GrantId(entitlement=each, principal=who) not in taken_too]
    way = next(
        (
            each
            for each in found
            if each.entitlement == wanted.entitlement
            and each.path
            and EntitlementId(resource=each.path[0].resource, slug=each.path[0].slug) in staying
        ),
        None,
    )
    if way is None:
        return None
    path = " and ".join(f"{each.display_name or each.resource} ({each.slug})" for each in way.path)
    when = f" of {datetime.fromisoformat(taken):%Y-%m-%d %H:%M} UTC" if (taken := snapshot.header.taken) else ""
    return f"the snapshot{when} shows it held through {path}, which stays"
