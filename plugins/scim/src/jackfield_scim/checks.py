"""What the connector can do, and what the credentials allow of it: reads, and changes of nobody."""

import asyncio
from typing import Final

import msgspec

from jackfield.errors import MissingPermission, NotFound, Refused, RemoteContract, Unsupported
from jackfield_contracts import (
    Capability,
    CapabilityStatus,
    CheckReport,
    Permission,
    ResourceType,
    TraitKind,
)
from jackfield_scim import api as routes
from jackfield_scim.accounts import WRITE_USERS
from jackfield_scim.api import Api, Operation
from jackfield_scim.arguments import CREATE

READ_USERS: Final = Permission(name="read /Users", description="read users")
READ_GROUPS: Final = Permission(name="read /Groups", description="read groups and their members")
WRITE_GROUPS: Final = Permission(name="write /Groups", description="change the members of groups")
_ROLES: Final = msgspec.structs.replace(
    WRITE_USERS, optional=True, description="change roles and entitlements of users"
)

CAPABILITIES: Final = (
    Capability(
        name="sync_users",
        description="read users, their roles and entitlements",
        hook="read_page",
        permissions=(READ_USERS,),
    ),
    Capability(
        name="sync_groups", description="read groups and their members", hook="read_page", permissions=(READ_GROUPS,)
    ),
    Capability(
        name="grant",
        description="put users and groups into groups, give users roles and entitlements",
        hook="grant",
        permissions=(WRITE_GROUPS, _ROLES),
    ),
    Capability(
        name="revoke",
        description="take memberships, roles and entitlements back",
        hook="revoke",
        permissions=(WRITE_GROUPS, _ROLES),
    ),
    Capability(
        name="create_account",
        description="make users",
        hook="create_account",
        permissions=(WRITE_USERS,),
        arguments=CREATE,
    ),
    Capability(name="delete_account", description="delete users", hook="delete_account", permissions=(WRITE_USERS,)),
    Capability(
        name="actions",
        description="enable and disable users, change their profiles",
        hook="run_action",
        permissions=(WRITE_USERS,),
    ),
)

RESOURCE_TYPES: Final = (
    ResourceType(name="user", display_name="User", trait=TraitKind.USER, permissions=(READ_USERS.name,)),
    ResourceType(name="group", display_name="Group", trait=TraitKind.GROUP, permissions=(READ_GROUPS.name,), batch=50),
    ResourceType(name="role", display_name="Role", trait=TraitKind.ROLE, permissions=(READ_USERS.name,)),
    ResourceType(name="entitlement", display_name="Entitlement", permissions=(READ_USERS.name,)),
)

_NO_GROUPS: Final = "the provider has no groups; set groups = false"
_CAN_NOT_TELL: Final = (
    "whether it is allowed shows when it is done: the provider was asked to change nobody, and did not tell"
)


async def check(api: Api) -> CheckReport:
    """Sign in and report; five requests at most. Raises BadCredentials and what can't be decided."""
    async with asyncio.TaskGroup() as tasks:
        users = tasks.create_task(_reads(api, routes.USERS))
        groups = tasks.create_task(_groups(api))
        writes = {
            WRITE_USERS.name: tasks.create_task(_writes(api, routes.USERS)),
            WRITE_GROUPS.name: tasks.create_task(_writes(api, routes.GROUPS)),
        }
    has_groups = groups.result() is not None
    granted: dict[str, bool | None] = {
        READ_USERS.name: users.result(),
        READ_GROUPS.name: groups.result(),
        **{name: task.result() for name, task in writes.items()},
    }
    return CheckReport(capabilities=tuple(_status(each, granted, has_groups=has_groups) for each in CAPABILITIES))


async def _reads(api: Api, endpoint: str) -> bool:
    try:
        # A provider may have pages of one kind only.
        begin: dict[str, str | int] = {"cursor": ""} if await api.by_cursor() else {"startIndex": 1}
        await api.listing(endpoint, {**begin, "count": 1})
    except MissingPermission:
        return False
    return True


async def _groups(api: Api) -> bool | None:
    """Whether groups may be read; None where there are none."""
    if not api.config.groups:
        return None
    try:
        return await _reads(api, routes.GROUPS)
    except NotFound:
        return None


async def _writes(api: Api, endpoint: str) -> bool | None:
    """Whether resources may be changed, as a change of one that is not there shows; None where that tells nothing."""
    if (endpoint == routes.GROUPS and not api.config.groups) or not await api.patches():
        return None
    path = "active" if endpoint == routes.USERS else "displayName"
    operation = Operation(op="replace", path=path, value=api.truth(False) if path == "active" else routes.PROBE)
    try:
        await api.patch(endpoint, routes.PROBE, [operation])
    except MissingPermission:
        return False
    except NotFound:
        return True
    except (Refused, RemoteContract, Unsupported):
        return None
    return None


def _status(capability: Capability, granted: dict[str, bool | None], *, has_groups: bool) -> CapabilityStatus:
    if capability.name == "sync_groups" and not has_groups:
        return CapabilityStatus(capability=capability.name, available=False, reason=_NO_GROUPS)
    needed = [each for each in capability.permissions if not each.optional]
    missing = tuple(each.name for each in capability.permissions if granted[each.name] is False)
    lacking = [each.name for each in needed if granted[each.name] is False]
    if lacking:
        reason = f"the credentials lack the right to {' and to '.join(lacking)}"
        return CapabilityStatus(capability=capability.name, available=False, missing=missing, reason=reason)
    unknown = any(granted[each.name] is None for each in needed)
    return CapabilityStatus(
        capability=capability.name,
        available=None if unknown else True,
        missing=missing,
        reason=_CAN_NOT_TELL if unknown else None,
    )
