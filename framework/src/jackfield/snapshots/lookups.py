"""Look-ups: which resources are named and a listing lacks, so that they are asked for by their ids."""

import sqlite3
from collections.abc import Iterable

import msgspec

from jackfield_contracts import Scope


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A scope that lists a resource type, with the keys of those that grants or pages name and it lacks."""

    scope: Scope
    key: int
    unlisted: tuple[tuple[int, str], ...]


def listings(db: sqlite3.Connection) -> list[Listing]:
    """The listings that were read to their end, with what they lack."""
    rows = db.execute(
        "SELECT s.key, s.definition FROM scope_row s JOIN read_row r ON r.key = s.read"
        " WHERE r.state = 'done' AND s.definition ->> '$.lists' IS NOT NULL ORDER BY s.key"
    ).fetchall()
    lacking: dict[str, list[tuple[int, str]]] = {}
    for kind, node, id in db.execute(
        "SELECT n.type, n.key, n.id FROM node n LEFT JOIN resource_row r ON r.key = n.key WHERE r.key IS NULL"
    ):
        lacking.setdefault(kind, []).append((node, id))
    found: list[Listing] = []
    for key, definition in rows:
        scope = msgspec.json.decode(definition, type=Scope)
        missing = lacking.get(scope.lists or "", [])
        held = _named(db, [node for node, _ in missing]) if missing else set[int]()
        unlisted = tuple((node, id) for node, id in missing if node in held)
        found.append(Listing(scope=scope, key=key, unlisted=unlisted))
    return found


def _named(db: sqlite3.Connection, nodes: list[int]) -> set[int]:
    """Those of *nodes* that hold a grant, or that a page mentions and no read found gone."""
    keys = msgspec.json.encode(nodes).decode()
    query = (
        "SELECT principal FROM grant_row WHERE principal IN (SELECT value FROM json_each(?))"
        " UNION SELECT node FROM mention_row WHERE node IN (SELECT value FROM json_each(?))"
        " AND node NOT IN (SELECT node FROM vanished_row)"
    )
    return {row[0] for row in db.execute(query, (keys, keys))}


def already_asked(db: sqlite3.Connection, family: str) -> set[int]:
    """The keys of those whom *family* was asked for by their ids."""
    return {node for (node,) in db.execute("SELECT node FROM asked_row WHERE family = ?", (family,))}


def note_asked(db: sqlite3.Connection, nodes: Iterable[int], family: str) -> None:
    """Note that *family* is asked for these resources by their ids; call within a transaction."""
    rows = ((node, family) for node in nodes)
    db.executemany("INSERT OR IGNORE INTO asked_row (node, family) VALUES (?, ?)", rows)


def missing_from_base(db: sqlite3.Connection, listing: Listing) -> list[str]:
    """What the last snapshot holds, if it is laid beside, and a listing lacks that no count of the application's confirms."""
    if db.execute("SELECT 1 FROM pragma_database_list WHERE name = 'base'").fetchone() is None:
        return []
    if db.execute("SELECT expected FROM scope_row WHERE key = ?", (listing.key,)).fetchone()[0] is not None:
        return []
    kind = (listing.scope.lists,)
    there = db.execute("SELECT n.id FROM resource_row r JOIN node n ON n.key = r.key WHERE n.type = ?", kind)
    before = db.execute("SELECT n.id FROM base.resource_row r JOIN base.node n ON n.key = r.key WHERE n.type = ?", kind)
    return sorted({id for (id,) in before} - {id for (id,) in there})


def ids_of(db: sqlite3.Connection, nodes: Iterable[int]) -> dict[int, str]:
    """The ids of resources by their keys."""
    keys = msgspec.json.encode(sorted(nodes)).decode()
    return dict(
        db.execute("SELECT key, id FROM node WHERE key IN (SELECT value FROM json_each(?))", (keys,)).fetchall()
    )
