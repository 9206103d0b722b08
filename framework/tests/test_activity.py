"""Feeds are read on, whatever the log does: nothing is lost, nothing counts twice, and unknown is never called dormant."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.activity import SignIns, read_sign_ins
from jackfield.activity.reading import FIRST, KEEP, Read, read_feeds
from jackfield.activity.store import open_store
from jackfield.errors import CursorExpired, PluginBug, Transient
from jackfield.state import Home
from jackfield_contracts import AccountStatus, Event, EventKind, EventPage, Feed, Resource, ResourceId, UserTrait

START = datetime(2026, 1, 1, tzinfo=UTC)
LATE = timedelta(hours=24)
PEOPLE = [f"u{number}" for number in range(5)]


def person(id: str, *, joined: datetime | None = START - timedelta(days=900)) -> Resource:
    trait = UserTrait(status=AccountStatus.ENABLED, joined=joined)
    return Resource(id=ResourceId(type="user", id=id), scope="user", display_name=id, trait=trait)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


class Log:
    """An application's log: events arrive late and in any order, come again, and cursors are lost."""

    name = "acme"

    def __init__(self, clock: Clock, *, page: int = 3, seed: int = 0, repeats: bool = False) -> None:
        self.clock = clock
        self.page = page
        self.random = random.Random(seed)
        self.repeats = repeats
        self.events: list[tuple[datetime, datetime, str | None]] = []
        self.kept_from = START - timedelta(days=10_000)
        self.generation = 0
        self.calls: list[str | None] = []
        self.fail_at: int | None = None
        self.unread = 0

    def sign_in(self, who: str | None, at: datetime, delay: timedelta = timedelta()) -> None:
        self.events.append((at, at + delay, who))

    def feeds(self) -> tuple[Feed, ...]:
        return (Feed(name="log", late=LATE.total_seconds()),)

    async def read_feed(self, feed: str, cursor: str | None, since: str | None) -> EventPage:
        self.calls.append(cursor)
        if self.fail_at is not None and len(self.calls) >= self.fail_at:
            raise Transient("it is busy")
        if cursor is None:
            generation, at, start = self.generation, 0, since or ""
        else:
            told = cursor.split(" ")
            generation, at, start = int(told[0]), int(told[1]), told[2]
        if generation != self.generation:
            raise CursorExpired("the cursor is not honoured any more")
        first = max(datetime.fromisoformat(start), self.kept_from)
        there = sorted(
            (each for each in enumerate(self.events) if each[1][1] <= self.clock.time and each[1][0] >= first),
            key=lambda each: (each[1][1], each[0]),
        )
        given = there[at : at + self.page]
        after = at + len(given)
        if self.repeats and at:
            given = [*there[at - 1 : at], *given]
        self.random.shuffle(given)
        events = tuple(
            Event(
                id=f"e{number}",
                time=when.isoformat(),
                kind=EventKind.SIGN_IN,
                type="in",
                principal=ResourceId(type="user", id=who) if who else None,
                names=() if who else ("nobody@x.org",),
            )
            for number, (when, _, who) in given
        )
        unread, self.unread = self.unread, 0
        return EventPage(
            events=events,
            cursor=f"{generation} {after} {start}",
            more=after < len(there),
            unread=unread,
            reason="broken" if unread else "",
        )


class Desk:
    """A home, and what is read there of a log."""

    def __init__(self, folder: Path, log: Log, clock: Clock) -> None:
        self.home = Home(folder=folder).ensure()
        self.log = log
        self.clock = clock
        self.known: dict[str, ResourceId | None] = {}

    def read(self) -> Read:
        with open_store(self.home.activity("acme")) as store:
            reading = read_feeds(self.log.feeds(), self.log.read_feed, store, self.clock, lambda _: self.known)
            (read,) = asyncio.run(reading)
        return read

    def stored(self) -> list[str]:
        with open_store(self.home.activity("acme")) as store:
            return sorted(each.event.id for each in store.events())

    def sign_ins(self) -> SignIns:
        found = read_sign_ins(self.home, "acme")
        assert found is not None
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Desk:
    return Desk(tmp_path, Log(clock), clock)


MINUTES = 60 * 24 * 30

sign_ins = st.tuples(st.sampled_from(PEOPLE), st.integers(0, MINUTES), st.integers(0, 24 * 60))
polls = st.lists(st.tuples(st.integers(1, MINUTES), st.booleans()), min_size=1, max_size=6)


@settings(deadline=None)
@given(st.lists(sign_ins, max_size=40), polls, st.integers(1, 7), st.booleans(), st.integers(0, 99), st.integers(1, 40))
def test_whatever_the_log_does(
    history: list[tuple[str, int, int]],
    reads: list[tuple[int, bool]],
    page: int,
    repeats: bool,
    seed: int,
    days: int,
) -> None:
    clock = Clock()
    log = Log(clock, page=page, seed=seed, repeats=repeats)
    # Known to reach back that far.
    log.sign_in("first", START - timedelta(days=100))
    for who, at, delay in history:
        log.sign_in(who, START + timedelta(minutes=at), timedelta(minutes=delay))
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder), log, clock)
        for wait, reset in [*reads, (MINUTES + 3 * 24 * 60, False)]:
            clock.time += timedelta(minutes=wait)
            if reset:
                log.generation += 1
            new = desk.read().events
            assert len({each.event.id for each in new}) == len(new)
            known = desk.sign_ins()
            assert known.known_until <= clock.time - LATE
            for who in PEOPLE:
                if known.dormant(person(who), days):
                    since = known.known_until - timedelta(days=days)
                    assert known.known_from <= since
                    assert not [at for at, _, each in log.events if each == who and since <= at <= known.known_until]
        truth: dict[str, datetime] = {}
        for at, _, who in log.events:
            truth[str(who)] = max(at, truth.get(str(who), at))
        assert {id.id: last for id, last in desk.sign_ins().last.items()} == truth
        kept = [f"e{number}" for number, (at, _, _) in enumerate(log.events) if at >= clock.time - KEEP]
        assert desk.stored() == sorted(kept)


def test_the_window_begins_where_the_log_does(desk: Desk, clock: Clock) -> None:
    log = desk.log
    log.sign_in("u0", START - timedelta(days=40))
    desk.read()
    known = desk.sign_ins()
    assert (known.known_from, known.known_until) == (START - timedelta(days=40), START - LATE)
    assert known.dormant(person("u1"), 30)
    assert known.dormant(person("u1"), 60) is None
    assert known.dormant(person("u1", joined=None), 30) is None
    assert known.dormant(person("u1", joined=START - timedelta(days=3)), 30) is False
    assert known.dormant(person("u0"), 30)


def test_nothing_is_known_of_an_empty_log(desk: Desk) -> None:
    desk.read()
    assert desk.sign_ins().dormant(person("u1"), 1) is None


def test_a_lost_cursor_with_an_overlap_leaves_the_window_as_it_was(desk: Desk, clock: Clock) -> None:
    desk.log.sign_in("u0", START - timedelta(days=40))
    desk.log.sign_in("u0", START - timedelta(hours=30))
    desk.read()
    desk.log.generation += 1
    clock.time += timedelta(days=1)
    desk.log.sign_in("u1", clock.time - timedelta(hours=25))
    desk.read()
    assert desk.sign_ins().known_from == START - timedelta(days=40)
    assert len(desk.stored()) == 3


def test_without_one_the_window_begins_anew(desk: Desk, clock: Clock) -> None:
    desk.log.sign_in("u0", START - timedelta(days=40))
    desk.read()
    desk.log.generation += 1
    clock.time += timedelta(days=300)
    desk.log.kept_from = clock.time - timedelta(days=20)
    desk.log.sign_in("u1", START + timedelta(days=100))  # gone from the log before it was read
    desk.log.sign_in("u2", clock.time - timedelta(days=10))
    desk.read()
    known = desk.sign_ins()
    assert known.known_from == clock.time - timedelta(days=10)
    assert known.dormant(person("u1"), 90) is None


def test_what_fails_keeps_what_was_read_and_the_window(desk: Desk, clock: Clock) -> None:
    for hours in range(30, 44):
        desk.log.sign_in("u0", START - timedelta(hours=hours))
    desk.log.fail_at = 3
    with pytest.raises(Transient):
        desk.read()
    assert len(desk.stored()) == 6
    assert read_sign_ins(desk.home, "acme") is None
    desk.log.fail_at = None
    desk.log.calls.clear()
    assert len(desk.read().events) == 8
    # It went on where it was.
    assert len(desk.log.calls) == 3
    assert desk.sign_ins().known_until == START - LATE


def test_1392_events_take_two_calls(desk: Desk) -> None:
    desk.log.page = 1000
    for number in range(1392):
        desk.log.sign_in(PEOPLE[number % 5], START - timedelta(minutes=number))
    assert desk.read().pages == len(desk.log.calls) == 2
    assert desk.read().pages == 1


def test_a_sign_in_of_nobody_known_may_be_anybody_s_until_somebody_is_found(desk: Desk, clock: Clock) -> None:
    desk.log.sign_in("u0", START - timedelta(days=80))
    desk.log.sign_in(None, START - timedelta(days=5))
    desk.read()
    assert desk.sign_ins().dormant(person("u1"), 30) is None
    assert desk.sign_ins().dormant(person("u1"), 3)
    desk.known["nobody@x.org"] = ResourceId(type="user", id="u2")
    desk.read()
    assert desk.sign_ins().dormant(person("u1"), 30)
    assert desk.sign_ins().dormant(person("u2"), 30) is False


def test_an_event_that_is_not_understood_may_be_anybody_s(desk: Desk, clock: Clock) -> None:
    desk.log.sign_in("u0", START - timedelta(days=80))
    desk.log.unread = 1
    desk.read()
    assert desk.sign_ins().dormant(person("u1"), 30) is None
    clock.time += timedelta(days=32)
    desk.read()
    assert desk.sign_ins().dormant(person("u1"), 30)


def test_a_clock_that_was_ahead_claims_no_future(desk: Desk, clock: Clock) -> None:
    desk.log.sign_in("u0", START - timedelta(days=80))
    clock.time += timedelta(days=400)
    desk.read()
    clock.time -= timedelta(days=400)
    desk.read()
    assert desk.sign_ins().known_until == START - LATE


def test_another_account_begins_anew(desk: Desk) -> None:
    desk.log.sign_in("u0", START - timedelta(days=40))
    with open_store(desk.home.activity("acme")) as store:
        store.begin("t1")
    desk.read()
    with open_store(desk.home.activity("acme")) as store:
        store.begin("t1")
        assert len(list(store.events())) == 1
        store.begin("t2")
        assert (list(store.events()), store.last_sign_ins(), store.feeds()) == ([], {}, {})


def test_a_log_without_an_end_is_a_fault_of_the_connector(desk: Desk) -> None:
    class Endless(Log):
        async def read_feed(self, feed: str, cursor: str | None, since: str | None) -> EventPage:
            return EventPage(events=(), cursor="same", more=True)

    desk.log = Endless(desk.clock)
    with pytest.raises(PluginBug):
        desk.read()


def test_the_first_read_goes_back_so_far_and_no_further(desk: Desk) -> None:
    desk.log.sign_in("u0", START - FIRST - timedelta(days=1))
    desk.log.sign_in("u1", START - FIRST + timedelta(days=1))
    desk.read()
    assert set(desk.sign_ins().last) == {ResourceId(type="user", id="u1")}
