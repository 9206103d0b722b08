"""Making changes from the command line: opened, worked out, confirmed by a person, applied; and undecided ones recovered.

Promises that what takes away, wipes or gives a privilege is never cut out of what is shown, and that no other process is
kept out of the connection while a person thinks.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

import click
import msgspec

from jackfield.changes.apply import apply_plan
from jackfield.changes.guards.consent import WARNING
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.request import Request
from jackfield.changes.leaving import revocations_of
from jackfield.changes.open import demand_writable, open_session, resume
from jackfield.changes.origin import Origin
from jackfield.changes.plan import demand_kinds, foretold, make_plan, will_be_made
from jackfield.changes.recover import elsewhere, recover
from jackfield.changes.requests import changes_of, once, request_of
from jackfield.changes.session import ChangeOptions, Session
from jackfield.changes.standing import latest_attempts
from jackfield.cli import exits
from jackfield.cli.app import App
from jackfield.cli.change_options import Flags
from jackfield.cli.foreign import foreign_output
from jackfield.cli.guard import show_error
from jackfield.cli.outcomes import (
    change_document,
    forecast_document,
    forecast_lines,
    interrupted_document,
    outcome_lines,
    plan_lines,
    print_change,
    sentence,
    told_change,
)
from jackfield.cli.output import note, print_json
from jackfield.cli.progress import shown_changes
from jackfield.cli.snapshots import latest_file
from jackfield.cli.text import clean, count
from jackfield.cli.typed import typed_line
from jackfield.errors import BadConfig, BadStorage, JackfieldError, OtherTenant, PlanOutdated
from jackfield.state import State
from jackfield.state.journal import outcome_of
from jackfield_contracts import JournalEntry, JournalStatus, Plan, PlannedChange, ResourceId


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a plan: its entries, none for a dry run or if a person said no; ``error`` ended it early."""

    plan: Plan
    entries: tuple[JournalEntry, ...] = ()
    declined: bool = False
    error: JackfieldError | None = None


def planning(
    app: App, connection: str, requests: Sequence[Request], leaving: Sequence[str] = (), types: Sequence[str] = ()
) -> Callable[[Session], Awaitable[Plan]]:
    """What makes a plan of *requests*, once the connection is open, and of taking all from those *leaving*.

    *types*: only of resources of these types.
    """
    snapshot = latest_file(app, connection)

    async def plan(session: Session) -> Plan:
        # The names of another account mean nothing in this one.
        of = None if session.tenant_match.moved else snapshot
        changes, reasons = once(session, requests, await changes_of(session, requests, of))
        for person in leaving:
            taken = tuple(each for each in await revocations_of(session, of, person, types) if each not in changes)
            changes += taken
            reasons += (None,) * len(taken)
        return await make_plan(session, changes, reasons)

    return plan


def make(
    app: App,
    connection: str,
    flags: Flags,
    plan: Callable[[Session], Awaitable[Plan]],
    origin: Origin = Origin.HERE,
) -> Made:
    """Open the connection, make the plan and carry it out, unless a person says no or it is a dry run."""
    with app.state() as state:

        async def work() -> Made:
            async with opened(app, connection, state, flags) as session:
                planned = await plan(session)
                for each in session.warnings if flags.output != "table" or not flags.dry_run else ():
                    note(f"WARNING: {each}")
                if flags.dry_run:
                    return Made(plan=planned)
                if not await approved(session, planned, flags, origin):
                    return Made(plan=planned, declined=True)
                with shown_changes(connection, len(planned.changes), app.clock) as progress:
                    try:
                        return Made(plan=planned, entries=await apply_plan(session, planned, progress))
                    except JackfieldError as error:
                        entries = latest_attempts(state.changes(connection, plan=planned.id, limit=None))
                        if not entries:
                            raise
                        return Made(plan=planned, entries=tuple(entries.values())[::-1], error=error)

        try:
            return app.run(work())
        except (KeyboardInterrupt, SystemExit):
            _tell_undecided(state, connection)
            if flags.output == "json":
                print_json(interrupted_document(state.changes(connection, undecided=True, limit=None)))
            raise


@asynccontextmanager
async def opened(
    app: App, connection: str, state: State, flags: Flags, *, tell: bool = True
) -> AsyncGenerator[Session]:
    """The connection, open for changes. *tell*: also on stderr what was left undecided before and is settled now."""
    settings = app.settings.connection(connection)
    plugin = app.plugin(settings)
    host = settings.host
    if not flags.only_planned:
        demand_writable(connection, host)
    if flags.provisioning:
        host = msgspec.structs.replace(host, provisioning=True)
    options = ChangeOptions(
        actor=app.actor,
        reason=flags.reason,
        each_has_reason=flags.each_has_reason,
        wait=flags.wait,
        dry_run=flags.dry_run,
        limits=flags.limits,
    )
    options = msgspec.structs.replace(
        options, accept_tenant=flags.accept_tenant, planned_for=flags.planned_for, only_planned=flags.only_planned
    )
    left = {entry.id: entry.status for entry in state.changes(connection, undecided=True, limit=None)}
    configured = app.configured(settings, plugin, state, host=host, policies=() if flags.dry_run else app.policies())
    with foreign_output():
        async with open_session(configured, options) as session:
            still = {entry.id for entry in state.changes(connection, undecided=True, limit=None)}
            for id, status in left.items() if tell else ():
                entry = None if id in still else state.change(id)
                if entry is not None:
                    before = "Pending" if status is JournalStatus.PENDING else "Left undecided"
                    note(f"{before} before, and settled now: {sentence(entry)}")
            yield session


@contextmanager
def reporting(connection: str | None) -> Generator[None]:
    """Print within the block what became of changes; raises BadStorage where that can't be written, which undoes none."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        of = f" --connection {connection}" if connection else ""
        raise BadStorage(
            f"what became of the changes can't be written to standard output: {error.strerror or type(error).__name__}",
            connection=connection,
            hint=f"They were asked for all the same: `jackfield changes list{of}` shows what became of each.",
        ) from None


def _tell_undecided(state: State, connection: str) -> None:
    undecided = len(state.changes(connection, undecided=True, limit=None))
    if undecided:
        what = count(undecided, "change is", "changes are")
        note(f"{what} undecided: `jackfield changes recover {connection}` settles what became of them.")


_SHOWN = 50
"""How many of the changes that nobody is asked about are shown beside the others, which all are."""


class NeedsConfirmation(BadConfig):
    """Somebody has to say yes, and there is no terminal to ask on; ``problems`` are all changes that it is about."""

    def __init__(self, summary: str, problems: Sequence[str], *, connection: str, hint: str) -> None:
        super().__init__(summary, connection=connection, hint=hint)
        self.problems = tuple(problems)


async def approved(session: Session, plan: Plan, flags: Flags, origin: Origin = Origin.HERE) -> bool:
    """Whether *plan* may be carried out: nothing in it is destructive or privileged, or a person says yes.

    A plan that was not made here is asked about whatever is in it. For what is destructive or privileged there, ``--yes`` is
    not enough: each such change is asked about, or ``--confirm`` says how many of each kind are meant. Raises
    NeedsConfirmation where somebody has to be asked and no terminal looks on, PlanOutdated where another number than that of
    ``--confirm`` would be made. The lock is let go while a person thinks.
    """
    operations = Operations(session.connection)
    made = [each for each in plan.changes if will_be_made(each)]
    asked = [each for each in made if asks_before(operations, each, session.consent)]
    ours = origin is Origin.HERE
    named = {each.id for each in asked}
    others = [each for each in made if each.id not in named]
    beside = [] if ours else others
    wanted, counts = _to_confirm(asked), _to_confirm([*asked, *beside])
    _check_counts(counts, flags, plan.connection)
    asking = sys.stdin.isatty() and sys.stdout.isatty()
    confirmed = bool(flags.confirm) and (wanted if flags.yes else counts).keys() <= flags.confirm.keys()
    certain = not made or (flags.yes and (ours or not asked)) or (ours and not asked) or confirmed
    if certain or not asking:
        _warn(made)
    if certain:
        return True
    if not asking:
        raise _needed(asked, beside, plan, flags, origin)
    for line in plan_lines((*asked, *others[:_SHOWN])):
        note(line)
    if len(others) > _SHOWN:
        note(f"… and {_kinds_told(others[_SHOWN:])}")
    if session.lock is not None:
        session.lock.release()
    if not await _asked(plan, made, [] if ours else asked):
        note("Nothing was done.")
        return False
    await resume(session)
    return True


def _warn(made: Sequence[PlannedChange]) -> None:
    """Tell whose consent goes with a change, and what else ends by it, also where nobody is asked, or nobody can be."""
    for each in made:
        consent = (WARNING,) if WARNING in each.warnings else ()
        for told in (*consent, *each.consequences):
            note(f"WARNING: {clean(each.title)}: {clean(told)}")


async def _asked(plan: Plan, made: list[PlannedChange], one_by_one: list[PlannedChange]) -> bool:
    for number, each in enumerate(one_by_one, 1):
        if not await _yes(f"{number} of {len(one_by_one)}: {told_change(each)}?"):
            return False
    counts = f": {clean(_kinds_told(made))}"
    return await _yes(f"Make {count(len(made), 'change')} in {plan.connection}{counts}?")


async def _yes(question: str) -> bool:
    click.echo(f"{question} [y/N] ", nl=False, err=True)
    return (await _line()).strip().casefold() in ("y", "yes")


def _needed(
    asked: list[PlannedChange], others: list[PlannedChange], plan: Plan, flags: Flags, origin: Origin
) -> NeedsConfirmation:
    ours = origin is Origin.HERE
    hint = "Say --yes to do it without being asked, or --dry-run to see what would be done."
    if not ours and not asked:
        hint = "Look at it with --dry-run. If all of it is meant, say --yes."
    elif not ours:
        numbers = _to_confirm(asked) + _to_confirm(others)
        counts = " ".join(f"--confirm {_quoted(kind)}={numbers[kind]}" for kind in _to_confirm(asked))
        rest = "and --yes for the rest" if others else "--yes is not enough for such a plan"
        hint = f"Look at it with --dry-run. If all of it is meant, say {counts}{' ' if others else '; '}{rest}."
    asked = asked if flags.yes else [*asked, *others]
    if len(asked) == 1:
        what, problems = f"to {told_change(asked[0])}", ()
    else:
        what, problems = clean(_kinds_told(asked)), [f"would change: {told_change(each)}" for each in asked]
    since = "" if ours else f" since {origin.value},"
    return NeedsConfirmation(
        f"{what}: this asks for confirmation,{since} and there is no terminal to ask on",
        problems,
        connection=plan.connection,
        hint=hint,
    )


def _quoted(kind: str) -> str:
    return f"'{kind}'" if " " in kind else kind


def _check_counts(wanted: Counter[str], flags: Flags, connection: str) -> None:
    # An effect is named by its connector, in words: what is so written may be one that nothing here has.
    demand_kinds([kind for kind in flags.confirm if " " not in kind], "--confirm", beside=wanted)
    for kind, number in flags.confirm.items():
        if wanted[kind] != number:
            raise PlanOutdated(
                f"{count(wanted[kind], 'change')} of the kind {kind!r} would be made, not {number:,}; nothing was done",
                connection=connection,
                hint="Look at it with --dry-run.",
            )


def _to_confirm(asked: list[PlannedChange]) -> Counter[str]:
    """How many of each kind are to be confirmed: each change by its kind, a privileged one as such, and by its effects."""
    found: Counter[str] = Counter()
    for each in asked:
        found["privileged" if "privileged" in each.kinds else each.kinds[0]] += 1
        found.update(each.effects)
    return found


def _kinds_told(changes: Sequence[PlannedChange]) -> str:
    """How many there are of each kind, in words: those that take nothing away first, so that the others stand last."""
    found: Counter[str] = Counter()
    weight: dict[str, int] = {}
    for each in changes:
        kind = each.kinds[0]
        of = kind_of(each.change)
        verb = of.verb(each.change, kind)
        privileged = "privileged" in each.kinds
        verb = of.privileged_verb(verb) if privileged else verb
        message = f"to {verb}{': ' if each.effects else ''}{' and '.join(each.effects)}"
        found[message] += 1
        weight[message] = of.weight(kind) + bool(each.effects) * 10 + privileged
    return ", ".join(f"{found[message]:,} {message}" for message in sorted(found, key=lambda message: weight[message]))


def asks_before(operations: Operations, planned: PlannedChange, consent: ResourceId | None = None) -> bool:
    """Whether a person is asked before this change: it takes something away, gives a privilege, or demotes *consent*."""
    change = planned.change
    if "privileged" in planned.kinds or operations.takes_away(change):
        return True
    return kind_of(change).demotes(change, planned, consent)


async def _line() -> str:
    """What is typed, while Ctrl-C and a request to end still work."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return typed_line()


def recovered(app: App, connection: str | None, flags: Flags) -> tuple[list[JournalEntry], list[JackfieldError]]:
    """What was undecided, as it stands now, the oldest first; and why some connections could not be asked."""
    if not app.has_state:
        return [], []
    errors: list[JackfieldError] = []
    with app.state() as state:
        undecided = state.changes(connection, undecided=True, limit=None)[::-1]
        if not flags.dry_run:
            for name in dict.fromkeys(entry.connection for entry in undecided):
                try:
                    app.run(_recover(app, name, state, flags))
                except JackfieldError as error:
                    errors.append(error.locate(connection=name))
        return [state.change(entry.id) or entry for entry in undecided], errors


async def _recover(app: App, connection: str, state: State, flags: Flags) -> None:
    async with opened(app, connection, state, flags, tell=False) as session:
        await recover(session)
        for each in session.warnings:
            note(f"WARNING: {each}")
        if left := elsewhere(session):
            of = ", ".join(sorted({entry.tenant or "" for entry in left}))
            raise OtherTenant(
                f"{len(left):,} undecided were asked of the account {of}, and the connection reaches"
                f" {session.tenant_match.id or 'one that is not known'}: what became of them is to be seen there only",
                connection=connection,
                hint="Sign in to that account, then run this again.",
            )


def change(app: App, connection: str, flags: Flags, asked: Mapping[str, object]) -> int:
    """Make the one change that is *asked* for, and print what became of it; the exit code."""
    app.settings.connection(connection)
    made = make(app, connection, flags, planning(app, connection, [request_of(asked)]))
    if made.declined:
        return exits.INTERRUPTED
    if not made.entries:
        (planned,) = made.plan.changes
        planned = msgspec.structs.replace(
            planned, forecast=foretold(planned), warnings=(*made.plan.warnings, *planned.warnings)
        )
        print_change(flags.output, forecast_document(planned), forecast_lines(planned))
        return exits.of_outcome(planned.forecast)
    (entry,) = made.entries
    with reporting(connection):
        # Before it was made, it was told what ends by it.
        print_change(flags.output, change_document(entry), outcome_lines(entry, made.plan.changes[0].consequences))
    if made.error is not None:
        show_error(app, made.error)
        return made.error.exit_code
    return exits.of_outcome(outcome_of(entry))
