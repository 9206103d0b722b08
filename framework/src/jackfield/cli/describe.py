"""What a connector announces, for programs and for people."""

import types
import typing
from collections.abc import Iterator
from enum import Enum
from typing import Any

import msgspec

from jackfield.cli.output import print_table, say
from jackfield.config import HostSettings, Secret
from jackfield.hookspecs import ConnectorType
from jackfield.host.discovery import Found
from jackfield_contracts import Argument


def connector_document(found: Found[ConnectorType]) -> dict[str, Any]:
    """All that is known of a connector without configuration."""
    kind = found.type
    return {
        "name": found.name,
        "display_name": kind.display_name,
        "distribution": found.distribution,
        "version": found.version,
        "api": ".".join(map(str, kind.api)),
        "docs": kind.docs,
        "consent": kind.oauth is not None,
        "deprecations": deprecations(found),
        "capabilities": [
            {
                "name": one.name,
                "description": one.description,
                "hook": one.hook,
                "permissions": [
                    {"name": each.name, "description": each.description, "optional": each.optional}
                    for each in one.permissions
                ],
                "arguments": [argument_document(each) for each in one.arguments],
            }
            for one in kind.capabilities
        ],
        "resource_types": [
            {
                "name": one.name,
                "display_name": one.display_name,
                "trait": one.trait,
                "description": one.description,
                "permissions": one.permissions,
            }
            for one in kind.resource_types
        ],
        "configuration": keys_of(kind.config),
        "host_configuration": [key for key in keys_of(HostSettings) if key["name"] != "connector"],
    }


def deprecations(found: Found[ConnectorType]) -> list[dict[str, str | None]]:
    """What a connector uses that goes away, as far as can be seen without opening it."""
    return [
        {"uses": each.uses, "gone_in": each.gone_in, "instead": each.instead, "where": each.where}
        for each in found.uses
    ]


def use_text(made: dict[str, Any]) -> str:
    """The document of a use of what goes away, in a sentence."""
    return f"uses {made['uses']}, which goes away in {made['gone_in']}: {made['instead']}"


def argument_document(one: Argument) -> dict[str, Any]:
    """An argument of a change, for programs."""
    return {
        "name": one.name,
        "type": one.type.value,
        "required": one.required,
        "default": one.default,
        "choices": one.choices,
        "description": one.description,
        "secret": one.secret,
    }


def argument_told(made: dict[str, Any]) -> str:
    """The document of an argument in one line."""
    words = ["secret: env:NAME or file:PATH" if made["secret"] else made["type"]]
    if made["required"]:
        words.append("required")
    elif made["default"] is not None:
        words.append(f"default {str(made['default']).lower()}")
    if made["choices"]:
        words.append("one of " + ", ".join(made["choices"]))
    return f"{made['name']} ({', '.join(words)})" + (f": {made['description']}" if made["description"] else "")


def keys_of(struct: type[msgspec.Struct]) -> list[dict[str, Any]]:
    """The keys of a configuration Struct, in the order of their definition; those of a table within it follow it."""
    return list(_keys(struct, ""))


def _keys(struct: type[msgspec.Struct], above: str) -> Iterator[dict[str, Any]]:
    for field in msgspec.structs.fields(struct):
        yield _key(field, above)
        inner = _struct(field.type)
        if inner is not None:
            yield from _keys(inner, f"{above}{field.encode_name}.")


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    """The Struct that a key's value is, or is a list of."""
    if _is(kind, msgspec.Struct):
        return kind
    if hasattr(kind, "__metadata__"):
        return _struct(kind.__origin__)
    return next((found for one in typing.get_args(kind) if (found := _struct(one)) is not None), None)


def _is(kind: Any, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base)


def _key(field: msgspec.structs.FieldInfo, above: str) -> dict[str, Any]:
    secret = _holds(field.type, Secret)
    made: dict[str, Any] = {
        "name": f"{above}{field.encode_name}",
        "type": "secret" if secret else _type(field.type),
        "required": field.required,
        "default": None,
        "description": _description(field.type),
        "secret": secret,
        "variable": None if above else f"JACKFIELD_CONNECTIONS__NAME__{field.encode_name.upper()}",
    }
    if not field.required and not secret:
        default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()  # type: ignore[operator]
        made["default"] = msgspec.to_builtins(default)
    return made


def _description(kind: Any) -> str:
    """The description of an annotated type, at any depth."""
    for meta in getattr(kind, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.description:
            return meta.description
    parts = (kind.__origin__,) if hasattr(kind, "__metadata__") else typing.get_args(kind)
    return next((found for found in map(_description, parts) if found), "")


def _holds(kind: Any, wanted: type) -> bool:
    if hasattr(kind, "__metadata__"):
        return _holds(kind.__origin__, wanted)
    return kind is wanted or any(_holds(one, wanted) for one in typing.get_args(kind))


_PLAIN = {str: "text", bool: "true or false", int: "whole number", float: "number"}


def _type(kind: Any) -> str:
    """A type in words."""
    if hasattr(kind, "__metadata__"):
        return _type(kind.__origin__)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_type(one) for one in parts if one is not type(None))
    if origin is typing.Literal:
        return " or ".join(repr(one) for one in parts)
    if origin in (tuple, list, frozenset, set):
        return f"list of {_type(parts[0])}" if parts else "list"
    if origin is dict:
        return f"table of {_type(parts[1])}" if parts else "table"
    if _struct(kind) is not None:
        return "table"
    if _is(kind, Enum):
        return " or ".join(str(one.value) for one in kind)
    return _PLAIN.get(kind, getattr(kind, "__name__", str(kind)))


def tell_connector(made: dict[str, Any]) -> None:
    """Print a connector's document for people."""
    say(f"{made['display_name']} — connector {made['name']!r}, version {made['version']} ({made['distribution']})")
    say(f"Plugin interface {made['api']}" + (f", documentation: {made['docs']}" if made["docs"] else ""))
    for one in made["deprecations"]:
        say(f"It {use_text(one)}" + (f" ({one['where']})" if one["where"] else ""))
    say()
    say("What it can do, and the permissions that it needs")
    print_table(("capability", "permissions", "description"), [_capability(one) for one in made["capabilities"]])
    for one in made["capabilities"]:
        if one["arguments"]:
            say()
            say(f"Keys of {one['hook']}, as in `jackfield account …` KEY=VALUE")
            for argument in one["arguments"]:
                say(f"  {argument_told(argument)}")
    if made["resource_types"]:
        say()
        say("What it reads")
        rows = [
            (one["name"], one["display_name"], one["trait"], ", ".join(one["permissions"]), one["description"])
            for one in made["resource_types"]
        ]
        print_table(("type", "name", "trait", "permissions", "description"), rows)
    say()
    say(f'Configuration, under [connections.NAME] with connector = "{made["name"]}"')
    _tell_keys(made["configuration"])
    say()
    say("Keys of the host, for every connector")
    _tell_keys(made["host_configuration"])
    say()
    say("A secret may be a reference: env:VARIABLE or file:PATH. In variables, NAME is the connection's, in capitals;")
    say('a table or a list stands there as JSON or TOML, such as ["a", "b"].')
    if made["consent"]:
        say("`jackfield authorize NAME` asks for consent and keeps the refresh token.")


def _capability(one: dict[str, Any]) -> tuple[str, str, str]:
    needed = [each["name"] + (" (optional)" if each["optional"] else "") for each in one["permissions"]]
    later = "" if one["hook"] else " (not in this version)"
    return one["name"], ", ".join(needed) or "none", one["description"] + later


def _tell_keys(keys: list[dict[str, Any]]) -> None:
    for key in keys:
        if key["required"]:
            needed = "required"
        elif key["default"] is None:
            needed = "optional"
        else:
            needed = f"default {msgspec.json.encode(key['default']).decode()}"
        say(f"  {key['name']}  ({key['type']}, {needed})")
        if key["description"]:
            say(f"      {key['description']}")
        if key["variable"]:
            say(f"      ${key['variable']}")
