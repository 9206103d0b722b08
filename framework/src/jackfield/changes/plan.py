"""Plans: changes worked out on the live state before anything is made, their order, and the limits that stop mass mistakes."""

import re
import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

import msgspec

from jackfield.changes.consequences import with_consequences
from jackfield.changes.guards.consent import warned
from jackfield.changes.guards.foresight import with_permissions, with_refusals
from jackfield.changes.guards.ongoing import is_repeat, ongoing_entries, ongoing_outcomes
from jackfield.changes.kinds.kind import Evaluation
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of, limit_names
from jackfield.changes.kinds.rules import LASTING, evaluate
from jackfield.changes.kinds.view import View
from jackfield.changes.session import Session, read_patiently
from jackfield.config.load import did_you_mean
from jackfield.errors import BadConfig
from jackfield.state.journal import moment, outcome_of
from jackfield_contracts import Change, JournalEntry, Outcome, OutcomeKind, Plan, PlannedChange, ResourceId

DEFAULTS: Mapping[str, int] = {"delete": 10, "disable": 25, "revoke": 200, "privileged": 5}
WINDOW = timedelta(hours=1)
_HARMLESS = (OutcomeKind.ALREADY, OutcomeKind.REFUSED)


def limits_of(session: Session) -> dict[str, int]:
    """The limits that hold: those asked for, else those configured, else the defaults; raises BadConfig for no kind."""
    for source, path in (
        (session.host.limits, f"connections.{session.connection.name}.limits"),
        (session.options.limits, "--limit"),
    ):
        demand_kinds(source, path)
        for number in source.values():
            if number < 0:
                raise BadConfig(f"a limit of {number} has no meaning", path=path)
    return {**DEFAULTS, **session.host.limits, **session.options.limits}


def demand_kinds(named: Iterable[str], path: str, *, beside: Collection[str] = ()) -> None:
    """Raise BadConfig, with *path* as the place, where one of *named* is no kind of change, nor one of those *beside*."""
    kinds = (*limit_names(), *beside)
    for kind in named:
        if kind not in kinds:
            raise BadConfig(
                f"there is no kind of change {kind!r}",
                path=path,
                hint=did_you_mean(kind, kinds) or f"The kinds: {', '.join(kinds)}.",
            )


def used(session: Session) -> Counter[str]:
    """How many changes of each kind this connection saw within the last hour, whatever is not known counted in."""
    since = session.clock.now() - WINDOW
    entries = session.state.changes(session.connection.name, since=since, limit=None)
    return Counter(kind for entry in entries if _counts(entry) for kind in entry.kinds)


def exceeded(changes: Iterable[PlannedChange], limits: Mapping[str, int], before: Counter[str]) -> dict[str, str]:
    """For each kind of which *changes* are too many, why; then none of that kind is made, rather than some."""
    wanted = Counter(kind for change in changes for kind in change.kinds)
    return {
        kind: f"{number} changes of the kind {kind} and {before[kind]} within the last hour are more than the limit of"
        f" {limits[kind]}"
        for kind, number in wanted.items()
        if kind in limits and number + before[kind] > limits[kind]
    }


_EXCEEDED = re.compile(r"(\d+) changes of the kind (\S+) and (\d+) within the last hour are more than the limit of \d+")


def enough(reason: str) -> tuple[str, int] | None:
    """The kind and the limit that would let changes be made, of the *reason* that ``exceeded`` gave; None for another."""
    found = _EXCEEDED.fullmatch(reason)
    return (found[2], int(found[1]) + int(found[3])) if found is not None else None


def _counts(entry: JournalEntry) -> bool:
    known = outcome_of(entry)
    return known is None or (known.outcome not in _HARMLESS and not is_repeat(entry))


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """A change with its ``stage``, and the ids of all changes before it that may alter what it finds (``after``)."""

    planned: PlannedChange
    stage: int
    after: frozenset[str]


def in_order(changes: Sequence[PlannedChange], view: View, operations: Operations) -> list[Ordered]:
    """The place of each of *changes*: those about one thing, or about one account, come one after the other."""
    by_key: dict[object, list[Ordered]] = {}
    touched: dict[ResourceId, list[Ordered]] = {}
    altered: dict[ResourceId, list[Ordered]] = {}
    places: list[Ordered] = []
    for planned in changes:
        about = kind_of(planned.change).place(planned.change, planned, operations, view)
        before = list(by_key.get(about.key, ()))
        for who in about.accounts:
            before += (touched if about.alters else altered).get(who, ())
        stage = max((each.stage + 1 for each in before), default=0)
        # Those before them too: between two changes may stand one that is never made.
        after = frozenset(id for each in before for id in (each.planned.id, *each.after))
        place = Ordered(planned=planned, stage=stage, after=after)
        places.append(place)
        by_key.setdefault(about.key, []).append(place)
        for who in about.accounts:
            touched.setdefault(who, []).append(place)
            if about.alters:
                altered.setdefault(who, []).append(place)
    return places


def stages(places: Iterable[Ordered]) -> list[list[PlannedChange]]:
    """The changes stage by stage, each in the order of the plan; no stage is empty."""
    found: dict[int, list[PlannedChange]] = {}
    for place in places:
        found.setdefault(place.stage, []).append(place.planned)
    return [found[stage] for stage in sorted(found)]


async def make_plan(session: Session, changes: Sequence[Change], reasons: Sequence[str | None] = ()) -> Plan:
    """Work out what *changes* would do to the live state. One read of the state for all of them, no write call.

    Where it is only shown, the connector is asked, too, what the application is known to refuse of it. *reasons* says of
    each why it is asked for, None where it has no reason of its own; empty, none has.

    Raises BadConfig for a wrong argument, Unsupported for what the connector can't do, and what reading raises.
    """
    operations = Operations(session.connection)
    completed = [operations.completed(change) for change in changes]
    view = await read_patiently(session, completed, operations)
    now = session.clock.now()
    id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    for message in session.protected.unclear(view.state.accounts):
        session.warn(message)
    planned: list[PlannedChange] = []
    for number, (change, why) in enumerate(zip(completed, reasons or [None] * len(completed), strict=True), 1):
        settled = kind_of(change).with_account(change, operations, view)
        evaluation = evaluate(settled, operations, view, session.protected)
        # Padded, so that the ids are in the order of the plan.
        own = f"{id}.{number:0{len(str(len(completed)))}}"
        made = _planned(own, settled, operations, view, evaluation)
        planned.append(msgspec.structs.replace(made, reason=session.connection.http.mask.text(why)) if why else made)
    if session.options.dry_run or session.options.only_planned:
        planned = await with_refusals(session, planned, view)
    if session.options.dry_run and not session.options.only_planned:
        planned = await with_permissions(session, planned)
    planned = await warned(session, _foreseen(planned, view, operations), view)
    if session.options.dry_run:
        # A run waits for them first.
        planned = _beside(planned, ongoing_outcomes(ongoing_entries(session, planned, operations), planned, operations))
    planned = with_consequences(session, without_idle_warnings(planned), view, operations)
    limits, before = limits_of(session), used(session)
    blast = Counter(kind for each in planned if will_be_made(each) for kind in each.kinds)
    too_many = exceeded([each for each in planned if will_be_made(each)], limits, before)
    marked = (
        _limited(each, [too_many[kind] for kind in each.kinds if kind in too_many]) if will_be_made(each) else each
        for each in planned
    )
    plan = Plan(
        id=id,
        connection=session.connection.name,
        connector=session.connection.plugin.name,
        created=moment(now),
        changes=tuple(marked),
        blast_radius=dict(blast),
        limits=limits,
        tenant=session.tenant_match.id,
        warnings=session.warnings,
    )
    session.seen = (plan.id, session.clock.monotonic(), view)
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
        msgspec.structs.replace(each, forecast=message, follows=False) if (message := ongoing.get(each.id)) else each
        for each in planned
    ]


def will_be_made(planned: PlannedChange) -> bool:
    """Whether the application is to be asked for it, as far as the plan could see; it may be, for one that follows."""
    return planned.follows or planned.forecast.outcome.value == "changed"


def without_idle_warnings(planned: Iterable[PlannedChange]) -> list[PlannedChange]:
    """*planned* with the warnings of those only that are to be made: of another, nothing comes that one could be warned of."""
    return [each if will_be_made(each) else msgspec.structs.replace(each, warnings=()) for each in planned]


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
    message = "an earlier change of this plan makes the account, so that nothing is left to be made"
    return msgspec.structs.replace(
        planned, forecast=msgspec.structs.replace(planned.forecast, outcome=OutcomeKind.ALREADY, reason=message)
    )


def _following(planned: PlannedChange) -> PlannedChange:
    """A change of which the present state says that it is not to be made, yet one before it may make another state."""
    message = "a change of this plan comes before it, and it is judged anew after that: it may then be made"
    return msgspec.structs.replace(planned, follows=True, warnings=(*planned.warnings, message))


def _planned(id: str, change: Change, operations: Operations, view: View, evaluation: Evaluation) -> PlannedChange:
    return PlannedChange(
        id=id,
        change=change,
        title=kind_of(change).title(change, operations, view),
        forecast=evaluation.forecast,
        before=kind_of(change).target(change, operations, view),
        replaces=evaluation.replaces,
        kinds=operations.kinds(change, view),
        warnings=operations.warnings(change),
        effects=operations.effects(change),
    )
