"""Writing a partial snapshot: pages of rows and the reads that gave them, one transaction each.

Promises that a page and the cursor behind it are stored together or not at all, and that a page stored twice changes
nothing.
"""

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from itertools import islice
from pathlib import Path

import msgspec

from jackfield.clock import Clock
from jackfield.errors import PluginBug, storing
from jackfield.snapshots import reads
from jackfield.snapshots.keys import Keys
from jackfield.snapshots.notes import keep_note
from jackfield.snapshots.page_rows import MERGE, PageRows
from jackfield.snapshots.reads import Read
from jackfield.snapshots.scopes import ScopeState, scope_states
from jackfield.snapshots.sources import SOURCE
from jackfield.snapshots.stored import StoredResources
from jackfield.snapshots.transactions import Transactions
from jackfield.snapshots.witnesses import keep_evidence
from jackfield_contracts import Diagnostic, Item, Page, Resource, ResourceId, Scope, Severity

_SLICE = 2500
WORKED = "worked"
"""The entry of a partial snapshot's header with the seconds that were worked on it so far."""
_MOST_UNMERGED = 150_000
"""Grants of unfinished reads that may wait to be merged: each merge touches most groups, so that few are better."""


class SnapshotWriter:
    """Writes one partial snapshot. Calls of one writer may overlap; each transaction is whole."""

    def __init__(self, db: sqlite3.Connection, clock: Clock, *, most_alike_notes: int = 25) -> None:
        """*most_alike_notes*: different notes of one code that are kept; more become one."""
        self.db = db
        self._file = Path(db.execute("PRAGMA database_list").fetchone()[2])
        self._clock = clock
        self._most_alike_notes = most_alike_notes
        self._keys = Keys(db)
        self._transactions = Transactions(db, flush=self._keys.flush, forget=self._forget)
        self._using = self._transactions.using
        self._stored = StoredResources(db, self._keys, self._using)
        self._rows = PageRows(db, self._keys, self._stored)
        self._states: tuple[int, list[ScopeState]] = (-1, [])
        self._count: int | None = None
        self._began = clock.monotonic()
        self._worked_before = float(self.header().get(WORKED, "0"))
        self.dropped_scopes = False
        """Whether scopes were dropped: then ``scopes_of`` may say less than what was opened and packed."""

    def _forget(self) -> None:
        self._keys.forget()
        self._rows.forget()
        self._stored.forget_all()
        self._count = None

    def transaction(self) -> AbstractAsyncContextManager[None]:
        """All or nothing; others wait. Raises PluginBug where a text is none that can be stored."""
        return self._transactions.begin()

    # --- what is told of the file as it stands, also while a page is being stored ----------------------------------------

    def header(self) -> dict[str, str]:
        """All entries of the header."""
        with self._using:
            return dict(self.db.execute("SELECT key, value FROM header").fetchall())

    def scopes_of(self, read: Read) -> tuple[Scope, ...]:
        """The scopes that *read* was packed with, as opened."""
        with self._using:
            return reads.scopes_of(self.db, read)

    def cursor_hashes(self, read: Read) -> set[int]:
        """The hashes of the cursors that led to the pages stored for *read*."""
        if not read.pages:
            return set()
        with self._using:
            rows = self.db.execute("SELECT cursor_hash FROM page_row WHERE read = ?", (read.key,)).fetchall()
        return {row[0] for row in rows if row[0]}

    def rows_stored(self) -> int:
        """How many rows and scopes the pages of all reads brought, those that others took the place of included."""
        known = self._count
        if known is None:
            with self._using:
                rows, scopes = self.db.execute(
                    "SELECT (SELECT coalesce(sum(items), 0) FROM page_row), (SELECT count(*) FROM scope_row)"
                ).fetchone()
            known = self._count = int(rows + scopes)
        return known

    def stored(self, type: str, ids: Iterable[str]) -> Mapping[str, Resource]:
        """The resources of *type* among *ids* that this snapshot holds so far.

        Raises BadStorage for what the disk refuses, which is no fault of the connector that asks.
        """
        with storing(self._file):
            return self._stored.find(type, ids)

    def scope_states(self) -> list[ScopeState]:
        """Every scope with its counts; a million grants are counted anew only after something changed."""
        changes = self.db.total_changes
        if self._states[0] != changes:
            self._states = changes, scope_states(self.db)
        return self._states[1]

    @property
    def worked(self) -> float:
        """How many seconds were worked on this snapshot, by all processes, without what lay between them."""
        return round(self._worked_before + self._clock.monotonic() - self._began, 3)

    # --- within a transaction -----------------------------------------------------------------------------------------

    def set_header(self, entries: Mapping[str, str | None]) -> None:
        """Set entries of the header; None removes one."""
        for key, value in entries.items():
            if value is None:
                self.db.execute("DELETE FROM header WHERE key = ?", (key,))
            else:
                self.db.execute("INSERT OR REPLACE INTO header VALUES (?, ?)", (key, value))

    def note(self, diagnostic: Diagnostic, times: int = 1) -> None:
        """Keep something worth telling with the snapshot; the same thing again only counts up.

        Where there are too many different ones of a code, they become the first of them, with the count of all.
        """
        keep_note(self.db, diagnostic, times, self._most_alike_notes)

    def key_of(self, id: ResourceId) -> int:
        """The key of a resource, also of one that is only named."""
        key = self._keys.resource(id)
        self._keys.flush()
        return key

    # --- a transaction each -------------------------------------------------------------------------------------------

    async def restart_read(self, read: Read) -> None:
        """Take back the rows of *read* and let it begin again. What it opened stays until its new pass has ended."""
        async with self.transaction():
            reads.restart(self.db, read)
            self._stored.forget_all()
            self._count = None

    async def merge(self) -> None:
        """Bring the grants of all pages into order, each once; a later page wins over an earlier one."""
        async with self.transaction():
            await self._merge(after=0)

    async def store(
        self, read: Read, page: Page, *, feeding: Mapping[str, int | None], next_hash: int | None, requests: int
    ) -> list[Scope]:
        """Store *page* of *read* with the cursor behind it; the scopes that it newly opened and that wait to be packed.

        *feeding* names the families and the read that feeds scopes opened for them (None: they are packed). Other tasks
        run between slices of the page. Raises PluginBug if a row names a scope that was never declared.
        """
        async with self.transaction():
            fresh = self._open(page.opens, read, feeding)
            self.db.executemany(
                "UPDATE scope_row SET expected = ? WHERE name = ?",
                ((count, name) for name, count in page.expected.items()),
            )
            key = self._add_page(read, page, next_hash)
            appended = self._rows.last_appended()
            for part in _slices(page.items):
                self._rows.add(part, key)
                await asyncio.sleep(0)
            if page.next is None and not read.pages:
                # All that the read gives, often whole groups: better now, while others wait for answers, than at the end.
                await self._merge(after=appended)
            elif self._rows.unmerged >= _MOST_UNMERGED and not self._second_reads():
                await self._merge(after=0)
            keep_evidence(self.db, page, key, self._keys)
            for gone in page.vanished:
                self._drop(gone)
            for note in page.diagnostics:
                self.note(note)
            self.set_header(
                {"requests": str(requests), "touched": self._clock.now().isoformat(), WORKED: str(self.worked)}
            )
            if page.tenant is not None:
                self.set_header({"tenant": page.tenant.id, "tenant_name": page.tenant.name})
            self.set_header({f"{SOURCE}{name}": written for name, written in page.as_of.items()})
            if self._count is not None:
                self._count += len(page.items) + len(page.opens)
            reads.turn_page(self.db, read, page.next)
            if page.next is None and read.restarts:
                self.dropped_scopes |= reads.drop_stale_scopes(self.db, read)
                self._rows.forget_scopes()
            return fresh

    def _open(self, scopes: Iterable[Scope], read: Read, feeding: Mapping[str, int | None]) -> list[Scope]:
        """Declare what a page opens; those that wait to be packed."""
        fresh: list[Scope] = []
        for scope in scopes:
            if scope.family not in feeding:
                raise PluginBug(f"the scope {scope.name!r} names the family {scope.family!r}, which there is none of")
            # What a look-up opens for itself, it gives as well.
            into = read.key if scope.family == read.family else feeding[scope.family]
            if not reads.add_scope(self.db, scope, read=into, opened_by=read):
                continue
            if into is None:
                fresh.append(scope)
            elif scope.like is not None and scope.resource is not None:
                self._rows.add_named_before(scope.resource, scope.like)
        return fresh

    def _add_page(self, read: Read, page: Page, next_hash: int | None) -> int:
        for name in page.incomplete:
            self._rows.scope(name)
        incomplete = msgspec.json.encode(page.incomplete).decode() if page.incomplete else None
        stored = self._clock.now().isoformat(timespec="seconds")
        insert = (
            "INSERT INTO page_row (read, items, cursor_hash, stored, incomplete) VALUES (?, ?, ?, ?, ?) RETURNING key"
        )
        return self.db.execute(insert, (read.key, len(page.items), next_hash, stored, incomplete)).fetchone()[0]

    async def _merge(self, *, after: int) -> None:
        await self._transactions.aside(MERGE, (after,))
        self._rows.drop_merged(after)

    def _second_reads(self) -> bool:
        """Whether second reads have begun: until they end, their rows must not take the place of the first ones."""
        return self.db.execute("SELECT 1 FROM read_row WHERE reread").fetchone() is not None

    def _drop(self, gone: ResourceId) -> None:
        self._rows.drop(gone)
        reads.drop_scopes_on(self.db, gone)
        self._rows.forget_scopes()
        self.dropped_scopes = True
        summary = f"of type {gone.type}: listed, and gone before it was read; left out"
        self.note(Diagnostic(code="vanished", severity=Severity.INFO, summary=summary))


def _slices(items: tuple[Item, ...]) -> Iterator[list[Item]]:
    rest = iter(items)
    while part := list(islice(rest, _SLICE)):
        yield part
