"""Arguments of changes: in which form they are, how they are told, and whether the state shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from jackfield.changes.addresses import ADDRESSES
from jackfield.config.load import did_you_mean
from jackfield.config.secrets import is_reference
from jackfield.errors import BadConfig
from jackfield_contracts import Argument, ArgumentType, TargetState, Value

if TYPE_CHECKING:
    from jackfield.changes.kinds.kind import C, Kind
    from jackfield.changes.kinds.operations import Operations

_FORMS: Mapping[ArgumentType, type] = {
    ArgumentType.STRING: str,
    ArgumentType.INTEGER: int,
    ArgumentType.BOOLEAN: bool,
    ArgumentType.STRINGS: tuple,
}


def shown_value(value: Value) -> str:
    """A value in words; an empty one is shown as such."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(value) or "none"
    return str(value) if value not in (None, "") else "none"


def title_with(title: str, beside: Iterable[str]) -> str:
    """*title* and what is asked for beside."""
    message = ", ".join(beside)
    return f"{title}: {message}" if message else title


def beside(kind: Kind[C], change: C, operations: Operations, named: Collection[str] = ()) -> Iterator[str]:
    """What cannot be taken back, and then each argument that is not *named* and not as it is where nothing is said."""
    yield from operations.effects(change)
    for each in operations.arguments(change):
        value = kind.arguments(change).get(each.name)
        unsaid = value is None or value == each.default or (value is False and each.default is None)
        if not unsaid and each.name not in named and not (each.effect and value not in (False, "", ())):
            yield f"{each.name} {shown_value(value)}"


def unread(kind: Kind[C], change: C, operations: Operations) -> list[str]:
    """The arguments that ask for something of which no read tells whether it was done, such as wiping a device."""
    named = kind.subject_argument(change, operations)
    return [
        each.name
        for each in operations.arguments(change)
        if each.sets is None and each.name != named and kind.arguments(change).get(each.name)
    ]


def unlike(kind: Kind[C], change: C, operations: Operations, target: TargetState) -> list[str]:
    """The arguments whose values the application shows otherwise; those it does not show are passed over."""
    return [
        argument.name
        for argument in operations.arguments(change)
        if argument.sets in target.facts
        and (wanted := kind.arguments(change).get(argument.name)) is not None
        and not _same(wanted, target.facts[argument.sets], address=argument.sets in ADDRESSES)
    ]


def unheeded(kind: Kind[C], change: C, operations: Operations) -> str:
    """What *change* asks for beside, of which no read tells whether it was done: nothing is asked for what is so already."""
    left = unread(kind, change, operations)
    return f"; nothing was asked for now, so that {', '.join(left)} had no effect" if left else ""


def _same(wanted: Value, shown: Value, *, address: bool) -> bool:
    if isinstance(wanted, tuple):
        return isinstance(shown, tuple) and set(wanted) <= set(shown)
    if isinstance(wanted, str):
        # An empty text clears a value. Addresses come back in other letters; "McDonald" is not "mcdonald".
        seen = shown if isinstance(shown, str) else ""
        return wanted.casefold() == seen.casefold() if address else wanted == seen
    return wanted == shown


def checked(given: Mapping[str, Value], declared: tuple[Argument, ...], of: str) -> dict[str, Value]:
    """*given* in the forms that are *declared*, and those left out at their defaults; raises BadConfig."""
    known = {argument.name: argument for argument in declared}
    for name, value in given.items():
        argument = known.get(name)
        if argument is None:
            raise BadConfig(
                f"{of} takes no {name!r}",
                path=name,
                hint=did_you_mean(name, known) or f"It takes {_listed(known)}.",
            )
        check_form(argument, value)
    if missing := [each.name for each in declared if each.required and given.get(each.name) in (None, "")]:
        raise BadConfig(f"{of} needs {_listed(missing)}", path=missing[0])
    defaults = {each.name: each.default for each in declared if each.default is not None}
    # Nothing counts as left out: else a connector would fill in what no title has told.
    return {**defaults, **{name: value for name, value in given.items() if value is not None}}


def check_form(argument: Argument, value: Value) -> None:
    """Raise BadConfig where *value* has not the form of *argument*."""
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
    if argument.sets in ADDRESSES and isinstance(value, str) and value != value.strip():
        # No account would ever be found by it again.
        raise BadConfig(f"{argument.name} has white space at an end: {value!r}", path=argument.name)
    if argument.choices and value not in argument.choices:
        raise BadConfig(f"{argument.name} must be one of {_listed(argument.choices)}", path=argument.name)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
