"""Formulas of a sheet that have no value in the file, which the library for workbooks takes for empty cells.

A program that writes formulas without calculating them leaves such. Holds one row at a time; a sheet without formulas is
looked through as bytes only.
"""

import re
import zipfile
from collections.abc import Generator, Iterator
from typing import Any

_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")
_BYTES = 4 << 20
_OVERLAP = 256


def without_value(archive: zipfile.ZipFile, sheet: str) -> Iterator[tuple[int, frozenset[int]] | None]:
    """The rows and the columns of such cells in them, both counted from 1; None now and then, to be stopped at.

    Nothing for a sheet without formulas.
    *sheet* is the path of the sheet in the archive. Raises what a damaged file makes the XML parser raise.
    """
    if (yield from _any(archive, sheet)):
        yield from _rows(archive, sheet)


def _any(archive: zipfile.ZipFile, sheet: str) -> Generator[None, None, bool]:
    with archive.open(sheet) as source:
        before = b""
        while content := source.read(_BYTES):
            if _FORMULA.search(before + content) or (not before and content[:2] in (b"\xff\xfe", b"\xfe\xff")):
                return True
            before = content[-_OVERLAP:]
            yield
    return False


def _rows(archive: zipfile.ZipFile, sheet: str) -> Iterator[tuple[int, frozenset[int]] | None]:
    from openpyxl.utils.cell import coordinate_to_tuple
    from openpyxl.xml.functions import iterparse

    number = 0
    with archive.open(sheet) as source:
        for _, row in iterparse(source):
            if _name(row) != "row":
                continue
            number = int(float(row.get("r"))) if row.get("r") else number + 1
            column = 0
            found: set[int] = set()
            for cell in row:
                column = coordinate_to_tuple(cell.get("r"))[1] if cell.get("r") else column + 1
                if _lacks_value(cell):
                    found.add(column)
            row.clear()
            yield number, frozenset(found)


def _lacks_value(cell: Any) -> bool:
    # A formula that gives an empty text has the type "str", whether its value is written or not.
    parts = {_name(part): part.text for part in cell}
    return "f" in parts and not parts.get("v") and cell.get("t") != "str"


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
