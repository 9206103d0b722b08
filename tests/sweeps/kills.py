"""Kills: ``kill -9`` at random moments of syncs, each followed by a rerun that has to end in the truth.

A rerun asks for no page that was stored already, leaves nothing lying about, and the run is recorded once.
"""

import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from harness.changes import change_at_random
from harness.cli import Site, Started
from harness.evidence import table, write
from harness.partials import ROUTES, Stored, stored_in
from harness.pictures import assert_same, of_file, of_truth
from harness.spawned import spawn
from harness.syncs import snapshot_of
from harness.verdicts import HELD

from jackfield.state import RunStatus
from jackfield_dropbox_simulator.launch import Spawned

TEAM = (
    "--members", "3300", "--groups", "1150", "--memberships", "16000", "--shape", "mixed", "--seed", "11", "--latency", "30",
)  # fmt: skip


class Seen(msgspec.Struct, frozen=True):
    """One kill: how far the sync was, and what the rerun asked."""

    phase: str
    stored: int
    asked_before: int
    asked_after: int
    twice: int


class Yard:
    """One simulated team and one home folder, through many kills."""

    def __init__(self, folder: Path, simulator: Spawned, seed: int) -> None:
        self.simulator = simulator
        self.site = Site(folder, simulator)
        self.rng = random.Random(seed)
        started = time.monotonic()
        first = self.site.sync()
        assert first.code == 0, first
        self.usual = self.simulator.requests()["total"]
        self.seconds = self._measure(time.monotonic() - started)

    def _measure(self, first: float) -> float:
        again = self.site.sync()
        assert again.code == 0, again
        return min(first, again.seconds)

    def kill(self, *, at: float | None = None, late: bool = False) -> Seen:
        """Change the team, sync, kill, look, run again, compare.

        The moment is a share of the usual time, random unless given; *late* waits for the last request first, since
        sealing and publishing are short.
        """
        share = self.rng.uniform(0.02, 1.1) if at is None else at
        change_at_random(self.simulator, self.rng, 4)
        self.simulator.reset_requests()
        recorded = {run.run for run in self.site.history()}
        process = self.site.start("sync", "acme", "--output", "json")
        if late:
            self._await_last_request(process)
            time.sleep(self.rng.uniform(0.0, 0.4))
        else:
            time.sleep(self.seconds * share)
        done = process.process.poll() is not None
        process.kill()
        self._settle()
        before = self.simulator.requests()["requests"]
        stored = stored_in(self.site.home.partial("acme"))
        self._nothing_short(recorded)
        self.simulator.reset_requests()
        ended = self.site.sync()
        after = self.simulator.requests()["requests"]
        if ended.code == HELD:
            # One person may own a fifth of all groups, and leave.
            ended = self.site.sync("--accept", ended.json["run"])
        assert ended.code == 0, f"the rerun: {ended}"
        if stored.run is None:
            self.usual = len(after)
        self._look_at(ended.json, recorded, stored)
        twice = asked_twice(before, after, stored)
        phase = "over" if done else phase_of(stored, before)
        # The machine may be faster or slower than when it was measured: most kills are to hit a sync that runs.
        if late:
            pass
        elif phase == "over":
            self.seconds *= 0.9
        elif phase == "starting" and share > 0.4:
            self.seconds *= 1.1
        if phase == "over" or stored.run is None:
            twice = 0  # a sync of its own
        return Seen(phase, stored.pages.total(), len(before), len(after), twice)

    def _await_last_request(self, process: Started) -> None:
        """Wait until as many requests were made as usual, or the sync has ended."""
        while process.process.poll() is None and self.simulator.requests()["total"] < self.usual:
            time.sleep(0.01)

    def _settle(self) -> None:
        """Wait until the simulator has seen that the connections are gone."""
        for _ in range(200):
            if self.simulator.requests()["in_flight"] == 0:
                return
            time.sleep(0.02)

    def _nothing_short(self, recorded: set[str]) -> None:
        """What is recorded as published right after the kill has to be whole, too."""
        for run in self.site.history():
            if run.run not in recorded and run.status is RunStatus.PUBLISHED:
                assert run.complete, f"published incomplete: {run}"
                assert_same(of_file(snapshot_of(run)), of_truth(self.simulator.truth()), f"killed run {run.run}")

    def _look_at(self, told: dict[str, Any], recorded: set[str], stored: Stored) -> None:
        assert told["status"] == "published", told
        assert told["complete"], told
        assert_same(of_file(Path(told["snapshot"])), of_truth(self.simulator.truth()), f"rerun {told['run']}")
        history = self.site.history()
        fresh = [run for run in history if run.run not in recorded]
        assert len({run.run for run in fresh}) == len(fresh), f"recorded twice: {fresh}"
        assert next(run for run in fresh if run.run == told["run"]).status is RunStatus.PUBLISHED
        if stored.run is not None:
            assert stored.run == told["run"], f"the rerun made {told['run']} instead of going on with {stored.run}"
        for run in history:
            assert run.status not in (RunStatus.RUNNING, RunStatus.FAILED), f"left as {run.status}: {run}"
        rubbish = [name for name in self.site.files() if "partial" in name or "finished" in name]
        assert not rubbish, f"left lying about: {rubbish}"
        snapshots = {name for name in self.site.files() if name.endswith(".sqlite")}
        assert snapshots == {f"snapshots/acme/{run.run}.sqlite" for run in history if run.snapshot} & snapshots
        db = sqlite3.connect(self.site.home.database)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()


def phase_of(stored: Stored, before: list[dict[str, Any]]) -> str:
    """How far a sync was when it was killed."""
    if stored.sealed:
        return "publishing"
    if stored.run is None:
        return "between" if before else "starting"
    return "reading" if stored.pages.total() else "first requests"


def asked_twice(before: list[dict[str, Any]], after: list[dict[str, Any]], stored: Stored) -> int:
    """How many pages the rerun asked for again; fails if one of them was stored."""
    if stored.sealed:
        assert not after, f"it was sealed, and the rerun asked {[one['route'] for one in after]}"
    answered = [one for one in before if one["status"] == 200]
    again = 0
    for family, routes in ROUTES.items():
        mine = [_page(one) for one in answered if one["route"] in routes]
        its = Counter(_page(one) for one in after if one["route"] in routes)
        kept = _kept(family, mine, stored)
        repeated = [page for page in kept if its[page]]
        assert not repeated, f"{family}: {len(repeated)} stored pages were asked for again: {repeated[:3]}"
        again += sum(its[page] > 0 for page in set(mine))
        assert max(its.values(), default=0) <= 1, f"{family}: asked twice by the rerun itself: {its}"
    return again


def _page(one: dict[str, Any]) -> str:
    return one["cursor_fingerprint"] or one["argument_digest"] + one["route"]


def _kept(family: str, answered: list[str], stored: Stored) -> list[str]:
    """The pages that were stored, as the simulator names them."""
    if family == "group_members":
        assert stored.pages[family] == len(stored.batches)
        route = ROUTES[family][0]
        known = {batch + route for batch in stored.batches}
        assert known <= set(answered), "a batch is stored that was never answered"
        return sorted(known)
    if family == "catalogue":
        return answered if stored.pages[family] else []
    # One read, page by page: the first ones answered are those stored.
    return answered[: stored.pages[family]]


def _work(seed: int, times: int) -> list[Seen]:
    seen: list[Seen] = []
    with tempfile.TemporaryDirectory(prefix="kills-") as folder, spawn(*TEAM) as simulator:
        yard = Yard(Path(folder) / "site", simulator, seed)
        for number in range(times):
            seen.append(yard.kill(late=number % 4 == 3))
            if number % 10 == 9:
                counts = dict(Counter(one.phase for one in seen))
                print(f"seed {seed}, {number + 1}: {counts}", file=sys.stderr, flush=True)
    return seen


def main(argv: list[str]) -> int:
    """Kill 200 syncs of two teams, or as many as named: [TIMES [SEED]]."""
    times = int(argv[0]) if argv else 200
    seed = int(argv[1]) if len(argv) > 1 else 5
    with ProcessPoolExecutor(2) as processes:
        parts = processes.map(_work, (seed, seed + 1), (times - times // 2, times // 2))
        seen = [one for part in parts for one in part]
    print(dict(Counter(one.phase for one in seen)), file=sys.stderr)
    if not argv:
        _write(seen)
    return 0


def _write(seen: list[Seen]) -> None:
    phases = ("starting", "first requests", "reading", "publishing", "between", "over")
    write(
        "kills",
        "Syncs that were killed",
        f"{len(seen)} syncs of a team of 3,300 members and 1,150 groups were ended by `kill -9` at random moments, the "
        "team changing before each, and run again. Every snapshot published, before or after, equals the simulator's "
        "truth and is complete; no stored page was asked for again; nothing was left lying about; each run is recorded "
        "once. How many kills fell into which phase depends on the machine.",
        table(
            ("killed while", "kills", "pages stored", "answered pages asked for again (they were in flight)"),
            [
                (
                    phase,
                    len(some := [one for one in seen if one.phase == phase]),
                    f"{min((one.stored for one in some), default=0)} to {max((one.stored for one in some), default=0)}",
                    f"at most {max((one.twice for one in some), default=0)}",
                )
                for phase in phases
            ],
        ),
    )
