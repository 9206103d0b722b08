"""What Dropbox is known to refuse of a plan, told before anything is asked: by the state that was read, and the roles held."""

from collections.abc import Mapping, Sequence

from jackfield_contracts import (
    AccessState,
    AccountState,
    Action,
    ActionKind,
    Change,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    Outcome,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    RunAction,
)
from jackfield_dropbox import actions, creating, deleting, people, routes
from jackfield_dropbox.api import Api
from jackfield_dropbox.changes import impossible
from jackfield_dropbox.outcomes import decide, outcome

_UNSURE = Outcome(
    outcome=OutcomeKind.CHANGED,
    reason=(
        "Nobody else who is active has this admin role. If it is that of team administrators, Dropbox refuses to take it from"
        " the last of them; which role that is, Dropbox does not tell."
    ),
)
_INVITED = Outcome(
    outcome=OutcomeKind.CHANGED,
    reason=(
        "This person has not accepted the invitation yet, and Dropbox does not document whether it gives a role to such a"
        " one: it may be refused."
    ),
)


async def foresee(
    api: Api, changes: Sequence[Change], state: AccessState, offered: Sequence[Action]
) -> tuple[Outcome | None, ...]:
    """What Dropbox is known to refuse of *changes*.

    No request for grants, two at most for all invitations, and a listing of the members where somebody is to lose a role.
    """
    accounts = {each.account: each for each in state.accounts}
    disabling = {each.name for each in offered if each.kind is ActionKind.DISABLE_ACCOUNT}
    known = {index: said for index, each in enumerate(changes) if (said := _by_state(each, accounts)) is not None}
    invited = [(index, each) for index, each in enumerate(changes) if isinstance(each, CreateAccount)]
    if invited:
        ends = await creating.foreseen(api.traced(), [each for _, each in invited])
        known |= {index: end for (index, _), end in zip(invited, ends, strict=True) if end is not None}
    losing = {
        index: who
        for index, each in enumerate(changes)
        if index not in known and (who := _losing(each, accounts, disabling)) is not None
    }
    if losing:
        holders = await _holders(api.traced())
        for index, each in enumerate(changes):
            if index in losing and (said := _left(losing[index], each, holders)) is not None:
                known[index] = said
            if index not in known or known[index].outcome is OutcomeKind.CHANGED:
                _count(each, losing.get(index), holders)
    return tuple(known.get(index) for index in range(len(changes)))


def _by_state(change: Change, accounts: Mapping[ResourceId, AccountState]) -> Outcome | None:
    """What the state alone tells against a change."""
    match change:
        case GrantAccess():
            return impossible(change) or _given(change, accounts.get(change.principal))
        case RevokeAccess():
            return impossible(change)
        case DeleteAccount():
            return deleting.excluded(change, accounts.get(change.account))
        case RunAction():
            return actions.impossible(change)
        case CreateAccount():
            return None


def _given(change: GrantAccess, account: AccountState | None) -> Outcome | None:
    status = account.status_raw if account is not None else "active"
    if change.entitlement.resource.type == "role":
        if status == "invited":
            return _INVITED
        tag = {"removed": "user_not_in_team", "suspended": "cannot_set_permissions"}.get(status)
        return _refusal(routes.SET_ROLES, tag) if tag else None
    if status == "removed":
        return _refusal(routes.GROUPS_ADD, "members_not_in_team")
    if change.entitlement.slug == "owner" and status in ("suspended", "invited"):
        return _refusal(routes.GROUPS_ADD, "user_must_be_active_to_be_owner")
    return None


def _losing(change: Change, accounts: Mapping[ResourceId, AccountState], disabling: set[str]) -> AccountState | None:
    """Who loses an admin role by a change; only somebody active counts as an administrator."""
    match change:
        case GrantAccess() | RevokeAccess() if change.entitlement.resource.type == "role":
            who = change.principal
        case DeleteAccount():
            who = change.account
        case RunAction() if change.name in disabling and change.account is not None:
            who = change.account
        case _:
            return None
    account = accounts.get(who)
    return account if account is not None and account.status_raw == "active" and account.facts.get("role") else None


async def _holders(call: Api) -> dict[str, set[str]] | None:
    """The roles of each active member who has any; None where some of the members can't be understood."""
    found: dict[str, set[str]] = {}
    answer = await call.members_list(limit=1000, include_removed=False)
    while True:
        if answer.broken:
            return None
        for member in answer.page.members:
            if member.held and people.situation(member) == "active":
                found[member.profile.team_member_id] = {role.role_id for role in member.held}
        if not answer.page.has_more:
            return found
        answer = await call.members_list_continue(answer.page.cursor)


def _left(who: AccountState, change: Change, holders: dict[str, set[str]] | None) -> Outcome | None:
    """What is known against taking the role from *who*: a team keeps one administrator."""
    own = who.facts.get("role")
    if holders is None:
        return _UNSURE
    others = [roles for id, roles in holders.items() if id != who.account.id]
    if any(own in roles for roles in others):
        return None
    if others:
        return _UNSURE
    # Nobody else has any role: there is one administrator at least, and this is the one.
    match change:
        case DeleteAccount():
            return _refusal(routes.REMOVE, "remove_last_admin")
        case RunAction():
            return _refusal(routes.SUSPEND, "suspend_last_admin")
        case _:
            return _refusal(routes.SET_ROLES, "last_admin")


def _count(change: Change, losing: AccountState | None, holders: dict[str, set[str]] | None) -> None:
    """Let *holders* be those after the change."""
    if holders is None:
        return
    if isinstance(change, GrantAccess) and change.entitlement.resource.type == "role":
        holders[change.principal.id] = {change.entitlement.resource.id}
    elif losing is not None:
        holders.pop(losing.account.id, None)


def _refusal(route: str, tag: str) -> Outcome:
    return outcome(decide(route, tag), tag=tag)
