"""Which resources of a snapshot some texts mean, whatever they are: ids, addresses, logins, external ids, and names."""

import sqlite3
from collections.abc import Collection, Iterator

from jackfield.snapshots.naming import addresses
from jackfield.snapshots.rows import decode_resource
from jackfield_contracts import Resource, ResourceId, UserTrait


def called(
    db: sqlite3.Connection, names: Collection[str], groups: Collection[str] = ()
) -> dict[str, frozenset[ResourceId]]:
    """By each of *names*, in small letters, whom the snapshot knows by it, in whichever letters. One pass over it.

    ``TYPE:NAME`` means what is of that type and so called, a name what is of the types *groups*. People are meant by the name
    that is shown of them only where the text is nobody's id or address: they may give themselves any name.
    """
    found: dict[str, set[ResourceId]] = {name: set() for name in names}
    shown: dict[str, set[ResourceId]] = {name: set() for name in names}
    rows = db.execute("SELECT n.type, n.id, r.display_name, r.data FROM resource_row r JOIN node n ON n.key = r.key")
    for kind, id, name, data in rows:
        resource = decode_resource(kind, id, "", name, data)
        for text in _texts(resource, groups):
            if (known := found.get(text.casefold())) is not None:
                known.add(resource.id)
        if isinstance(resource.trait, UserTrait):
            for text in (name, f"{kind}:{name}"):
                if (known := shown.get(text.casefold())) is not None:
                    known.add(resource.id)
    people = {name: {id for id in ids if id.type not in groups} for name, ids in found.items()}
    return {name: frozenset(ids | (shown[name] if not people[name] else set())) for name, ids in found.items()}


def _texts(resource: Resource, groups: Collection[str]) -> Iterator[str]:
    yield str(resource.id)
    name = resource.display_name
    if isinstance(resource.trait, UserTrait):
        yield resource.id.id
        yield from addresses(resource)
        yield from resource.trait.external_ids.values()
        yield from (f"{resource.id.type}:{address}" for address in addresses(resource))
    elif name:
        yield f"{resource.id.type}:{name}"
        if resource.id.type in groups:
            yield name
