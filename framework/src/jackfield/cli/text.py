"""Text for people: safe on a terminal, aligned, and in words."""

import re
import unicodedata
from datetime import UTC, datetime

from jackfield.visible import visible

_PERHAPS_NOT_ONE = re.compile("[^\x00-\xac\xae-\u02ff\u2010-\u203e]")

clean = visible
"""Foreign text made safe for a terminal; the short name is for the many lines that are made of it."""


WORDS = frozenset(
    {
        *("NAME", "RESOURCE", "HAS", "HOLDS", "OF", "HOW", "WHY", "WHO", "REASON", "DETAILS", "DESCRIPTION", "STATE"),
        *("WHAT", "CARRIED", "PURPOSE", "SUMMARY", "PERMISSIONS", "MISSING PERMISSIONS"),
    }
)
"""Columns of words, which may be broken; all others hold ids, addresses, numbers or one word."""


def width(text: str) -> int:
    """How many columns *text* takes on a terminal."""
    return len(text) + sum(_columns(one) - 1 for one in _PERHAPS_NOT_ONE.findall(text))


def _columns(one: str) -> int:
    if unicodedata.combining(one) or unicodedata.category(one) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(one) in "WF" else 1


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: ``1 row``, ``1,200 rows``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def tenant_told(id: str, name: str | None) -> str:
    """Whose account it is: by name with the id, or by the id alone where it has no name."""
    return f"{name} ({id})" if name and name != id else id


def requests_told(number: int) -> str:
    """How many requests there were; a connector may ask by another protocol than HTTP, whose requests nobody counts."""
    return count(number, "request") if number else "no HTTP request"


def age(taken: str, now: datetime) -> str:
    """How long ago *taken* (ISO 8601) was, in its largest unit; the text itself if it is no time."""
    try:
        then = datetime.fromisoformat(taken)
    except ValueError:
        return taken
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    seconds = max(0, int((now - then).total_seconds()))
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return f"{count(seconds // size, unit)} ago"
    return "just now"


def taken_when(taken: str | None, now: datetime) -> str:
    """When a snapshot was taken, and how long ago that was; in words also where nobody knows."""
    return f"taken {moment(taken)}, {age(taken, now)}" if taken else "taken nobody knows when"


def moment(taken: str | None) -> str:
    """A time as people read it, to the second and in UTC."""
    if not taken:
        return ""
    try:
        then = datetime.fromisoformat(taken)
    except ValueError:
        return taken
    if then.tzinfo is not None:
        then = then.astimezone(UTC)
    return f"{then:%Y-%m-%d %H:%M:%S} UTC"
