"""What is told of a page: where to go on, which rows were left out, and that the scope is not whole by that."""

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

import msgspec

from jackfield_contracts import Diagnostic, Item, Page, Scope, Severity
from jackfield_roster.config import Place, columns_of
from jackfield_roster.model import NOT_CALCULATED, BrokenRowError
from jackfield_roster.reading import Chunk, Export, Position, Remark, Row
from jackfield_roster.sources import absent_keys, key_lacking, place_of

T = TypeVar("T")

MOST_TOLD = 50
"""Broken rows of a read that are told one by one; all of them are counted."""

_CALCULATE = "Open the workbook in a spreadsheet program, which calculates its formulas, and save it; or export values."


def diagnostic_of(remark: Remark, export: Export) -> Diagnostic:
    """A remark on a file as a note: a warning where it was a guess."""
    severity = Severity.WARNING if remark.hint is not None else Severity.INFO
    return Diagnostic(code="found_out", severity=severity, summary=remark.summary, path=export.name, hint=remark.hint)


class Cursor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where to go on: in which of several files, in which export of it, and what was broken or absent so far."""

    source: int = 0
    export: Export | None = None
    at: Position | None = None
    broken: int = 0
    first: str = ""
    absent: tuple[str, ...] | None = None


class Notes:
    """Gathers what is broken on one page, after what was broken before it."""

    def __init__(self, place: Place, export: Export, cursor: Cursor) -> None:
        self._place = place
        self._export = export
        self.count = cursor.broken
        self.first = cursor.first
        self._absent = cursor.absent
        self._unknown = ""
        self._text: list[Diagnostic] = []

    def take(self, row: Row, make: Callable[[Row], T]) -> T | None:
        """What *make* makes of a row; None, and noted, if it can't be taken."""
        try:
            return make(row)
        except BrokenRowError as error:
            self.broken(row.line, error.column, error.why)
            return None

    def broken(self, line: int, column: str | None, why: str) -> None:
        """Note what is left out."""
        place = place_of(self._place, self._export, line, column)
        self.count += 1
        self.first = self.first or f"{place}: {why}"[:500]
        if self.count > MOST_TOLD:
            return
        # All of a workbook lack it or none, as a rule: what to do is told once.
        hint = _CALCULATE if why == NOT_CALCULATED and all(note.hint != _CALCULATE for note in self._text) else None
        self._text.append(
            Diagnostic(code="broken_row", severity=Severity.WARNING, summary=f"left out: {why}", path=place, hint=hint)
        )

    def remarks(self, found: Iterable[Remark]) -> None:
        """Note what was found out about the file."""
        self._text += [diagnostic_of(remark, self._export) for remark in found]

    def keys(self, chunk: Chunk, *, demanded: Collection[str] = (), tell: bool = True) -> None:
        """Note the mapped keys that no row of JSON lines has, once the last chunk is there.

        Of those *demanded* nothing is known then: an application that has given a key another name looks as if it were
        empty everywhere. *tell*: also as warnings.
        """
        self._absent = absent_keys(self._place, self._export, chunk, self._absent)
        if chunk.next is not None:
            return
        if lacking := [key for key in self._absent if key in demanded]:
            self._unknown = key_lacking(self._place, self._export, lacking[0])
        if not tell:
            return
        columns = dict(columns_of(self._place.mapping))
        self._text += [
            Diagnostic(
                code="absent_key",
                severity=Severity.WARNING,
                summary=f"no row of {self._export.name} has the key {columns[key]!r}",
                path=f"{self._place.label}.{key}",
                hint="That is right if it is empty everywhere; else put the name in the configuration right.",
            )
            for key in self._absent
        ]

    def nobody(self) -> None:
        """Note that the export has no row at all where an application has somebody: whoever manages it, at least."""
        self._unknown = (
            f"{self._export.name} has no row: look whether the export was cut off, or whom it is meant to have"
        )

    def cursor(self, before: Cursor, export: Export, chunk: Chunk) -> Cursor:
        """Where to go on after *chunk*."""
        return Cursor(
            source=before.source,
            export=export,
            at=chunk.next,
            broken=self.count,
            first=self.first,
            absent=self._absent,
        )

    def page(self, items: list[Item], scope: Scope, following: Cursor | None) -> Page:
        """The page, with the reason why the scope is not whole if anything was left out so far."""
        if self.count == 1:
            why = f"1 row or entry is left out, {self.first}"
        else:
            why = f"{self.count:,} rows or entries are left out, the first {self.first}"
        why = "; ".join(filter(None, (self._unknown, why if self.count else "")))
        return Page(
            items=tuple(items),
            next=msgspec.json.encode(following).decode() if following is not None else None,
            incomplete={scope.name: why} if why else {},
            diagnostics=tuple(self._text),
        )
