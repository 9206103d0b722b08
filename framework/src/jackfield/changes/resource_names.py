"""What the last snapshot calls the resources that changes are about: an application's answers about changes don't say it.

Promises that each is looked up once in a session, and that a snapshot which can't be read keeps no change from being made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jackfield.changes.kinds.called import Called
from jackfield.errors import BadConfig, BadStorage
from jackfield.snapshots.reader import Snapshot, read_snapshot
from jackfield_contracts import ResourceId

if TYPE_CHECKING:
    from jackfield.changes.session import Session


def called(session: Session, resources: Iterable[ResourceId]) -> dict[ResourceId, Called]:
    """What *resources* and what they offer are called; nothing of those that the last snapshot does not have."""
    wanted = dict.fromkeys(resources)
    missing = [id for id in wanted if id not in session.called]
    file = session.last_snapshot if missing else None
    if file is not None:
        session.called |= dict.fromkeys(missing)
        try:
            with read_snapshot(file) as snapshot:
                session.called |= {id: _called(snapshot, id) for id in missing}
        except (BadConfig, BadStorage) as error:
            session.log.info("the last snapshot tells no names of resources", reason=str(error))
    return {id: known for id in wanted if (known := session.called.get(id)) is not None}


def _called(snapshot: Snapshot, id: ResourceId) -> Called | None:
    row = snapshot.resource(id)
    if row is None or not row.resource.display_name:
        return None
    offers = {one.entitlement.id.slug: one.entitlement.display_name for one in snapshot.entitlements(resource=id)}
    return Called(name=row.resource.display_name, offers=offers)
