"""A change in words: what would be made, with all that was asked for beside.

Promises that nothing that a change does is left out of its title, since a person says yes to that.
"""

from collections.abc import Collection, Iterator

from jackfield.changes.goals import View, subject_of
from jackfield.changes.operations import Operations, shown_value
from jackfield_contracts import AccountState, Change, CreateAccount, DeleteAccount, GrantAccess, RevokeAccess, RunAction

_USUAL = CreateAccount().type


def title_of(change: Change, operations: Operations, view: View) -> str:
    """*change* in words, with the names that the application shows."""
    account = subject_of(change, operations, view)
    if isinstance(change, GrantAccess | RevokeAccess):
        entitlement = view.entitlement(change.entitlement)
        what = f"{entitlement.display_name} ({change.entitlement})" if entitlement else str(change.entitlement)
        who = _who(account, str(change.principal))
        return f"grant {what} to {who}" if isinstance(change, GrantAccess) else f"revoke {what} from {who}"
    if isinstance(change, CreateAccount):
        login, privileges = operations.login(change), operations.privileges(change)
        kind = "" if change.type == _USUAL else f" of the type {change.type}"
        made = f"create the account {login or change.type}{kind if login else ''}"
        if privileges:
            made += " with " + ", ".join(f"{name} {shown_value(value)}" for name, value in privileges.items())
        named = {each.name for each in operations.arguments(change) if login and each.sets == "login"}
        return _with(made, _beside(change, operations, {*named, *privileges}))
    if isinstance(change, DeleteAccount):
        return _with(f"delete the account {_who(account, str(change.account))}", _beside(change, operations))
    subject = operations.action(change.name).account
    title = f"{change.name} {_who(account, operations.subject(change) or '')}".rstrip()
    return _with(title, _beside(change, operations, {subject} if subject else ()))


def _with(title: str, beside: Iterator[str]) -> str:
    told = ", ".join(beside)
    return f"{title}: {told}" if told else title


def _beside(
    change: CreateAccount | DeleteAccount | RunAction, operations: Operations, named: Collection[str] = ()
) -> Iterator[str]:
    """What cannot be taken back, and then each argument that is not *named* and not as it is where nothing is said."""
    yield from operations.effects(change)
    for each in operations.arguments(change):
        value = change.arguments.get(each.name)
        unsaid = value is None or value == each.default or (value is False and each.default is None)
        if not unsaid and each.name not in named and not (each.effect and value not in (False, "", ())):
            yield f"{each.name} {shown_value(value)}"


def _who(account: AccountState | None, otherwise: str) -> str:
    if account is None:
        return otherwise
    name, login = account.display_name, account.login
    if name and login and name != login:
        return f"{name} <{login}>"
    return name or login or str(account.account)
