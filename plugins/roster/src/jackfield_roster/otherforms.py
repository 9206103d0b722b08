"""Applications whose exports have other forms than the usual ones: for the conformance kit, each with its configuration.

Promises that between them and the usual one, settings of a connection have two values, but those that only bound a file.
"""

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jackfield_contracts import Email, EntitlementId, GrantId, ResourceId
from jackfield_testkit import Truth, Variant

_MANY = 1300
"""More rows than the connector takes at a time."""

_LONG = 700
_LINE = "A line of a description that goes on. " * 60
"""So long that a page of rows is full by its bytes."""


class Exports:
    """Files that were written once, and what is true by them."""

    page_size = 2000

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def truth(self) -> Truth:
        """What the files say."""
        return self._truth


def variants(folder: Path) -> Mapping[str, Variant]:
    """Exports of each form in a folder of its own below *folder*."""
    made = {"lists in cells": _lists, "only names of groups": _bare, "long rows": _long, "a workbook": _workbook}
    found: dict[str, Variant] = {}
    for number, (name, make) in enumerate(made.items()):
        own = folder / f"form{number}"
        own.mkdir(exist_ok=True)
        found[name] = make(own)
    return found


def _lists(folder: Path) -> Variant:
    """Lists of ids in cells, Windows' letters, lines above and below the table, ids such as spreadsheets make."""
    people: dict[str, tuple[str, str, str, list[str], list[str], str]] = {
        "1E+05": ("Žofie Černá", "zofie@example.com", "On", ["sales", "design", "all"], ["auditor"], "Total Rewards"),
        "1001.0": ("Ann Alder", "ann@example.com", "Off", ["sales"], [], "Sales"),
        "b": ("Bob Birch", "bob@example.com", "Sabbatical", [], ["admin", "auditor"], "Sales"),
        "c": ("Cleo Cédar", "cleo@example.com", "on", ["all"], [], "Design"),
    }
    rows = [
        [mail, id, name, word, "|".join(groups), "|".join(roles), team]
        for id, (name, mail, word, groups, roles, team) in people.items()
    ]
    heading = ["Mail", "Key", "Name", "State", "In", "May", "Team"]
    table = _table([["Report of today"], heading, *rows, ["Total", "4"]], ";")
    (folder / "people.csv").write_bytes(table.rstrip(b"\r\n").replace(b"Total;4", b"Total;4;;;;;"))
    # The newest file that fits is the export, whatever the names of others.
    (folder / "people.old.csv").write_bytes(table.replace(b"Bob Birch", b"Bob Before"))
    os.utime(folder / "people.old.csv", (1_600_000_000, 1_600_000_000))
    groups = [
        ["sales", "Sales", "", "all", "design", "auditor"], ["design", "Design", "b", "", "", ""],
        ["all", "Everybody", "", "", "", ""],
    ]  # fmt: skip
    (folder / "teams.csv").write_bytes(_table([["Key", "Name", "Has", "Within", "Teams", "May"], *groups], "\t"))
    roles = [["admin", "Administrator", "Everything", "c", "all"], ["auditor", "Auditor", "Looks", "", ""]]
    (folder / "rights.csv").write_bytes(_table([["Key", "Name", "About", "Who", "Teams"], *roles], ";"))
    held = [("group", at, "user", id) for id, each in people.items() for at in each[3]]
    held += [("role", at, "user", id) for id, each in people.items() for at in each[4]]
    held += [
        ("group", "design", "user", "b"),
        ("group", "all", "group", "sales"),
        ("group", "sales", "group", "design"),
    ]
    held += [("role", "auditor", "group", "sales"), ("role", "admin", "user", "c"), ("role", "admin", "group", "all")]
    statuses = {"On": "enabled", "on": "enabled", "Off": "disabled", "Sabbatical": "unknown"}
    facts = {
        f"user:{id}": {
            "display_name": name, "login": mail, "emails": (Email(address=mail, primary=True),), "status": statuses[word],
            "status_raw": word, "team": team, "given_name": None, "surname": None,
        }
        for id, (name, mail, word, _, _, team) in people.items()
    }  # fmt: skip
    facts |= {f"group:{row[0]}": {"display_name": row[1]} for row in groups}
    facts |= {f"role:{row[0]}": {"display_name": row[1], "description": row[2], "privileged": False} for row in roles}
    form = {"encoding": "cp1250", "split": "|", "exact_ids": True}
    config = {
        **_application(folder),
        "application_name": "The other office",
        "max_age_hours": 100_000.0,
        "users": {
            **form, "file": "peo*.csv", "id": "Key", "email": "Mail", "name": "Name", "status": "State",
            "statuses": {"on": "enabled", "OFF": "disabled"}, "strict": False, "groups": "In", "roles": "May",
            "profile": {"team": "Team"}, "skip_lines": 1, "ignore_rows": ["Total*"], "last_line_end": False,
            "delimiter": ";",
        },
        "groups": {
            **form, "file": "teams.csv", "id": "Key", "name": "Name", "members": "Has", "parents": "Within",
            "member_groups": "Teams", "roles": "May",
        },
        "roles": {
            **form, "file": "rights.csv", "id": "Key", "name": "Name", "description": "About", "members": "Who",
            "member_groups": "Teams",
        },
    }  # fmt: skip
    return Variant(backend=Exports(_truth(facts, held)), config=config)


def _bare(folder: Path) -> Variant:
    """A list of those who have left, and groups of which there is nothing but the names in memberships."""
    ids = [f"{number:05}" for number in range(40)]
    (folder / "left.csv").write_bytes(_table([["Nr"], *([id] for id in ids)], ","))
    held = [("group", f"g{number}", "user", ids[number % len(ids)]) for number in range(_MANY)]
    rows = [json.dumps({"group": at, "who": id}) for _, at, _, id in held]
    facts = {f"user:{id}": {"display_name": id, "status": "disabled"} for id in ids}
    # Several in one cell.
    rows.append(json.dumps({"group": "many", "who": ids[:3]}))
    held += [("group", "many", "user", id) for id in ids[:3]]
    (folder / "in.jsonl").write_text("\n".join([*rows, ""]), encoding="utf-8")
    facts |= {f"group:{at}": {"display_name": at} for _, at, _, _ in held}
    config = {
        **_application(folder),
        "users": {"file": "left.csv", "id": "Nr", "everybody": "disabled"},
        "memberships": [{"file": "in.jsonl", "of": "group", "to": "group", "member": "who"}],
    }
    return Variant(backend=Exports(_truth(facts, held)), config=config)


def _long(folder: Path) -> Variant:
    """Groups with long descriptions, so that a page of them is full before it has all its rows."""
    (folder / "people.csv").write_bytes(_table([["Nr"], ["1"]], ","))
    groups = [[f"g{number}", f"{number} {_LINE}".strip()] for number in range(_LONG)]
    (folder / "groups.csv").write_bytes(_table([["Nr", "About"], *groups], ","))
    facts: dict[str, Mapping[str, Any]] = {
        f"group:{id}": {"display_name": id, "description": about} for id, about in groups
    }
    facts["user:1"] = {"display_name": "1", "status": "enabled"}
    config = {
        **_application(folder),
        "users": {"file": "people.csv", "id": "Nr"},
        "groups": {"file": "groups.csv", "id": "Nr", "description": "About"},
    }
    return Variant(backend=Exports(_truth(facts, [])), config=config)


def _workbook(folder: Path) -> Variant:
    """A sheet of a workbook whose rows lack cells between others, behind another sheet."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Id", "State"])  # pyright: ignore[reportOptionalMemberAccess] - a new workbook has a sheet
    sheet = book.create_sheet("People")
    people = [["p1", "Ann", None, "active"], ["p2", None, "bob@example.com", "left"], ["p3", None, None, "active"]]
    for row in (["Id", "Name", "Mail", "State"], *people):
        sheet.append(row)
    book.save(folder / "people.xlsx")
    statuses = {"active": "enabled", "left": "disabled"}
    facts: dict[str, Mapping[str, Any]] = {
        f"user:{id}": {
            "display_name": name or mail or id, "login": mail, "status": statuses[str(word)], "status_raw": word,
            "emails": (Email(address=mail, primary=True),) if mail else (),
        }
        for id, name, mail, word in people
    }  # fmt: skip
    config = {
        **_application(folder),
        "users": {
            "file": "people.xlsx", "sheet": "People", "id": "Id", "name": "Name", "email": "Mail", "status": "State",
            "statuses": statuses,
        },
    }  # fmt: skip
    return Variant(backend=Exports(_truth(facts, [])), config=config)


def _application(folder: Path) -> Mapping[str, Any]:
    return {"application": "office", "folder": str(folder), "quiet_seconds": 0.01}


def _table(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode("cp1250")


def _truth(facts: Mapping[str, Mapping[str, Any]], held: Iterable[tuple[str, str, str, str]]) -> Truth:
    grants = [
        GrantId(
            entitlement=EntitlementId(resource=ResourceId(type=of, id=to), slug="member"),
            principal=ResourceId(type=kind, id=member),
        )
        for of, to, kind, member in held
    ]
    told = {ResourceId.parse(id): each for id, each in facts.items()}
    return Truth(
        resources=frozenset([*told, ResourceId(type="app", id="office")]), grants=frozenset(grants), facts=told
    )
