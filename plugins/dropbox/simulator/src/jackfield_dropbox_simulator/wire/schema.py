"""A small language for the arguments of routes, and its strict reader.

Dropbox refuses whatever does not fit an argument's definition with HTTP 400 and a line of plain text.
"""

from __future__ import annotations

import re
from typing import Any, cast

import msgspec

# Decoded JSON is of any shape; these readers are where it gets one.
Json = Any


class BadArgumentError(Exception):
    """The argument does not fit; the message is Dropbox's wording, with the place."""


class Str(msgspec.Struct, frozen=True):
    """A string, with its length and the pattern that the whole of it must match."""

    least: int = 0
    most: int = 0
    pattern: str = ""


class Int(msgspec.Struct, frozen=True):
    """A whole number within bounds."""

    least: int
    most: int


class Bool(msgspec.Struct, frozen=True):
    """True or false."""


class Void(msgspec.Struct, frozen=True):
    """No value: the argument `null`, or a tag without payload."""


class ListOf(msgspec.Struct, frozen=True):
    """A list; `most` 0 means any length."""

    item: Schema
    most: int = 0


class Union(msgspec.Struct, frozen=True):
    """One of some tags; a payload sits under a key with the tag's name."""

    tags: dict[str, Schema]


class Field(msgspec.Struct, frozen=True):
    """A field of a record: required unless `optional`; when absent it reads as `default`."""

    schema: Schema
    optional: bool = False
    default: Json = None


class Record(msgspec.Struct, frozen=True):
    """A struct with named fields."""

    fields: dict[str, Field]


Schema = Str | Int | Bool | Void | ListOf | Union | Record


def decode(schema: Schema, body: bytes) -> Json:
    """Reads a request body by the schema; unions come out as `(tag, value)`, records as dicts with all fields."""
    if not body:
        raise BadArgumentError("request body: could not decode input as JSON")
    try:
        value: Json = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadArgumentError("request body: could not decode input as JSON") from error
    return _read(schema, value, "")


def _fail(place: str, message: str) -> BadArgumentError:
    return BadArgumentError(f"request body: {place}: {message}" if place else f"request body: {message}")


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "list" if isinstance(value, list) else "object"


def _read(schema: Schema, value: Json, place: str) -> Json:
    match schema:
        case Void():
            if value is not None:
                raise _fail(place, "expected null, got value")
            return None
        case Bool():
            if not isinstance(value, bool):
                raise _fail(place, f"expected boolean, got {_kind(value)}")
            return value
        case Int():
            return _integer(schema, value, place)
        case Str():
            return _string(schema, value, place)
        case ListOf():
            if not isinstance(value, list):
                raise _fail(place, f"expected list, got {_kind(value)}")
            items = cast("list[Json]", value)
            if schema.most and len(items) > schema.most:
                raise _fail(place, f"list must contain at most {schema.most} items, got {len(items)}")
            return [_read(schema.item, item, f"{place}[{at}]") for at, item in enumerate(items)]
        case Union():
            return _union(schema, value, place)
        case Record():
            # Stone reads null as a struct whose fields all have their defaults.
            if value is None and all(field.optional for field in schema.fields.values()):
                value = {}
            if not isinstance(value, dict):
                raise _fail(place, f"expected object, got {_kind(value)}")
            return _record(schema, cast("dict[str, Json]", value), place)


def _integer(schema: Int, value: Json, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _fail(place, f"expected integer, got {_kind(value)}")
    if not schema.least <= value <= schema.most:
        raise _fail(place, f"expected integer in the range [{schema.least}, {schema.most}], got {value}")
    return value


def _string(schema: Str, value: Json, place: str) -> str:
    if not isinstance(value, str):
        raise _fail(place, f"expected string, got {_kind(value)}")
    if len(value) < schema.least:
        raise _fail(place, f"string must be at least {schema.least} characters, got {len(value)}")
    if schema.most and len(value) > schema.most:
        raise _fail(place, f"string must be at most {schema.most} characters, got {len(value)}")
    if schema.pattern and not re.fullmatch(schema.pattern, value):
        raise _fail(place, f"'{value}' did not match pattern '{schema.pattern}'")
    return value


def _record(schema: Record, value: dict[str, Json], place: str) -> dict[str, Json]:
    dot = f"{place}." if place else ""
    for name in value:
        if name not in schema.fields:
            raise _fail(place, f"unknown field '{name}'")
    out: dict[str, Json] = {}
    for name, field in schema.fields.items():
        if name in value and not (field.optional and value[name] is None and field.default is None):
            out[name] = _read(field.schema, value[name], dot + name)
        elif field.optional:
            out[name] = field.default
        else:
            raise _fail(place, f"missing required field '{name}'")
    return out


def _union(schema: Union, value: Json, place: str) -> tuple[str, Json]:
    if isinstance(value, str):
        if value not in schema.tags:
            raise _fail(place, f"unknown tag '{value}'")
        if not isinstance(schema.tags[value], Void):
            raise _fail(place, f"tag '{value}' expects a value")
        return value, None
    if not isinstance(value, dict):
        raise _fail(place, f"expected string or object, got {_kind(value)}")
    rest = dict(cast("dict[str, Json]", value))
    if ".tag" not in rest:
        raise _fail(place, "missing '.tag' key")
    tag: Json = rest.pop(".tag")
    if not isinstance(tag, str) or tag not in schema.tags:
        raise _fail(place, f"unknown tag '{tag}'")
    inner = schema.tags[tag]
    dot = f"{place}.{tag}" if place else tag
    if isinstance(inner, Void):
        payload: Json = rest.pop(tag, None)
        if payload is not None:
            raise _fail(dot, "expected null, got value")
    elif tag in rest:
        payload = _read(inner, rest.pop(tag), dot)
    else:
        raise _fail(place, f"missing required field '{tag}'")
    if rest:
        raise _fail(place, f"unknown field '{next(iter(rest))}'")
    return tag, payload
