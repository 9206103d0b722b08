"""Which files tell of what, as the configuration has it; whether their columns are there; and where a row stands."""

from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import msgspec

from jackfield.errors import BadConfig, RemoteContract
from jackfield_contracts import Resource
from jackfield_roster import model
from jackfield_roster.config import (
    FileMapping,
    Groups,
    Memberships,
    Place,
    Roles,
    RosterConfig,
    Users,
    columns_of,
    places,
)
from jackfield_roster.reading import Chunk, Export, Reader, Row

_MOST_COLUMNS, _MOST_LETTERS = 40, 60
"""Columns of a file in a message, and letters of each."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A file that lists all resources of one type."""

    place: Place
    kind: str
    column: str
    make: Callable[[Row], Resource]

    def id_of(self, row: Row) -> str | None:
        """The id of a row that can be taken."""
        try:
            return self.make(row).id.id
        except model.BrokenRowError:
            return None


def listing(config: RosterConfig, kind: str) -> Listing | None:
    """The file that lists *kind*; None where only memberships name them."""
    users, groups, roles = config.users, config.groups, config.roles
    if kind == "user":
        place = Place(label="users", mapping=users)
        return Listing(place=place, kind=kind, column=users.id, make=lambda row: model.user(row, users))
    if kind == "group" and groups is not None:
        place = Place(label="groups", mapping=groups)
        return Listing(place=place, kind=kind, column=groups.id, make=lambda row: model.group(row, groups, config))
    if kind == "role" and roles is not None:
        place = Place(label="roles", mapping=roles)
        return Listing(place=place, kind=kind, column=roles.id, make=lambda row: model.role(row, roles, config))
    return None


def listed_by(config: RosterConfig, place: Place) -> Listing | None:
    """What the rows of a file list; None for a file with nothing but memberships."""
    kind = {"users": "user", "groups": "group", "roles": "role"}.get(place.label)
    return listing(config, kind) if kind is not None else None


def twice(source: Listing, row: Row) -> model.BrokenRowError:
    """Why a row can't be taken whose id stands above it already."""
    return model.BrokenRowError(f"{source.kind}:{source.id_of(row)} stands there a second time", source.column)


def membership_sources(config: RosterConfig, of: str) -> tuple[Place, ...]:
    """The files that tell who is in a group (or has a role, by *of*)."""
    return tuple(place for place in places(config) if membership_keys(place, of))


def names_members(mapping: FileMapping, of: str, type: str) -> bool:
    """Whether a file that tells who is in a group (or has a role, by *of*) may name members of *type*."""
    if isinstance(mapping, Memberships):
        return mapping.member_type is not None or mapping.members == type
    if isinstance(mapping, Groups):
        return type == "group" or (of == "group" and mapping.members is not None)
    if isinstance(mapping, Roles):
        return (mapping.members if type == "user" else mapping.member_groups) is not None
    return type == "user"


def pairs(place: Place, row: Row, of: str) -> list[model.Pair]:
    """The memberships that a row tells of; raises BrokenRowError."""
    mapping = place.mapping
    if not isinstance(mapping, Users | Groups | Roles | Memberships):
        raise TypeError(mapping)
    return list(model.memberships(row, mapping, of))


def membership_keys(place: Place, of: str) -> tuple[str, ...]:
    """The keys of a file's mapping that tell who is in a group (or has a role, by *of*)."""
    mapping = place.mapping
    return model.membership_keys(mapping, of) if isinstance(mapping, Users | Groups | Roles | Memberships) else ()


def naming_sources(config: RosterConfig, kind: str) -> tuple[tuple[Place, str], ...]:
    """The files whose memberships, in groups or roles as said beside them, name resources of *kind*."""
    own = tuple((place, kind) for place in membership_sources(config, kind))
    if kind != "group":
        return own
    return own + tuple((place, "role") for place in membership_sources(config, "role") if _names_groups(place.mapping))


def has(config: RosterConfig, kind: str) -> bool:
    """Whether there are resources of *kind* at all."""
    return listing(config, kind) is not None or bool(naming_sources(config, kind))


def _names_groups(mapping: FileMapping) -> bool:
    if isinstance(mapping, Memberships):
        return mapping.members == "group" or mapping.member_type is not None
    return isinstance(mapping, Groups) or (isinstance(mapping, Roles) and mapping.member_groups is not None)


def named(kind: str, pair: model.Pair, of: str) -> Iterator[str]:
    """The ids of resources of *kind* that a membership names."""
    if of == kind:
        yield pair.to
    if pair.member.type == kind:
        yield pair.member.id


async def scan(reader: Reader, place: Place, most: int) -> AsyncGenerator[tuple[Export, Chunk]]:
    """A file from its beginning to its end, *most* rows at a time. Raises as ``Reader.chunk`` and ``check_columns`` do."""
    export = await reader.find(place.mapping)
    chunk = await reader.chunk(export, place, None, most)
    check_columns(place, export, chunk)
    yield export, chunk
    while chunk.next is not None:
        chunk = await reader.chunk(export, place, chunk.next, most)
        yield export, chunk


def check_columns(place: Place, export: Export, chunk: Chunk) -> None:
    """Raise BadConfig, naming the columns that the file has, if a mapped one is not there or there twice.

    RemoteContract for a file without anything in it.

    *chunk* is the beginning of the file. JSON lines may leave out a key where it is empty: see ``absent_keys``.
    """
    if is_json(export):
        return
    there = [column for column in chunk.columns if column]
    if not there and not chunk.rows:
        raise RemoteContract(
            f"{export.name} is empty: it has no heading",
            path=place.label,
            hint="Look whether the application's export was cut off.",
        )
    for key, column in columns_of(place.mapping):
        if there.count(column) == 1:
            continue
        what = "has no column" if column not in there else "has more than one column"
        raise BadConfig(
            f"{export.name} {what} {column!r}",
            path=f"{place.label}.{key}",
            hint=f"Its columns: {_listed(there)}.",
        )


def _listed(columns: list[str]) -> str:
    """Columns in a message: some of them, cut, and with what can't be seen in them."""
    shown = [_shown(each) for each in columns[:_MOST_COLUMNS]]
    more = f" and {len(columns) - len(shown):,} more" if len(columns) > len(shown) else ""
    return f"{', '.join(shown)}{more}" if shown else "none"


def _shown(column: str) -> str:
    cut = column if len(column) <= _MOST_LETTERS else f"{column[:_MOST_LETTERS]}…"
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in cut)


def absent_keys(place: Place, export: Export, chunk: Chunk, before: tuple[str, ...] | None) -> tuple[str, ...]:
    """The mapped keys that no row of JSON lines has, up to the end of *chunk*; *before* are those before it.

    None before the first chunk. A table has all its columns.
    """
    if not is_json(export) or (before is None and not chunk.rows):
        return ()
    keys = dict(columns_of(place.mapping))
    return tuple(key for key in (keys if before is None else before) if keys[key] not in chunk.columns)


def key_lacking(place: Place, export: Export, key: str) -> str:
    """Why nothing is known of what a key tells that no row of JSON lines has."""
    column = dict(columns_of(place.mapping))[key]
    return (
        f"no row of {export.name} has the key {column!r} ({place.label}.{key}), so that nothing is known of it: have the"
        " application write it as an empty list where it is empty, put its name right, or take it out of the configuration"
    )


def memberships_lacking(place: Place, export: Export, chunk: Chunk, absent: tuple[str, ...], of: str) -> str | None:
    """Why nothing is known of memberships in groups (or roles, by *of*), once the last *chunk* of a file is there."""
    if chunk.next is not None:
        return None
    keys = membership_keys(place, of)
    return next((key_lacking(place, export, key) for key in absent if key in keys), None)


def is_json(export: Export) -> bool:
    """Whether it is a file of JSON lines."""
    return Path(export.name).suffix.lower() in (".jsonl", ".ndjson")


def place_of(place: Place, export: Export, line: int, column: str | None) -> str:
    """Where a row stands, in words: ``users.csv:17, column State``."""
    sheet = f", sheet {place.mapping.sheet}" if place.mapping.sheet is not None else ""
    at = f"{export.name}{sheet}:{line}"
    return f"{at}, column {column}" if column is not None else at
