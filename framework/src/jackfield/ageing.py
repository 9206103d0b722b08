"""Which parts of the plugin interface that go away a plugin uses.

Promises to open and call nothing. Hides what of a plugin can be seen before it is open.
"""

import inspect
import typing
from collections.abc import Iterable

import pluggy

from jackfield import hookspecs
from jackfield.deprecation import JackfieldDeprecation, Use, collected, fields_used, use_of
from jackfield.hookspecs import PROJECT, ConnectorSpec, ConnectorType, Reads

_HERE = f"{hookspecs.__file__}, "


def uses_of(kind: ConnectorType) -> tuple[Use, ...]:
    """What can be seen without opening: the fields of the type itself, and the hooks.

    The hooks are those of the class that ``open`` gives by its annotation, such as ``AsyncGenerator[Acme]``; without one,
    those that the capabilities name.
    """
    implementation = _implementation(kind)
    if implementation is not None:
        relay = pluggy.PluginManager(PROJECT)
        relay.add_hookspecs(ConnectorSpec)
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
