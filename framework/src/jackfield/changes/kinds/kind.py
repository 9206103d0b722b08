"""What a kind of change knows: everything else about changes asks it, and no other module asks which kind a change is.

A kind is added as a module of its own beside this one; ``registry`` finds it there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from jackfield.changes.kinds.request import Request
from jackfield_contracts import (
    AccessState,
    AccountState,
    AccountStatus,
    Argument,
    Change,
    Confirmation,
    Entitlement,
    EntitlementId,
    Outcome,
    OutcomeKind,
    PlannedChange,
    ResourceId,
    StateQuery,
    TargetState,
    Value,
)

if TYPE_CHECKING:
    from jackfield.changes.kinds.operations import Operations
    from jackfield.changes.kinds.view import View
    from jackfield.host.connection import Connection

C = TypeVar("C", bound=Change)


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What will become of a change as far as a read can tell; as a forecast, ``changed`` means that it is to be made."""

    forecast: Outcome
    replaces: tuple[EntitlementId, ...] = ()


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What a change is about: changes with the same ``key``, or of the same account, are made one after the other.

    ``alters``: it changes the accounts themselves, so that it waits for all others that touch one of them.
    """

    key: object
    accounts: tuple[ResourceId, ...] = ()
    alters: bool = False


class Kind(ABC, Generic[C]):
    """One kind of change. What is here holds for a change without arguments that a read confirms.

    What is abstract each kind says for itself: one that leaves it out can't be made.
    """

    change: type[Change]
    """What of the contracts it is the kind of."""

    hook: str
    """The hook of a connector that makes it."""

    requests: tuple[type[Request], ...]
    """How people ask for it."""

    counts: tuple[str, ...]
    """All kinds of limit that one of it may count in."""

    makes_account: bool = False
    """Whether it makes an account: by several calls, and refused where an earlier call of ours has made it already."""
    ends_account: bool = False
    """Whether it takes an account away."""

    may_become_other: bool = False
    """Whether the account may show a third state, neither that before nor the one asked for, because of the change."""

    # --- what is asked for --------------------------------------------------------------------------------------

    def arguments(self, change: C) -> Mapping[str, Value]:
        """The arguments that are given."""
        return {}

    def with_arguments(self, change: C, arguments: Mapping[str, Value]) -> C:
        """*change* with other arguments."""
        return change

    def declared(self, change: C, operations: Operations) -> tuple[Argument, ...]:
        """The arguments that the connector declares for it."""
        return ()

    def error_name(self, change: C) -> str:
        """What an error calls it."""
        return self.hook

    def action(self, change: C) -> str | None:
        """The action that is run, None for any other kind."""
        return None

    def confirmed_by(self, change: C, operations: Operations) -> Confirmation:
        """How it is known to be made."""
        return Confirmation.READ

    def subject_argument(self, change: C, operations: Operations) -> str | None:
        """The argument that names the account that it is about."""
        return None

    # --- what it counts as --------------------------------------------------------------------------------------

    @abstractmethod
    def counts_as(self, change: C, operations: Operations, view: View) -> tuple[str, ...]:
        """The kinds of limit that it counts in, its own first."""
        ...

    def privileges(self, change: C, operations: Operations) -> dict[str, Value]:
        """The arguments that give an account a privilege."""
        wanted = {each.name for each in operations.arguments(change) if each.privileged}
        return {name: value for name, value in self.arguments(change).items() if name in wanted and value}

    def takes_away(self, change: C, operations: Operations) -> bool:
        """Whether it takes something away by what it is, whatever its arguments do beside."""
        return False

    def weight(self, counted: str) -> int:
        """Its place in a summary of changes: what takes away most stands last."""
        return 0

    def warnings(self, change: C, operations: Operations) -> tuple[str, ...]:
        """What a person should know before it is made."""
        return ()

    def verb(self, change: C, counted: str) -> str:
        """What it does, in the question before it is made; *counted* is the first kind that it counts in."""
        return counted

    def privileged_verb(self, verb: str) -> str:
        """*verb* where a privilege goes with it."""
        return f"{verb} a PRIVILEGE"

    def demotes(self, change: C, planned: PlannedChange, who: ResourceId | None) -> bool:
        """Whether it takes a privilege away from *who* by the way."""
        return False

    def takes_from(self, change: C, planned: PlannedChange, view: View) -> ResourceId | None:
        """Whose account or privilege it takes away."""
        return None

    # --- what it brings beside ----------------------------------------------------------------------------------

    def entitlements(self, change: C) -> tuple[EntitlementId, ...]:
        """The entitlements that it names."""
        return ()

    def takes(self, change: C) -> tuple[EntitlementId, ...]:
        """The entitlements that whom it names holds no more once it is made."""
        return ()

    def leaves(self, change: C, view: View) -> tuple[Entitlement, ...]:
        """What is held in the place of what it takes, by what the application offers."""
        return ()

    def left(self, change: C, view: View) -> str | None:
        """What *view*, read after it was made, shows in the place of what it took, in words."""
        return None

    def ends(self, change: C, operations: Operations) -> tuple[str, ...]:
        """The entitlements, as TYPE/SLUG, that its account holds no more once it is made, and that nothing gives back."""
        return ()

    def undoes(self, change: C, operations: Operations) -> tuple[str, ...]:
        """The actions whose opposite it is: what they took beside, it does not give back."""
        return ()

    # --- what of the state it is about --------------------------------------------------------------------------

    @abstractmethod
    def query(self, change: C, operations: Operations) -> StateQuery:
        """What has to be read to evaluate it."""
        ...

    @abstractmethod
    def subject(self, change: C, operations: Operations, view: View) -> AccountState | None:
        """The account that it is about, as it is now."""
        ...

    def held(self, change: C, view: View) -> tuple[EntitlementId, ...]:
        """What is held of the entitlements that it is about."""
        return ()

    def principals(self, change: C) -> tuple[ResourceId, ...]:
        """Whom it names by id."""
        return ()

    def further_keys(self, change: C) -> tuple[str, ...]:
        """Under which keys beside those of its query the state may tell that it can't be understood."""
        return ()

    def dated_keys(self, change: C, operations: Operations) -> tuple[str, ...]:
        """Under which keys the state may tell since when its answer stands."""
        query = self.query(change, operations)
        return (*map(str, query.principals), *query.names)

    def with_account(self, change: C, operations: Operations, view: View) -> C:
        """*change* with the account that it names, once that is known."""
        return change

    def facts(self, change: C, operations: Operations) -> set[str]:
        """The facts of the account that count: those that its arguments set. What a plan was made on has them as they were."""
        given = self.arguments(change)
        return {each.sets for each in operations.arguments(change) if each.sets and each.name in given}

    def target(self, change: C, operations: Operations, view: View) -> TargetState:
        """The part of the state that it is about."""
        account, held = self.subject(change, operations, view), self.held(change, view)
        if account is None:
            return TargetState(exists=False, held=held)
        wanted = self.facts(change, operations)
        known = {"display_name": account.display_name, "login": account.login, **account.facts}
        return TargetState(
            exists=True,
            account=account.account,
            status=account.status,
            status_raw=account.status_raw,
            held=held,
            facts={name: value for name, value in known.items() if name in wanted},
            login=account.login,
        )

    def unreadable(self, change: C, operations: Operations, view: View) -> str | None:
        """Why the state can't tell of it: what the application says of its account or resource can't be understood."""
        query = self.query(change, operations)
        keys = (*map(str, query.principals), *query.names, *map(str, query.resources), *self.further_keys(change))
        return next((why for key in keys if (why := view.state.unreadable.get(key)) is not None), None)

    def met(self, change: C, operations: Operations, view: View) -> bool:
        """Whether the state shows it made; only for one that a read confirms."""
        if self.unreadable(change, operations, view) is not None:
            return False
        return self.is_met(change, operations, view, self.target(change, operations, view))

    # --- what is to become of it, and whether it is made --------------------------------------------------------

    @abstractmethod
    def evaluate(self, change: C, account: AccountState | None, operations: Operations, view: View) -> Evaluation:
        """What the state says before anything is asked of the application."""
        ...

    @abstractmethod
    def is_met(self, change: C, operations: Operations, view: View, target: TargetState) -> bool:
        """Whether the state shows it made."""
        ...

    def is_begun(self, before: TargetState, now: TargetState) -> bool:
        """Whether its first step was made, and others may not have been."""
        return False

    def carries_on_in_doubt(self, change: C, before: TargetState, now: TargetState) -> bool | None:
        """Whether the state is one that an earlier call of it may lead to; None: the general rule decides."""
        return None

    def comparable(self, state: TargetState) -> TargetState:
        """*state* without what an earlier call of it may have changed on its way."""
        return state

    def became_other(self, now: TargetState) -> str:
        """What is told where the state is neither that before nor the one asked for, and our own call may be the reason."""
        state = status_told(now.status_raw, now.status) if now.exists else now.status_raw or "gone"
        return f"no answer came, and the account is {state} by now: whether by this change is not known"

    def meant_otherwise(self, change: C, operations: Operations, view: View) -> tuple[str, AccountState | None] | None:
        """Why the name by which it was asked for means somebody else by now, and whom."""
        return None

    # --- how it is made -----------------------------------------------------------------------------------------

    @abstractmethod
    def title(self, change: C, operations: Operations, view: View) -> str:
        """The change as a sentence, with its further arguments."""
        ...

    def batch(self, change: C, operations: Operations) -> int:
        """How many like it one call takes."""
        return 1

    def call_key(self, change: C) -> object:
        """What changes have in common that one call can make."""
        return object()

    @abstractmethod
    def exclusive_keys(self, change: C, before: TargetState, operations: Operations) -> set[object]:
        """What changes have in common that must not go on at the same time; *before* is the state that it was asked for on."""
        ...

    @abstractmethod
    def place(self, change: C, planned: PlannedChange, operations: Operations, view: View) -> Place:
        """What it is about, for the order of a plan."""
        ...

    async def call(
        self, connection: Connection, changes: Sequence[C], state: AccessState, ids: tuple[str, ...]
    ) -> tuple[Outcome, ...]:
        """One call of the hook for all of *changes*, and an outcome of each."""
        return await connection.change(self.hook, tuple(changes), state, ids)


_YES_AND_NO = ("true", "false", "yes", "no", "0", "1")

GO = Evaluation(forecast=Outcome(outcome=OutcomeKind.CHANGED))
"""It is to be made."""


def whole_account(account: ResourceId) -> object:
    """The key of whatever alters an account as a whole: its deletion, and each action on it."""
    return "whole_account", account


def already(reason: str, account: AccountState | None = None) -> Evaluation:
    """Nothing is left to be made."""
    return Evaluation(
        forecast=Outcome(
            outcome=OutcomeKind.ALREADY,
            reason=reason,
            confirmed_by=Confirmation.READ,
            account=account.account if account else None,
        )
    )


def refused(tag: str, reason: str, account: AccountState | None = None) -> Evaluation:
    """The host does not ask for it."""
    return Evaluation(
        forecast=Outcome(
            outcome=OutcomeKind.REFUSED, tag=tag, reason=reason, account=account.account if account else None
        )
    )


def never_there(principal: ResourceId) -> Evaluation:
    """Nothing can be taken from somebody of whom nothing tells that there ever was one: the id may be a slip of the pen."""
    return refused(
        "not_found",
        f"the application has no principal {principal}, and neither a snapshot nor the journal knows of one",
    )


def status_told(raw: str | None, status: AccountStatus | None, otherwise: str = "there") -> str:
    """A status for people: the application's own word where it has one, not what it writes for yes and no."""
    if raw and raw.casefold() not in _YES_AND_NO:
        return raw
    return status.value if status is not None else otherwise


def who(account: AccountState | None, otherwise: str) -> str:
    """A person or a group in a title."""
    if account is None:
        return otherwise
    name, login = account.display_name, account.login
    if name and login and name != login:
        return f"{name} <{login}>"
    if name and not login:
        return f"{name} ({account.account})"
    return login or str(account.account)
