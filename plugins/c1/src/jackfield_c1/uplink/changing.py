"""Tasks that change access: grants, revocations, accounts.

Promises that each goes through the host's plan, limits, protected people, policies, journal and confirmation, under the
task's id.
"""

from collections.abc import Mapping

import msgspec
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from google.rpc import code_pb2

from jackfield.errors import BadConfig
from jackfield.hookspecs import ServedConnection
from jackfield_c1.c1z.traits import trait_message
from jackfield_c1.proto import baton_pb2, connector_pb2
from jackfield_c1.uplink.answers import Answer, failed, not_implemented, of_entry, packed
from jackfield_c1.uplink.objects import account_type, creation_arguments, entitlement_id, resource_id, values
from jackfield_contracts import (
    AccountStatus,
    Change,
    CreateAccount,
    DeleteAccount,
    Email,
    GrantAccess,
    JournalEntry,
    JournalStatus,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    TraitKind,
    UserTrait,
    Value,
)

ACTOR = "c1"
_MOST_NAME, _MOST_NAMED = 80, 20


async def grant(connection: ServedConnection, task: baton_pb2.Task) -> Answer:
    """Let somebody hold an entitlement."""
    change = GrantAccess(
        entitlement=entitlement_id(task.grant.entitlement), principal=resource_id(task.grant.principal.id, "principal")
    )
    response = connector_pb2.GrantManagerServiceGrantResponse
    entry = await _make(connection, change, task)
    return of_entry(
        entry,
        done=lambda _: response(grants=[_grant(task.grant.entitlement, task.grant.principal)]),
        already=lambda _: response(
            annotations=[packed(connector_pb2.GrantAlreadyExists())],
            grants=[_grant(task.grant.entitlement, task.grant.principal)],
        ),
        cancels=True,
    )


async def revoke(connection: ServedConnection, task: baton_pb2.Task) -> Answer:
    """Let somebody hold an entitlement no more; a grant's id of our form has to name the same."""
    given = task.revoke.grant
    change = RevokeAccess(
        entitlement=entitlement_id(given.entitlement), principal=resource_id(given.principal.id, "principal")
    )
    _same_grant(connection, given, change)
    response = connector_pb2.GrantManagerServiceRevokeResponse
    entry = await _make(connection, change, task)
    return of_entry(
        entry,
        done=lambda _: response(),
        already=lambda _: response(annotations=[packed(connector_pb2.GrantAlreadyRevoked())]),
    )


def _same_grant(connection: ServedConnection, given: connector_pb2.Grant, change: RevokeAccess) -> None:
    """Raise BadConfig where the id of the grant names another one; ids that are not of our form say nothing."""
    own = change.entitlement
    expected = f"{own.resource.type}:{own.resource.id}:{own.slug}:{change.principal.type}:{change.principal.id}"
    ours = any(given.id.startswith(f"{each.name}:") for each in connection.resource_types)
    if ours and given.id != expected:
        raise BadConfig(
            f"the task contradicts itself: the grant {given.id!r} is not that of {own} to {change.principal}",
            hint="Nothing was changed.",
        )


async def create_account(connection: ServedConnection, task: baton_pb2.Task) -> Answer:
    """Make an account; only without a password of ours, or for single sign-on."""
    given = task.create_account
    option = given.credential_options.WhichOneof("options")
    if option not in (None, "no_password", "sso"):
        return not_implemented(f"an account with the credential option {option}")
    kind = given.resource_type_id or account_type(connection)
    if kind != account_type(connection):
        return not_implemented(f"an account of the type {kind}")
    change = CreateAccount(type=kind, arguments=_arguments(connection, given.account_info))
    unknown = _unknown(connection, given.account_info)
    note = f"not taken over, since no account here is made of it: {', '.join(unknown)}" if unknown else None
    entry = await _make(connection, change, task, note)
    response = connector_pb2.CreateAccountResponse

    def named(entry: JournalEntry) -> connector_pb2.Resource:
        return _account(entry, kind, given.account_info, change.arguments)

    answer = of_entry(
        entry,
        done=lambda entry: response(
            success=response.SuccessResult(resource=named(entry), is_create_account_result=True)
        ),
        already=lambda entry: response(
            already_exists=response.AlreadyExistsResult(resource=named(entry), is_create_account_result=True)
        ),
    )
    return msgspec.structs.replace(answer, note=note)


async def delete_resource(connection: ServedConnection, task: baton_pb2.Task) -> Answer:
    """Delete an account; what is no account can't be deleted here."""
    who = resource_id(task.delete_resource.resource_id, "resource")
    if who.type != account_type(connection):
        return not_implemented(f"deleting a {who.type}")
    response = connector_pb2.DeleteResourceResponse
    entry = await _make(connection, DeleteAccount(account=who), task)
    return of_entry(
        entry,
        done=lambda _: response(),
        already=lambda _: response(annotations=[packed(connector_pb2.ResourceDoesNotExist())]),
    )


async def _make(
    connection: ServedConnection, change: Change, task: baton_pb2.Task, note: str | None = None
) -> JournalEntry:
    reason = f"task {task.id}; {note}" if note else f"task {task.id}"
    return await connection.change(change, id=task.id, actor=ACTOR, reason=reason)


def disabled(connection: ServedConnection, task: str) -> Answer | None:
    """What a change is answered with where changes are not enabled, None where they are, or where it has an outcome already.

    One that was begun while they were, and of which nobody knows yet, is not refused: it may be made.
    """
    if connection.provisioning:
        return None
    known = connection.entry(task)
    if known is None:
        return failed(code_pb2.FAILED_PRECONDITION, "provisioning is not enabled")
    if known.status is JournalStatus.SETTLED:
        return None
    return failed(
        code_pb2.UNAVAILABLE,
        "begun before, and not known to be made; provisioning is not enabled now, so that it can't be settled",
        retryable=True,
    )


def _grant(entitlement: connector_pb2.Entitlement, principal: connector_pb2.Resource) -> connector_pb2.Grant:
    made = connector_pb2.Grant(entitlement=entitlement, principal=principal)
    made.id = f"{entitlement.id}:{principal.id.resource_type}:{principal.id.resource}"
    return made


def _arguments(connection: ServedConnection, info: connector_pb2.AccountInfo) -> dict[str, Value]:
    """What the account is made of: the profile by the names of our form, and the address where it stands beside."""
    declared = creation_arguments(connection)
    known = {each.name for each in declared}
    given = {name: each for name, each in info.profile.items() if name in known}
    chosen = type(info.profile)()
    for name in given:
        chosen[name] = info.profile[name]
    made = values(chosen, declared)
    primary = sorted(info.emails, key=lambda each: not each.is_primary)
    address = primary[0].address if primary else ""
    if "email" in known and address and str(made.setdefault("email", address)).casefold() != address.casefold():
        raise BadConfig(
            f"the task contradicts itself: the profile's address is {made['email']!r}, the account's {address!r}",
            path="email",
        )
    if "login" in known and "login" not in made and info.login:
        made["login"] = info.login
    return made


def _unknown(connection: ServedConnection, info: connector_pb2.AccountInfo) -> list[str]:
    """The keys of the profile that say something, and that no account here is made of."""
    known = {each.name for each in creation_arguments(connection)}
    told = json_format.MessageToDict(info.profile)
    unknown = sorted(name for name, value in told.items() if name not in known and value not in (None, "", [], {}))
    return [repr(name[:_MOST_NAME]) for name in unknown[:_MOST_NAMED]]


def _account(
    entry: JournalEntry, kind: str, info: connector_pb2.AccountInfo, arguments: Mapping[str, Value]
) -> connector_pb2.Resource:
    outcome = entry.outcome
    found = outcome.account if outcome is not None else None
    if found is None and entry.after is not None:
        found = entry.after.account
    if found is None:
        found = entry.before.account
    who = found or ResourceId(type=kind, id=info.login or (info.emails[0].address if info.emails else "unknown"))
    # Of an account that was there before, nothing shows that it has the name that was asked for.
    new = outcome is not None and outcome.outcome is OutcomeKind.CHANGED
    given, surname = (_text(arguments.get(key)) if new else "" for key in ("given_name", "surname"))
    after = entry.after or entry.before
    address = _text(arguments.get("email"))
    trait = UserTrait(
        status=after.status or AccountStatus.UNKNOWN,
        status_raw=after.status_raw,
        login=after.login or _text(arguments.get("login")) or address or None,
        emails=(Email(address=address, primary=True),) if address else (),
        given_name=given or None,
        surname=surname or None,
    )
    made = connector_pb2.Resource(
        id=connector_pb2.ResourceId(resource_type=who.type, resource=who.id),
        display_name=" ".join(filter(None, (given, surname))) or trait.login or who.id,
    )
    made.annotations.append(packed(trait_message(TraitKind.USER, trait, Struct(), None)))
    return made


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""
