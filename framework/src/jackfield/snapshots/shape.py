"""Whether the schema of a snapshot file is one of ours, whoever wrote the file.

Promises that a file that passes has plain tables, columns and indexes where the queries expect them, so that a query costs
as much as there are rows. Hides SQLite's own tables.
"""

import re
import sqlite3

from jackfield.snapshots.schema import INDEXES, KEY_INDEXES, TABLES, VIEWS

_NAMED = re.compile(r"CREATE (?:UNIQUE )?(TABLE|INDEX|VIEW) (?:IF NOT EXISTS )?(\w+)")
_KNOWN = frozenset((kind.lower(), name) for kind, name in _NAMED.findall(TABLES + KEY_INDEXES + INDEXES + VIEWS))
_AUTOMATIC = "sqlite_autoindex_"
_PLAIN = 0
_EXPRESSION = -2


def foreign(db: sqlite3.Connection) -> str | None:
    """What the file has that no snapshot has, in words; None if there is nothing of that kind.

    A trigger, a view or virtual table in the place of a table, a column or an index that is worked out. Views of ours may be
    worded otherwise, as in other versions: nothing here reads them.
    """
    for kind, name, root, sql in db.execute("SELECT type, name, rootpage, sql FROM sqlite_schema"):
        if kind == "index" and sql is None and str(name).startswith(_AUTOMATIC):
            continue
        if (kind, name) not in _KNOWN:
            return f"the {kind} {name!r}"
        if kind == "table":
            if not root:
                return f"the virtual table {name!r}"
            if any(column[-1] != _PLAIN for column in db.execute(f"PRAGMA table_xinfo({name})")):
                return f"a column of {name!r} that is worked out"
        if kind == "index" and any(column[1] == _EXPRESSION for column in db.execute(f"PRAGMA index_xinfo({name})")):
            return f"the index {name!r} over what is worked out"
    return None
