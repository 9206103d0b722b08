"""Which sync of a ``.c1z`` file is read, and what of it is not there.

Promises that whatever is wrong with the database is told as an error that names the file, and that a sync which was not
finished, or left something out, is never taken for a whole one.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from jackfield.errors import BadConfig
from jackfield_c1.c1z.about import SNAPSHOT_ASSET, About

_COLUMNS = {
    "v1_resource_types": ("external_id", "data", "sync_id"),
    "v1_resources": ("external_id", "data", "sync_id"),
    "v1_entitlements": ("external_id", "resource_type_id", "resource_id", "data", "sync_id"),
    "v1_grants": (
        *("external_id", "resource_type_id", "resource_id", "entitlement_id"),
        *("principal_resource_type_id", "principal_resource_id", "data", "sync_id"),
    ),
}
_LATER = {"v1_grants": {"expansion": "NULL"}}
"""Columns that older files lack, and what stands in for them."""
_OF_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_NOMEM", "SQLITE_READONLY")
"""What says nothing of the file, and is for the host to tell."""
_MOST_VALUE = 64 << 20
"""Of one text or blob: a row that is larger is none that another program would write."""


class FoundSync(msgspec.Struct, frozen=True, kw_only=True):
    """The sync that is read: its id and times, and why its rows, or its grants, are not all of them; ``ours`` if we wrote it."""

    id: str
    ended: datetime | None
    why: str | None = None
    why_grants: str | None = None
    ours: About | None = None


class _State(msgspec.Struct):
    """What the state of a sync, as others keep it, says of what was left out."""

    should_skip_grants: bool = False
    should_skip_entitlements_and_grants: bool = False


@contextmanager
def open_sync(file: Path, name: str) -> Generator[tuple[sqlite3.Connection, FoundSync]]:
    """The database at *file*, a copy that may be written, and the sync in it; *name* is that of the ``.c1z`` file.

    Raises BadConfig, also half-way, for what is damaged or no such database.
    """
    db = sqlite3.connect(file.absolute().as_uri(), uri=True, isolation_level=None)
    try:
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "cache_size = -16000"):
            db.execute(f"PRAGMA {pragma}")
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_VALUE)
        # No trigger, view or index of others' making is worked out: their rows are read from copies of plain columns.
        _demand_plain(db, name)
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            db.execute(f"PRAGMA {pragma}")
        db.execute("BEGIN")
        yield db, _choose(db, name)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith(_OF_DISK):
            raise
        raise BadConfig(f"its database is damaged: {error}", path=name) from None
    except UnicodeDecodeError:
        raise BadConfig("its database is damaged: a text in it is not UTF-8", path=name) from None
    finally:
        db.close()


def _demand_plain(db: sqlite3.Connection, name: str) -> None:
    for kind, what, root in db.execute("SELECT type, name, rootpage FROM sqlite_schema").fetchall():
        if kind in ("view", "trigger") or (kind == "table" and not root):
            raise BadConfig(f"its database has the {kind} {what!r}, as no .c1z file does", path=name)
    known = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    for table, columns in _COLUMNS.items():
        if table not in known:
            continue
        there = {row[1]: row[6] for row in db.execute(f"PRAGMA table_xinfo({table})")}
        if lacking := [one for one in columns if there.get(one) != 0]:
            raise BadConfig(f"its table {table} lacks {', '.join(lacking)}", path=name)


def has_table(db: sqlite3.Connection, table: str) -> bool:
    """Whether the file has a table; older ones, and unfinished ones, lack some."""
    return db.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)).fetchone() is not None


def column(db: sqlite3.Connection, table: str, name: str) -> str:
    """A column, or what stands in for it in a file that is older than it."""
    there = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
    return name if name in there else _LATER[table][name]


def _choose(db: sqlite3.Connection, name: str) -> FoundSync:
    if not has_table(db, "v1_sync_runs"):
        raise BadConfig("it holds no sync", path=name)
    there = {row[1] for row in db.execute("PRAGMA table_info(v1_sync_runs)")}
    if lacking := {"sync_id", "started_at", "ended_at"} - there:
        raise BadConfig(f"its table v1_sync_runs lacks {', '.join(sorted(lacking))}", path=name)
    kind = "sync_type" if "sync_type" in there else "'full'"
    token = "sync_token" if "sync_token" in there else "''"
    row = db.execute(
        f"SELECT sync_id, ended_at, {kind}, {token} FROM v1_sync_runs"
        f" ORDER BY ended_at IS NULL, {kind} <> 'full', coalesce(ended_at, started_at) DESC, id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        raise BadConfig("it holds no sync", path=name)
    sync_id, ended, kind, token = row
    if not isinstance(sync_id, str):
        raise BadConfig("its sync has no id", path=name)
    time = _time(ended)
    ours = _ours(db, sync_id)
    state = _state(token)
    why = why_grants = None
    if ended is None:
        why = "the sync in the file was not finished"
    elif kind == "resources_only" or state.should_skip_entitlements_and_grants:
        why_grants = "the file was written without entitlements and grants"
    elif kind != "full":
        why = f"the file holds a part of a sync: {str(kind)[:40]}"
    elif state.should_skip_grants:
        why_grants = "the file was written without grants"
    if ours is not None:
        why, why_grants = _by_ours(ours, why, why_grants)
    return FoundSync(id=sync_id, ended=time, why=why, why_grants=why_grants, ours=ours)


def _by_ours(ours: About, why: str | None, why_grants: str | None) -> tuple[str | None, str | None]:
    """What a file of our own says further of itself."""
    if ours.types or ours.resources:
        why = why or f"the file holds a part of the snapshot: {', '.join((*ours.types, *ours.resources))[:200]}"
    elif ours.more_not_complete:
        why = why or "the snapshot that the file was written from was not complete"
    elif any("left out" in one for one in ours.warnings):
        why = why or next(one for one in ours.warnings if "left out" in one)
    if ours.skip_grants:
        why_grants = why_grants or "the file was written without grants"
    return why, why_grants


def _state(token: object) -> _State:
    try:
        return msgspec.json.decode(token, type=_State) if isinstance(token, str) and token else _State()
    except (msgspec.MsgspecError, ValueError):
        return _State()


def _ours(db: sqlite3.Connection, sync_id: str) -> About | None:
    if not has_table(db, "v1_assets"):
        return None
    query = "SELECT data FROM v1_assets WHERE external_id = ? AND sync_id = ?"
    row = db.execute(query, (SNAPSHOT_ASSET, sync_id)).fetchone()
    try:
        return msgspec.json.decode(row[0], type=About) if row is not None else None
    except (msgspec.MsgspecError, ValueError, TypeError):
        return None


def _time(text: object) -> datetime | None:
    """A time as any of the programs writes it; None where it is none."""
    try:
        found = datetime.fromisoformat(str(text)) if text is not None else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found
