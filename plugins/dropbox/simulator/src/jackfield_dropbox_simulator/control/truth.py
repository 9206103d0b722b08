"""The exact truth about the team, in a form that no route has."""

from __future__ import annotations

from typing import Any

from ..team import Member, Team


def truth(team: Team) -> dict[str, Any]:
    """Everything that is true of the team now; removed accounts stand apart."""
    return {
        "team": {
            "name": team.name,
            "team_id": team.team_id,
            "licensed": team.bought_licenses,
            "used_licenses": team.used_licenses,
            "provisioned": team.provisioned(),
            "memberships": team.membership_count,
            "authoriser": team.authoriser.id if team.authoriser else None,
            "admin_role": team.admin_role.id,
        },
        "users": [_user(member) for member in team.members if member.on_team],
        "removed": [
            {**_user(member), "is_recoverable": member.recoverable, "is_disconnected": member.disconnected}
            for member in team.members
            if not member.on_team
        ],
        "roles": [{"role_id": role.id, "name": role.name, "description": role.description} for role in team.roles],
        "groups": [
            {
                "group_id": group.id,
                "name": group.name,
                "management_type": group.management,
                "external_id": group.external_id,
                "members": {member.id: access for member, access in group.members.items()},
            }
            for group in team.live_groups()
        ],
    }


def _user(member: Member) -> dict[str, Any]:
    return {
        "team_member_id": member.id,
        "email": member.email,
        "email_verified": member.email_verified,
        "secondary_emails": [{"email": email, "is_verified": verified} for email, verified in member.secondary_emails],
        "given_name": member.given,
        "surname": member.surname,
        "display_name": member.display,
        "account_id": member.account_id,
        "persistent_id": member.persistent_id,
        "is_directory_restricted": member.directory_restricted,
        "profile_photo_url": member.photo_url,
        "status": member.status,
        "membership_type": member.membership_type,
        "invited_on": member.invited_on,
        "joined_on": member.joined_on,
        "suspended_on": member.suspended_on,
        "external_id": member.external_id,
        "licensed": member.licensed,
        "roles": [member.role.id] if member.role else [],
        "groups": {group.id: group.members[member] for group in member.groups},
    }
