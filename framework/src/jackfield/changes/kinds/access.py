"""Grants and revocations: somebody holds an entitlement, or no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec

from jackfield.changes.kinds.kind import GO, Evaluation, Kind, Place, already, never_there, refused, who
from jackfield.changes.kinds.request import Request
from jackfield_contracts import (
    AccountState,
    Change,
    Entitlement,
    EntitlementId,
    GrantAccess,
    GrantId,
    PlannedChange,
    ResourceId,
    RevokeAccess,
    StateQuery,
    TargetState,
)

if TYPE_CHECKING:
    from jackfield.changes.kinds.operations import Operations
    from jackfield.changes.kinds.view import View
    from jackfield.changes.resolve import Resolved

A = TypeVar("A", GrantAccess, RevokeAccess)

_NEITHER = (
    "the process ended before an answer came, and what is held there is neither what it was nor what was asked for: whether"
    " this change had a part in it is not known"
)


class RevokeRequest(Request, frozen=True, kw_only=True, tag="revoke"):
    """Somebody is to hold an entitlement no more."""

    entitlement: str
    principal: str

    def entitlements(self) -> tuple[str, ...]:
        return (self.entitlement,)

    def holders(self, operations: Operations) -> tuple[str, ...]:
        return (self.principal,)

    def change(self, resolved: Resolved, operations: Operations) -> Change:
        return RevokeAccess(
            entitlement=resolved.entitlement(self.entitlement), principal=resolved.holder(self.principal)
        )


class GrantRequest(RevokeRequest, frozen=True, kw_only=True, tag="grant"):
    """Somebody is to hold an entitlement; with ``replace`` also where it takes the place of another."""

    replace: bool = False

    def change(self, resolved: Resolved, operations: Operations) -> Change:
        return GrantAccess(
            entitlement=resolved.entitlement(self.entitlement),
            principal=resolved.holder(self.principal),
            replace=self.replace,
        )


class _Access(Kind[A]):
    """What both have in common: an entitlement, and who is to hold it or not."""

    counted: str

    def counts_as(self, change: A, operations: Operations, view: View) -> tuple[str, ...]:
        own = view.entitlement(change.entitlement)
        return (self.counted, "privileged") if own is not None and own.privileged else (self.counted,)

    def query(self, change: A, operations: Operations) -> StateQuery:
        return StateQuery(principals=(change.principal,), resources=(change.entitlement.resource,))

    def subject(self, change: A, operations: Operations, view: View) -> AccountState | None:
        return view.account(change.principal)

    def held(self, change: A, view: View) -> tuple[EntitlementId, ...]:
        return tuple(sorted(view.held(change.entitlement, change.principal)))

    def principals(self, change: A) -> tuple[ResourceId, ...]:
        return (change.principal,)

    def entitlements(self, change: A) -> tuple[EntitlementId, ...]:
        return (change.entitlement,)

    def further_keys(self, change: A) -> tuple[str, ...]:
        return (f"{change.entitlement.resource}#{change.principal}",)

    def dated_keys(self, change: A, operations: Operations) -> tuple[str, ...]:
        return self.further_keys(change)

    def exclusive_keys(self, change: A, before: TargetState, operations: Operations) -> set[object]:
        # The opposite of it, or another of those that exclude it.
        return {(change.entitlement.resource, change.principal)}

    def became_other(self, now: TargetState) -> str:
        return _NEITHER

    def batch(self, change: A, operations: Operations) -> int:
        return operations.batch_of(change.entitlement.resource.type)

    def call_key(self, change: A) -> object:
        return type(change), change.entitlement.resource

    def place(self, change: A, planned: PlannedChange, operations: Operations, view: View) -> Place:
        own = view.entitlement(change.entitlement)
        group = own.exclusive.set if own and own.exclusive else str(change.entitlement)
        return Place(key=(group, change.principal), accounts=(change.principal,))

    def _named(self, change: A, operations: Operations, view: View) -> tuple[str, str]:
        return view.told_by_id(change.entitlement), who(self.subject(change, operations, view), str(change.principal))

    def _privilege_of(self, change: A, gone: Sequence[EntitlementId], view: View) -> ResourceId | None:
        privileged = any((known := view.entitlement(id)) is not None and known.privileged for id in gone)
        return change.principal if privileged else None


class Grant(_Access[GrantAccess]):
    """Somebody holds an entitlement."""

    hook = "grant"
    requests = (GrantRequest,)
    change = GrantAccess
    counted = "grant"
    counts = ("grant", "privileged")

    def title(self, change: GrantAccess, operations: Operations, view: View) -> str:
        what, whom = self._named(change, operations, view)
        return f"grant {what} to {whom}"

    def demotes(self, change: GrantAccess, planned: PlannedChange, who: ResourceId | None) -> bool:
        # A role that takes the place of another.
        return bool(planned.replaces) and change.principal == who

    def takes_from(self, change: GrantAccess, planned: PlannedChange, view: View) -> ResourceId | None:
        return self._privilege_of(change, planned.replaces, view)

    def is_met(self, change: GrantAccess, operations: Operations, view: View, target: TargetState) -> bool:
        return _at_least(change.entitlement, target.held, view)

    def evaluate(
        self, change: GrantAccess, account: AccountState | None, operations: Operations, view: View
    ) -> Evaluation:
        own = view.entitlement(change.entitlement)
        if own is None:
            return _no_entitlement(change.entitlement, view)
        if own.grantable_to and change.principal.type not in own.grantable_to:
            return refused(
                "wrong_principal",
                f"it can be granted to {', '.join(own.grantable_to)}, not to a {change.principal.type}",
            )
        held = view.rivals(change.entitlement, change.principal)
        if any(each.id == change.entitlement for each in held):
            return already("it is held already")
        if (more := _above(own, held)) is not None:
            return already(f"{view.told(more)} is held, which is more")
        if own.immutable is not None:
            return refused("immutable", own.immutable)
        if account is None:
            return refused("not_found", f"the application has no principal {change.principal}")
        rank = own.exclusive.rank if own.exclusive else 0
        equal = tuple(each for each in held if each.exclusive and each.exclusive.rank == rank)
        if equal and not change.replace:
            return refused(
                "needs_replace",
                f"it would take the place of {_told(equal, view)}, and nothing says that this is meant",
            )
        return Evaluation(forecast=GO.forecast, replaces=tuple(each.id for each in held))


class Revoke(_Access[RevokeAccess]):
    """Somebody holds an entitlement no more."""

    hook = "revoke"
    requests = (RevokeRequest,)
    change = RevokeAccess
    counted = "revoke"
    counts = ("revoke", "privileged")

    def takes_away(self, change: RevokeAccess, operations: Operations) -> bool:
        return True

    def weight(self, counted: str) -> int:
        return 2

    def title(self, change: RevokeAccess, operations: Operations, view: View) -> str:
        what, whom = self._named(change, operations, view)
        return f"revoke {what} from {whom}"

    def takes(self, change: RevokeAccess) -> tuple[EntitlementId, ...]:
        return (change.entitlement,)

    def leaves(self, change: RevokeAccess, view: View) -> tuple[Entitlement, ...]:
        own = view.entitlement(change.entitlement)
        if own is None or own.leaves is None:
            return ()
        left = view.entitlement(EntitlementId(resource=change.entitlement.resource, slug=own.leaves))
        return (left,) if left is not None else ()

    def left(self, change: RevokeAccess, view: View) -> str | None:
        held = view.rivals(change.entitlement, change.principal)
        place = f"{_told(held, view)} is held in its place" if held else None
        return "; ".join(filter(None, (place, _inherited(change, view)))) or None

    def takes_from(self, change: RevokeAccess, planned: PlannedChange, view: View) -> ResourceId | None:
        return self._privilege_of(change, (change.entitlement,), view)

    def is_met(self, change: RevokeAccess, operations: Operations, view: View, target: TargetState) -> bool:
        # An owner who is no member by name has not lost the membership.
        return not _at_least(change.entitlement, target.held, view)

    def evaluate(
        self, change: RevokeAccess, account: AccountState | None, operations: Operations, view: View
    ) -> Evaluation:
        own = view.entitlement(change.entitlement)
        if own is None:
            return _no_entitlement(change.entitlement, view)
        held = view.rivals(change.entitlement, change.principal)
        if not any(each.id == change.entitlement for each in held):
            if (more := _above(own, held)) is not None:
                return refused("holds_more", f"{view.told(more)} is held, which includes it: revoke that one")
            if account is None and change.principal not in view.remembered:
                return never_there(change.principal)
            gone = f" by {change.principal}, who is not there any more" if account is None else ""
            if (through := _inherited(change, view)) is not None:
                return already(f"it is not held directly; {through}")
            return already(f"it is not held{gone}; {_instead(held, view)}")
        if own.immutable is not None:
            return refused("immutable", own.immutable)
        left, through = self.leaves(change, view), _inherited(change, view)
        if not left and through is None:
            return GO
        place = f"{_told(left, view)} is left in its place" if left else None
        reason = "; ".join(filter(None, (place, through)))
        return Evaluation(forecast=msgspec.structs.replace(GO.forecast, reason=reason))


def _above(own: Entitlement, held: Sequence[Entitlement]) -> Entitlement | None:
    """What is held of a higher rank than *own*."""
    rank = own.exclusive.rank if own.exclusive else 0
    return next((each for each in held if each.exclusive and each.exclusive.rank > rank), None)


def _at_least(id: EntitlementId, held: tuple[EntitlementId, ...], view: View) -> bool:
    if id in held:
        return True
    own = view.entitlement(id)
    if own is None or own.exclusive is None:
        return False
    ranks = [each.exclusive.rank for one in held if (each := view.entitlement(one)) and each.exclusive]
    return any(rank > own.exclusive.rank for rank in ranks)


def _no_entitlement(id: EntitlementId, view: View) -> Evaluation:
    slugs = view.slugs(id.resource)
    if not slugs:
        return refused("not_found", f"the application has no {id.resource}")
    return refused("not_found", f"{id.resource} offers {', '.join(slugs)}, not {id.slug!r}")


def _instead(held: list[Entitlement], view: View) -> str:
    return f"{_told(held, view)} is held instead, and stays" if held else "nothing else of the kind is held either"


def _inherited(change: RevokeAccess, view: View) -> str | None:
    """How what is taken away is held all the same."""
    return view.inherited.get(GrantId(entitlement=change.entitlement, principal=change.principal))


def _told(some: Sequence[Entitlement], view: View) -> str:
    return ", ".join(map(view.told, some))
