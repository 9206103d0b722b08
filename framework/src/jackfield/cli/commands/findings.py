"""``jackfield findings``: what an access review looks for, with its evidence, and what would mend it."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from jackfield.cli.app import App
from jackfield.cli.base import command, connection_argument, limit_option, output_option, run_option
from jackfield.cli.view import View, arranged, view_options

if TYPE_CHECKING:
    from jackfield.activity import SignIns
    from jackfield.cli.snapshots import Looked
    from jackfield.findings import Fact, Finding, KindReport, Report, Unknown
    from jackfield.snapshots.reader import Snapshot
    from jackfield.state import Run

KINDS = (
    *("admins", "dormant", "invited", "suspended-seat", "duplicate-people", "no-external-id", "unverified-address"),
    *("ownerless-group", "suspended-owner", "empty-group"),
)
SEVERITIES = ("info", "low", "medium", "high")
MOST_SHOWN = 20
"""Of each kind, where people are shown all kinds and nothing else is said."""

_MOST_EARLIER = 100
_NAMED = 3


@command("findings")
@connection_argument
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(KINDS),
    help="Only this kind; may be repeated.",
)
@click.option("--severity", type=click.Choice(SEVERITIES), help="Only of this severity or a higher one.")
@click.option("--accepted", is_flag=True, help="Also those that the configuration accepts, with the reason.")
@click.option(
    "--plan",
    metavar="FILE",
    help="Write the changes that would mend them to this file (.toml, .csv or .jsonl), for `jackfield plan`.",
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    help="Exit with 15 where one of this severity or a higher one is found, with 8 where none is and the snapshot is not"
    " complete; also where whoever reads the output closes it early.",
)
@limit_option
@run_option
@view_options
@output_option("table", "json", "csv")
def findings(
    app: App,
    connection: str,
    kinds: tuple[str, ...],
    severity: str | None,
    accepted: bool,
    plan: str | None,
    fail_on: str | None,
    limit: int | None,
    run: str | None,
    view: View,
    output: str,
) -> int:
    """What an access review looks for in CONNECTION: administrators, dormant people, groups without owner, and more.

    Each finding rests on facts that were seen, in the snapshot or in the activity that was read; what could not be seen is
    told as unknown. Nothing is changed. From when on something counts, and what is accepted, is set by
    [connections.NAME.findings]. Of several kinds, people are shown the first 20 each, unless --limit says else.

    \b
    Examples:
      jackfield findings acme
      jackfield findings acme --kind admins --kind dormant
      jackfield findings acme --kind invited --plan mend.toml
      jackfield plan acme mend.toml -o mend.plan
      jackfield apply mend.plan
      jackfield findings acme --severity medium --output csv > review.csv
    """
    import msgspec

    from jackfield.activity import read_sign_ins
    from jackfield.cli import exits
    from jackfield.cli.guard import broken_pipe
    from jackfield.cli.output import note
    from jackfield.cli.snapshots import look
    from jackfield.cli.targets import demand_target
    from jackfield.config import FindingKind
    from jackfield.findings import Known, Severity, find

    if plan is not None:
        from jackfield.findings.mending import demand_ending

        demand_target(app, plan)
        demand_ending(plan)
    with look(app, connection, run) as snapshot, ExitStack() as opened:
        known = Known(
            snapshot,
            _settings(app, connection),
            sign_ins=read_sign_ins(app.home, connection),
            earlier=_earlier(app, snapshot, opened),
        )
        whole = find(known, tuple(map(FindingKind, kinds)))
        least = Severity(severity).rank if severity else 0
        report = msgspec.structs.replace(
            whole,
            findings=tuple(
                one for one in whole.findings if one.severity.rank >= least and (accepted or one.accepted is None)
            ),
        )
        # Before anything is printed: whoever reads it may close the output early.
        told = _write_plan(app, snapshot, report, plan) if plan is not None else []
        code = exits.OK
        if fail_on is not None:
            rank = Severity(fail_on).rank
            code = exits.OK if snapshot.header.complete else exits.INCOMPLETE
            if any(one.accepted is None and one.severity.rank >= rank for one in whole.findings):
                code = exits.FOUND
        try:
            _print(app, snapshot, report, known.sign_ins, output, limit, view)
            sys.stdout.flush()
        except BrokenPipeError:
            closed = broken_pipe()
            code = closed if fail_on is None else code
        _tell_unused(app, connection, report)
        for line in told:
            note(line)
        return code


def _settings(app: App, connection: str) -> Any:
    """What the configuration says of findings; the usual where the connection is not in it any more."""
    from jackfield.config import FindingsSettings

    if connection not in app.settings.connections:
        return FindingsSettings()
    return app.settings.connection(connection).host.findings


def _earlier(app: App, snapshot: "Looked", opened: ExitStack) -> "Iterator[Snapshot]":
    """The published snapshots before this one, the newest first, until *opened* is closed.

    Those that are not as they were recorded, or are of another account, are passed over.
    """
    from jackfield.snapshots.file import is_recorded
    from jackfield.snapshots.reader import read_snapshot

    with app.state() as state:
        runs = state.published(snapshot.run.connection, _MOST_EARLIER)
    own = snapshot.run
    if own.imported:
        # Files need not be imported in the order in which they were made.
        runs = sorted(
            (run for run in runs if (run.taken or "") < (own.taken or "") and run.taken), key=_when, reverse=True
        )
    else:
        runs = [run for run in runs if run.started < own.started]
    for run in runs:
        if run.tenant != snapshot.run.tenant:
            continue
        file = app.home.snapshot(run.connection, run.run)
        if is_recorded(file, run.sha256):
            yield opened.enter_context(read_snapshot(file))


def _when(run: "Run") -> str:
    return run.taken or ""


def _print(
    app: App,
    snapshot: "Looked",
    report: "Report",
    sign_ins: "SignIns | None",
    output: str,
    limit: int | None,
    view: View,
) -> None:
    from jackfield.cli.output import Columns, document_of, note, print_listing, print_stream
    from jackfield.cli.snapshots import caveats, head

    # Of one kind, all rows would say the same.
    hidden = frozenset({"id", "kind"}) if len(report.kinds) == 1 else frozenset({"id"})
    table = Columns(("severity", "kind", "name", "e-mail", "status", "since", "why", "id"), _cells, hidden)
    csv = Columns(_CSV, lambda one: _csv(one, snapshot))
    if output == "json":
        window = {"from": sign_ins.known_from, "until": sign_ins.known_until} if sign_ins is not None else None
        columns, found = arranged(csv, view, report.findings, all_shown=True, others=table)
        shown = map(document_of(columns), found) if view.columns is not None else found
        print_stream(
            {**head(snapshot), "sign_ins_known": window, "kinds": report.kinds},
            {"findings": islice(shown, limit), "unknown": report.unknown},
            lambda: {"total": len(report.findings)},
        )
        return
    caveats(app, snapshot)
    cut: Counter[str] = Counter()
    silent = [kind for kind in report.kinds if kind.not_known]
    rows: Any = (*report.findings, *report.unknown, *silent)
    if output == "table":
        rows = report.findings if limit or len(report.kinds) == 1 else _first_of_each(report.findings, cut)
    print_listing(
        output,
        rows,
        table=table,
        csv=csv,
        document=lambda one: one,
        head={},
        key="findings",
        limit=limit,
        view=view,
    )
    for line in _summary(report):
        note(line)
    if sign_ins is not None and any(kind.kind.value == "dormant" for kind in report.kinds):
        from jackfield.cli.people_filters import window_of

        note(f"dormant: {window_of(sign_ins, 'counted back from then')}.")
    if cut:
        left = ", ".join(f"{number:,} of {kind}" for kind, number in cut.items())
        note(f"Not shown: {left}; --kind KIND shows all of a kind, --output csv all of them.")


def _first_of_each(found: "Iterable[Finding]", cut: Counter[str]) -> "Iterator[Finding]":
    """The first of each kind; how many more there are is counted in *cut*."""
    shown: Counter[str] = Counter()
    for one in found:
        shown[one.kind.value] += 1
        if shown[one.kind.value] <= MOST_SHOWN:
            yield one
        else:
            cut[one.kind.value] += 1


def _cells(one: "Finding | Unknown | KindReport") -> tuple[Any, ...]:
    from jackfield.findings import Finding, KindReport

    if isinstance(one, KindReport):
        return None, one.kind.value, None, None, None, None, one.not_known, None
    subject = one.subject
    if not isinstance(one, Finding):
        name = subject.name or str(subject.id)
        return None, one.kind.value, name, subject.email, subject.status, None, one.reason, str(subject.id)
    why = f"{one.why} (accepted: {one.accepted})" if one.accepted else one.why
    since = f"{one.since:%Y-%m-%d}" if one.since else None
    name = subject.name or str(subject.id)
    return one.severity.value, one.kind.value, name, subject.email, subject.status, since, why, str(subject.id)


_CSV = (
    *(
        "state",
        "severity",
        "kind",
        "name",
        "login",
        "email",
        "status",
        "type",
        "id",
        "others",
        "since",
        "why",
        "evidence",
    ),
    *("mend", "accepted", "finding", "last_seen_run", "last_seen_taken", "run", "taken"),
)


def _csv(one: "Finding | Unknown | KindReport", snapshot: "Looked") -> tuple[Any, ...]:
    from jackfield.findings import Finding, KindReport

    if isinstance(one, KindReport):
        nobody = (None,) * 8
        rest = (None,) * 6
        return "not known", None, one.kind.value, *nobody, one.not_known, *rest, snapshot.run.run, snapshot.header.taken
    subject = one.subject
    who = subject.name, subject.login, subject.email, subject.status, subject.id.type, subject.id.id
    of = snapshot.run.run, snapshot.header.taken
    if not isinstance(one, Finding):
        seen = (one.last_seen.run, one.last_seen.taken) if one.last_seen else (None, None)
        return "unknown", None, one.kind.value, *who, None, None, one.reason, None, None, None, None, *seen, *of
    others = " ".join(str(each.id) for each in one.others)
    evidence = "; ".join(f"{fact.what}: {fact.value}" + _where(fact, snapshot) for fact in one.evidence)
    state = "accepted" if one.accepted else "found"
    told = others, one.since, one.why, evidence, one.mend, one.accepted, one.id
    return state, one.severity.value, one.kind.value, *who, *told, None, None, *of


def _where(fact: "Fact", snapshot: "Looked") -> str:
    """The scope that a fact was seen in, and the run where it is another than that of all."""
    places = [f"scope {fact.scope}"] if fact.scope else []
    if fact.run not in (None, snapshot.run.run):
        places.append(f"run {fact.run}, {fact.taken}")
    return f" ({', '.join(places)})" if places else ""


def _summary(report: "Report") -> Iterator[str]:
    """How each kind fared, in a line: what is unknown stands beside what was found."""
    nothing: list[str] = []
    for kind in report.kinds:
        if kind.not_known is not None:
            yield f"{kind.kind.value}: not known: {kind.not_known}."
            continue
        if not (kind.found or kind.accepted or kind.unknown or kind.not_examined):
            nothing.append(kind.kind.value)
            continue
        parts = [f"{kind.found:,} found"]
        if kind.accepted:
            parts.append(f"{kind.accepted:,} accepted")
        if kind.unknown:
            unknown = [one for one in report.unknown if one.kind is kind.kind]
            names = ", ".join(one.subject.name or str(one.subject.id) for one in unknown[:_NAMED])
            more = f" and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
            parts.append(f"of {kind.unknown:,} more it is not known ({names}{more}: {unknown[0].reason})")
        parts += [f"{one.number:,} not examined ({one.reason})" for one in kind.not_examined]
        yield f"{kind.kind.value} ({kind.title}): {', '.join(parts)}."
    if nothing:
        yield f"Nothing found: {', '.join(nothing)}."


def _tell_unused(app: App, connection: str, report: "Report") -> None:
    from jackfield.cli.output import note

    for place in report.unused:
        note(f"connections.{connection}.findings.ignore[{place}] accepts what is not found any more.")


def _write_plan(app: App, snapshot: "Looked", report: "Report", plan: str) -> list[str]:
    """Write the file of changes that would mend what was found; what to tell of it."""
    from shlex import quote

    from jackfield.cli.text import count, moment
    from jackfield.findings.mending import mending, write_requests

    connection = snapshot.run.connection
    capabilities = app.plugin(app.settings.connection(connection)).type.capabilities
    made = mending(report.findings, {one.hook for one in capabilities if one.hook})
    next_step = f"jackfield plan {connection} {quote(plan)} -o mend.plan"
    if not made.requests:
        why = "no change would mend what was found; the column mend of CSV and JSON says what to do"
        return [f"{plan} was not written: {why}."]
    write_requests(
        plan,
        made,
        f"Findings of {connection}, run {snapshot.run.run}, taken {moment(snapshot.header.taken) or 'nobody knows when'}."
        f"\nLook it over and take out what is not meant; `{next_step}` works it out on the live state.",
    )
    mended = count(len(made.mended), "finding")
    told = [f"{count(made.requests, 'change')} that would mend {mended} written to {plan}; nothing is changed."]
    for why, left in (("no change mends them", made.by_hand), ("the connector can't", made.impossible)):
        if left:
            told.append(f"{count(len(left), 'finding')} left out: {why}.")
    return [*told, f"Look it over; `{next_step}` is the next step."]


COMMANDS = {"findings": findings}
