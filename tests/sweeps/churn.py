"""Churn: people join, leave and move while the listing goes on.

Whoever was there throughout is present (unless the scope is said not to be whole), whoever was absent throughout is
not, and each row was true at some moment.
"""

import asyncio
import random
import sys
from collections.abc import Mapping
from typing import Any

import msgspec
from harness.benches import bench
from harness.evidence import table, write
from harness.pictures import Grant
from harness.simulators import simulating
from harness.syncs import Bench, snapshot_of
from harness.verdicts import Scope, scope_of, scopes_of

from jackfield.state import RunStatus
from jackfield_dropbox_simulator.options import TeamOptions

WHOLE = ("complete", "unreconciled")


class Case(msgspec.Struct, frozen=True):
    """One sync under change; ``resets`` are requests at which the cursor is reset."""

    seed: int
    team: TeamOptions
    every: int
    amount: int
    based: bool
    resets: int


class Seen(msgspec.Struct, frozen=True):
    """How a sync under change ended; ``wrong`` should be empty."""

    case: Case
    applied: int
    requests: int
    rereads: int
    unseen: int
    held: bool
    wrong: tuple[str, ...]


def cases(seed: int = 3, number: int = 120) -> list[Case]:
    """Random teams, churns and resets."""
    rng = random.Random(seed)
    made: list[Case] = []
    for at in range(number):
        members = rng.choice([20, 40, 120, 120, 1300, 2400])
        team = TeamOptions(
            members=members,
            groups=rng.choice([3, 10, 40]) if members < 2000 else rng.choice([30, 1100]),
            seed=seed * 10_000 + at,
            memberships=members * rng.choice([1, 3]),
            system_group=rng.choice([True, False]),
        )
        made.append(
            Case(
                seed=rng.randrange(10**6),
                team=team,
                every=rng.choice([1, 1, 2, 3]),
                amount=rng.choice([1, 2, 4]),
                based=rng.random() < 0.7,
                resets=rng.choice([0, 0, 1, 2]),
            )
        )
    return made


async def show(case: Case, workshop: Bench, name: str) -> Seen:
    """Sync while the team changes after every few requests, and compare with what was observed."""
    async with simulating(case.team) as simulator:
        if case.based:
            assert (await workshop.sync(simulator, name)).run.complete
        simulator.reset_requests()
        for route in ("team/members/list/continue_v2", "team/groups/list/continue")[: case.resets]:
            simulator.fault("cursor_reset", route=route, times=1)
        simulator.mark()
        amount = {"joins": case.amount, "leaves": case.amount, "moves": 2 * case.amount}
        simulator.churn(every=case.every, seed=case.seed, **amount)
        result = await workshop.sync(simulator, name)
        applied = simulator.send("GET", "churn")["applied"]
        simulator.stop_churn()
        observed = simulator.observed()
    run = result.run
    wrong: list[str] = []
    if run.status is RunStatus.FAILED:
        wrong.append(f"it failed: {run.reason}")
    else:
        wrong += compare(scopes_of(snapshot_of(run)), _facts(observed["always"]), _facts(observed["ever"]))
    held = run.status is RunStatus.HELD
    return Seen(case, applied, run.requests, run.rereads, len(run.scopes), held, tuple(wrong))


def _facts(observed: Mapping[str, list[Any]]) -> dict[str, set[object]]:
    found: dict[str, set[object]] = {"user": set(observed["users"])}
    grants = [Grant("group", group, access, user) for user, group, access in observed["memberships"]]
    grants += [Grant("role", role, "member", user) for user, role in observed["roles"]]
    grants += [Grant("license", "full", "assigned", user) for user in observed["licenses"]]
    for grant in grants:
        found.setdefault(scope_of(grant), set()).add(grant)
    return found


def compare(
    scopes: Mapping[str, Scope], always: Mapping[str, set[object]], ever: Mapping[str, set[object]]
) -> list[str]:
    """What is wrong, in words."""
    wrong: list[str] = []
    everybody = {row[1] for row in scopes["user"].fresh | scopes["user"].carried}
    for name, scope in scopes.items():
        if name in ("role", "group", "app", "license"):
            continue
        shown: set[object] = {row if isinstance(row, Grant) else row[1] for row in scope.fresh | scope.carried}
        if missing := always.get(name, set()) - shown if scope.seal in WHOLE else set():
            wrong.append(
                f"{name} ({scope.seal}): {len(missing)} were there throughout and are missing: {list(missing)[:2]}"
            )
        if untrue := shown - ever.get(name, set()):
            wrong.append(f"{name} ({scope.seal}): {len(untrue)} were never true: {list(untrue)[:2]}")
        people = [row.user for row in scope.fresh | scope.carried if isinstance(row, Grant) and row.type != "role"]
        if len(set(people)) < len(people):
            wrong.append(f"{name}: somebody is both member and owner")
        if scopes["user"].seal in WHOLE and (strangers := set(people) - everybody):
            wrong.append(f"{name}: {len(strangers)} holders are no users of the snapshot")
    if lost := always.keys() - scopes.keys():
        wrong.append(f"scopes that are missing: {sorted(lost)[:3]}")
    return wrong


async def sweep(chosen: list[Case]) -> list[Seen]:
    """Run the cases, a few at a time."""
    places = asyncio.Semaphore(6)
    with bench() as workshop:

        async def one(number: int, case: Case) -> Seen:
            async with places:
                return await show(case, workshop, f"c{number}")

        return list(await asyncio.gather(*(one(number, case) for number, case in enumerate(chosen))))


def main(argv: list[str]) -> int:
    """Run all cases, or those of a seed: SEED [NUMBER]."""
    chosen = cases(*(int(word) for word in argv)) if argv else cases()
    seen = asyncio.run(sweep(chosen))
    bad = [one for one in seen if one.wrong]
    for one in bad:
        print(f"{one.case}\n    " + "\n    ".join(one.wrong), file=sys.stderr)
    rows = [
        (
            every,
            len(some := [one for one in seen if one.case.every == every]),
            sum(one.applied for one in some),
            sum(one.requests for one in some),
            sum(not one.unseen for one in some),
            sum(bool(one.unseen) for one in some),
            sum(bool(one.wrong) for one in some),
        )
        for every in sorted({case.every for case in chosen})
    ]
    headings = (
        "change after every … requests",
        "syncs",
        "changes",
        "requests",
        "whole",
        "not whole and say so",
        "wrong",
    )
    told = table(headings, rows)
    print(told, file=sys.stderr)
    if not argv:
        write(
            "churn",
            "Change while the listing goes on",
            "People join, leave and move while a sync reads the team; some listings lose their cursor as well. Whoever "
            "was there throughout is present, whoever was absent throughout is not, each row was true at some moment.",
            told,
        )
    return 1 if bad else 0
