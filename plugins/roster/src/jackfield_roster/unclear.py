"""What the exports can't tell of what was asked for: by rows that can't be understood, and by exports that may be cut off.

Promises that whatever is not found is either not in the exports or said to be unclear, and that what is found is never so.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Generic, TypeVar

from jackfield_roster.config import Place
from jackfield_roster.model import BrokenRowError
from jackfield_roster.reading import Export, Row
from jackfield_roster.sources import place_of

SHORT_SHARE, SHORT_ROWS = 0.2, 10
"""An export that lacks so much of what the last snapshot has is not believed: a sync of it would be held."""

_MEND = "mend that row, or have the application export anew"
_ANEW = "have the application export anew; if so many have gone, a sync says so, and is published where somebody accepts that"

K = TypeVar("K")


class Unclear(Generic[K]):
    """Gathers, while the exports are read, why some of the things that were asked for can't be told of if not found."""

    def __init__(self) -> None:
        self._rows: dict[K, int] = {}
        self._first: dict[K, str] = {}

    def row(self, place: Place, export: Export, row: Row, error: BrokenRowError, about: Iterable[K]) -> None:
        """Note a row that can't be taken, and all that it may be *about*."""
        where = self.told(place, export, row, error)
        for key in about:
            self._rows[key] = self._rows.get(key, 0) + 1
            self._first.setdefault(key, where)

    def told(self, place: Place, export: Export, row: Row, error: BrokenRowError) -> str:
        """Where a row stands, and why it can't be taken."""
        return f"{place_of(place, export, row.line, error.column)}: {error.why}"

    def reasons(self, missing: Collection[K], cut_off: str | None = None) -> dict[K, str]:
        """Why it can't be told of those of *missing*, which were not found; all of them where an export is *cut_off*."""
        if cut_off is not None:
            return dict.fromkeys(missing, cut_off)
        return {key: self._text(key) for key in missing if key in self._first}

    def _text(self, key: K) -> str:
        count = self._rows[key]
        rows = "a row that can't be understood" if count == 1 else f"{count:,} rows that can't be understood"
        first = "" if count == 1 else "the first "
        return f"it is not in the export, and {rows} may be about it ({first}at {self._first[key]}); {_MEND}"


def named(reasons: dict[K, str], name: Callable[[K], str]) -> dict[str, str]:
    """*reasons* under the keys by which a state has them."""
    return {name(key): why for key, why in reasons.items()}


def short(now: int, known: int | None) -> bool:
    """Whether *now* is too few where the last snapshot has *known*."""
    if not known:
        return False
    return now == 0 or (known - now >= SHORT_ROWS and known - now > SHORT_SHARE * known)


def cut_off(what: str, now: int, known: int | None, of: str) -> str | None:
    """Why what is not found tells nothing, where *what* has so few rows that it may have been cut off."""
    if not short(now, known):
        return None
    return (
        f"it is not there, and {what} of {now:,} {of} where the last snapshot has {known:,}: it may have been cut off;"
        f" {_ANEW}"
    )


def stranger(name: object) -> str:
    """Why a membership that is not found can't be told of, where one beside it names what the listings lack."""
    return (
        f"it is not in the export, and a membership there names {name}, which the export does not list: one of them may have"
        " been cut off; have the application export anew"
    )


def contradicted(name: object) -> str:
    """Why an account that is not listed can't be told to be gone, where memberships name some that are not."""
    return (
        f"it is not in the list, and memberships name {name}, which the list of users lacks: one of the exports may have been"
        " cut off; have the application export anew"
    )
