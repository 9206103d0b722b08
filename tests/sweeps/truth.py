"""Truth: random teams, changed at random between two syncs; each snapshot equals what the simulator holds.

The requests of each sync are counted by the simulator and held to the limit.
"""

import asyncio
import random
import sys
from io import BytesIO

import msgspec
from harness.benches import bench
from harness.changes import change_at_random
from harness.evidence import table, write
from harness.limits import allowed_requests
from harness.oracle import check_record
from harness.pictures import assert_same, of_file, of_jsonl, of_truth
from harness.simulators import Inside, simulating
from harness.syncs import Bench, snapshot_of

from jackfield.exports.jsonl import write_jsonl
from jackfield.snapshots.reader import read_snapshot
from jackfield.state import RunStatus
from jackfield_dropbox_simulator.options import TeamOptions

SIZES = (
    2,
    3,
    4,
    7,
    11,
    19,
    30,
    55,
    99,
    160,
    300,
    700,
    999,
    1000,
    1001,
    1500,
    2000,
    2001,
    3500,
    5200,
    8000,
    12000,
    20000,
)


JUDGED = 1001
"""Members up to which the official SDK decodes all that was said; it takes seconds for large teams."""


class Case(msgspec.Struct, frozen=True):
    """One team, and whether members who left are read, too."""

    team: TeamOptions
    include_removed: bool = False


class Seen(msgspec.Struct, frozen=True):
    """What one case showed."""

    members: int
    groups: int
    memberships: int
    largest: int
    changes: int
    requests: tuple[int, ...]
    allowed: tuple[int, ...]


def cases(seed: int = 7) -> list[Case]:
    """A team of each size, of random shape; some with very large groups, some with more than 1,000 of them."""
    rng = random.Random(seed)
    made: list[Case] = []
    for number, members in enumerate(SIZES):
        groups = 1100 if members == 2000 else rng.choice([0, 1, 5, 12, 40]) if members < 100 else rng.randrange(5, 120)
        memberships = members * rng.choice([0, 1, 3, 6])
        if members > 5000:
            groups, memberships = rng.randrange(4, 30), members * rng.choice([2, 3])
        team = TeamOptions(
            members=members,
            groups=groups,
            seed=seed * 1000 + number,
            memberships=memberships,
            shape=rng.choice(["mixed", "mixed", "user_managed"]),
            system_group=rng.choice([None, True, False]),
            roles=rng.choice([1, 3, 6, 8, 11]),
        )
        made.append(Case(team, include_removed=number % 5 == 4))
    return made


async def show(case: Case, workshop: Bench, name: str) -> Seen:
    """Sync, change, sync again; fails unless each snapshot is the truth within the allowed requests."""
    rng = random.Random(case.team.seed)
    requests: list[int] = []
    allowed: list[int] = []
    changes = 0
    record = workshop.home.folder / f"{name}.jsonl"
    async with simulating(case.team, record=str(record)) as simulator:
        for about in ("first", "second", "third"):
            if about != "first":
                changes += change_at_random(simulator, rng, 3 + case.team.members // rng.choice([50, 200, 1000]))
            requests.append(await _sync(case, workshop, name, simulator, f"{about} sync of {case}"))
            allowed.append(allowed_requests(simulator.truth()))
            assert requests[-1] <= allowed[-1], (
                f"{about} sync of {case}: {requests[-1]} requests, {allowed[-1]} allowed"
            )
        truth = simulator.truth()
    if case.team.members <= JUDGED:
        check_record(record)
    record.unlink()
    sizes = [len(group["members"]) for group in truth["groups"]]
    return Seen(
        len(truth["users"]), len(sizes), sum(sizes), max(sizes, default=0), changes, tuple(requests), tuple(allowed)
    )


async def _sync(case: Case, workshop: Bench, name: str, simulator: Inside, about: str) -> int:
    simulator.reset_requests()
    result = await workshop.sync(simulator, name, include_removed=case.include_removed)
    run = result.run
    if run.status is RunStatus.HELD:
        # Random changes may take more than a fifth of the owners; what is held has to be the truth as well.
        run = workshop.accept(run.run, name)
    assert run.status is RunStatus.PUBLISHED, f"{about}: {run.status} {run.reason}"
    assert run.complete, f"{about}: {run.scopes}"
    asked = simulator.requests()["total"]
    assert run.requests == asked, f"{about}: the run says {run.requests} requests, the simulator counted {asked}"
    assert run.rereads == 0, f"{about}: {run.rereads} re-reads"
    truth = of_truth(simulator.truth(), include_removed=case.include_removed)
    file = snapshot_of(run)
    assert_same(of_file(file), truth, f"{about}, by its views")
    lines = BytesIO()
    with read_snapshot(file) as snapshot:
        write_jsonl(snapshot, lines)
    assert_same(of_jsonl(lines.getvalue().splitlines()), truth, f"{about}, as JSON Lines")
    return asked


def main(argv: list[str]) -> int:
    """Run all cases, or those with as many members as named."""
    rows: list[tuple[object, ...]] = []

    async def run() -> None:
        with bench() as workshop:
            for case in cases():
                if argv and str(case.team.members) not in argv:
                    continue
                seen = await show(case, workshop, f"team{case.team.seed}")
                asked = " ".join(f"{one}≤{most}" for one, most in zip(seen.requests, seen.allowed, strict=True))
                kind = case.team.shape + (", removed ones too" if case.include_removed else "")
                counts = (seen.members, seen.groups, seen.memberships, seen.largest, seen.changes)
                rows.append((case.team.seed, kind, *counts, asked))
                print(*rows[-1], file=sys.stderr, flush=True)

    asyncio.run(run())
    headings = ("seed", "shape", "members", "groups", "memberships", "largest group", "changes", "requests ≤ allowed")
    if not argv:
        write(
            "truth",
            "The snapshot is the truth",
            "Each team was synced three times, changed at random in between. Every snapshot equals what the simulator "
            "holds: users with status, addresses and names, roles, groups, members and owners, licences; read through "
            "the views of the file and again as JSON Lines. Members and memberships are those at the end. Up to "
            f"{JUDGED:,} members, the official SDK decodes every request and answer.",
            table(headings, rows),
            f"{len(rows)} teams, {3 * len(rows)} syncs, no difference.",
        )
    return 0
