"""What goes away of the plugin interface, and which of it a plugin uses: every warning of the host's stands here.

Promises that each names the version of its removal and what to do instead, and that to look for uses opens and calls
nothing. Hides how Python passes warnings on, and what of a plugin can be seen before it is open.
"""

import inspect
import typing
import warnings
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from typing import ClassVar, cast

import msgspec
import pluggy

from jackfield import hookspecs
from jackfield.hookspecs import PROJECT, ConnectorSpec, ConnectorType, Reads
from jackfield.host.relay import new_relay

_HERE = f"{hookspecs.__file__}, "

ROWS_LOOKED_AT = 1000
"""Of how many rows of one answer it is looked up whether they set a field that goes away."""


class JackfieldDeprecation(DeprecationWarning):
    """Something goes away; raised as one of the classes below, one for each version in which things are removed.

    ``uses`` says what ("the hook list_page"), ``instead`` what to do ("implement read_page").
    """

    gone_in: ClassVar[str]

    def __init__(self, uses: str, *, instead: str) -> None:
        super().__init__(f"{uses} goes away in {self.gone_in}: {instead}")
        self.uses = uses
        self.instead = instead


class RemovedIn2Warning(JackfieldDeprecation):
    """Goes away in version 2 of the plugin interface."""

    gone_in = "plugin interface 2"


FIELDS: Mapping[type[msgspec.Struct], Mapping[str, JackfieldDeprecation]] = {}
"""The fields of contracts that go away. In the contract itself, ``extra_json_schema={"deprecated": True}`` marks each."""


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One use that a plugin makes of what goes away; ``where`` is a file and line, if known."""

    uses: str
    gone_in: str
    instead: str
    where: str | None = None

    def __str__(self) -> str:
        return f"uses {self.uses}, which goes away in {self.gone_in}: {self.instead}"


def use_of(warning: JackfieldDeprecation, where: str | None = None) -> Use:
    """The use that *warning* is about."""
    return Use(uses=warning.uses, gone_in=warning.gone_in, instead=warning.instead, where=where)


@contextmanager
def collected() -> Generator[list[Use]]:
    """Take up what is warned of within the block; the list is filled at its end. Other warnings go on as ever.

    For blocks that await nothing: the warnings of other tasks would be taken up too.
    """
    uses: list[Use] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", JackfieldDeprecation)
        yield uses
    for each in caught:
        if isinstance(each.message, JackfieldDeprecation):
            uses.append(use_of(each.message, f"{each.filename}, line {each.lineno}"))
        else:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def fields_used(value: object) -> tuple[Use, ...]:
    """Which fields that go away are set in *value*, each once: a contract, or many. Free where none goes away."""
    if not FIELDS:
        return ()
    found = dict.fromkeys(use_of(warning) for warning in _set_in(value))
    return tuple(found)


def _set_in(value: object) -> Generator[JackfieldDeprecation]:
    if isinstance(value, msgspec.Struct):
        goes = FIELDS.get(type(value), {})
        for field in msgspec.structs.fields(value) if goes else ():
            if field.name in goes and getattr(value, field.name) != field.default:
                yield goes[field.name]
        yield from _set_in(tuple(getattr(value, name) for name in value.__struct_fields__))
    elif isinstance(value, tuple | list):
        rows = cast("tuple[object, ...] | list[object]", value)
        yield from chain.from_iterable(map(_set_in, islice(rows, ROWS_LOOKED_AT)))
    elif isinstance(value, dict):
        yield from _set_in(tuple(cast("dict[str, object]", value).values()))


def uses_of(kind: ConnectorType) -> tuple[Use, ...]:
    """What can be seen without opening: the fields of the type itself, and the hooks.

    The hooks are those of the class that ``open`` gives by its annotation, such as ``AsyncGenerator[Acme]``; without one,
    those that the capabilities name.
    """
    implementation = _implementation(kind)
    if implementation is not None:
        relay = new_relay(ConnectorSpec)
        try:
            uses = register(relay, implementation, kind.name)
        except pluggy.PluginValidationError:
            uses = ()  # told when it is opened
    else:
        uses = tuple(
            use_of(warning)
            for name in dict.fromkeys(one.hook for one in kind.capabilities if one.hook)
            if (warning := _option(name, "warn_on_impl")) is not None
        )
    return (*uses, *fields_used(kind))


def register(relay: pluggy.PluginManager, implementation: object, name: str) -> tuple[Use, ...]:
    """Register *implementation*; gives what goes away of the hooks and arguments that it implements.

    Raises PluginValidationError for what does not fit them.
    """
    with collected() as uses:
        relay.register(implementation, name=name)
    own = (each for each in uses if not (each.where or "").startswith(_HERE))
    return tuple(dict.fromkeys((*own, *_of_families(implementation))))


def _of_families(implementation: object) -> Iterable[Use]:
    """``Reads`` implements the hooks that read itself; what is the plugin's own are the arguments of its methods."""
    cls = implementation if isinstance(implementation, type) else type(implementation)
    if not issubclass(cls, Reads):
        return
    goes: dict[str, JackfieldDeprecation] = _option("read_page", "warn_on_impl_args") or {}
    for argument in dict.fromkeys(each for named in cls.arguments_named() for each in named):
        if argument in goes:
            yield use_of(goes[argument])


def _option(hook: str, name: str) -> typing.Any:
    return getattr(getattr(ConnectorSpec, hook, None), f"{PROJECT}_spec", {}).get(name)


def _implementation(kind: ConnectorType) -> type | None:
    """The class of what ``open`` gives, where its annotation says so."""
    try:
        given = typing.get_args(typing.get_type_hints(inspect.unwrap(kind.open)).get("return"))
    except Exception:  # noqa: BLE001 - annotations of foreign code are evaluated here
        return None  # what can't be told from them is looked at once the connector is open
    return given[0] if given and isinstance(given[0], type) else None
