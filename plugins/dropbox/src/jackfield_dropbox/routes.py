"""The names of the routes that write, of those that ask after their jobs, and of the read that decides ambiguous tags."""

from typing import Final

GROUPS_ADD: Final = "team/groups/members/add"
GROUPS_REMOVE: Final = "team/groups/members/remove"
SET_ACCESS: Final = "team/groups/members/set_access_type"
SET_ROLES: Final = "team/members/set_admin_permissions_v2"
ADD: Final = "team/members/add_v2"
ADD_STATUS: Final = "team/members/add/job_status/get_v2"
REMOVE: Final = "team/members/remove"
REMOVE_STATUS: Final = "team/members/remove/job_status/get"
SUSPEND: Final = "team/members/suspend"
UNSUSPEND: Final = "team/members/unsuspend"
RECOVER: Final = "team/members/recover"
SET_PROFILE: Final = "team/members/set_profile_v2"
WELCOME: Final = "team/members/send_welcome_email"
GET_INFO: Final = "team/members/get_info_v2"
