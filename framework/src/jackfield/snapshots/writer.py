"""Writing a partial snapshot: pages of rows and the reads that gave them, one transaction each.

Promises that a page and the cursor behind it are stored together or not at all, and that a page stored twice changes
nothing. Hides keys, tables and transactions.
"""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import TypeVar

import msgspec

from jackfield.clock import Clock
from jackfield.errors import PluginBug
from jackfield.snapshots.keys import Keys
from jackfield.snapshots.notes import keep_note
from jackfield.snapshots.rows import decode_resource, encode_entitlement, encode_grant, encode_resource
from jackfield.snapshots.scopes import ScopeState, scope_states
from jackfield.snapshots.witnesses import keep_evidence, named_before
from jackfield_contracts import Diagnostic, Entitlement, Grant, Item, Page, Resource, ResourceId, Scope, Severity

_SLICE = 2500
_CACHED_RESOURCES = 20_000
_MOST_UNMERGED = 150_000
"""Grants of unfinished reads that may wait to be merged: each merge touches most groups, so that few are better."""

_GRANTS = "INSERT INTO grant_page (entitlement, scope, detail, page, held, principals) VALUES (?, ?, ?, ?, ?, ?)"
# The later page wins: rows come in the order of pages, and pages merged before may be later ones.
_MERGE = """INSERT INTO grant_row (entitlement, principal, scope, page, detail)
SELECT g.entitlement, j.value, g.scope, g.page, g.detail FROM grant_page g CROSS JOIN json_each(g.principals) j
WHERE g.rowid > ?
ORDER BY g.entitlement, j.value, g.page
ON CONFLICT DO UPDATE SET scope = excluded.scope, page = excluded.page, detail = excluded.detail, origin = NULL
WHERE excluded.page >= grant_row.page"""
_RESOURCE = "INSERT OR IGNORE INTO resource_row (key, scope, page, display_name, data) VALUES (?, ?, ?, ?, ?)"
_RESOURCE_AGAIN = """INSERT INTO resource_row (key, scope, page, display_name, data) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET scope = excluded.scope, page = excluded.page, display_name = excluded.display_name,
data = excluded.data, origin = NULL"""
_ENTITLEMENT = (
    """UPDATE entitlement_row SET scope = ?, page = ?, display_name = ?, data = ?, origin = NULL WHERE key = ?"""
)


class Read(msgspec.Struct, kw_only=True):
    """One read as it stands in the file. ``state``: open, done, failed or split."""

    key: int
    family: str
    state: str = "open"
    cursor: str | None = None
    restarts: int = 0
    reread: bool = False
    reason: str | None = None
    pages: int = 0


class SnapshotWriter:
    """Writes one partial snapshot. Calls of one writer may overlap; each transaction is whole."""

    def __init__(self, db: sqlite3.Connection, clock: Clock, *, most_alike_notes: int = 25) -> None:
        """*most_alike_notes*: different notes of one code that are kept; more become one."""
        self.db = db
        self._most_alike_notes = most_alike_notes
        self._clock = clock
        self._keys = Keys(db)
        self._scopes: dict[str, int] = {}
        self._details: dict[tuple[str | None, tuple[str, ...]], int] = {}
        self._resources: dict[tuple[str, str], Resource] = {}
        self._states: tuple[int, list[ScopeState]] = (-1, [])
        self._unmerged = 0
        self._stored_rows: int | None = None
        self._turn = asyncio.Lock()
        # A connection keeps the error of its last call: a statement that fails in a thread while another one is run here
        # passes for done. So whoever reads outside of a transaction waits for the thread.
        self._using = threading.Lock()
        self.dropped_scopes = False
        """Whether scopes were dropped: then ``scopes_of`` may say less than what was opened and packed."""

    # --- the header -------------------------------------------------------------------------------------------------

    def header(self) -> dict[str, str]:
        """All entries of the header."""
        with self._using:
            return dict(self.db.execute("SELECT key, value FROM header").fetchall())

    def set_header(self, entries: Mapping[str, str | None]) -> None:
        """Set entries of the header; None removes one."""
        for key, value in entries.items():
            if value is None:
                self.db.execute("DELETE FROM header WHERE key = ?", (key,))
            else:
                self.db.execute("INSERT OR REPLACE INTO header VALUES (?, ?)", (key, value))

    # --- reads and scopes -------------------------------------------------------------------------------------------

    def reads(self) -> list[Read]:
        """Every read begun so far, in order."""
        pages = dict(self.db.execute("SELECT read, count(*) FROM page_row GROUP BY read").fetchall())
        rows = self.db.execute("SELECT key, family, state, cursor, restarts, reread, reason FROM read_row ORDER BY key")
        return [
            Read(key=k, family=f, state=s, cursor=c, restarts=r, reread=bool(again), reason=why, pages=pages.get(k, 0))
            for k, f, s, c, r, again, why in rows
        ]

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        """All or nothing; others wait. Raises PluginBug where a text is none that can be stored."""
        async with self._turn:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._keys.flush()
                await self._aside("COMMIT")
            except BaseException as error:
                # Cancelled while it was committed, or rolled back by SQLite itself where the disk is full: it is over already.
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                self._keys.forget()
                self._scopes.clear()
                self._details.clear()
                self._resources.clear()
                self._stored_rows = None
                if isinstance(error, UnicodeEncodeError):
                    raise PluginBug(f"a text of the connector is no Unicode: {error.reason}") from None
                raise

    async def _aside(self, statement: str, arguments: tuple[int, ...] = ()) -> None:
        """Run one long statement in a thread, so that pages are read meanwhile; call within a transaction."""
        running = asyncio.get_running_loop().run_in_executor(None, self._execute, statement, arguments)
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            # Cancelled once more, it waits all the same: what comes after must not meet the statement halfway.
            while not running.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([running])
            running.exception()  # what it failed with no longer matters, and would be complained about
            raise

    def _execute(self, statement: str, arguments: tuple[int, ...]) -> None:
        with self._using:
            self.db.execute(statement, arguments)

    def add_read(self, family: str, *, reread: bool = False, cursor: str | None = None) -> Read:
        """Begin a read, from *cursor* if there is one; call within a transaction."""
        insert = "INSERT INTO read_row (family, state, reread, cursor) VALUES (?, 'open', ?, ?) RETURNING key"
        (key,) = self.db.execute(insert, (family, reread, cursor)).fetchone()
        return Read(key=key, family=family, reread=reread, cursor=cursor)

    def add_scope(self, scope: Scope, *, read: int | None, opened_by: Read | None = None) -> bool:
        """Declare a scope, fed by *read* (None: waiting to be packed); whether it is new. Call within a transaction.

        Raises PluginBug for one that could not be read back, such as one of a resource with an empty id.
        """
        definition = _definition(scope)
        known = self.db.execute("SELECT key, read FROM scope_row WHERE name = ?", (scope.name,)).fetchone()
        opener = (opened_by.key, opened_by.family, opened_by.restarts) if opened_by else (None, None, 0)
        if known is None:
            self.db.execute(
                "INSERT INTO scope_row (name, definition, rows, expected, read, opened_by, opened_family, opened_pass)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (scope.name, definition, scope.rows.value, scope.expected, read, *opener),
            )
            return True
        key, feeding = known
        self.db.execute(
            "UPDATE scope_row SET opened_by = ?, opened_family = ?, opened_pass = ? WHERE key = ?", (*opener, key)
        )
        if feeding is None or feeding == read:
            self.db.execute(
                "UPDATE scope_row SET definition = ?, rows = ?, expected = ? WHERE key = ?",
                (definition, scope.rows.value, scope.expected, key),
            )
        return False

    def assign(self, names: Iterable[str], read: Read) -> None:
        """Let *read* feed the scopes; call within a transaction."""
        column = "reread" if read.reread else "read"
        self.db.executemany(f"UPDATE scope_row SET {column} = ? WHERE name = ?", ((read.key, name) for name in names))

    def scopes_of(self, read: Read) -> tuple[Scope, ...]:
        """The scopes that *read* was packed with, as opened."""
        column = "reread" if read.reread else "read"
        query = f"SELECT definition FROM scope_row WHERE {column} = ? ORDER BY key"
        with self._using:
            rows = self.db.execute(query, (read.key,)).fetchall()
        return tuple(msgspec.json.decode(row[0], type=Scope) for row in rows)

    def scope_states(self) -> list[ScopeState]:
        """Every scope with its counts; a million grants are counted anew only after something changed."""
        changes = self.db.total_changes
        if self._states[0] != changes:
            self._states = changes, scope_states(self.db)
        return self._states[1]

    def waiting(self) -> list[Scope]:
        """The scopes that no read feeds yet, in the order of their opening."""
        rows = self.db.execute("SELECT definition FROM scope_row WHERE read IS NULL ORDER BY key")
        return [msgspec.json.decode(row[0], type=Scope) for row in rows]

    def end_read(self, read: Read, state: str, reason: str | None = None) -> None:
        """Note how *read* ended; call within a transaction."""
        read.state, read.reason = state, reason
        self.db.execute("UPDATE read_row SET state = ?, reason = ? WHERE key = ?", (state, reason, read.key))

    def reopen(self, read: Read) -> None:
        """Let a read that failed go on from where it failed; call within a transaction."""
        self.end_read(read, "open")

    def drop_stale_scopes(self, read: Read) -> None:
        """Drop the scopes that an earlier pass of *read* opened and the last one did not; call within a transaction."""
        stale = self.db.execute(
            "SELECT key FROM scope_row WHERE opened_by = ? AND opened_pass < ?", (read.key, read.restarts)
        ).fetchall()
        for (key,) in stale:
            self.db.execute("DELETE FROM grant_row WHERE scope = ?", (key,))
            self.db.execute("DELETE FROM grant_page WHERE scope = ?", (key,))
            self.db.execute("DELETE FROM scope_row WHERE key = ?", (key,))
            self.dropped_scopes = True
        self._scopes.clear()

    async def restart_read(self, read: Read) -> None:
        """Take back the rows of *read* and let it begin again. What it opened stays until its new pass has ended."""
        async with self.transaction():
            of_read = "page IN (SELECT key FROM page_row WHERE read = ?)"
            self.db.execute(f"DELETE FROM resource_row WHERE {of_read}", (read.key,))
            self.db.execute(f"DELETE FROM grant_row WHERE {of_read}", (read.key,))
            self.db.execute(f"DELETE FROM grant_page WHERE {of_read}", (read.key,))
            self.db.execute(
                f"UPDATE entitlement_row SET scope = NULL, page = NULL, display_name = NULL, data = NULL WHERE {of_read}",
                (read.key,),
            )
            for table in ("witness_row", "mention_row"):
                self.db.execute(f"DELETE FROM {table} WHERE {of_read}", (read.key,))
            self.db.execute("DELETE FROM page_row WHERE read = ?", (read.key,))
            self.db.execute("UPDATE read_row SET cursor = NULL, restarts = restarts + 1 WHERE key = ?", (read.key,))
            read.cursor, read.restarts, read.pages = None, read.restarts + 1, 0
            self._resources.clear()
            self._stored_rows = None

    def rows_stored(self) -> int:
        """How many rows and scopes the pages of all reads brought, those that others took the place of included."""
        known = self._stored_rows
        if known is None:
            with self._using:
                rows, scopes = self.db.execute(
                    "SELECT (SELECT coalesce(sum(items), 0) FROM page_row), (SELECT count(*) FROM scope_row)"
                ).fetchone()
            known = self._stored_rows = int(rows + scopes)
        return known

    def cursor_hashes(self, read: Read) -> set[int]:
        """The hashes of the cursors that led to the pages stored for *read*."""
        if not read.pages:
            return set()
        with self._using:
            rows = self.db.execute("SELECT cursor_hash FROM page_row WHERE read = ?", (read.key,)).fetchall()
        return {row[0] for row in rows if row[0]}

    # --- pages ------------------------------------------------------------------------------------------------------

    async def store(
        self, read: Read, page: Page, *, feeding: Mapping[str, int | None], next_hash: int | None, requests: int
    ) -> list[Scope]:
        """Store *page* of *read* with the cursor behind it; the scopes that it newly opened and that wait to be packed.

        *feeding* names the families and the read that feeds scopes opened for them (None: they are packed). Other tasks
        run between slices of the page. Raises PluginBug if a row names a scope that was never declared.
        """
        async with self.transaction():
            fresh: list[Scope] = []
            for scope in page.opens:
                if scope.family not in feeding:
                    raise PluginBug(
                        f"the scope {scope.name!r} names the family {scope.family!r}, which there is none of"
                    )
                # What a look-up opens for itself, it gives as well.
                into = read.key if scope.family == read.family else feeding[scope.family]
                if self.add_scope(scope, read=into, opened_by=read):
                    if into is None:
                        fresh.append(scope)
                    elif scope.like is not None and scope.resource is not None:
                        self._told_before(scope.resource, scope.like)
            self._expect(page.expected)
            (key,) = self.db.execute(
                "INSERT INTO page_row (read, items, cursor_hash, stored, incomplete) VALUES (?, ?, ?, ?, ?) RETURNING key",
                (
                    read.key,
                    len(page.items),
                    next_hash,
                    self._clock.now().isoformat(timespec="seconds"),
                    self._incomplete(page),
                ),
            ).fetchone()
            staged = self._staged()
            for part in _slices(page.items, _SLICE):
                self._store_slice(part, key)
                await asyncio.sleep(0)
            if page.next is None and not read.pages:
                # All that the read gives, often whole groups: better now, while others wait for answers, than at the end.
                await self._merge_after(staged)
            elif self._unmerged >= _MOST_UNMERGED and not self._second_reads():
                await self._merge_after(0)
            keep_evidence(self.db, page, key, self._keys)
            for gone in page.vanished:
                self._drop(gone)
                summary = f"of type {gone.type}: listed, and gone before it was read; left out"
                self.note(Diagnostic(code="vanished", severity=Severity.INFO, summary=summary))
            for note in page.diagnostics:
                self.note(note)
            self.set_header({"requests": str(requests), "touched": self._clock.now().isoformat()})
            if page.tenant is not None:
                self.set_header({"tenant": page.tenant.id, "tenant_name": page.tenant.name})
            if self._stored_rows is not None:
                self._stored_rows += len(page.items) + len(page.opens)
            read.cursor = page.next
            read.pages += 1
            self.db.execute("UPDATE read_row SET cursor = ? WHERE key = ?", (page.next, read.key))
            if page.next is None:
                self.end_read(read, "done")
                if read.restarts:
                    self.drop_stale_scopes(read)
            return fresh

    async def merge(self) -> None:
        """Bring the grants of all pages into order, each once; a later page wins over an earlier one."""
        async with self.transaction():
            await self._merge_after(0)

    async def _merge_after(self, staged: int) -> None:
        await self._aside(_MERGE, (staged,))
        self.db.execute("DELETE FROM grant_page WHERE rowid > ?", (staged,))
        if not staged:
            self._unmerged = 0

    def _second_reads(self) -> bool:
        """Whether second reads have begun: until they end, their rows must not take the place of the first ones."""
        return self.db.execute("SELECT 1 FROM read_row WHERE reread").fetchone() is not None

    def _staged(self) -> int:
        return self.db.execute("SELECT coalesce(max(rowid), 0) FROM grant_page").fetchone()[0]

    def note(self, diagnostic: Diagnostic, times: int = 1) -> None:
        """Keep something worth telling with the snapshot; the same thing again only counts up.

        Where there are too many different ones of a code, they become the first of them, with the count of all.
        """
        keep_note(self.db, diagnostic, times, self._most_alike_notes)

    def stored(self, type: str, ids: Iterable[str]) -> Mapping[str, Resource]:
        """The resources of *type* among *ids* that this snapshot holds so far."""
        found: dict[str, Resource] = {}
        asked: list[str] = []
        for id in ids:
            known = self._resources.get((type, id))
            if known is not None:
                found[id] = known
            else:
                asked.append(id)
        if asked:
            if len(self._resources) + len(asked) > _CACHED_RESOURCES:
                self._resources.clear()
            for id, scope, display_name, data in self._ask(type, asked):
                found[id] = self._resources[type, id] = decode_resource(type, id, scope, display_name, data)
        return found

    def _ask(self, type: str, ids: list[str]) -> list[tuple[str, str, str, str]]:
        with self._using:
            keys = [key for key in (self._keys.known(type, id) for id in ids) if key is not None]
            return self.db.execute(
                "SELECT n.id, s.name, r.display_name, r.data FROM json_each(?) j CROSS JOIN resource_row r ON r.key = j.value"
                " JOIN node n ON n.key = r.key JOIN scope_row s ON s.key = r.scope",
                (msgspec.json.encode(keys).decode(),),
            ).fetchall()

    def _expect(self, expected: Mapping[str, int]) -> None:
        self.db.executemany(
            "UPDATE scope_row SET expected = ? WHERE name = ?", ((count, name) for name, count in expected.items())
        )

    def _incomplete(self, page: Page) -> str | None:
        for name in page.incomplete:
            self._scope(name)
        return msgspec.json.encode(page.incomplete).decode() if page.incomplete else None

    def _told_before(self, resource: ResourceId, like: Grant) -> None:
        """Rows out of what witnesses said before their scope was opened."""
        plain = like.immutable is None and not like.inherited_by
        place = (
            self._keys.entitlement(like.entitlement),
            self._scope(like.scope),
            None if plain else self._detail(like),
        )
        node = self._keys.resource(resource)
        self._keys.flush()
        for page, principals in list(named_before(self.db, node)):
            self._unmerged += len(principals)
            self.db.execute(_GRANTS, (*place, page, len(principals), msgspec.json.encode(principals).decode()))

    def key_of(self, id: ResourceId) -> int:
        """The key of a resource, also of one that is only named; call within a transaction."""
        key = self._keys.resource(id)
        self._keys.flush()
        return key

    def asked(self, nodes: Iterable[int], family: str) -> None:
        """Note that *family* is asked for these resources by their ids; call within a transaction."""
        rows = ((node, family) for node in nodes)
        self.db.executemany("INSERT OR IGNORE INTO asked_row (node, family) VALUES (?, ?)", rows)

    def _drop(self, gone: ResourceId) -> None:
        key = self._keys.resource(gone)
        self._keys.flush()
        self.db.execute("INSERT OR IGNORE INTO vanished_row (node) VALUES (?)", (key,))
        mine = "entitlement IN (SELECT key FROM entitlement_row WHERE resource = ?)"
        self.db.execute(f"DELETE FROM grant_row WHERE {mine}", (key,))
        self.db.execute(f"DELETE FROM grant_page WHERE {mine}", (key,))
        self.db.execute(
            "UPDATE entitlement_row SET scope = NULL, page = NULL, display_name = NULL, data = NULL WHERE resource = ?",
            (key,),
        )
        self.db.execute("DELETE FROM resource_row WHERE key = ?", (key,))
        self.db.execute(
            "DELETE FROM scope_row WHERE definition ->> '$.resource.type' = ? AND definition ->> '$.resource.id' = ?",
            (gone.type, gone.id),
        )
        self.dropped_scopes = True
        self._resources.pop((gone.type, gone.id), None)
        self._scopes.clear()

    def _store_slice(self, items: Iterable[Item], page: int) -> None:
        held: dict[tuple[int, int, int | None], list[int]] = {}
        resources: list[tuple[int, int, int, str, str]] = []
        entitlements: list[tuple[int, int, str, str, int]] = []
        kind, nodes = "", self._keys.nodes("")
        last: Grant | None = None
        principals: list[int] = []
        for item in items:
            if type(item) is Grant:
                # Whether two grants differ in their principal only is told by identity, so that some alike ones are missed.
                if (
                    last is None
                    or item.entitlement is not last.entitlement
                    or item.scope is not last.scope
                    or item.immutable is not last.immutable
                    or item.inherited_by is not last.inherited_by
                ):
                    last = item
                    plain = item.immutable is None and not item.inherited_by
                    detail = None if plain else self._detail(item)
                    place = (self._keys.entitlement(item.entitlement), self._scope(item.scope), detail)
                    principals = held.setdefault(place, [])
                principal = item.principal
                if principal.type is not kind:
                    kind, nodes = principal.type, self._keys.nodes(principal.type)
                principals.append(nodes.get(principal.id) or self._keys.node(kind, principal.id))
            elif type(item) is Resource:
                self._resources.pop((item.id.type, item.id.id), None)
                key = self._keys.resource(item.id)
                resources.append((key, self._scope(item.scope), page, item.display_name, encode_resource(item)))
            elif type(item) is Entitlement:
                key = self._keys.entitlement(item.id)
                entitlements.append((self._scope(item.scope), page, item.display_name, encode_entitlement(item), key))
            else:
                raise PluginBug(f"a page holds a {type(item).__name__}, which is no row")
        self._keys.flush()
        if resources and self.db.executemany(_RESOURCE, resources).rowcount < len(resources):
            self.db.executemany(_RESOURCE_AGAIN, resources)
        if entitlements:
            self.db.executemany(_ENTITLEMENT, entitlements)
        if held:
            self._unmerged += sum(map(len, held.values()))
            self.db.executemany(
                _GRANTS, ((*place, page, len(keys), msgspec.json.encode(keys).decode()) for place, keys in held.items())
            )

    def _scope(self, name: str) -> int:
        known = self._scopes.get(name)
        if known is None:
            row = self.db.execute("SELECT key FROM scope_row WHERE name = ?", (name,)).fetchone()
            if row is None:
                raise PluginBug(f"a row belongs to the scope {name!r}, which was never declared")
            if len(self._scopes) >= _CACHED_RESOURCES:
                self._scopes.clear()
            known = self._scopes[name] = row[0]
        return known

    def _detail(self, grant: Grant) -> int:
        content = (grant.immutable, grant.inherited_by)
        known = self._details.get(content)
        if known is None:
            data = encode_grant(grant)
            self.db.execute("INSERT OR IGNORE INTO grant_detail (data) VALUES (?)", (data,))
            known = self.db.execute("SELECT key FROM grant_detail WHERE data = ?", (data,)).fetchone()[0]
            if len(self._details) >= 10_000:
                self._details.clear()
            self._details[content] = known
        return known


T = TypeVar("T")


def _definition(scope: Scope) -> str:
    # What a Struct is made of is not looked at where it is made.
    try:
        definition = msgspec.json.encode(scope)
        msgspec.json.decode(definition, type=Scope)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise PluginBug(f"a scope of the family {scope.family!r} is none that can be stored: {error}") from None
    return definition.decode()


def _slices(items: tuple[T, ...], size: int) -> Iterable[list[T]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
