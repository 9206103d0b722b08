"""The state by which changes are judged: the newest exports, read from beginning to end.

Promises that what is not in the answer is not in the exports: where a row that can't be understood might say otherwise, or
an export is too short to be believed, it says so of each thing that this concerns. Cost: one pass over each file that can
tell something.
"""

from collections.abc import Collection

import msgspec

from jackfield.errors import CursorExpired, Transient
from jackfield.hookspecs import Clock
from jackfield_contracts import (
    AccessState,
    AccountState,
    AccountStatus,
    Entitlement,
    Resource,
    ResourceId,
    StateQuery,
    UserTrait,
)
from jackfield_roster import model
from jackfield_roster.ages import Stood
from jackfield_roster.config import RosterConfig, Users
from jackfield_roster.held import ROWS, read_held, unlisted_user
from jackfield_roster.model import BrokenRowError
from jackfield_roster.reading import Reader, Row
from jackfield_roster.sources import (
    absent_keys,
    has,
    listing,
    membership_sources,
    memberships_lacking,
    named,
    names_members,
    naming_sources,
    pairs,
    scan,
    twice,
)
from jackfield_roster.unclear import Unclear, contradicted, cut_off
from jackfield_roster.unclear import named as under


async def read_state(reader: Reader, config: RosterConfig, query: StateQuery, clock: Clock) -> AccessState:
    """Read what *query* asks for. Raises Transient if a file changes meanwhile.

    What is not there is *unreadable* where a row that can't be understood may be about it, or where the export lacks much of
    what the last snapshot has, so that it may have been cut off.
    """
    unreadable: dict[str, str] = {}
    try:
        # Looked at first: an export that comes meanwhile is newer than what is read.
        stood = Stood(reader, clock)
        as_of = await _as_of(stood, config, query)
        accounts = await _accounts(reader, config, query, unreadable)
        offered: dict[ResourceId, Entitlement] = {}
        for kind in ("group", "role"):
            wanted = {one.id for one in (*query.resources, *query.principals) if one.type == kind}
            found = await _resources(reader, config, kind, wanted, query.known.get(kind), unreadable)
            for id, resource in found.items():
                if ResourceId(type=kind, id=id) in query.resources:
                    offered[resource.id] = model.offered(resource, config)
                if resource.id in query.principals:
                    accounts.append(
                        AccountState(
                            account=resource.id, status=AccountStatus.ENABLED, display_name=resource.display_name
                        )
                    )
        # Who was found by a name holds what they hold, as who was asked for by id.
        people = dict.fromkeys((*query.principals, *(each.account for each in accounts)))
        held = await read_held(reader, config, msgspec.structs.replace(query, principals=tuple(people)), stood)
    except CursorExpired as error:
        raise Transient(error.summary, hint="Try again once the export is whole.") from error
    return AccessState(
        accounts=tuple(accounts),
        entitlements=tuple(offered.values()),
        held=tuple(held.since),
        unreadable=unreadable | held.unreadable,
        # What is there stands since the export that shows it; what is not, since the oldest that might.
        as_of=as_of | {f"{one.entitlement.resource}#{one.principal}": since for one, since in held.since.items()},
        sources=stood.known(),
    )


async def _as_of(stood: Stood, config: RosterConfig, query: StateQuery) -> dict[str, str]:
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


async def _accounts(
    reader: Reader, config: RosterConfig, query: StateQuery, unreadable: dict[str, str]
) -> list[AccountState]:
    ids = {one.id for one in query.principals if one.type == "user"}
    names: dict[str, list[str]] = {}
    for name in query.names:
        names.setdefault(name.casefold(), []).append(name)
    source = listing(config, "user")
    if source is None or not (ids or names):
        return []
    found: dict[str, AccountState] = {}
    by_name: list[AccountState] = []
    unclear = Unclear[str]()
    again: dict[str, str] = {}
    rows, name = 0, ""
    async for export, chunk in scan(reader, source.place, ROWS):
        rows, name = rows + len(chunk.rows), export.name
        for row in chunk.rows:
            try:
                resource = source.make(row)
            except BrokenRowError as error:
                unclear.row(source.place, export, row, error, _may_be(row, config.users, ids, query.names))
                continue
            state = account_state(resource)
            if resource.id.id in ids:
                if resource.id.id in found:
                    # Which of them is right the application knows.
                    again[str(resource.id)] = unclear.told(source.place, export, row, twice(source, row))
                found.setdefault(resource.id.id, state)
            called = dict.fromkeys(name for each in _names_of(resource) for name in names.get(each.casefold(), ()))
            by_name += [msgspec.structs.replace(state, asked=name) for name in called]
    people = {str(ResourceId(type="user", id=id)) for id in ids - found.keys()}
    missing = people | (set(query.names) - {each.asked for each in by_name})
    cut = cut_off(f"{name} tells", rows, query.known.get("user"), "rows")
    unreadable |= again | unclear.reasons(missing, cut)
    if people - unreadable.keys() and (unlisted := await unlisted_user(reader, config)) is not None:
        unreadable |= dict.fromkeys(people - unreadable.keys(), contradicted(unlisted))
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


def _may_be(row: Row, mapping: Users, ids: Collection[str], names: Collection[str]) -> list[str]:
    """About whom of those asked for, by id or name, a row that can't be taken may be."""
    id = model.known(row, mapping.id)
    called = [model.known(row, column) for column in (mapping.login, mapping.email) if column is not None]
    found = [str(ResourceId(type="user", id=one)) for one in ids if id in (None, one)]
    if id is None or not called or None in called:
        return [*found, *names]
    folded = {each.casefold() for each in called if each is not None}
    return [*found, *(name for name in names if name.casefold() in folded)]


async def _resources(
    reader: Reader,
    config: RosterConfig,
    kind: str,
    wanted: set[str],
    known: int | None,
    unreadable: dict[str, str],
) -> dict[str, Resource]:
    if not wanted or not has(config, kind):
        return {}
    found: dict[str, Resource] = {}
    unclear = Unclear[str]()
    rows, name = 0, ""
    unknown: str | None = None
    source = listing(config, kind)
    if source is not None:
        async for export, chunk in scan(reader, source.place, ROWS):
            rows, name = rows + len(chunk.rows), export.name
            for row in chunk.rows:
                try:
                    resource = source.make(row)
                except BrokenRowError as error:
                    id = model.known(row, source.column)
                    unclear.row(source.place, export, row, error, (one for one in wanted if id in (None, one)))
                    continue
                if resource.id.id in wanted:
                    found.setdefault(resource.id.id, resource)
    else:
        for place, of in naming_sources(config, kind):
            absent: tuple[str, ...] | None = None
            async for export, chunk in scan(reader, place, ROWS):
                absent = absent_keys(place, export, chunk, absent)
                unknown = unknown or memberships_lacking(place, export, chunk, absent, of)
                for row in chunk.rows:
                    try:
                        found_pairs = pairs(place, row, of)
                    except BrokenRowError as error:
                        unclear.row(place, export, row, error, wanted)
                        continue
                    ids = {id for pair in found_pairs for id in named(kind, pair, of)} & wanted
                    found |= {id: model.bare(kind, id, config) for id in ids if id not in found}
    if source is not None:
        unknown = cut_off(f"{name} tells", rows, known, "rows")
    missing = unclear.reasons(wanted - found.keys(), unknown)
    unreadable |= under(missing, lambda id: str(ResourceId(type=kind, id=id)))
    return found
