"""Whether what a plan was made on still holds, and who is there in the place of an account that is gone.

Promises that an account is known by its id: somebody who has come under the same address is never taken for it.
"""

from collections.abc import Iterable

import msgspec

from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.rules import other_login, without_drift
from jackfield.changes.kinds.view import View
from jackfield.changes.plan import will_be_made
from jackfield.changes.session import Session, state_of
from jackfield_contracts import (
    AccountState,
    AccountStatus,
    Outcome,
    OutcomeKind,
    PlannedChange,
    StateQuery,
    TargetState,
)


async def with_newcomers(session: Session, planned: Iterable[PlannedChange], view: View) -> View:
    """*view*, and whoever has the address now of an account that *planned* is about and that is gone.

    One more read where there is such an account, none else.
    """
    gone = (each.before.login for each in planned if _is_gone(each.before, view))
    names = tuple(dict.fromkeys(login for login in gone if login and view.named(login) is None))
    if not names:
        return view
    found = await state_of(session, StateQuery(names=names))
    before = view.state
    together = msgspec.structs.replace(
        before,
        accounts=(*before.accounts, *found.accounts),
        # What can't be told of a name says nothing against what is known of others.
        unreadable=found.unreadable | before.unreadable,
        as_of=found.as_of | before.as_of,
        sources=found.sources | before.sources,
        request_ids=tuple(dict.fromkeys((*before.request_ids, *found.request_ids))),
    )
    return View(together, at=view.at, remembered=view.remembered, called=view.called, inherited=view.inherited)


def drift_of(planned: PlannedChange, now: PlannedChange, operations: Operations, view: View) -> Outcome | None:
    """Why *planned* no longer fits the state *view*, on which it counts as *now* does; None if it does.

    Where somebody else has come in the place of the account, the outcome has that one as its ``account``.
    """
    if planned.forecast.tag == "drifted":
        return planned.forecast
    if (other := _instead(planned, operations, view)) is not None:
        return other
    change = kind_of(planned.change).with_account(planned.change, operations, view)
    target = kind_of(change).target(change, operations, view)
    if (other := other_login(planned.before, target, view)) is not None:
        return _drifted(other)
    if not will_be_made(planned):
        # Nobody was asked about it, and no limit counted it.
        return _drifted(f"it was planned as {planned.forecast.outcome.value}, and would be made now")
    if not without_drift(change, operations, planned.before, target):
        return _drifted(f"it was planned on another state ({_text(planned.before, view)}, now {_text(target, view)})")
    if more := [kind for kind in now.kinds if kind not in planned.kinds]:
        return _drifted(f"it was planned as {', '.join(planned.kinds) or 'nothing'}, and is {', '.join(more)} by now")
    return None


def _is_gone(before: TargetState, view: View) -> bool:
    if before.account is None or before.status is AccountStatus.DELETED:
        return False
    account = view.account(before.account)
    return account is None or account.status is AccountStatus.DELETED


def _instead(planned: PlannedChange, operations: Operations, view: View) -> Outcome | None:
    """Why the account that was meant is not the one that is there under its name."""
    before, change = planned.before, planned.change
    if _is_gone(before, view) and before.login and (found := view.named(before.login)) is not None:
        if found.account != before.account and found.status is not AccountStatus.DELETED:
            message = f"it was planned for {before.login} ({before.account}), who is not there any more; {_who(found)}"
            return _drifted(message, found)
        return None
    other = kind_of(change).meant_otherwise(change, operations, view)
    return _drifted(*other) if other is not None else None


def _who(found: AccountState) -> str:
    name = f"{found.display_name}, " if found.display_name else ""
    return f"that address is {found.account} by now ({name}{found.status_raw or found.status.value})"


def _drifted(reason: str, account: AccountState | None = None) -> Outcome:
    found = account.account if account else None
    return Outcome(outcome=OutcomeKind.REFUSED, tag="drifted", reason=reason, account=found)


def _text(target: TargetState, view: View) -> str:
    if not target.exists and not target.held:
        return "not there"
    held = ", ".join(map(view.told_by_id, target.held)) or "nothing of the kind"
    facts = "".join(f", {name} {value!r}" for name, value in target.facts.items())
    return f"{target.status_raw or 'there'}, holding {held}{facts}"
