"""What carrying out a plan would do now, without doing it."""

import msgspec

from jackfield.changes.execute import again
from jackfield.changes.goals import without_drift
from jackfield.changes.operations import Operations
from jackfield.changes.options import Changing
from jackfield.changes.plan import make_plan
from jackfield.tenants import demand
from jackfield_contracts import JournalEntry, Outcome, OutcomeKind, Plan, PlannedChange


async def rehearse(changing: Changing, plan: Plan) -> Plan:
    """*plan* with the forecasts of the live state, as ``carry_out`` would judge it now; no write call."""
    demand(changing.whose, plan.connection, planned=plan.tenant, writes=False)
    fresh = await make_plan(changing, [each.change for each in plan.changes])
    made = {each.id: again(each) for each in changing.state.changes(plan.connection, plan=plan.id, limit=None)}
    operations = Operations(changing.connection)
    changes = tuple(
        _judged(planned, now, operations, made=made.get(planned.id))
        for planned, now in zip(plan.changes, fresh.changes, strict=True)
    )
    return msgspec.structs.replace(fresh, id=plan.id, created=plan.created, changes=changes)


def _judged(
    planned: PlannedChange, now: PlannedChange, operations: Operations, *, made: JournalEntry | None
) -> PlannedChange:
    forecast = now.forecast
    if made is not None:
        left = "an interrupted run of this plan left it undecided; the next change settles it by reading"
        forecast = made.outcome or Outcome(outcome=OutcomeKind.UNVERIFIED, reason=left)
    elif now.forecast.outcome is OutcomeKind.CHANGED and not without_drift(
        now.change, operations, planned.before, now.before
    ):
        forecast = Outcome(
            outcome=OutcomeKind.REFUSED, tag="drifted", reason="it was planned on another state than the present one"
        )
    return msgspec.structs.replace(now, id=planned.id, forecast=forecast)
