"""Since when each grant is known: the earliest kept snapshot that has it.

Promises that a snapshot that can't be read is passed over and named, and that each older one is asked only about what no
earlier one has. Hides that every file has keys of its own.
"""

import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cached_property
from pathlib import Path

import msgspec

from jackfield.errors import JackfieldError
from jackfield.snapshots.file import is_recorded, open_snapshot
from jackfield.snapshots.records import read_header
from jackfield_contracts import EntitlementId

MOST = 100
"""Older snapshots that are looked at."""

_FEW = 8
"""Where only one in so many is left to be found, each is looked up by itself."""
_SMALL = "PRAGMA cache_size = -2000"
_ALL = "SELECT json_group_array(principal) FROM grant_row WHERE entitlement = ?"
_SOME = """SELECT json_group_array(g.principal) FROM json_each(?) f
CROSS JOIN grant_row g ON g.entitlement = ? AND g.principal = f.value"""
_ENTITLEMENT = """SELECT e.key FROM entitlement_row e JOIN node n ON n.key = e.resource
WHERE n.type = ? AND n.id = ? AND e.slug = ?"""


_integers = msgspec.json.Decoder(list[int])


class Older(msgspec.Struct, frozen=True, kw_only=True):
    """One older snapshot: its run, its file, and what was recorded of that."""

    run: str
    file: Path
    sha256: str | None


class _Opened(msgspec.Struct, frozen=True):
    """An older snapshot that is open.

    ``keys`` are its keys of the nodes by those of the present snapshot, ``now`` the other way round; 0 for one that is
    not there.
    """

    run: str
    taken: str
    db: sqlite3.Connection
    keys: "array[int]"
    now: list[int]


class FirstSeen:
    """Looks up grants of *present*, the snapshot taken at *taken*, in *older* ones, the earliest first.

    They must be of the same account of the application, and are opened when they are first needed. ``passed_over`` are the
    runs of those that can't be read, or whose files are not what was recorded.
    """

    def __init__(self, present: sqlite3.Connection, taken: str, older: Sequence[Older] = ()) -> None:
        self.taken = taken
        self.passed_over: list[str] = []
        self._present = present
        self._older = older
        self._stack = ExitStack()

    @cached_property
    def _opened(self) -> list[_Opened]:
        if not self._older:
            return []
        nodes = {(kind, id): key for key, kind, id in self._present.execute("SELECT key, type, id FROM node")}
        most = max(nodes.values(), default=0)
        found: list[_Opened] = []
        for each in self._older[-MOST:]:
            try:
                one = self._open(each, nodes, most)
            except (JackfieldError, sqlite3.Error, msgspec.MsgspecError, OSError):
                one = None
            if one is None:
                self.passed_over.append(each.run)
            else:
                found.append(one)
        return found

    def _open(self, each: Older, nodes: Mapping[tuple[str, str], int], most: int) -> _Opened | None:
        """One older snapshot; None where its file is not what was recorded."""
        if not is_recorded(each.file, each.sha256):
            return None
        db = open_snapshot(each.file)
        self._stack.callback(db.close)
        db.execute(_SMALL)  # there may be many of them
        keys = array("q", bytes(8 * (most + 1)))
        back = [0] * (db.execute("SELECT coalesce(max(key), 0) FROM node").fetchone()[0] + 1)
        for key, kind, id in db.execute("SELECT key, type, id FROM node"):
            if (now := nodes.get((kind, id))) is not None:
                keys[now], back[key] = key, now
        return _Opened(each.run, read_header(db, "main").taken, db, keys, back)

    @property
    def since(self) -> str:
        """When the earliest snapshot was taken that is looked at."""
        return self._opened[0].taken if self._opened else self.taken

    def of(self, entitlement: EntitlementId, principals: Sequence[int], *, whole: bool) -> dict[int, str]:
        """When grants of *entitlement* were first seen, by the keys of their *principals*: all that it has, if *whole*.

        Those that no older snapshot has are not in it.
        """
        found: dict[int, str] = {}
        left = set(principals) if self._opened else set[int]()
        for each in list(self._opened):
            if not left:
                break
            try:
                has = _had(each, entitlement, left, whole=whole and len(left) * _FEW > len(principals))
            except sqlite3.Error:
                self._opened.remove(each)
                self.passed_over.append(each.run)
                continue
            left -= has
            found.update(dict.fromkeys(has, each.taken))
        return found

    def close(self) -> None:
        """Close the older snapshots."""
        with suppress(sqlite3.Error):
            self._stack.close()


def _had(each: _Opened, entitlement: EntitlementId, principals: set[int], *, whole: bool) -> set[int]:
    """Which of *principals* held *entitlement* in an older snapshot."""
    resource = entitlement.resource
    row = each.db.execute(_ENTITLEMENT, (resource.type, resource.id, entitlement.slug)).fetchone()
    if row is None:
        return set()
    if whole:
        given = each.db.execute(_ALL, row)
    else:
        some = [old for key in principals if (old := each.keys[key])]
        given = each.db.execute(_SOME, (msgspec.json.encode(some).decode(), *row))
    # As one text, integers come several times as fast as row by row.
    found = _integers.decode(given.fetchone()[0])
    return principals.intersection(map(each.now.__getitem__, found))
