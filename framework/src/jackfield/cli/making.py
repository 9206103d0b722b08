"""Making changes from the command line: opened, worked out, confirmed by a person, carried out."""

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager

import msgspec

from jackfield.changes.execute import carry_out
from jackfield.changes.open import demand_writable, open_changing
from jackfield.changes.options import ChangeOptions, Changing
from jackfield.changes.origin import Origin
from jackfield.changes.plan import make_plan
from jackfield.changes.requests import Request, changes_of
from jackfield.cli.app import App
from jackfield.cli.changing import How
from jackfield.cli.confirming import confirmed
from jackfield.cli.foreign import foreign_output
from jackfield.cli.outcomes import interrupted_document, sentence
from jackfield.cli.output import note, print_json
from jackfield.cli.progress import shown_changes
from jackfield.cli.snapshots import latest_file
from jackfield.cli.text import count
from jackfield.errors import BadStorage, JackfieldError
from jackfield.state import State
from jackfield_contracts import JournalEntry, JournalStatus, Plan


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a plan: its entries, none for a dry run or if a person said no; ``error`` ended it early."""

    plan: Plan
    entries: tuple[JournalEntry, ...] = ()
    declined: bool = False
    error: JackfieldError | None = None


def work_out(app: App, connection: str, requests: Sequence[Request]) -> Callable[[Changing], Awaitable[Plan]]:
    """What makes a plan of *requests*, once the connection is open."""
    snapshot = latest_file(app, connection)

    async def plan(changing: Changing) -> Plan:
        # The names of another account mean nothing in this one.
        of = None if changing.whose.moved else snapshot
        return await make_plan(changing, await changes_of(changing, requests, of))

    return plan


def make(
    app: App,
    connection: str,
    how: How,
    plan: Callable[[Changing], Awaitable[Plan]],
    origin: Origin = Origin.HERE,
) -> Made:
    """Open the connection, make the plan and carry it out, unless a person says no or it is a dry run."""
    with app.state() as state:

        async def work() -> Made:
            async with opened(app, connection, state, how) as changing:
                planned = await plan(changing)
                for each in changing.warnings if how.output != "table" or not how.dry_run else ():
                    note(f"WARNING: {each}")
                if how.dry_run:
                    return Made(plan=planned)
                if not await confirmed(changing, planned, how, origin):
                    return Made(plan=planned, declined=True)
                with shown_changes(connection, len(planned.changes)) as progress:
                    try:
                        return Made(plan=planned, entries=await carry_out(changing, planned, progress))
                    except JackfieldError as error:
                        entries = state.changes(connection, plan=planned.id, limit=None)
                        if not entries:
                            raise
                        return Made(plan=planned, entries=tuple(reversed(entries)), error=error)

        try:
            return app.run(work())
        except (KeyboardInterrupt, SystemExit):
            _tell_undecided(state, connection)
            if how.output == "json":
                print_json(interrupted_document(state.changes(connection, undecided=True, limit=None)))
            raise


@asynccontextmanager
async def opened(app: App, connection: str, state: State, how: How, *, tell: bool = True) -> AsyncGenerator[Changing]:
    """The connection, open for changes. *tell*: also on stderr what was left undecided before and is settled now."""
    settings = app.settings.connection(connection)
    plugin = app.plugin(settings)
    host = settings.host
    if not how.only_planned:
        demand_writable(connection, host)
    if how.provisioning:
        host = msgspec.structs.replace(host, provisioning=True)
    options = ChangeOptions(actor=app.actor, reason=how.reason, wait=how.wait, dry_run=how.dry_run, limits=how.limits)
    options = msgspec.structs.replace(
        options, accept_tenant=how.accept_tenant, planned_for=how.planned_for, only_planned=how.only_planned
    )
    left = {entry.id: entry.status for entry in state.changes(connection, undecided=True, limit=None)}
    its = app.configured(settings, plugin, state, host=host, policies=() if how.dry_run else app.policies())
    with foreign_output():
        async with open_changing(its, options) as changing:
            still = {entry.id for entry in state.changes(connection, undecided=True, limit=None)}
            for id, status in left.items() if tell else ():
                entry = None if id in still else state.change(id)
                if entry is not None:
                    before = "Pending" if status is JournalStatus.PENDING else "Left undecided"
                    note(f"{before} before, and settled now: {sentence(entry)}")
            yield changing


@contextmanager
def telling(connection: str | None) -> Generator[None]:
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
            hint=f"They were asked for all the same: `jackfield changes list{of}` tells what became of each.",
        ) from None


def _tell_undecided(state: State, connection: str) -> None:
    undecided = len(state.changes(connection, undecided=True, limit=None))
    if undecided:
        what = count(undecided, "change is", "changes are")
        note(f"{what} undecided: `jackfield changes recover {connection}` settles what became of them.")
