"""Listings that come in pages: by cursor, by page number, by offset, and by a link to the next page.

Promises that a listing ends only where the application says so or has no more to give, that a read can go on from the
cursor of any page, and that credentials stay on the API's own origin. Hides what each cursor holds.
"""

from hashlib import blake2b
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from msgspec import Meta

from jackfield.errors import CursorExpired, PluginBug, RemoteContract
from jackfield.http import links, places
from jackfield.http.rest import Answer, JsonApi, Params

T = TypeVar("T")

MOST_CURSOR_BYTES: Final = 4096
"""What the host stores of a cursor."""

_MOST_DIGITS: Final = 18

Count = Annotated[int, Meta(ge=0, le=2**53)]


class Listing(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a listing: its ``items``, where to go on (None at the end), and how many there are in all, if told."""

    items: tuple[T, ...]
    next: str | None = None
    total: int | None = None

    def count(self, scope: str) -> dict[str, int]:
        """``total`` as ``Page.expected`` has it, empty where the application does not tell."""
        return {} if self.total is None else {scope: self.total}


class _Paging(msgspec.Struct, frozen=True, kw_only=True):
    """What all pagings know: *items* is the place of the list in an answer, *total* that of the number of all items, or
    *total_header* the name of a header with it. *expired* are statuses and tags that say of a cursor that it is no
    longer honoured. *size* is the page size asked for, as the parameter *size_parameter*. See ``places`` for places.
    """

    items: str = ""
    total: str | None = None
    total_header: str | None = None
    expired: tuple[int | str, ...] = ()
    size: int | None = None
    size_parameter: str | None = None

    def _size(self) -> dict[str, int | None]:
        return {self.size_parameter: self.size} if self.size_parameter is not None else {}

    async def _page(
        self, api: JsonApi, address: str, route: str, cursor: str | None, item: type[T]
    ) -> tuple[Answer, tuple[T, ...], int | None]:
        answer = await api.call("GET", address, route, expired=self.expired if cursor is not None else ())
        body = answer.response.body
        try:
            found = places.find(body, self.items) if self.items else body
            if found is None:
                raise RemoteContract(f"the answer has no list at {self.items!r}", detail=places.sample(body))
            total = self._total(answer)
        except RemoteContract as error:
            raise _at(answer, error) from None
        items: Any = api.decode(answer, tuple[item, ...], found, self.items)
        return answer, items, total

    def _total(self, answer: Answer) -> int | None:
        if self.total_header is not None:
            message = answer.response.headers.get(self.total_header.lower(), "").strip()
        elif self.total is not None:
            message = places.text_at(answer.response.body, self.total) or ""
        else:
            return None
        if not (message.isascii() and message.isdecimal() and len(message) < _MOST_DIGITS and int(message) <= 2**53):
            # Left out or broken it would pass for an application that does not tell, and nothing would be held against it.
            raise RemoteContract("the answer does not say how many there are in all, as it should")
        return int(message)


class ByCursor(_Paging, frozen=True, kw_only=True):
    """Each answer gives a cursor at *next*, which is sent as *parameter*; the listing ends where there is none.

    *more* is the place of a truth value that says whether there is more, where the cursor alone does not.
    """

    next: str
    parameter: str = "cursor"
    more: str | None = None

    async def read(
        self, api: JsonApi, path: str, *ids: str, type: type[T], cursor: str | None, params: Params | None = None
    ) -> Listing[T]:
        """The page at *cursor* of the listing of *type* at *path*. One request; raises as ``JsonApi.get``, and
        CursorExpired."""
        address = api.address(path, *ids, params={**(params or {}), **self._size(), self.parameter: cursor})
        answer, items, total = await self._page(api, address, path, cursor, type)
        try:
            following = places.text_at(answer.response.body, self.next) or None
            if self.more is not None:
                more = places.plain_at(answer.response.body, self.more)
                if not isinstance(more, bool):
                    raise RemoteContract(f"the answer does not say at {self.more!r} whether there is more")
                if more and following is None:
                    raise RemoteContract(f"the answer says that there is more, and has no cursor at {self.next!r}")
                following = following if more else None
        except RemoteContract as error:
            raise _at(answer, error) from None
        return Listing(items=items, next=_fits(following, answer), total=total)


class _PageState(msgspec.Struct, frozen=True, array_like=True):
    page: int
    seen: Count
    total: Count | None


class ByPage(_Paging, frozen=True, kw_only=True):
    """Pages have numbers from *first* on, sent as *parameter*.

    The listing ends after as many pages as there are by the number at the place *pages*; or once as many items were
    seen as there are in all. Without either it ends with an empty page, or a short one if *short_ends*: only for applications
    that give as many as are asked for, for others give fewer in the middle of a listing. A total that shrinks meanwhile
    has moved items to pages read already: CursorExpired.
    """

    parameter: str = "page"
    first: int = 1
    size: int = 100
    size_parameter: str | None = "per_page"
    pages: str | None = None
    short_ends: bool = False

    async def read(
        self, api: JsonApi, path: str, *ids: str, type: type[T], cursor: str | None, params: Params | None = None
    ) -> Listing[T]:
        """As ``ByCursor.read``."""
        state = _PageState(self.first, 0, None) if cursor is None else _state(cursor, _PageState)
        address = api.address(path, *ids, params={**(params or {}), **self._size(), self.parameter: state.page})
        answer, items, total = await self._page(api, address, path, cursor, type)
        _demand_no_fewer(total, state.total, answer)
        seen = state.seen + len(items)
        going_on = self._goes_on(answer, state.page, seen, len(items), total)
        following = _text(_PageState(state.page + 1, seen, total)) if going_on else None
        return Listing(items=items, next=following, total=total)

    def _goes_on(self, answer: Answer, page: int, seen: int, here: int, total: int | None) -> bool:
        read = page - self.first + 1
        if self.pages is not None:
            pages = places.plain_at(answer.response.body, self.pages)
            if not isinstance(pages, int) or isinstance(pages, bool):
                raise _at(answer, RemoteContract(f"the answer does not say at {self.pages!r} how many pages there are"))
            return read < pages
        if total is not None:
            # An empty page ends it only where so many pages would hold all: items may be hidden from these credentials.
            return seen < total and (here > 0 or read * self.size < total)
        return here > 0 and not (self.short_ends and here < self.size)


class _OffsetState(msgspec.Struct, frozen=True, array_like=True):
    offset: Count
    total: Count | None
    last: str | None


class ByOffset(_Paging, frozen=True, kw_only=True):
    """Each page begins at an offset, sent as *parameter*, as far on as items were given.

    It ends once the offset reaches the total; without a total as ``ByPage`` does. *key* is the place of an item's id
    within the item: each page is then asked for from the last item of the one before, so that items that moved while the
    listing was read are noticed. Nothing that was there all the time is missed: it is CursorExpired instead. Without it
    only a total that shrinks is noticed.
    """

    parameter: str = "offset"
    size: int = 100
    size_parameter: str | None = "limit"
    key: str | None = None
    short_ends: bool = False

    def __post_init__(self) -> None:
        if self.key is not None and self.size < 2:
            raise ValueError("pages that begin with the last item of the one before need a size of 2 at least")

    async def read(
        self, api: JsonApi, path: str, *ids: str, type: type[T], cursor: str | None, params: Params | None = None
    ) -> Listing[T]:
        """As ``ByCursor.read``."""
        state = _OffsetState(0, None, None) if cursor is None else _state(cursor, _OffsetState)
        begin = state.offset - 1 if state.last is not None else state.offset
        address = api.address(path, *ids, params={**(params or {}), **self._size(), self.parameter: begin})
        answer, items, total = await self._page(api, address, path, cursor, type)
        _demand_no_fewer(total, state.total, answer)
        names = self._names(api, answer) if self.key is not None else ()
        seen = 0
        if state.last is not None:
            if state.last not in names:
                raise _moved(answer, "the last item of the page before is no longer where it was")
            seen = names.index(state.last) + 1
        # Where nothing but the last item is given again, the next page is asked for from behind it.
        end, last = begin + len(items), names[-1] if len(items) > (state.last is not None) and names else None
        ended = len(items) < self.size if self.short_ends else not items
        if total is not None:
            # An empty page is one whose items are hidden from these credentials.
            end = end if items else begin + self.size
            ended = end >= total
        following = None if ended else _text(_OffsetState(end, total, last))
        return Listing(items=items[seen:], next=following, total=total)

    def _names(self, api: JsonApi, answer: Answer) -> tuple[str, ...]:
        """What tells the items of a page apart, short enough for a cursor."""
        found = places.find(answer.response.body, self.items)
        rows: list[msgspec.Raw] = api.decode(answer, list[msgspec.Raw], found or b"[]", self.items)
        ids = [places.text_at(row, self.key or "") for row in rows]
        if None in ids:
            raise _at(answer, RemoteContract(f"an item of the listing has no id at {self.key!r}"))
        return tuple(blake2b((id or "").encode(), digest_size=12).hexdigest() for id in ids)


class ByLink(_Paging, frozen=True, kw_only=True):
    """Each answer links to the next page: in its Link header by relation *rel* (RFC 8288), or at the place *next*.

    The address must be on the API's own origin, else RemoteContract: credentials go nowhere else.
    """

    rel: str = "next"
    next: str | None = None

    async def read(
        self, api: JsonApi, path: str, *ids: str, type: type[T], cursor: str | None, params: Params | None = None
    ) -> Listing[T]:
        """As ``ByCursor.read``."""
        first = api.address(path, *ids, params={**(params or {}), **self._size()})
        if cursor is not None and not cursor.startswith("/"):
            raise _foreign()
        address = first if cursor is None else api.on_origin(cursor)
        answer, items, total = await self._page(api, address, path, cursor, type)
        try:
            if self.next is None:
                target = links.link(answer.response.headers.get("link", ""), self.rel)
            else:
                target = places.text_at(answer.response.body, self.next)
            following = _without(links.same_origin(target, address), api) if target else None
        except RemoteContract as error:
            raise _at(answer, error) from None
        return Listing(items=items, next=_fits(following, answer), total=total)


def _without(target: str, api: JsonApi) -> str:
    """*target* without what carries credentials in its query: a cursor is stored, and each request brings its own."""
    parts = urlsplit(target)
    every = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in every if name not in api.key_names and not api.holds_secret(value)]
    if kept == every:
        return target
    return parts.path + (f"?{urlencode(kept)}" if kept else "")


def _at(answer: Answer, error: RemoteContract) -> RemoteContract:
    error.locate(route=answer.route, request_id=answer.response.request_id)
    return error


def _moved(answer: Answer, what: str) -> CursorExpired:
    return CursorExpired(
        f"the listing changed while it was read: {what}", route=answer.route, request_id=answer.response.request_id
    )


def _demand_no_fewer(total: int | None, before: int | None, answer: Answer) -> None:
    if total is not None and before is not None and total < before:
        raise _moved(answer, f"there were {before} and are {total}")


def _fits(cursor: str | None, answer: Answer) -> str | None:
    if cursor is not None and len(cursor.encode()) > MOST_CURSOR_BYTES:
        raise _at(answer, RemoteContract(f"the application gave a cursor of more than {MOST_CURSOR_BYTES} bytes"))
    return cursor


def _text(state: msgspec.Struct) -> str:
    return msgspec.json.encode(state).decode()


def _state(cursor: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(cursor, type=kind)
    except msgspec.DecodeError:
        raise _foreign() from None


def _foreign() -> PluginBug:
    return PluginBug("a page was asked for by a cursor of another paging")
