"""Who has access to what, inherited access included, worked out when asked and never stored.

A grant whose principal is no person is inherited by the holders of those entitlements of that principal that its
``inherited_by`` lists. Promises one answer for every grant that gives access, with the shortest way on from there, and
an end also where groups contain each other. Hides the integer keys.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from jackfield.errors import NotFound
from jackfield.snapshots.principals import PrincipalFacts, Principals
from jackfield.snapshots.reader import Snapshot
from jackfield.snapshots.records import PRIVILEGED, Carried, carried_from
from jackfield_contracts import EntitlementId, ResourceId


class Via(msgspec.Struct, frozen=True, kw_only=True):
    """One entitlement on the way to another, with the name of its resource."""

    resource: ResourceId
    slug: str
    display_name: str | None = None


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """A principal has an entitlement: by a grant of its own where ``path`` is empty, else through those of the path.

    The path runs from what the principal itself holds towards the entitlement. ``carried`` is the oldest origin of the
    grants on the way, None if this sync saw all of them.
    """

    principal: ResourceId
    entitlement: EntitlementId
    path: tuple[Via, ...] = ()
    principal_name: str | None = None
    principal_status: str | None = None
    principal_login: str | None = None
    principal_email: str | None = None
    principal_external_id: str | None = None
    resource_name: str | None = None
    entitlement_name: str | None = None
    privileged: bool | None = None
    carried: Carried | None = None


class _Names(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of an entitlement beside its id."""

    resource: str | None
    entitlement: str | None
    privileged: bool | None


class _Reached(msgspec.Struct, frozen=True):
    """An entitlement that was reached, with the path that others have through it, and the resources on that path."""

    keys: tuple[int, ...]
    path: tuple[Via, ...]
    carried: Carried | None
    nodes: tuple[int, ...] = ()


_ENDS = f"e.key, n.type, n.id, e.slug, r.display_name, e.display_name, o.run, o.taken, {PRIVILEGED}"
_JOINS = """JOIN entitlement_row e ON e.key = g.entitlement JOIN node n ON n.key = e.resource
LEFT JOIN resource_row r ON r.key = n.key LEFT JOIN origin o ON o.key = g.origin"""

_HELD = f"SELECT {_ENDS} FROM grant_row g {_JOINS} WHERE g.principal = ? ORDER BY n.type, n.id, e.slug"

_HELD_THROUGH = f"""SELECT f.value, {_ENDS} FROM json_each(?) f CROSS JOIN entitlement_row h ON h.key = f.value
CROSS JOIN grant_row g ON g.principal = h.resource JOIN temp.passing p ON p.detail = g.detail AND p.slug = h.slug
{_JOINS} ORDER BY n.type, n.id, e.slug, f.value"""

_HOLDERS = """SELECT f.value, p.key, o.run, o.taken
FROM json_each(?) f CROSS JOIN grant_row g ON g.entitlement = f.value CROSS JOIN node p ON p.key = g.principal
LEFT JOIN origin o ON o.key = g.origin"""

_PASSED_ON = """SELECT f.value, x.key, n.key, n.type, n.id, x.slug, r.display_name, o.run, o.taken
FROM json_each(?) f CROSS JOIN grant_row g ON g.entitlement = f.value
JOIN temp.passing p ON p.detail = g.detail CROSS JOIN entitlement_row x ON x.resource = g.principal AND x.slug = p.slug
JOIN node n ON n.key = x.resource LEFT JOIN resource_row r ON r.key = n.key LEFT JOIN origin o ON o.key = g.origin
ORDER BY n.type, n.id, x.slug"""


def access_of(
    snapshot: Snapshot,
    principal: ResourceId,
    *,
    inherited: bool = True,
    circles: dict[EntitlementId, set[EntitlementId]] | None = None,
) -> Iterator[Access]:
    """All that *principal* has access to, nearest first. Raises NotFound if the snapshot does not know it.

    *circles* is filled with what leads back: by an entitlement those above it that its holders would inherit again.
    """
    db = snapshot.db
    start = db.execute("SELECT key FROM node WHERE type = ? AND id = ?", (principal.type, principal.id)).fetchone()
    if start is None:
        raise NotFound(f"the snapshot has no {principal}")
    (key,) = start
    person = Principals(db)[key]

    def access(end: EntitlementId, row: tuple[Any, ...], way: _Reached, carried: Carried | None) -> Access:
        names = _Names(resource=row[4], entitlement=row[5], privileged=_truth(row[8]))
        return _access(person, end, names, way.path, carried)

    nowhere = _Reached((), (), None)
    reached: dict[int, _Reached] = {}
    level: list[int] = []
    for row in db.execute(_HELD, (key,)):
        end, carried = _end(row), carried_from(row[6], row[7])
        yield access(end, row, nowhere, carried)
        reached[row[0]] = _through(end, row, nowhere, carried)
        level.append(row[0])
    if not inherited or not level or not _passing(snapshot):
        return
    while level:
        following: list[int] = []
        for through, *rest in db.execute(_HELD_THROUGH, (_json(level),)):
            row, way = tuple(rest), reached[through]
            end, carried = _end(row), _oldest(way.carried, carried_from(row[6], row[7]))
            if row[0] in way.keys or end.resource == principal:
                # A circle of groups leads back to where it came from.
                if circles is not None and way.path:
                    last = way.path[-1]
                    circles.setdefault(EntitlementId(resource=last.resource, slug=last.slug), set()).add(end)
                continue
            yield access(end, row, way, carried)
            if row[0] not in reached:
                reached[row[0]] = _through(end, row, way, carried)
                following.append(row[0])
        level = following


def holders_of(snapshot: Snapshot, target: ResourceId | EntitlementId, *, inherited: bool = True) -> Iterator[Access]:
    """All that have access to *target* (of a resource: to any of its entitlements), nearest first for each entitlement.

    Raises NotFound if the snapshot does not know it.
    """
    resource = target if isinstance(target, ResourceId) else target.resource
    slug = None if isinstance(target, ResourceId) else target.slug
    node = snapshot.db.execute(
        "SELECT key FROM node WHERE type = ? AND id = ?", (resource.type, resource.id)
    ).fetchone()
    rows = snapshot.db.execute(
        f"SELECT e.key, e.slug, e.display_name, r.display_name, {PRIVILEGED} FROM entitlement_row e"
        " LEFT JOIN resource_row r ON r.key = e.resource WHERE e.resource = ? AND e.slug = coalesce(?, e.slug) ORDER BY e.slug",
        (node[0] if node else None, slug),
    ).fetchall()
    if node is None or (slug is not None and not rows):
        raise NotFound(f"the snapshot has no {target}")
    passing = inherited and _passing(snapshot)
    people = Principals(snapshot.db)
    for key, own_slug, entitlement_name, resource_name, privileged in rows:
        end = EntitlementId(resource=resource, slug=own_slug)
        names = _Names(resource=resource_name, entitlement=entitlement_name, privileged=_truth(privileged))
        yield from _holders(snapshot, people, (key, node[0]), end, names, passing=passing)


def _holders(
    snapshot: Snapshot,
    people: Principals,
    start: tuple[int, int],
    end: EntitlementId,
    names: _Names,
    *,
    passing: bool,
) -> Iterator[Access]:
    key, node = start
    reached = {key: _Reached((key,), (), None)}
    level = [key]
    while level:
        # One entitlement: its rows come in the order of identifiers. More: SQLite would sort them all for little.
        order = "ORDER BY p.type, p.id" if len(level) == 1 else ""
        for through, holder, run, taken in snapshot.db.execute(f"{_HOLDERS} {order}", (_json(level),)):
            way = reached[through]
            if holder in way.nodes:
                continue  # a circle: a resource would have access through itself
            carried = _oldest(way.carried, carried_from(run, taken)) if run else way.carried
            yield _access(people[holder], end, names, way.path, carried)
        if not passing:
            return
        following: list[int] = []
        for through, found, at, kind, id, slug, name, run, taken in snapshot.db.execute(_PASSED_ON, (_json(level),)):
            if found not in reached:
                way = reached[through]
                via = Via(resource=ResourceId(type=kind, id=id), slug=slug, display_name=name)
                carried = _oldest(way.carried, carried_from(run, taken))
                passed = (*(way.nodes or (node,)), at)
                reached[found] = _Reached((*way.keys, found), (via, *way.path), carried, passed)
                following.append(found)
        level = following


def _passing(snapshot: Snapshot) -> bool:
    """Make the table of the details that pass a grant on, and the slugs whose holders inherit it; whether it has any."""
    db = snapshot.db
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS passing (detail INTEGER, slug TEXT, PRIMARY KEY (detail, slug)) WITHOUT ROWID"
    )
    db.execute(
        "INSERT OR IGNORE INTO temp.passing SELECT d.key, j.value"
        " FROM grant_detail d, json_each(d.data, '$.inherited_by') j"
    )
    return db.execute("SELECT 1 FROM temp.passing").fetchone() is not None


def _access(
    person: PrincipalFacts, end: EntitlementId, names: _Names, path: tuple[Via, ...], carried: Carried | None
) -> Access:
    return Access(
        principal=person.id,
        principal_name=person.name,
        principal_status=person.status,
        principal_login=person.login,
        principal_email=person.email,
        principal_external_id=person.external_id,
        entitlement=end,
        resource_name=names.resource,
        entitlement_name=names.entitlement,
        privileged=names.privileged,
        path=path,
        carried=carried,
    )


def _truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _end(row: tuple[Any, ...]) -> EntitlementId:
    return EntitlementId(resource=ResourceId(type=row[1], id=row[2]), slug=row[3])


def _through(end: EntitlementId, row: tuple[Any, ...], way: _Reached, carried: Carried | None) -> _Reached:
    via = Via(resource=end.resource, slug=end.slug, display_name=row[4])
    return _Reached((*way.keys, row[0]), (*way.path, via), carried)


def _oldest(one: Carried | None, other: Carried | None) -> Carried | None:
    if one is None or other is None:
        return one or other
    return min(one, other)


def _json(keys: list[int]) -> str:
    return msgspec.json.encode(keys).decode()
