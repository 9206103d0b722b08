"""Pages and cursors, common to all listings.

A cursor names the last row given by its place in the order of joining, which never changes. So whoever is there
throughout a listing comes up exactly once, whatever happens meanwhile.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from math import ceil
from typing import TypeVar

import msgspec

from ..behaviour import Order
from ..wire.answers import RejectedError, RouteError, encode, html
from ..wire.cursors import Cursor
from .call import Call

Rows = Callable[[int, int], tuple[list[int], list[bytes]]]
"""`rows(after, count)`: keys and JSON of at most `count` rows whose key is larger than `after`."""
T = TypeVar("T")
_KEYS = 2**32
_ODD = 2_654_435_761


def arranged(things: Iterable[tuple[int, T]], order: Order, shown: Callable[[T], bytes]) -> Rows:
    """The rows of *things*, each with its place in the order of joining, in another *order*."""
    keyed = sorted(((_key(place, order), thing) for place, thing in things), key=lambda pair: pair[0])

    def rows(after: int, count: int) -> tuple[list[int], list[bytes]]:
        at = bisect_right(keyed, after, key=lambda pair: pair[0])
        found = keyed[at : at + count]
        return [key for key, _ in found], [shown(thing) for _, thing in found]

    return rows


def _key(place: int, order: Order) -> int:
    # Multiplied by an odd number no two places fall together.
    return {"joined": place, "reversed": _KEYS - place, "shuffled": (place + 1) * _ODD % _KEYS}[order]


def resume(call: Call, listing: str) -> Cursor:
    """The position of a continue route's cursor; refuses one of another listing."""
    cursor = call.codec.decode(call.arg["cursor"])
    if cursor is None or cursor.listing != listing:
        raise RouteError("invalid_cursor")
    return cursor


def page(call: Call, name: str, start: Cursor, rows: Rows, came_in: str = "") -> bytes:
    """The page after `start`; `came_in` is the cursor's text on a continue route."""
    twist = call.twist
    if start.after < 0 and twist.omitted_share(start.subject):
        start = msgspec.structs.replace(start, missing=twist.omitted_share(start.subject))
    if twist.limit_above and start.limit > twist.limit_above:
        raise RejectedError(html(500, "Internal Server Error", "An internal error occurred."))
    most = min(start.limit, call.page_cap or start.limit)
    if call.blank_page and not start.blank and start.after >= 0 and rows(-1, most)[0][-1:] == [start.after]:
        return _body(name, [], call.codec.encode(msgspec.structs.replace(start, blank=True)), has_more=True)
    keys, pieces = rows(start.after, most + 1)
    if start.missing:
        keys, pieces = _without_tail(keys, pieces, rows, start.missing)
    has_more = len(keys) > most
    keys, pieces = keys[:most], pieces[:most]
    if twist.paging:
        if twist.paging == "empty":
            pieces = []
        cursor = _stuck_cursor(call, start, came_in)
        return _body(name, pieces, cursor, has_more=True)
    after = keys[-1] if keys else start.after
    if twist.duplicate:
        pieces = _with_duplicate(start, rows, pieces)
    if omitted := twist.omitted(start.subject):
        pieces = pieces[:-omitted]
    return _body(
        name, pieces, call.codec.encode(msgspec.structs.replace(start, after=after, blank=False)), has_more=has_more
    )


def _without_tail(keys: list[int], pieces: list[bytes], rows: Rows, share: float) -> tuple[list[int], list[bytes]]:
    every, _ = rows(-1, _KEYS)
    gone = set(every[len(every) - ceil(len(every) * share) :])
    kept = [(key, piece) for key, piece in zip(keys, pieces, strict=True) if key not in gone]
    return [key for key, _ in kept], [piece for _, piece in kept]


def _body(name: str, pieces: list[bytes], cursor: str, *, has_more: bool) -> bytes:
    more = b"true" if has_more else b"false"
    return b"".join(
        (b'{"', name.encode(), b'":[', b",".join(pieces), b'],"cursor":', encode(cursor), b',"has_more":', more, b"}")
    )


def _stuck_cursor(call: Call, start: Cursor, came_in: str) -> str:
    """A cursor at the same position: the one that came in, one of two, or a new one."""
    if call.twist.paging == "repeat" and came_in:
        return came_in
    if call.twist.paging == "cycle":
        pair = call.twist.cycle.setdefault(start, (call.codec.encode(start), call.codec.encode(start)))
        return pair[1] if came_in == pair[0] else pair[0]
    return call.codec.encode(start)


def _with_duplicate(start: Cursor, rows: Rows, pieces: list[bytes]) -> list[bytes]:
    # On a later page the last row of the page before comes again, on a first page its own first row.
    if start.after < 0:
        return [*pieces, *pieces[:1]]
    keys, before = rows(start.after - 1, 1)
    return [*before, *pieces] if keys == [start.after] else [*pieces, *pieces[:1]]
