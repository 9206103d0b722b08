"""The lines of a reviewed table, held against each other: what one alone can't show to be wrong.

Promises that a table whose lines were mixed up, joined or cut off is told as such, and gives no revocation.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec

from jackfield.changes.csvlines import Line, shortened
from jackfield.changes.reviewed import decision_of, revocation
from jackfield.errors import BadConfig, JackfieldError
from jackfield.files.spreadsheet import guarded, unguarded
from jackfield_contracts import EntitlementId, IdentifierError, ResourceId

OF_PRINCIPAL = ("principal_name", "principal_status", "principal_login", "principal_email", "principal_external_id")
OF_ENTITLEMENT = ("resource_name", "entitlement_name")
_MAY_LACK = ("decision", "reason", "")
# What a spreadsheet takes for a number, a date or a truth value, and then shows in its own way.
_REWRITTEN = re.compile(
    r"[\d\s.,:/+\-eE%()$€£¥]+|[A-Za-z]{3,9}[-./ ]?\d{1,4}|\d{1,4}[-./ ]?[A-Za-z]{3,9}|true|false", re.IGNORECASE
)
_NEAR = 1e-5
_SORTED = "Were only some of the columns sorted or filled? Take the table as it was exported."

Row = tuple[str, Mapping[str, object] | JackfieldError | None]


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """Whose table it has to be: that of ``connection``; ``owner`` gives the connection of a run, None where it is not known.

    ``name`` gives what the snapshot of a run has of a resource, by its identifier, in a column of the table; None is unknown.
    """

    connection: str
    owner: Callable[[str], str | None]
    name: Callable[[str, str, str], str | None] = lambda run, resource, column: None


def reviewed_lines(
    columns: Sequence[str], above: Sequence[Line], lines: Sequence[Line], expected: Expected | None
) -> Iterator[Row]:
    """What each of *lines* asks for, None for nothing, or why it can't be taken as it is; *above* are those to the heading."""
    seen = _Seen(expected)
    named = _up_to_last_name(columns)
    short = shortened([*above, *lines], named, _MAY_LACK)
    for line in lines:
        if line.problem is not None:
            yield line.place, line.problem
        elif not line.empty:
            yield line.place, _row(columns, named, line, seen, may_lack=line.number in short)


def _up_to_last_name(columns: Sequence[str]) -> Sequence[str]:
    last = max(number for number, name in enumerate(columns, 1) if name)
    return columns[:last]


def _row(
    columns: Sequence[str], named: Sequence[str], line: Line, seen: "_Seen", *, may_lack: bool
) -> Mapping[str, object] | JackfieldError | None:
    if len(line.cells) < len(named) and not may_lack:
        return BadConfig(
            f"the row has {len(line.cells):,} of {len(named):,} cells",
            hint="Was the file cut off, or another joined to it? Each row needs its cells, empty ones too.",
        )
    try:
        asked = revocation(columns, line.cells)
        given = {name: cell.strip() for name, cell in zip(columns, line.cells, strict=False) if name}
        _demand_own_identity(given)
        seen.check(given, line)
    except BadConfig as error:
        return error
    return asked


def _demand_own_identity(given: Mapping[str, str]) -> None:
    """Raise BadConfig where the parts of an identifier are not those of the whole beside them."""
    parts: dict[str, tuple[str, str]] = {}
    # What is no identifier has no parts to compare; it is told where it becomes a change.
    with suppress(IdentifierError):
        whole = unguarded(given["principal"])
        principal = ResourceId.parse(whole)
        parts |= {"principal_type": (principal.type, whole), "principal_id": (principal.id, whole)}
    with suppress(IdentifierError):
        whole = unguarded(given["entitlement"])
        entitlement = EntitlementId.parse(whole)
        resource = entitlement.resource
        parts |= {"resource_type": (resource.type, whole), "resource_id": (resource.id, whole)}
        parts["slug"] = (entitlement.slug, whole)
    for name, (part, whole) in parts.items():
        if name in given and not _may_be(given[name], part):
            raise BadConfig(
                f"the row contradicts itself: {given[name]!r} is not of {whole}",
                path=name,
                hint=_SORTED,
            )


def _may_be(cell: str, part: str) -> bool:
    """Whether *cell* is what a spreadsheet makes of *part*."""
    part = part.strip()
    if cell in (part, guarded(part).strip()) or unguarded(cell) == part or cell.casefold() == part.casefold():
        return True
    if not _REWRITTEN.fullmatch(part):
        return False
    try:
        number, own = float(cell.replace(",", ".")), float(part)
    except ValueError:
        return True
    return abs(number - own) <= _NEAR * abs(own)


class _Seen:
    """What the lines before have said."""

    def __init__(self, expected: Expected | None) -> None:
        self._expected = expected
        self._named: dict[tuple[str, str], tuple[str, str]] = {}
        self._decided: dict[tuple[str, str], tuple[bool, str]] = {}
        self._tables: dict[str, tuple[str, str]] = {}

    def check(self, given: Mapping[str, str], line: Line) -> None:
        """Hold a line against those before; raises BadConfig for a contradiction."""
        self._demand_table(given, line)
        for whole, names in (("principal", OF_PRINCIPAL), ("entitlement", OF_ENTITLEMENT)):
            for name in names:
                if name in given:
                    self._demand_name(given[whole], name, given[name], line)
        revoked = decision_of(given)
        if revoked:
            self._demand_as_exported(given)
        key = (given["entitlement"], given["principal"])
        before, place = self._decided.setdefault(key, (revoked, line.place))
        if before != revoked:
            raise BadConfig(
                f"it is {_said(revoked)} here and {_said(before)} on {place}, of the same grant",
                path="decision",
                hint="Decide once, and take the other row out.",
            )

    def _demand_as_exported(self, given: Mapping[str, str]) -> None:
        """Raise BadConfig where the snapshot that the table was made of knows whom the line means by another name."""
        run = given.get("run", "")
        if self._expected is None or not run:
            return
        resource, _, _ = unguarded(given["entitlement"]).rpartition("/")
        for id, names in ((unguarded(given["principal"]), OF_PRINCIPAL), (resource, OF_ENTITLEMENT)):
            for name in names:
                if not given.get(name) or (known := self._expected.name(run, id, name)) is None:
                    continue
                if not _may_be(given[name], known):
                    raise BadConfig(
                        f"the row contradicts itself: {id} is {known!r} in the snapshot {run}, not {given[name]!r}",
                        path=name,
                        hint=_SORTED,
                    )

    def _demand_name(self, whole: str, name: str, cell: str, line: Line) -> None:
        before, place = self._named.setdefault((whole, name), (cell, line.place))
        if before != cell:
            raise BadConfig(
                f"{unguarded(whole)} is {cell!r} here and {before!r} on {place}",
                path=name,
                hint=_SORTED,
            )

    def _demand_table(self, given: Mapping[str, str], line: Line) -> None:
        for name in ("run", "connection"):
            cell = given.get(name, "")
            if not cell:
                continue
            before, place = self._tables.setdefault(name, (cell, line.place))
            if before != cell:
                raise BadConfig(
                    f"it is of {cell!r}, and {place} of {before!r}", path=name, hint="Plan each table by itself."
                )
            wanted = self._expected
            if wanted is None:
                continue
            owner = wanted.owner(cell) if name == "run" else cell
            if owner is not None and owner != wanted.connection:
                raise BadConfig(
                    f"the table is of the connection {owner!r}, not of {wanted.connection!r}",
                    path=name,
                    hint=f"Plan it for {owner!r}.",
                )


def _said(revoked: bool) -> str:
    return "to be revoked" if revoked else "to be kept"
