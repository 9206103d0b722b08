"""The keys of a configuration."""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

import msgspec

from generated.text import table
from jackfield.config import HostSettings, Secret
from jackfield_dropbox.config import DropboxConfig
from jackfield_roster.config import RosterConfig
from jackfield_scim.config import ScimConfig

HOST, DROPBOX, ROSTER, SCIM = HostSettings, DropboxConfig, RosterConfig, ScimConfig
_NAMES: dict[object, str] = {str: "text", int: "number", float: "number", bool: "true or false", Secret: "secret"}


def keys(struct: type[msgspec.Struct]) -> str:
    """A table of the keys of *struct*; those of a table within it follow it, with its name before theirs."""
    return table(("key", "type", "default", "meaning"), _rows(struct, ""))


def _rows(struct: type[msgspec.Struct], above: str) -> Iterator[tuple[str, str, str, str]]:
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        base, *metas = get_args(hints[field.name])
        description = next((meta.description for meta in metas if getattr(meta, "description", None)), "")
        yield f"`{above}{field.encode_name}`", _type(base), _default(field), description
        inner = _inner(base)
        if inner is not None:
            yield from _rows(inner, f"{above}{field.encode_name}.")


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if isinstance(value, msgspec.Struct):
        return "those below"
    return "none" if value in (None, (), {}, []) else f"`{msgspec.json.encode(value).decode()}`"


def _inner(hint: object) -> type[msgspec.Struct] | None:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    return next((found for one in get_args(hint) if (found := _inner(one)) is not None), None)


def _type(hint: object) -> str:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return "table"
    origin, parts = get_origin(hint), get_args(hint)
    if origin is tuple:
        return f"list of {_type(parts[0])}"
    if origin is dict:
        return f"table of {_type(parts[1])}"
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin is Annotated:
        return _type(parts[0])
    if parts:
        return " or ".join(dict.fromkeys(_type(part) for part in parts if part is not type(None)))
    return _NAMES.get(hint, "word")
