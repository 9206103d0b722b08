"""The arguments of the routes, as Dropbox's specification defines them."""

from __future__ import annotations

from ..wire.schema import Bool, Field, Int, ListOf, Record, Schema, Str, Union, Void

EMAIL = Str(most=255, pattern=r"^['#&A-Za-z0-9._%+-]+@[A-Za-z0-9-][A-Za-z0-9.-]*\.[A-Za-z]{2,15}$")
EXTERNAL_ID = Str(most=64)
TEXT = Str()
USER = Union({"team_member_id": TEXT, "external_id": EXTERNAL_ID, "email": EMAIL})
GROUP = Union({"group_id": TEXT, "group_external_id": TEXT})
GROUPS = Union({"group_ids": ListOf(TEXT), "group_external_ids": ListOf(TEXT)})
LIMIT = Field(Int(1, 1000), optional=True, default=1000)

VOID: Schema = Void()
CONTINUE: Schema = Record({"cursor": Field(TEXT)})
POLL: Schema = Record({"async_job_id": Field(Str(least=1))})
MEMBERS_LIST: Schema = Record({"limit": LIMIT, "include_removed": Field(Bool(), optional=True, default=False)})
MEMBERS_GET_INFO: Schema = Record({"members": Field(ListOf(USER))})
GROUPS_LIST: Schema = Record({"limit": LIMIT})
GROUP_MEMBERS_LIST: Schema = Record({"group": Field(GROUP), "limit": LIMIT})
FEATURES: Schema = Record(
    {
        "features": Field(
            ListOf(
                Union(
                    {
                        "upload_api_rate_limit": Void(),
                        "has_team_shared_dropbox": Void(),
                        "has_team_file_events": Void(),
                        "has_team_selective_sync": Void(),
                        "has_distinct_member_homes": Void(),
                        "other": Void(),
                    }
                )
            )
        )
    }
)
