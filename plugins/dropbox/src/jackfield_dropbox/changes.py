"""Grants and revocations, by the type of the resource that offers what is granted."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from typing import TypeVar

from jackfield_contracts import AccessState, GrantAccess, Outcome, OutcomeKind, RevokeAccess
from jackfield_dropbox import groups, roles
from jackfield_dropbox.api import Api

Change = TypeVar("Change", GrantAccess, RevokeAccess)
Batch = Callable[[Api, str, Mapping[str, str], Mapping[str, str]], Awaitable[dict[str, Outcome]]]


async def grant(api: Api, changes: tuple[GrantAccess, ...], state: AccessState) -> tuple[Outcome, ...]:
    """Make grants: memberships and ownerships by ``groups.put``, roles by ``roles.give``."""
    ends = await _in_groups(api, changes, state, groups.put)
    for index, change in enumerate(changes):
        if index not in ends:
            ends[index] = impossible(change) or (await roles.give(api, change, state))
    return tuple(ends[index] for index in range(len(changes)))


async def revoke(api: Api, changes: tuple[RevokeAccess, ...], state: AccessState) -> tuple[Outcome, ...]:
    """Take grants back: memberships and ownerships by ``groups.take``, roles by ``roles.take``."""
    ends = await _in_groups(api, changes, state, groups.take)
    for index, change in enumerate(changes):
        if index not in ends:
            ends[index] = impossible(change) or (await roles.take(api, change))
    return tuple(ends[index] for index in range(len(changes)))


async def _in_groups(api: Api, changes: Sequence[Change], state: AccessState, make: Batch) -> dict[int, Outcome]:
    """The outcomes of those changes that are about groups, by their index."""
    ends: dict[int, Outcome] = {}
    left = {
        index: change
        for index, change in enumerate(changes)
        if change.entitlement.resource.type == "group" and _foreign(change) is None
    }
    for turn in count():
        # One call takes each person once; who comes twice waits for the next turn, when a read tells.
        batches: dict[str, dict[str, int]] = {}
        for index, change in left.items():
            batches.setdefault(change.entitlement.resource.id, {}).setdefault(change.principal.id, index)
        if not batches:
            return ends
        for group, batch in batches.items():
            wanted = {id: left[index].entitlement.slug for id, index in batch.items()}
            # What the turn before did, no state that was read before it shows.
            held = _held(state, group) if turn == 0 else {}
            made = await make(api, group, wanted, held)
            ends |= {index: made[id] for id, index in batch.items()}
            for index in batch.values():
                del left[index]
    raise AssertionError("not reached")


def _held(state: AccessState, group: str) -> dict[str, str]:
    return {
        grant.principal.id: grant.entitlement.slug
        for grant in state.held
        if grant.entitlement.resource.type == "group" and grant.entitlement.resource.id == group
    }


def impossible(change: GrantAccess | RevokeAccess) -> Outcome | None:
    """Why nothing of the kind can be granted or taken, whoever it is about; None where it can."""
    if (foreign := _foreign(change)) is not None:
        return foreign
    return None if change.entitlement.resource.type in ("group", "role") else _not_grantable(change)


def _foreign(change: GrantAccess | RevokeAccess) -> Outcome | None:
    offered = {"group": ("member", "owner"), "role": ("member",)}.get(change.entitlement.resource.type)
    if offered is not None and change.entitlement.slug not in offered:
        return _refused("not_found", f"Dropbox offers {' and '.join(offered)} there, not {change.entitlement.slug!r}.")
    if change.principal.type != "user":
        return _refused("wrong_principal", "Only people can hold it.")
    return None


def _not_grantable(change: GrantAccess | RevokeAccess) -> Outcome:
    return _refused(
        "not_grantable",
        f"{change.entitlement} follows from an account: create or delete that, or enable or disable it.",
    )


def _refused(tag: str, reason: str) -> Outcome:
    return Outcome(outcome=OutcomeKind.REFUSED, tag=tag, reason=reason)
