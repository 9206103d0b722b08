"""The engine: which read runs when, until every scope was read.

Promises that each scope is fed by one read, that reads run as many at a time as the connection allows, and that after a
crash the same call goes on. Hides scheduling.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

import msgspec

from jackfield.clock import Clock
from jackfield.errors import (
    BadConfig,
    BadCredentials,
    BadStorage,
    JackfieldError,
    LeaseLost,
    PluginBug,
    RemoteContract,
    Transient,
)
from jackfield.snapshots.lookups import Listing, already_asked, ids_of, listings, missing_from_base, note_asked
from jackfield.snapshots.reads import Read, add_read, add_scope, assign, end_read, reads_of, waiting_scopes
from jackfield.snapshots.scopes import ScopeState
from jackfield.snapshots.sealing import keep_last_of_exclusive
from jackfield.snapshots.verdicts import to_be_read_again
from jackfield.snapshots.writer import SnapshotWriter
from jackfield.sync.budget import OverBudget
from jackfield.sync.packing import pack
from jackfield.sync.pages import MOST_CURSOR_BYTES, PageReader, reason_of
from jackfield_contracts import Family, Page, ResourceId, Scope

_FATAL = (BadConfig, BadCredentials, BadStorage, LeaseLost, PluginBug)
_MAY_BE_TOO_MUCH = (Transient, RemoteContract)
_TRIES_BEFORE_SPLITTING = 4
MOST_LOOKED_UP = 2000


class Engine:
    """Reads all families of a connector into one partial snapshot."""

    def __init__(
        self,
        families: tuple[Family, ...],
        writer: SnapshotWriter,
        pages: PageReader,
        *,
        concurrency: int,
        retry_deadline: float,
        clock: Clock,
        stored: Callable[[Page], int],
    ) -> None:
        """*stored* is told each page just before it is stored and answers the requests made so far.

        Where it raises OverBudget, nothing more is read: what other reads would give has no room either.
        """
        # Single listings first: they are the longest chains, and others follow them.
        self._families = {family.name: family for family in sorted(families, key=lambda family: not family.scopes)}
        self._writer = writer
        self._pages = pages
        self._concurrency = concurrency
        self._retry_deadline = retry_deadline
        self._clock = clock
        self._stored = stored
        # The moment until which the parts of a read that was split may be tried again: that of the whole.
        self._until: dict[int, float] = {}
        self._packed: dict[int, tuple[Scope, ...]] = {}
        self._held: dict[str, list[Read]] = {}
        self._open: Counter[str] = Counter()
        self._waiting: dict[str, list[Scope]] = {family.name: [] for family in families if not family.scopes}
        self._feeding: dict[str, int | None] = dict.fromkeys(self._waiting)
        self._active = 0
        self._spent: OverBudget | None = None
        self._changed = asyncio.Event()
        self.errors: list[JackfieldError] = []
        _check_families(self._families)

    async def run(self) -> None:
        """Read everything, then once more what is less than the application counts, or what two routes give otherwise.

        Raises BadConfig, BadCredentials, BadStorage and PluginBug; any other error of a read only marks its scopes.
        """
        await self._begin()
        await self._read_on()
        if await self._reread():
            await self._read_on()

    async def _read_on(self) -> None:
        await self._work()
        await self._merge()
        while await self._look_up():
            await self._work()
            await self._merge()
        if await self._ask_witnesses():
            await self._work()
            await self._merge()

    async def _begin(self) -> None:
        reads = reads_of(self._writer.db)
        async with self._writer.transaction():
            for read in reads:
                if read.state == "failed":
                    end_read(self._writer.db, read, "open")
            begun = {read.family: read for read in reads}
            for family in self._families.values():
                if not family.scopes:
                    continue
                read = begun.get(family.name)
                if read is None:
                    read = add_read(self._writer.db, family.name)
                    reads.append(read)
                    for scope in family.scopes:
                        add_scope(self._writer.db, scope, read=read.key)
                self._feeding[family.name] = read.key
        for read in reads:
            if read.state == "open":
                self._enlist(read)
        for scope in waiting_scopes(self._writer.db):
            self._waiting[scope.family].append(scope)

    def _enlist(self, read: Read) -> None:
        """Count an open read, which waits for the families that it follows."""
        self._open[read.family] += 1
        self._held.setdefault(read.family, []).append(read)

    async def _work(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    self._changed.clear()
                    await self._pack()
                    for read in self._start():
                        group.create_task(self._read(read))
                    if not self._active:
                        return
                    await self._changed.wait()
        except* JackfieldError as failed:
            _raise_first(failed)
        finally:
            self._active = 0

    def _start(self) -> list[Read]:
        """The reads to begin now: those of a single listing first, since others follow them."""
        started: list[Read] = []
        for name, family in self._families.items():
            held = self._held.get(name)
            if not held or not (held[0].reread or all(self._ended(before) for before in family.follows)):
                continue
            room = self._concurrency - self._active
            started += held[:room]
            self._active += len(held[:room])
            del held[:room]
        return started

    def _ended(self, name: str) -> bool:
        if self._open[name] or self._waiting.get(name):
            return False
        return all(self._ended(before) for before in self._families[name].follows)

    async def _pack(self) -> None:
        for name, scopes in self._waiting.items():
            if not scopes:
                continue
            family = self._families[name]
            batches, rest = pack(family, scopes, all_there=all(self._ended(before) for before in family.follows))
            self._waiting[name] = rest
            await self._add_reads(family, batches, reread=False)

    async def _add_reads(
        self, family: Family, batches: list[tuple[Scope, ...]], *, reread: bool, until: float | None = None
    ) -> None:
        if not batches:
            return
        async with self._writer.transaction():
            for batch in batches:
                read = add_read(self._writer.db, family.name, reread=reread)
                assign(self._writer.db, [scope.name for scope in batch], read)
                self._packed[read.key] = batch
                self._enlist(read)
                if until is not None:
                    self._until[read.key] = until

    async def _read(self, read: Read) -> None:
        family = self._families[read.family]
        scopes = family.scopes or self._scopes_of(read)

        async def store(page: Page, following: int | None) -> None:
            requests = self._stored(page)
            opened = await self._writer.store(read, page, feeding=self._feeding, next_hash=following, requests=requests)
            for scope in opened:
                self._waiting[scope.family].append(scope)
            self._changed.set()

        try:
            if self._spent is not None:
                raise OverBudget(self._spent.summary, hint=self._spent.hint)
            if not scopes and read.cursor is None:
                await self._nothing_left(read)
                return
            tries = _TRIES_BEFORE_SPLITTING if _can_be_split(family, scopes) or len(_ids(family, read)) > 1 else None
            await self._pages.read(read, scopes, store, tries=tries, until=self._until.get(read.key))
        except _FATAL:
            raise
        except JackfieldError as error:
            await self._failed(read, scopes, error)
        finally:
            self._active -= 1
            self._open[read.family] -= 1
            self._changed.set()

    def _scopes_of(self, read: Read) -> tuple[Scope, ...]:
        """What *read* was packed with; what was dropped since is not asked for."""
        packed = self._packed.pop(read.key, None)
        return self._writer.scopes_of(read) if packed is None or self._writer.dropped_scopes else packed

    async def _nothing_left(self, read: Read) -> None:
        async with self._writer.transaction():
            end_read(self._writer.db, read, "done")

    async def _failed(self, read: Read, scopes: tuple[Scope, ...], error: JackfieldError) -> None:
        """A read of many scopes is split, so that one bad scope does not spoil the others; else its scopes are lost."""
        family = self._families[read.family]
        if isinstance(error, OverBudget):
            self._spent = error
        until = self._until.get(read.key, self._clock.monotonic() + self._retry_deadline)
        ids = _ids(family, read)
        may_help = isinstance(error, _MAY_BE_TOO_MUCH) and self._spent is None and self._clock.monotonic() < until
        if len(ids) > 1 and may_help:
            async with self._writer.transaction():
                end_read(self._writer.db, read, "split", reason_of(error))
                for part in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
                    half = add_read(self._writer.db, family.name, cursor=msgspec.json.encode(part).decode())
                    self._until[half.key] = until
                    self._enlist(half)
            return
        if _can_be_split(family, scopes) and may_help:
            async with self._writer.transaction():
                end_read(self._writer.db, read, "split", reason_of(error))
            half = len(scopes) // 2
            parts = [scopes[:half], scopes[half:]]
            await self._add_reads(family, parts, reread=read.reread, until=until)
            return
        self.errors.append(error.locate(scope=scopes[0].name if len(scopes) == 1 else read.family))
        async with self._writer.transaction():
            end_read(self._writer.db, read, "failed", reason_of(error))

    async def _merge(self) -> None:
        await self._writer.merge()
        async with self._writer.transaction():
            keep_last_of_exclusive(self._writer.db)

    async def _look_up(self) -> bool:
        """Ask by id for those that grants or pages name and a listing, read to its end, lacks; whether there were any.

        They joined, they left, or the listing is short: the answer tells. Too many of them are not asked for.
        """
        asked = False
        failed = {read.family for read in reads_of(self._writer.db) if read.state == "failed"}
        async with self._writer.transaction():
            for listing in listings(self._writer.db):
                family = listing.scope.lookup
                if family is None:
                    continue
                if family in failed:
                    self._doubt(listing.scope)
                known = already_asked(self._writer.db, family)
                fresh = {node: id for node, id in listing.unlisted if node not in known}
                if len(fresh) > MOST_LOOKED_UP:
                    self._doubt(listing.scope)
                    continue
                gone = self._gone_unconfirmed(listing, known)
                if len(fresh | gone) <= MOST_LOOKED_UP:
                    fresh |= gone  # of more of them the brake tells
                if fresh:
                    self._ask(family, fresh)
                    asked = True
        return asked

    def _gone_unconfirmed(self, listing: Listing, known: set[int]) -> dict[int, str]:
        """What the last snapshot has and a listing lacks that nothing else confirms: perhaps nobody names it."""
        kind = listing.scope.lists or ""
        gone = {
            self._writer.key_of(ResourceId(type=kind, id=id)): id for id in missing_from_base(self._writer.db, listing)
        }
        return {node: id for node, id in gone.items() if node not in known}

    async def _ask_witnesses(self) -> bool:
        """Ask those anew who are said to belong to scopes whose reads lack them: they left meanwhile, or the read is short."""
        lacking: dict[str, set[int]] = {}
        for state in self._writer.scope_states():
            if state.lacking and state.definition.witness is not None:
                lacking.setdefault(state.definition.witness, set()).update(state.lacking)
        asked = False
        for family, nodes in lacking.items():
            async with self._writer.transaction():
                fresh = nodes - already_asked(self._writer.db, family)
                if fresh and len(fresh) <= MOST_LOOKED_UP:
                    self._ask(family, ids_of(self._writer.db, fresh))
                    asked = True
        return asked

    def _ask(self, family: str, whom: dict[int, str]) -> None:
        note_asked(self._writer.db, whom, family)
        for cursor in _cursors(list(whom.values())):
            self._enlist(add_read(self._writer.db, family, cursor=cursor))

    def _doubt(self, scope: Scope) -> None:
        self._writer.set_header({f"doubt {scope.name}": "1"})

    async def _reread(self) -> bool:
        """Open one more read for the scopes of which it could tell more, by their fallback family or their own."""
        again: dict[str, list[Scope]] = {}
        for state in self._writer.scope_states():
            if family := self._second_family(state):
                again.setdefault(family, []).append(state.definition)
        for name, scopes in again.items():
            batches, _ = pack(self._families[name], scopes, all_there=True)
            await self._add_reads(self._families[name], batches, reread=True)
        return bool(again)

    def _second_family(self, state: ScopeState) -> str | None:
        scope = state.definition
        if not to_be_read_again(state):
            return None
        if scope.fallback is not None:
            return scope.fallback
        return scope.family if not self._families[scope.family].scopes else None


def _cursors(ids: list[str]) -> list[str]:
    """The ids as JSON arrays, each short enough for a cursor."""
    cursors: list[str] = []
    part: list[str] = []
    size = 2
    for id in ids:
        length = len(msgspec.json.encode(id)) + 1
        if part and size + length > MOST_CURSOR_BYTES:
            cursors.append(msgspec.json.encode(part).decode())
            part, size = [], 2
        part.append(id)
        size += length
    return [*cursors, msgspec.json.encode(part).decode()]


def _ids(family: Family, read: Read) -> list[str]:
    """The ids that a look-up asks for, as far as nothing came of it yet; empty for any other read."""
    if family.scopes or read.reread or read.cursor is None or read.pages:
        return []
    try:
        return msgspec.json.decode(read.cursor, type=list[str])
    except msgspec.DecodeError:
        return []


def _can_be_split(family: Family, scopes: tuple[Scope, ...]) -> bool:
    return not family.scopes and len(scopes) > 1


def _check_families(families: dict[str, Family]) -> None:
    for family in families.values():
        for before in family.follows:
            if before not in families:
                raise PluginBug(f"the family {family.name!r} follows {before!r}, which there is none of")
    if not any(family.scopes for family in families.values()):
        raise PluginBug("no family has scopes, so nothing would ever be read")


def _raise_first(group: BaseExceptionGroup[JackfieldError]) -> NoReturn:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    raise error from None
