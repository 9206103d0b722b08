"""What one connection can change: its actions and accounts, their arguments, and how each change is counted."""

import msgspec

from jackfield.changes.kinds.given import check_form, checked, shown_value
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield.config.load import did_you_mean
from jackfield.errors import BadConfig, Unsupported
from jackfield.host.connection import Connection
from jackfield_contracts import Action, ActionKind, Argument, Capability, Change, Confirmation


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

    def action_of_kind(self, kind: ActionKind, name: str = "") -> Action:
        """The action of that kind, the one called *name* where there are several; raises Unsupported or BadConfig."""
        connection = self._connection
        found = {each.name: each for each in self._actions.values() if each.kind is kind}
        verb = kind.value.partition("_")[0]
        if not found:
            raise Unsupported(
                f"the connector {connection.plugin.name!r} has no action that can {verb} accounts",
                connection=connection.name,
                hint=f"`jackfield action list {connection.name}` shows those that it has.",
            )
        if not name and len(found) == 1:
            return next(iter(found.values()))
        if not name:
            raise BadConfig(
                f"several actions can {verb} accounts: {', '.join(found)}",
                hint=f"Run the one you mean: `jackfield action run {connection.name} {next(iter(found))} …`.",
            )
        if name not in found:
            raise BadConfig(
                f"{name!r} is no action that can {verb} accounts",
                path="name",
                hint=did_you_mean(name, found) or f"There is {', '.join(found)}.",
            )
        return found[name]

    def actions_of_kind(self, kind: ActionKind) -> tuple[str, ...]:
        """The names of all actions of that kind."""
        return tuple(each.name for each in self._actions.values() if each.kind is kind)

    def capability(self, hook: str) -> Capability | None:
        """What the connector says of the changes that *hook* makes."""
        return self._capabilities.get(hook)

    def batch_of(self, type: str) -> int:
        """How many changes of resources of this type one call may take."""
        return max(1, self._batches.get(type, 1))

    def arguments(self, change: Change) -> tuple[Argument, ...]:
        """The arguments that a change takes. What a secret one sets is not compared: no read shows it, and no plan has it."""
        return tuple(
            msgspec.structs.replace(each, sets=None, default=None) if each.secret else each
            for each in kind_of(change).declared(change, self)
        )

    def secrets(self, change: Change) -> dict[str, str]:
        """The references of the secret arguments that *change* is given; raises BadConfig for a value in place of one."""
        kind = kind_of(change)
        found: dict[str, str] = {}
        for argument in kind.declared(change, self):
            value = kind.arguments(change).get(argument.name)
            if argument.secret and value is not None:
                check_form(argument, value)
                found[argument.name] = str(value)
        return found

    def confirmed_by(self, change: Change) -> Confirmation:
        """How a change is known to be made."""
        return kind_of(change).confirmed_by(change, self)

    def batch(self, change: Change) -> int:
        """How many changes like this one call may take."""
        return kind_of(change).batch(change, self)

    def completed(self, change: Change) -> Change:
        """*change* with its arguments checked, and those left out at their defaults.

        Raises Unsupported where the connector can't make it, BadConfig for a wrong argument.
        """
        kind = kind_of(change)
        if not self._connection.implements(kind.hook):
            raise Unsupported(
                f"the connector {self._connection.plugin.name!r} can't do it: it has no {kind.hook}",
                connection=self._connection.name,
            )
        return kind.with_arguments(
            change, checked(kind.arguments(change), self.arguments(change), kind.error_name(change))
        )

    def kinds(self, change: Change, view: View) -> tuple[str, ...]:
        """What the change counts as."""
        return kind_of(change).counts_as(change, self, view)

    def effects(self, change: Change) -> tuple[str, ...]:
        """What *change* does beside that can't be taken back, in words, such as *wipes devices*."""
        given = kind_of(change).arguments(change)
        return tuple(
            f"{each.effect}" if value is True else f"{each.effect} {shown_value(value)}"
            for each in self.arguments(change)
            if each.effect and (value := given.get(each.name)) not in (None, False, "", ())
        )

    def takes_away(self, change: Change) -> bool:
        """Whether *change* takes something away, or does something that can't be taken back."""
        return bool(self.effects(change)) or kind_of(change).takes_away(change, self)

    def warnings(self, change: Change) -> tuple[str, ...]:
        """What a person should know before the change is made."""
        read = (
            f"the value of {name} is read from {reference} when it is made"
            for name, reference in self.secrets(change).items()
        )
        return (*kind_of(change).warnings(change, self), *read)
