"""What became of changes, for programs and for people."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from jackfield.changes.kinds.called import entitlement_told
from jackfield.changes.kinds.given import shown_value
from jackfield.changes.kinds.registry import kind_of
from jackfield.cli.output import Columns, print_json, print_rows, print_stream, say
from jackfield.cli.text import clean, moment
from jackfield.errors import (
    Busy,
    JackfieldError,
    OtherTenant,
    PlanOutdated,
    RateLimited,
    Refused,
    StateUnavailable,
    Transient,
    Unsupported,
)
from jackfield.state.journal import outcome_of
from jackfield_contracts import (
    Change,
    Confirmation,
    EntitlementId,
    JournalEntry,
    JournalStatus,
    Outcome,
    OutcomeKind,
    Plan,
    PlannedChange,
    TargetState,
)

CSV = (
    *("change", "kind", "action", "outcome", "tag", "reason", "retryable", "confirmed_by", "title", "account", "job"),
    "request_ids",
)
UNDECIDED = "undecided"
"""What stands in the place of an outcome until a read, or the operation's own rule, has settled it."""
JOURNAL = ("intended", "settled", "connection", "status", "actor", "why", *CSV)
_ACTIONS = {"enable": "enable_account", "disable": "disable_account"}
"""The kinds of actions that are told as changes of their own."""
_FORECASTS = {
    OutcomeKind.CHANGED: "would change",
    OutcomeKind.ALREADY: "already",
    OutcomeKind.REFUSED: "would be refused",
    OutcomeKind.FAILED: "would fail",
}


def change_document(entry: JournalEntry) -> dict[str, object]:
    """The one object that a command prints of a change that it made."""
    known = outcome_of(entry) or _undecided(entry)
    made = _document(entry, known, entry.after or entry.before)
    if outcome_of(entry) is None:
        made["outcome"] = UNDECIDED
    if entry.plan is not None:
        made["plan"] = entry.plan
    return made


def error_document(error: JackfieldError, redact: Callable[[str], str]) -> dict[str, object]:
    """The one object of a change that ended before it was worked out: nothing was asked for, and ``change`` is null."""
    refused = isinstance(error, Refused | Unsupported | PlanOutdated | OtherTenant)
    problems: tuple[str, ...] = getattr(error, "problems", ())
    return {
        "change": None,
        "kind": None,
        "outcome": (OutcomeKind.REFUSED if refused else OutcomeKind.FAILED).value,
        "reason": redact(" ".join(filter(None, (str(error), *problems)))),
        "tag": error.code,
        "retryable": isinstance(error, Transient | RateLimited | Busy | StateUnavailable),
        "confirmed_by": None,
        "state": None,
        "request_ids": (error.request_id,) if error.request_id else (),
    }


def interrupted_document(entries: Sequence[JournalEntry]) -> dict[str, object]:
    """The one object of a command that was interrupted, with what it left undecided."""
    if len(entries) == 1:
        return change_document(entries[0])
    message = (
        "interrupted; nothing is undecided" if not entries else "interrupted; `jackfield changes recover` settles these"
    )
    return {"change": None, "outcome": None, "reason": message, "changes": [change_document(each) for each in entries]}


def forecast_document(planned: PlannedChange) -> dict[str, object]:
    """The one object that a dry run prints of a change: what would become of it, on the state that it would be made on."""
    made = _document(planned, planned.forecast, planned.before)
    why = {"why": planned.reason} if planned.reason else {}
    warnings = (*planned.warnings, *planned.consequences)
    return {**made, **why, "replaces": planned.replaces, "warnings": warnings, "dry_run": True}


def entry_document(entry: JournalEntry) -> dict[str, object]:
    """An entry of the journal with all that it holds."""
    return {
        **change_document(entry),
        "status": entry.status.value,
        "connection": entry.connection,
        "connector": entry.connector,
        "tenant": entry.tenant,
        "asked": entry.change,
        "kinds": entry.kinds,
        "actor": entry.actor,
        "why": entry.reason,
        "intended": entry.intended,
        "settled": entry.settled,
        "before": _state(entry.before),
        "after": _state(entry.after) if entry.after else None,
    }


def print_changes(
    output: str, head: Mapping[str, object], documents: Iterable[dict[str, object]], lines: Iterable[str]
) -> None:
    """Print many changes: as one JSON object, as CSV with a row each, or in sentences."""
    if output == "json":
        print_stream(head, {"changes": documents})
    elif output == "csv":
        names = (*CSV, "dry_run")
        print_rows("csv", documents, Columns(names, lambda each: (*_cells(each), bool(each.get("dry_run")))))
    else:
        for line in lines:
            say(line)


def print_change(output: str, document: dict[str, object], lines: Sequence[str]) -> None:
    """Print one change: as one JSON object or in a sentence."""
    if output == "json":
        print_json(document)
    else:
        say("\n".join(lines))


def counted(outcomes: Iterable[Outcome | None]) -> dict[str, int]:
    """How many changes had each outcome; those without are *undecided*."""
    return dict(Counter(outcome.outcome.value if outcome else UNDECIDED for outcome in outcomes))


def summary(connection: str, outcomes: Mapping[str, int]) -> str:
    """How many changes had each outcome, in words."""
    return f"{connection}: " + (", ".join(f"{number:,} {name}" for name, number in outcomes.items()) or "no change")


def sentence(entry: JournalEntry) -> str:
    """What became of one change, in one line."""
    outcome, title = outcome_of(entry), clean(entry.title)
    if outcome is None:
        again = f"`jackfield changes recover {entry.connection}` settles what became of it"
        return f"{UNDECIDED}: {title}{_because('; ', _undecided(entry))}; {again}"
    message = f"{outcome.outcome.value}: {title}"
    if outcome.outcome is OutcomeKind.CHANGED:
        how = "a read" if outcome.confirmed_by is Confirmation.READ else "the application's answer alone"
        return f"{message} (confirmed by {how}){_because('. ', outcome)}"
    if outcome.outcome is OutcomeKind.PENDING and entry.status is not JournalStatus.SETTLED:
        return f"{message}{_because('; ', outcome)}; `jackfield changes recover {entry.connection}` looks again"
    ids = f", request id {clean(', '.join(outcome.request_ids))}" if outcome.request_ids else ""
    tag = f" [{clean(outcome.tag)}{ids}]" if outcome.tag else ""
    again = "; trying again may help" if outcome.retryable else ""
    return f"{message}{_because('; ', outcome)}{again}{tag}"


def outcome_lines(entry: JournalEntry, told: Container[str] = ()) -> list[str]:
    """What became of one change, and what it gave; warnings that were *told* before it was made are not told again."""
    known = outcome_of(entry)
    results = known.results if known else {}
    shown = [f"  {clean(name)}: {clean(_shown(value))}" for name, value in results.items()]
    return [sentence(entry), *_consequences(entry, told), *shown]


def _consequences(entry: JournalEntry, told: Container[str] = ()) -> list[str]:
    return [f"  WARNING: {clean(each)}" for each in _beside(entry) if each not in told]


def _beside(entry: JournalEntry) -> tuple[str, ...]:
    """What a change brought beside; nothing for one that was not made."""
    known = outcome_of(entry)
    made = known is None or known.outcome not in (OutcomeKind.ALREADY, OutcomeKind.REFUSED, OutcomeKind.FAILED)
    return entry.consequences if made else ()


def forecast_lines(planned: PlannedChange, told: Container[str] = ()) -> list[str]:
    """What would become of one change, what it replaces, and what a person should know before; *told* is told elsewhere."""
    forecast = planned.forecast
    word, tag, because = _foretold(planned), forecast.tag, _because("; ", forecast)
    if planned.limit is not None or planned.follows:
        # Why stands among the warnings.
        tag, because = "limit" if planned.limit is not None else None, ""
    lines = [f"{word}: {clean(planned.title)}{because}{f' [{clean(tag)}]' if tag else ''}"]
    if planned.replaces:
        lines.append(f"  takes the place of {clean(_entitlements(planned.replaces, planned.names))}")
    if planned.reason:
        lines.append(f"  because: {clean(planned.reason)}")
    return [*lines, *(f"  WARNING: {clean(each)}" for each in _warnings(planned) if each not in told)]


def _warnings(planned: PlannedChange) -> tuple[str, ...]:
    # A limit stands among the warnings.
    limits = (
        (each, _reason(Outcome(outcome=OutcomeKind.REFUSED, tag="limit", reason=each))) for each in planned.warnings
    )
    return *(told or each for each, told in limits), *planned.consequences


_TOLD_EACH = 3
"""What holds for more changes of a plan than that is told once, with their number."""


def plan_lines(changes: Sequence[PlannedChange]) -> Iterator[str]:
    """The lines of many changes; a warning that many share stands below them, once, with how many it is for."""
    times = Counter(text for each in changes for text in dict.fromkeys(_warnings(each)))
    shared = {text: number for text, number in times.items() if number > _TOLD_EACH}
    for each in changes:
        yield from forecast_lines(each, shared)
    for text, number in shared.items():
        yield f"WARNING for {number:,} of these changes: {clean(text)}"


def told_change(planned: PlannedChange) -> str:
    """What is asked for, and what is left in its place."""
    return clean(planned.title) + _because("; ", planned.forecast)


def tell_plan(plan: Plan) -> None:
    """Print a plan for people: each change, and how many of each kind beside their limits."""
    for line in plan_lines(plan.changes):
        say(line)
    for each in plan.warnings:
        say(f"WARNING: {clean(each)}")
    outcomes = Counter(_foretold(each) + (" by a limit" if each.limit else "") for each in plan.changes)
    say(summary(plan.connection, outcomes))
    for kind, number in sorted(plan.blast_radius.items()):
        limit = plan.limits.get(kind)
        over = " TOO MANY" if limit is not None and number > limit else ""
        say(f"  {kind}: {number:,}" + (f" (at most {limit:,} in an hour){over}" if limit is not None else ""))


def entry_lines(entry: JournalEntry) -> list[str]:
    """An entry of the journal for people: when and where, what became of it, by whom and why."""
    lines = [f"{moment(entry.intended)}  {clean(entry.connection)}  {clean(entry.id)}", f"  {sentence(entry)}"]
    lines += (f"  {line}" for line in _consequences(entry))
    who = f"by {clean(entry.actor)}" if entry.actor else ""
    if why := ": ".join(filter(None, (who, clean(entry.reason or "")))):
        lines.append(f"  {why}")
    return lines


def journal_table(*, connection: bool) -> Columns:
    """The journal as a terminal shows it, with a column for the *connection* or without."""

    def cells(entry: JournalEntry) -> tuple[Any, ...]:
        known = outcome_of(entry)
        ended = known.outcome.value if known is not None else UNDECIDED
        kind = entry.kinds[0] if entry.kinds else entry.change.__struct_config__.tag
        what = "; ".join((entry.title, *filter(None, (_reason(known) if known else None,)), *_beside(entry)))
        why = ": ".join(filter(None, (entry.actor, entry.reason)))
        at = (entry.connection,) if connection else ()
        return moment(entry.intended), *at, ended, kind, what, why, entry.id

    return Columns(
        ("when", *(("connection",) if connection else ()), "outcome", "kind", "what", "why", "change"), cells
    )


def journal_cells(entry: JournalEntry) -> tuple[Any, ...]:
    """An entry of the journal for the columns ``JOURNAL``."""
    own = (entry.intended, entry.settled, entry.connection, entry.status.value, entry.actor, entry.reason)
    return *own, *_cells(change_document(entry))


def _undecided(entry: JournalEntry) -> Outcome:
    """What is told of a change of which it is not known yet what became of it: what was answered is not what is so."""
    answer = entry.outcome
    if answer is None:
        return Outcome(outcome=OutcomeKind.UNVERIFIED)
    if answer.outcome in (OutcomeKind.FAILED, OutcomeKind.UNVERIFIED):
        message = f"{answer.reason or 'no answer was understood'}; whether it was made is not known yet"
    else:
        message = f"the application answered {answer.outcome.value}, and nothing has confirmed it yet"
    return Outcome(outcome=OutcomeKind.UNVERIFIED, reason=message, request_ids=answer.request_ids)


def _document(of: JournalEntry | PlannedChange, known: Outcome, state: TargetState) -> dict[str, object]:
    change = of.change
    made: dict[str, object] = {
        "change": of.id,
        "kind": next((_ACTIONS[kind] for kind in of.kinds if kind in _ACTIONS), change.__struct_config__.tag),
        "outcome": known.outcome.value,
        "reason": _reason(known),
        "tag": known.tag,
        "retryable": known.retryable,
        "confirmed_by": known.confirmed_by.value if known.confirmed_by else None,
        "state": _state(state),
        "request_ids": known.request_ids,
        "title": of.title,
    }
    extras = {
        "action": kind_of(change).action(change),
        "account": str(known.account) if known.account else None,
        "effects": of.effects,
        "leaves": tuple(map(str, of.leaves)),
        "ends": tuple(map(str, of.ends)),
        "consequences": of.consequences,
        "results": known.results,
        "job": known.job,
    }
    return {**made, **{key: value for key, value in extras.items() if value}}


def _state(state: TargetState) -> dict[str, object]:
    return {
        "exists": state.exists,
        "account": str(state.account) if state.account else None,
        "status": state.status.value if state.status else None,
        "status_raw": state.status_raw,
        "held": [str(each) for each in state.held],
        "facts": state.facts,
    }


def _cells(document: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(" ".join(value) if isinstance(value := document.get(name), tuple) else value for name in CSV)  # pyright: ignore[reportUnknownArgumentType]


def _word(forecast: Outcome) -> str:
    return _FORECASTS.get(forecast.outcome, f"would be {forecast.outcome.value}")


def _foretold(planned: PlannedChange) -> str:
    """What would become of a change, in words; of one that follows another only that decides."""
    if planned.limit is not None:
        return _FORECASTS[OutcomeKind.REFUSED]
    return "may change" if planned.follows else _word(planned.forecast)


_WAYS_OUT = ("needs_replace", "limit")
"""Refusals that an option undoes."""


def _because(between: str, outcome: Outcome) -> str:
    why = _reason(outcome)
    return f"{between}{clean(why)}" if why else ""


def _reason(outcome: Outcome) -> str | None:
    """Why, and what to say on the command line where that is meant: whoever asks otherwise is not told of options."""
    if outcome.outcome is not OutcomeKind.REFUSED or outcome.reason is None or outcome.tag not in _WAYS_OUT:
        return outcome.reason
    from jackfield.changes.plan import enough  # the journal is listed without it

    way = None
    if outcome.tag == "needs_replace":
        way = "if it is, say --replace, or true in the column replace of a file"
    elif outcome.tag == "limit" and (limit := enough(outcome.reason)) is not None:
        way = f"`--limit {limit[0]}={limit[1]}` allows them"
    return f"{outcome.reason}; {way}" if way else outcome.reason


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def tell_entry(entry: JournalEntry) -> None:
    """Print all that the journal knows of one change."""
    say("\n".join(outcome_lines(entry)))
    outcome = outcome_of(entry)
    facts = [
        ("change", entry.id),
        ("connection", f"{entry.connection} ({entry.connector})"),
        ("account", entry.tenant),
        ("status", entry.status.value),
        ("asked for", " by ".join(filter(None, (moment(entry.intended), entry.actor)))),
        ("because", entry.reason),
        ("plan", entry.plan),
        ("effects", ", ".join(entry.effects)),
        ("asked with", _asked(entry.change)),
        ("before", _text(entry.before, entry.names)),
        ("after", _text(entry.after, entry.names) if entry.after else None),
        ("settled", moment(entry.settled)),
    ]
    if outcome is not None:
        read = outcome.confirmed_by is Confirmation.READ
        how = None if outcome.confirmed_by is None else "a read" if read else "the application's answer alone"
        facts += [
            ("confirmed", f"by {how}" if how else None),
            ("job", outcome.job if entry.status is not JournalStatus.SETTLED else None),
            ("request ids", ", ".join(outcome.request_ids)),
        ]
    for name, value in facts:
        if value:
            say(f"  {name:<12}{clean(value)}")


def _asked(change: Change) -> str:
    """The arguments of a change, also those that its title leaves out."""
    return ", ".join(f"{name} {shown_value(value)}" for name, value in kind_of(change).arguments(change).items())


def _entitlements(ids: Iterable[EntitlementId], names: Mapping[str, str]) -> str:
    """Entitlements for people, by the *names* that were kept with their change."""
    return ", ".join(entitlement_told(id, names.get(str(id)), names.get(str(id.resource))) for id in ids)


def _text(state: TargetState, names: Mapping[str, str]) -> str:
    if not state.exists:
        return "not there"
    words = [
        str(state.account) if state.account else "",
        state.status_raw or (state.status.value if state.status else ""),
    ]
    held = _entitlements(state.held, names)
    facts = ", ".join(f"{name} {value}" for name, value in state.facts.items())
    return "; ".join(filter(None, (" ".join(filter(None, words)), f"holds {held}" if held else "", facts)))
