"""The administrator whose consent the credentials are: whoever takes away what that person has is warned before.

Promises at most one request, and none where a plan takes nothing away.
"""

from collections.abc import Sequence

import msgspec

from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield.changes.session import Session, patiently
from jackfield.errors import MissingPermission, Refused, Unsupported
from jackfield_contracts import PlannedChange, ResourceId

WARNING = (
    "the connection has its credentials by this person's consent, and may stop working: let another administrator run"
    " `jackfield authorize` first"
)


async def warned(session: Session, planned: Sequence[PlannedChange], view: View) -> list[PlannedChange]:
    """*planned* with a warning at what deletes, disables or demotes the administrator behind the connection.

    Whose consent it is may not be known: the credentials may not tell it, or the connector can't.
    """
    taken = {each.id: _taken_from(each, view) for each in planned}
    if not any(taken.values()):
        return list(planned)
    try:
        session.consent = await patiently(session, session.connection.authorized_by)
    except (MissingPermission, Refused, Unsupported) as error:
        session.log.info("whose consent the credentials are is not known", reason=str(error))
    return [
        msgspec.structs.replace(each, warnings=(*each.warnings, WARNING))
        if taken[each.id] is not None and taken[each.id] == session.consent
        else each
        for each in planned
    ]


def _taken_from(planned: PlannedChange, view: View) -> ResourceId | None:
    """Whose account or privilege a change takes away; None where it takes nothing of the kind, or is not made."""
    change = planned.change
    if not planned.follows and planned.forecast.outcome.value != "changed":
        return None
    return kind_of(change).takes_from(change, planned, view)
