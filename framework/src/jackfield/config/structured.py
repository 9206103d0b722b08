"""Tables and lists in a variable of the environment: their text as JSON, or as TOML."""

import json
import tomllib
import types
import typing
from typing import Any

import msgspec

from jackfield.errors import BadConfig
from jackfield.files.repeated_keys import repeated_key

_CONTAINERS = (tuple, list, set, frozenset, dict)


def is_structured(kind: Any) -> bool:
    """Whether a value of *kind*, the type of a key, is a table or a list and nothing else."""
    if hasattr(kind, "__metadata__"):
        return is_structured(kind.__origin__)
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return all(is_structured(each) for each in typing.get_args(kind) if each is not type(None))
    if origin in _CONTAINERS or kind in _CONTAINERS:
        return True
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def read_structured(text: str, path: str) -> object:
    """The table or list that *text* is, in JSON or as a value of TOML; raises BadConfig with *path*."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        pass  # then it has to be TOML, which knows no key twice
    else:
        if (twice := repeated_key(text)) is not None:
            raise BadConfig(f"the key {twice!r} stands there twice", path=path)
        return found
    try:
        found = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        found = {}
    if list(found) != ["value"]:
        raise BadConfig(
            "expected a table or a list, as JSON or TOML",
            path=path,
            hint="""Write a list as ["a", "b"], a table as {"a": 1} or { a = 1 }.""",
        )
    return found["value"]
