"""The state by which changes are judged: the newest exports, read from beginning to end.

Promises that what is not in the answer is not in the exports: where a row that can't be understood might say otherwise, or
an export is too short to be believed, it raises. Cost: one pass over each file that can tell something.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from jackfield.errors import CursorExpired, RemoteContract, Transient
from jackfield_contracts import (
    AccessState,
    AccountState,
    AccountStatus,
    Entitlement,
    EntitlementId,
    GrantId,
    Resource,
    ResourceId,
    StateQuery,
    UserTrait,
)
from jackfield_roster import model
from jackfield_roster.ages import exported
from jackfield_roster.config import Place, RosterConfig, Users
from jackfield_roster.model import BrokenRowError
from jackfield_roster.reading import Export, Reader, Row
from jackfield_roster.sources import (
    Listing,
    has,
    listed_by,
    listing,
    membership_sources,
    named,
    names_members,
    naming_sources,
    pairs,
    place_of,
    scan,
    twice,
)

_ROWS = 2000

SHORT_SHARE, SHORT_ROWS = 0.2, 10
"""An export that lacks so much of what the last snapshot has is not believed: a sync of it would be held."""


async def read_state(reader: Reader, config: RosterConfig, query: StateQuery) -> AccessState:
    """Read what *query* asks for. Raises Transient if a file changes meanwhile, RemoteContract where it can't be known.

    So it can't where something is not there, and the export lacks much of what the last snapshot has: it may have been cut
    off.
    """
    try:
        # Looked at first: an export that comes meanwhile is newer than what is read.
        stood = _Stood(reader)
        as_of = await _as_of(stood, config, query)
        accounts = await _accounts(reader, config, query)
        offered: dict[ResourceId, Entitlement] = {}
        for kind in ("group", "role"):
            wanted = {one.id for one in (*query.resources, *query.principals) if one.type == kind}
            for id, resource in (await _resources(reader, config, kind, wanted, query.known.get(kind))).items():
                if ResourceId(type=kind, id=id) in query.resources:
                    offered[resource.id] = model.offered(resource, config)
                if resource.id in query.principals:
                    accounts.append(
                        AccountState(
                            account=resource.id, status=AccountStatus.ENABLED, display_name=resource.display_name
                        )
                    )
        held = await _held(reader, config, query, stood)
    except CursorExpired as error:
        raise Transient(error.summary, hint="Try again once the export is whole.") from error
    return AccessState(
        accounts=tuple(accounts),
        entitlements=tuple(offered.values()),
        held=tuple(held),
        # What is there stands since the export that shows it; what is not, since the oldest that might.
        as_of=as_of | {f"{one.entitlement.resource}#{one.principal}": since for one, since in held.items()},
    )


class _Stood:
    """Since when exports say what they say: the moments at which they were written, each looked at once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[str, datetime] = {}

    async def of(self, place: Place) -> datetime:
        """When the export of *place* was written."""
        if place.label not in self._known:
            self._known[place.label] = exported(await self._reader.find(place.mapping))
        return self._known[place.label]

    async def oldest(self, places: Sequence[Place]) -> str:
        """When the oldest of them was written."""
        return min([await self.of(place) for place in places]).isoformat()


async def _as_of(stood: _Stood, config: RosterConfig, query: StateQuery) -> dict[str, str]:
    """Since when the answer about each thing stands: that of the oldest export that has a say in it.

    What is done after that moment need not be in it, and what is in an older one stood there before.
    """
    found: dict[str, str] = {}
    users = listing(config, "user")
    people = [str(each) for each in query.principals if each.type == "user"]
    if users is not None and (people or query.names):
        found |= dict.fromkeys([*people, *query.names], await stood.oldest([users.place]))
    for of in ("group", "role"):
        wanted = [each for each in query.resources if each.type == of]
        places = membership_sources(config, of) if wanted else ()
        for type in {each.type for each in query.principals}:
            if own := [place for place in places if names_members(place.mapping, of, type)]:
                since = await stood.oldest(own)
                principals = [each for each in query.principals if each.type == type]
                found |= {f"{resource}#{principal}": since for resource in wanted for principal in principals}
    return found


async def _accounts(reader: Reader, config: RosterConfig, query: StateQuery) -> list[AccountState]:
    ids = {one.id for one in query.principals if one.type == "user"}
    names: dict[str, list[str]] = {}
    for name in query.names:
        names.setdefault(name.casefold(), []).append(name)
    source = listing(config, "user")
    if source is None or not (ids or names):
        return []
    found: dict[str, AccountState] = {}
    by_name: list[AccountState] = []
    unreadable = _Unreadable(ids | set(query.names))
    async for export, chunk in scan(reader, source.place, _ROWS):
        unreadable.count(export, len(chunk.rows))
        for row in chunk.rows:
            try:
                resource = source.make(row)
            except BrokenRowError as error:
                if _may_be(row, config.users, ids, names):
                    unreadable.row(source.place, export, row, error)
                continue
            state = account_state(resource)
            if resource.id.id in ids:
                found.setdefault(resource.id.id, state)
            message = dict.fromkeys(name for each in _names_of(resource) for name in names.get(each.casefold(), ()))
            by_name += [msgspec.structs.replace(state, asked=name) for name in message]
    unreadable.finish({*found, *(each.asked for each in by_name if each.asked)}, known=query.known.get("user"))
    return [*found.values(), *by_name]


def account_state(resource: Resource) -> AccountState:
    """One account as the export has it."""
    trait = resource.trait
    if not isinstance(trait, UserTrait):
        raise TypeError(resource)
    return AccountState(
        account=resource.id,
        status=trait.status,
        status_raw=trait.status_raw,
        login=trait.login,
        display_name=resource.display_name,
        names=tuple(name for name in _names_of(resource) if name != trait.login),
    )


def _names_of(resource: Resource) -> list[str]:
    trait = resource.trait
    if not isinstance(trait, UserTrait):
        return []
    return [*((trait.login,) if trait.login else ()), *(each.address for each in trait.emails)]


def _may_be(row: Row, mapping: Users, ids: set[str], names: Collection[str]) -> bool:
    """Whether a row that can't be taken may be about somebody who was asked for."""
    id = model.known(row, mapping.id)
    if id is None or id in ids:
        return True
    if not names:
        return False
    called = [model.known(row, column) for column in (mapping.login, mapping.email) if column is not None]
    return not called or any(each is None or each.casefold() in names for each in called)


async def _resources(
    reader: Reader, config: RosterConfig, kind: str, wanted: set[str], known: int | None
) -> dict[str, Resource]:
    if not wanted or not has(config, kind):
        return {}
    found: dict[str, Resource] = {}
    unreadable = _Unreadable(wanted)
    source = listing(config, kind)
    if source is not None:
        async for export, chunk in scan(reader, source.place, _ROWS):
            unreadable.count(export, len(chunk.rows))
            for row in chunk.rows:
                try:
                    resource = source.make(row)
                except BrokenRowError as error:
                    if (id := model.known(row, source.column)) is None or id in wanted:
                        unreadable.row(source.place, export, row, error)
                    continue
                if resource.id.id in wanted:
                    found.setdefault(resource.id.id, resource)
    else:
        for place, of in naming_sources(config, kind):
            async for export, chunk in scan(reader, place, _ROWS):
                for row in chunk.rows:
                    try:
                        message = pairs(place, row, of)
                    except BrokenRowError as error:
                        unreadable.row(place, export, row, error)
                        continue
                    ids = {id for pair in message for id in named(kind, pair, of)} & wanted
                    found |= {id: model.bare(kind, id, config) for id in ids if id not in found}
    unreadable.finish(set(found), known=known if source is not None else None)
    return found


async def _held(reader: Reader, config: RosterConfig, query: StateQuery, stood: _Stood) -> dict[GrantId, str]:
    """What is held of what was asked for, and since when the newest export that shows it stands."""
    principals = set(query.principals)
    held: dict[GrantId, str] = {}
    told_of: dict[str, int] = {}
    lacking = False
    for of in ("group", "role"):
        wanted = {one.id for one in query.resources if one.type == of}
        if not wanted or not principals:
            continue
        asked = {(id, principal) for id in wanted for principal in principals}
        unreadable = _Unreadable(asked)
        told_of[of] = 0
        seen: dict[tuple[str, ResourceId], datetime] = {}
        for place in membership_sources(config, of):
            written = await stood.of(place)
            first = _First(listed_by(config, place), wanted | {one.id for one in principals})
            async for export, chunk in scan(reader, place, _ROWS):
                for row in chunk.rows:
                    try:
                        message = pairs(place, row, of)
                    except BrokenRowError as error:
                        if _may_hold(row, place, wanted, principals):
                            unreadable.row(place, export, row, error)
                        continue
                    told_of[of] += len(message)
                    again = first.again(row)
                    about = {key for pair in message if (key := (pair.to, pair.member)) in asked}
                    if about and again is not None:
                        unreadable.row(place, export, row, again)
                        continue
                    seen |= {each: max(written, seen.get(each, written)) for each in about}
        unreadable.finish(set(seen))
        lacking = lacking or bool(asked - seen.keys())
        for (to, member), since in sorted(seen.items()):
            entitlement = EntitlementId(resource=ResourceId(type=of, id=to), slug=model.SLUG)
            held[GrantId(entitlement=entitlement, principal=member)] = since.isoformat()
    if lacking:
        await _demand_memberships(reader, config, told_of, query.known_grants)
    return held


async def _demand_memberships(reader: Reader, config: RosterConfig, told_of: dict[str, int], known: int | None) -> None:
    """Raise where the exports show of so few memberships that one which is not in them may have been cut off."""
    for of in ("group", "role"):
        if not _short(sum(told_of.values()), known) or of in told_of:
            continue
        told_of[of] = 0
        for place in membership_sources(config, of):
            async for _, chunk in scan(reader, place, _ROWS):
                told_of[of] += sum(_text(place, row, of) for row in chunk.rows)
    if _short(now := sum(told_of.values()), known):
        raise _cut_off("the exports show", now, known, "memberships")


def _text(place: Place, row: Row, of: str) -> int:
    try:
        return len(pairs(place, row, of))
    except BrokenRowError:
        return 0


def _short(now: int, known: int | None) -> bool:
    """Whether *now* is too few where the last snapshot has *known*."""
    if not known:
        return False
    return now == 0 or (known - now >= SHORT_ROWS and known - now > SHORT_SHARE * known)


def _cut_off(what: str, now: int, known: int | None, of: str) -> RemoteContract:
    return RemoteContract(
        f"what was asked for is not there, and {what} of {now:,} {of} where the last snapshot has {known:,}: it may have been"
        " cut off",
        hint="Have the application export anew. If so many have gone, a sync says so, and --accept publishes it.",
    )


def _may_hold(row: Row, place: Place, wanted: set[str], principals: set[ResourceId]) -> bool:
    """Whether a row of memberships that can't be taken may be one that was asked for."""
    mapping = place.mapping
    ids = {one.id for one in principals}
    to, member = getattr(mapping, "to", None), getattr(mapping, "member", None)
    if to is None or member is None:
        own = model.known(row, getattr(mapping, "id", ""))
        return own is None or own in ids or own in wanted
    message, who = model.known(row, to), model.known(row, member)
    if message is not None and message not in wanted:
        return False
    named = {each.strip() for each in who.split(mapping.split)} if who is not None else set[str]()
    return not any(named) or bool(named & ids)


class _First:
    """Tells rows whose id stands above them already, which are left out; only of ids in *wanted*."""

    def __init__(self, source: Listing | None, wanted: set[str]) -> None:
        self._source = source
        self._wanted = wanted
        self._seen: set[str] = set()

    def again(self, row: Row) -> BrokenRowError | None:
        """Why the row is left out, if it is."""
        cell = row.cells.get(self._source.column) if self._source is not None else None
        if self._source is None or not isinstance(cell, str) or cell.strip() not in self._wanted:
            return None
        id = self._source.id_of(row)
        if id in self._seen:
            return twice(self._source, row)
        if id is not None:
            self._seen.add(id)
        return None


class _Unreadable:
    """Rows that can't be understood, and what they may be about."""

    def __init__(self, wanted: set[str] | set[tuple[str, ResourceId]]) -> None:
        self._wanted = wanted
        self._count = 0
        self._first = ""
        self._rows = 0
        self._name = ""

    def count(self, export: Export, rows: int) -> None:
        """Note that the export has so many rows more."""
        self._name = export.name
        self._rows += rows

    def row(self, place: Place, export: Export, row: Row, error: BrokenRowError) -> None:
        self._count += 1
        self._first = self._first or f"{place_of(place, export, row.line, error.column)}: {error.why}"

    def finish(self, found: set[str] | set[tuple[str, ResourceId]], *, known: int | None = None) -> None:
        """Raise if something was not found that such a row may be about, or that may have been cut off.

        *known* is how many rows the last snapshot took.
        """
        if self._wanted - found and _short(self._rows, known):
            raise _cut_off(f"{self._name} tells", self._rows, known, "rows")
        if self._count and self._wanted - found:
            raise RemoteContract(
                "what was asked for is not in the export, and a row that can't be understood may be about it",
                path=self._first,
                hint="Mend that row, or have the application export anew.",
            )
