"""Tasks that change access: grants, revocations, accounts.

Promises that each goes through the host's plan, limits, protected people, policies, journal and confirmation, under the
task's id.
"""

from google.rpc import code_pb2

from jackfield.errors import BadConfig
from jackfield.hookspecs import ServedConnection
from jackfield_c1.proto import baton_pb2, connector_pb2
from jackfield_c1.uplink.answers import Answer, failed, not_implemented, of_entry, packed
from jackfield_c1.uplink.objects import account_type, creation_arguments, entitlement_id, resource_id, values
from jackfield_contracts import (
    Change,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    JournalEntry,
    JournalStatus,
    ResourceId,
    RevokeAccess,
    Value,
)

ACTOR = "c1"


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
    entry = await _make(connection, change, task)
    response = connector_pb2.CreateAccountResponse

    def named(entry: JournalEntry) -> connector_pb2.Resource:
        return _account(entry, kind, given.account_info)

    return of_entry(
        entry,
        done=lambda entry: response(
            success=response.SuccessResult(resource=named(entry), is_create_account_result=True)
        ),
        already=lambda entry: response(
            already_exists=response.AlreadyExistsResult(resource=named(entry), is_create_account_result=True)
        ),
    )


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


async def _make(connection: ServedConnection, change: Change, task: baton_pb2.Task) -> JournalEntry:
    return await connection.change(change, id=task.id, actor=ACTOR, reason=f"task {task.id}")


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


def _account(entry: JournalEntry, kind: str, info: connector_pb2.AccountInfo) -> connector_pb2.Resource:
    outcome = entry.outcome
    found = outcome.account if outcome is not None else None
    if found is None and entry.after is not None:
        found = entry.after.account
    if found is None:
        found = entry.before.account
    who = found or ResourceId(type=kind, id=info.login or (info.emails[0].address if info.emails else "unknown"))
    names = [info.profile[key] for key in ("given_name", "surname") if key in info.profile]
    made = connector_pb2.Resource(
        id=connector_pb2.ResourceId(resource_type=who.type, resource=who.id),
        display_name=" ".join(str(each) for each in names if each) or info.login or who.id,
    )
    made.annotations.append(packed(connector_pb2.UserTrait()))
    return made
