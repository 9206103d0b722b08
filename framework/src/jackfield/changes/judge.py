"""What the live state says of a change before anything is asked of the application: already so, refused, or to be made."""

import msgspec

from jackfield.changes.goals import View, met, readable, subject_of, target_of, unlike, unread, unreadable_of
from jackfield.changes.operations import Operations
from jackfield.changes.protection import Protected
from jackfield_contracts import (
    AccountState,
    AccountStatus,
    ActionKind,
    Change,
    Confirmation,
    CreateAccount,
    DeleteAccount,
    Entitlement,
    EntitlementId,
    GrantAccess,
    Outcome,
    OutcomeKind,
    RevokeAccess,
    RunAction,
)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What will become of a change as far as a read can tell; ``changed`` means that it is to be made."""

    forecast: Outcome
    replaces: tuple[EntitlementId, ...] = ()

    @property
    def go(self) -> bool:
        """Whether the application is to be asked."""
        return self.forecast.outcome is OutcomeKind.CHANGED


LASTING = ("protected", "immutable", "wrong_principal")
"""Tags of refusals that no earlier change of a plan takes away."""

NOBODY = Protected()

_GO = Judgement(forecast=Outcome(outcome=OutcomeKind.CHANGED))


def judge(change: Change, operations: Operations, view: View, protected: Protected = NOBODY) -> Judgement:
    """Judge one change on the state that was just read, *protected* being those that are never changed."""
    account = subject_of(change, operations, view)
    if protected.covers(change, account, operations, view):
        return _refused("protected", "it concerns a principal that the configuration protects from every change")
    if (why := unreadable_of(change, operations, view)) is not None:
        return Judgement(forecast=unreadable(why))
    if isinstance(change, GrantAccess):
        return _grant(change, account, view)
    if isinstance(change, RevokeAccess):
        return _revoke(change, view)
    if isinstance(change, CreateAccount):
        return _create(change, account, operations, view)
    if isinstance(change, DeleteAccount):
        if met(change, operations, view):
            told = "the account is not there" if account is None else "the account is deleted already"
            return _already(told + _unheeded(change, operations))
        return _GO
    action = operations.action(change.name)
    # Whether an account that was removed can come back is for the application to say, which may show it to nobody.
    hidden = action.kind is ActionKind.RECOVER_ACCOUNT
    if action.account is not None and account is None and not hidden:
        return _refused("not_found", f"the application has no account {_named(change, operations)!r}")
    if readable(change, operations) and met(change, operations, view):
        status = target_of(change, operations, view).status_raw or "there"
        return _already(f"it is so already: the account is {status}{_unheeded(change, operations)}")
    return _GO


def unreadable(why: str) -> Outcome:
    """The outcome of a change of which the state can't tell, so that it was not made."""
    reason = f"nothing was changed: the application's answer about it can't be understood: {why}"
    return Outcome(outcome=OutcomeKind.FAILED, tag="unreadable", reason=reason, retryable=True)


def _unheeded(change: DeleteAccount | RunAction, operations: Operations) -> str:
    """What *change* asks for beside, of which no read tells whether it was done: nothing is asked for what is so already."""
    beside = unread(change, operations)
    return f"; nothing was asked for now, so that {', '.join(beside)} had no effect" if beside else ""


def _grant(change: GrantAccess, account: AccountState | None, view: View) -> Judgement:
    own = view.entitlement(change.entitlement)
    if own is None:
        return _no_entitlement(change.entitlement, view)
    if own.grantable_to and change.principal.type not in own.grantable_to:
        return _refused(
            "wrong_principal", f"it can be granted to {', '.join(own.grantable_to)}, not to a {change.principal.type}"
        )
    held = view.rivals(change.entitlement, change.principal)
    if any(each.id == change.entitlement for each in held):
        return _already("it is held already")
    rank = own.exclusive.rank if own.exclusive else 0
    more = next((each for each in held if each.exclusive and each.exclusive.rank > rank), None)
    if more is not None:
        return _already(f"{more.display_name} ({more.id}) is held, which is more")
    if own.immutable is not None:
        return _refused("immutable", own.immutable)
    if account is None:
        return _refused("not_found", f"the application has no principal {change.principal}")
    equal = tuple(each for each in held if each.exclusive and each.exclusive.rank == rank)
    if equal and not change.replace:
        names = ", ".join(f"{each.display_name} ({each.id})" for each in equal)
        return _refused(
            "needs_replace",
            f"it would take the place of {names}; if that is meant, say --replace, or true in the column replace of a file",
        )
    return Judgement(forecast=_GO.forecast, replaces=tuple(each.id for each in held))


def _revoke(change: RevokeAccess, view: View) -> Judgement:
    own = view.entitlement(change.entitlement)
    if own is None:
        return _no_entitlement(change.entitlement, view)
    held = view.rivals(change.entitlement, change.principal)
    if not any(each.id == change.entitlement for each in held):
        rank = own.exclusive.rank if own.exclusive else 0
        more = next((each for each in held if each.exclusive and each.exclusive.rank > rank), None)
        if more is not None:
            return _refused(
                "holds_more", f"{more.display_name} ({more.id}) is held, which includes it: revoke that one"
            )
        return _already(f"it is not held; {_instead(held)}")
    if own.immutable is not None:
        return _refused("immutable", own.immutable)
    return _GO


def _create(change: CreateAccount, account: AccountState | None, operations: Operations, view: View) -> Judgement:
    if account is None:
        return _GO
    if account.status is AccountStatus.DISABLED:
        reason = f"{account.account} has this login and is {account.status_raw or 'disabled'}: enable it instead"
        return _refused("account_disabled", reason, account)
    if account.status is AccountStatus.DELETED:
        # Whether a deleted account stands in the way is for the application to say.
        return _GO
    told = f"{account.account} has this login already ({account.status_raw or account.status.value})"
    other = unlike(change, operations, target_of(change, operations, view))
    if other:
        told += (
            f"; it was not touched, and its {', '.join(other)} {'is' if len(other) == 1 else 'are'} not as asked for"
        )
    return _already(told, account)


def _no_entitlement(id: EntitlementId, view: View) -> Judgement:
    slugs = view.slugs(id.resource)
    if not slugs:
        return _refused("not_found", f"the application has no {id.resource}")
    return _refused("not_found", f"{id.resource} offers {', '.join(slugs)}, not {id.slug!r}")


def _instead(held: list[Entitlement]) -> str:
    others = ", ".join(f"{each.display_name} ({each.id})" for each in held)
    return f"{others} is held instead, and stays" if others else "nothing else of the kind is held either"


def _named(change: RunAction, operations: Operations) -> str:
    return str(change.account) if change.account else operations.subject(change) or ""


def _refused(tag: str, reason: str, account: AccountState | None = None) -> Judgement:
    outcome = Outcome(outcome=OutcomeKind.REFUSED, tag=tag, reason=reason, account=account.account if account else None)
    return Judgement(forecast=outcome)


def _already(reason: str, account: AccountState | None = None) -> Judgement:
    outcome = Outcome(
        outcome=OutcomeKind.ALREADY,
        reason=reason,
        account=account.account if account else None,
        confirmed_by=Confirmation.READ,
    )
    return Judgement(forecast=outcome)
