"""Which resources of a snapshot some texts mean, whatever they are: ids, addresses, logins, external ids."""

import sqlite3
from collections.abc import Collection, Iterator

from jackfield.snapshots.naming import addresses
from jackfield.snapshots.rows import decode_resource
from jackfield_contracts import Resource, ResourceId, UserTrait


def called(db: sqlite3.Connection, names: Collection[str]) -> dict[str, frozenset[ResourceId]]:
    """By each of *names*, in small letters, whom the snapshot knows by it, in whichever letters. One pass over it."""
    found: dict[str, set[ResourceId]] = {name: set() for name in names}
    rows = db.execute("SELECT n.type, n.id, r.display_name, r.data FROM resource_row r JOIN node n ON n.key = r.key")
    for kind, id, name, data in rows:
        resource = decode_resource(kind, id, "", name, data)
        for text in _texts(resource):
            if (known := found.get(text.casefold())) is not None:
                known.add(resource.id)
    return {name: frozenset(ids) for name, ids in found.items()}


def _texts(resource: Resource) -> Iterator[str]:
    yield str(resource.id)
    if isinstance(resource.trait, UserTrait):
        yield resource.id.id
        yield from addresses(resource)
        yield from resource.trait.external_ids.values()
