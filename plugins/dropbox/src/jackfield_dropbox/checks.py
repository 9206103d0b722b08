"""Signing in, and what the granted scopes allow: reads that change nothing."""

import asyncio
from collections.abc import Awaitable

import msgspec

from jackfield.errors import MissingPermission, Refused
from jackfield_contracts import (
    Capability,
    CapabilityStatus,
    CheckReport,
    Diagnostic,
    Permission,
    ResourceId,
    ResourceType,
    Severity,
    Tenant,
    TraitKind,
)
from jackfield_dropbox.api import Api
from jackfield_dropbox.arguments import CREATE, DELETE

TEAM_INFO = Permission(
    name="team_info.read", description="who authorised, and the team's licence totals", optional=True
)
EVENTS = Permission(name="events.read", description="View your team's activity log")
MEMBERS_WRITE = Permission(name="members.write", description="View and manage your team membership")
MEMBERS_DELETE = Permission(name="members.delete", description="Remove and recover your team members' accounts")
GROUPS_WRITE = Permission(name="groups.write", description="View and manage your team group membership")

CAPABILITIES = (
    Capability(
        name="sync_members",
        description="read users, roles and licences",
        hook="read_page",
        permissions=(Permission(name="members.read", description="View your team membership"), TEAM_INFO),
    ),
    Capability(
        name="sync_groups",
        description="read groups, their members and owners",
        hook="read_page",
        permissions=(Permission(name="groups.read", description="View your team group membership"),),
    ),
    Capability(
        name="activity",
        description="read who signed in when; only with activity = true",
        hook="read_feed",
        permissions=(EVENTS,),
    ),
    Capability(
        name="grant",
        description="make people members and owners of groups, give them admin roles",
        hook="grant",
        permissions=(GROUPS_WRITE, MEMBERS_WRITE),
    ),
    Capability(
        name="revoke",
        description="take memberships, ownerships and admin roles back",
        hook="revoke",
        permissions=(GROUPS_WRITE, MEMBERS_WRITE),
    ),
    Capability(
        name="create_account",
        description="invite people, with a role and into groups",
        hook="create_account",
        permissions=(MEMBERS_WRITE, msgspec.structs.replace(GROUPS_WRITE, optional=True)),
        arguments=CREATE,
    ),
    Capability(
        name="delete_account",
        description="remove members, for seven days or for good; cancel invitations",
        hook="delete_account",
        permissions=(MEMBERS_DELETE,),
        arguments=DELETE,
    ),
    Capability(
        name="actions",
        description="enable, disable and recover accounts, change profiles, send the welcome mail again",
        hook="run_action",
        permissions=(MEMBERS_WRITE, msgspec.structs.replace(MEMBERS_DELETE, optional=True)),
    ),
)

RESOURCE_TYPES = (
    ResourceType(name="user", display_name="Member", trait=TraitKind.USER, permissions=("members.read",), batch=20),
    ResourceType(name="group", display_name="Group", trait=TraitKind.GROUP, permissions=("groups.read",), batch=100),
    ResourceType(name="role", display_name="Admin role", trait=TraitKind.ROLE, permissions=("members.read",)),
    ResourceType(name="license", display_name="Licence", trait=TraitKind.LICENSE, permissions=("members.read",)),
    ResourceType(name="app", display_name="Dropbox", trait=TraitKind.APP),
)

_LATE = "2038-01-01T00:00:00Z"
"""A time from which on there is no event: the answer is short."""

# Each answers 401 missing_scope before it looks at the job, so that an invented job shows the scope and does nothing.
_PROBES = {
    "members.write": "team/members/add/job_status/get_v2",
    "members.delete": "team/members/remove/job_status/get",
    "groups.write": "team/groups/job_status/get",
}


async def check(api: Api, *, activity: bool = False) -> CheckReport:
    """Sign in and report; seven requests at most beside the token's, and one more with *activity*.

    Raises BadCredentials and what can't be decided.
    """
    notes: list[Diagnostic] = []
    async with asyncio.TaskGroup() as group:
        team = group.create_task(_tenant(api))
        admin = group.create_task(_admin(api, notes))
        asked = {
            "members.read": group.create_task(_granted(api.roles())),
            "groups.read": group.create_task(_granted(api.groups_list(limit=1))),
            **{
                scope: group.create_task(_granted(api.job_status(route, "jackfield-probe")))
                for scope, route in _PROBES.items()
            },
        }
        if activity:
            asked[EVENTS.name] = group.create_task(_granted(api.events(limit=1, category="logins", since=_LATE)))
    granted: dict[str, bool | None] = {scope: task.result() for scope, task in asked.items()}
    granted[TEAM_INFO.name] = team.result() is not None
    granted.setdefault(EVENTS.name, None)
    return CheckReport(
        tenant=team.result(),
        authorized_by=admin.result(),
        capabilities=tuple(_status(capability, granted) for capability in CAPABILITIES),
        diagnostics=tuple(notes),
    )


def _status(capability: Capability, granted: dict[str, bool | None]) -> CapabilityStatus:
    if any(granted[permission.name] is None for permission in capability.permissions):
        return CapabilityStatus(capability=capability.name, available=None, reason="not asked for: activity is not set")
    missing = tuple(permission for permission in capability.permissions if not granted[permission.name])
    needed = [permission.name for permission in missing if not permission.optional]
    reason = None
    if needed:
        reason = f"the app lacks the scope {', '.join(needed)}"
    elif missing:
        reason = f"without {missing[0].name}: {missing[0].description} stay unknown"
    return CapabilityStatus(
        capability=capability.name,
        available=not needed,
        missing=tuple(permission.name for permission in missing),
        reason=reason,
    )


async def _granted(call: Awaitable[object]) -> bool:
    try:
        await call
    except MissingPermission:
        return False
    except Refused:
        # Any other refusal comes after the scope was looked at.
        return True
    return True


async def tenant(api: Api) -> Tenant:
    """The team that the token is for: one request. Raises MissingPermission without team_info.read."""
    info = await api.team_info()
    return Tenant(id=info.team_id, name=info.name)


async def authorized_by(api: Api) -> ResourceId | None:
    """The admin whose consent the token is: one request; None if Dropbox names none. Raises MissingPermission as above."""
    try:
        profile = (await api.authenticated_admin()).admin_profile
    except Refused:
        return None
    return ResourceId(type="user", id=profile.team_member_id)


async def _tenant(api: Api) -> Tenant | None:
    try:
        return await tenant(api)
    except MissingPermission:
        return None


async def _admin(api: Api, notes: list[Diagnostic]) -> str | None:
    try:
        profile = (await api.authenticated_admin()).admin_profile
    except MissingPermission:
        return None
    except Refused as error:
        notes.append(
            Diagnostic(
                code=error.tag or "no_admin",
                severity=Severity.WARNING,
                summary="Dropbox names no active admin behind this token: the one who authorised left or is no admin now",
                hint="Let a present admin run `jackfield authorize`.",
            )
        )
        return None
    return f"{profile.name.display_name} <{profile.email}>" if profile.name.display_name else profile.email
