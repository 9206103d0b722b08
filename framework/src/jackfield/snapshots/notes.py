"""What is worth telling of a snapshot, in a number that people can read, however much of it there is."""

import sqlite3

from jackfield_contracts import Diagnostic

_MOST_CHARACTERS = 1000
"""Of each text of a note; foreign words may be as long as an answer."""

_AND_OTHERS = ", and others of this kind"
"""How a note ends that stands for all of its code."""


def keep_note(db: sqlite3.Connection, note: Diagnostic, times: int, most: int) -> None:
    """Store *note*; one that is there already only counts up.

    Where there are more than *most* different ones of a code, they become the first of them, with the count of all.
    """
    alike = "FROM diagnostic WHERE code = ?"
    first = db.execute(f"SELECT key, summary {alike} ORDER BY key LIMIT 1", (note.code,)).fetchone()
    if first is not None and first[1].endswith(_AND_OTHERS):
        db.execute("UPDATE diagnostic SET times = times + ? WHERE key = ?", (times, first[0]))
        return
    texts = (note.summary, note.path or "", note.hint)
    db.execute(
        "INSERT INTO diagnostic (code, severity, summary, path, hint, times) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET times = times + excluded.times",
        (note.code, note.severity.value, *(text and text[:_MOST_CHARACTERS] for text in texts), times),
    )
    different, total = db.execute(f"SELECT count(*), sum(times) {alike}", (note.code,)).fetchone()
    if first is not None and different > most:
        db.execute(f"DELETE {alike} AND key <> ?", (note.code, first[0]))
        merged = (total, first[1] + _AND_OTHERS, first[0])
        db.execute("UPDATE diagnostic SET times = ?, summary = ? WHERE key = ?", merged)
