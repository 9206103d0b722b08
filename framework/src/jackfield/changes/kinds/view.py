"""The live state as it was read, made ready for many questions."""

import math
from collections.abc import Mapping

from jackfield.changes.kinds.called import Called, entitlement_told, says
from jackfield_contracts import AccessState, AccountState, Entitlement, EntitlementId, GrantId, ResourceId, StateQuery


def joined(queries: list[StateQuery]) -> StateQuery:
    """One query for all of them, each thing once."""
    return StateQuery(
        principals=tuple(dict.fromkeys(each for query in queries for each in query.principals)),
        names=tuple(dict.fromkeys(each for query in queries for each in query.names)),
        resources=tuple(dict.fromkeys(each for query in queries for each in query.resources)),
    )


class View:
    """A state that was read, made ready for many questions."""

    def __init__(
        self,
        state: AccessState,
        *,
        at: float = math.inf,
        remembered: frozenset[ResourceId] = frozenset(),
        called: Mapping[ResourceId, Called] | None = None,
        inherited: Mapping[GrantId, str] | None = None,
    ) -> None:
        """*at* is the moment (monotonic) at which it was read; without one it grows never old.

        *remembered* are those who are not in it, and of whom it is known that they were there once. *called* is what the last
        snapshot calls the resources: a state has names of accounts and of entitlements only. *inherited* says of grants that
        are to be taken away how they are held all the same.
        """
        self.state = state
        self.at = at
        self.remembered = remembered
        self.called = called or {}
        self.inherited = inherited or {}
        self._entitlements = {each.id: each for each in state.entitlements}
        self._accounts: dict[ResourceId, AccountState] = {}
        self._asked: dict[str, AccountState] = {}
        for account in state.accounts:
            self._accounts[account.account] = account
            if account.asked is not None:
                self._asked[account.asked] = account
        self._held: dict[ResourceId, list[EntitlementId]] = {}
        for grant in state.held:
            self._held.setdefault(grant.principal, []).append(grant.entitlement)

    @classmethod
    def empty(cls) -> "View":
        """A state in which nothing was asked for."""
        return cls(AccessState())

    def entitlement(self, id: EntitlementId) -> Entitlement | None:
        """The entitlement, None if the application offers none such."""
        return self._entitlements.get(id)

    def told(self, own: Entitlement) -> str:
        """An entitlement for people, with what its resource is called as far as that is known."""
        return entitlement_told(own.id, own.display_name, self.resource_name(own))

    def told_by_id(self, id: EntitlementId) -> str:
        """As ``told``; one that the application does not offer is told by its id alone."""
        own = self._entitlements.get(id)
        return self.told(own) if own is not None else str(id)

    def resource_name(self, own: Entitlement) -> str | None:
        """What the resource of *own* is called; None where nothing tells, or where it was renamed since the last snapshot."""
        account = self._accounts.get(own.id.resource)
        if account is not None and account.display_name:
            return account.display_name
        known = self.called.get(own.id.resource)
        if known is None:
            return None
        before = known.offers.get(own.id.slug, own.display_name)
        renamed = says(before, known.name) and not says(own.display_name, known.name)
        return None if renamed else known.name

    def slugs(self, resource: ResourceId) -> list[str]:
        """What a resource offers; nothing if it is not there."""
        return [each.slug for each in self._entitlements if each.resource == resource]

    def account(self, id: ResourceId) -> AccountState | None:
        """The account, None if it is not there."""
        return self._accounts.get(id)

    def named(self, name: str) -> AccountState | None:
        """The account that was asked for by *name*."""
        return self._asked.get(name)

    def held(self, id: EntitlementId, principal: ResourceId) -> set[EntitlementId]:
        """What the principal holds of *id* and of what excludes it, also of a resource that the application does not list."""
        own = {id} if id in self._held.get(principal, ()) else set[EntitlementId]()
        return own | {each.id for each in self.rivals(id, principal)}

    def rivals(self, id: EntitlementId, principal: ResourceId) -> list[Entitlement]:
        """What the principal holds of the entitlements that exclude *id*, and *id* itself."""
        own = self._entitlements.get(id)
        group = own.exclusive.set if own is not None and own.exclusive is not None else None
        found: list[Entitlement] = []
        for held in self._held.get(principal, ()):
            entitlement = self._entitlements.get(held)
            if entitlement is None:
                continue
            same = group is not None and entitlement.exclusive is not None and entitlement.exclusive.set == group
            if held == id or same:
                found.append(entitlement)
        return found
