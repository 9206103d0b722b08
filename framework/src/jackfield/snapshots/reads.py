"""The reads of a partial snapshot and the scopes that each of them feeds.

Each function that changes something is called within a transaction.
"""

import sqlite3
from collections.abc import Iterable

import msgspec

from jackfield.errors import PluginBug
from jackfield_contracts import ResourceId, Scope

_OF_READ = "page IN (SELECT key FROM page_row WHERE read = ?)"


class Read(msgspec.Struct, kw_only=True):
    """One read as it stands in the file. ``state``: open, done, failed or split."""

    key: int
    family: str
    state: str = "open"
    cursor: str | None = None
    restarts: int = 0
    reread: bool = False
    reason: str | None = None
    pages: int = 0


def reads_of(db: sqlite3.Connection) -> list[Read]:
    """Every read begun so far, in order."""
    pages = dict(db.execute("SELECT read, count(*) FROM page_row GROUP BY read").fetchall())
    rows = db.execute("SELECT key, family, state, cursor, restarts, reread, reason FROM read_row ORDER BY key")
    return [
        Read(key=k, family=f, state=s, cursor=c, restarts=r, reread=bool(again), reason=why, pages=pages.get(k, 0))
        for k, f, s, c, r, again, why in rows
    ]


def add_read(db: sqlite3.Connection, family: str, *, reread: bool = False, cursor: str | None = None) -> Read:
    """Begin a read, from *cursor* if there is one."""
    insert = "INSERT INTO read_row (family, state, reread, cursor) VALUES (?, 'open', ?, ?) RETURNING key"
    (key,) = db.execute(insert, (family, reread, cursor)).fetchone()
    return Read(key=key, family=family, reread=reread, cursor=cursor)


def end_read(db: sqlite3.Connection, read: Read, state: str, reason: str | None = None) -> None:
    """Note how *read* ended; as ``open``, one that failed goes on from where it failed."""
    read.state, read.reason = state, reason
    db.execute("UPDATE read_row SET state = ?, reason = ? WHERE key = ?", (state, reason, read.key))


def turn_page(db: sqlite3.Connection, read: Read, cursor: str | None) -> None:
    """Note the cursor behind the page that was stored; without one *read* is done."""
    read.cursor = cursor
    read.pages += 1
    db.execute("UPDATE read_row SET cursor = ? WHERE key = ?", (cursor, read.key))
    if cursor is None:
        end_read(db, read, "done")


def restart(db: sqlite3.Connection, read: Read) -> None:
    """Take back the rows of *read* and let it begin again. What it opened stays until its new pass has ended."""
    for table in ("resource_row", "grant_row", "grant_page", "witness_row", "mention_row"):
        db.execute(f"DELETE FROM {table} WHERE {_OF_READ}", (read.key,))
    db.execute(
        f"UPDATE entitlement_row SET scope = NULL, page = NULL, display_name = NULL, data = NULL WHERE {_OF_READ}",
        (read.key,),
    )
    db.execute("DELETE FROM page_row WHERE read = ?", (read.key,))
    db.execute("UPDATE read_row SET cursor = NULL, restarts = restarts + 1 WHERE key = ?", (read.key,))
    read.cursor, read.restarts, read.pages = None, read.restarts + 1, 0


def add_scope(db: sqlite3.Connection, scope: Scope, *, read: int | None, opened_by: Read | None = None) -> bool:
    """Declare a scope, fed by *read* (None: waiting to be packed); whether it is new.

    Raises PluginBug for one that could not be read back, such as one of a resource with an empty id.
    """
    definition = _definition(scope)
    known = db.execute("SELECT key, read FROM scope_row WHERE name = ?", (scope.name,)).fetchone()
    opener = (opened_by.key, opened_by.family, opened_by.restarts) if opened_by else (None, None, 0)
    if known is None:
        db.execute(
            "INSERT INTO scope_row (name, definition, rows, expected, read, opened_by, opened_family, opened_pass)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (scope.name, definition, scope.rows.value, scope.expected, read, *opener),
        )
        return True
    key, feeding = known
    db.execute("UPDATE scope_row SET opened_by = ?, opened_family = ?, opened_pass = ? WHERE key = ?", (*opener, key))
    if feeding is None or feeding == read:
        db.execute(
            "UPDATE scope_row SET definition = ?, rows = ?, expected = ? WHERE key = ?",
            (definition, scope.rows.value, scope.expected, key),
        )
    return False


def _definition(scope: Scope) -> str:
    # What a Struct is made of is not looked at where it is made.
    try:
        definition = msgspec.json.encode(scope)
        msgspec.json.decode(definition, type=Scope)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise PluginBug(f"a scope of the family {scope.family!r} is none that can be stored: {error}") from None
    return definition.decode()


def assign(db: sqlite3.Connection, names: Iterable[str], read: Read) -> None:
    """Let *read* feed the scopes."""
    db.executemany(f"UPDATE scope_row SET {_fed(read)} = ? WHERE name = ?", ((read.key, name) for name in names))


def scopes_of(db: sqlite3.Connection, read: Read) -> tuple[Scope, ...]:
    """The scopes that *read* was packed with, as opened."""
    rows = db.execute(f"SELECT definition FROM scope_row WHERE {_fed(read)} = ? ORDER BY key", (read.key,)).fetchall()
    return tuple(msgspec.json.decode(row[0], type=Scope) for row in rows)


def _fed(read: Read) -> str:
    return "reread" if read.reread else "read"


def waiting_scopes(db: sqlite3.Connection) -> list[Scope]:
    """The scopes that no read feeds yet, in the order of their opening."""
    rows = db.execute("SELECT definition FROM scope_row WHERE read IS NULL ORDER BY key")
    return [msgspec.json.decode(row[0], type=Scope) for row in rows]


def drop_stale_scopes(db: sqlite3.Connection, read: Read) -> bool:
    """Drop the scopes that an earlier pass of *read* opened and the last one did not; whether there were any."""
    stale = db.execute(
        "SELECT key FROM scope_row WHERE opened_by = ? AND opened_pass < ?", (read.key, read.restarts)
    ).fetchall()
    for row in stale:
        db.execute("DELETE FROM grant_row WHERE scope = ?", row)
        db.execute("DELETE FROM grant_page WHERE scope = ?", row)
        db.execute("DELETE FROM scope_row WHERE key = ?", row)
    return bool(stale)


def drop_scopes_on(db: sqlite3.Connection, resource: ResourceId) -> None:
    """Drop the scopes of a resource that is gone."""
    db.execute(
        "DELETE FROM scope_row WHERE definition ->> '$.resource.type' = ? AND definition ->> '$.resource.id' = ?",
        (resource.type, resource.id),
    )
