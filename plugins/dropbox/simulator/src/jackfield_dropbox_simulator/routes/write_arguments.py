"""The arguments of the routes that write, as Dropbox's specification defines them."""

from __future__ import annotations

from ..wire.schema import Bool, Field, ListOf, Record, Schema, Str, Union, Void
from .arguments import EMAIL, EXTERNAL_ID, GROUP, TEXT, USER

_NAME = Str(most=50, pattern=r'[^/:?*<>"|]*')
_ROLES = ListOf(Str(most=128, pattern="pid_dbtmr:.*"), most=1)
_ACCESS = Union({"member": Void(), "owner": Void()})


def _optional(schema: Schema) -> Field:
    return Field(schema, optional=True)


def _flag(default: bool) -> Field:
    return Field(Bool(), optional=True, default=default)


# That a call takes 20 people at most is in the text of the specification only.
MEMBERS_ADD: Schema = Record(
    {
        "new_members": Field(
            ListOf(
                Record(
                    {
                        "member_email": Field(EMAIL),
                        "member_given_name": _optional(_NAME),
                        "member_surname": _optional(_NAME),
                        "member_external_id": _optional(EXTERNAL_ID),
                        "member_persistent_id": _optional(TEXT),
                        "send_welcome_email": _flag(True),
                        "is_directory_restricted": _optional(Bool()),
                        "role_ids": _optional(_ROLES),
                    }
                ),
                most=20,
            )
        ),
        "force_async": _flag(False),
    }
)
MEMBERS_REMOVE: Schema = Record(
    {
        "user": Field(USER),
        "wipe_data": _flag(True),
        "transfer_dest_id": _optional(USER),
        "transfer_admin_id": _optional(USER),
        "keep_account": _flag(False),
        "retain_team_shares": _flag(False),
        "permanently_delete_files": _flag(False),
    }
)
MEMBERS_RECOVER: Schema = Record({"user": Field(USER)})
MEMBERS_SUSPEND: Schema = Record({"user": Field(USER), "wipe_data": _flag(True)})
MEMBERS_UNSUSPEND: Schema = Record({"user": Field(USER)})
MEMBERS_SET_ROLES: Schema = Record({"user": Field(USER), "new_roles": _optional(_ROLES)})
MEMBERS_SET_PROFILE: Schema = Record(
    {
        "user": Field(USER),
        "new_email": _optional(EMAIL),
        "new_external_id": _optional(EXTERNAL_ID),
        "new_given_name": _optional(_NAME),
        "new_surname": _optional(_NAME),
        "new_persistent_id": _optional(TEXT),
        "new_is_directory_restricted": _optional(Bool()),
    }
)
MEMBERS_WELCOME: Schema = USER
GROUP_MEMBERS_ADD: Schema = Record(
    {
        "group": Field(GROUP),
        "members": Field(ListOf(Record({"user": Field(USER), "access_type": Field(_ACCESS)}))),
        "return_members": _flag(True),
    }
)
GROUP_MEMBERS_REMOVE: Schema = Record(
    {"group": Field(GROUP), "users": Field(ListOf(USER)), "return_members": _flag(True)}
)
GROUP_MEMBERS_SET_ACCESS: Schema = Record(
    {"group": Field(GROUP), "user": Field(USER), "access_type": Field(_ACCESS), "return_members": _flag(True)}
)
