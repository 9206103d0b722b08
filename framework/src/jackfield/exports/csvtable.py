"""CSV: flat tables that a spreadsheet opens without running anything (UTF-8, one header row)."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import BinaryIO

from jackfield.files.spreadsheet import guarded
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
    "principal_login",
    "principal_email",
    "principal_external_id",
    "privileged",
    "entitlement",
    "principal",
)


def safe_cell(value: Cell) -> str | int | float:
    """*value* as a cell that no spreadsheet takes for a formula, and no terminal obeys: see ``files.spreadsheet``."""
    if isinstance(value, str):
        return guarded(value)
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

    def __init__(self, to: BinaryIO, columns: Sequence[str], *, heading: bool = True) -> None:
        self._to = to
        self._text = StringIO(newline="")
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        if heading:
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
        row.principal_login,
        row.principal_email,
        row.principal_external_id,
        row.privileged,
        str(grant.entitlement),
        str(grant.principal),
    )
