"""What a workbook consists of: its sheets with their kinds, the date it counts from, and which formats are dates."""

from collections.abc import Generator
from pathlib import PurePosixPath

import msgspec

from jackfield.errors import RemoteContract
from jackfield_roster.reading.budget import Budget
from jackfield_roster.reading.kinds import AS_TABLE
from jackfield_roster.reading.xlsx.archive import Parts, damaged
from jackfield_roster.reading.xlsx.xml import Handler, parse

_MOST_SHEETS = 10_000
_MOST_FORMATS = 65_536
_MOST_CODES, _LONGEST_CODE = 4096, 255
_ROOT = PurePosixPath("_rels/.rels")


class Sheet(msgspec.Struct, frozen=True):
    """A sheet: what it is called, whether people see it, and where it is; ``table`` is False for a chart and the like."""

    name: str
    hidden: bool
    table: bool
    part: str


class Book(msgspec.Struct, frozen=True):
    """A workbook. ``strings`` and ``styles`` are parts, None where it has none."""

    sheets: tuple[Sheet, ...]
    since_1904: bool
    strings: str | None
    styles: str | None


def read_book(parts: Parts) -> Generator[None, None, Book]:
    """The workbook, a step at a time. Raises RemoteContract for what is none, and says what it is."""
    if "mimetype" in parts and "content.xml" in parts:
        raise _other(parts.budget, "an OpenDocument file (.ods)")
    if "Index/Document.iwa" in parts or "index.xml" in parts:
        raise _other(parts.budget, "a document of Numbers")
    if str(_ROOT) not in parts:
        raise damaged(parts.name, "it is an archive of something else")
    root = yield from _relations(parts, str(_ROOT), "")
    main = next((each for each in root.values() if each.kind == "officeDocument"), None)
    if main is None:
        raise damaged(parts.name, "it does not say where the workbook is")
    if main.part.endswith(".bin"):
        raise _other(parts.budget, "a binary workbook (.xlsb)")
    found = _Workbook(parts)
    yield from parse(parts, main.part, found)
    path = PurePosixPath(main.part)
    if not found.seen:
        raise _other(parts.budget, "a document of another office program")
    beside = path.parent / "_rels" / f"{path.name}.rels"
    related = (yield from _relations(parts, str(beside), str(path.parent))) if str(beside) in parts else {}
    sheets: list[Sheet] = []
    for name, hidden, id in found.sheets:
        relation = related.get(id)
        if relation is not None:
            sheets.append(Sheet(name, hidden, relation.kind == "worksheet", relation.part))
    by_kind = {each.kind: each.part for each in related.values()}
    return Book(tuple(sheets), found.since_1904, by_kind.get("sharedStrings"), by_kind.get("styles"))


def read_dates(parts: Parts, book: Book) -> Generator[None, None, tuple[bool, ...]]:
    """Whether each format of cells is one of dates, a step at a time."""
    if book.styles is None or book.styles not in parts:
        return ()
    found = _Styles(parts.name)
    yield from parse(parts, book.styles, found)
    return found.dates()


def _other(budget: Budget, what: str) -> RemoteContract:
    return RemoteContract(f"{budget.name} is {what}: {AS_TABLE}")


class _Relation(msgspec.Struct, frozen=True):
    kind: str
    part: str


def _relations(parts: Parts, part: str, folder: str) -> Generator[None, None, dict[str, _Relation]]:
    found = _Relations(parts.name, folder)
    yield from parse(parts, part, found)
    return found.relations


class _Relations(Handler):
    def __init__(self, name: str, folder: str) -> None:
        self._name = name
        self._folder = folder
        self.relations: dict[str, _Relation] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name != "Relationship" or attributes.get("TargetMode") == "External":
            return
        if len(self.relations) >= _MOST_SHEETS:
            raise damaged(self._name, f"it has more than {_MOST_SHEETS:,} parts")
        kind = attributes.get("Type", "").rpartition("/")[2]
        self.relations[attributes.get("Id", "")] = _Relation(kind, self._path(attributes.get("Target", "")))

    def _path(self, target: str) -> str:
        steps: list[str] = []
        for step in (target if target.startswith("/") else f"{self._folder}/{target}").split("/"):
            if step == "..":
                steps = steps[:-1]
            elif step not in ("", "."):
                steps.append(step)
        return "/".join(steps)


class _Workbook(Handler):
    def __init__(self, parts: Parts) -> None:
        self._name = parts.name
        self.sheets: list[tuple[str, bool, str]] = []
        self.since_1904 = False
        self.seen = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbook":
            self.seen = True
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true", "on")
        elif name == "sheet":
            if len(self.sheets) >= _MOST_SHEETS:
                raise damaged(self._name, f"it has more than {_MOST_SHEETS:,} sheets")
            hidden = attributes.get("state", "visible") != "visible"
            # The prefix is that of relationships; "sheetId" is another attribute.
            id = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            self.sheets.append((attributes.get("name", ""), hidden, id))


class _Styles(Handler):
    def __init__(self, name: str) -> None:
        self._name = name
        self._codes: dict[int, str] = {}
        self._cells: list[int] = []
        self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "cellXfs":
            self._inside = True
        elif name == "numFmt" and not self._inside:
            self._codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")[:_LONGEST_CODE]
        elif name == "xf" and self._inside:
            self._cells.append(_number(attributes.get("numFmtId")))
        if len(self._codes) > _MOST_CODES or len(self._cells) > _MOST_FORMATS:
            raise damaged(
                self._name, f"it has more formats of cells than {_MOST_FORMATS:,}, or than {_MOST_CODES:,} of its own"
            )

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False

    def dates(self) -> tuple[bool, ...]:
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

        of = {
            number: bool(is_date_format(self._codes.get(number) or BUILTIN_FORMATS.get(number, "General")))
            for number in set(self._cells)
        }
        return tuple(of[number] for number in self._cells)


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else 0
