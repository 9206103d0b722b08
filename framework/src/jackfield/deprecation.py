"""What goes away of the plugin interface: every warning of the host's stands here, and nowhere else.

Promises that each names the version of its removal and what to do instead. Hides how Python passes warnings on.
"""

import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from typing import ClassVar, cast

import msgspec

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
