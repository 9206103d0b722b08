"""Reviewed tables: the access table that ``export`` writes, with a decision for each line, and the revocations in it.

Promises that a line becomes a revocation only where its decision says so, and that a decision that can't be carried out
is an error. A spreadsheet program may have saved the table anew.
"""

from collections.abc import Mapping, Sequence

from jackfield.config.load import did_you_mean
from jackfield.errors import BadConfig
from jackfield.files.spreadsheet import unguarded

DECISION = "decision"
NEEDED = ("entitlement", "principal", DECISION)
INFORMATIVE = (
    *("resource_type", "resource_id", "resource_name", "slug", "entitlement_name"),
    *("principal_type", "principal_id", "principal_name", "principal_status"),
    *("inherited_by", "immutable", "scope", "seal", "carried_from", "carried_taken", "run", "snapshot_complete"),
    *("principal_login", "principal_email", "principal_external_id", "privileged"),
    *("last_sign_in", "first_seen", "connection"),
)
"""Columns that the table has for people: nothing is read from them, but who is named has to be who is meant."""

REVOKE = ("revoke", "remove")
KEEP = ("keep", "approve", "")
_USED = (*NEEDED, "reason", "path")
_DIRECT = "direct"
_DIRECT_TOO = "direct + "
"""How a path begins that is direct, and has other ways beside."""


def is_reviewed(names: Sequence[str]) -> bool:
    """Whether a file with columns of these *names* is a reviewed table."""
    return any(name.strip().casefold() == DECISION for name in names)


def reviewed_columns(names: Sequence[str], place: str) -> list[str]:
    """The columns of a reviewed table, an empty text for each that has no name; raises BadConfig at *place*."""
    known = (*_USED, *INFORMATIVE)
    found: list[str] = []
    for name in names:
        plain = name.strip().casefold()
        if plain and plain not in known:
            raise BadConfig(
                f"{name.strip()!r} is no column of a table with decisions",
                path=place,
                hint=did_you_mean(plain, known) or "Take the column out; a `reason` column says why.",
            )
        if plain and plain in found:
            raise BadConfig(f"the column {name.strip()!r} stands there twice", path=place)
        found.append(plain)
    if missing := [name for name in NEEDED if name not in found]:
        raise BadConfig(f"a table with decisions needs the column {missing[0]!r}", path=place)
    return found


def revocation(columns: Sequence[str], cells: Sequence[str]) -> Mapping[str, object] | None:
    """The revocation that a line of a reviewed table asks for, None where it asks for none; raises BadConfig."""
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise BadConfig(f"the row has more cells than the {len(columns)} columns")
    given = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column}
    if any(cell.strip() for column, cell in zip(columns, cells, strict=False) if not column):
        raise BadConfig("a cell stands in a column without a name")
    if not decision_of(given):
        return None
    path = given.get("path", "")
    if path and path != _DIRECT and not path.startswith(_DIRECT_TOO):
        raise BadConfig(
            f"it is not held directly, but through {path}",
            path="path",
            hint="Mark the line of whoever holds that, or the line by which the group holds this.",
        )
    asked = {key: unguarded(given.get(key, "")) for key in ("entitlement", "principal")}
    return {"kind": "revoke", **asked, "reason": given.get("reason", "")}


def decision_of(given: Mapping[str, str]) -> bool:
    """Whether the line is to be revoked; raises BadConfig for another word than those of decisions."""
    said = given.get(DECISION, "")
    if said.casefold() in KEEP:
        return False
    if said.casefold() in REVOKE:
        return True
    raise BadConfig(
        f"{said!r} is no decision",
        path=DECISION,
        hint=did_you_mean(said.casefold(), (*REVOKE, *KEEP[:2])) or "Write revoke, or keep; empty is keep.",
    )
