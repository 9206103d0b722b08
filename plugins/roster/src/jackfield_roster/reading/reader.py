"""Chunks of exports, read in threads: the event loop goes on meanwhile."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from jackfield.errors import CursorExpired, MissingPermission, NotFound, Transient
from jackfield.hookspecs import Clock
from jackfield_roster.config import FileMapping, Place
from jackfield_roster.reading import csvfile, jsonlines, workbook
from jackfield_roster.reading.found import Export, find, look
from jackfield_roster.reading.table import Chunk, Layout, Position, Row
from jackfield_roster.reading.twice import Twice

T = TypeVar("T")

_JSON = (".jsonl", ".ndjson")
_WORKBOOKS = (".xlsx", ".xlsm")
_ROWS = 1000
"""Rows that are taken at a time, so that the event loop goes on in between."""


class Reader:
    """Reads the exports of one folder.

    Keeps copies of sheets, and the lines of ids that stand there twice, for as long as it is open: what follows from the
    files alone, and is made anew by whoever needs it next.
    """

    def __init__(self, folder: Path, clock: Clock, *, quiet_seconds: float) -> None:
        self.folder = folder
        self._copies: TemporaryDirectory[str] | None = None
        self._clock = clock
        self._quiet = quiet_seconds
        self._unpacking = asyncio.Lock()
        self._looking = asyncio.Lock()
        self._twice: dict[tuple[Export, str], frozenset[int]] = {}

    async def find(self, mapping: FileMapping) -> Export:
        """The export that *mapping* means, once nobody writes to it any more.

        Raises NotFound if there is none, Transient if it is still written to after as long again.
        """
        export = await self._in_thread(lambda: find(self.folder, mapping.file))
        since = self._age(export)
        if not 0 <= since < self._quiet:
            return export
        await self._clock.sleep(self._quiet - since)
        export = await self._in_thread(lambda: find(self.folder, mapping.file))
        if 0 <= self._age(export) < self._quiet:
            raise Transient(f"{export.name} is being written", hint="Wait until it is whole.")
        return export

    def _age(self, export: Export) -> float:
        return self._clock.now().timestamp() - export.modified / 1e9

    async def chunk(self, export: Export, place: Place, at: Position | None, most: int) -> Chunk:
        """At most *most* rows of *export* from *at* (None: the first).

        Raises CursorExpired if the file is not *export* any more, before or after it was read, and RemoteContract if it is
        no file of its kind.
        """
        mapping = place.mapping
        layout = Layout(
            sheet=mapping.sheet,
            encoding=mapping.encoding,
            delimiter=mapping.delimiter,
            skip_lines=mapping.skip_lines,
        )
        suffix = Path(export.name).suffix.lower()
        if suffix in _WORKBOOKS:
            copy = await self._unpacked(export, place)
            return await self._in_thread(lambda: self._checked(export, lambda: workbook.read(copy, layout, at, most)))
        read = jsonlines.read if suffix in _JSON else csvfile.read
        file = self.folder / export.name
        return await self._in_thread(lambda: self._checked(export, lambda: read(file, layout, at, most)))

    async def _unpacked(self, export: Export, place: Place) -> Path:
        """The copy of a sheet, made if there is none."""
        of = f"{export.head}-{export.size}-{export.modified}-{(place.mapping.sheet or '').encode().hex()}"
        async with self._unpacking:
            copy = self._folder_of_copies() / of
            if not copy.exists():
                making = copy.with_suffix(".making")
                file = self.folder / export.name
                steps = workbook.unpack(file, place.mapping.sheet, place.label, making)
                try:
                    # A step at a time, so that a cancelled read ends soon.
                    while await self._in_thread(lambda: self._checked(export, lambda: next(steps, True))) is None:
                        pass
                finally:
                    await self._in_thread(steps.close)
                making.rename(copy)
        return copy

    def _checked(self, export: Export, work: Callable[[], T]) -> T:
        """*work* on a file that was the same before and after it; in a thread."""
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
            raise CursorExpired(f"{export.name} is gone while it is read") from None
        if now != export:
            raise CursorExpired(f"{export.name} is another file than before")

    async def twice(self, export: Export, place: Place, id_of: Callable[[Row], str | None]) -> frozenset[int]:
        """The lines of rows whose id, by *id_of*, stands above them already. One pass over the file, kept while it is open.

        A row without an id that can be told gives None. Raises as ``chunk`` does.
        """
        key = export, place.label
        async with self._looking:
            if key not in self._twice:
                file = self._folder_of_copies() / f"{len(self._twice)}.ids"
                twice = await self._in_thread(lambda: Twice(file))
                try:
                    at: Position | None = None
                    while True:
                        chunk = await self.chunk(export, place, at, _ROWS)
                        rows = [(row.line, id) for row in chunk.rows if (id := id_of(row)) is not None]
                        await self._in_thread(lambda rows=rows: twice.take(rows))
                        if chunk.next is None:
                            break
                        at = chunk.next
                finally:
                    await self._in_thread(twice.close)
                    file.unlink(missing_ok=True)
                self._twice[key] = frozenset(twice.lines)
        return self._twice[key]

    def _folder_of_copies(self) -> Path:
        if self._copies is None:
            self._copies = TemporaryDirectory(prefix="roster-")
        return Path(self._copies.name)

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
        if self._copies is not None:
            self._copies.cleanup()


@asynccontextmanager
async def open_reader(folder: Path, clock: Clock, *, quiet_seconds: float) -> AsyncGenerator[Reader]:
    """A reader of *folder*; its copies are deleted at the end."""
    reader = Reader(folder, clock, quiet_seconds=quiet_seconds)
    try:
        yield reader
    finally:
        await asyncio.to_thread(reader.close)
