"""Accounts that are made, and accounts that are deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import msgspec

from jackfield.changes.kinds.given import beside, shown_value, title_with, unheeded, unlike
from jackfield.changes.kinds.kind import (
    GO,
    Evaluation,
    Kind,
    Place,
    already,
    never_there,
    refused,
    status_told,
    who,
    whole_account,
)
from jackfield.changes.kinds.request import Request
from jackfield.changes.kinds.values import read_values
from jackfield_contracts import (
    AccountState,
    AccountStatus,
    Argument,
    Change,
    Confirmation,
    CreateAccount,
    DeleteAccount,
    PlannedChange,
    ResourceId,
    StateQuery,
    TargetState,
    Value,
)

if TYPE_CHECKING:
    from jackfield.changes.kinds.operations import Operations
    from jackfield.changes.kinds.view import View
    from jackfield.changes.resolve import Resolved

A = TypeVar("A", CreateAccount, DeleteAccount)

_IN_USE = (AccountStatus.ENABLED, AccountStatus.PENDING, AccountStatus.UNKNOWN)
_USUAL = CreateAccount().type


class CreateRequest(Request, frozen=True, kw_only=True, tag="create_account"):
    """An account is to be made."""

    type: str = _USUAL
    arguments: dict[str, object] = msgspec.field(default_factory=dict[str, object])

    def change(self, resolved: Resolved, operations: Operations) -> Change:
        change = CreateAccount(type=self.type)
        return msgspec.structs.replace(change, arguments=read_values(self.arguments, operations.arguments(change)))


class DeleteRequest(Request, frozen=True, kw_only=True, tag="delete_account"):
    """An account is to be deleted."""

    account: str
    arguments: dict[str, object] = msgspec.field(default_factory=dict[str, object])

    def principals(self, operations: Operations) -> tuple[str, ...]:
        return (self.account,)

    def change(self, resolved: Resolved, operations: Operations) -> Change:
        change = DeleteAccount(account=resolved.principal(self.account))
        return msgspec.structs.replace(change, arguments=read_values(self.arguments, operations.arguments(change)))


class _Account(Kind[A]):
    """What both have in common: arguments, which the capability of the hook declares."""

    def arguments(self, change: A) -> Mapping[str, Value]:
        return change.arguments

    def with_arguments(self, change: A, arguments: Mapping[str, Value]) -> A:
        return msgspec.structs.replace(change, arguments=arguments)

    def declared(self, change: A, operations: Operations) -> tuple[Argument, ...]:
        capability = operations.capability(self.hook)
        return capability.arguments if capability else ()

    def confirmed_by(self, change: A, operations: Operations) -> Confirmation:
        capability = operations.capability(self.hook)
        return capability.confirmed_by if capability else Confirmation.READ


class Create(_Account[CreateAccount]):
    """An account is made."""

    change = CreateAccount
    hook = "create_account"
    requests = (CreateRequest,)
    counts = ("create", "privileged")
    makes_account = True

    def counts_as(self, change: CreateAccount, operations: Operations, view: View) -> tuple[str, ...]:
        return ("create", "privileged") if self.privileges(change, operations) else ("create",)

    def query(self, change: CreateAccount, operations: Operations) -> StateQuery:
        login = _login(change, operations)
        return StateQuery(names=(login,)) if login else StateQuery()

    def subject(self, change: CreateAccount, operations: Operations, view: View) -> AccountState | None:
        login = _login(change, operations)
        return view.named(login) if login else None

    def evaluate(
        self, change: CreateAccount, account: AccountState | None, operations: Operations, view: View
    ) -> Evaluation:
        if account is None:
            return GO
        if account.status is AccountStatus.DISABLED:
            status = status_told(account.status_raw, account.status)
            reason = f"{account.account} has this login and is {status}: enable it instead"
            return refused("account_disabled", reason, account)
        if account.status is AccountStatus.DELETED:
            # Whether a deleted account stands in the way is for the application to say.
            return GO
        message = f"{account.account} has this login already ({status_told(account.status_raw, account.status)})"
        other = unlike(self, change, operations, self.target(change, operations, view))
        if other:
            are = "is" if len(other) == 1 else "are"
            message += f"; it was not touched, and its {', '.join(other)} {are} not as asked for"
        return already(message, account)

    def is_met(self, change: CreateAccount, operations: Operations, view: View, target: TargetState) -> bool:
        return target.exists and target.status in _IN_USE and not unlike(self, change, operations, target)

    def is_begun(self, before: TargetState, now: TargetState) -> bool:
        return not before.exists and now.exists and now.status in _IN_USE

    def title(self, change: CreateAccount, operations: Operations, view: View) -> str:
        login, privileges = _login(change, operations), self.privileges(change, operations)
        kind = "" if change.type == _USUAL else f" of the type {change.type}"
        made = f"create the account {login or change.type}{kind if login else ''}"
        if privileges:
            made += " with " + ", ".join(f"{name} {shown_value(value)}" for name, value in privileges.items())
        named = {each.name for each in operations.arguments(change) if login and each.sets == "login"}
        return title_with(made, beside(self, change, operations, {*named, *privileges}))

    def batch(self, change: CreateAccount, operations: Operations) -> int:
        return operations.batch_of(change.type)

    def call_key(self, change: CreateAccount) -> object:
        return type(change), change.type

    def exclusive_keys(self, change: CreateAccount, before: TargetState, operations: Operations) -> set[object]:
        login = _login(change, operations)
        return _logins(login) if login else {(CreateAccount, change.type, str(change.arguments))}

    def place(self, change: CreateAccount, planned: PlannedChange, operations: Operations, view: View) -> Place:
        login = _login(change, operations)
        return Place(key=(login.casefold() if login else planned.id, change.type))


class Delete(_Account[DeleteAccount]):
    """An account is deleted."""

    change = DeleteAccount
    ends_account = True
    hook = "delete_account"
    requests = (DeleteRequest,)
    counts = ("delete",)

    def counts_as(self, change: DeleteAccount, operations: Operations, view: View) -> tuple[str, ...]:
        return ("delete",)

    def takes_away(self, change: DeleteAccount, operations: Operations) -> bool:
        return True

    def weight(self, counted: str) -> int:
        return 4

    def verb(self, change: DeleteAccount, counted: str) -> str:
        return "DELETE"

    def takes_from(self, change: DeleteAccount, planned: PlannedChange, view: View) -> ResourceId | None:
        return change.account

    def query(self, change: DeleteAccount, operations: Operations) -> StateQuery:
        return StateQuery(principals=(change.account,))

    def subject(self, change: DeleteAccount, operations: Operations, view: View) -> AccountState | None:
        return view.account(change.account)

    def principals(self, change: DeleteAccount) -> tuple[ResourceId, ...]:
        return (change.account,)

    def evaluate(
        self, change: DeleteAccount, account: AccountState | None, operations: Operations, view: View
    ) -> Evaluation:
        if not self.met(change, operations, view):
            return GO
        if account is None and change.account not in view.remembered:
            return never_there(change.account)
        message = "the account is not there any more" if account is None else "the account is deleted already"
        return already(message + unheeded(self, change, operations))

    def is_met(self, change: DeleteAccount, operations: Operations, view: View, target: TargetState) -> bool:
        return not target.exists or target.status is AccountStatus.DELETED

    def carries_on_in_doubt(self, change: DeleteAccount, before: TargetState, now: TargetState) -> bool | None:
        # It may be leaving already, by another word.
        return now.exists

    def title(self, change: DeleteAccount, operations: Operations, view: View) -> str:
        whom = who(self.subject(change, operations, view), str(change.account))
        return title_with(f"delete the account {whom}", beside(self, change, operations))

    def exclusive_keys(self, change: DeleteAccount, before: TargetState, operations: Operations) -> set[object]:
        return {whole_account(change.account), *_logins(before.login)}

    def place(self, change: DeleteAccount, planned: PlannedChange, operations: Operations, view: View) -> Place:
        return Place(key=change.account, accounts=(change.account,), alters=True)


def _login(change: CreateAccount, operations: Operations) -> str | None:
    """The name by which the account is found once it is made."""
    for argument in operations.arguments(change):
        if argument.sets == "login" and isinstance(value := change.arguments.get(argument.name), str):
            return value
    return None


def _logins(login: str | None) -> set[object]:
    return {("login", login.casefold())} if login else set()
