"""What one connection can change: its actions and accounts, their arguments, and how each change is counted."""

from collections.abc import Iterable, Mapping

import msgspec

from jackfield.config.load import did_you_mean
from jackfield.config.secrets import is_reference
from jackfield.errors import BadConfig, Unsupported
from jackfield.host.connection import Connection
from jackfield_contracts import (
    Action,
    ActionKind,
    Argument,
    ArgumentType,
    Change,
    Confirmation,
    CreateAccount,
    DeleteAccount,
    Entitlement,
    GrantAccess,
    RevokeAccess,
    RunAction,
    Value,
)

KINDS = ("grant", "revoke", "privileged", "create", "delete", "enable", "disable", "action")
"""What limits count. A change of a privileged entitlement counts as *privileged* beside its own kind."""

_OF_ACTIONS = {ActionKind.ENABLE_ACCOUNT: "enable", ActionKind.DISABLE_ACCOUNT: "disable"}
_FORMS: Mapping[ArgumentType, type] = {
    ArgumentType.STRING: str,
    ArgumentType.INTEGER: int,
    ArgumentType.BOOLEAN: bool,
    ArgumentType.STRINGS: tuple,
}


class Operations:
    """The operations of one open connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._actions = {action.name: action for action in connection.actions()}
        self._capabilities = {each.hook: each for each in connection.plugin.type.capabilities if each.hook}
        self._batches = {each.name: each.batch for each in connection.resource_types()}

    def action(self, name: str) -> Action:
        """The action of that name; raises Unsupported."""
        if name not in self._actions:
            known = ", ".join(sorted(self._actions)) or "none"
            raise Unsupported(
                f"the connector has no action {name!r}",
                connection=self._connection.name,
                hint=did_you_mean(name, self._actions) or f"Its actions: {known}.",
            )
        return self._actions[name]

    def arguments(self, change: Change) -> tuple[Argument, ...]:
        """The arguments that a change takes. What a secret one sets is not compared: no read shows it, and no plan has it."""
        return tuple(
            msgspec.structs.replace(each, sets=None, default=None) if each.secret else each
            for each in self._declared(change)
        )

    def _declared(self, change: Change) -> tuple[Argument, ...]:
        if isinstance(change, RunAction):
            return self.action(change.name).arguments
        if isinstance(change, CreateAccount | DeleteAccount):
            hook = "create_account" if isinstance(change, CreateAccount) else "delete_account"
            capability = self._capabilities.get(hook)
            return capability.arguments if capability else ()
        return ()

    def secrets(self, change: Change) -> dict[str, str]:
        """The references of the secret arguments that *change* is given; raises BadConfig for a value in place of one."""
        if isinstance(change, GrantAccess | RevokeAccess):
            return {}
        found: dict[str, str] = {}
        for argument in self._declared(change):
            value = change.arguments.get(argument.name)
            if argument.secret and value is not None:
                _check_form(argument, value)
                found[argument.name] = str(value)
        return found

    def confirmed_by(self, change: Change) -> Confirmation:
        """How a change is known to be made."""
        if isinstance(change, RunAction):
            return self.action(change.name).confirmed_by
        hook = "create_account" if isinstance(change, CreateAccount) else "delete_account"
        if isinstance(change, CreateAccount | DeleteAccount) and (capability := self._capabilities.get(hook)):
            return capability.confirmed_by
        return Confirmation.READ

    def batch(self, change: Change) -> int:
        """How many changes like this one call may take."""
        if isinstance(change, GrantAccess | RevokeAccess):
            return max(1, self._batches.get(change.entitlement.resource.type, 1))
        return max(1, self._batches.get(change.type, 1)) if isinstance(change, CreateAccount) else 1

    def completed(self, change: Change) -> Change:
        """*change* with its arguments checked, and those left out at their defaults.

        Raises Unsupported where the connector can't make it, BadConfig for a wrong argument.
        """
        hook = _hook(change)
        if not self._connection.implements(hook):
            raise Unsupported(
                f"the connector {self._connection.plugin.name!r} can't do it: it has no {hook}",
                connection=self._connection.name,
            )
        if isinstance(change, GrantAccess | RevokeAccess):
            return change
        declared = self.arguments(change)
        of = change.name if isinstance(change, RunAction) else hook
        return msgspec.structs.replace(change, arguments=_checked(change.arguments, declared, of))

    def kinds(self, change: Change, entitlement: Entitlement | None) -> tuple[str, ...]:
        """What the change counts as."""
        if isinstance(change, GrantAccess | RevokeAccess):
            own = "grant" if isinstance(change, GrantAccess) else "revoke"
            return (own, "privileged") if entitlement is not None and entitlement.privileged else (own,)
        if isinstance(change, CreateAccount):
            return ("create", "privileged") if self.privileges(change) else ("create",)
        if isinstance(change, DeleteAccount):
            return ("delete",)
        own = _OF_ACTIONS.get(self.action(change.name).kind, "action")
        return (own, "privileged") if self.privileges(change) else (own,)

    def privileges(self, change: CreateAccount | RunAction) -> dict[str, Value]:
        """What *change* gives an account that counts as a privilege, by argument.

        So does another login: whoever has that address can sign in as the person from then on.
        """
        moves = isinstance(change, RunAction)
        wanted = {each.name for each in self.arguments(change) if each.privileged or (moves and each.sets == "login")}
        return {name: value for name, value in change.arguments.items() if name in wanted and value}

    def effects(self, change: Change) -> tuple[str, ...]:
        """What *change* does beside that can't be taken back, in words, such as *wipes devices*."""
        if isinstance(change, GrantAccess | RevokeAccess):
            return ()
        given = ((each, change.arguments.get(each.name)) for each in self.arguments(change) if each.effect)
        return tuple(
            f"{each.effect}" if value is True else f"{each.effect} {shown_value(value)}"
            for each, value in given
            if value not in (None, False, "", ())
        )

    def takes_away(self, change: Change) -> bool:
        """Whether *change* takes something away, or does something that can't be taken back."""
        if isinstance(change, RevokeAccess | DeleteAccount) or self.effects(change):
            return True
        if not isinstance(change, RunAction):
            return False
        action = self.action(change.name)
        return action.destructive or action.kind is ActionKind.DISABLE_ACCOUNT

    def warnings(self, change: Change) -> tuple[str, ...]:
        """What a person should know before the change is made."""
        read = tuple(
            f"the value of {name} is read from {reference} when it is made"
            for name, reference in self.secrets(change).items()
        )
        if not isinstance(change, RunAction):
            return read
        action = self.action(change.name)
        harmless = any(change.arguments.get(name) == value for name, value in action.warning_unless.items())
        return (action.warning, *read) if action.warning and not harmless else read

    def login(self, change: CreateAccount) -> str | None:
        """The name by which the account is found once it is made."""
        for argument in self.arguments(change):
            if argument.sets == "login" and isinstance(value := change.arguments.get(argument.name), str):
                return value
        return None

    def subject(self, change: RunAction) -> str | None:
        """The name of the account that an action is about, as given."""
        named = self.action(change.name).account
        value = change.arguments.get(named) if named else None
        return value if isinstance(value, str) else None


def shown_value(value: Value) -> str:
    """A value in words; an empty one is shown as such."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(value) or "none"
    return str(value) if value not in (None, "") else "none"


def _hook(change: Change) -> str:
    if isinstance(change, RunAction):
        return "run_action"
    names: dict[type[Change], str] = {
        GrantAccess: "grant",
        RevokeAccess: "revoke",
        CreateAccount: "create_account",
        DeleteAccount: "delete_account",
    }
    return names[type(change)]


def _checked(given: Mapping[str, Value], declared: tuple[Argument, ...], of: str) -> dict[str, Value]:
    known = {argument.name: argument for argument in declared}
    for name, value in given.items():
        argument = known.get(name)
        if argument is None:
            raise BadConfig(
                f"{of} takes no {name!r}",
                path=name,
                hint=did_you_mean(name, known) or f"It takes {_listed(known)}.",
            )
        _check_form(argument, value)
    if missing := [each.name for each in declared if each.required and given.get(each.name) in (None, "")]:
        raise BadConfig(f"{of} needs {_listed(missing)}", path=missing[0])
    defaults = {each.name: each.default for each in declared if each.default is not None}
    # Nothing counts as left out: else a connector would fill in what no title has told.
    return {**defaults, **{name: value for name, value in given.items() if value is not None}}


def _check_form(argument: Argument, value: Value) -> None:
    if value is None:
        return
    if argument.secret:
        if not isinstance(value, str) or not is_reference(value):
            raise BadConfig(
                f"{argument.name} is secret, so that its value is not written down",
                path=argument.name,
                hint="Write where it is read from in its place: env:NAME or file:PATH.",
            )
        return
    form = _FORMS[argument.type]
    if not isinstance(value, form) or (form is int and isinstance(value, bool)):
        raise BadConfig(f"{argument.name} must be of type {argument.type.value}", path=argument.name)
    if argument.choices and value not in argument.choices:
        raise BadConfig(f"{argument.name} must be one of {_listed(argument.choices)}", path=argument.name)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
