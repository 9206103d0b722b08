"""The actions: enable, disable, recover, a new welcome mail, and the profile."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from jackfield.errors import Refused
from jackfield_contracts import (
    AccessState,
    AccountState,
    AccountStatus,
    Action,
    ActionKind,
    Argument,
    ArgumentType,
    Confirmation,
    Outcome,
    OutcomeKind,
    RunAction,
    Value,
)
from jackfield_dropbox import people, routes, wire, writes
from jackfield_dropbox.api import Api, Reply
from jackfield_dropbox.arguments import PROFILE, WIPES, flag, problem, text
from jackfield_dropbox.checks import MEMBERS_DELETE, MEMBERS_WRITE
from jackfield_dropbox.outcomes import asked_before, decide, outcome
from jackfield_dropbox.state import account_state

_WHO = Argument(
    name="user_id", required=True, description="Whose account it is: the member's id, e-mail address or external id."
)
_LOOKED_AT = {
    routes.SUSPEND: ("suspend_inactive_user",),
    routes.UNSUSPEND: ("unsuspend_non_suspended_member", "user_not_in_team"),
    routes.RECOVER: ("user_unrecoverable",),
}
"""Tags that are settled by one more read of the account."""


def declared(*, wipes: bool) -> tuple[Action, ...]:
    """The actions; *wipes* is whether disabling wipes devices where the caller does not say."""
    rule = "unless wipe_data=false" if wipes else "if wipe_data=true"
    return (
        Action(
            name="enable_user",
            description="Let a suspended member sign in again.",
            kind=ActionKind.ENABLE_ACCOUNT,
            arguments=(_WHO,),
            account="user_id",
            acts_on=(AccountStatus.DISABLED,),
            leads_to=(AccountStatus.ENABLED,),
            permissions=(MEMBERS_WRITE,),
        ),
        Action(
            name="disable_user",
            description=(
                "Suspend a member, who is signed out and keeps licence and groups, but can own none and get no role. "
                f"This wipes the account's data from its linked devices {rule}."
            ),
            kind=ActionKind.DISABLE_ACCOUNT,
            arguments=(
                _WHO,
                Argument(
                    name="wipe_data",
                    type=ArgumentType.BOOLEAN,
                    default=wipes,
                    description="Wipe the account's data from its linked devices.",
                    effect=WIPES,
                ),
            ),
            account="user_id",
            acts_on=(AccountStatus.ENABLED,),
            leads_to=(AccountStatus.DISABLED,),
            ends=("group/owner", "role/member"),
            destructive=True,
            warning=f"Disabling WIPES the account's data from its linked devices {rule}.",
            warning_unless={"wipe_data": False},
            permissions=(MEMBERS_WRITE,),
        ),
        Action(
            name="recover_user",
            description="Bring back a member who was removed at most seven days ago, with files, groups and settings.",
            kind=ActionKind.RECOVER_ACCOUNT,
            arguments=(_WHO,),
            account="user_id",
            acts_on=(AccountStatus.DELETED,),
            leads_to=(AccountStatus.ENABLED,),
            permissions=(MEMBERS_DELETE,),
        ),
        Action(
            name="send_welcome_email",
            description="Send the invitation mail once more to somebody who has not accepted yet.",
            kind=ActionKind.NOTIFY,
            arguments=(_WHO,),
            account="user_id",
            acts_on=(AccountStatus.PENDING,),
            confirmed_by=Confirmation.ANSWER,
            permissions=(MEMBERS_WRITE,),
        ),
        Action(
            name="set_profile",
            description="Set a member's names, e-mail address or external id; what is not given stays.",
            kind=ActionKind.UPDATE_ACCOUNT,
            arguments=(_WHO, *PROFILE),
            account="user_id",
            acts_on=(AccountStatus.ENABLED, AccountStatus.DISABLED, AccountStatus.PENDING),
            permissions=(MEMBERS_WRITE,),
        ),
    )


async def run(api: Api, change: RunAction, state: AccessState, actions: tuple[Action, ...]) -> Outcome:
    """Run one of *actions* on its account."""
    call = api.traced()
    action = next((each for each in actions if each.name == change.name), None)
    if action is None:
        return _refused("unknown_action", f"Dropbox has no action {change.name!r}.")
    defaults = {each.name: each.default for each in action.arguments if each.default is not None}
    values: dict[str, Value] = {**defaults, **change.arguments}
    account = await _account(call, change, state)
    if account is None and action.kind is ActionKind.RECOVER_ACCOUNT:
        return await _recover_unseen(call, text(values, "user_id"))
    if account is None:
        return _refused("user_not_found", "Dropbox does not know this person.")
    end = await _RUNS[action.name](call, account, values)
    return outcome_with(end, call, account)


def outcome_with(end: Outcome, call: Api, account: AccountState) -> Outcome:
    """*end* with the account and the ids of all requests."""
    return msgspec.structs.replace(end, account=account.account, request_ids=call.request_ids)


async def _account(call: Api, change: RunAction, state: AccessState) -> AccountState | None:
    name = text(change.arguments, "user_id")
    for each in state.accounts:
        if each.account == change.account or (change.account is None and name and each.asked == name):
            return each
    if change.account is not None:
        return AccountState(account=change.account)
    try:
        found = await people.find_named(call, [name] if name else [])
    except Refused:
        return None
    member = found.get(("email", name or ""))
    return account_state(member) if member is not None else None


async def _recover_unseen(call: Api, name: str | None) -> Outcome:
    """Recover somebody whom Dropbox shows to nobody: what the route itself says decides."""
    selector = people.reading(name) if name else None
    if selector is None:
        return _refused("user_not_found", "Dropbox does not know this person.")
    reply = await writes.recover(call, wire.selector(*selector))
    if reply.tag is None:
        return Outcome(outcome=OutcomeKind.CHANGED, request_ids=call.request_ids)
    return outcome(decide(reply.route, reply.tag), tag=reply.tag, request_ids=call.request_ids)


async def _settled(call: Api, account: AccountState, reply: Reply[Any]) -> Outcome:
    """The outcome of a reply, after a look at the account where the tag alone does not tell."""
    tag = reply.tag
    if tag is None:
        return Outcome(outcome=OutcomeKind.CHANGED)
    case = await people.look(call, account.account.id) if tag in _LOOKED_AT.get(reply.route, ()) else None
    end = outcome(decide(reply.route, tag, case), tag=tag)
    return asked_before(end) if reply.repeated else end


async def _enable(call: Api, account: AccountState, values: Mapping[str, Value]) -> Outcome:
    return await _settled(call, account, await writes.unsuspend(call, account.account.id))


async def _disable(call: Api, account: AccountState, values: Mapping[str, Value]) -> Outcome:
    wipe = flag(values, "wipe_data", True)
    return await _settled(call, account, await writes.suspend(call, account.account.id, wipe_data=wipe))


async def _recover(call: Api, account: AccountState, values: Mapping[str, Value]) -> Outcome:
    return await _settled(
        call, account, await writes.recover(call, wire.selector("team_member_id", account.account.id))
    )


async def _welcome(call: Api, account: AccountState, values: Mapping[str, Value]) -> Outcome:
    if account.status not in (AccountStatus.PENDING, AccountStatus.UNKNOWN):
        return _refused(
            "not_invited", "Dropbox sends this mail only to people who have not accepted the invitation yet."
        )
    return await _settled(call, account, await writes.send_welcome_email(call, account.account.id))


def impossible(change: RunAction) -> Outcome | None:
    """Why the action can't be run with these values, whoever it is about; None where it can."""
    return _unfit(change.arguments) if change.name == "set_profile" else None


def _profile(values: Mapping[str, Value]) -> dict[str, str]:
    return {each.name: value for each in PROFILE if (value := text(values, each.name)) is not None}


def _unfit(values: Mapping[str, Value]) -> Outcome | None:
    given = _profile(values)
    if not given:
        tag = "no_new_data_specified"
        return outcome(decide(routes.SET_PROFILE, tag), tag=tag)
    wrong = problem({**given})
    return _refused("invalid_argument", wrong) if wrong is not None else None


async def _set_profile(call: Api, account: AccountState, values: Mapping[str, Value]) -> Outcome:
    if (why := _unfit(values)) is not None:
        return why
    given = _profile(values)
    sent = {f"new_{name}": value for name, value in given.items()}
    return await _settled(call, account, await writes.set_profile(call, account.account.id, sent))


def _refused(tag: str, reason: str) -> Outcome:
    return Outcome(outcome=OutcomeKind.REFUSED, tag=tag, reason=reason)


_RUNS: Mapping[str, Callable[[Api, AccountState, Mapping[str, Value]], Awaitable[Outcome]]] = {
    "enable_user": _enable,
    "disable_user": _disable,
    "recover_user": _recover,
    "send_welcome_email": _welcome,
    "set_profile": _set_profile,
}
