"""Accounts: made, deleted, enabled, disabled, and their profiles changed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from jackfield.errors import NotFound, Refused
from jackfield_contracts import (
    AccessState,
    AccountState,
    AccountStatus,
    Action,
    ActionKind,
    Argument,
    CreateAccount,
    DeleteAccount,
    Outcome,
    OutcomeKind,
    Permission,
    ResourceId,
    RunAction,
    Value,
)
from jackfield_scim import api as routes
from jackfield_scim import editing, lookups, wire
from jackfield_scim.api import Api, Operation
from jackfield_scim.arguments import EMAIL, PATHS, PROFILE, USER_NAME, document, put, text
from jackfield_scim.outcomes import NOT_FOUND, UNIQUENESS, already, decided, refused, word

WRITE_USERS: Final = Permission(name="write /Users", description="make, change and delete users")
_WHO: Final = Argument(
    name="user_id", required=True, description="Whose account: id, user name, address or external id."
)

ACTIONS: Final = (
    Action(
        name="enable_user",
        description="Let somebody sign in again.",
        kind=ActionKind.ENABLE_ACCOUNT,
        arguments=(_WHO,),
        account=_WHO.name,
        leads_to=(AccountStatus.ENABLED,),
        permissions=(WRITE_USERS,),
    ),
    Action(
        name="disable_user",
        description="Let somebody sign in no more; groups and roles stay.",
        kind=ActionKind.DISABLE_ACCOUNT,
        arguments=(_WHO,),
        account=_WHO.name,
        leads_to=(AccountStatus.DISABLED,),
        destructive=True,
        warning="The person can't sign in any more.",
        permissions=(WRITE_USERS,),
    ),
    Action(
        name="set_profile",
        description="Set user name, names, address, external id and the like; an empty text clears, what is not given stays.",
        kind=ActionKind.UPDATE_ACCOUNT,
        arguments=(_WHO, *PROFILE),
        account=_WHO.name,
        permissions=(WRITE_USERS,),
    ),
)


async def create(api: Api, changes: Sequence[CreateAccount]) -> tuple[Outcome, ...]:
    """Make accounts, one request each."""
    return tuple([await _create(api.traced(), each) for each in changes])


async def _create(api: Api, change: CreateAccount) -> Outcome:
    login = text(change.arguments, USER_NAME)
    if change.type != "user" or not login:
        return refused("invalid_argument", "An account needs a user name.")
    try:
        made = await api.create(routes.USERS, document(change.arguments, api.truth(True)))
    except Refused as error:
        if word(error) != UNIQUENESS:
            return decided(error, api.request_ids)
        there = await lookups.by_name(api, login, (lookups.LOGIN,))
        id = wire.ident(there[0].get("id")) if len(there) == 1 else None
        if id is None:
            return decided(error, api.request_ids)
        end = already("Somebody has this user name already; nothing about the account was changed.")
        return _with(end, api, ResourceId(type="user", id=id))
    return Outcome(
        outcome=OutcomeKind.CHANGED,
        account=ResourceId(type="user", id=made.id or ""),
        request_ids=api.request_ids,
    )


async def delete(api: Api, change: DeleteAccount) -> Outcome:
    """Delete an account; one that the provider does not know is gone."""
    call = api.traced()
    if change.account.type != "user":
        return refused("no_account", "Only users are accounts.")
    if not api.config.deletes:
        return refused("only_disables", "This provider would only disable the account (deletes = false): disable it.")
    try:
        await call.delete(routes.USERS, change.account.id)
    except NotFound:
        return _with(already("The provider does not know this account."), call, change.account)
    except Refused as error:
        return decided(error, call.request_ids)
    return Outcome(outcome=OutcomeKind.CHANGED, account=change.account, request_ids=call.request_ids)


async def run(api: Api, change: RunAction, state: AccessState) -> Outcome:
    """Run one of ``ACTIONS``."""
    call = api.traced()
    who = text(change.arguments, _WHO.name)
    account = next(
        (
            each
            for each in state.accounts
            if each.account == change.account or (change.account is None and who and each.asked == who)
        ),
        None,
    )
    if account is None or account.account.type != "user":
        return refused(NOT_FOUND, "The provider does not know this person.")
    try:
        if change.name == "set_profile":
            end = await _set_profile(call, account.account.id, change.arguments)
        elif change.name in ("enable_user", "disable_user"):
            end = await _set_active(call, account, enabled=change.name == "enable_user")
        else:
            end = refused("unknown_action", f"There is no action {change.name!r}.")
    except Refused as error:
        end = decided(error)
    return _with(end, call, account.account)


async def _set_active(api: Api, account: AccountState, *, enabled: bool) -> Outcome:
    if account.status is (AccountStatus.ENABLED if enabled else AccountStatus.DISABLED):
        return already("The account is so already.")
    value = api.truth(enabled)

    def edit(raw: dict[str, Any]) -> bool:
        raw[editing.key_of(raw, "active")] = value
        return True

    operations = [Operation(op="replace", path="active", value=value)]
    return await editing.apply(api, routes.USERS, account.account.id, operations, edit)


def given_of(arguments: Mapping[str, Value]) -> dict[str, str]:
    """What a profile is to have, by the names of the arguments."""
    return {each.name: value for each in PROFILE if (value := text(arguments, each.name)) is not None}


def impossible(given: Mapping[str, str]) -> Outcome | None:
    """Why no profile can be set so, whoever it is about; None where it can."""
    if not given:
        return refused("nothing_given", "There is nothing to set: give at least one value.")
    if given.get(USER_NAME) == "":
        return refused("invalid_argument", "A user name can't be empty.")
    return None


async def _set_profile(api: Api, id: str, arguments: Mapping[str, Value]) -> Outcome:
    given = given_of(arguments)
    if (end := impossible(given)) is not None:
        return end
    operations = [_operation(PATHS[name], value) for name, value in given.items() if name in PATHS]
    address = given.get(EMAIL)
    if address is not None:
        found = await api.find(routes.USERS, id)
        if found is None:
            raise NotFound("the application does not know it", tag=NOT_FOUND)
        emails = _emails(found.raw, address, api)
        if emails is None:
            return refused("unclear_address", "Which of several addresses is the primary one is not told.")
        if not address and len(emails) == 1:
            return refused(
                "another_address", "The other address would be taken for the primary one: give that instead."
            )
        if await api.patches():
            place = (
                Operation(op="replace", path="emails", value=emails)
                if emails
                else Operation(op="remove", path="emails")
            )
            await api.patch(routes.USERS, id, [*operations, place], found.etag)
            return Outcome(outcome=OutcomeKind.CHANGED)

    def edit(raw: dict[str, Any]) -> bool:
        changes = [put(raw, PATHS[name], value) for name, value in given.items() if name in PATHS]
        if address is not None:
            key = editing.key_of(raw, "emails")
            emails = _emails(raw, address, api)
            changes.append(emails is not None and emails != raw.get(key))
            raw[key] = raw.get(key) if emails is None else emails
        return any(changes)

    return await editing.apply(api, routes.USERS, id, operations, edit)


def _operation(path: str, value: str) -> Operation:
    return Operation(op="replace", path=path, value=value) if value else Operation(op="remove", path=path)


def _emails(raw: dict[str, Any], address: str, api: Api) -> list[Any] | None:
    """The addresses of a user with *address* in the place of the primary one; None where which that is is not told."""
    listed: list[Any] = wire.several(raw.get(editing.key_of(raw, "emails"))) or []
    parts = [wire.attributes(wire.lowered(each)) or {} for each in listed]
    primary = [
        number for number, part in enumerate(parts) if wire.truth(part.get("primary"), texts=api.config.text_booleans)
    ]
    if not listed:
        return [{"value": address, "type": "work", "primary": api.truth(True)}] if address else []
    chosen = primary or ([0] if len(listed) == 1 else [])
    if len(chosen) != 1:
        return None
    others = [each for number, each in enumerate(listed) if number != chosen[0]]
    if not address:
        return others
    entry = dict(wire.raw_object(listed[chosen[0]]) or {})
    entry[editing.key_of(entry, "value")] = address
    return [*listed[: chosen[0]], entry, *listed[chosen[0] + 1 :]]


def _with(end: Outcome, api: Api, account: ResourceId) -> Outcome:
    return msgspec.structs.replace(end, account=account, request_ids=api.request_ids)
