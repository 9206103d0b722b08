"""Short listings: the last tenth of members, groups or group members is missing, and is never called complete."""

import asyncio
import sys

from harness.benches import bench
from harness.evidence import table, write
from harness.flipping import SHORT, Length, Said, read_flips, show_short

from jackfield_dropbox_simulator.options import TeamOptions

from .presumptions import told

TEAMS = (
    TeamOptions(members=23, groups=11, seed=3),
    TeamOptions(members=60, groups=14, seed=4),
    TeamOptions(members=130, groups=25, seed=6),
)
LENGTHS: tuple[Length, ...] = ("once", "always")


async def show(flip: dict[str, str], team: TeamOptions, what: str, length: Length, *, later: bool) -> Said:
    """One sync of one team."""
    with bench() as workshop:
        return await show_short(workshop, flip, team, "acme", what=what, length=length, later=later)


async def _sweep(flips: list[dict[str, str]]) -> list[tuple[str, str, Said]]:
    seen: list[tuple[str, str, Said]] = []
    for flip in flips:
        for team in TEAMS:
            cases: list[tuple[str, Length]] = [(what, length) for what in SHORT for length in LENGTHS]
            for what, length in [*cases, ("members", "whole")]:
                for later in (False, True):
                    said = await show(flip, team, what, length, later=later)
                    short = "nothing" if length == "whole" else f"{what}, {length}"
                    seen.append((told(flip), short, said))
                    if said.wrongly_complete or (length == "whole" and said.wrongly_incomplete):
                        when = "later" if later else "first"
                        print(f"seed {team.seed}, {told(flip)}, {short}, {when}: {said.told[:3]}", file=sys.stderr)
    return seen


def main(argv: list[str]) -> int:
    """Run all; with an argument, those flips whose words contain it."""
    flips = [{}, *read_flips()]
    if argv:
        flips = [flip for flip in flips if argv[0] in told(flip)]
    seen = asyncio.run(_sweep(flips))
    by_case: dict[str, list[Said]] = {}
    for _, short, said in seen:
        by_case.setdefault(short, []).append(said)
    rows = [
        (
            short,
            len(said),
            sum(one.complete for one in said),
            sum(not one.complete for one in said),
            sum(one.wrongly_complete for one in said),
            sum(one.wrongly_incomplete for one in said) if short == "nothing" else "-",
            sum(one.hidden for one in said),
        )
        for short, said in by_case.items()
    ]
    bad = [said for _, short, said in seen if said.wrongly_complete or (short == "nothing" and said.wrongly_incomplete)]
    if not argv:
        write(
            "short",
            "A listing that is short is never called complete",
            f"{len(TEAMS)} teams, {len(flips)} ways of what Dropbox does not document. The last tenth of a listing is "
            "missing, once or always, in a first sync and in one after a sync that saw all; *nothing* is the same without. "
            "A sync that a brake holds counts as incomplete. Where a listing is short once, another read may find the "
            "rest, and then the snapshot is complete and the truth. *Hidden* are those in which a group is missing from each "
            "listing and none of its members tells groups: no answer of Dropbox speaks of it, and no verdict is asked for.",
            table(
                ("missing", "syncs", "complete", "incomplete", "wrongly complete", "wrongly incomplete", "hidden"), rows
            ),
            f"{len(seen)} syncs, {len(bad)} wrong.",
        )
    print(f"{len(seen)} syncs, {len(bad)} wrong", file=sys.stderr)
    return int(bool(bad))
