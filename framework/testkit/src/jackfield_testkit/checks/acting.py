"""What the checks of changes share: samples, calls of the hooks past the host, comparisons, and words."""

from collections.abc import Collection, Mapping, Sequence
from typing import NoReturn

from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.errors import JackfieldError
from jackfield.host.connection import Connection
from jackfield_contracts import (
    AccessState,
    Action,
    Change,
    Entitlement,
    EntitlementId,
    GrantAccess,
    GrantId,
    Outcome,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    StateQuery,
)
from jackfield_testkit.bench import Bench, outcome_of
from jackfield_testkit.data import Finding, Lacking, NotApplicable, Truth

DONE = (OutcomeKind.CHANGED, OutcomeKind.ALREADY)
"""Outcomes that say that it is now as was asked for."""

NOT_MADE = (OutcomeKind.REFUSED, OutcomeKind.FAILED)
"""Outcomes that say that it is not, and was not made."""

MAKING = ("create_account", "delete_account", "run_action")
"""Hooks that make something of an account."""


def grant_id(change: GrantAccess | RevokeAccess) -> GrantId:
    """The grant that a change is about."""
    return GrantId(entitlement=change.entitlement, principal=change.principal)


def opposite(change: GrantAccess) -> RevokeAccess:
    """What takes a grant back."""
    return RevokeAccess(entitlement=change.entitlement, principal=change.principal)


def samples_of(bench: Bench) -> tuple[GrantAccess, ...]:
    """The grants to try; the check does not apply without any."""
    bench.need_hook("grant", "revoke")
    if not bench.samples.grants:
        raise Lacking("the samples have no grants")
    return bench.samples.grants


def one_of_each_kind(changes: Sequence[GrantAccess]) -> list[GrantAccess]:
    """The last sample of each kind of entitlement."""
    return list({(each.entitlement.resource.type, each.entitlement.slug): each for each in changes}.values())


def all_samples(bench: Bench) -> list[Change]:
    """One change of each kind that the samples have; the check does not apply without any."""
    samples = bench.samples
    found: list[Change] = [
        *samples.grants[:3],
        *samples.accounts[:1],
        *samples.deletions[:1],
        *samples.actions,
    ]
    if not found:
        none_given(bench, "the samples have no changes")
    return found


def none_given(bench: Bench, what: str, *hooks: str) -> NoReturn:
    """Raise for samples that are not there: of a connector without *hooks* (any that changes) there can be none."""
    some = hooks or ("grant", "create_account", "delete_account", "run_action")
    raise (Lacking if any(map(bench.implements, some)) else NotApplicable)(what)


def state_query(changes: Sequence[GrantAccess | RevokeAccess]) -> StateQuery:
    """What the host reads before it grants or revokes."""
    return StateQuery(
        principals=tuple(dict.fromkeys(each.principal for each in changes)),
        resources=tuple(dict.fromkeys(each.entitlement.resource for each in changes)),
    )


async def state_before(connection: Connection, change: Change) -> AccessState:
    """What the host reads before it makes *change*, of any kind."""
    return await connection.read_state(kind_of(change).query(change, Operations(connection)))


async def make_raw(connection: Connection, change: Change, state: AccessState) -> Outcome:
    """Call the hook for one change, past all that the host looks at before."""
    try:
        (outcome,) = await kind_of(change).call(connection, (change,), state, ("",))
    except JackfieldError as error:
        return outcome_of(error)
    return outcome


def account_of(change: Change) -> ResourceId | None:
    """Whose account a change names, None where it names none."""
    return getattr(change, "account", None)


def outcome_text(outcome: Outcome) -> str:
    """An outcome in words."""
    more = ", ".join(text for text in (outcome.tag, outcome.reason) if text)
    return f"{outcome.outcome.value}{f' ({more})' if more else ''}"


def name_of(change: Change) -> str:
    """A change in words: its hook, and what it is given."""
    given = [value for name in change.__struct_fields__ if (value := getattr(change, name))]
    return " ".join([kind_of(change).hook, *map(str, given)])


def unchanged(before: Truth, after: Truth, step: str) -> None:
    """Fail where something is another than before."""
    for what, one, other in (("resource", before.resources, after.resources), ("grant", before.grants, after.grants)):
        if one != other:
            raise Finding(f"the {what} {min(one ^ other)} {'is gone' if one - other else 'is new'}", step)  # type: ignore[operator]
    for id, facts in before.facts.items():
        if after.facts.get(id) != facts:
            raise Finding(f"{id} is now {after.facts.get(id)}, it was {facts}", step)


def same_effects(before: dict[str, int], after: dict[str, int], step: str) -> None:
    """Fail where a side effect happened since."""
    more = {what: number - before.get(what, 0) for what, number in after.items() if number > before.get(what, 0)}
    if more:
        raise Finding(f"there were side effects: {more}", step)


async def restore(bench: Bench, change: GrantAccess, before: Truth) -> None:
    """Take a sample grant back, and see that all is as before.

    Who loses what ranks higher may be left with what ranks lower in the same set, which is taken back then.
    """
    lower, said = await _ranked_below(bench, change)
    steps = [name_of(change)]
    back = opposite(change)
    left: list[GrantId] = []
    for _ in range(1 + len(lower)):
        (outcome,) = await bench.change(back)
        steps.append(name_of(back))
        if outcome.outcome is not OutcomeKind.CHANGED:
            raise Finding(f"what was granted can't be revoked: {outcome_text(outcome)}", *steps)
        now = bench.truth().grants
        if lost := before.grants - now:
            raise Finding(f"revoking took {min(lost)} too", *steps)
        left = sorted(now - before.grants)
        if back.entitlement == change.entitlement:
            _left_as_said(change, lower, said, now, steps)
        if not left:
            return
        if left[0].principal != change.principal or left[0].entitlement not in lower:
            raise Finding(f"revoking leaves {left[0]}", *steps)
        back = RevokeAccess(entitlement=left[0].entitlement, principal=change.principal)
    raise Finding(f"revoking leaves {left[0]}", *steps)


def _left_as_said(
    change: GrantAccess,
    lower: Collection[EntitlementId],
    said: str | None,
    now: Collection[GrantId],
    steps: Sequence[str],
) -> None:
    """Fail where something else is held in the place of what was revoked than ``leaves`` of the entitlement says."""
    own = change.entitlement
    held = {each.entitlement for each in now if each.principal == change.principal}
    left = {each.slug for each in held if each.resource == own.resource and (each in lower or each.slug == said)}
    if said is not None and said not in left:
        raise Finding(f"{own} says that it leaves {said!r}, and revoked it leaves {sorted(left) or 'nothing'}", *steps)
    if said is None and left:
        raise Finding(f"revoked, {own} leaves {min(left)!r}, which its leaves does not say", *steps)


async def _ranked_below(bench: Bench, change: GrantAccess) -> tuple[set[EntitlementId], str | None]:
    """What may be left of a grant that is taken back, by its rank, and what is, by its own word."""
    async with bench.open() as connection:
        state = await connection.read_state(state_query((change,)))
    offered = {each.id: each for each in state.entitlements}
    own = offered.get(change.entitlement)
    return ranked_below(offered, change.entitlement), own.leaves if own is not None else None


def ranked_below(offered: Mapping[EntitlementId, Entitlement], own: EntitlementId) -> set[EntitlementId]:
    """What is left of *own* when it is taken: entitlements of the same set that rank lower."""
    top = offered[own].exclusive if own in offered else None
    if top is None:
        return set()
    return {
        id
        for id, each in offered.items()
        if each.exclusive is not None and each.exclusive.set == top.set and each.exclusive.rank < top.rank
    }


def subject_of(change: Change, action: Action, truth: Truth) -> ResourceId | None:
    """Whose account an action is about: the one that it names, or that its argument for it names by id, login or address."""
    if (account := account_of(change)) is not None:
        return account
    named = getattr(change, "arguments", {}).get(action.account)
    if named in (None, ""):
        return None
    people = [each for each in sorted(truth.resources) if truth.facts.get(each, {}).get("login") is not None]
    by_id = [each for each in people if each.id == named] or [each for each in truth.resources if each.id == named]
    return next(iter([*by_id, *(each for each in people if str(named).casefold() in _addresses(truth, each))]), None)


def _addresses(truth: Truth, account: ResourceId) -> set[str]:
    facts = truth.facts.get(account, {})
    emails = [str(getattr(each, "address", each)) for each in facts.get("emails") or ()]  # type: ignore[union-attr]
    return {str(each).casefold() for each in (facts["login"], *emails)}
