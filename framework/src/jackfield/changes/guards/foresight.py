"""What the application is known to refuse, by its connector: told where a plan is only shown, before anything is asked.

Promises that what can't be looked up is told as such, and that nothing is told as refused, or as not permitted, but by the
connector's word.
"""

from collections.abc import Sequence

import msgspec

from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield.changes.session import Session, patiently
from jackfield.errors import (
    BadCredentials,
    JackfieldError,
    MissingPermission,
    NotFound,
    Refused,
    RemoteContract,
    Transient,
    Unsupported,
)
from jackfield_contracts import CapabilityStatus, Outcome, OutcomeKind, PlannedChange

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


async def with_permissions(session: Session, planned: Sequence[PlannedChange]) -> list[PlannedChange]:
    """*planned* with those failing for which the credentials are not enough, by the connector's own check of them.

    One check for all that would be made, and none where nothing would. Not for a plan: others may apply it, with more rights.
    """
    asked = {kind_of(each.change).hook for each in planned if each.forecast.outcome is OutcomeKind.CHANGED}
    if not asked:
        return list(planned)
    try:
        report = await patiently(session, session.connection.check)
    except BadCredentials:
        raise
    except JackfieldError as error:
        session.warn(f"whether the credentials allow it could not be looked up: {error.summary}")
        return list(planned)
    statuses = {each.capability: each for each in report.capabilities}
    by_hook: dict[str, list[CapabilityStatus | None]] = {}
    for each in session.connection.plugin.type.capabilities:
        if each.hook is not None:
            by_hook.setdefault(each.hook, []).append(statuses.get(each.name))
    lacking = {hook: _lacking(found) for hook in asked if (found := by_hook.get(hook)) is not None}
    return [
        msgspec.structs.replace(each, forecast=why, replaces=())
        if each.forecast.outcome is OutcomeKind.CHANGED and (why := lacking.get(kind_of(each.change).hook))
        else each
        for each in planned
    ]


def _lacking(found: Sequence[CapabilityStatus | None]) -> Outcome | None:
    """What becomes of a change that each of *found* would allow, where none is available; None where one may be."""
    known = [each for each in found if each is not None and each.available is False]
    if len(known) < len(found):
        return None
    missing = ", ".join(dict.fromkeys(name for each in known for name in each.missing))
    why = "; ".join(dict.fromkeys(each.reason for each in known if each.reason))
    told = ": ".join(filter(None, ("the credentials don't allow it, by the connector's check", why)))
    reason = f"{told} (missing: {missing})" if missing else told
    return Outcome(outcome=OutcomeKind.FAILED, tag="missing_permission", reason=reason)


def _told(planned: PlannedChange, said: Outcome) -> PlannedChange:
    if said.outcome is OutcomeKind.CHANGED:
        return msgspec.structs.replace(planned, warnings=(*planned.warnings, said.reason or ""))
    forecast = msgspec.structs.replace(said, retryable=False, confirmed_by=None, job=None)
    return msgspec.structs.replace(planned, forecast=forecast, replaces=())
