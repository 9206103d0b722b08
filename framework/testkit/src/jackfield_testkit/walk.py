"""The pages of one sync as the connector gave them, in the order of their reads."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from jackfield.hookspecs import SyncView
from jackfield.host.connection import Connection
from jackfield.snapshots.file import create_partial
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.sync.engine import Engine
from jackfield.sync.pages import PageReader, PageSource, Patience
from jackfield_contracts import Page, Resource, Scope
from jackfield_testkit.bench import Bench
from jackfield_testkit.clock import HastyClock
from jackfield_testkit.wire import Wire


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of ``read_page`` and its page. ``requests``: how many it took, if nothing else was going on."""

    family: str
    scopes: tuple[Scope, ...]
    cursor: str | None
    page: Page

    def __str__(self) -> str:
        scopes = ", ".join(scope.name for scope in self.scopes[:3])
        more = f" and {len(self.scopes) - 3} more" if len(self.scopes) > 3 else ""
        return f"read_page(family={self.family!r}, scopes=({scopes}{more}), cursor={self.cursor!r})"


class Known(msgspec.Struct, frozen=True):
    """Answers for rows of pages that were given."""

    resources: Mapping[tuple[str, str], Resource]

    def stored(self, type: str, ids: Iterable[str]) -> Mapping[str, Resource]:
        """See ``SyncView.stored``."""
        return {id: self.resources[type, id] for id in ids if (type, id) in self.resources}


NOTHING = Known({})
"""A view of a sync that has stored nothing."""


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """All reads of a sync, each as its calls in order; and the requests that were made."""

    reads: tuple[tuple[Call, ...], ...]
    wire: Wire

    @property
    def view(self) -> SyncView:
        """What the sync had stored in the end."""
        rows = (item for read in self.reads for call in read for item in call.page.items)
        return Known({(row.id.type, row.id.id): row for row in rows if isinstance(row, Resource)})

    @property
    def last(self) -> tuple[tuple[Call, ...], ...]:
        """The reads that count: of those that began anew the last one."""
        kept = {(read[0].family, tuple(scope.name for scope in read[0].scopes)): read for read in self.reads}
        return tuple(kept.values())


class _Recorder:
    def __init__(self, source: PageSource, between: Callable[[Page], None] | None) -> None:
        self._source = source
        self._between = between
        self.calls: list[Call] = []

    async def read_page(
        self, family: str, scopes: tuple[Scope, ...], cursor: str | None, attempt: int, view: SyncView
    ) -> Page:
        page = await self._source.read_page(family, scopes, cursor, attempt, view)
        self.calls.append(Call(family=family, scopes=scopes, cursor=cursor, page=page))
        if self._between is not None:
            self._between(page)
        return page


async def walk(bench: Bench, wire: Wire | None = None, between: Callable[[Page], None] | None = None) -> Walk:
    """Read everything by the host's engine, and keep each page; *between* is called with it before anything else is read."""
    wire = wire or Wire()
    clock = HastyClock()
    async with bench.open(wire, clock=clock) as connection:
        recorder = _Recorder(connection, between)
        file = Path(bench.folder) / "walk.partial"
        writer = SnapshotWriter(create_partial(file), clock)
        try:
            pages = PageReader(recorder, writer, Patience(retry_deadline=30.0, stall_timeout=60.0), clock, bench.log)
            engine = Engine(
                connection.families(), writer, pages, concurrency=1, retry_deadline=30.0, clock=clock, stored=_none
            )
            await engine.run()
            for error in engine.errors:
                raise error
        finally:
            writer.db.close()
    return Walk(reads=tuple(_chains(recorder.calls)), wire=wire)


def _none(page: Page) -> int:
    return 0


def _chains(calls: Iterable[Call]) -> Iterable[tuple[Call, ...]]:
    """The calls of each read, in order. With one read at a time, each call follows the one before or begins another."""
    chain: list[Call] = []
    for call in calls:
        follows = chain and call.cursor == chain[-1].page.next and _same(call, chain[-1])
        if chain and not (follows and call.cursor is not None):
            yield tuple(chain)
            chain = []
        chain.append(call)
    if chain:
        yield tuple(chain)


def _same(one: Call, other: Call) -> bool:
    return one.family == other.family and one.scopes == other.scopes


async def rest(connection: Connection, call: Call, view: SyncView, *, most: int = 10_000) -> list[Page]:
    """The pages from *call* on, asked of *connection* anew."""
    pages: list[Page] = []
    cursor = call.cursor
    while len(pages) < most:
        page = await connection.read_page(call.family, call.scopes, cursor, 0, view)
        pages.append(page)
        if page.next is None:
            break
        cursor = page.next
    return pages


def rows(pages: Iterable[Page]) -> Counter[bytes]:
    """The rows of *pages*, to be compared whatever their order."""
    return Counter(msgspec.json.encode(item) for page in pages for item in page.items)
