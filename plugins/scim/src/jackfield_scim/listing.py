"""Listings of a provider, page by page, by index (RFC 7644, 3.4.2.4) or by cursor (RFC 9865).

Promises that a listing ends only where the provider has no more to give, whatever it says of the number of all; that what
was there all the time is given, or the listing is read anew, where it moved meanwhile; and that what falls short is told.
Each page by index is asked for from the last item of the one before: an item that is no longer there shows that it moved.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec

from jackfield.errors import CursorExpired, PluginBug, RemoteContract, Transient
from jackfield.http import Answer
from jackfield_scim import wire
from jackfield_scim.api import Api
from jackfield_scim.config import Totals

EXPIRED: Final = ("expiredCursor", "invalidCursor")
MOST_CURSOR_BYTES: Final = 3000
"""What a provider's cursor may take of the 4 KiB that the host stores; the rest is for what is remembered beside it."""

_LIST_RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:listresponse"
_MOST_TOTAL: Final = 2**53
_MOST_TRIES: Final = 3


class Position(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """Where to go on. By index: the place of the *last* item, which is asked for again, and the *first* item of all.

    After a page of one item (*alone*) it is the place behind it: the same place once more would be the same request.

    *known* are names that the listing's reader has given rows for already. *shifted* is the page whose last item that was
    though it should have been its first, so that nothing told whether anything comes after it.
    """

    cursor: str | None = None
    place: int = 1
    last: str = ""
    first: str = ""
    known: tuple[str, ...] = ()
    shifted: str = ""
    alone: bool = False

    def text(self) -> str:
        """As the cursor of a page."""
        return msgspec.json.encode(self).decode()


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One page: its *items* as they came, where to go on, how many there are in all if that is told, and what is lacking."""

    items: tuple[Any, ...]
    next: Position | None = None
    total: int | None = None
    short: str | None = None

    def expected(self, scope: str) -> dict[str, int]:
        """The total as ``Page.expected`` has it."""
        return {} if self.total is None else {scope: self.total}


def position(cursor: str | None) -> Position | None:
    """The position that a page's cursor stands for."""
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(cursor, type=Position)
    except msgspec.DecodeError:
        raise PluginBug("a page was asked for by a cursor of another listing") from None


async def read(api: Api, endpoint: str, at: Position | None, filter: str | None = None) -> Part:
    """The page at *at* of the resources at *endpoint* that *filter* lets through. One request.

    Raises CursorExpired where the listing moved, and what else ``Api.listing`` raises.
    """
    by_cursor = at.cursor is not None if at is not None else await api.by_cursor()
    params: dict[str, str | int] = {"filter": filter} if filter is not None else {}
    params["count"] = api.config.page_size
    if by_cursor:
        params["cursor"] = at.cursor or "" if at is not None else ""
        answer = await api.listing(endpoint, params, expired=EXPIRED if at is not None else ())
        return _by_cursor(api, answer)
    params["startIndex"] = at.place if at is not None else 1
    return _by_index(api, await api.listing(endpoint, params), at, filtered=filter is not None)


async def matching(
    api: Api, endpoint: str, filter: str | None, wanted: Callable[[wire.Attributes], bool]
) -> tuple[wire.Attributes, ...]:
    """Those of a listing that are *wanted*, whatever else the provider gives for *filter*; read again where it moves.

    Raises RemoteContract where the listing falls short of its total, so that nobody is taken for absent.
    """
    for tries in range(_MOST_TRIES, 0, -1):
        try:
            return await _matching(api, endpoint, filter, wanted)
        except CursorExpired as error:
            if tries == 1:
                raise Transient(f"people can't be looked up now: {error.summary}", route=endpoint) from None
    raise AssertionError


async def _matching(
    api: Api, endpoint: str, filter: str | None, wanted: Callable[[wire.Attributes], bool]
) -> tuple[wire.Attributes, ...]:
    found: dict[str | None, wire.Attributes] = {}
    at: Position | None = None
    given = 0
    while True:
        part = await read(api, endpoint, at, filter)
        given += len(part.items)
        for raw in part.items:
            seen = wire.attributes(wire.lowered(raw))
            if seen is None or wire.ident(seen.get("id")) is None:
                raise _wrong("the listing has something that can't be understood: it has no id")
            if wanted(seen):
                found.setdefault(wire.ident(seen.get("id")), seen)
        if part.next is None:
            if part.short is not None or (part.total is not None and given < part.total):
                raise _wrong(part.short or f"the provider says that there are {part.total}, and gave {given}")
            return tuple(found.values())
        if part.next == at:
            raise _wrong("the listing does not go on")
        at = part.next


def _by_cursor(api: Api, answer: Answer) -> Part:
    items, total, found = _opened(api, answer, by_cursor=True)
    following = found.get("nextcursor")
    if following is not None and not isinstance(following, str):
        raise _wrong("the cursor of the next page is no text", answer)
    if following and len(following.encode()) > MOST_CURSOR_BYTES:
        raise _wrong(f"the cursor of the next page is longer than {MOST_CURSOR_BYTES} bytes", answer)
    return Part(items=tuple(items), next=Position(cursor=following) if following else None, total=total)


def _by_index(api: Api, answer: Answer, at: Position | None, *, filtered: bool) -> Part:
    items, total, _ = _opened(api, answer, by_cursor=False)
    names = [name_of(each) for each in items]
    if at is None:
        place, fresh, first, index = 1, items, names[0] if names else "", 0
    else:
        place, first = at.place, at.first
        if at.last in names:
            # Its last place, since a provider may give something twice.
            index = len(names) - 1 - names[::-1].index(at.last)
        elif at.alone:
            index = -1
        else:
            raise _moved(answer, "the last one of the page before is no longer where it was")
        fresh = items[index + 1 :]
        if names and names[0] == first and (index > 0 or at.alone):
            return _from_the_beginning(fresh, total, len(items))
    end = place + len(items) - 1
    # Some providers count a page where they should count all: only the total of a trusted one ends the listing.
    trusted = api.config.totals is Totals.TRUSTED and total is not None and end >= total
    if filtered and at is None and len(items) == 1 == total:
        # The one whom the filter names.
        return Part(items=tuple(items), total=total)
    if index > 0 and not fresh and not trusted and at is not None:
        return _shifted(at, place + index, _short(",".join(names)), total)
    if not fresh or trusted:
        return Part(items=tuple(fresh), total=total)
    if len(items) == 1:
        return Part(
            items=tuple(fresh), next=Position(place=end + 1, last=names[-1], first=first, alone=True), total=total
        )
    return Part(items=tuple(fresh), next=Position(place=end, last=names[-1], first=first), total=total)


def _shifted(at: Position, place: int, page: str, total: int | None) -> Part:
    """Others came before the last item and took up the page, or the provider gives that page wherever it is asked to begin."""
    if at.shifted != page:
        return Part(items=(), next=msgspec.structs.replace(at, place=place, shifted=page), total=total)
    alike = "the provider gives one page for two places and no total, so that nothing tells where its listing ends"
    return Part(items=(), total=total, short=alike if total is None else None)


def _from_the_beginning(fresh: Sequence[Any], total: int | None, given: int) -> Part:
    """The provider gives its listing from the beginning, wherever it is asked to begin: what it gave so is all there is."""
    whole = total is not None and given >= total
    short = None if whole else "the provider ignores startIndex, so that its listing can't be read on"
    return Part(items=tuple(fresh), total=total, short=short)


def _opened(api: Api, answer: Answer, *, by_cursor: bool) -> tuple[list[Any], int | None, wire.Attributes]:
    """The items and the total of a list response; raises RemoteContract for what is none."""
    raw = wire.raw_object(wire.document(answer.response.body)) or {}
    found = {name.lower(): value for name, value in raw.items()}
    named = _LIST_RESPONSE in [
        each.lower() for each in wire.several(found.get("schemas")) or [] if isinstance(each, str)
    ]
    total: Any = found.get("totalresults")
    if isinstance(total, bool) or not isinstance(total, int) or not 0 <= total <= _MOST_TOTAL:
        # By cursor a provider need not count, but what says nothing of itself is no list response.
        may_lack = (by_cursor and named) or api.config.totals is Totals.IGNORED
        if total is not None or not may_lack:
            raise _wrong("the answer does not say how many there are in all, as a list response does", answer)
    listed = wire.several(found["resources"]) if found.get("resources") is not None else None
    if listed is None and found.get("resources") is None and (total == 0 or named):
        listed = []
    if listed is None:
        raise _wrong("the answer has no list of resources", answer)
    told = None if api.config.totals is Totals.IGNORED else total
    return listed, told, found


def name_of(item: Any) -> str:
    """What tells the items of a page apart, short enough for a cursor."""
    seen = wire.attributes(wire.lowered(item)) or {}
    name = wire.ident(seen.get("id"))
    return _short(name if name is not None else msgspec.json.encode(item).decode())


def _short(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()


def _moved(answer: Answer, what: str) -> CursorExpired:
    return CursorExpired(
        f"the listing changed while it was read: {what}", route=answer.route, request_id=answer.response.request_id
    )


def _wrong(what: str, answer: Answer | None = None) -> RemoteContract:
    if answer is None:
        return RemoteContract(what)
    return RemoteContract(what, route=answer.route, request_id=answer.response.request_id)
