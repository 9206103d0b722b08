"""How a connector reads the application's log of activity: on from where it was, each event as the same one."""

from datetime import UTC, datetime, timedelta

from jackfield.errors import CursorExpired
from jackfield.host.connection import Connection
from jackfield_contracts import Event, EventKind, Feed, ResourceId
from jackfield_testkit.bench import Bench
from jackfield_testkit.data import Finding, NotApplicable

_MOST_PAGES = 1000
_LONG_AGO = "2000-01-01T00:00:00+00:00"


async def reads_feeds_on(bench: Bench) -> None:
    """A feed is read on from its cursor: what happened since comes, and nothing again that the log does not repeat.

    A cursor that starts over counts sign-ins twice and costs the whole log each time; one that skips makes somebody dormant
    who was here yesterday.
    """
    async with bench.open() as connection:
        people = _people(bench, connection)
        sign_in = bench.need("sign_in", "how feeds are read")
        for feed in _feeds(connection):
            first, cursor = await _read(connection, feed, None)
            _demand_sound(feed, first, bench)
            sign_in(people[0])
            sign_in(people[-1])
            more, _ = await _read(connection, feed, cursor)
            _demand_sound(feed, more, bench)
            known = {each.id for each in first}
            new = [each for each in more if each.id not in known]
            came = sorted(str(each.principal) for each in new if each.kind is EventKind.SIGN_IN)
            if came != sorted(map(str, (people[0], people[-1]))):
                raise Finding(
                    f"of two sign-ins of {people[0]} and {people[-1]} it gives {', '.join(came) or 'none'}",
                    f"{feed.name} read to its end, two people signed in, and it was read on",
                )
            if len(new) < len(more):
                raise Finding(f"{len(more) - len(new)} events come again when {feed.name} is read on from its cursor")


async def knows_events_again(bench: Bench) -> None:
    """Read again from the beginning, the same event has the same id, and different ones have different ids.

    After a cursor was lost the host reads again from before what it has, and takes events that it has for known.
    """
    async with bench.open() as connection:
        people = _people(bench, connection)
        sign_in = bench.need("sign_in", "whether feeds give an event the same id again")
        for feed in _feeds(connection):
            for person in people[:3]:
                sign_in(person)
            first, _ = await _read(connection, feed, None)
            again, _ = await _read(connection, feed, None)
            if sorted(each.id for each in first) != sorted(each.id for each in again):
                raise Finding(f"{feed.name} gives its events other ids when it is read again")
            if len({each.id for each in first}) < len(first):
                raise Finding(f"two events of {feed.name} have one id")


async def tells_a_lost_cursor_of_a_feed(bench: Bench) -> None:
    """Where the application honours a feed's cursor no more, CursorExpired is raised.

    Any other error would end the reading for good; an empty page would end it without a word.
    """
    async with bench.open() as connection:
        people = _people(bench, connection)
        sign_in = bench.need("sign_in", "what becomes of a feed's lapsed cursor")
        forget = bench.need("forget_cursors", "what becomes of a feed's lapsed cursor")
        for feed in _feeds(connection):
            sign_in(people[0])
            _, cursor = await _read(connection, feed, None)
            forget()
            try:
                await connection.read_feed(feed.name, cursor, None)
            except CursorExpired:
                continue
            raise Finding(f"{feed.name} was read on from a cursor that the application has forgotten")


def _feeds(connection: Connection) -> list[Feed]:
    return [feed for feed in connection.feeds() if EventKind.SIGN_IN in feed.kinds]


def _people(bench: Bench, connection: Connection) -> list[ResourceId]:
    """Who may sign in; raises NotApplicable where the connector has no feed of sign-ins."""
    if not _feeds(connection):
        raise NotApplicable("the connector has no feed of sign-ins, or its configuration asks for none")
    shown = bench.truth().facts
    people = sorted((id for id, facts in shown.items() if facts.get("status") == "enabled"), key=str)
    if not people:
        raise NotApplicable("the truth tells of nobody that they are enabled, so that nobody can sign in")
    return people


async def _read(connection: Connection, feed: Feed, cursor: str | None) -> tuple[list[Event], str]:
    found: list[Event] = []
    for _ in range(_MOST_PAGES):
        page = await connection.read_feed(feed.name, cursor, None if cursor else _LONG_AGO)
        found += page.events
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise Finding(f"{feed.name} has still a next page after {_MOST_PAGES:,} of them")


def _demand_sound(feed: Feed, events: list[Event], bench: Bench) -> None:
    there = bench.truth().resources
    latest = datetime.now(UTC) + timedelta(days=1)
    for each in events:
        if each.kind not in feed.kinds:
            raise Finding(f"{feed.name} gives an event of the kind {each.kind.value}, which it does not declare")
        try:
            at = datetime.fromisoformat(each.time)
        except ValueError:
            raise Finding(f"the time {each.time!r} of an event of {feed.name} is no time") from None
        if at.tzinfo is None or at > latest:
            raise Finding(f"the time {each.time!r} of an event of {feed.name} names no zone, or has not come")
        if each.principal is not None and each.principal not in there:
            raise Finding(f"an event of {feed.name} is about {each.principal}, whom the application does not have")
