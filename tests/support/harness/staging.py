"""A simulated team that the command line changes in one process after the other, and what is told of it."""

import json
from pathlib import Path
from typing import Any

from harness.cli import NAME, Site
from harness.rosters import Roster
from jackfield.state import DatabaseAddress, open_state
from jackfield_contracts import JournalStatus
from jackfield_dropbox_simulator.launch import Control
from jackfield_dropbox_simulator.options import TeamOptions

TEAM = TeamOptions(members=14, groups=5)


class Stage:
    """A simulated team and a folder from which the command line changes it."""

    def __init__(self, folder: Path, control: Any, *, database: DatabaseAddress | None = None) -> None:
        self.control: Control = control
        self.site = Site(folder, control, database=database, provisioning=True)

    def now(self) -> Roster:
        """The team as it is."""
        return Roster(self.control.truth())

    def make(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Run one command; the object that it printed. Fails on another exit code than *code*."""
        ended = self.site.run(*arguments, "--yes", "--output", "json")
        assert ended.code == code, ended
        return ended.json

    def effects(self) -> dict[str, int]:
        """How often each side effect happened, those that never did left out; ``calls`` are those of writing routes."""
        shown: dict[str, Any] = self.control.effects()
        total = shown.pop("total_calls")
        counted = {name: sum(counts.values()) for name, counts in shown.items()}
        found = {name: number for name, number in counted.items() if number and name not in ("calls", "applied")}
        return {"calls": total, **found}

    def settled(self) -> None:
        """Fails if anything in the journal is undecided."""
        with open_state(self.site.place) as state:
            left = [entry for entry in state.changes(NAME) if entry.status is not JournalStatus.SETTLED]
        assert not left


def told(document: dict[str, Any]) -> tuple[str, str | None, str | None]:
    """What a document says became of the change."""
    return document["outcome"], document["tag"], document["confirmed_by"]


def entitlement(group: dict[str, Any], slug: str) -> str:
    """An entitlement of a group as commands name it."""
    return f"group:{group['group_id']}/{slug}"


def role(id: str) -> str:
    """Holding that role, as commands name it."""
    return f"role:{id}/member"


def open_group(stage: Stage, management: str = "user_managed") -> dict[str, Any]:
    """A group of that kind with at least two active people outside of it."""
    now = stage.now()
    return next(
        group for group in now.groups.values() if group["management_type"] == management and len(now.outside(group)) > 1
    )


def joins(group: dict[str, Any], user: str) -> dict[str, str]:
    """The row of a request that somebody becomes a member of a group."""
    return {"kind": "grant", "entitlement": entitlement(group, "member"), "principal": f"user:{user}"}


def make_plan(stage: Stage, folder: Path, rows: str) -> None:
    """Write ``the.plan`` into *folder*."""
    ended = stage.site.run("plan", NAME, rows, "-o", str(folder / "the.plan"))
    assert ended.code in (0, 12, 75), ended


def rows_file(folder: Path, rows: list[dict[str, str]]) -> str:
    """A file of requests."""
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(file)
