"""Who is a member of what, as the newest exports have it, of those who were asked for.

Promises that a membership which is not in the answer is not in the exports, or said to be unclear.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

import msgspec

from jackfield.errors import NotFound, RemoteContract
from jackfield_contracts import EntitlementId, GrantId, ResourceId, StateQuery
from jackfield_roster import model
from jackfield_roster.ages import Stood
from jackfield_roster.config import Place, RosterConfig
from jackfield_roster.model import BrokenRowError
from jackfield_roster.reading import Reader, Row
from jackfield_roster.sources import (
    Listing,
    absent_keys,
    listed_by,
    listing,
    membership_sources,
    memberships_lacking,
    pairs,
    scan,
    twice,
)
from jackfield_roster.unclear import Unclear, cut_off, named, short, stranger

ROWS = 2000
"""Rows that are read at a time."""

Pair = tuple[str, ResourceId]
"""The id of a group or role, and who is or is not a member of it."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds what, each with the moment at which the newest export that shows it was written; and what is unclear."""

    since: dict[GrantId, str]
    unreadable: dict[str, str]


async def read_held(reader: Reader, config: RosterConfig, query: StateQuery, stood: Stood) -> Held:
    """What *query* asks for of the memberships. Cost: one pass over each file that tells of such, one more over listings
    where something is not found beside a name that may be cut off.
    """
    reads = [
        _Memberships(reader, config, of, wanted, query.principals, stood)
        for of in ("group", "role")
        if query.principals and (wanted := [one.id for one in query.resources if one.type == of])
    ]
    for each in reads:
        await each.read()
    cut = None
    if any(each.missing for each in reads):
        cut = await _cut_off(reader, config, {each.of: each.count for each in reads}, query.known_grants)
    since: dict[GrantId, str] = {}
    unreadable: dict[str, str] = {}
    for each in reads:
        since |= {each.grant(pair): moment.isoformat() for pair, moment in sorted(each.seen.items())}
        unreadable |= named(await each.reasons(cut), each.key)
    return Held(since=since, unreadable=unreadable)


async def _cut_off(reader: Reader, config: RosterConfig, told_of: dict[str, int], known: int | None) -> str | None:
    """Why one that is not in the exports tells nothing, where they show so few memberships; all are counted for it."""
    for of in ("group", "role"):
        if not short(sum(told_of.values()), known) or of in told_of:
            continue
        told_of[of] = 0
        for place in membership_sources(config, of):
            async for _, chunk in scan(reader, place, ROWS):
                told_of[of] += sum(_count(place, row, of) for row in chunk.rows)
    return cut_off("the exports show", sum(told_of.values()), known, "memberships")


def _count(place: Place, row: Row, of: str) -> int:
    try:
        return len(pairs(place, row, of))
    except BrokenRowError:
        return 0


async def unlisted_user(reader: Reader, config: RosterConfig) -> ResourceId | None:
    """A user whom memberships name and the list of users lacks, None if there is none. One pass over all those files."""
    source = listing(config, "user")
    if source is None:
        return None
    named: dict[str, None] = {}
    for of in ("group", "role"):
        for place in membership_sources(config, of):
            if place.label == source.place.label:
                continue  # whom it names it lists
            with suppress(NotFound, RemoteContract):
                async for _, chunk in scan(reader, place, ROWS):
                    for row in chunk.rows:
                        with suppress(BrokenRowError):
                            found = pairs(place, row, of)
                            named |= dict.fromkeys(each.member.id for each in found if each.member.type == "user")
    async for _, chunk in scan(reader, source.place, ROWS):
        for row in chunk.rows:
            if (id := source.id_of(row)) is not None:
                named.pop(id, None)
        if not named:
            return None
    return next((ResourceId(type="user", id=id) for id in named), None)


class _Memberships:
    """The memberships in groups, or those in roles, of some principals in some of them."""

    def __init__(
        self,
        reader: Reader,
        config: RosterConfig,
        of: str,
        wanted: Sequence[str],
        principals: Sequence[ResourceId],
        stood: Stood,
    ) -> None:
        self._reader = reader
        self._config = config
        self.of = of
        self._wanted = frozenset(wanted)
        self._principals = frozenset(principals)
        self._stood = stood
        self._asked = {(id, principal) for id in wanted for principal in principals}
        self._unclear = Unclear[Pair]()
        self._unknown: str | None = None
        self.seen: dict[Pair, datetime] = {}
        self.count = 0
        self._beside: dict[ResourceId, set[Pair]] = {}
        """What else memberships of those who were asked for name, and what is unclear if the listings lack it."""

    @property
    def missing(self) -> set[Pair]:
        """What was asked for and not found."""
        return self._asked - self.seen.keys()

    def grant(self, pair: Pair) -> GrantId:
        """A membership as a state has it."""
        to, member = pair
        return GrantId(
            entitlement=EntitlementId(resource=ResourceId(type=self.of, id=to), slug=model.SLUG), principal=member
        )

    def key(self, pair: Pair) -> str:
        """The key under which a state tells of a membership."""
        to, member = pair
        return f"{ResourceId(type=self.of, id=to)}#{member}"

    async def read(self) -> None:
        """Read all files that tell of such memberships."""
        for place in membership_sources(self._config, self.of):
            written = await self._stood.of(place)
            absent: tuple[str, ...] | None = None
            first = _First(listed_by(self._config, place), self._wanted | {one.id for one in self._principals})
            async for export, chunk in scan(self._reader, place, ROWS):
                absent = absent_keys(place, export, chunk, absent)
                self._unknown = self._unknown or memberships_lacking(place, export, chunk, absent, self.of)
                for row in chunk.rows:
                    try:
                        found = pairs(place, row, self.of)
                    except BrokenRowError as error:
                        self._unclear.row(place, export, row, error, self._may_hold(row, place))
                        continue
                    self.count += len(found)
                    again = first.again(row)
                    about = [key for pair in found if (key := (pair.to, pair.member)) in self._asked]
                    if again is not None:
                        self._unclear.row(place, export, row, again, about)
                        continue
                    self.seen |= {each: max(written, self.seen.get(each, written)) for each in about}
                    for pair in found:
                        self._note_beside(pair)

    def _note_beside(self, pair: model.Pair) -> None:
        if pair.member in self._principals and pair.to not in self._wanted:
            other = ResourceId(type=self.of, id=pair.to)
            self._beside.setdefault(other, set()).update((to, pair.member) for to in self._wanted)
        elif pair.to in self._wanted and pair.member not in self._principals:
            self._beside.setdefault(pair.member, set()).update((pair.to, each) for each in self._principals)

    async def reasons(self, cut: str | None) -> dict[Pair, str]:
        """Why it can't be told whether those are held that were not found."""
        missing = self.missing
        reasons = self._unclear.reasons(missing, self._unknown or cut)
        if missing - reasons.keys():
            for other in await self._strangers():
                reasons = dict.fromkeys(self._beside[other] & missing, stranger(other)) | reasons
        return reasons

    async def _strangers(self) -> list[ResourceId]:
        """What memberships of those asked for name, and the listings lack; nothing is missed in one that can't be read."""
        found: list[ResourceId] = []
        for kind in sorted({each.type for each in self._beside}):
            source = listing(self._config, kind)
            if source is None:
                continue
            left = {each.id for each in self._beside if each.type == kind}
            with suppress(NotFound, RemoteContract):
                async for _, chunk in scan(self._reader, source.place, ROWS):
                    left -= {id for row in chunk.rows if (id := source.id_of(row)) is not None}
                    if not left:
                        break
                found += [ResourceId(type=kind, id=id) for id in sorted(left)]
        return found

    def _may_hold(self, row: Row, place: Place) -> list[Pair]:
        """What a row of memberships that can't be taken may be about of what was asked for."""
        mapping = place.mapping
        to, member = getattr(mapping, "to", None), getattr(mapping, "member", None)
        if to is None or member is None:
            own = model.known(row, getattr(mapping, "id", ""))
            return [pair for pair in self._asked if own is None or own in (pair[0], pair[1].id)]
        group, who = model.known(row, to), model.known(row, member)
        members = {each.strip() for each in who.split(mapping.split)} if who is not None else set[str]()
        return [
            pair
            for pair in self._asked
            if (group is None or group == pair[0]) and (not any(members) or pair[1].id in members)
        ]


class _First:
    """Tells rows whose id stands above them already, which are left out; only of ids in *wanted*."""

    def __init__(self, source: Listing | None, wanted: set[str] | frozenset[str]) -> None:
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
