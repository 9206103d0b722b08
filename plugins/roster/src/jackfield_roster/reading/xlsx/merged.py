"""Merged cells: a value that stands once in the file, and is that of several rows for whoever looks at the sheet."""

from bisect import bisect_left
from collections.abc import Generator, Iterator

from jackfield_roster.reading.xlsx.archive import Parts, damaged
from jackfield_roster.reading.xlsx.cells import MOST_COLUMN, Value, place_of
from jackfield_roster.reading.xlsx.xml import Handler, parse

_MARK = b"mergeCell"
_MOST = 100_000
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_BESIDE: Value = ("m", "")


class Area:
    """One merged area: its rows and columns, and the value of its first cell once that was read."""

    __slots__ = ("bottom", "left", "right", "top", "value")

    def __init__(self, top: int, left: int, bottom: int, right: int) -> None:
        self.top, self.left, self.bottom, self.right = top, left, bottom, right
        self.value: Value = ""


def read_areas(parts: Parts, sheet: str) -> Generator[None, None, list[Area]]:
    """The merged areas of a sheet by their first rows, a step at a time.

    They stand behind the cells in the file: a sheet without any is looked through as bytes only.
    """
    if not (yield from _any(parts, sheet)):
        return []
    found = _Areas(parts.name)
    yield from parse(parts, sheet, found)
    return sorted(found.areas, key=lambda area: (area.top, area.left))


def _any(parts: Parts, sheet: str) -> Generator[None, None, bool]:
    before = b""
    for block in parts.blocks(sheet):
        if _MARK in before + block or (not before and block.startswith(_WIDE)):
            return True
        before = block[-len(_MARK) :]
        yield
    return False


class _Areas(Handler):
    def __init__(self, name: str) -> None:
        self._name = name
        self.areas: list[Area] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name != "mergeCell":
            return
        if len(self.areas) >= _MOST:
            raise damaged(self._name, f"it has more than {_MOST:,} merged areas")
        first, _, last = attributes.get("ref", "").replace("$", "").partition(":")
        top, left = place_of(first, self._name)
        bottom, right = place_of(last or first, self._name)
        if bottom < top or right < left:
            raise damaged(self._name, f"it has the merged area {attributes['ref'][:40]!a}")
        if (bottom, right) != (top, left):
            self.areas.append(Area(top, left, bottom, right))


class Spread:
    """Gives the rows of a sheet, in their order, the values of the areas that reach into them.

    Raises RemoteContract where these have more columns than a row.
    """

    def __init__(self, areas: list[Area], name: str) -> None:
        self._name = name
        self._waiting: Iterator[Area] = iter(areas)
        self._next = next(self._waiting, None)
        self._open: list[Area] = []

    def row(self, number: int, cells: dict[int, Value]) -> None:
        """Fill what is merged in *cells*, by column. A row without a cell of its own stays one."""
        while self._next is not None and self._next.top <= number:
            self._open.append(self._next)
            self._next = next(self._waiting, None)
        if not self._open:
            return
        self._open = [area for area in self._open if area.bottom >= number]
        if sum(area.right - area.left + 1 for area in self._open) > MOST_COLUMN:
            raise damaged(self._name, f"its merged areas overlap in row {number:,}")
        own = sorted(column for column, value in cells.items() if value)
        for area in self._open:
            if area.top == number:
                area.value = cells.get(area.left, "")
            elif not _reaches_beyond(own, area):
                continue
            else:
                cells[area.left] = area.value
            if area.right > area.left and area.value:
                # Which of the columns the value is meant for, nobody can tell.
                for column in range(area.left + 1, min(area.right, MOST_COLUMN) + 1):
                    cells[column] = _BESIDE


def _reaches_beyond(own: list[int], area: Area) -> bool:
    """Whether the row has a value of its own outside of the area."""
    inside = bisect_left(own, area.right + 1) - bisect_left(own, area.left)
    return len(own) > inside
