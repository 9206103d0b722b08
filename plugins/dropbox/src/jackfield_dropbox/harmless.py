"""What of Dropbox's requests and answers is documented for everybody, so that a recording shows it as it is."""

from typing import Final

from jackfield.http import Harmless, fields_of
from jackfield_dropbox import activity, routes, wire
from jackfield_dropbox.outcomes import TABLE

_READS: Final = (
    "team/get_info",
    "team/groups/get_info",
    "team/groups/list",
    "team/groups/list/continue",
    "team/groups/members/list",
    "team/groups/members/list/continue",
    "team/groups/job_status/get",
    "team/members/get_available_team_member_roles",
    "team/members/list_v2",
    "team/members/list/continue_v2",
    "team/token/get_authenticated_admin",
    "team_log/get_events",
    "team_log/get_events/continue",
)
_WRITES: Final = (
    *(routes.GROUPS_ADD, routes.GROUPS_REMOVE, routes.SET_ACCESS, routes.SET_ROLES, routes.ADD, routes.ADD_STATUS),
    *(routes.REMOVE, routes.REMOVE_STATUS, routes.SUSPEND, routes.UNSUSPEND, routes.RECOVER, routes.SET_PROFILE),
    *(routes.WELCOME, routes.GET_INFO),
)
_ACCESS: Final = frozenset(["member", "owner"])
_SCOPES: Final = frozenset(
    [
        *("team_info.read", "members.read", "members.write", "members.delete", "groups.read", "groups.write"),
        *("events.read", "account_info.read", "sessions.list"),
    ]
)
_SELECTORS: Final = ("team_member_id", "external_id", "email", "group_id", "group_ids", "group_external_id")
_ROWS: Final = (
    *("active", "invited", "suspended", "removed", "full", "limited"),
    *("user_managed", "company_managed", "system_managed"),
    *("member_info", "group_info", "id_not_found", "success", "complete", "in_progress", "async_job_id", "failed"),
)
_REFUSALS: Final = (
    *("invalid_access_token", "expired_access_token", "missing_scope", "route_access_denied", "user_suspended"),
    *("invalid_select_admin", "invalid_select_user", "too_many_requests", "too_many_write_operations"),
    *("invalid_account_type", "paper_access_denied", "no_permission", "invalid_cursor", "bad_cursor", "reset"),
    *("invalid_filters", "invalid_time_range", "account_id_not_found", "access_denied", "group_not_on_team"),
    *("admin_not_active", "member_not_found", "free_team_member_not_allowed"),
)
_EVENTS: Final = (
    *("logins", "login_success", "login_fail", "logout", "sso_error", "emm_error", "account_lock_or_unlocked"),
    *("guest_admin_signed_in_via_trusted_teams", "guest_admin_signed_out_via_trusted_teams"),
    *("reseller_support_session_end", "reseller_support_session_start"),
    *("sign_in_as_session_end", "sign_in_as_session_start"),
    *(
        "user",
        "admin",
        "app",
        "reseller",
        "dropbox",
        "anonymous",
        "team_member",
        "non_team_member",
        "trusted_non_team_member",
    ),
    *("organization_team", "team", "non_trusted_non_team_member"),
    *(
        "password",
        "two_factor_authentication",
        "saml",
        "google_oauth",
        "apple_oauth",
        "web_session",
        "qr_code",
        "passkey",
    ),
    *("kerberos", "lenovo_oauth", "first_party_token_exchange", "microsoft_oauth"),
)
_TAGS: Final = frozenset([*_SELECTORS, *_ROWS, *_REFUSALS, *_EVENTS, *_ACCESS, "other"])

_ASKED: Final = frozenset(
    [
        *(
            "limit",
            "include_removed",
            "members",
            "group",
            "group_ids",
            "return_members",
            "user",
            "users",
            "access_type",
        ),
        *("new_roles", "role_ids", "new_members", "member_email", "member_external_id", "member_given_name"),
        *("member_surname", "member_persistent_id", "is_directory_restricted", "send_welcome_email", "wipe_data"),
        *("keep_account", "retain_team_shares", "permanently_delete_files", "transfer_dest_id", "transfer_admin_id"),
        *("new_email", "new_external_id", "new_given_name", "new_surname", "new_persistent_id"),
        *("new_is_directory_restricted", "category", "time", "start_time", "end_time", "force_async", "cursor"),
    ]
)
_MORE: Final = frozenset(
    ["error_summary", "error", "reason", "user_message", "details", "login_method", "event_details"]
)


def harmless() -> Harmless:
    """Names, tags, routes and beginnings of ids of the API; the tags of errors are those of the table of outcomes."""
    tags = _TAGS | {tag for row in TABLE.values() for tag in row}
    told = fields_of(
        *(wire.MembersPage, wire.MembersInfo, wire.Roles, wire.GroupsPage, tuple[wire.GroupInfo, ...]),
        *(wire.GroupMembersPage, wire.TeamInfo, wire.Admin, wire.ErrorBody, wire.Refusal, wire.Launch, wire.AddLaunch),
        *(wire.AddItem, wire.RolesSet, wire.RateLimit, wire.LogPage, wire.LogEvent, activity.Details),
    )
    return told + Harmless(
        # What a tag carries stands in a field of its name.
        fields=_ASKED | _MORE | tags,
        words={".tag": tags, "reason": tags, "access_type": _ACCESS, "required_scope": _SCOPES, "scope": _SCOPES},
        numbers=frozenset(
            [
                *("limit", "member_count", "num_licensed_users", "num_provisioned_users", "num_used_licenses"),
                "retry_after",
            ]
        ),
        times=frozenset(["created"]),
        paths=(*(f"2/{route}" for route in (*_READS, *_WRITES)), "oauth2/token"),
        prefixes=("dbmid:", "dbid:", "dbtid:", "pid_dbtmr:", "g:"),
    )
