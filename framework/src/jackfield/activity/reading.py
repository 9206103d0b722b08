"""Reading feeds on from where they were left.

Promises that the window of time of which all is known is never said to be larger than it is: it ends before what may come late,
and begins anew where a cursor was lost and nothing shows that no event is missing. Hides pages, restarts and repeated events.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from jackfield.activity.store import ActivityStore, FeedState, Stored, moment_of, text_of
from jackfield.clock import Clock
from jackfield.errors import CursorExpired, PluginBug
from jackfield.host.connection import Connection
from jackfield_contracts import Event, EventKind, EventPage, Feed, ResourceId

KEEP = timedelta(days=90)
"""How long events are kept; the last sign-in of each person stays."""

FIRST = timedelta(days=180)
"""How far back a feed is read that was not read before."""

OVERLAP = timedelta(hours=48)
"""By how much a feed is read again, before what is known, where its cursor is not honoured any more."""

_MOST_RESTARTS = 3
_MOST_EMPTY = 1000
"""Pages without any event, one after the other, after which the application is taken to be stuck."""

Find = Callable[[Collection[str]], Mapping[str, ResourceId | None]]
"""Whom the latest snapshot knows by each of some names."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What one reading of a feed gave: how many events that were not known before, and the feed as it stands now."""

    feed: str
    events: tuple[Stored, ...]
    state: FeedState
    pages: int


async def read_feeds(connection: Connection, store: ActivityStore, clock: Clock, find: Find) -> tuple[Read, ...]:
    """Read each feed of *connection* on to its end; *find* ascribes events that name a person without an id.

    Raises what ``ConnectorSpec.read_feed`` raises: what was read before it is kept, and the window stays as it was.
    """
    feeds = connection.feeds()
    if feeds:
        _ascribe(store, find)
    return tuple([await _read(connection, store, feed, clock, find) for feed in feeds])


async def _read(connection: Connection, store: ActivityStore, feed: Feed, clock: Clock, find: Find) -> Read:
    state, fresh, pages, empty, restarts = store.feed(feed.name), list[Stored](), 0, 0, 0
    began = clock.now()
    if state.known_until is not None and moment_of(state.known_until) > began:
        # The clock was ahead when that was written.
        state = replace(state, known_until=text_of(began - timedelta(seconds=feed.late)))
    if state.cursor is None and state.since is None:
        state = replace(state, since=text_of(began - FIRST))
    while True:
        try:
            asked = state.cursor, state.since if state.cursor is None else None
            page = await connection.read_feed(feed.name, *asked)
        except CursorExpired:
            restarts += 1
            if restarts > _MOST_RESTARTS or state.cursor is None:
                raise
            state = _anew(state, feed, began)
            store.save(feed.name, state)
            continue
        pages += 1
        empty = 0 if page.events else empty + 1
        if page.more and (empty > _MOST_EMPTY or (not page.events and page.cursor == asked[0])):
            raise PluginBug(f"the feed {feed.name!r} has always a next page, and no event", connection=connection.name)
        events = _ascribed(page.events, find)
        known = store.has(each.event.id for each in events)
        new = [each for each in {each.event.id: each for each in events}.values() if each.event.id not in known]
        state = _turned(state, page, events, _met(state, events, known), clock)
        if not page.more:
            state = replace(_whole(state, feed, began), sign_ins=EventKind.SIGN_IN in feed.kinds)
        store.save(feed.name, state, events, oldest=began - KEEP)
        fresh += new
        if not page.more:
            return Read(feed=feed.name, events=tuple(fresh), state=state, pages=pages)


def _met(state: FeedState, events: list[Stored], known: Collection[str]) -> bool:
    """Whether one of *events* is of the time of which all was known, and was known: then none is missing behind it."""
    if state.known_until is None:
        return False
    until = moment_of(state.known_until)
    return any(each.event.id in known and moment_of(each.event.time) <= until for each in events)


def _anew(state: FeedState, feed: Feed, now: datetime) -> FeedState:
    """The state of a feed whose cursor was lost: it is read again from before what is known."""
    if state.known_until is None:
        since = now - FIRST
    else:
        since = moment_of(state.known_until) - max(OVERLAP, timedelta(seconds=feed.late))
    return replace(state, cursor=None, since=text_of(since), oldest=None, met=False)


def _turned(state: FeedState, page: EventPage, events: list[Stored], met: bool, clock: Clock) -> FeedState:
    """The state behind *page*."""
    times = [text_of(moment_of(each.event.time)) for each in events]
    unclear = [at for at, each in zip(times, events, strict=True) if _of_nobody_known(each)]
    if page.unread:
        unclear.append(text_of(clock.now()))
    return replace(
        state,
        cursor=page.cursor,
        oldest=min(filter(None, (*times, state.oldest)), default=None),
        met=state.met or met,
        unclear=max(filter(None, (*unclear, state.unclear)), default=None),
        unread=state.unread + page.unread,
        reason=page.reason or state.reason,
    )


def _whole(state: FeedState, feed: Feed, began: datetime) -> FeedState:
    """The state of a feed that was read to its end, in a pass that began at *began*."""
    until = began - timedelta(seconds=feed.late)
    known_from, known_until = state.known_from, state.known_until
    if state.since is not None and not (state.met and known_from is not None):
        # The log may reach back less far than was asked for: it is known to do so to its oldest event.
        known_from = max(state.since, state.oldest) if state.oldest is not None else text_of(began)
    if feed.retention is not None and known_until is not None:
        left = began - timedelta(seconds=feed.retention)
        if moment_of(known_until) < left and known_from is not None:
            known_from = max(known_from, text_of(left))
    return replace(
        state,
        since=None,
        oldest=None,
        met=False,
        known_from=known_from,
        known_until=max(known_until or "", text_of(until)),
    )


def _of_nobody_known(each: Stored) -> bool:
    return each.event.kind is EventKind.SIGN_IN and each.principal is None


def _ascribed(events: Collection[Event], find: Find) -> list[Stored]:
    """*events* with whom each is about: by the id that it has, else by the names."""
    names = {name for each in events if each.principal is None for name in each.names}
    known: Mapping[str, ResourceId | None] = find(names) if names else {}
    found: list[Stored] = []
    for each in events:
        who = each.principal
        if who is None:
            meant = {id for id in map(known.get, each.names) if id is not None}
            who = meant.pop() if len(meant) == 1 else None
        found.append(Stored(event=each, principal=who))
    return found


def _ascribe(store: ActivityStore, find: Find) -> None:
    """Look again for the people of sign-ins that nobody was found for: a snapshot that came since may know them."""
    waiting = store.unascribed()
    if not waiting:
        return
    found = _ascribed(waiting, find)
    for name, state in store.feeds().items():
        left = [each for each in found if each.principal is None]
        newest = max((text_of(moment_of(each.event.time)) for each in left), default=None)
        if state.unread:
            newest = max(filter(None, (newest, state.unclear)), default=None)
        store.save(name, replace(state, unclear=newest), [each for each in found if each.principal is not None])
