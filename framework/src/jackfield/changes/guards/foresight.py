"""What the application is known to refuse, by its connector: told where a plan is only shown, before anything is asked.

Promises that what can't be looked up is told as such, and that nothing is told as refused but by the connector's word.
"""

from collections.abc import Sequence

import msgspec

from jackfield.changes.kinds.view import View
from jackfield.changes.session import Session, patiently
from jackfield.errors import MissingPermission, NotFound, Refused, RemoteContract, Transient, Unsupported
from jackfield_contracts import Outcome, OutcomeKind, PlannedChange

_UNKNOWN = (MissingPermission, NotFound, Refused, RemoteContract, Transient, Unsupported)


async def with_refusals(session: Session, planned: Sequence[PlannedChange], view: View) -> list[PlannedChange]:
    """*planned* with those refused of which the connector knows that the application will refuse them.

    One call of the hook for all that would be made, and none where nothing would.
    """
    asked = [each for each in planned if each.forecast.outcome is OutcomeKind.CHANGED]
    if not asked or not session.connection.implements("foresee"):
        return list(planned)
    changes = tuple(each.change for each in asked)
    try:
        known = await patiently(session, lambda: session.connection.foresee(changes, view.state))
    except _UNKNOWN as error:
        session.warn(f"what the application would refuse of it could not be looked up: {error.summary}")
        return list(planned)
    told = {each.id: said for each, said in zip(asked, known, strict=True) if said is not None}
    return [_told(each, told[each.id]) if each.id in told else each for each in planned]


def _told(planned: PlannedChange, said: Outcome) -> PlannedChange:
    if said.outcome is OutcomeKind.CHANGED:
        return msgspec.structs.replace(planned, warnings=(*planned.warnings, said.reason or ""))
    forecast = msgspec.structs.replace(said, retryable=False, confirmed_by=None, job=None)
    return msgspec.structs.replace(planned, forecast=forecast, replaces=())
