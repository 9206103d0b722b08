"""Witnesses: what pages say beside their rows, kept while a snapshot is made, and laid against the rows.

Promises that what a restarted read had said counts no more, and that of two pages about the same principal the later one
is believed. Memory is bounded by a page and by the rows of the scopes that differ.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from jackfield.snapshots.keys import Keys
from jackfield_contracts import Page, Scope, Witness

_AT_ONCE = 200_000
"""Rows of scopes that differ which are compared one by one at a time."""


class _Testimony(msgspec.Struct, array_like=True):
    """One page's witness by keys: of whom it speaks, and who holds something on which resource."""

    principals: list[int]
    holds: list[tuple[int, list[int]]]


_DECODER = msgspec.json.Decoder(_Testimony)


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """The grants of one scope: how many, the sum of their principals' keys, and the page with which a second read began."""

    scope: int
    definition: Scope
    rows: int
    sum: int
    again_from: int | None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the witnesses say of one scope: whom its read lacks, and whether both name the same people, and some.

    ``unnamed`` is how many of those whom the read has spoke for themselves and did not name the scope.
    """

    lacking: tuple[int, ...] = ()
    alike: bool = False
    unnamed: int = 0


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What all witnesses say: by scope, how many principals they are silent about, and the reads that they stand in."""

    of: Mapping[int, Evidence] = {}
    silent: int = 0
    reads: frozenset[int] = frozenset()


def keep_evidence(db: sqlite3.Connection, page: Page, key: int, keys: Keys) -> None:
    """Keep what *page* says beside its rows; call within its transaction."""
    if page.witness is not None:
        said = _by_keys(page.witness, keys)
        keys.flush()
        insert = "INSERT INTO witness_row (page, silent, data) VALUES (?, ?, ?)"
        db.execute(insert, (key, page.witness.silent, msgspec.json.encode(said).decode()))
    if not (page.mentions or page.outside or page.created):
        return
    mentioned = [(keys.resource(id), key) for id in page.mentions]
    outside = [(keys.resource(id),) for id in page.outside]
    keys.flush()
    db.executemany("INSERT OR IGNORE INTO mention_row (node, page) VALUES (?, ?)", mentioned)
    db.executemany("UPDATE asked_row SET outside = 1 WHERE node = ?", outside)
    db.executemany(
        "UPDATE asked_row SET created = ? WHERE node IN (SELECT key FROM node WHERE id = ?)",
        [(moment.isoformat(), id) for id, moment in page.created.items()],
    )


def _by_keys(witness: Witness, keys: Keys) -> _Testimony:
    kind = witness.principal_type
    known, node = keys.nodes(kind), keys.node

    def all_of(ids: Iterable[str]) -> list[int]:
        return [known.get(id) or node(kind, id) for id in ids]

    return _Testimony(
        principals=all_of(witness.principals),
        holds=[(node(witness.resource_type, id), all_of(ids)) for id, ids in witness.holds.items()],
    )


def named_before(db: sqlite3.Connection, resource: int) -> Iterator[tuple[int, list[int]]]:
    """By page, the principals whom witnesses named so far as holding something on a resource."""
    for page, said in _testimonies(db):
        for node, principals in said.holds:
            if node == resource:
                yield page, principals


def hear(db: sqlite3.Connection, held: list[Held]) -> Heard:
    """Lay the witnesses against the rows of each scope that has one."""
    (silent,) = db.execute("SELECT sum(silent) FROM witness_row").fetchone()
    if silent is None:
        return Heard()
    reads = db.execute("SELECT DISTINCT p.read FROM witness_row w JOIN page_row p ON p.key = w.page")
    by_resource = {(id.type, id.id): one for one in held if (id := one.definition.resource) is not None}
    counts: dict[int, int] = {}
    sums: dict[int, int] = {}
    for _, said in _testimonies(db):
        for node, principals in said.holds:
            counts[node] = counts.get(node, 0) + len(principals)
            sums[node] = sums.get(node, 0) + sum(principals)
    found: dict[int, Evidence] = {}
    differing: dict[int, Held] = {}
    names = "SELECT n.key, n.type, n.id FROM json_each(?) j JOIN node n ON n.key = j.value"
    for node, kind, id in db.execute(names, (msgspec.json.encode(list(counts)).decode(),)):
        one = by_resource.get((kind, id))
        if one is None:
            continue
        if one.again_from is None and (one.rows, one.sum) == (counts[node], sums[node]):
            found[one.scope] = Evidence(alike=True)
        else:
            differing[node] = one
    message = {one.scope for one in differing.values()} | found.keys()
    for (kind, id), one in by_resource.items():
        if one.rows and one.scope not in message:
            # Nobody at all says to be there.
            (node,) = db.execute("SELECT key FROM node WHERE type = ? AND id = ?", (kind, id)).fetchone()
            differing[node] = one
    for some in _portions(differing, counts):
        found |= _compare(db, some)
    return Heard(of=found, silent=silent, reads=frozenset(read for (read,) in reads))


def _testimonies(db: sqlite3.Connection) -> Iterator[tuple[int, _Testimony]]:
    for page, data in db.execute("SELECT page, data FROM witness_row ORDER BY page"):
        yield page, _DECODER.decode(data)


def _portions(differing: Mapping[int, Held], counts: Mapping[int, int]) -> Iterator[dict[int, Held]]:
    some: dict[int, Held] = {}
    size = 0
    for node, one in differing.items():
        some[node] = one
        size += counts.get(node, 0) + one.rows
        if size >= _AT_ONCE:
            yield some
            some, size = {}, 0
    if some:
        yield some


def _compare(db: sqlite3.Connection, some: Mapping[int, Held]) -> dict[int, Evidence]:
    """Who is named by a witness and lacks in the read, or the other way round, one by one."""
    named: dict[int, dict[int, int]] = {node: {} for node in some}
    for page, said in _testimonies(db):
        for node, principals in said.holds:
            if node in named:
                named[node].update(dict.fromkeys(principals, page))
    rows: dict[int, set[int]] = {node: set() for node in some}
    since = {node: one.again_from or 0 for node, one in some.items()}
    query = (
        "SELECT e.resource, g.principal, g.page FROM entitlement_row e JOIN grant_row g ON g.entitlement = e.key"
        " WHERE e.resource IN (SELECT value FROM json_each(?)) AND g.origin IS NULL"
    )
    for node, principal, page in db.execute(query, (msgspec.json.encode(list(some)).decode(),)):
        if page >= since[node]:
            rows[node].add(principal)
    suspected = {principal for node, sayers in named.items() for principal in sayers.keys() ^ rows[node]}
    last: dict[int, int] = {}
    if suspected:
        for page, said in _testimonies(db):
            last.update((principal, page) for principal in suspected.intersection(said.principals))
    found: dict[int, Evidence] = {}
    for node, one in some.items():
        sayers, mine = named[node], rows[node]
        lacking = tuple(sorted(who for who in sayers.keys() - mine if last.get(who, sayers[who]) <= sayers[who]))
        unnamed = len((mine - sayers.keys()) & last.keys())
        found[one.scope] = Evidence(lacking=lacking, alike=not lacking and mine <= sayers.keys(), unnamed=unnamed)
    return found
