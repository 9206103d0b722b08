"""What `make docs` writes into the reference pages, from the code itself."""

import inspect
from typing import get_args, get_origin

import msgspec

from jackfield import errors
from jackfield.config import HostSettings, Secret
from jackfield.hookspecs import ConnectorSpec, PolicySpec
from jackfield_dropbox.config import DropboxConfig


def configuration(struct: type[msgspec.Struct]) -> str:
    """A table of the keys of a configuration."""
    lines = ["| key | type | default | meaning |", "|---|---|---|---|"]
    hints = inspect.get_annotations(struct)
    for field in msgspec.structs.fields(struct):
        base, description = _described(hints[field.name])
        required = field.required
        default = "required" if required else f"`{field.default!r}`".replace("None", "none")
        lines.append(f"| `{field.encode_name}` | {_type(base)} | {default} | {description} |")
    return "\n".join(lines)


def _described(hint: object) -> tuple[object, str]:
    base, *metas = get_args(hint)
    return base, next((meta.description for meta in metas if getattr(meta, "description", None)), "")


def _type(hint: object) -> str:
    parts = get_args(hint) if get_origin(hint) is not None or get_args(hint) else (hint,)
    names = {str: "text", int: "number", float: "number", bool: "true or false", Secret: "secret"}
    return " or ".join(names[part] for part in parts if part in names) or "number"


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


HOST, DROPBOX = HostSettings, DropboxConfig
