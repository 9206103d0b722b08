"""JSON that others wrote: decoded whole, or refused by an error that shows nothing of it.

Promises that no body, whatever its bytes, ends in anything but RemoteContract, and that decoding it takes memory in
proportion to what a body of real rows takes. Hides what the decoder raises.
"""

import re
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from jackfield.errors import RemoteContract

T = TypeVar("T")

MOST_VALUES = 1_000_000
"""Values in one document: of 16 MB, real rows are a third as many at most, and ``[{},{},…`` takes thirty times its size."""

UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
"""What the decoder raises for what is no JSON, is nested too deep, or holds a byte that is not UTF-8."""

_ESCAPE = re.compile(
    rb"\\(?:(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""A whole surrogate pair, half of one, or any other escape."""


class NotJson(RemoteContract):
    """The answer does not even end like JSON: it was cut, or something before the application gave it."""


def decode_json(body: bytes | msgspec.Raw, decoder: "msgspec.json.Decoder[T]") -> T:
    """*body* as *decoder* makes it; half of a surrogate pair, which no text can hold, becomes U+FFFD.

    Raises RemoteContract for what is no JSON (NotJson where it was cut, say, and may be whole next time), and
    ``msgspec.ValidationError`` for JSON of another form.
    """
    demand_few_values(body)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except UNREADABLE as error:
        whole = _mended(bytes(body)) if isinstance(error, msgspec.DecodeError) else b""
        if whole == body or not whole:
            raise no_json(body, error) from None
    try:
        return decoder.decode(whole)
    except msgspec.ValidationError:
        raise
    except UNREADABLE as error:
        raise no_json(body, error) from None


def peek_json(body: bytes | msgspec.Raw, type: type[T]) -> T | None:
    """*body* as a value of *type*, None where it is none: for what an answer may say and need not."""
    try:
        return decode_json(body, decoder_of(type))
    except (RemoteContract, msgspec.ValidationError):
        return None


@lru_cache(maxsize=256)
def decoder_of(type: Any) -> "msgspec.json.Decoder[Any]":
    """The decoder for a *type*, made once."""
    return msgspec.json.Decoder(type)


def demand_few_values(body: bytes | msgspec.Raw) -> None:
    """Raise RemoteContract for a document with so many values that decoding it would fill the memory."""
    if len(body) < MOST_VALUES:
        return
    data = bytes(body)
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MOST_VALUES:
        raise RemoteContract(f"the answer holds more than {MOST_VALUES:,} values")


def no_json(body: bytes | msgspec.Raw, error: Exception) -> RemoteContract:
    """The error for an answer that is no JSON, or none to its end; of such an answer nothing is shown."""
    size = f"{len(body)} bytes"
    if isinstance(error, RecursionError):
        return RemoteContract(f"the answer is nested too deep to be read ({size})")
    if isinstance(error, UnicodeDecodeError):
        return RemoteContract(f"the answer holds a text that is not UTF-8 ({size})")
    if bytes(body)[-64:].rstrip()[-1:] in (b"}", b"]"):
        return RemoteContract(f"the answer is no JSON, though it ends like it ({size})")
    return NotJson(
        f"the answer is no whole JSON ({size})",
        hint="Check the address of the API: a sign-in page or a gateway may have answered.",
    )


def _mended(body: bytes) -> bytes:
    """*body* with each half of a surrogate pair, as JSON can escape it, replaced."""
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found.group(2) else found.group(), body)
