"""Places inside of JSON: found without decoding what lies around them, and answers told without their content.

A place is written as names and numbers with dots between them (``meta.next_cursor``, ``data.-1.id``: the last item's
id), or as a JSON pointer (RFC 6901) where names hold dots (``/error/.tag``). The empty place is the whole document.
"""

import re
from functools import lru_cache
from typing import Any, Protocol, cast

import msgspec

from jackfield.errors import RemoteContract
from jackfield.http.bodies import UNREADABLE, decode_json, demand_few_values, no_json

_MOST_SAMPLE = 300
_PLAIN_NAME = re.compile(r"[.@$]?[A-Za-z_][A-Za-z0-9_-]{0,40}")
_BEGINNING = re.compile(rb"[ \t\r\n]*(.)", re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)
_QUOTED = re.compile(r"'([^']*)'")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
_MOST_SAMPLED = 65_536
_MOST_PLAIN = 65_536

_array = msgspec.json.Decoder(list[msgspec.Raw])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_anything = msgspec.json.Decoder()


def steps(place: str) -> list[str]:
    """The names and numbers that lead to *place*."""
    if not place:
        return []
    if place.startswith("/"):
        return [step.replace("~1", "/").replace("~0", "~") for step in place[1:].split("/")]
    return place.split(".")


def find(body: bytes | msgspec.Raw, place: str) -> msgspec.Raw | None:
    """What lies at *place* of a JSON document, None where nothing or ``null`` does.

    Raises RemoteContract where the document is no JSON.
    """
    value: bytes | msgspec.Raw = body
    demand_few_values(body)
    for step in steps(place):
        found: msgspec.Raw | None = None
        try:
            if _first(value) == b"{":
                found = _entry(value, step)
            elif _first(value) == b"[":
                items = _array.decode(value)
                number = int(step) if _NUMBER.fullmatch(step) else len(items)
                found = items[number] if -len(items) <= number < len(items) else None
            else:
                msgspec.json.decode(value, type=msgspec.Raw)
        except UNREADABLE as error:
            raise no_json(body, error) from None
        if found is None:
            return None
        value = found
    return None if _first(value) == b"n" else msgspec.Raw(value)


class _Named(Protocol):
    """What a decoder of ``_named`` makes; ``value`` is empty where the object has no such entry."""

    value: msgspec.Raw


def _entry(value: bytes | msgspec.Raw, name: str) -> msgspec.Raw | None:
    """The entry *name* of an object; all others, however many, are passed over."""
    decoder = _named(name)
    if decoder is None:
        return _object.decode(value).get(name)
    return decoder.decode(value).value or None


@lru_cache(maxsize=256)
def _named(name: str) -> "msgspec.json.Decoder[_Named] | None":
    """Decodes the one entry *name* of an object; None for a name that JSON has to escape."""
    if not (name.isascii() and name.isprintable()) or '"' in name or "\\" in name:
        return None
    entry = msgspec.defstruct("Entry", [("value", msgspec.Raw, msgspec.Raw())], rename={"value": name})
    return msgspec.json.Decoder(cast("type[_Named]", entry))


def _first(value: bytes | msgspec.Raw) -> bytes:
    """The first character of a JSON value, which tells its kind."""
    found = _BEGINNING.match(memoryview(value))
    return found.group(1) if found else b""


def text_at(body: bytes | msgspec.Raw, place: str) -> str | None:
    """The text or whole number at *place* as text; None where nothing, ``null`` or something else lies there."""
    value = plain_at(body, place)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def plain_at(body: bytes | msgspec.Raw, place: str) -> object:
    """The value at *place* as Python has it, None where nothing or ``null`` lies there."""
    value = find(body, place)
    if value is None:
        return None
    if len(value) > _MOST_PLAIN:
        raise RemoteContract(f"the answer has no plain value at {place!r}, but one of {len(value)} bytes")
    try:
        return decode_json(value, _anything)
    except msgspec.ValidationError:
        raise RemoteContract(f"the answer has a number at {place!r} that is none of this world") from None


def decode(body: bytes | msgspec.Raw, decoder: "msgspec.json.Decoder[Any]", place: str = "") -> Any:
    """*body*, which lay at *place*, decoded; raises RemoteContract with the place that is wrong and a redacted sample."""
    try:
        return decode_json(body, decoder)
    except msgspec.ValidationError as error:
        message = _QUOTED.sub(lambda found: found.group() if _WORD.fullmatch(found.group(1)) else "'…'", str(error))
        at = f" (all of it at {place!r})" if place else ""
        raise RemoteContract(
            f"the answer is not of the form expected: {message}{at}", detail=sample(bytes(body))
        ) from None


def sample(body: bytes) -> str:
    """The form of a JSON document without its texts and numbers: the kinds of value, under names that look like such."""
    if len(body) > _MOST_SAMPLED:
        return f"{len(body)} bytes"
    try:
        return msgspec.json.encode(_form(_anything.decode(body), 4)).decode()[:_MOST_SAMPLE]
    except UNREADABLE:
        return f"{len(body)} bytes that are no JSON"


def _form(value: object, depth: int) -> object:
    if isinstance(value, (dict, list)) and depth == 0:
        return "…"
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value)
        return {name if _PLAIN_NAME.fullmatch(name) else "…": _form(each, depth - 1) for name, each in entries.items()}
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [_form(each, depth - 1) for each in items[:2]] + (["…"] if len(items) > 2 else [])
    if value is None or isinstance(value, bool):
        return value
    return "text" if isinstance(value, str) else "number"
