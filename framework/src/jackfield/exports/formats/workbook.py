"""XLSX: the access table as a workbook, with sheets for what it is of, the people, the entitlements and what is not complete.

Promises real dates, text that is never a formula, and memory that does not grow with the rows; a table of more rows than a
sheet can have goes on in further sheets.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from io import UnsupportedOperation
from itertools import repeat
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from jackfield.exports.about import about
from jackfield.exports.facts import EntitlementFacts, GrantFacts
from jackfield.exports.lines import Making, access_blocks
from jackfield.exports.opened import OpenExport, of_host, time
from jackfield.exports.table import path_cell
from jackfield.hookspecs import Export, ExporterType
from jackfield.snapshots.principals import PrincipalFacts, email_of, external_id_of
from jackfield_contracts import ResourceId, UserTrait

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_576
_MOST_TEXT = 32_767
_EARLIEST = datetime(1900, 3, 1, tzinfo=UTC)  # before that, two spreadsheet programs count the days differently
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f￾￿]")

_WIDTHS = {
    "name": 28,
    "login": 28,
    "email": 28,
    "id": 24,
    "entitlement": 34,
    "principal": 26,
    "path": 30,
    "seen": 17,
    "in": 17,
}
ACCESS = (
    *("principal_name", "principal_login", "principal_email", "principal_external_id", "principal_status"),
    *("resource_type", "resource_name", "entitlement_name", "privileged", "path", "first_seen", "last_sign_in"),
    *("immutable", "seal", "carried_taken", "entitlement", "principal", "decision", "reason"),
)
"""The columns of the access sheet: named as in CSV, so that a sheet that is saved as CSV goes back into a plan."""
PEOPLE = (
    *("principal", "name", "login", "email", "external_id", "status", "status_raw", "account_type", "last_sign_in"),
    *("invited", "joined", "suspended", "created", "given_name", "surname", "emails"),
)
ENTITLEMENTS = (
    *("entitlement", "resource_type", "resource_id", "resource_name", "slug", "entitlement_name", "privileged"),
    *("description", "purpose", "grantable_to", "immutable"),
)
NOT_COMPLETE = ("scope", "seal", "observed", "expected", "reason")


def write(export: Export, to: BinaryIO) -> int:
    """Write the workbook; how many lines of access are in it."""
    host, target = of_host(export), _Target(to)
    # Rows wait in files: in a folder of their own, which goes also where something fails.
    with TemporaryDirectory(prefix="jackfield-") as folder:
        options = {
            "constant_memory": True,
            "strings_to_numbers": False,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "tmpdir": folder,
        }
        book: Any = import_module("xlsxwriter").Workbook(target, options)
        book.use_zip64()
        try:
            lines = _fill(book, host)
            book.close()
        except Exception as error:
            target.give_up()
            # The library puts an error of its own around one of the disk.
            if error.args and isinstance(error.args[0], OSError):
                raise error.args[0] from None
            raise
        finally:
            for sheet in book.worksheets():
                if (rows := getattr(sheet, "row_data_fh", None)) is not None:
                    with suppress(OSError):  # a full disk was told by the first write
                        rows.close()
    if target.error is not None:
        raise target.error
    return lines


class _Target:
    """The stream that the workbook goes to. What can't be written is remembered and not raised.

    The archive would try to write its end once more when nobody can be told of it any more.
    """

    def __init__(self, to: BinaryIO) -> None:
        self._to = to
        self._at = 0
        self._given_up = False
        self.error: OSError | None = None

    def give_up(self) -> None:
        """Take what comes from here on, and write none of it."""
        self._given_up = True

    def seekable(self) -> bool:
        return self._to.seekable()

    def write(self, content: bytes) -> int:
        self._try(lambda: self._to.write(content))
        self._at += len(content)
        return len(content)

    def flush(self) -> None:
        self._try(self._to.flush)

    def tell(self) -> int:
        self._demand_seekable()
        return self._at

    def seek(self, to: int, whence: int = 0) -> int:
        self._demand_seekable()

        def move() -> None:
            self._at = self._to.seek(to, whence)

        self._try(move)
        return self._at

    def _demand_seekable(self) -> None:
        if not self._to.seekable():
            raise UnsupportedOperation("it can't be wound back")  # the archive then writes without

    def _try(self, do: Callable[[], object]) -> None:
        if self._given_up:
            return
        try:
            do()
        except OSError as error:
            self.error = error
            self.give_up()


def _fill(book: Any, host: OpenExport) -> int:
    _about(book, about(host))
    _Table(book, "People", PEOPLE).write(_people(host))
    lines = _Table(book, "Access", ACCESS, choices={"decision": ["keep", "revoke"]}).write(_access(host))
    _Table(book, "Entitlements", ENTITLEMENTS).write(_entitlements(host))
    seals = host.snapshot.not_complete
    _Table(book, "Not complete", NOT_COMPLETE).write(
        (one.scope, one.seal.value, one.observed, one.expected, one.reason) for one in seals
    )
    return lines


class _Table:
    """One table with a heading that stays, filters and widths, on as many sheets as it needs."""

    def __init__(
        self, book: Any, name: str, columns: Sequence[str], choices: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._book, self._name, self._columns = book, name, columns
        self._choices = choices or {}
        self._bold: Format = book.add_format({"bold": True})
        self._date: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._sheets = 0

    def write(self, rows: Iterable[Sequence[Any]]) -> int:
        """Write *rows*; how many."""
        total = 0
        sheet, at = self._begin(), 1
        for row in rows:
            if at == MOST_ROWS:
                self._end(sheet, at)
                sheet, at = self._begin(), 1
            put_row(sheet, at, row, self._date)
            at += 1
            total += 1
        self._end(sheet, at)
        return total

    def _begin(self) -> "Worksheet":
        self._sheets += 1
        sheet = self._book.add_worksheet(self._name if self._sheets == 1 else f"{self._name} {self._sheets}")
        for column, name in enumerate(self._columns):
            sheet.set_column(column, column, _WIDTHS.get(name.rpartition("_")[2], 14))
            sheet.write_string(0, column, name, self._bold)
        sheet.freeze_panes(1, 0)
        return sheet

    def _end(self, sheet: "Worksheet", rows: int) -> None:
        sheet.autofilter(0, 0, max(rows - 1, 1), len(self._columns) - 1)
        for name, values in self._choices.items():
            column = self._columns.index(name)
            sheet.data_validation(1, column, max(rows - 1, 1), column, {"validate": "list", "source": [*values]})


def put_row(sheet: "Worksheet", at: int, row: Sequence[Any], date: "Format") -> None:
    """Write one row: texts as texts, times as dates in UTC, nothing where nothing is known."""
    for column, value in enumerate(row):
        if value is None or value == "":
            continue
        if isinstance(value, str):
            sheet.write_string(at, column, cell_text(value))
        elif isinstance(value, bool):
            sheet.write_boolean(at, column, value)
        elif isinstance(value, int | float):
            sheet.write_number(at, column, value)
        elif isinstance(value, datetime) and value >= _EARLIEST:
            sheet.write_datetime(at, column, value.astimezone(UTC).replace(tzinfo=None), date)
        else:
            sheet.write_string(at, column, str(value))


def cell_text(value: str) -> str:
    """*value* as a cell can hold it: control characters as escapes, and cut where it is too long."""
    text = value if value.isprintable() else _CONTROL.sub(lambda found: ascii(found.group())[1:-1], value)
    return text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…"


def _about(book: Any, facts: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 70)
    bold, date = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"})
    for at, (name, value) in enumerate(facts.items()):
        told = value
        if name == "not_complete":
            told = (
                f"{len(value):,} scopes, see the sheet “Not complete”"
                if value
                else "nothing: every part was seen whole"
            )
        elif isinstance(value, Mapping | tuple):
            told = msgspec.json.encode(value).decode()
        elif value is None:
            told = "unknown"
        sheet.write_string(at, 0, name, bold)
        put_row(sheet, at, (None, told), date)
    sheet.write_string(len(facts), 0, "times", bold)
    sheet.write_string(len(facts), 1, "All times are UTC. An empty cell is unknown, or there is nothing.")


def _access(host: OpenExport) -> Iterable[tuple[Any, ...]]:
    last: Mapping[ResourceId, datetime] = host.sign_ins.last if host.sign_ins is not None else {}
    first: dict[str | None, datetime | None] = {}

    def of_principal(one: PrincipalFacts) -> tuple[tuple[Any, ...], datetime | None, str]:
        return (one.name, one.login, one.email, one.external_id, one.status), last.get(one.id), str(one.id)

    def of_entitlement(one: EntitlementFacts) -> tuple[tuple[Any, ...], str]:
        return (one.id.resource.type, one.resource_name, one.name or one.id.slug, one.privileged), str(one.id)

    def of_grant(one: GrantFacts) -> tuple[Any, ...]:
        return one.immutable, one.seal, time(one.carried_taken)

    making = Making[tuple[tuple[Any, ...], str], tuple[tuple[Any, ...], datetime | None, str], tuple[Any, ...]](
        entitlement=of_entitlement, principal=of_principal, grant=of_grant
    )
    for block in access_blocks(host.opened, making, host.first_seen):
        entitlement, id = block.entitlement
        rows = zip(block.principals, block.grants, block.first_seen, block.paths or repeat(()), strict=False)
        for (person, came, who), grant, seen, paths in rows:
            if seen not in first:
                first[seen] = time(seen)
            yield (
                *person,
                *entitlement,
                path_cell(block.direct, paths),
                first[seen],
                came,
                *grant,
                id,
                who,
                None,
                None,
            )


def _people(host: OpenExport) -> Iterable[tuple[Any, ...]]:
    last: Mapping[ResourceId, datetime] = host.sign_ins.last if host.sign_ins is not None else {}
    for one in host.resources():
        trait = one.trait
        if isinstance(trait, UserTrait):
            yield (
                str(one.id), one.display_name, trait.login, email_of(trait), external_id_of(trait), trait.status.value,
                trait.status_raw, trait.account_type.value, last.get(one.id), trait.invited, trait.joined,
                trait.suspended, one.created, trait.given_name, trait.surname,
                " ".join(each.address for each in trait.emails),
            )  # fmt: skip


def _entitlements(host: OpenExport) -> Iterable[tuple[Any, ...]]:
    for row in host.opened.entitlements():
        one = row.entitlement
        resource = one.id.resource
        ids = (str(one.id), resource.type, resource.id, row.resource_name, one.id.slug, one.display_name)
        yield *ids, one.privileged, one.description, one.purpose, " ".join(one.grantable_to), one.immutable


EXPORTER = ExporterType(
    name="xlsx",
    display_name="workbook: access, people, entitlements, and what is not complete",
    suffix=".xlsx",
    write=write,
    needs={"xlsxwriter": "jackfield[xlsx]"},
)
