"""Routes about the team itself."""

from __future__ import annotations

from typing import Any

from ..wire import rendering
from ..wire.answers import RouteError, encode
from . import arguments
from .call import Call, Route


def _tag(value: str) -> dict[str, str]:
    return {".tag": value}


def get_info(call: Call) -> bytes:
    """team/get_info."""
    team, delta = call.team, call.twist.totals_delta
    suspended = call.behaviour.provisioned_users == "suspended_too"
    return encode(
        {
            "name": team.name,
            "team_id": team.team_id,
            "num_licensed_users": team.bought_licenses,
            "num_provisioned_users": max(0, team.provisioned(suspended=suspended) + delta),
            "num_used_licenses": _used_licenses(call),
            "policies": {
                "sharing": {
                    "shared_folder_member_policy": _tag("team"),
                    "shared_folder_join_policy": _tag("from_anyone"),
                    "shared_link_create_policy": _tag("team_only"),
                    "group_creation_policy": _tag("admins_only"),
                    "shared_folder_link_restriction_policy": _tag("anyone"),
                    "enforce_link_password_policy": _tag("optional"),
                    "default_link_expiration_days_policy": _tag("none"),
                    "shared_link_default_permissions_policy": _tag("default"),
                },
                "emm_state": _tag("disabled"),
                "office_addin": _tag("disabled"),
                "suggest_members_policy": _tag("enabled"),
                "top_level_content_policy": _tag("admin_only"),
            },
        }
    )


def _used_licenses(call: Call) -> int:
    team, counts = call.team, call.behaviour.used_licenses
    if counts == "zero":
        return 0
    used = team.used_licenses
    if counts == "limited_too":
        used = len(team.current())
    elif counts == "active_and_invited":
        used = sum(member.licensed and member.status != "suspended" for member in team.members)
    return max(0, used + call.twist.totals_delta)


def authenticated_admin(call: Call) -> bytes:
    """team/token/get_authenticated_admin."""
    admin = call.team.authoriser
    if admin is None:
        raise RouteError("mapping_not_found")
    if admin.status != "active" or admin.role is None:
        raise RouteError("admin_not_active")
    return b'{"admin_profile":' + rendering.team_profile(admin) + b"}"


def features(call: Call) -> bytes:
    """team/features/get_values."""
    values: dict[str, Any] = {
        "upload_api_rate_limit": {".tag": "limit", "limit": 1_000_000_000},
        "has_team_shared_dropbox": {".tag": "has_team_shared_dropbox", "has_team_shared_dropbox": False},
        "has_team_file_events": {".tag": "enabled", "enabled": True},
        "has_team_selective_sync": {".tag": "has_team_selective_sync", "has_team_selective_sync": True},
        "has_distinct_member_homes": {".tag": "has_distinct_member_homes", "has_distinct_member_homes": True},
    }
    asked: list[tuple[str, None]] = call.arg["features"]
    if not asked:
        raise RouteError("empty_features_list")
    return encode({"values": [{".tag": tag, tag: values[tag]} if tag in values else _tag(tag) for tag, _ in asked]})


def routes() -> list[Route]:
    """The routes of this file."""
    scope = "team_info.read"
    return [
        Route(name="team/get_info", scope=scope, arg=arguments.VOID, answer=get_info),
        Route(name="team/token/get_authenticated_admin", scope=scope, arg=arguments.VOID, answer=authenticated_admin),
        Route(name="team/features/get_values", scope=scope, arg=arguments.FEATURES, answer=features),
    ]
