"""The messages of the wire, built at run time from ``messages.txt`` in a pool of their own."""

import base64
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    duration_pb2,
    json_format,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    unknown_fields,
    wrappers_pb2,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

BATON = "c1.connectorapi.baton.v1."
CONNECTOR = "c1.connector.v2."
# In the order in which one builds on the other.
_PACKAGES = ("c1.c1z.v1", "c1.config.v1", "c1.connector.v2", "c1.connectorapi.baton.v1")
_OFFICIAL: tuple[Any, ...] = (
    any_pb2,
    duration_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
    status_pb2,
    error_details_pb2,
)
_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _FIELD.TYPE_BOOL,
    "bytes": _FIELD.TYPE_BYTES,
    "double": _FIELD.TYPE_DOUBLE,
    "int32": _FIELD.TYPE_INT32,
    "int64": _FIELD.TYPE_INT64,
    "string": _FIELD.TYPE_STRING,
    "uint32": _FIELD.TYPE_UINT32,
}

Rows = dict[str, list[list[str]]]


class Tables:
    """What ``messages.txt`` says, by full name."""

    def __init__(self, text: str) -> None:
        self.messages: Rows = {}
        self.enums: Rows = {}
        self.opaque: set[str] = set()
        rows: list[list[str]] = []
        for line in text.splitlines():
            words = line.split()
            if line.startswith("  "):
                rows.append(words)
            elif line and not line.startswith("#"):
                kind, name = words
                rows = []
                (self.enums if kind == "enum" else self.messages)[name] = rows
                if kind == "opaque":
                    self.opaque.add(name)


@cache
def tables() -> Tables:
    return Tables((Path(__file__).parent / "messages.txt").read_text(encoding="utf-8"))


def _add_field(message: Any, row: list[str]) -> None:
    number, name, kind, label = [*row, ""][:4]
    field = message.field.add(name=name, number=int(number), label=_FIELD.LABEL_OPTIONAL)
    if kind.startswith("map:"):
        entry = message.nested_type.add(name="".join(part.capitalize() for part in name.split("_")) + "Entry")
        entry.options.map_entry = True
        _add_field(entry, ["1", "key", "string"])
        _add_field(entry, ["2", "value", kind.removeprefix("map:")])
        field.label, field.type, field.type_name = _FIELD.LABEL_REPEATED, _FIELD.TYPE_MESSAGE, entry.name
        return
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = _FIELD.TYPE_ENUM if kind in tables().enums else _FIELD.TYPE_MESSAGE
        field.type_name = f".{kind}"
    if label == "repeated":
        field.label = _FIELD.LABEL_REPEATED
    elif label.startswith("oneof:"):
        field.oneof_index = _oneof(message, label.removeprefix("oneof:"))
    elif label == "optional" and kind in _SCALARS:
        field.proto3_optional = True
        field.oneof_index = _oneof(message, f"_{name}")


def _oneof(message: Any, name: str) -> int:
    names = [each.name for each in message.oneof_decl]
    if name not in names:
        message.oneof_decl.add(name=name)
    return [*names, name].index(name)


def _file(package: str) -> Any:
    file: Any = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    file.dependency.extend(cast("str", each.DESCRIPTOR.name) for each in _OFFICIAL)
    file.dependency.extend(f"{each}.proto" for each in _PACKAGES[: _PACKAGES.index(package)])
    made: dict[str, Any] = {}

    def owner(name: str) -> Any:
        """The message or file that *name* is declared in."""
        above = name.rpartition(".")[0]
        return file if above == package else declare(above)

    def declare(name: str) -> Any:
        if name not in made:
            above = owner(name)
            place = above.message_type if above is file else above.nested_type
            made[name] = place.add(name=name.rpartition(".")[2])
        return made[name]

    for name, rows in tables().messages.items():
        if name.startswith(f"{package}."):
            for row in rows or ():
                _add_field(declare(name), row)
            declare(name)
    for name, rows in tables().enums.items():
        if name.startswith(f"{package}."):
            enum = owner(name).enum_type.add(name=name.rpartition(".")[2])
            for number, value in rows:
                enum.value.add(name=value, number=int(number))
    _put_real_oneofs_first(made.values())
    return file


def _put_real_oneofs_first(messages: Any) -> None:
    """Refuse what the descriptors could not hold: the oneofs of optional fields have to stand after all others."""
    for message in messages:
        names = [each.name for each in message.oneof_decl]
        if names != sorted(names, key=lambda name: name.startswith("_")):
            raise ValueError(f"{message.name}: a oneof stands after an optional field")


@cache
def pool() -> DescriptorPool:
    found = DescriptorPool()
    for module in _OFFICIAL:
        found.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    for package in _PACKAGES:
        found.AddSerializedFile(_file(package).SerializeToString())
    return found


@cache
def message_class(name: str) -> Any:
    """The class of the message of this full name; KeyError if there is none."""
    return message_factory.GetMessageClass(pool().FindMessageTypeByName(name))


def baton(name: str) -> Any:
    """The class of a message of the BatonService, by its short name."""
    return message_class(BATON + name)


def parse(name: str, data: bytes) -> Any:
    """The message in *data*; ValueError where it is none."""
    message = message_class(name)()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise ValueError(f"this is no {name}: {error}") from error
    return message


def as_json(message: Any) -> Any:
    """What is in *message*, also where it holds things that nobody knows."""
    try:
        return json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=pool())
    except (TypeError, ValueError, json_format.Error) as error:
        return {"not_shown": str(error), "base64": base64.b64encode(message.SerializeToString()).decode()}


def from_json(name: str, value: Any) -> Any:
    """A message from its JSON form; ValueError where it does not fit."""
    try:
        return json_format.ParseDict(value, message_class(name)(), descriptor_pool=pool())
    except json_format.ParseError as error:
        raise ValueError(str(error)) from error


def strange(message: Any, place: str = "") -> Iterator[str]:
    """Every part of *message* that the tables do not have: unknown fields, and annotations of unknown types."""
    name: str = message.DESCRIPTOR.full_name
    place = place or name
    if name not in tables().opaque:
        for field in cast("Any", unknown_fields.UnknownFieldSet(message)):
            yield f"{place}: field {field.field_number} is unknown in {name}"
    if name == "google.protobuf.Any":
        yield from _strange_any(message, place)
        return
    for field, value in message.ListFields():
        yield from _strange_value(field, value, f"{place}.{field.name}")


def _strange_value(field: Any, value: Any, place: str) -> Iterator[str]:
    if field.enum_type is not None:
        yield from _strange_enum(field, value, place)
    if field.message_type is None:
        return
    if field.message_type.GetOptions().map_entry:
        if field.message_type.fields_by_name["value"].message_type is not None:
            for key in value:
                yield from strange(value[key], f"{place}[{key}]")
    elif field.is_repeated:
        for at, each in enumerate(value):
            yield from strange(each, f"{place}[{at}]")
    else:
        yield from strange(value, place)


def _strange_enum(field: Any, value: Any, place: str) -> Iterator[str]:
    for each in value if field.is_repeated else [value]:
        if each not in field.enum_type.values_by_number:
            yield f"{place}: {each} is no value of {field.enum_type.full_name}"


def _strange_any(message: Any, place: str) -> Iterator[str]:
    prefix, _, name = message.type_url.rpartition("/")
    if prefix != "type.googleapis.com":
        yield f"{place}: {message.type_url!r} is no type URL of the platform"
        return
    try:
        inner = parse(name, message.value)
    except KeyError:
        yield f"{place}: {name} is a type that the platform does not know"
    except ValueError as error:
        yield f"{place}: {error}"
    else:
        yield from strange(inner, f"{place}({name})")
