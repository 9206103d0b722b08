"""Change files: requests in CSV, JSON Lines or TOML, and reviewed tables in CSV.

Promises that each wrong row is told with its line and column or key, and that a file that has one gives no request.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from jackfield.changes.csvlines import Line, csv_lines, cut_off
from jackfield.changes.kinds.registry import request_types
from jackfield.changes.kinds.request import Request
from jackfield.changes.requests import WrongRequests, keys_of, located, request_of
from jackfield.changes.reviewed import REVOKE, is_reviewed, reviewed_columns
from jackfield.changes.reviewedlines import Expected, reviewed_lines
from jackfield.config.load import did_you_mean
from jackfield.errors import BadConfig, JackfieldError, storing
from jackfield.files import MOST_BYTES, read_foreign
from jackfield.files.repeated_keys import repeated_key

_ARGUMENT = "arg."
_TABLE = re.compile(r"[ \t]*\[\[[ \t]*change[ \t]*\]\]")
_MOST_PROBLEMS = 1000

Row = tuple[str, Mapping[str, object] | JackfieldError | None]
"""A place in the file, and what is written there, None for nothing that is to be changed, or why that can't be read."""


def read_requests(file: Path, *, most: int = MOST_BYTES, expected: Expected | None = None) -> tuple[Request, ...]:
    """The requests in *file* of at most *most* bytes, whose name ends with .csv, .jsonl or .toml, in their order.

    A reviewed table has to be the one *expected*.
    Raises BadConfig if it can't be read, WrongRequests if a row is wrong, and BadConfig if there is no row.
    """
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise BadConfig(f"{file}: a file of changes ends with .csv, .jsonl or .toml", hint="Rename it by its content.")
    requests: list[Request] = []
    problems: list[str] = []
    rows = 0
    for place, given in reader(file, _text(file, most), expected):
        rows += 1
        try:
            if isinstance(given, JackfieldError):
                raise given
            if given is not None:
                requests.append(request_of(given, place))
        except BadConfig as error:
            if len(problems) < _MOST_PROBLEMS:
                problems.append(located(place, error))
    if problems:
        at_least = "at least " if len(problems) == _MOST_PROBLEMS else ""
        raise WrongRequests(
            f"{file}: {at_least}{len(problems):,} of {rows:,} rows are wrong; nothing was done", problems
        )
    if not requests:
        marked = f": of its {rows:,} rows none is marked {' or '.join(REVOKE)}" if rows else ""
        raise BadConfig(f"{file} holds no change{marked}")
    return tuple(requests)


def _text(file: Path, most: int) -> str:
    with storing(file):
        try:
            content = read_foreign(file, what="the file of changes", most=most)
        except FileNotFoundError as error:
            raise BadConfig(f"the file {file} can't be read: {error.strerror}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadConfig(f"{file} is not UTF-8 text (at line {line})", hint="Save it as UTF-8.") from None


def _csv(file: Path, text: str, expected: Expected | None) -> Iterator[Row]:
    try:
        lines = list(csv_lines(text))
    except BadConfig as error:
        error.summary = f"{file}: {error.summary}"
        raise
    start = next((number for number, line in enumerate(lines) if line.problem or not line.empty), len(lines))
    if start == len(lines):
        return
    heading, rest = lines[start], lines[start + 1 :]
    if heading.problem is not None:
        yield heading.place, heading.problem
    elif is_reviewed(heading.cells):
        columns = _reviewed_columns(file, heading)
        yield from reviewed_lines(columns, lines[: start + 1], rest, expected)
    else:
        names = _columns(file, heading.cells, heading.number)
        for line in rest:
            if line.problem is not None or not line.empty:
                yield line.place, line.problem or cut_off(line, names) or _row(names, line.cells)


def _reviewed_columns(file: Path, heading: Line) -> list[str]:
    try:
        return reviewed_columns(heading.cells, heading.place)
    except BadConfig as error:
        error.summary = f"{file}: {error.summary}"
        raise


def _known_columns() -> tuple[str, ...]:
    """The columns of a CSV file, beside those of arguments: the keys of all kinds."""
    keys = (key for of in request_types().values() for key, field in keys_of(of).items() if field.type in (str, bool))
    return ("kind", *dict.fromkeys(keys))


def _columns(file: Path, cells: list[str], line: int) -> list[str]:
    """The names of the columns, an empty one for a column without; raises BadConfig."""
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    known = _known_columns()
    found: dict[str, None] = {}
    for name in names:
        plain = name if name.startswith(_ARGUMENT) else name.casefold()
        if (plain.startswith(_ARGUMENT) and plain != _ARGUMENT) or plain in known:
            if plain in found:
                raise BadConfig(f"{file}: the column {name!r} stands there twice", path=f"line {line}")
            found[plain] = None
            continue
        raise BadConfig(
            f"{file}: {name!r} is no column of changes" if name else f"{file}: a column has no name",
            path=f"line {line}",
            hint=did_you_mean(name, known) or f"The columns: {', '.join(known)}, and arg.NAME for arguments.",
        )
    return list(found)


def _row(columns: list[str], cells: list[str]) -> Mapping[str, object] | JackfieldError:
    if any(cell.strip() for cell in cells[len(columns) :]):
        return BadConfig(f"the row has more cells than the {len(columns)} columns")
    given: dict[str, object] = {}
    arguments: dict[str, object] = {}
    for column, cell in zip(columns, cells, strict=False):
        if not (text := cell.strip()):
            continue
        if column.startswith(_ARGUMENT):
            arguments[column.removeprefix(_ARGUMENT)] = text
        else:
            given[column] = text
    return {**given, "arguments": arguments} if arguments else given


def _jsonl(_file: Path, text: str, _expected: Expected | None) -> Iterator[Row]:
    decode = msgspec.json.Decoder().decode
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            yield f"line {number}", BadConfig(f"this is no JSON: {error}")
            continue
        twice = repeated_key(line)
        wrong = BadConfig(f"the key {twice!r} stands there twice", path=twice) if twice is not None else None
        yield f"line {number}", wrong or _table(found)


def _toml(file: Path, text: str, _expected: Expected | None) -> Iterator[Row]:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also of a number of too many digits
        raise BadConfig(f"{file} is not valid TOML: {error}") from None
    for key in document:
        if key != "change":
            raise BadConfig(f"{file}: unknown key {key!r}", path=key, hint="Each change is a table [[change]].")
    changes = document.get("change", [])
    if not isinstance(changes, list):
        raise BadConfig(f"{file}: change is one table", path="change", hint="Write [[change]], in two brackets.")
    tables = cast("list[object]", changes)
    starts = [number for number, line in enumerate(text.split("\n"), 1) if _TABLE.match(line)]
    for number, table in enumerate(tables):
        line = f" (line {starts[number]})" if len(starts) == len(tables) else ""
        yield f"change {number + 1}{line}", _table(table)


def _table(found: Any) -> Mapping[str, object] | JackfieldError:
    if not isinstance(found, dict):
        return BadConfig("expected an object with keys such as entitlement and principal")
    return cast("dict[str, object]", found)


_READERS: Mapping[str, Callable[[Path, str, Expected | None], Iterator[Row]]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".toml": _toml,
}
