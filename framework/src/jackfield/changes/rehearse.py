"""What carrying out a plan would do now, without doing it: also what a person is asked about before it is done.

Promises that nothing but the changes themselves, and the state that they were planned on, is taken from the plan: titles,
kinds, warnings, forecasts and counts are those of the live state.
"""

from collections import Counter

import msgspec

from jackfield.changes.drift import with_newcomers
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.options import Changing
from jackfield.changes.plan import make_plan, will_be_made
from jackfield.changes.standing import past_of, rehearsed, standing
from jackfield.host.tenants import demand
from jackfield_contracts import Outcome, Plan


async def rehearse(changing: Changing, plan: Plan) -> Plan:
    """*plan* as ``carry_out`` would find it now; no write call, and one read or two."""
    demand(changing.whose, plan.connection, planned=plan.tenant, writes=False)
    fresh = await make_plan(changing, [each.change for each in plan.changes])
    if changing.seen is None:
        raise RuntimeError("a plan was made without a state")
    _, at, view = changing.seen
    plan = _bare(plan, fresh)
    past = past_of(changing.state.changes(plan.connection, plan=plan.id, limit=None))
    view = await with_newcomers(changing, (each for each in plan.changes if each.id not in past), view)
    changes = rehearsed(plan, fresh, standing(plan, past, Operations(changing.connection), view))
    changing.seen = (plan.id, at, view)
    blast = Counter(kind for each in changes if will_be_made(each) for kind in each.kinds)
    return msgspec.structs.replace(fresh, id=plan.id, created=plan.created, changes=changes, blast_radius=dict(blast))


def _bare(plan: Plan, fresh: Plan) -> Plan:
    """*plan* as far as it is taken at its word: what is to be done, on which state, and whether that was to be made."""
    changes = tuple(
        msgspec.structs.replace(
            now,
            id=each.id,
            change=each.change,
            before=each.before,
            follows=each.follows,
            forecast=Outcome(outcome=each.forecast.outcome),
        )
        for each, now in zip(plan.changes, fresh.changes, strict=True)
    )
    return msgspec.structs.replace(plan, changes=changes)
