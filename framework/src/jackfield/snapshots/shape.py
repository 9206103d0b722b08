"""Whether the schema of a snapshot file is one of ours, whoever wrote the file.

Promises that a file that passes has plain tables, columns and indexes where the queries expect them.
"""

import re
import sqlite3

from jackfield.files.shape import strange
from jackfield.snapshots.schema import INDEXES, KEY_INDEXES, TABLES, VIEWS

_NAMED = re.compile(r"CREATE (?:UNIQUE )?(TABLE|INDEX|VIEW) (?:IF NOT EXISTS )?(\w+)")
_KNOWN = frozenset((kind.lower(), name) for kind, name in _NAMED.findall(TABLES + KEY_INDEXES + INDEXES + VIEWS))


def foreign(db: sqlite3.Connection) -> str | None:
    """What the file has that no snapshot has, in words; None if there is nothing of that kind.

    Views of ours may be worded otherwise, as in other versions: nothing here reads them.
    """
    return strange(db, _KNOWN)
