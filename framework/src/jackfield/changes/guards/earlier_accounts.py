"""Accounts that were there before a change asked for one, by the snapshots: whoever has its address now was not made by it."""

from contextlib import closing
from datetime import datetime

from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield.changes.session import Attempt, Session
from jackfield.errors import JackfieldError
from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.reader import Snapshot
from jackfield_contracts import AccountStatus, Confirmation, Outcome, OutcomeKind, ResourceId, UserTrait

_LATEST = 50
"""Snapshots that are looked through for one of before the change; so many syncs later it is not looked for."""


def earlier_account(session: Session, attempt: Attempt, operations: Operations, view: View) -> Outcome | None:
    """The outcome of a change that was to make an account, where the one that *view* shows was in use before; else None.

    Cost: one look into a snapshot, where such an account is shown; no request.
    """
    kind = kind_of(attempt.change)
    if not kind.makes_account or session.home is None:
        return None
    account = kind.target(attempt.change, operations, view).account
    if account is None or not _was_in_use(session, account, attempt.entry.intended):
        return None
    reason = f"{account} was there before this was asked for, and has this login now: no account was made"
    return Outcome(outcome=OutcomeKind.ALREADY, confirmed_by=Confirmation.READ, reason=reason, account=account)


def _was_in_use(session: Session, account: ResourceId, moment: str) -> bool:
    if session.home is None or session.tenant_match.moved:
        return False
    asked = datetime.fromisoformat(moment)
    runs = session.state.published(session.connection.name, _LATEST)
    run = next((each for each in runs if each.finished and datetime.fromisoformat(each.finished) < asked), None)
    if run is None:
        return False
    try:
        with closing(open_snapshot(session.home.snapshot(session.connection.name, run.run))) as db:
            row = Snapshot(db).resource(account)
    except JackfieldError as error:
        session.log.info("who was there before can't be looked up", run=run.run, reason=str(error))
        return False
    trait = row.resource.trait if row is not None else None
    return isinstance(trait, UserTrait) and trait.status in (AccountStatus.ENABLED, AccountStatus.PENDING)
