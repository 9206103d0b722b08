"""The lines of a work list and the two forms of the file: pure functions over bytes."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

import msgspec

from jackfield.errors import Refused

OPEN, SHOWN = "open", "shown"
"""States of a line: to be done, or shown by an export."""

OWN = ("state", "id", "asked", "do", "what", "what_name", "who", "who_name", "shown")
PERSONS = ("done", "note")
"""The columns that the connector writes, and those that it makes for a person and never touches."""

_NEEDED = ("state", "id", "asked", "do", "what", "who", "shown")
# A spreadsheet takes text that begins so for a formula.
_FORMULA = tuple("=+-@＝＋－＠")
# A program with another separator than that of the file divides a cell, quoted or not, and what follows begins one.
_RISKY = re.compile(r"""(?<![;,|\s"'])([;,|\s"']++)([=+\-@＝＋－＠])""")
"""A whole run of separators, spaces and quotes before a sign: begun only at its start and never given back, so that it is
linear; whether there is a separator in it is looked at by ``_beside``."""
_SEPARATORS = frozenset(";,|\t")
_IDS = ("what", "who")
_NUMBER = re.compile(r"\\u\{([0-9a-f]{1,6})\}")


class Thing(msgspec.Struct, frozen=True):
    """What is to be done: one of it is open at a time."""

    do: str
    what: str
    who: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line; ``id`` is that of the change in the journal, ``asked`` when it was asked for."""

    id: str
    asked: str
    do: str
    what: str = ""
    what_name: str = ""
    who: str = ""
    who_name: str = ""
    state: str = OPEN
    shown: str = ""

    @property
    def thing(self) -> Thing:
        """What is to be done."""
        return Thing(self.do, self.what, self.who)

    def cells(self) -> dict[str, str]:
        """Its cells, none of which a spreadsheet takes for a formula."""
        return {name: (written if name in _IDS else safe)(getattr(self, name)) for name in OWN}


class Entry:
    """A line as it stands in the file, with all that a person wrote there."""

    def __init__(self, cells: dict[str, str], raw: Any) -> None:
        self.cells = cells
        self.raw = raw
        self.changed = False

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done, for all that the file tells."""
        return self.cells.get("state", "").strip() == OPEN

    @property
    def thing(self) -> Thing:
        """What it asks for."""
        what, who = (read_back(self.cells.get(name, "").strip()) for name in _IDS)
        return Thing(self.cells.get("do", "").strip(), what, who)

    @property
    def asked(self) -> str:
        """When it was asked for, as it stands there."""
        return self.cells.get("asked", "").strip()

    @property
    def done(self) -> bool:
        """Whether a person has written that it is done."""
        return bool(self.cells.get("done", "").strip())

    def set(self, **cells: str) -> None:
        """Change cells of the connector's own."""
        self.cells |= {name: safe(value) for name, value in cells.items()}
        self.changed = True


def safe(value: str) -> str:
    """*value* as one line of text that no spreadsheet takes for a formula, whatever separates cells for it."""
    value = _beside(
        lambda run, sign: f"{run}'{sign}", "".join(letter if letter.isprintable() else " " for letter in value).strip()
    )
    return _quoted(value)


def _quoted(value: str) -> str:
    # One that has the apostrophe already gets another, so that it can be told apart.
    return f"'{value}" if value.lstrip("'").startswith(_FORMULA) else value


def written(id: str) -> str:
    r"""*id* as such a text, from which ``read_back`` makes it again.

    What can't be printed, a space at an end, and what would begin a formula behind a separator, is told by its number: a
    no-break space is ``\u{a0}``.
    """
    last = len(id) - 1
    message = "".join(_letter(letter, at in (0, last), id[at + 1 : at + 3]) for at, letter in enumerate(id))
    return _quoted(_beside(lambda run, sign: f"{run}\\u{{{ord(sign):x}}}", message))


def _beside(put: Callable[[str, str], str], text: str) -> str:
    """*text*, where *put* writes each sign anew that a program with another separator would take for a formula's begin."""
    return _RISKY.sub(lambda found: put(found[1], found[2]) if _SEPARATORS & set(found[1]) else found[0], text)


def _letter(letter: str, at_end: bool, following: str) -> str:
    message = letter.isprintable() and not (at_end and letter == " ") and not (letter == "\\" and following == "u{")
    return letter if message else f"\\u{{{ord(letter):x}}}"


def read_back(cell: str) -> str:
    """The id that was ``written``."""
    if cell[:1] == "'" and cell.lstrip("'").startswith(_FORMULA):
        cell = cell[1:]
    return _NUMBER.sub(lambda found: chr(number) if (number := int(found[1], 16)) < 0x110000 else found[0], cell)


class CsvList:
    """A CSV file. Its delimiter, mark and further columns may be those of a person's spreadsheet program.

    A line that is not changed stays as it is, to the byte.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self._bom = content.startswith(b"\xef\xbb\xbf")
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
        first = text.split("\n", 1)[0]
        self._delimiter = max(",;\t", key=first.count)
        self._newline = "\r\n" if first.endswith("\r") or not text else "\n"
        try:
            rows = list(_records(text, self._delimiter))
        except csv.Error as error:
            raise _unreadable(name, str(error)) from None
        heading, self._heading = rows[0] if rows else ([*OWN, *PERSONS], "")
        self._columns = [cell.strip() for cell in heading]
        if lacking := [column for column in _NEEDED if column not in self._columns]:
            raise _unreadable(name, f"it lacks the column {lacking[0]}")
        self.entries = [Entry(dict(zip(self._columns, row, strict=False)), (row, raw)) for row, raw in rows[1:]]

    def add(self, line: Line) -> None:
        """Append a line."""
        entry = Entry(line.cells(), ([], ""))
        entry.changed = True
        self.entries.append(entry)

    def content(self) -> bytes:
        """The file as bytes."""
        lines = [self._heading or self._line(self._columns), *map(self._entry, self.entries)]
        text = "".join(each if each.endswith(("\n", "\r")) else each + self._newline for each in lines)
        return (b"\xef\xbb\xbf" if self._bom else b"") + text.encode("utf-8", "surrogateescape")

    def _entry(self, entry: Entry) -> str:
        row, raw = entry.raw
        if not entry.changed:
            return raw
        return self._line([*(entry.cells.get(column, "") for column in self._columns), *row[len(self._columns) :]])

    def _line(self, cells: list[str]) -> str:
        # The writer of the standard library does not quote every line break.
        special = ('"', "\r", "\n", self._delimiter)
        quoted = (
            f'"{cell.replace(chr(34), chr(34) * 2)}"' if any(map(cell.count, special)) else cell for cell in cells
        )
        return self._delimiter.join(quoted) + self._newline


def _records(text: str, delimiter: str) -> Iterator[tuple[list[str], str]]:
    """The rows, each with its text."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    for row in csv.reader(lines(), delimiter=delimiter, strict=True):
        yield row, "".join(taken)
        taken.clear()


class JsonList:
    """A file of JSON lines. A line that is not the connector's own stays as it is, to the byte."""

    def __init__(self, content: bytes, name: str) -> None:
        self.entries: list[Entry] = []
        for raw in content.removesuffix(b"\n").split(b"\n") if content else ():
            try:
                found = msgspec.json.decode(raw) if raw.strip() else None
            except (msgspec.DecodeError, UnicodeDecodeError):
                found = None
            cells: dict[str, str] = {}
            if isinstance(found, dict):
                values = cast("dict[str, Any]", found)
                cells = {key: "" if value in (None, False) else str(value) for key, value in values.items()}
            self.entries.append(Entry(cells, (raw, found)))

    def add(self, line: Line) -> None:
        """Append a line."""
        entry = Entry(line.cells() | dict.fromkeys(PERSONS, ""), (b"", {}))
        entry.changed = True
        self.entries.append(entry)

    def content(self) -> bytes:
        """The file as bytes."""
        return b"".join(_json_line(entry) + b"\n" for entry in self.entries)


def _json_line(entry: Entry) -> bytes:
    raw, found = entry.raw
    if not entry.changed:
        return raw
    own = {name: cell for name, cell in entry.cells.items() if name in OWN or name not in found}
    return msgspec.json.encode({**found, **own})


def _unreadable(name: str, why: str) -> Refused:
    return Refused(
        f"the work list {name} can't be understood, so that nothing was written into it: {why}",
        tag="work_list",
        hint="Put it right, or move it away: a new one is begun then.",
    )
