"""Values of arguments as people write them: ``key=value``, cells of a table, or what JSON and TOML hold."""

import csv
import re
from collections.abc import Iterable, Mapping
from typing import cast

from jackfield.changes.addresses import ADDRESSES, address_problem
from jackfield.errors import BadConfig
from jackfield_contracts import Argument, ArgumentType, Value

_TRUTH: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


def read_pairs(pairs: Iterable[str]) -> dict[str, object]:
    """The values of ``key=value`` texts, a tuple of all where a key is repeated; raises BadConfig."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise BadConfig(f"{pair!r} is no argument", hint="Write key=value.")
        found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else tuple(values) for key, values in found.items()}


def read_values(given: Mapping[str, object], declared: Iterable[Argument]) -> dict[str, Value]:
    """*given* in the forms of the arguments that are *declared*; one that is not stays a text. Raises BadConfig."""
    known = {argument.name: argument for argument in declared}
    return {
        name: read_value(known.get(name) or Argument(name=name), value)
        for name, value in given.items()
        if value is not None
    }


def read_value(argument: Argument, given: object) -> Value:
    """*given*, a text or several or a value of JSON or TOML, in the form of *argument*; raises BadConfig."""
    if argument.secret and isinstance(given, str):
        return given  # where the value is read from
    if argument.type is ArgumentType.STRINGS:
        return _strings(argument, given)
    if isinstance(given, list | tuple):
        raise BadConfig(f"{argument.name} takes one value, not several", path=argument.name)
    if argument.type is ArgumentType.STRING:
        if isinstance(given, str):
            if argument.sets in ADDRESSES and (wrong := address_problem(given)) is not None:
                wrong.path = argument.name
                raise wrong
            return given
        raise BadConfig(f"{argument.name} must be a text", path=argument.name)
    if argument.type is ArgumentType.BOOLEAN:
        return read_truth(argument.name, given)
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, str) and _INTEGER.fullmatch(given.strip()):
        return int(given)
    raise BadConfig(f"{argument.name} must be a whole number", path=argument.name)


def read_truth(name: str, given: object) -> bool:
    """*given* as true or false; raises BadConfig."""
    if isinstance(given, bool):
        return given
    found = _TRUTH.get(given.strip().casefold()) if isinstance(given, str) else None
    if found is None:
        raise BadConfig(f"{name} must be true or false (or yes or no)", path=name)
    return found


def _strings(argument: Argument, given: object) -> tuple[str, ...]:
    """Each text holds some, between commas; one that has a comma itself stands in quotation marks."""
    if not isinstance(given, str | tuple | list):
        raise BadConfig(f"{argument.name} must be a list of texts", path=argument.name)
    texts: Iterable[object] = (given,) if isinstance(given, str) else cast("Iterable[object]", given)
    split = not isinstance(given, list)  # JSON and TOML have lists of their own
    found: list[str] = []
    for text in texts:
        if not isinstance(text, str):
            raise BadConfig(f"{argument.name} must be a list of texts", path=argument.name)
        found += _between_commas(argument.name, text) if split else [text]
    return tuple(found)


def _between_commas(name: str, text: str) -> list[str]:
    try:
        rows = list(csv.reader([text], skipinitialspace=True, strict=True))
    except csv.Error:
        raise BadConfig(f"the quotation marks of {name} do not pair", path=name) from None
    return [each.strip() for row in rows for each in row if each.strip()]
