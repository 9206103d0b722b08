"""Hosts: three of them on one PostgreSQL sync and change one team, and are killed and stopped at random all the while.

Each change is to be made once, however often its host dies or hangs; at the end nothing is undecided.
"""

import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from harness.besides import simulator_beside
from harness.cli import NAME, Ended, Site, Started
from harness.evidence import table, write
from harness.pictures import assert_same, of_file, of_truth
from harness.postgres import Server, of_its_own
from harness.rosters import Roster
from harness.staging import joins, rows_file

from jackfield.state import DatabaseAddress, RunStatus, open_state
from jackfield_contracts import JournalEntry, JournalStatus, OutcomeKind
from jackfield_dropbox_simulator.launch import Control
from jackfield_dropbox_simulator.options import TeamOptions

HOSTS, TERM = 3, 2.0
TEAM = TeamOptions(members=150, groups=24, seed=5)
_EXPECTED = {0, 13, 75, -signal.SIGKILL}
_FENCED = "another host has taken over"


class Seen(msgspec.Struct, kw_only=True):
    """What happened."""

    plans: int = 0
    changes: int = 0
    kills: int = 0
    stops: int = 0
    fenced: int = 0
    syncs: int = 0
    interrupted: int = 0
    seconds: float = 0.0
    codes: Counter[int] = msgspec.field(default_factory=Counter[int])
    outcomes: Counter[str] = msgspec.field(default_factory=Counter[str])


class Yard:
    """A team, the plans that are to be applied, and the hosts that do so."""

    def __init__(
        self, folder: Path, control: Control, database: DatabaseAddress, *, plans: int, seed: int, least: int
    ) -> None:
        self.least = least
        self.control = control
        self.site = Site(folder, control, database=database, provisioning=True)
        self.rng = random.Random(seed)
        self.seen = Seen()
        self.faults: list[str] = []
        self.over = threading.Event()
        self.calm = threading.Event()
        self._waiting = deque(self._plans(plans))
        self._running: dict[int, Started] = {}

    def _plans(self, number: int) -> list[str]:
        roster = Roster(self.control.truth())
        pairs = [
            joins(group, one["team_member_id"])
            for group in roster.groups.values()
            if group["management_type"] == "user_managed"
            for one in roster.outside(group)
        ]
        self.rng.shuffle(pairs)
        made: list[str] = []
        for each in range(number):
            file = self.site.folder / f"{each}.plan"
            rows = rows_file(self.site.folder, [pairs.pop() for _ in range(5)])
            ended = self.site.run("plan", NAME, rows, "-o", str(file))
            assert ended.code == 0, ended
            made.append(str(file))
        self.seen.plans, self.seen.changes = number, 5 * number
        return made

    def host(self, number: int) -> None:
        """One command after the other, until all plans are applied and there was trouble enough."""
        rng = random.Random(number)
        while not self.over.is_set():
            plan = None if rng.random() < 0.3 else self._next()
            command = ("sync", NAME) if plan is None else ("apply", plan, "--yes")
            started = self.site.start(*command, "--output", "json")
            self._running[number] = started
            ended = started.end(timeout=240)
            self._note(ended)
            if plan is not None and ended.code != 0:
                self._waiting.append(plan)
            if ended.code == 13:
                self.over.wait(0.3)
            elif plan is None and not self._waiting and self._troubled:
                return

    @property
    def _troubled(self) -> bool:
        return self.seen.kills + self.seen.stops >= self.least

    def _next(self) -> str | None:
        with suppress(IndexError):
            return self._waiting.popleft()
        return None

    def _note(self, ended: Ended) -> None:
        self.seen.codes[ended.code] += 1
        self.seen.fenced += _FENCED in ended.err + ended.out
        if ended.code not in _EXPECTED or "Traceback" in ended.err:
            self.faults.append(f"{ended.code}: {ended.err or ended.out}")
            self.over.set()

    def trouble(self, seconds: float) -> None:
        """Kill or stop one of the hosts, again and again; who was stopped goes on later.

        It goes on for *seconds* while plans wait, and until there was trouble enough, however fast the hosts are.
        """
        until = time.monotonic() + seconds
        while not self.over.is_set() and (not self._troubled or (self._waiting and time.monotonic() < until)):
            time.sleep(self.rng.uniform(0.1, 1.2))
            process: Any = self._running.get(self.rng.randrange(HOSTS))
            if process is None or process.process.poll() is not None:
                continue
            with suppress(OSError):  # it has ended meanwhile
                if self.rng.random() < 0.4:
                    process.process.send_signal(signal.SIGKILL)
                    self.seen.kills += 1
                else:
                    process.process.send_signal(signal.SIGSTOP)
                    self.seen.stops += 1
                    wake = threading.Timer(self.rng.uniform(0.2, 2.5) * TERM, _wake, (process,))
                    wake.start()

    def run(self, seconds: float) -> None:
        """Let the hosts work, with trouble for as long as *seconds*, and look at what they left."""
        started = time.monotonic()
        hosts = [threading.Thread(target=self.host, args=(number,)) for number in range(HOSTS)]
        for each in hosts:
            each.start()
        self.trouble(seconds)
        for each in hosts:
            each.join()
        self.seen.seconds = time.monotonic() - started
        assert not self.faults, self.faults
        self._look()

    def _look(self) -> None:
        time.sleep(TERM)
        assert self.site.run("changes", "recover").code == 0
        ended = self.site.sync()
        assert ended.code == 0, ended
        assert_same(of_file(Path(ended.json["snapshot"])), of_truth(self.control.truth()), "at the end")
        assert self.site.run("verify", NAME).code in (0, 11), "11: a file that came too late and is nobody's"
        with open_state(self.site.place) as state:
            entries, runs = state.changes(NAME, limit=None), state.history(NAME)
        assert all(entry.status is JournalStatus.SETTLED for entry in entries)
        assert not any(run.status is RunStatus.RUNNING for run in runs)
        additions = sum(self.control.effects()["group_additions"].values())
        assert additions == self.seen.changes, f"{additions} were added"
        self._every_change_once(entries)
        self.seen.syncs = sum(run.status is RunStatus.PUBLISHED for run in runs)
        self.seen.interrupted = sum(run.status is RunStatus.INTERRUPTED for run in runs)

    def _every_change_once(self, entries: list[JournalEntry]) -> None:
        told = Counter(entry.outcome.outcome.value for entry in entries if entry.outcome)
        self.seen.outcomes = told
        made = [entry.change for entry in entries if entry.outcome and entry.outcome.outcome is OutcomeKind.CHANGED]
        assert len(made) == len(set(map(msgspec.json.encode, made))), "one is told to be made twice"


def _wake(process: Started) -> None:
    with suppress(OSError):  # it has ended meanwhile
        process.process.send_signal(signal.SIGCONT)


def run(server: Server, *, plans: int, seconds: float, seed: int, least: int = 0) -> Seen:
    """Let hosts apply *plans*, with trouble for as long as *seconds* and as often as *least*."""
    with (
        tempfile.TemporaryDirectory(prefix="hosts-") as folder,
        server.database(term=TERM) as database,
        simulator_beside(TEAM) as control,
    ):
        yard = Yard(Path(folder) / "site", control, database, plans=plans, seed=seed, least=least)
        yard.run(seconds)
        return yard.seen


def main(argv: list[str]) -> int:
    """Apply 60 plans of five changes, or as many as named: [PLANS [SEED]]; trouble for ten minutes at most."""
    plans = int(argv[0]) if argv else 60
    with of_its_own() as server:
        seen = run(server, plans=plans, seconds=600.0, seed=int(argv[1]) if len(argv) > 1 else 3)
    print(seen, file=sys.stderr)
    if not argv:
        _write(seen)
    return 0


def _write(seen: Seen) -> None:
    rows = (
        ("hosts; seconds that a lock lasts", f"{HOSTS}; {TERM:.0f}"),
        ("plans; changes in them", f"{seen.plans}; {seen.changes}"),
        ("seconds", round(seen.seconds)),
        ("commands that were killed; stopped, and continued after 0.4 to 5 s", f"{seen.kills}; {seen.stops}"),
        ("commands that ended since another host had taken over", seen.fenced),
        ("commands by exit code", ", ".join(f"{code}: {number}" for code, number in sorted(seen.codes.items()))),
        ("syncs published; interrupted", f"{seen.syncs}; {seen.interrupted}"),
        ("entries of the journal by outcome", ", ".join(f"{n} {name}" for name, n in sorted(seen.outcomes.items()))),
        ("additions that the application made", seen.changes),
        ("undecided at the end; changes told to be made twice", "0; 0"),
    )
    write(
        "hosts",
        "Hosts that die and hang",
        "Three hosts, as processes on one machine, apply plans to one team and sync it, on a real PostgreSQL and one folder."
        " They are ended by `kill -9`, and stopped by SIGSTOP for shorter or longer than their lock lasts. Every addition is"
        " made once by the application's own count, nothing is undecided at the end, and the last snapshot is the truth.",
        table(("what", "how many"), rows),
    )
