"""One errand on one simulated team: run, killed, recovered, and what the team and the journal then show."""

import json
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from jackfield.state import open_state
from jackfield_contracts import JournalEntry, JournalStatus

from . import doomed
from .besides import Beside
from .cli import JACKFIELD, NAME, Ended, Site, Started
from .errands import Errand, Places
from .rosters import Roster

KILLED = -9
_COUNTS = ("calls", "applied", "total_calls")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_OWN = ("id", "plan", "intended", "settled", "lost")
_FREE = ("request_ids", "job", "reason", "results")


class Shown(msgspec.Struct, frozen=True):
    """What is true of the team, which side effects it had, and the journal without ids and times.

    ``told`` are the sentences and results of the outcomes. ``undecided`` are entries without an outcome.
    """

    truth: dict[str, Any]
    effects: dict[str, int]
    entries: tuple[dict[str, Any], ...]
    told: tuple[str, ...]
    undecided: int
    pending: int


class Stand:
    """A team made ready for an errand, and a folder from which it is run."""

    def __init__(self, folder: Path, control: Beside, errand_of: Any, *, lag: float = 0.0, **settings: Any) -> None:
        self.control = control
        self.errand: Errand = errand_of(Places(Roster(control.truth())))
        if self.errand.before:
            control.change(*self.errand.before)
        if more := self.errand.settings | ({"read_lag": lag} if lag else {}):
            control.settings(**more)
        self.site = Site(folder, control, provisioning=True, **settings)
        self._command = self.errand.command or self._planned()
        self._trace = folder / "trace"

    def _planned(self) -> tuple[str, ...]:
        rows = self.site.folder / "changes.jsonl"
        rows.write_text("".join(json.dumps(row) + "\n" for row in self.errand.plan), encoding="utf-8")
        planned = self.site.run("plan", NAME, str(rows), "-o", "the.plan", "--output", "json")
        assert planned.code == 0, planned
        outcomes = planned.json["outcomes"]
        assert outcomes == {"changed": len(self.errand.plan)}, outcomes
        return ("apply", "the.plan")

    def start(self, *, program: tuple[str, ...] | None = None) -> Started:
        """Start the command of the errand."""
        given = ("--yes", "--reason", "a sweep", "--output", "json")
        return self.site.start(*self._command, *given, program=program or (JACKFIELD,))

    def run(self) -> Ended:
        """Run it to its end."""
        return self.start().end()

    def doomed(self, point: str = "") -> Ended:
        """Run it to *point* of its way, where it is killed."""
        return self.start(program=self._doomed(point)).end()

    def recover(self, *, point: str = "") -> Ended:
        """Settle what is undecided; with a *point*, until that is reached."""
        program = self._doomed(point) if point else (JACKFIELD,)
        return self.site.start("changes", "recover", NAME, "--yes", "--output", "json", program=program).end()

    def _doomed(self, point: str) -> tuple[str, ...]:
        self._trace.unlink(missing_ok=True)
        return sys.executable, doomed.__file__, str(self._trace), point

    def trace(self) -> list[str]:
        """The points that the last such run passed."""
        return self._trace.read_text(encoding="utf-8").splitlines()

    @contextmanager
    def held(self, route: str, when: str, skip: int) -> Generator[int]:
        """Run it until that call is held, and kill it there; gives the hold, whose client is gone."""
        hold = self.control.hold(route, when, skip=skip)
        started = self.start()
        try:
            self.control.wait_held(hold, timeout=60)
        finally:
            started.kill()
        self.control.wait_gone(hold, timeout=60)
        yield hold

    def journal(self) -> list[JournalEntry]:
        """All entries, the oldest first."""
        if not self.site.home.database.exists():
            return []
        with open_state(self.site.home.database) as state:
            return state.changes(NAME, limit=None)[::-1]

    def effects(self) -> dict[str, int]:
        """How often each side effect happened, by what it happened to."""
        shown = self.control.effects()
        return {
            f"{name} {what}": number
            for name, counts in shown.items()
            if name not in _COUNTS
            for what, number in counts.items()
        }

    def look(self) -> Shown:
        """The team and the journal as they are, once the application's own jobs have ended."""
        self.control.advance(60)
        entries = self.journal()
        return Shown(
            truth=_undated(self.control.truth()),
            effects=self.effects(),
            entries=tuple(map(_plain, entries)),
            told=tuple(map(_told, entries)),
            undecided=sum(entry.status is JournalStatus.INTENT for entry in entries),
            pending=sum(entry.status is JournalStatus.PENDING for entry in entries),
        )


def _undated(truth: dict[str, Any]) -> dict[str, Any]:
    """*truth* without its dates: two runs are never of the same second."""
    for one in (*truth["users"], *truth["removed"]):
        for date in ("invited_on", "joined_on", "suspended_on"):
            del one[date]
    return truth


def _plain(entry: JournalEntry) -> dict[str, Any]:
    plain = {key: value for key, value in msgspec.to_builtins(entry).items() if key not in _OWN}
    if "outcome" in plain:
        plain["outcome"] = {key: value for key, value in plain["outcome"].items() if key not in _FREE}
    return plain


def _told(entry: JournalEntry) -> str:
    outcome = entry.outcome
    return _TIME.sub("TIME", f"{outcome.reason} {sorted(outcome.results.items())}") if outcome else ""
