"""Faults: each kind once at each request of a small sync, and each for good on each route that it applies to.

A base is published first and the team changes, so that a part that can't be read has old rows to show.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import msgspec
from harness.benches import bench
from harness.changes import change_at_random
from harness.evidence import table, write
from harness.oracle import check_record, judge_of_traffic
from harness.pictures import Picture, of_file, of_truth
from harness.simulators import Inside, simulating
from harness.syncs import QUICK, Bench, snapshot_of
from harness.verdicts import INCOMPLETE, exit_code, judge, sharp, without_counts, without_tags

from jackfield.state import Run, RunStatus
from jackfield.sync import SyncResult
from jackfield_dropbox_simulator.faults.kinds import AUTHORIZE, GROUPS, MEMBERS, catalogue
from jackfield_dropbox_simulator.options import TeamOptions

TEAMS = {
    "small": TeamOptions(members=30, groups=9, seed=5),
    "many groups": TeamOptions(members=30, groups=1040, memberships=200, seed=6),
    "many members": TeamOptions(members=1150, groups=3, memberships=3600, system_group=True, seed=8),
}
HUGE, MOST = 8_000_000, 6_000_000
LONGEST = 120.0


class Case(msgspec.Struct, frozen=True):
    """One fault on one sync: at a request's index, or (with a route) for good."""

    team: str
    kind: str
    at: int | None = None
    route: str | None = None
    more: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        where = f"at request {self.at}" if self.route is None else f"for good on {self.route}"
        more = "".join(f" {name}={value}" for name, value in self.more)
        return f"{self.kind}{more} {where}, team {self.team}"

    @property
    def once(self) -> bool:
        """Whether it happens once."""
        return self.route is None


class Seen(msgspec.Struct, frozen=True):
    """How one case ended; ``wrong`` should be empty."""

    case: Case
    fired: int
    code: int
    seconds: float
    unseen: tuple[str, ...]
    reason: str
    wrong: tuple[str, ...]


def patience(case: Case) -> dict[str, float]:
    """How long a sync goes on trying: what passes is waited for on a busy machine too, what lasts is given up soon.

    Large teams share this process's time with others.
    """
    slower = {} if case.team == "small" else {"retry_deadline": 8.0, "request_timeout": 4.0, "stall_timeout": 14.0}
    waiting = {"retry_deadline": 60.0, "stall_timeout": 90.0} if case.once else {}
    return {**QUICK, **slower, **waiting, "max_answer_bytes": MOST}


async def routes_of(team: str) -> list[str]:
    """The routes that an undisturbed second sync asks, in order."""
    with bench() as workshop:
        async with simulating(TEAMS[team]) as simulator:
            await _prepare(workshop, simulator, "probe", team)
            await workshop.sync(simulator, "probe")
            return [one["route"] for one in simulator.requests()["requests"]]


async def cases(teams: Iterable[str] = TEAMS) -> list[Case]:
    """Every case of the sweep."""
    made: list[Case] = []
    for team in teams:
        routes = await routes_of(team)
        for kind in catalogue().values():
            if kind.routes == (AUTHORIZE,):
                continue
            if not kind.lasting_only:
                made += [Case(team, kind.kind, at=at) for at, route in enumerate(routes) if kind.applies(route)]
            made += [Case(team, kind.kind, route=route) for route in sorted(set(routes)) if kind.applies(route)]
        made.append(Case(team, "wrong_count", route="team/groups/get_info", more=(("everywhere", True),)))
    return made


async def _prepare(workshop: Bench, simulator: Inside, name: str, team: str) -> Any:
    base = await workshop.sync(simulator, name)
    assert base.run.complete, f"the base: {base.run.reason} {base.run.scopes}"
    change_at_random(simulator, random.Random(len(team)), 12)
    simulator.reset_requests()
    if team == "many members":
        # One answer leaves somebody out, so that the group's own listing is read, which has a second page.
        largest = max(simulator.truth()["groups"], key=_owned)
        simulator.fault("short_listing", route="team/groups/get_info", times=1, group_id=largest["group_id"])
    return base.run


def _owned(group: dict[str, Any]) -> int:
    return len(group["members"]) if group["management_type"] == "user_managed" else -1


async def show(case: Case, workshop: Bench, name: str) -> Seen:
    """Publish a base, change the team, order the fault, sync, and judge what came of it."""
    kind = catalogue()[case.kind]
    record = workshop.home.folder / f"{name}.jsonl"
    async with simulating(TEAMS[case.team], record=str(record)) as simulator:
        base = await _prepare(workshop, simulator, name, case.team)
        params = {"bytes": HUGE} if case.kind == "huge_body" else dict(case.more)
        ordered = simulator.fault(case.kind, at=case.at, route=case.route, times=1 if case.once else None, **params)
        started = time.monotonic()
        async with asyncio.timeout(LONGEST):
            result = await workshop.sync(simulator, name, **patience(case))
        seconds = time.monotonic() - started
        fired = next(one["fired"] for one in simulator.faults() if one["id"] == ordered["id"])
        truth = of_truth(simulator.truth())
    if case.team == "small":
        check_record(record)
    record.unlink()
    code = exit_code(result)
    wrong = _judge(case, result, truth, base)
    if kind.recovers and case.once and code != 0:
        wrong.append(f"a passing fault ended with {code}: {result.run.reason or result.run.scopes}")
    unseen = tuple(seal.scope for seal in result.run.scopes)
    return Seen(case, fired, code, seconds, unseen, result.run.reason or "", tuple(wrong))


def _judge(case: Case, result: SyncResult, truth: Picture, base: Run) -> list[str]:
    if not case.once and case.kind == "short_listing" and case.route in MEMBERS and exit_code(result) == INCOMPLETE:
        # The same people left out of every listing: the count of licences tells, and no other count could.
        listed = set(of_file(snapshot_of(result.run)).users)
        truth = truth._replace(
            users={id: user for id, user in truth.users.items() if id in listed},
            grants={grant for grant in truth.grants if grant.user in listed},
        )
    if case.kind == "short_tail" and (case.once or case.route in GROUPS) and result.run.snapshot is not None:
        truth = _without_groups_that_nobody_names(truth, base, result.run)
    if case.kind == "unknown_tags" and result.run.status is RunStatus.HELD:
        return []  # owners that can't be told from members any more are a loss, and the brake holds it
    blur = without_tags if case.kind == "unknown_tags" else without_counts if "count" in case.kind else sharp
    return judge(result, truth, base, blur)


def _without_groups_that_nobody_names(truth: Picture, base: Run, run: Run) -> Picture:
    """A group without members that is new and not listed: no answer of the application speaks of it."""
    before, listed = of_file(snapshot_of(base)).groups, of_file(snapshot_of(run)).groups
    held = {grant.id for grant in truth.grants if grant.type == "group"}
    hidden = {id for id in truth.groups if id not in held and id not in before and id not in listed}
    return truth._replace(
        groups={id: group for id, group in truth.groups.items() if id not in hidden},
        entitlements={one for one in truth.entitlements if one[1] not in hidden},
    )


async def sweep(chosen: list[Case], *, together: int = 24) -> list[Seen]:
    """Run cases, many at a time: they wait more than they work. Large teams take more of the places."""
    places = asyncio.Semaphore(together)
    turn = asyncio.Lock()
    judge_of_traffic()
    with bench() as workshop:

        async def one(number: int, case: Case) -> Seen:
            needed = 1 if case.team == "small" else max(1, together // 8)
            async with turn:
                for _ in range(needed):
                    await places.acquire()
            try:
                return await show(case, workshop, f"c{number}")
            except Exception as error:  # noqa: BLE001 - told with its case
                return Seen(case, 1, -1, 0.0, (), "", (f"{type(error).__name__}: {error}",))
            finally:
                for _ in range(needed):
                    places.release()

        return list(await asyncio.gather(*(one(number, case) for number, case in enumerate(chosen))))


def _part(chosen: list[Case]) -> list[Seen]:
    return asyncio.run(sweep(chosen))


def main(argv: list[str]) -> int:
    """Run every case, or those whose description holds all the words given."""

    chosen = [case for case in asyncio.run(cases()) if all(word in str(case) for word in argv)]
    print(f"{len(chosen)} cases", file=sys.stderr)
    with ProcessPoolExecutor(2) as processes:
        parts = processes.map(_part, (chosen[0::2], chosen[1::2]))
    seen = [one for part in parts for one in part if one.fired]
    bad = [one for one in seen if one.wrong]
    for one in bad:
        print(f"{one.case} (exit {one.code}, {one.seconds:.1f} s)\n    " + "\n    ".join(one.wrong), file=sys.stderr)
    if argv:
        for one in seen:
            print(one.case, one.code, f"{one.seconds:.1f}s", one.unseen[:4], one.reason)
    else:
        _write(seen)
    return 1 if bad else 0


def _write(seen: list[Seen]) -> None:
    rows: list[tuple[object, ...]] = []
    for kind in catalogue():
        for once in (True, False):
            some = [one for one in seen if one.case.kind == kind and one.case.once == once]
            if not some:
                continue
            codes = Counter(one.code for one in some)
            failed = " ".join(f"{code}:{count}" for code, count in sorted(codes.items()) if code not in (0, 8))
            how = "once" if once else "for good"
            rows.append((kind, how, len(some), codes[0], codes[8], failed or 0, sum(bool(one.wrong) for one in some)))
    total = Counter("once" if one.case.once else "for good" for one in seen)
    headings = (
        "fault",
        "how",
        "syncs",
        "whole, exit 0",
        "not whole and says so, exit 8",
        "failed, exit:times",
        "wrong",
    )
    write(
        "faults",
        "What becomes of faults",
        "A base is published, the team changes, then a sync meets the fault: once at each of its requests, or for good "
        "on each route. Whole means that the snapshot equals the simulator's truth. Where a part could not be read, "
        "the snapshot names it and carries the old rows; every other part equals the truth. The official SDK decodes every "
        "request to the small team, and every answer that no fault spoiled.",
        table(headings, rows),
        f"{len(seen)} syncs: {total['once']} with a fault that happened once, {total['for good']} with one for good; "
        f"{sum(bool(one.wrong) for one in seen)} wrong.",
    )
