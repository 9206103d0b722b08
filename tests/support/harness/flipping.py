"""Teams of which the application does what it does not document in another way, and what a sync then says of them."""

import random
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any, Literal

import msgspec

from jackfield.state import Run, RunStatus
from jackfield.sync import SyncResult
from jackfield_dropbox_simulator.behaviour import flips
from jackfield_dropbox_simulator.options import TeamOptions

from .changes import change_at_random
from .pictures import Picture, of_truth
from .simulators import Inside, simulating
from .syncs import Bench, snapshot_of
from .verdicts import judge, scoped, scopes_of, without_counts

OF_WRITES = frozenset(("added", "write_answer", "rehire", "recoverable_for", "group_batch", "email_case"))
"""Switches that no sync meets."""

PATIENCE = 15.0
"""Seconds of failing requests: a call of many groups that fails is made in halves, again and again, within them."""
Flip = Mapping[str, str]
_READABLE = ("groups_null", "emails_null")
"""Breaches that hide nothing: the one is a field that may be null, the other is told by the groups' own listings."""
Length = Literal["whole", "once", "always"]

SHORT: Mapping[str, tuple[str, ...]] = {
    "members": ("team/members/list_v2",),
    "groups": ("team/groups/list",),
    "groups/get_info": ("team/groups/get_info",),
    "groups/members/list": ("team/groups/members/list",),
    "both routes of group members": ("team/groups/get_info", "team/groups/members/list"),
}
"""What may lack its last tenth, and the routes that then do."""


def read_flips() -> list[dict[str, str]]:
    """Each switch that a sync meets, at each value but its default."""
    return [flip for flip in flips() if not OF_WRITES & flip.keys()]


def obtainable(flip: Flip) -> bool:
    """Whether some route gives each row: then a sync has to find it, and to call the snapshot complete."""
    broken = {name: value for name, value in flip.items() if name.startswith("broken_") and value not in _READABLE}
    system = flip.get("system_listing", "whole") != "whole" and flip.get("system_info", "") != "with_members"
    silent = "profile_groups" in flip or flip.get("broken_member") == "groups_null"
    roles = "role_catalogue" in flip and "role_listed" in flip
    return not broken and not roles and not (system and silent) and not unspoken(flip)


def unspoken(flip: Flip) -> bool:
    """Whether no answer names the group that the application manages: neither the listing of groups nor a profile."""
    return flip.get("groups_listed") == "without_system" and flip.get("profile_groups") == "without_system"


def pairs(some: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """All pairs of *some* that are of two switches."""
    return [one | other for one, other in combinations(some, 2) if not one.keys() & other.keys()]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What one sync said. ``told`` is what is wrong about it, ``equal`` whether the snapshot has all rows of the truth.

    ``hidden``: what is missing shows in no answer of the application whatever.
    """

    complete: bool
    equal: bool
    obtainable: bool = True
    hidden: bool = False
    told: tuple[str, ...] = ()
    requests: int = 0

    @property
    def wrongly_complete(self) -> bool:
        """Whether it was called complete and is not, or shows as whole what is not."""
        return not self.hidden and (bool(self.told) or (self.complete and not self.equal))

    @property
    def wrongly_incomplete(self) -> bool:
        """Whether it was called incomplete though it has everything, or could have."""
        return not self.complete and (self.equal or self.obtainable)


async def sync_once(
    workshop: Bench, simulator: Inside, base: Run | None, name: str = "acme", *, include_removed: bool = False
) -> tuple[Said, Run]:
    """Sync a team; counts of groups are what the application says, and are not compared."""
    simulator.reset_requests()
    result = await workshop.sync(simulator, name, include_removed=include_removed, retry_deadline=PATIENCE)
    truth = of_truth(simulator.truth(), include_removed=include_removed)
    return said(result, truth, base), result.run


def said(result: SyncResult, truth: Picture, base: Run | None) -> Said:
    """*result* held against *truth*."""
    if result.run.status is RunStatus.HELD:
        return Said(complete=False, equal=False)
    told = judge(result, truth, base, without_counts)
    if result.error is not None or result.run.snapshot is None:
        return Said(complete=False, equal=False, told=tuple(told))
    found = scopes_of(snapshot_of(result.run), without_counts)
    shown = {name: scope.fresh for name, scope in found.items() if scope.fresh}
    wanted = {name: rows for name, rows in scoped(truth, without_counts).items() if rows}
    return Said(
        complete=result.run.complete, equal=shown == wanted, told=tuple(told), requests=result.run.requests or 0
    )


async def show_flip(workshop: Bench, flip: Flip, team: TeamOptions, name: str) -> list[Said]:
    """Sync a team that does *flip* twice; people have left it, and are read, too, where the seed is odd."""
    removed = team.seed % 2 == 1
    async with simulating(team) as simulator:
        change_at_random(simulator, random.Random(team.seed), 6)
        simulator.behave(**flip)
        first, run = await sync_once(workshop, simulator, None, name, include_removed=removed)
        base = run if run.status is RunStatus.PUBLISHED else None
        second, _ = await sync_once(workshop, simulator, base, name, include_removed=removed)
        possible, hidden = obtainable(flip), unspoken(flip)
        return [msgspec.structs.replace(each, obtainable=possible, hidden=hidden) for each in (first, second)]


async def show_short(
    workshop: Bench, flip: Flip, team: TeamOptions, name: str, *, what: str, length: Length, later: bool
) -> Said:
    """Sync a team that does *flip*, while the last tenth of *what* is missing; *later*: after a sync that saw all of it."""
    async with simulating(team) as simulator:
        simulator.behave(**flip)
        base: Run | None = None
        if later:
            _, run = await sync_once(workshop, simulator, None, name)
            base = run if run.status is RunStatus.PUBLISHED else None
        faults: dict[str, Any] = {"times": 1} if length == "once" else {}
        if length != "whole":
            for route in SHORT[what]:
                simulator.fault("short_tail", route=route, **faults)
        shown, _ = await sync_once(workshop, simulator, base, name)
        hidden = what == "groups" and not later and _nobody_names_one(simulator, flip, length)
        return msgspec.structs.replace(shown, obtainable=obtainable(flip), hidden=hidden)


def _nobody_names_one(simulator: Inside, flip: Flip, length: Length) -> bool:
    """Whether no route but the listing, whose last tenth is missing, speaks of a group: nobody has a reason to ask for it.

    Such is one that has none but members who tell no groups, and the system's own group where profiles leave that out.
    """
    groups = simulator.truth()["groups"]
    last = groups[len(groups) - -(-len(groups) // 10) :]
    if flip.get("profile_groups") == "without_system":
        return any(group["management_type"] == "system_managed" for group in last)
    if flip.get("profile_groups") != "absent_for_some" or length != "always":
        return False
    silent = {member.id for member in simulator.service.team.members if member.seq % 3 == 1}
    return any(group["members"].keys() <= silent for group in last)
