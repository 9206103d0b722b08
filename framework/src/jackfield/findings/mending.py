"""The changes that would mend findings, as a change file that ``jackfield plan`` reads. Nothing is changed by writing it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

import msgspec

from jackfield.changes.requests import request_of
from jackfield.errors import BadConfig
from jackfield.exports.csvtable import CsvTable, safe_cell
from jackfield.exports.target import open_target
from jackfield.findings.model import Finding
from jackfield.visible import one_line

ENDINGS = (".toml", ".csv", ".jsonl")

_HOOKS = {"revoke": "revoke", "delete_account": "delete_account", "disable_account": "run_action"}
"""By the kind of a request the hook that a connector needs for it."""

_COLUMNS = ("kind", "entitlement", "principal", "account")
_REASON = "reason"
_MOST_TOLD = 100


class Mending(NamedTuple):
    """The findings that requests mend, and those that none does: by hand, or because the connector can't make them."""

    mended: list[Finding]
    by_hand: list[Finding]
    impossible: list[Finding]

    @property
    def requests(self) -> int:
        """How many changes there are."""
        return sum(len(one.requests) for one in self.mended)


def mending(findings: Iterable[Finding], hooks: Collection[str]) -> Mending:
    """Sort *findings*, those that are accepted left out, by what a connector that has *hooks* can do about them."""
    sorted_ = Mending([], [], [])
    for one in findings:
        if one.accepted is not None:
            continue
        if not one.requests:
            sorted_.by_hand.append(one)
        elif all(_HOOKS[each["kind"]] in hooks for each in one.requests):
            sorted_.mended.append(one)
        else:
            sorted_.impossible.append(one)
    return sorted_


def demand_ending(path: str) -> str:
    """The ending of a change file's name; raises BadConfig where it tells no form that is read again."""
    ending = next((each for each in ENDINGS if path.lower().endswith(each)), None)
    if ending is None:
        raise BadConfig(f"{path}: a file of changes ends with .toml, .csv or .jsonl", path="--plan")
    return ending


def write_requests(path: str, made: Mending, heading: str) -> None:
    """Write the requests of *made* to the file *path*, in the form that its ending tells; TOML also says why each is there."""
    ending = demand_ending(path)
    with open_target(path) as stream:
        if ending == ".csv":
            columns = (*_COLUMNS, _REASON) if _takes_reasons() else _COLUMNS
            rows = [row for _, row in _rows(made)]
            _demand_plain(path, rows)
            CsvTable(stream, columns).write([row.get(each) for each in columns] for row in rows)
        elif ending == ".jsonl":
            for _, row in _rows(made):
                stream.write(msgspec.json.encode(row) + b"\n")
        else:
            stream.write("\n".join(_toml(made, heading)).encode() + b"\n")


def _demand_plain(path: str, rows: Iterable[Mapping[str, str]]) -> None:
    """Raise BadConfig for an identifier that CSV would hold in another form, safe for spreadsheets: it would mean another."""
    for row in rows:
        for key, value in row.items():
            if key != _REASON and safe_cell(value) != value:
                raise BadConfig(
                    f"{one_line(value)} can't stand in CSV as it is", path=path, hint="Write a .toml or .jsonl file."
                )


def _rows(made: Mending) -> Iterator[tuple[Finding, Mapping[str, str]]]:
    for one in made.mended:
        for request in one.requests:
            yield one, {**request, _REASON: _told(one)} if _takes_reasons() else request


def _told(one: Finding) -> str:
    return one_line(f"{one.kind.value}: {one.why}")


@cache
def _takes_reasons() -> bool:
    """Whether a request may say why it is made."""
    try:
        request_of({"kind": "delete_account", "account": "user:1", _REASON: "a reason"})
    except BadConfig:
        return False
    return True


def _toml(made: Mending, heading: str) -> Iterator[str]:
    for line in heading.split("\n"):
        yield f"# {one_line(line)}"
    for one, row in _rows(made):
        yield ""
        yield f"# {one_line(_named(one))}: {_told(one)}"
        yield "[[change]]"
        for key, value in row.items():
            yield f"{key} = {_quoted(value)}"
    for title, findings in (
        ("No change mends these; somebody has to look:", made.by_hand),
        ("The connector can't make the change that would mend these:", made.impossible),
    ):
        if findings:
            yield ""
            yield f"# {title}"
            for one in findings[:_MOST_TOLD]:
                yield f"#   {one_line(_named(one))}: {_told(one)}. {one_line(one.mend)}"
            if len(findings) > _MOST_TOLD:
                yield f"#   … and {len(findings) - _MOST_TOLD:,} more"


def _named(one: Finding) -> str:
    subject = one.subject
    return f"{subject.name or subject.id} ({subject.email or subject.login or subject.id})"


def _quoted(value: str) -> str:
    """A text as TOML writes it, which is as JSON does but for one character."""
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
