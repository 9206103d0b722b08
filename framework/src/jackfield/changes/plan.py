"""Plans: changes worked out on the live state, before anything is made."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from jackfield.changes.consent import warned
from jackfield.changes.kinds.change import LASTING, judge, settle_account, target_of, title_of
from jackfield.changes.kinds.kind import Judgement
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield.changes.limits import exceeded, limits_of, used
from jackfield.changes.ongoing import going_on, told_of
from jackfield.changes.options import Changing
from jackfield.changes.reading import read_patiently
from jackfield.changes.waves import in_order
from jackfield.state.journal import moment
from jackfield_contracts import Change, Outcome, OutcomeKind, Plan, PlannedChange


async def make_plan(changing: Changing, changes: Sequence[Change]) -> Plan:
    """Work out what *changes* would do to the live state. One read of the state for all of them, no write call.

    Raises BadConfig for a wrong argument, Unsupported for what the connector can't do, and what reading raises.
    """
    operations = Operations(changing.connection)
    completed = [operations.completed(change) for change in changes]
    view = await read_patiently(changing, completed, operations)
    now = changing.clock.now()
    id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    for told in changing.protected.unclear(view.state.accounts):
        changing.warn(told)
    planned: list[PlannedChange] = []
    for number, change in enumerate(completed, 1):
        settled = settle_account(change, operations, view)
        judgement = judge(settled, operations, view, changing.protected)
        # Padded, so that the ids are in the order of the plan.
        own = f"{id}.{number:0{len(str(len(completed)))}}"
        planned.append(_planned(own, settled, operations, view, judgement))
    planned = await warned(changing, _foreseen(planned, view, operations), view)
    if changing.options.dry_run:
        # A run waits for them first.
        planned = _beside(planned, told_of(going_on(changing, planned, operations), planned, operations))
    limits, before = limits_of(changing), used(changing)
    blast = Counter(kind for each in planned if will_be_made(each) for kind in each.kinds)
    too_many = exceeded([each for each in planned if will_be_made(each)], limits, before)
    marked = (
        _limited(each, [too_many[kind] for kind in each.kinds if kind in too_many]) if will_be_made(each) else each
        for each in planned
    )
    plan = Plan(
        id=id,
        connection=changing.connection.name,
        connector=changing.connection.plugin.name,
        created=moment(now),
        changes=tuple(marked),
        blast_radius=dict(blast),
        limits=limits,
        tenant=changing.whose.id,
        warnings=changing.warnings,
    )
    changing.seen = (plan.id, changing.clock.monotonic(), view)
    return plan


def _foreseen(changes: list[PlannedChange], view: View, operations: Operations) -> list[PlannedChange]:
    """*changes* with those marked that the present state forbids or makes needless, and that follow one to be made."""
    by_id: dict[str, PlannedChange] = {}
    for place in in_order(changes, view, operations):
        planned = place.planned
        follows = planned.forecast.tag not in LASTING and any(will_be_made(by_id[id]) for id in place.after)
        if follows and kind_of(planned.change).makes_account:
            planned = _made_before(planned)
        by_id[planned.id] = _following(planned) if follows and not will_be_made(planned) else planned
    return list(by_id.values())


def _beside(planned: Sequence[PlannedChange], ongoing: Mapping[str, Outcome]) -> list[PlannedChange]:
    """*planned* with what becomes of those that wait for a change which goes on."""
    return [
        msgspec.structs.replace(each, forecast=told, follows=False) if (told := ongoing.get(each.id)) else each
        for each in planned
    ]


def will_be_made(planned: PlannedChange) -> bool:
    """Whether the application is to be asked for it, as far as the plan could see; it may be, for one that follows."""
    return planned.follows or planned.forecast.outcome.value == "changed"


def _limited(planned: PlannedChange, why: Sequence[str]) -> PlannedChange:
    """*planned* with the limits that it is beyond, if any."""
    return msgspec.structs.replace(planned, warnings=(*planned.warnings, *why), limit=why[0] if why else None)


def foretold(planned: PlannedChange) -> Outcome:
    """What would become of *planned* if it were made now, limits included."""
    if planned.limit is None:
        return planned.forecast
    return Outcome(outcome=OutcomeKind.REFUSED, tag="limit", reason=planned.limit)


def _made_before(planned: PlannedChange) -> PlannedChange:
    """A creation of an account that an earlier change of the plan makes."""
    told = "an earlier change of this plan makes the account, so that nothing is left to be made"
    return msgspec.structs.replace(
        planned, forecast=msgspec.structs.replace(planned.forecast, outcome=OutcomeKind.ALREADY, reason=told)
    )


def _following(planned: PlannedChange) -> PlannedChange:
    """A change of which the present state says that it is not to be made, yet one before it may make another state."""
    told = "a change of this plan comes before it, and it is judged anew after that: it may then be made"
    return msgspec.structs.replace(planned, follows=True, warnings=(*planned.warnings, told))


def _planned(id: str, change: Change, operations: Operations, view: View, judgement: Judgement) -> PlannedChange:
    return PlannedChange(
        id=id,
        change=change,
        title=title_of(change, operations, view),
        forecast=judgement.forecast,
        before=target_of(change, operations, view),
        replaces=judgement.replaces,
        kinds=operations.kinds(change, view),
        warnings=operations.warnings(change),
        effects=operations.effects(change),
    )
