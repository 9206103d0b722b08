"""What a connector shows while listings move, of what the application counts, and of what is inherited."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jackfield.http import Response
from jackfield.snapshots.access import access_of
from jackfield.snapshots.file import open_snapshot
from jackfield.snapshots.reader import Snapshot
from jackfield_contracts import GrantId, Resource, ResourceId, TraitKind
from jackfield_testkit.bench import Bench, Synced
from jackfield_testkit.bodies import changed, decoded, values, with_body
from jackfield_testkit.data import Finding, NotApplicable, Truth
from jackfield_testkit.walk import Call, walk
from jackfield_testkit.wire import Send, Wire, everywhere, rewrite

_MOVES = 4
_MORE = 3
_COUNTS = re.compile(r"total|count|number|size|^num_|_num$", re.IGNORECASE)
_LENGTHS = re.compile(r"page|limit|offset|start|per_?page", re.IGNORECASE)
_PEOPLE = 60


async def loses_none_where_a_listing_moves(bench: Bench) -> None:
    """Whoever goes from a listing, or comes to it, while it is read moves nobody else out of it.

    Pages by number shift when a row before them goes: the one that slips over the edge is read by nobody.
    """
    remove = bench.need("remove", "what a sync shows while somebody is taken out of a listing")
    first = await first_listed(bench)
    if not first:
        raise NotApplicable("no listing of people takes several pages")
    for turn, going in enumerate(_leaving(first)):
        seen = [bench.truth()]
        since: list[int] = []

        async def fault(
            send: Send, turn: int = turn, going: Sequence[ResourceId] = going, since: list[int] = since
        ) -> Response:
            given = await send()
            # Once the page on which they stand was read, and then some: whoever stands behind moves up.
            if since or going[0].id.encode() in given.body:
                since.append(1)
            if len(since) == turn + 1:
                for each in going:
                    remove(each)
            return given

        shown = await bench.sync(Wire(everywhere(fault)))
        names = ", ".join(map(str, going))
        step = (
            f"{names} {'go' if len(going) > 1 else 'goes'} {turn} requests after the page on which they stand was read"
        )
        _lost_none(shown, [*seen, bench.truth()], step)


def _leaving(first: Sequence[ResourceId]) -> list[Sequence[ResourceId]]:
    """Who goes in each turn: some alone, and several at once, since pages that overlap by one bear that one goes."""
    some = [first[:2], first[2:3], first[3:5], first[5:6]] if len(first) > 2 else [(each,) for each in first]
    return [each for each in some if each][:_MOVES]


async def first_listed(bench: Bench) -> list[ResourceId]:
    """People of the first pages of listings that have several."""
    async with bench.open() as connection:
        people = {each.name for each in connection.resource_types() if each.trait is TraitKind.USER}
    found: list[ResourceId] = []
    for read in (await walk(bench)).reads:
        pages = [_people_of(call, people) for call in read]
        if sum(map(bool, pages)) > 1:
            found += next(page for page in pages if page)
    # The very first is often whoever set the application up, and can't be taken out of it.
    return found[1:] + found[:1]


def _people_of(call: Call, types: set[str]) -> list[ResourceId]:
    return [item.id for item in call.page.items if isinstance(item, Resource) and item.id.type in types]


def _lost_none(shown: Synced, seen: Sequence[Truth], step: str) -> None:
    if not shown.complete:
        return
    stayed = frozenset[ResourceId].intersection(*(each.resources for each in seen))
    if lost := stayed - shown.resources.keys():
        raise Finding(f"the snapshot calls itself complete and lacks {min(lost)}, which was always there", step)
    always = frozenset[GrantId].intersection(*(each.grants for each in seen))
    if missing := always - shown.grants:
        raise Finding(f"the snapshot calls itself complete and lacks {min(missing)}, which was always there", step)


async def hands_counts_on(bench: Bench) -> None:
    """A count that the application gives beside a listing is handed on, so that a listing that falls short is told.

    A server that ends a listing early still says how many there are: whoever reads that number knows that some are missing.
    """
    wire = Wire()
    shown = await bench.sync(wire)
    if not shown.complete:
        raise NotApplicable("an undisturbed sync is not complete, which another check tells")
    named: Sequence[str] | None = getattr(bench.backend, "counts", None)
    names = sorted(named if named is not None else _count_names(wire, _sizes(shown)))
    if not names:
        raise NotApplicable("no answer of the application has a count")
    felt: list[str] = []
    for name in names:
        other = await bench.sync(Wire(everywhere(rewrite(lambda given, name=name: _with_more(given, name)))))
        if not other.complete:
            felt.append(name)
        elif named is not None:
            raise Finding(
                f"the snapshot calls itself complete, though {name!r} says that there are more",
                f"in every answer {name!r} is {_MORE} more than the rows that there are",
            )
    if not felt:
        raise Finding(
            f"the snapshot calls itself complete, whatever {' and '.join(map(repr, names))} say",
            f"in every answer {names[0]!r} is {_MORE} more than it was",
        )


def _sizes(shown: Synced) -> set[int]:
    """How many things there are of a kind, and how many hold something on a resource."""
    types = Counter(id.type for id in shown.resources)
    holders: dict[ResourceId, set[ResourceId]] = defaultdict(set)
    for grant in shown.grants:
        holders[grant.entitlement.resource].add(grant.principal)
    return {*types.values(), *map(len, holders.values())} - {0, 1}


def _count_names(wire: Wire, sizes: set[int]) -> set[str]:
    """Names of numbers, in answers that have a listing, that look and are like counts of what the sync shows."""
    found: set[str] = set()
    for _, given in wire.answered:
        told = [*values(decoded(given))]
        if any(isinstance(value, list) for _, value in told):
            found |= {
                at[-1] for at, value in told if at and type(value) is int and value in sizes and _is_count(at[-1])
            }
    return found


def _is_count(name: str) -> bool:
    return _COUNTS.search(name) is not None and _LENGTHS.search(name) is None


def _with_more(given: Response, name: str) -> Response:
    """An answer whose counts of this *name*, in the body or a header, are higher than they were."""
    headers = {
        key: str(int(value) + _MORE) if key.lower() == name.lower() and value.isdigit() else value
        for key, value in given.headers.items()
    }
    body = decoded(given)
    for at in {at for at, value in values(body) if at and at[-1] == name and type(value) is int}:
        body = changed(body, at, lambda value: value + _MORE if type(value) is int else value)
    told = given if body is None else with_body(given, body)
    return msgspec.structs.replace(told, headers=headers)


async def shows_what_is_inherited(bench: Bench) -> None:
    """Whoever is in a group has, in ``access``, what the group has; and nobody has more than that.

    A grant to a group that passes nothing on is access of all its members that nobody sees.
    """
    truth = bench.truth()
    async with bench.open() as connection:
        people = {each.name for each in connection.resource_types() if each.trait is TraitKind.USER}
    if truth.access is None and not any(grant.principal.type not in people for grant in truth.grants):
        raise NotApplicable("nothing in the backend's truth is granted to a group")
    wanted = truth.access if truth.access is not None else _inherited(truth.grants)
    shown = await bench.sync()
    if not shown.complete:
        raise NotApplicable("an undisturbed sync is not complete, which another check tells")
    for person in sorted(id for id in truth.resources if id.type in people)[:_PEOPLE]:
        own = {grant.entitlement for grant in wanted if grant.principal == person}
        seen = _access(bench, shown, person)
        if lost := own - seen:
            raise Finding(f"{person} has {min(lost)} through a group, and access does not show it", "jackfield access")
        if more := seen - own:
            raise Finding(f"access shows that {person} has {min(more)}, which is not so", "jackfield access")


def _access(bench: Bench, shown: Synced, person: ResourceId) -> set[Any]:
    db = open_snapshot(bench.home.snapshot(shown.run.connection, shown.run.run))
    try:
        return {each.entitlement for each in access_of(Snapshot(db), person)}
    finally:
        db.close()


def _inherited(grants: frozenset[GrantId]) -> frozenset[GrantId]:
    """*grants*, and what those who hold anything of a principal hold through it."""
    held: Mapping[ResourceId, set[GrantId]] = defaultdict(set)
    for grant in grants:
        held[grant.principal].add(grant)
    found: set[GrantId] = set(grants)
    for person in {grant.principal for grant in grants}:
        passed: set[ResourceId] = set()
        waiting = [person]
        while waiting:
            at = waiting.pop()
            for grant in held.get(at, ()):
                found.add(GrantId(entitlement=grant.entitlement, principal=person))
                if grant.entitlement.resource not in passed:
                    passed.add(grant.entitlement.resource)
                    waiting.append(grant.entitlement.resource)
    return frozenset(found)


async def needs_no_more_requests(bench: Bench) -> None:
    """An undisturbed sync takes no more requests than the author's own bound.

    The application's limits are what bounds a sync; each request that could be spared is somebody's waiting.
    """
    most = bench.need("most_requests", "how many requests a sync takes")
    wire = Wire()
    await bench.sync(wire)
    if len(wire.sent) > most:
        routes = Counter(sent.route for sent in wire.sent)
        raise Finding(
            f"a sync took {len(wire.sent)} requests, more than {most}: {dict(routes)}", "one undisturbed sync"
        )
