"""What a change is about in the state of an application, and whether that state shows it made: pure functions."""

import math
from datetime import datetime

import msgspec

from jackfield.changes.addresses import ADDRESSES
from jackfield.changes.operations import Operations
from jackfield_contracts import (
    AccessState,
    AccountState,
    AccountStatus,
    Change,
    Confirmation,
    CreateAccount,
    DeleteAccount,
    Entitlement,
    EntitlementId,
    GrantAccess,
    ResourceId,
    RevokeAccess,
    RunAction,
    StateQuery,
    TargetState,
    Value,
)

_IN_USE = (AccountStatus.ENABLED, AccountStatus.PENDING, AccountStatus.UNKNOWN)


def query_of(change: Change, operations: Operations) -> StateQuery:
    """What has to be read to judge *change*."""
    if isinstance(change, GrantAccess | RevokeAccess):
        return StateQuery(principals=(change.principal,), resources=(change.entitlement.resource,))
    if isinstance(change, CreateAccount):
        login = operations.login(change)
        return StateQuery(names=(login,)) if login else StateQuery()
    if isinstance(change, DeleteAccount):
        return StateQuery(principals=(change.account,))
    subject = operations.subject(change)
    if change.account is not None:
        known = (change.account.id, str(change.account))
        return StateQuery(principals=(change.account,), names=(subject,) if subject and subject not in known else ())
    return StateQuery(names=(subject,)) if subject else StateQuery()


def joined(queries: list[StateQuery]) -> StateQuery:
    """One query for all of them, each thing once."""
    return StateQuery(
        principals=tuple(dict.fromkeys(each for query in queries for each in query.principals)),
        names=tuple(dict.fromkeys(each for query in queries for each in query.names)),
        resources=tuple(dict.fromkeys(each for query in queries for each in query.resources)),
    )


class View:
    """A state that was read, made ready for many questions."""

    def __init__(self, state: AccessState, *, at: float = math.inf) -> None:
        """*at* is the moment (monotonic) at which it was read; without one it grows never old."""
        self.state = state
        self.at = at
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


def subject_of(change: Change, operations: Operations, view: View) -> AccountState | None:
    """The account that *change* is about, as it is now."""
    if isinstance(change, GrantAccess | RevokeAccess):
        return view.account(change.principal)
    if isinstance(change, CreateAccount):
        login = operations.login(change)
        return view.named(login) if login else None
    if isinstance(change, DeleteAccount):
        return view.account(change.account)
    if change.account is not None:
        return view.account(change.account)
    name = operations.subject(change)
    return view.named(name) if name else None


def target_of(change: Change, operations: Operations, view: View) -> TargetState:
    """The part of the state that *change* is about."""
    account = subject_of(change, operations, view)
    held: tuple[EntitlementId, ...] = ()
    facts: dict[str, Value] = {}
    if isinstance(change, GrantAccess | RevokeAccess):
        held = tuple(sorted(view.held(change.entitlement, change.principal)))
    elif account is not None:
        wanted = {each.sets for each in operations.arguments(change) if each.sets and each.name in change.arguments}
        known = {"display_name": account.display_name, "login": account.login, **account.facts}
        facts = {name: value for name, value in known.items() if name in wanted}
    if account is None:
        return TargetState(exists=False, held=held)
    return TargetState(
        exists=True,
        account=account.account,
        status=account.status,
        status_raw=account.status_raw,
        held=held,
        facts=facts,
        login=account.login,
    )


def unreadable_of(change: Change, operations: Operations, view: View) -> str | None:
    """Why the state can't tell of *change*: what the application says of its account or resource can't be understood."""
    query = query_of(change, operations)
    keys = [*map(str, query.principals), *query.names, *map(str, query.resources)]
    if isinstance(change, GrantAccess | RevokeAccess):
        keys.append(f"{change.entitlement.resource}#{change.principal}")
    return next((why for key in keys if (why := view.state.unreadable.get(key)) is not None), None)


def is_older(change: Change, operations: Operations, view: View, than: str) -> bool:
    """Whether what the state tells of *change* stood before the moment *than*, and so can't show what came after."""
    if isinstance(change, GrantAccess | RevokeAccess):
        keys = [f"{change.entitlement.resource}#{change.principal}"]
    else:
        query = query_of(change, operations)
        keys = [*map(str, query.principals), *query.names]
    told = [stood for key in keys if (stood := view.state.as_of.get(key)) is not None]
    return any(datetime.fromisoformat(stood) < datetime.fromisoformat(than) for stood in told)


def readable(change: Change, operations: Operations) -> bool:
    """Whether a read can show that *change* was made."""
    return operations.confirmed_by(change) is Confirmation.READ


def met(change: Change, operations: Operations, view: View) -> bool:
    """Whether the state shows *change* made; only for one that is ``readable``."""
    if unreadable_of(change, operations, view) is not None:
        return False
    target = target_of(change, operations, view)
    if isinstance(change, GrantAccess):
        return _at_least(change.entitlement, target.held, view)
    if isinstance(change, RevokeAccess):
        # An owner who is no member by name has not lost the membership.
        return not _at_least(change.entitlement, target.held, view)
    if isinstance(change, CreateAccount):
        return target.exists and target.status in _IN_USE and not unlike(change, operations, target)
    if isinstance(change, DeleteAccount):
        return not target.exists or target.status is AccountStatus.DELETED
    action = operations.action(change.name)
    if action.leads_to and target.status not in action.leads_to:
        return False
    if not action.leads_to and not any(each.sets and each.name in change.arguments for each in action.arguments):
        return False  # nothing was asked for that could be so already
    return target.exists and not unlike(change, operations, target)


def begun(change: Change, operations: Operations, before: TargetState, now: TargetState) -> bool:
    """Whether a creation was made but not all that goes with it, such as groups: asked again, a hook makes the rest."""
    there = not before.exists and now.exists and now.status in _IN_USE
    return isinstance(change, CreateAccount) and there and bool(unlike(change, operations, now))


def carries_on(
    change: Change, operations: Operations, before: TargetState, now: TargetState, *, doubtful: bool = False
) -> bool:
    """Whether the state is still that before the change, or one that only the change's own first steps lead to.

    Where an earlier call may have been carried out (*doubtful*), its work may show already: an account that is to be
    deleted is "leaving", one that is to be disabled has another word for being enabled.
    """
    if doubtful and isinstance(change, DeleteAccount):
        return now.exists
    if doubtful and isinstance(change, RunAction):
        before, now = (msgspec.structs.replace(each, status_raw=None) for each in (before, now))
    return without_drift(change, operations, before, now) or begun(change, operations, before, now)


def unread(change: Change, operations: Operations) -> list[str]:
    """The arguments that ask for something of which no read tells whether it was done, such as wiping a device."""
    if isinstance(change, GrantAccess | RevokeAccess):
        return []
    named = operations.action(change.name).account if isinstance(change, RunAction) else None
    return [
        each.name
        for each in operations.arguments(change)
        if each.sets is None and each.name != named and change.arguments.get(each.name)
    ]


def unlike(change: Change, operations: Operations, target: TargetState) -> list[str]:
    """The arguments whose values the application shows otherwise; those it does not show are passed over."""
    if isinstance(change, GrantAccess | RevokeAccess):
        return []
    return [
        argument.name
        for argument in operations.arguments(change)
        if argument.sets in target.facts
        and (wanted := change.arguments.get(argument.name)) is not None
        and not _same(wanted, target.facts[argument.sets], address=argument.sets in ADDRESSES)
    ]


def without_drift(change: Change, operations: Operations, planned: TargetState, now: TargetState) -> bool:
    """Whether what a plan was made on still holds; of the facts, those that *change* sets."""
    # The same account may have another address by now.
    before, after = (msgspec.structs.replace(each, facts={}, login=None) for each in (planned, now))
    if before != after:
        return False
    if isinstance(change, GrantAccess | RevokeAccess):
        return True
    given = {each.sets for each in operations.arguments(change) if each.sets and each.name in change.arguments}
    return all(planned.facts.get(name) == now.facts.get(name) for name in given)


def _same(wanted: Value, shown: Value, *, address: bool) -> bool:
    if isinstance(wanted, tuple):
        return isinstance(shown, tuple) and set(wanted) <= set(shown)
    if isinstance(wanted, str):
        # An empty text clears a value. Addresses come back in other letters; "McDonald" is not "mcdonald".
        seen = shown if isinstance(shown, str) else ""
        return wanted.casefold() == seen.casefold() if address else wanted == seen
    return wanted == shown


def _at_least(id: EntitlementId, held: tuple[EntitlementId, ...], view: View) -> bool:
    if id in held:
        return True
    own = view.entitlement(id)
    if own is None or own.exclusive is None:
        return False
    ranks = [each.exclusive.rank for one in held if (each := view.entitlement(one)) and each.exclusive]
    return any(rank > own.exclusive.rank for rank in ranks)
