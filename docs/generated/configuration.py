"""The keys of a configuration."""

import inspect
from typing import get_args, get_origin

import msgspec

from generated.text import table
from jackfield.config import HostSettings, Secret
from jackfield_dropbox.config import DropboxConfig

HOST, DROPBOX = HostSettings, DropboxConfig
_NAMES = {str: "text", int: "number", float: "number", bool: "true or false", Secret: "secret"}


def keys(struct: type[msgspec.Struct]) -> str:
    """A table of the keys of *struct*."""
    hints = inspect.get_annotations(struct)
    return table(
        ("key", "type", "default", "meaning"),
        [_row(field, hints[field.name]) for field in msgspec.structs.fields(struct)],
    )


def _row(field: msgspec.structs.FieldInfo, hint: object) -> tuple[str, str, str, str]:
    base, *metas = get_args(hint)
    description = next((meta.description for meta in metas if getattr(meta, "description", None)), "")
    return f"`{field.encode_name}`", _type(base), _default(field), description


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if value is None:
        return "none"
    return f"`{msgspec.json.encode(value).decode()}`"


def _type(hint: object) -> str:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is tuple:
        return f"list of {_type(parts[0])}s"
    if origin is dict:
        return f"table of {_type(get_args(parts[1])[0])}s"
    named = [_NAMES[part] for part in parts or (hint,) if part in _NAMES]
    return " or ".join(named) or "number"
