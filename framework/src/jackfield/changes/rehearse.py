"""What carrying out a plan would do now, without doing it."""

import msgspec

from jackfield.changes.goals import without_drift
from jackfield.changes.operations import Operations
from jackfield.changes.options import Changing
from jackfield.changes.plan import make_plan
from jackfield_contracts import Outcome, OutcomeKind, Plan, PlannedChange


async def rehearse(changing: Changing, plan: Plan) -> Plan:
    """*plan* with the forecasts of the live state, as ``carry_out`` would judge it now; no write call."""
    fresh = await make_plan(changing, [each.change for each in plan.changes])
    made = {each.id for each in changing.state.changes(plan.connection, plan=plan.id, limit=None)}
    operations = Operations(changing.connection)
    changes = tuple(
        _judged(planned, now, operations, made=planned.id in made)
        for planned, now in zip(plan.changes, fresh.changes, strict=True)
    )
    return msgspec.structs.replace(fresh, id=plan.id, created=plan.created, changes=changes)


def _judged(planned: PlannedChange, now: PlannedChange, operations: Operations, *, made: bool) -> PlannedChange:
    forecast = now.forecast
    if made:
        forecast = Outcome(outcome=OutcomeKind.ALREADY, reason="this plan was carried out for it before")
    elif now.forecast.outcome is OutcomeKind.CHANGED and not without_drift(
        now.change, operations, planned.before, now.before
    ):
        forecast = Outcome(
            outcome=OutcomeKind.REFUSED, tag="drifted", reason="it was planned on another state than the present one"
        )
    return msgspec.structs.replace(now, id=planned.id, forecast=forecast)
