"""Chunks of exports, read in threads: the event loop goes on meanwhile."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TypeVar

import msgspec

from jackfield.errors import CursorExpired, MissingPermission, NotFound, RemoteContract, Transient
from jackfield.hookspecs import Clock
from jackfield_roster.bounds import Bounds
from jackfield_roster.config import FileMapping, Place, columns_of
from jackfield_roster.reading import csvfile, encoding, jsonlines, kinds, workbook
from jackfield_roster.reading.budget import Budget, too_much
from jackfield_roster.reading.found import Export, find, look, opened
from jackfield_roster.reading.table import Chunk, Layout, Position, Remark, Row
from jackfield_roster.reading.twice import Twice

T = TypeVar("T")

_JSON = (".jsonl", ".ndjson")
_WORKBOOKS = (".xlsx", ".xlsm")
_STEPS = 64
"""Blocks of a file that are worked on at a time, between two looks whether it is still the same."""

_ROWS = 1000
"""Rows that are taken at a time, so that the event loop goes on in between."""


class _Source(msgspec.Struct, frozen=True):
    """How an export is read: by which module, in which encoding, and from which copy of it, if any."""

    read: Callable[[BinaryIO, str, Layout, Position | None, int], Chunk]
    encoding: str = "utf-8"
    copy: Path | None = None
    remarks: tuple[Remark, ...] = ()


class Reader:
    """Reads the exports of one folder.

    Keeps copies of what can't be read from its middle, and the lines of ids that stand there twice, for as long as it is
    open: what follows from the files alone, and is made anew by whoever needs it next.
    """

    def __init__(self, folder: Path, clock: Clock, *, quiet_seconds: float, bounds: Bounds) -> None:
        self.folder = folder
        self._copies: TemporaryDirectory[str] | None = None
        self._made = 0
        self._clock = clock
        self._quiet = quiet_seconds
        self._bounds = bounds
        self._preparing = asyncio.Lock()
        self._looking = asyncio.Lock()
        self._sources: dict[tuple[Export, str | None, str | None], _Source] = {}
        self._unusable: dict[tuple[Export, str | None, str | None], str] = {}
        self._twice: dict[tuple[Export, str], Twice] = {}

    async def find(self, mapping: FileMapping) -> Export:
        """The export that *mapping* means, once nobody writes to it any more.

        Raises NotFound if there is none, Transient if it is still written to after as long again, and RemoteContract if it
        is no file, leads out of the folder or is larger than the bound.
        """
        export = await self._in_thread(lambda: find(self.folder, mapping.file))
        since = self._age(export)
        if 0 <= since < self._quiet:
            await self._clock.sleep(self._quiet - since)
            export = await self._in_thread(lambda: find(self.folder, mapping.file))
            if 0 <= self._age(export) < self._quiet:
                raise Transient(f"{export.name} is being written", hint="Wait until it is whole.")
        if export.size > self._bounds.file_mb << 20:
            raise too_much(export.name, f"is larger than {self._bounds.file_mb:,} MB", "file_mb")
        return export

    def _age(self, export: Export) -> float:
        return self._clock.now().timestamp() - export.modified / 1e9

    async def chunk(self, export: Export, place: Place, at: Position | None, most: int) -> Chunk:
        """At most *most* rows of *export* from *at* (None: the first).

        Raises CursorExpired if the file is not *export* any more, before or after it was read, and RemoteContract if it is
        no file of its kind, or larger than the bounds.
        """
        mapping = place.mapping
        source = await self._source(export, place)
        layout = Layout(
            encoding=source.encoding,
            delimiter=mapping.delimiter,
            skip_lines=mapping.skip_lines,
            columns=frozenset(column for _, column in columns_of(mapping)),
            ignore=mapping.ignore_rows,
            last_line_end=mapping.last_line_end,
            bounds=self._bounds,
        )
        copy = source.copy
        if copy is None:
            return await self._checked(export, lambda file: source.read(file, export.name, layout, at, most))

        def from_copy() -> Chunk:
            with copy.open("rb") as file:
                return source.read(file, export.name, layout, at, most)

        return await self._in_thread(lambda: self._unchanged(export, from_copy))

    async def remarks(self, export: Export, place: Place) -> tuple[Remark, ...]:
        """What was found out about the file rather than told. Raises as ``chunk`` does."""
        return (await self._source(export, place)).remarks

    async def _source(self, export: Export, place: Place) -> _Source:
        mapping = place.mapping
        key = export, mapping.sheet, mapping.encoding
        async with self._preparing:
            if key in self._unusable:
                raise RemoteContract(self._unusable[key])
            if key not in self._sources:
                try:
                    self._sources[key] = await self._prepared(export, place)
                except RemoteContract as error:
                    # To find it out again may take as long again.
                    self._unusable[key] = error.summary
                    raise
            return self._sources[key]

    async def _prepared(self, export: Export, place: Place) -> _Source:
        name, mapping = export.name, place.mapping
        suffix = Path(name).suffix.lower()
        if await self._checked(export, lambda file: kinds.is_workbook(file, name)):
            return await self._stepwise(export, lambda file: self._unpacked(file, export, place))
        if suffix in _WORKBOOKS:
            raise RemoteContract(f"{name} is no workbook, or damaged: it does not begin like one; {kinds.AS_TABLE}")
        if suffix in _JSON:
            return _Source(jsonlines.read)
        return await self._stepwise(export, lambda file: self._as_text(file, export, mapping.encoding))

    def _unpacked(self, file: BinaryIO, export: Export, place: Place) -> Generator[None, None, _Source]:
        to = self._new_copy()
        budget = Budget(export.name, self._bounds, self._clock.monotonic)
        remarks = yield from workbook.unpack(file, place.mapping.sheet, place.label, to, budget)
        return _Source(workbook.read, copy=to, remarks=remarks)

    def _as_text(self, file: BinaryIO, export: Export, message: str | None) -> Generator[None, None, _Source]:
        found = encoding.Encoding(message) if message is not None else (yield from encoding.find(file, export.name))
        if encoding.is_plain(found.name):
            return _Source(csvfile.read, found.name, remarks=found.remarks)
        to = self._new_copy()
        budget = Budget(export.name, self._bounds, self._clock.monotonic)
        yield from encoding.transcode(file, found.name, to, budget)
        return _Source(csvfile.read, copy=to, remarks=found.remarks)

    async def _stepwise(self, export: Export, work: Callable[[BinaryIO], Generator[None, None, T]]) -> T:
        """What *work* on the file returns, some steps at a time, so that a cancelled read ends soon."""
        with ExitStack() as stack:
            file = await self._in_thread(lambda: stack.enter_context(self._opened(export)))
            steps = work(file)
            done: list[T] = []
            try:
                while not done:
                    await self._in_thread(lambda: self._unchanged(export, lambda: _some(steps, done)))
            finally:
                await self._in_thread(steps.close)
            return done[0]

    async def _checked(self, export: Export, work: Callable[[BinaryIO], T]) -> T:
        """*work* on the file, if it was *export* before and after it."""

        def within() -> T:
            with self._opened(export) as file:
                return work(file)

        return await self._in_thread(lambda: self._unchanged(export, within))

    @contextmanager
    def _opened(self, export: Export) -> Generator[BinaryIO]:
        try:
            with opened(self.folder, export.name) as file:
                yield file
        except NotFound:
            raise _gone(export) from None

    def _unchanged(self, export: Export, work: Callable[[], T]) -> T:
        """*work*, if the file is *export* before and after it; in a thread."""
        self._same(export)
        try:
            return work()
        finally:
            # Whatever was found in a file that changes meanwhile says nothing.
            self._same(export)

    def _same(self, export: Export) -> None:
        try:
            now = look(self.folder, export.name)
        except NotFound:
            raise _gone(export) from None
        if now != export:
            raise CursorExpired(f"{export.name} is another file than before")

    async def twice(
        self, export: Export, place: Place, id_of: Callable[[Row], str | None], rows: list[Row]
    ) -> frozenset[int]:
        """The lines of those *rows* whose id, by *id_of*, stands above them already. One pass over the file for all.

        A row without an id that can be told gives None. Raises as ``chunk`` does.
        """
        if not rows:
            return frozenset()
        key = export, place.label
        async with self._looking:
            if key not in self._twice:
                self._twice[key] = await self._looked_through(export, place, id_of)
            found = self._twice[key]
            return await self._in_thread(lambda: found.between(rows[0].line, rows[-1].line))

    async def _looked_through(self, export: Export, place: Place, id_of: Callable[[Row], str | None]) -> Twice:
        file = self._new_copy()
        twice = await self._in_thread(lambda: Twice(file))
        try:
            at: Position | None = None
            while True:
                chunk = await self.chunk(export, place, at, _ROWS)
                rows = [(row.line, id) for row in chunk.rows if (id := id_of(row)) is not None]
                await self._in_thread(lambda rows=rows: twice.take(rows))
                at = chunk.next
                if at is None:
                    break
            await self._in_thread(twice.end)
        except BaseException:
            await self._in_thread(twice.close)
            raise
        return twice

    def _new_copy(self) -> Path:
        """A file for a copy that was not there before."""
        if self._copies is None:
            self._copies = TemporaryDirectory(prefix="roster-")
        self._made += 1
        return Path(self._copies.name) / str(self._made)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def guarded() -> T:
            try:
                return work()
            except PermissionError as error:
                place = error.filename or self.folder
                raise MissingPermission(f"the right to read {place} is lacking", permission=f"read {place}") from error
            except OSError as error:
                raise Transient(f"{error.filename or self.folder} can't be read: {error.strerror}") from error

        return await asyncio.to_thread(guarded)

    def close(self) -> None:
        """Delete the copies."""
        for twice in self._twice.values():
            twice.close()
        if self._copies is not None:
            self._copies.cleanup()


def _some(steps: Generator[None, None, T], done: list[T]) -> None:
    """Take some steps; what they return goes into *done*."""
    try:
        for _ in range(_STEPS):
            next(steps)
    except StopIteration as end:
        done.append(end.value)


def _gone(export: Export) -> CursorExpired:
    return CursorExpired(f"{export.name} is gone while it is read")


@asynccontextmanager
async def open_reader(folder: Path, clock: Clock, *, quiet_seconds: float, bounds: Bounds) -> AsyncGenerator[Reader]:
    """A reader of *folder*; its copies are deleted at the end."""
    reader = Reader(folder, clock, quiet_seconds=quiet_seconds, bounds=bounds)
    try:
        yield reader
    finally:
        await asyncio.to_thread(reader.close)
