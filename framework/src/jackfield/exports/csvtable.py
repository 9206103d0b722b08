"""CSV: flat tables that a spreadsheet opens without running anything (UTF-8, one header row)."""

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import BinaryIO

from jackfield.snapshots.records import GrantRow, Header

Cell = str | int | float | bool | datetime | None

GRANT_COLUMNS = (
    "resource_type",
    "resource_id",
    "resource_name",
    "slug",
    "entitlement_name",
    "principal_type",
    "principal_id",
    "principal_name",
    "principal_status",
    "inherited_by",
    "immutable",
    "scope",
    "seal",
    "carried_from",
    "carried_taken",
    "run",
    "snapshot_complete",
)

# A spreadsheet takes text that begins so for a formula, also in its full-width forms.
_FORMULA = "=+\\-@\t\r\n＝＋－＠"
_BEGINS = re.compile(rf"[\s\"]*[{_FORMULA}]")
# One that separates by another character than a comma begins a cell there, in the midst of ours. Tabs are escaped anyway.
_BEGINS_INSIDE = re.compile(rf"([;|])(?=[\s\"]*[{_FORMULA}])")


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def _escape(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode("ascii")


def safe_cell(value: Cell) -> str | int | float:
    """*value* as a cell that no spreadsheet takes for a formula: text that could be one gets an apostrophe in front.

    So does what a spreadsheet that separates by ``;`` or ``|`` would make a cell of. Control characters, which could drive
    a terminal, stand there as escapes.
    """
    if isinstance(value, str):
        text = value if value.isprintable() else _CONTROL.sub(_escape, value)
        if ";" in text or "|" in text:
            text = _BEGINS_INSIDE.sub(r"\1'", text)
        return f"'{text}" if _BEGINS.match(value) else text
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def cell_text(value: Cell) -> str:
    """*value* as it stands in a line of CSV: safe, and between quotation marks where it has to be."""
    text = str(safe_cell(value))
    return '"' + text.replace('"', '""') + '"' if '"' in text or "," in text else text


def cells_text(values: Iterable[Cell]) -> str:
    """*values* as they stand in a line of CSV, one after the other."""
    return ",".join(map(cell_text, values))


class CsvTable:
    """Writes one table, block by block."""

    def __init__(self, to: BinaryIO, columns: Sequence[str]) -> None:
        self._to = to
        self._text = StringIO(newline="")
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._writer.writerow(columns)

    def write(self, rows: Iterable[Sequence[Cell]]) -> int:
        """Write *rows*; how many."""
        count = 0
        for row in rows:
            self._writer.writerow([safe_cell(cell) for cell in row])
            count += 1
            if count % 1000 == 0:
                self._flush()
        self._flush()
        return count

    def _flush(self) -> None:
        self._to.write(self._text.getvalue().encode())
        self._text.seek(0)
        self._text.truncate()


def grant_cells(row: GrantRow, header: Header) -> tuple[Cell, ...]:
    """One grant as the cells of ``GRANT_COLUMNS``."""
    grant, resource = row.grant, row.grant.entitlement.resource
    return (
        resource.type,
        resource.id,
        row.resource_name,
        grant.entitlement.slug,
        row.entitlement_name,
        grant.principal.type,
        grant.principal.id,
        row.principal_name,
        row.principal_status,
        " ".join(grant.inherited_by),
        grant.immutable,
        grant.scope,
        row.seal,
        row.carried.run if row.carried else None,
        row.carried.taken if row.carried else None,
        header.run,
        header.complete,
    )
