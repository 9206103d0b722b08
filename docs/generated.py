"""What `make docs` writes into the reference pages, from the code itself."""

import inspect
from collections.abc import Iterator
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

import msgspec

from jackfield import errors
from jackfield.config import HostSettings, Secret
from jackfield.hookspecs import ConnectorSpec, PolicySpec
from jackfield_dropbox.config import DropboxConfig
from jackfield_roster.config import RosterConfig


def configuration(struct: type[msgspec.Struct]) -> str:
    """A table of the keys of a configuration; those of a table within it follow it, with its name before theirs."""
    return "\n".join(["| key | type | default | meaning |", "|---|---|---|---|", *_keys(struct, "")])


def _keys(struct: type[msgspec.Struct], above: str) -> Iterator[str]:
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        base, description = _described(hints[field.name])
        inner = _inner(base)
        made = field.default if field.default is not msgspec.NODEFAULT else field.default_factory
        if field.required:
            default = "required"
        elif made in (None, dict, list, ()) or made is msgspec.NODEFAULT:
            default = "none"
        else:
            default = f"`{getattr(made, 'value', made)!r}`"
        yield f"| `{above}{field.encode_name}` | {_type(base)} | {default} | {description} |"
        if inner is not None:
            yield from _keys(inner, f"{above}{field.encode_name}.")


def _described(hint: object) -> tuple[object, str]:
    base, *metas = get_args(hint)
    return base, next((meta.description for meta in metas if getattr(meta, "description", None)), "")


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
    names: dict[object, str] = {str: "text", int: "number", float: "number", bool: "true or false", Secret: "secret"}
    return names.get(hint, "word")


def error_table() -> str:
    """A table of the host's errors with their exit codes."""
    lines = ["| class | exit code | meaning |", "|---|---|---|"]
    for _, error in inspect.getmembers(errors, inspect.isclass):
        if issubclass(error, errors.JackfieldError) and error is not errors.JackfieldError:
            lines.append(f"| `{error.__name__}` | {error.exit_code} | {_first(error)} |")
    return "\n".join(lines)


def hook_table() -> str:
    """A table of the hooks."""
    lines = ["| hook | arguments | meaning |", "|---|---|---|"]
    for spec, who in ((ConnectorSpec, "connector"), (PolicySpec, "policy")):
        for name, hook in inspect.getmembers(spec, inspect.isfunction):
            if name.startswith("_"):
                continue
            arguments = ", ".join(f"`{argument}`" for argument in list(inspect.signature(hook).parameters)[1:]) or "–"
            lines.append(f"| {who} `{name}` | {arguments} | {_first(hook)} |")
    return "\n".join(lines)


def _first(thing: object) -> str:
    return (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")


HOST, DROPBOX, ROSTER = HostSettings, DropboxConfig, RosterConfig
