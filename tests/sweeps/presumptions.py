"""Presumptions: each switch of what Dropbox does not document, alone and in pairs, is the truth and called what it is."""

import asyncio
import sys
from collections.abc import Sequence

from harness.benches import bench
from harness.evidence import table, write
from harness.flipping import Said, pairs, read_flips, show_flip

from jackfield_dropbox_simulator.options import TeamOptions

TEAMS = (TeamOptions(members=31, groups=8, seed=2), TeamOptions(members=46, groups=12, seed=5))


def told(flip: dict[str, str]) -> str:
    """A flip in words."""
    return ", ".join(f"{name}={value}" for name, value in flip.items()) or "nothing"


async def sweep(flips: Sequence[dict[str, str]], teams: Sequence[TeamOptions]) -> list[tuple[str, int, Said]]:
    """What the syncs of each of *teams* under each of *flips* said."""
    seen: list[tuple[str, int, Said]] = []
    with bench() as workshop:
        for number, flip in enumerate(flips):
            for team in teams:
                for said in await show_flip(workshop, flip, team, f"t{team.seed}-{number}"):
                    seen.append((told(flip), team.seed, said))
                    if said.wrongly_complete or said.wrongly_incomplete:
                        wrong = "complete" if said.wrongly_complete else "incomplete"
                        print(f"seed {team.seed}, {told(flip)}: wrongly {wrong} {said.told[:3]}", file=sys.stderr)
    return seen


def rows(seen: list[tuple[str, int, Said]]) -> list[tuple[object, ...]]:
    """One row for each flip."""
    by_flip: dict[str, list[Said]] = {}
    for flip, _, said in seen:
        by_flip.setdefault(flip, []).append(said)
    return [
        (
            flip,
            len(all_said),
            sum(said.complete for said in all_said),
            sum(not said.complete for said in all_said),
            sum(said.wrongly_complete for said in all_said),
            sum(said.wrongly_incomplete for said in all_said),
        )
        for flip, all_said in by_flip.items()
    ]


def main(argv: list[str]) -> int:
    """Run all switches alone and all pairs; with an argument, those flips whose words contain it."""
    alone = [{}, *read_flips()]
    both = pairs(read_flips())
    if argv:
        alone, both = ([flip for flip in some if argv[0] in told(flip)] for some in (alone, both))
    seen = asyncio.run(sweep(alone, TEAMS))
    paired = asyncio.run(sweep(both, TEAMS[:1]))
    every = seen + paired
    bad = [one for one in every if one[2].wrongly_complete or one[2].wrongly_incomplete]
    headings = ("switch", "syncs", "complete", "incomplete", "wrongly complete", "wrongly incomplete")
    if not argv:
        write(
            "presumptions",
            "What Dropbox does not document decides no verdict alone",
            "Teams of which the simulator does what Dropbox does not document in another way than by default, each "
            "synced twice. A sync is *wrongly complete* where it was called complete and the snapshot is not the truth, "
            "or where a scope told as whole is not; *wrongly incomplete* where the snapshot is the truth and was called "
            "incomplete. Incomplete they may be where a record is broken, or where no route gives what there is.",
            "## Each switch alone",
            table(headings, rows(seen)),
            "## In pairs",
            f"{len(both)} pairs, {len(paired)} syncs: {sum(said.complete for _, _, said in paired)} complete, "
            f"{sum(not said.complete for _, _, said in paired)} incomplete, "
            f"{sum(said.wrongly_complete for _, _, said in paired)} wrongly complete, "
            f"{sum(said.wrongly_incomplete for _, _, said in paired)} wrongly incomplete. "
            f"In {sum(said.hidden for _, _, said in paired)} "
            "of them no answer names the group that Dropbox manages: neither the listing of groups nor any profile. That it is "
            "missing can't be noticed, and no verdict is asked for.",
        )
    print(f"{len(every)} syncs, {len(bad)} wrong", file=sys.stderr)
    return int(bool(bad))
