"""One change under an id that the caller has given, such as that of a task elsewhere.

Promises one effect for one id, however often it is asked for and wherever it was cut off before.
"""

import msgspec

from jackfield.changes.apply import apply_plan
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield.changes.open import open_session
from jackfield.changes.plan import make_plan
from jackfield.changes.session import ChangeOptions, Session
from jackfield.changes.standing import next_id
from jackfield.errors import Refused
from jackfield.host.configured import Configured
from jackfield.state import State
from jackfield_contracts import Change, JournalEntry, JournalStatus, OutcomeKind, PlannedChange


async def make_change(
    configured: Configured, change: Change, *, id: str, options: ChangeOptions, asked: bool = True
) -> JournalEntry:
    """Make *change* under *id*, and give its entry of the journal.

    Where the journal has *id* already, nothing is made again: what was left undecided is settled, and the entry as it then is
    given. Only what has failed, so that nothing was changed, and may go well another time, is tried again, under a record of its
    own. Unless a person was *asked*, nothing is taken from the administrator whose consent the credentials are.
    Raises Refused where it stands there for another change, and as ``open_session`` and ``apply_plan`` do.
    """
    if (known := _known(configured, change, id)) is not None and _ended(known):
        return known
    async with open_session(configured, options) as session:
        if (known := _known(configured, change, id)) is not None:
            if not _failed_for_now(known):
                return known
            id = next_id(id, {id: known})
        plan = await make_plan(session, [change], [options.reason])
        if not asked:
            _demand_another(session, plan.changes[0])
        plan = msgspec.structs.replace(plan, changes=(msgspec.structs.replace(plan.changes[0], id=id),))
        (entry,) = await apply_plan(session, plan)
        return entry


def latest_attempt(state: State, id: str) -> JournalEntry | None:
    """The entry of the last attempt at the change *id*; None where there was none."""
    known, found = None, state.change(id)
    while found is not None:
        known = found
        found = state.change(next_id(id, {id: known}))
    return known


def _ended(known: JournalEntry) -> bool:
    return known.status is JournalStatus.SETTLED and not _failed_for_now(known)


def _failed_for_now(known: JournalEntry) -> bool:
    """Whether nothing was changed, and trying again may help."""
    outcome = known.outcome
    failed = known.status is JournalStatus.SETTLED and outcome is not None and outcome.outcome is OutcomeKind.FAILED
    return failed and outcome is not None and outcome.retryable


def _known(configured: Configured, change: Change, id: str) -> JournalEntry | None:
    known = latest_attempt(configured.state, id)
    if known is not None and (known.connection != configured.name or not _same(known.change, change)):
        raise Refused(
            f"the id {id!r} is that of another change: {known.title}",
            connection=configured.name,
            hint="Each change has an id of its own.",
        )
    return known


def _same(made: Change, asked: Change) -> bool:
    """Whether they are one change; the journal may name an account that was asked for by its address."""
    if type(made) is not type(asked):
        return False
    first, second = msgspec.to_builtins(made), msgspec.to_builtins(asked)
    for each in (first, second):
        each.pop("account", None)
        each.pop("arguments", None)
    return first == second


def _demand_another(session: Session, planned: PlannedChange) -> None:
    """Raise Refused where the change takes from whoever has consented to this connection: it may be the connection's end."""
    view = session.seen[2] if session.seen is not None else View.empty()
    whose = kind_of(planned.change).takes_from(planned.change, planned, view)
    if whose is not None and whose == session.consent:
        raise Refused(
            f"{whose} is whose consent this connection works by, and nobody was asked",
            connection=session.connection.name,
            hint="A person may do it by the command line.",
        )
