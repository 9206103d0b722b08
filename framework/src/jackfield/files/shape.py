"""Whether a database file is made of plain tables, whoever wrote it.

Promises that a file that passes has tables, columns and indexes as they are stored, so that a query costs as much as there are
rows. Hides SQLite's own tables.
"""

import sqlite3
from collections.abc import Collection

_AUTOMATIC = "sqlite_autoindex_"
_PLAIN = 0
_EXPRESSION = -2


def strange(db: sqlite3.Connection, known: Collection[tuple[str, str]] | None = None) -> str | None:
    """What the file has that could be worked out without an end, in words; None if there is nothing of that kind.

    A trigger, a view or virtual table in the place of a table, a column or an index that is worked out. *known*: the kinds and
    names that may be there; None allows tables and indexes of any name.
    """
    for kind, name, root, sql in db.execute("SELECT type, name, rootpage, sql FROM sqlite_schema"):
        if kind == "index" and sql is None and str(name).startswith(_AUTOMATIC):
            continue
        if kind not in ("table", "index") if known is None else (kind, name) not in known:
            return f"the {kind} {name!r}"
        if kind == "table":
            if not root:
                return f"the virtual table {name!r}"
            if any(column[-1] != _PLAIN for column in db.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,))):
                return f"a column of {name!r} that is worked out"
        columns = db.execute("SELECT cid FROM pragma_index_xinfo(?)", (name,)) if kind == "index" else ()
        if any(column == _EXPRESSION for (column,) in columns):
            return f"the index {name!r} over what is worked out"
    return None
