"""A listing that moves while it is read, at any place and by any number: nobody who was there all the time is left out."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.errors import CursorExpired
from jackfield.http import Response
from jackfield.http.rest import Answer
from jackfield_scim import listing
from jackfield_scim.api import Api
from jackfield_scim.config import Totals

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

Move = tuple[int, int]
"""The place of a move, and how many come there; below nothing, how many go."""


class Provider:
    """What ``listing.read`` asks of the API, answered from a list that moves after each page."""

    def __init__(self, stayed: int, page: int, totals: Totals, moves: Sequence[Move]) -> None:
        self.ids = [f"u{each}" for each in range(stayed)]
        self.gone: set[str] = set()
        self.config = _Config(page_size=page, totals=totals)
        self.moves = list(moves)
        self.asked = 0

    async def by_cursor(self) -> bool:
        return False

    async def listing(self, endpoint: str, params: Mapping[str, Any], expired: Sequence[str] = ()) -> Answer:
        self.asked += 1
        begin = params["startIndex"] - 1
        body = {
            "schemas": [LIST],
            "totalResults": len(self.ids),
            "Resources": [{"id": each} for each in self.ids[begin : begin + params["count"]]],
        }
        if self.moves:
            self.move(*self.moves.pop(0))
        response = Response(status=200, headers={}, body=msgspec.json.encode(body))
        return Answer(response=response, route=endpoint, address=endpoint)

    def move(self, place: int, by: int) -> None:
        if by < 0:
            self.gone.update(self.ids[place : place - by])
            del self.ids[place : place - by]
        else:
            self.ids[place:place] = [f"new{self.asked}-{each}" for each in range(by)]


class _Config(msgspec.Struct, frozen=True):
    page_size: int
    totals: Totals


async def read(provider: Provider) -> set[str] | None:
    """Those whom a listing gave; None where it tells that it fell short."""
    seen: list[str] = []
    at: listing.Position | None = None
    while True:
        part = await listing.read(cast(Api, provider), "/Users", at)
        seen.extend(each["id"] for each in part.items)
        if part.next is None:
            return None if part.short is not None or (part.total or 0) > len(seen) else set(seen)
        at = listing.position(part.next.text())


@settings(max_examples=1000, deadline=None)
@given(
    stayed=st.integers(0, 12),
    page=st.integers(2, 5),
    totals=st.sampled_from(Totals),
    moves=st.lists(st.tuples(st.integers(0, 14), st.integers(-3, 6)), max_size=4),
)
def test_nobody_who_was_there_all_the_time_is_left_out(stayed: int, page: int, totals: Totals, moves: list[Move]):
    provider = Provider(stayed, page, totals, moves)
    for _ in range(6):
        try:
            seen = asyncio.run(read(provider))
        except CursorExpired:
            continue
        assert seen is None or {f"u{each}" for each in range(stayed)} - provider.gone <= seen
        assert seen is not None or moves
        return
    raise AssertionError("the listing never ended")
