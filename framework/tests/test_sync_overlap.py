"""A page is stored while the next one is read: what one of the two does never harms or hides the other."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from jackfield.clock import SystemClock
from jackfield.errors import BadConfig, CursorExpired, RemoteContract, Transient
from jackfield.hookspecs import Reads, family
from jackfield.snapshots import writer as writing
from jackfield.snapshots.file import create_partial
from jackfield.snapshots.reads import Read, add_read, add_scope, reads_of
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.sync.engine import Engine
from jackfield.sync.pages import PageReader, Patience
from jackfield_contracts import Entitlement, EntitlementId, Grant, Item, Page, Resource, ResourceId, RowKind, Scope

from .facade import Log, opened, throw

pytestmark = pytest.mark.usefixtures("partials_closed")

GROUPS = Scope(name="group", family="groups", rows=RowKind.RESOURCES, lists="group")


def of(group: str) -> ResourceId:
    return ResourceId(type="group", id=group)


def scope(group: str, *, expected: int | None = None, fallback: str | None = None) -> Scope:
    return Scope(name=f"group:{group}/*", family="members", resource=of(group), expected=expected, fallback=fallback)


def group(id: str) -> tuple[Item, ...]:
    member = EntitlementId(resource=of(id), slug="member")
    return (
        Resource(id=of(id), scope="group", display_name=id),
        Entitlement(id=member, scope="group", display_name="Member"),
    )


def grants(id: str, *users: str) -> tuple[Item, ...]:
    member = EntitlementId(resource=of(id), slug="member")
    return tuple(
        Grant(entitlement=member, principal=ResourceId(type="user", id=user), scope=f"group:{id}/*") for user in users
    )


def held(writer: SnapshotWriter) -> list[tuple[str, str]]:
    """The grants as group and user."""
    rows = writer.db.execute(
        "SELECT n.id, p.id FROM grant_row g JOIN entitlement_row e ON e.key = g.entitlement"
        " JOIN node n ON n.key = e.resource JOIN node p ON p.key = g.principal ORDER BY 1, 2"
    )
    return rows.fetchall()


@pytest.fixture
def writer(tmp_path: Path, partials_closed: None) -> SnapshotWriter:
    return SnapshotWriter(create_partial(tmp_path / "snapshot.partial"), SystemClock())


USUAL = Patience(retry_deadline=5.0, stall_timeout=30.0)


@asynccontextmanager
async def engine(
    implementation: Reads,
    writer: SnapshotWriter,
    told: Callable[[], None] = lambda: None,
    patience: Patience = USUAL,
) -> AsyncGenerator[Engine]:
    """*told* is called before a page is stored."""

    def stored(page: Page) -> int:
        told()
        return 1

    async with opened(implementation) as connection:
        yield Engine(
            connection.families(),
            writer,
            PageReader(connection, writer, patience, SystemClock(), Log()),
            concurrency=4,
            retry_deadline=patience.retry_deadline,
            clock=SystemClock(),
            stored=stored,
        )


class Restarting(Reads):
    """A listing of groups that starts over and then lacks one, whose members can still be asked for."""

    def __init__(self) -> None:
        self.passes = 0
        self.asked: list[tuple[str, ...]] = []

    @family("groups", scopes=(GROUPS,))
    async def groups(self, cursor: str | None) -> Page:
        if cursor is None:
            self.passes += 1
            if self.passes == 1:
                return Page(items=(*group("g1"), *group("g2")), opens=(scope("g1"), scope("g2")), next="2")
            return Page(items=group("g1"), opens=(scope("g1"),), next="3")
        if cursor == "2":
            raise CursorExpired("start again")
        return Page(items=group("g3"), opens=(scope("g3"),))

    @family("members", follows=("groups",), max_weight=100, max_scopes=100)
    async def members(self, scopes: tuple[Scope, ...]) -> Page:
        ids = [each.resource.id for each in scopes if each.resource]
        self.asked.append(tuple(ids))
        return Page(items=tuple(row for id in ids for row in grants(id, "u1")))


class OneByOne(Restarting):
    """The same, where each group is asked for alone."""

    @family("members", follows=("groups",), max_scopes=1)
    async def members(self, scopes: tuple[Scope, ...]) -> Page:
        return await Restarting.members(self, scopes)


@pytest.mark.parametrize(("app", "asked"), [(Restarting(), [("g1", "g3")]), (OneByOne(), [("g1",), ("g3",)])])
def test_a_scope_that_the_listing_took_back_is_not_read(
    writer: SnapshotWriter, app: Restarting, asked: list[tuple[str, ...]]
):
    async def run() -> None:
        async with engine(app, writer) as sync:
            await sync.run()

    asyncio.run(run())
    assert app.asked == asked
    assert held(writer) == [("g1", "u1"), ("g3", "u1")]
    assert {read.state for read in reads_of(writer.db)} == {"done"}


class Again(Reads):
    """A group whose count disagrees; its second read starts over, and then gets nowhere."""

    def __init__(self) -> None:
        self.passes = 0

    @family("groups", scopes=(GROUPS,))
    async def groups(self) -> Page:
        return Page(items=group("g1"), opens=(scope("g1", expected=4, fallback="listing"),))

    @family("members", follows=("groups",), max_scopes=100)
    async def members(self, scopes: tuple[Scope, ...]) -> Page:
        return Page(items=grants("g1", "u1", "u2", "u3"))

    @family("listing", follows=("groups",))
    async def listing(self, scopes: tuple[Scope, ...], cursor: str | None) -> Page:
        if cursor is None:
            self.passes += 1
            if self.passes == 1:
                return Page(items=grants("g1", "u1", "u2"), next="2")
            raise RemoteContract("no sense")
        if cursor == "2":
            return Page(items=grants("g1", "u3"), next="3")
        raise CursorExpired("start again")


@pytest.mark.parametrize("most", [1, 1000])
def test_a_second_read_that_starts_over_and_fails_takes_nothing_away(
    writer: SnapshotWriter, monkeypatch: pytest.MonkeyPatch, most: int
):
    monkeypatch.setattr(writing, "_MOST_UNMERGED", most)

    async def run() -> None:
        async with engine(Again(), writer) as sync:
            await sync.run()

    asyncio.run(run())
    assert held(writer) == [("g1", "u1"), ("g1", "u2"), ("g1", "u3")]


class Slow(Reads):
    """Its second page never comes."""

    @family("groups", scopes=(GROUPS,))
    async def groups(self, cursor: str | None) -> Page:
        if cursor is not None:
            await asyncio.sleep(20)
        return Page(items=group("g1"), next="2")


def test_a_page_that_can_not_be_stored_ends_the_read_at_once(writer: SnapshotWriter):
    async def run() -> None:
        async with engine(Slow(), writer, throw(BadConfig("another account"))) as sync, asyncio.timeout(5):
            await sync.run()

    with pytest.raises(BadConfig, match="another account"):
        asyncio.run(run())


class Held(sqlite3.Connection):
    """A database whose COMMITs in a thread take until they are let go."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.running = 0
        self.overlapping: list[str] = []

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        if sql != "COMMIT" or threading.current_thread() is threading.main_thread():
            self.overlapping += [sql] * self.running
            return super().execute(sql, *arguments)
        self.running += 1
        self.begun.set()
        assert self.let_go.wait(10)
        try:
            return super().execute(sql, *arguments)
        finally:
            self.running -= 1


@pytest.fixture
def slow(tmp_path: Path) -> Generator[Held]:
    create_partial(tmp_path / "slow").close()
    db = sqlite3.connect(tmp_path / "slow", isolation_level=None, check_same_thread=False, factory=Held)
    yield db
    db.close()


def test_a_transaction_is_over_only_when_its_statement_is_however_often_it_is_cancelled(slow: Held):
    writer = SnapshotWriter(slow, SystemClock())

    async def run() -> None:
        async def store() -> None:
            async with writer.transaction():
                writer.set_header({"a": "1"})

        task = asyncio.create_task(store())
        await asyncio.to_thread(slow.begun.wait, 10)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.02)
        early = task.done()
        slow.let_go.set()
        await asyncio.wait([task])
        assert not early
        assert task.cancelled()

    asyncio.run(run())
    assert writer.header() == {"a": "1"}


def test_a_sync_is_over_only_when_its_pages_are_however_often_it_is_cancelled(slow: Held):
    """As SIGTERM does it: every task is cancelled, and those that wait for others once more."""
    slow.let_go.set()
    writer = SnapshotWriter(slow, SystemClock())

    async def run() -> None:
        def hold() -> None:
            slow.begun.clear()
            slow.let_go.clear()

        async def sync() -> None:
            async with engine(Slow(), writer, hold) as reading:
                await reading.run()

        task = asyncio.create_task(sync())
        while slow.let_go.is_set():
            await asyncio.sleep(0)
        await asyncio.to_thread(slow.begun.wait, 10)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for _ in range(3):
            for one in others:
                one.cancel()
            for _ in range(5):
                await asyncio.sleep(0)
        assert not task.done()
        slow.let_go.set()
        await asyncio.wait([task])
        assert task.cancelled()
        assert [one for one in others if not one.done()] == []
        assert not slow.running

    asyncio.run(run())


def test_nothing_is_read_while_a_statement_runs_in_a_thread(slow: Held):
    """Else SQLite's error of that statement is lost, and rows that the disk refused pass for stored."""
    writer = SnapshotWriter(slow, SystemClock())

    async def run() -> None:
        async def store() -> None:
            async with writer.transaction():
                read = add_read(writer.db, "groups")
                writer.set_header({"a": "1"})
                reads.append(read)

        reads: list[Read] = []
        for ask in (
            lambda: writer.stored("group", ["g1"]),
            lambda: writer.scopes_of(reads[0]),
            lambda: writer.cursor_hashes(Read(key=1, family="groups", pages=1)),
            writer.header,
        ):
            slow.begun.clear()
            slow.let_go.clear()
            task = asyncio.create_task(store())
            await asyncio.to_thread(slow.begun.wait, 10)
            threading.Timer(0.05, slow.let_go.set).start()
            ask()
            await task

    asyncio.run(run())
    assert slow.overlapping == []


def test_a_merge_that_the_disk_refuses_is_noticed_while_rows_are_asked_for(tmp_path: Path):
    for number in range(20):
        writer = SnapshotWriter(create_partial(tmp_path / f"{number}"), SystemClock())
        asyncio.run(_merge_without_room(writer))
        writer.db.close()


async def _merge_without_room(writer: SnapshotWriter) -> None:
    async with writer.transaction():
        read = add_read(writer.db, "groups")
        add_scope(writer.db, GROUPS, read=read.key)
        add_scope(writer.db, scope("g1"), read=read.key)
    first = Page(items=(*group("g1"), *grants("g1", *(f"u{number}" for number in range(4000)))), next="2")
    await writer.store(read, first, feeding={}, next_hash=1, requests=1)
    (pages,) = writer.db.execute("PRAGMA page_count").fetchone()
    writer.db.execute(f"PRAGMA max_page_count = {pages + 2}")
    merging = asyncio.create_task(writer.merge())
    while not merging.done():
        writer.stored("group", ["g1", "unknown"])
        await asyncio.sleep(0)
    error = merging.exception()
    assert isinstance(error, sqlite3.OperationalError)
    assert error.sqlite_errorname == "SQLITE_FULL"


class FailsWhenCancelled(Reads):
    """A listing whose second request has failed already when it is cancelled, as a TaskGroup tells it."""

    @family("groups", scopes=(GROUPS,))
    async def groups(self) -> Page:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            raise Transient("the server answered 500") from None
        return Page()


def test_a_failure_that_comes_with_a_cancellation_hides_it_not(writer: SnapshotWriter):
    """Else a time-out is not noticed, and the read is tried on; and a sync that is stopped goes on."""

    async def run(stall: float) -> None:
        patience = Patience(retry_deadline=30.0, stall_timeout=stall)
        async with engine(FailsWhenCancelled(), writer, patience=patience) as one:
            await one.run()

    async def stopped() -> None:
        task = asyncio.ensure_future(run(30.0))
        await asyncio.sleep(0.3)
        task.cancel()
        await task

    asyncio.run(run(0.3))
    assert [(read.state, read.reason) for read in reads_of(writer.db)] == [("failed", "no page within 0.3 s")]
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(asyncio.wait_for(stopped(), 20.0))


class Failing(Reads):
    """A listing that nobody can read."""

    def __init__(self) -> None:
        self.asked = 0

    @family("groups", scopes=(GROUPS,))
    async def groups(self) -> Page:
        self.asked += 1
        await asyncio.sleep(0)
        raise Transient("the server answered 500")


def test_what_one_reader_is_patient_with_is_its_own(writer: SnapshotWriter, tmp_path: Path):
    """Two at once in a process, one of which tries six times without a pause: the other waits as it was told."""
    hasty, patient = Failing(), Failing()

    async def read(implementation: Failing, writer: SnapshotWriter, patience: Patience) -> None:
        async with engine(implementation, writer, patience=patience) as one:
            await one.run()

    async def both() -> None:
        await asyncio.gather(
            read(hasty, other, Patience(retry_deadline=30.0, stall_timeout=60.0, first_wait=0.0, tries=6)),
            read(patient, writer, Patience(retry_deadline=30.0, stall_timeout=1.0, first_wait=0.4)),
        )

    other = SnapshotWriter(create_partial(tmp_path / "other.partial"), SystemClock())
    try:
        asyncio.run(both())
        assert [read.reason for read in reads_of(other.db)] == ["the server answered 500"]
    finally:
        other.db.close()
    assert hasty.asked == 6
    assert [read.reason for read in reads_of(writer.db)] == ["no page within 1 s"]
    assert patient.asked <= 3
