"""When the sources of a snapshot, such as files, were written; and whether one is older than a snapshot before had it.

Promises that a source which was restored from before is noticed. Hides where a snapshot keeps these times.
"""

import sqlite3
from collections.abc import Mapping
from datetime import datetime

SOURCE = "source "
"""How the keys of the header begin under which these times stand."""


def sources_of(db: sqlite3.Connection, schema: str = "main") -> dict[str, str]:
    """By the name of each source when it was written, ISO 8601; empty for an application that answers of now."""
    rows = db.execute(f"SELECT key, value FROM {schema}.header WHERE key GLOB ?", (f"{SOURCE}*",))
    return {key.removeprefix(SOURCE): value for key, value in rows}


def older_source(before: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """Which source is older *now* than *before*, and by what times that shows; None where none is."""
    for name, written in now.items():
        known = before.get(name)
        if known is not None and (then := _moment(written)) < (last := _moment(known)):
            return f"{name} was written on {then:%Y-%m-%d %H:%M:%S} UTC, and before it had one of {last:%Y-%m-%d %H:%M:%S} UTC"
    return None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
