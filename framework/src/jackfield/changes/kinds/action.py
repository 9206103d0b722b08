"""Actions: whatever else a connector offers, mostly about an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import msgspec

from jackfield.changes.addresses import ADDRESSES
from jackfield.changes.kinds.given import beside, title_with, unheeded, unlike
from jackfield.changes.kinds.kind import GO, Evaluation, Kind, Place, already, refused, status_told, who, whole_account
from jackfield.changes.kinds.request import Request
from jackfield.changes.kinds.values import read_values
from jackfield.errors import BadConfig, JackfieldError, NotFound
from jackfield_contracts import (
    AccountState,
    AccountStatus,
    ActionKind,
    Argument,
    Change,
    Confirmation,
    PlannedChange,
    ResourceId,
    RunAction,
    StateQuery,
    TargetState,
    Value,
)

if TYPE_CHECKING:
    from jackfield.changes.kinds.operations import Operations
    from jackfield.changes.kinds.view import View
    from jackfield.changes.resolve import Resolved

_WEIGHTS = {"action": 1, "disable": 3}
_COUNTED = {ActionKind.ENABLE_ACCOUNT: "enable", ActionKind.DISABLE_ACCOUNT: "disable"}


class RunRequest(Request, frozen=True, kw_only=True, tag="action"):
    """An action is to be run; ``account`` in place of the argument that names the account that it is about."""

    name: str
    account: str = ""
    arguments: dict[str, object] = msgspec.field(default_factory=dict[str, object])

    def principals(self, operations: Operations) -> tuple[str, ...]:
        try:
            subject = operations.action(self.name).account
        except JackfieldError:
            return ()  # told where it becomes a change
        text = self.account or self.arguments.get(subject or "")
        return (text,) if isinstance(text, str) and text else ()

    def change(self, resolved: Resolved, operations: Operations) -> Change:
        action = operations.action(self.name)
        values = read_values(self.arguments, action.arguments)
        if self.account:
            if action.account is None:
                raise BadConfig(f"the action {action.name} is not about an account", path="account")
            if action.account in values:
                raise BadConfig(f"the account is given twice, also as {action.account}", path="account")
            account = resolved.principal(self.account)
            return RunAction(name=action.name, arguments={**values, action.account: account.id}, account=account)
        text = values.get(action.account) if action.account else None
        if action.account and isinstance(text, str) and text:
            try:
                account = resolved.principal(text)
            except NotFound:
                # It may be a name that only the application knows how to read; the plan says whose it is.
                return RunAction(name=action.name, arguments=values)
            return RunAction(name=action.name, arguments={**values, action.account: account.id}, account=account)
        return RunAction(name=action.name, arguments=values)


class EnableRequest(Request, frozen=True, kw_only=True, tag="enable_account"):
    """An account is to be enabled, by the action for it; ``name`` says which where there are several."""

    does: ClassVar[ActionKind] = ActionKind.ENABLE_ACCOUNT

    account: str
    name: str = ""
    arguments: dict[str, object] = msgspec.field(default_factory=dict[str, object])

    def principals(self, operations: Operations) -> tuple[str, ...]:
        try:
            return self._run(operations).principals(operations)
        except JackfieldError:
            return ()  # told where it becomes a change

    def change(self, resolved: Resolved, operations: Operations) -> Change:
        return self._run(operations).change(resolved, operations)

    def _run(self, operations: Operations) -> RunRequest:
        action = operations.action_of_kind(self.does, self.name)
        return RunRequest(name=action.name, account=self.account, arguments=self.arguments)


class DisableRequest(EnableRequest, frozen=True, kw_only=True, tag="disable_account"):
    """An account is to be disabled, by the action for it; ``name`` says which where there are several."""

    does = ActionKind.DISABLE_ACCOUNT


class Run(Kind[RunAction]):
    """An action of the connector is run."""

    change = RunAction
    hook = "run_action"
    requests = (EnableRequest, DisableRequest, RunRequest)
    counts = ("enable", "disable", "action", "privileged")
    may_become_other = True

    def arguments(self, change: RunAction) -> Mapping[str, Value]:
        return change.arguments

    def with_arguments(self, change: RunAction, arguments: Mapping[str, Value]) -> RunAction:
        return msgspec.structs.replace(change, arguments=arguments)

    def declared(self, change: RunAction, operations: Operations) -> tuple[Argument, ...]:
        return operations.action(change.name).arguments

    def error_name(self, change: RunAction) -> str:
        return change.name

    def action(self, change: RunAction) -> str:
        return change.name

    def confirmed_by(self, change: RunAction, operations: Operations) -> Confirmation:
        return operations.action(change.name).confirmed_by

    def subject_argument(self, change: RunAction, operations: Operations) -> str | None:
        return operations.action(change.name).account

    def counts_as(self, change: RunAction, operations: Operations, view: View) -> tuple[str, ...]:
        own = _COUNTED.get(operations.action(change.name).kind, "action")
        return (own, "privileged") if self.privileges(change, operations) else (own,)

    def privileges(self, change: RunAction, operations: Operations) -> dict[str, Value]:
        # Whoever has the address that an account is given can sign in as the person, or have its password reset.
        wanted = {each.name for each in operations.arguments(change) if each.privileged or each.sets in ADDRESSES}
        return {name: value for name, value in change.arguments.items() if name in wanted and value}

    def takes_away(self, change: RunAction, operations: Operations) -> bool:
        action = operations.action(change.name)
        return action.destructive or action.kind is ActionKind.DISABLE_ACCOUNT

    def warnings(self, change: RunAction, operations: Operations) -> tuple[str, ...]:
        action = operations.action(change.name)
        harmless = any(change.arguments.get(name) == value for name, value in action.warning_unless.items())
        return (action.warning,) if action.warning and not harmless else ()

    def ends(self, change: RunAction, operations: Operations) -> tuple[str, ...]:
        return operations.action(change.name).ends

    def undoes(self, change: RunAction, operations: Operations) -> tuple[str, ...]:
        enables = operations.action(change.name).kind is ActionKind.ENABLE_ACCOUNT
        return operations.actions_of_kind(ActionKind.DISABLE_ACCOUNT) if enables else ()

    def verb(self, change: RunAction, counted: str) -> str:
        return change.name if counted == "action" else counted

    def weight(self, counted: str) -> int:
        return _WEIGHTS.get(counted, 0)

    def privileged_verb(self, verb: str) -> str:
        return f"{verb} (PRIVILEGED)"

    def takes_from(self, change: RunAction, planned: PlannedChange, view: View) -> ResourceId | None:
        return planned.before.account if "disable" in planned.kinds else None

    def query(self, change: RunAction, operations: Operations) -> StateQuery:
        subject = _subject_name(change, operations)
        if change.account is not None:
            known = (change.account.id, str(change.account))
            names = (subject,) if subject and subject not in known else ()
            return StateQuery(principals=(change.account,), names=names)
        return StateQuery(names=(subject,)) if subject else StateQuery()

    def subject(self, change: RunAction, operations: Operations, view: View) -> AccountState | None:
        if change.account is not None:
            return view.account(change.account)
        name = _subject_name(change, operations)
        return view.named(name) if name else None

    def principals(self, change: RunAction) -> tuple[ResourceId, ...]:
        return (change.account,) if change.account is not None else ()

    def with_account(self, change: RunAction, operations: Operations, view: View) -> RunAction:
        if change.account is None and (found := self.subject(change, operations, view)) is not None:
            return msgspec.structs.replace(change, account=found.account)
        return change

    def evaluate(
        self, change: RunAction, account: AccountState | None, operations: Operations, view: View
    ) -> Evaluation:
        action = operations.action(change.name)
        # Whether an account that was removed can come back is for the application to say, which may show it to nobody.
        hidden = action.kind is ActionKind.RECOVER_ACCOUNT
        if action.account is not None and account is None and not hidden:
            named = str(change.account) if change.account else _subject_name(change, operations) or ""
            return refused("not_found", f"the application has no account {named!r}")
        if (
            account is not None
            and account.status is AccountStatus.DELETED
            and action.kind is ActionKind.DISABLE_ACCOUNT
        ):
            return refused("not_found", f"{account.account} is deleted ({account.status_raw or 'deleted'})", account)
        if action.confirmed_by is Confirmation.READ and self.met(change, operations, view):
            target = self.target(change, operations, view)
            status = status_told(target.status_raw, target.status)
            return already(f"it is so already: the account is {status}{unheeded(self, change, operations)}")
        if account is not None and action.acts_on and account.status not in (*action.acts_on, AccountStatus.UNKNOWN):
            status = status_told(account.status_raw, account.status)
            able = " or ".join(each.value for each in action.acts_on)
            reason = f"the account is {status}, and {action.name} acts only on one that is {able}"
            return refused("wrong_status", reason, account)
        return GO

    def is_met(self, change: RunAction, operations: Operations, view: View, target: TargetState) -> bool:
        action = operations.action(change.name)
        if action.leads_to and target.status not in action.leads_to:
            return False
        if not action.leads_to and not any(each.sets and each.name in change.arguments for each in action.arguments):
            return False  # nothing was asked for that could be so already
        return target.exists and not unlike(self, change, operations, target)

    def comparable(self, state: TargetState) -> TargetState:
        # One that is to be disabled may have another word for being enabled.
        return msgspec.structs.replace(state, status_raw=None)

    def meant_otherwise(
        self, change: RunAction, operations: Operations, view: View
    ) -> tuple[str, AccountState | None] | None:
        # Which of the two an application would act on is its connector's to say.
        name = _subject_name(change, operations)
        if change.account is None or name is None or name in (change.account.id, str(change.account)):
            return None
        if self.subject(change, operations, view) is None:
            return None
        found = view.named(name)
        if found is not None and found.account == change.account:
            return None
        meaning = f"{name!r} means {found.account} by now" if found else f"nobody is {name!r} by now"
        return f"it was planned for {change.account}, and {meaning}", found

    def title(self, change: RunAction, operations: Operations, view: View) -> str:
        subject = operations.action(change.name).account
        whom = who(self.subject(change, operations, view), _subject_name(change, operations) or "")
        return title_with(
            f"{change.name} {whom}".rstrip(), beside(self, change, operations, {subject} if subject else ())
        )

    def exclusive_keys(self, change: RunAction, before: TargetState, operations: Operations) -> set[object]:
        own: set[object] = {(change.name, change.account or _subject_name(change, operations), str(change.arguments))}
        account = before.account or change.account
        return own | {whole_account(account)} if account is not None else own

    def place(self, change: RunAction, planned: PlannedChange, operations: Operations, view: View) -> Place:
        account = planned.before.account or change.account
        return Place(key=account or planned.id, accounts=(account,) if account else (), alters=True)


def _subject_name(change: RunAction, operations: Operations) -> str | None:
    """The name of the account that it is about, as given."""
    named = operations.action(change.name).account
    value = change.arguments.get(named) if named else None
    return value if isinstance(value, str) else None
