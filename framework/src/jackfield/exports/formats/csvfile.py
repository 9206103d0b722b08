"""CSV: the access table for reviewers, and what it was made of in a file beside it.

Promises what ``csvtable`` promises of its cells, however fast it is written.
"""

import hashlib
from typing import Any, BinaryIO

import msgspec

from jackfield.exports.about import about
from jackfield.exports.csvtable import cell_text, cells_text
from jackfield.exports.edited import BESIDE
from jackfield.exports.facts import EntitlementFacts, GrantFacts
from jackfield.exports.lines import Making, access_blocks
from jackfield.exports.opened import of_host
from jackfield.exports.table import ACCESS_COLUMNS, entitlement_cells, grant_cells, path_cell, principal_cells
from jackfield.hookspecs import Export, ExporterType
from jackfield.snapshots.principals import PrincipalFacts

DECISIONS = {"revoke": ("revoke", "remove"), "keep": ("keep", "approve", "")}
"""What may stand in the column decision, as `jackfield plan` reads it."""

_Pair = tuple[str, str]
_Three = tuple[str, str, str]


def write(export: Export, to: BinaryIO) -> int:
    """Write the access table, and beside it what the table is of; how many lines, the heading counted."""
    host = of_host(export)
    header, sign_ins = host.opened.header, host.sign_ins

    def of_entitlement(one: EntitlementFacts) -> _Pair:
        first, second = entitlement_cells(one)
        return cells_text(first), cells_text(second)

    def of_principal(one: PrincipalFacts) -> _Three:
        first, second, third = principal_cells(one, sign_ins)
        return cells_text(first), cells_text(second), cells_text(third)

    def of_grant(one: GrantFacts) -> str:
        return cells_text(grant_cells(one, header))

    making = Making[_Pair, _Three, str](entitlement=of_entitlement, principal=of_principal, grant=of_grant)
    beside = export.beside(BESIDE)
    digest = hashlib.sha256()

    def put(text: str) -> None:
        content = text.encode()
        if beside is not None:
            digest.update(content)
        to.write(content)

    put(cells_text(ACCESS_COLUMNS) + "\r\n")
    lines = 1
    direct = cell_text(path_cell(True, ()))
    for block in access_blocks(host.opened, making, host.first_seen):
        e1, e2 = block.entitlement
        if block.paths is None:  # nearly all are so, and each thing that is done for a line is done a million times
            rows = zip(block.principals, block.grants, block.first_seen, strict=True)
            made = [f"{e1},{p1},{g},{p2},{e2},{p3},{direct},{seen},,\r\n" for (p1, p2, p3), g, seen in rows]
        else:
            made = [
                f"{e1},{p1},{g},{p2},{e2},{p3},{cell_text(path_cell(block.direct, paths))},{seen or ''},,\r\n"
                for (p1, p2, p3), g, seen, paths in zip(
                    block.principals, block.grants, block.first_seen, block.paths, strict=True
                )
            ]
        put("".join(made))
        lines += len(block.principals)
    if beside is not None:
        told: dict[str, Any] = {**about(export), "rows": lines - 1, "sha256": digest.hexdigest()}
        told["decisions"] = DECISIONS
        beside.write(msgspec.json.format(msgspec.json.encode(told)) + b"\n")
    return lines


EXPORTER = ExporterType(
    name="csv",
    display_name="access table for reviewers: a line for each person and entitlement",
    suffix=".csv",
    write=write,
)
