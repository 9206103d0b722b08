"""The reads that make a sync of a roster: listings first, memberships after them; a page is a thousand rows of a file."""

from collections.abc import Awaitable, Callable

import msgspec

from jackfield.errors import CursorExpired, NotFound, RemoteContract
from jackfield.hookspecs import Clock, SyncView, hookimpl
from jackfield_contracts import (
    AppTrait,
    Diagnostic,
    EntitlementId,
    Family,
    Grant,
    Item,
    Page,
    Resource,
    ResourceId,
    Scope,
    Tenant,
)
from jackfield_roster import model
from jackfield_roster.ages import exported, old
from jackfield_roster.config import Place, RosterConfig, places
from jackfield_roster.notes import Cursor, Notes
from jackfield_roster.reading import Chunk, Export, Reader, Row
from jackfield_roster.sources import (
    Listing,
    absent_keys,
    check_columns,
    has,
    listed_by,
    listing,
    membership_keys,
    membership_sources,
    memberships_lacking,
    named,
    naming_sources,
    pairs,
    place_of,
    scan,
    twice,
)

PAGE = 1000
"""Rows of a page."""

MOST_EMPTY = 200
"""Chunks of rows that are left out or passed over, which become one page with what follows them."""


class RosterReads:
    """The families that the configuration calls for."""

    def __init__(self, reader: Reader, config: RosterConfig, clock: Clock) -> None:
        self._reader = reader
        self._config = config
        self._clock = clock
        self._pages: dict[str, tuple[Family, Callable[[Cursor, SyncView], Awaitable[Page]]]] = {}
        self._add(Family(name="application", scopes=(model.APPS,), description="the application"), self._application)
        for kind, scope in (("user", model.USERS), ("group", model.GROUPS), ("role", model.ROLES)):
            if has(config, kind):
                self._add_listing(kind, scope)
        for of, scope in (("group", model.GROUP_MEMBERS), ("role", model.ROLE_MEMBERS)):
            if membership_sources(config, of):
                self._add_memberships(of, scope)

    def _add(self, family: Family, page: Callable[[Cursor, SyncView], Awaitable[Page]]) -> None:
        self._pages[family.name] = family, page

    def _add_listing(self, kind: str, scope: Scope) -> None:
        listed = listing(self._config, kind)

        async def page(cursor: Cursor, view: SyncView) -> Page:
            if listed is not None:
                return await self._listed(listed, scope, cursor)
            return await self._named(kind, scope)

        self._add(Family(name=scope.family, scopes=(scope,), description=f"all {scope.family}"), page)

    def _add_memberships(self, of: str, scope: Scope) -> None:
        follows = tuple(each for each in ("users", "groups", "roles") if each in self._pages)

        async def page(cursor: Cursor, view: SyncView) -> Page:
            return await self._members(of, scope, cursor, view)

        self._add(
            Family(name=scope.family, scopes=(scope,), follows=follows, description=f"who is a member of which {of}"),
            page,
        )

    @hookimpl
    def families(self) -> tuple[Family, ...]:
        """What is read; no file is opened."""
        return tuple(family for family, _ in self._pages.values())

    @hookimpl
    async def read_page(self, family: str, cursor: str | None, view: SyncView) -> Page:
        """A page: at most a thousand rows of one file."""
        _, page = self._pages[family]
        return await page(msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(), view)

    async def _application(self, cursor: Cursor, view: SyncView) -> Page:
        """The application itself, with the date of each export. One page.

        Raises NotFound if there is no export at all, or RemoteContract if none can be read: then nothing is seen, not even
        the application.
        """
        facts: dict[str, str | int | float | bool | None] = {}
        notes: list[Diagnostic] = []
        as_of: dict[str, str] = {}
        missing: list[NotFound | RemoteContract] = []
        for place in places(self._config):
            try:
                export = await self._reader.find(place.mapping)
            except (NotFound, RemoteContract) as error:
                missing.append(error)  # the read that needs it says so
                continue
            written = exported(export)
            facts[f"{place.label} exported"] = written.isoformat(timespec="seconds")
            if written <= self._clock.now():
                as_of[place.label] = written.isoformat()
            if (note := old(place, export, self._config, self._clock)) is not None:
                notes.append(note)
        if not facts:
            raise missing[0]
        name = self._config.application_name
        app = Resource(
            id=ResourceId(type="app", id=self._config.application),
            scope=model.APPS.name,
            display_name=name or self._config.application,
            trait=AppTrait(),
            profile=facts,
        )
        return Page(
            items=(app,), tenant=Tenant(id=self._config.application, name=name), diagnostics=tuple(notes), as_of=as_of
        )

    async def _listed(self, source: Listing, scope: Scope, cursor: Cursor) -> Page:
        """A page of the file that lists a type."""
        export, chunk = await self._chunk(source.place, cursor)
        notes = Notes(source.place, export, cursor)
        if cursor.at is None:
            notes.remarks(await self._reader.remarks(export, source.place))
            if source.kind == "user" and not chunk.rows and chunk.next is None:
                notes.nobody()
        items: list[Item] = []
        for left in reversed(range(MOST_EMPTY)):
            notes.keys(chunk)
            again = await self._reader.twice(export, source.place, source.id_of, chunk.rows)
            for row in chunk.rows:
                resource = notes.take(row, lambda row, again=again: _once(source, row, again))
                if resource is None:
                    continue
                items.append(resource)
                if source.kind != "user":
                    items.append(model.offered(resource, self._config))
            if items or chunk.next is None or not left:
                break
            export, chunk = await self._chunk(source.place, notes.cursor(cursor, export, chunk))
        following = None if chunk.next is None else notes.cursor(cursor, export, chunk)
        return notes.page(items, scope, following)

    async def _named(self, kind: str, scope: Scope) -> Page:
        """All groups or roles that memberships name, where no file lists them. One page."""
        found: dict[str, None] = {}
        count, first = 0, ""
        unknown: str | None = None
        for place, of in naming_sources(self._config, kind):
            absent: tuple[str, ...] | None = None
            async for export, chunk in scan(self._reader, place, PAGE):
                absent = absent_keys(place, export, chunk, absent)
                unknown = unknown or memberships_lacking(place, export, chunk, absent, of)
                for row in chunk.rows:
                    try:
                        found_pairs = pairs(place, row, of)
                    except model.BrokenRowError as error:
                        # The read of memberships tells of each.
                        count += 1
                        first = first or f"{place_of(place, export, row.line, error.column)}: {error.why}"[:500]
                        continue
                    found |= dict.fromkeys(id for pair in found_pairs for id in named(kind, pair, of))
        items: list[Item] = []
        for id in found:
            resource = model.bare(kind, id, self._config)
            items += (resource, model.offered(resource, self._config))
        rows = "1 row" if count == 1 else f"{count:,} rows"
        why = f"{rows} that can't be understood may name others, {'' if count == 1 else 'the first '}{first}"
        why = "; ".join(filter(None, (unknown, why if count else "")))
        return Page(items=tuple(items), incomplete={scope.name: why} if why else {})

    async def _members(self, of: str, scope: Scope, cursor: Cursor, view: SyncView) -> Page:
        """A page of one of the files that tell of memberships."""
        sources = membership_sources(self._config, of)
        place = sources[cursor.source]
        export, chunk = await self._chunk(place, cursor)
        notes = Notes(place, export, cursor)
        source = listed_by(self._config, place)
        if source is None and cursor.at is None:
            notes.remarks(await self._reader.remarks(export, place))  # of a listing, the read of the listing tells them
        demanded = membership_keys(place, of)
        held: dict[str, dict[ResourceId, None]] = {}
        for left in reversed(range(MOST_EMPTY)):
            notes.keys(chunk, demanded=demanded, tell=source is None)
            await self._take_members(of, place, export, chunk, notes, held, view)
            if held or chunk.next is None or not left:
                break
            export, chunk = await self._chunk(place, notes.cursor(cursor, export, chunk))
        following = None
        if chunk.next is not None:
            following = notes.cursor(cursor, export, chunk)
        elif cursor.source + 1 < len(sources):
            following = Cursor(source=cursor.source + 1, broken=notes.count, first=notes.first)
        return notes.page(_grants(of, held, scope), scope, following)

    async def _take_members(
        self,
        of: str,
        place: Place,
        export: Export,
        chunk: Chunk,
        notes: Notes,
        held: dict[str, dict[ResourceId, None]],
        view: SyncView,
    ) -> None:
        """Add the memberships of a chunk to *held*."""
        source = listed_by(self._config, place)
        again = frozenset[int]()
        if source is not None:
            again = await self._reader.twice(export, place, source.id_of, chunk.rows)

        def taken(row: Row) -> list[model.Pair]:
            memberships = pairs(place, row, of)
            if memberships and source is not None and row.line in again:
                raise twice(source, row)
            return memberships

        found: list[tuple[int, model.Pair]] = []
        for row in chunk.rows:
            found += [(row.line, pair) for pair in notes.take(row, taken) or ()]
        unlisted = await self._unlisted(of, [pair for _, pair in found], view)
        for line, pair in found:
            stranger = next((one for one in (ResourceId(type=of, id=pair.to), pair.member) if one in unlisted), None)
            if stranger is not None:
                notes.broken(line, pair.column, f"it names {stranger}, which the export does not list")
                continue
            held.setdefault(pair.to, {})[pair.member] = None

    async def _unlisted(self, of: str, found: list[model.Pair], view: SyncView) -> set[ResourceId]:
        """What memberships name and the listings lack; nothing is missed in a listing that can't be read."""
        named: dict[str, set[str]] = {of: {pair.to for pair in found}}
        for pair in found:
            named.setdefault(pair.member.type, set()).add(pair.member.id)
        missing: set[ResourceId] = set()
        for kind, ids in named.items():
            source = listing(self._config, kind)
            if source is not None and not await self._there(source.place):
                continue
            stored = view.stored(kind, ids)
            missing |= {ResourceId(type=kind, id=id) for id in ids if id not in stored}
        return missing

    async def _there(self, place: Place) -> bool:
        try:
            export = await self._reader.find(place.mapping)
            await self._reader.chunk(export, place, None, 1)
        except (NotFound, RemoteContract):
            return False
        return True

    async def _chunk(self, place: Place, cursor: Cursor) -> tuple[Export, Chunk]:
        """The rows after *cursor*. Raises CursorExpired if a newer export has come."""
        export = await self._reader.find(place.mapping)
        if cursor.export not in (None, export):
            raise CursorExpired(f"{export.name} is another export than the one that was being read")
        chunk = await self._reader.chunk(export, place, cursor.at, PAGE)
        if cursor.at is None:
            check_columns(place, export, chunk)
        return export, chunk


def _once(source: Listing, row: Row, again: frozenset[int]) -> Resource:
    """The resource of a row whose id does not stand above it."""
    resource = source.make(row)
    if row.line in again:
        raise twice(source, row)
    return resource


def _grants(of: str, held: dict[str, dict[ResourceId, None]], scope: Scope) -> list[Item]:
    """The memberships of a page, those in one group beside each other."""
    items: list[Item] = []
    for to, members in held.items():
        entitlement = EntitlementId(resource=ResourceId(type=of, id=to), slug=model.SLUG)
        for member in sorted(members, key=lambda one: one.type):
            inherited = model.INHERITED if member.type == "group" else ()
            items.append(Grant(entitlement=entitlement, principal=member, scope=scope.name, inherited_by=inherited))
    return items
