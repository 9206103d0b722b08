"""What a cell of a sheet says, as text; or, with a letter for the doubt, text that may not be what was meant."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import cast

from jackfield_roster.reading.budget import MOST_COLUMNS, MOST_SHEET_ROWS
from jackfield_roster.reading.table import NO_VALUE
from jackfield_roster.reading.xlsx.archive import damaged
from jackfield_roster.reading.xlsx.strings import SharedStrings, unescaped

Value = str | tuple[str, str]
"""A text; or the letter of a doubt and a text: see ``DOUBTS``."""

MOST_COLUMN = MOST_COLUMNS
_PLACE = re.compile("([A-Z]{1,3})([0-9]{1,10})")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?")
_DIGITS = 15
"""Digits that a spreadsheet keeps of a number: later ones are zeros, or noise of its binary form."""

_EXACT = 10**_DIGITS


def place_of(reference: str, name: str) -> tuple[int, int]:
    """The row and the column of ``B12``, both counted from 1; raises RemoteContract for what is no place of a sheet."""
    found = _PLACE.fullmatch(reference)
    if found is not None:
        column = 0
        for letter in found[1]:
            column = column * 26 + ord(letter) - 64
        row = int(found[2])
        if 1 <= row <= MOST_SHEET_ROWS and column <= MOST_COLUMN:
            return row, column
    raise damaged(name, f"{reference[:40]!a} is no cell of a sheet")


class Texts:
    """Turns what is stored in cells into values."""

    def __init__(self, name: str, strings: SharedStrings, dates: tuple[bool, ...], *, since_1904: bool) -> None:
        self._name = name
        self._strings = strings
        self._dates = dates
        self._since_1904 = since_1904

    def value(self, kind: str, style: str, stored: str, *, formula: bool) -> Value:
        """The value of a cell by its type, the number of its format, and what is stored.

        Raises RemoteContract for a type or a text that no workbook has.
        """
        # A formula that gives an empty text has the type "str", whether its value is written or not.
        if formula and not stored and kind != "str":
            return NO_VALUE
        if kind in ("inlineStr", "str"):
            return unescaped(stored)
        stored = stored.strip()
        if not stored:
            return ""
        if kind == "s":
            return self._strings.get(int(stored) if stored.isascii() and stored.isdigit() and len(stored) < 12 else -1)
        if kind == "n":
            return self._number(stored, style)
        if kind == "b":
            return "b", "true" if stored in ("1", "true") else "false"
        if kind == "e":
            return "e", stored[:100]
        if kind == "d":
            return "d", _iso(stored)
        raise damaged(self._name, f"a cell has the type {kind[:20]!a}")

    def _number(self, stored: str, style: str) -> Value:
        is_date = self._is_date(style)
        if not is_date and len(stored) <= _DIGITS and stored.isascii() and stored.isdigit() and stored[0] != "0":
            return stored
        if len(stored) > 400 or _NUMBER.fullmatch(stored) is None:
            raise damaged(self._name, f"a cell has the number {stored[:40]!a}")
        number = float(stored)
        if is_date:
            return "d", self._date(number, stored)
        if abs(number) >= _EXACT:
            return "r", stored
        return str(int(number)) if number.is_integer() else ("f", repr(number))

    def _is_date(self, style: str) -> bool:
        at = int(style) if style.isascii() and style.isdigit() and len(style) < 10 else -1
        return 0 <= at < len(self._dates) and self._dates[at]

    def _date(self, number: float, stored: str) -> str:
        from openpyxl.utils import datetime as dates

        convert = cast("Callable[[float, datetime], object]", dates.from_excel)  # pyright: ignore[reportUnknownMemberType]
        try:
            found = convert(number, dates.MAC_EPOCH if self._since_1904 else dates.WINDOWS_EPOCH)
        except (OverflowError, ValueError):
            return stored
        return _text(found) if isinstance(found, date | time) else str(found)


def _iso(stored: str) -> str:
    try:
        return _text(datetime.fromisoformat(stored))
    except ValueError:
        return stored[:100]


def _text(value: date | time) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return value.isoformat()
