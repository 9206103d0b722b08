"""JSON of members and groups, rendered once and joined at request time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..team import Group, Member, Role
from .answers import encode

_ACCESS = {"member": b',"access_type":{".tag":"member"}}', "owner": b',"access_type":{".tag":"owner"}}'}


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _status(member: Member) -> dict[str, Any]:
    if member.status != "removed":
        return {".tag": member.status}
    return {".tag": "removed", "is_recoverable": member.recoverable, "is_disconnected": member.disconnected}


def role(value: Role) -> dict[str, str]:
    """An admin role."""
    return {"role_id": value.id, "name": value.name, "description": value.description}


def profile(member: Member) -> bytes:
    """The MemberProfile, as groups show it."""
    if member.profile_json is None:
        member.profile_json = encode(_profile(member))
    return member.profile_json


def info(member: Member) -> bytes:
    """The TeamMemberInfoV2: profile with groups and folders, and the roles."""
    if member.info_json is None:
        roles = [role(member.role)] if member.role else [] if member.shows_empty_roles else None
        shown = b"" if roles is None else b',"roles":' + encode(roles)
        member.info_json = b"".join((b'{"profile":', team_profile(member), shown, b"}"))
    return member.info_json


def team_profile(member: Member) -> bytes:
    """The TeamMemberProfile: a profile with groups and folders."""
    groups = b",".join([_quoted_id(group) for group in member.groups])
    folders = encode({"member_folder_id": member.folder_id, "root_folder_id": member.root_folder_id})
    return b"".join((profile(member)[:-1], b',"groups":[', groups, b"],", folders[1:]))


def summary(group: Group, delta: int = 0, *, with_count: bool = True) -> bytes:
    """The GroupSummary; `delta` is added to the member count."""
    head, tail = _ends(group)
    if not with_count:
        return b"".join((head, tail, b"}"))
    return b"".join((head, b',"member_count":%d' % max(0, len(group.members) + delta), tail, b"}"))


def full_info(group: Group, members: list[bytes] | None, delta: int = 0, *, with_count: bool = True) -> bytes:
    """The GroupFullInfo; `members` is None for an answer that does not show them."""
    shown = summary(group, delta, with_count=with_count)
    listed = b"" if members is None else b',"members":[%s]' % b",".join(members)
    return b'%s%s,"created":%d}' % (shown[:-1], listed, group.created_ms)


def group_item(info: bytes) -> bytes:
    """A GroupFullInfo as an item of groups/get_info."""
    return b'{".tag":"group_info",' + info[1:]


def group_member(group: Group, member: Member) -> bytes:
    """The GroupMemberInfo: a profile with its access type."""
    return b"".join((b'{"profile":', profile(member), _ACCESS[group.members[member]]))


def _ends(group: Group) -> tuple[bytes, bytes]:
    if group.head is None or group.tail is None:
        head: dict[str, str] = {"group_name": group.name, "group_id": group.id}
        if group.external_id:
            head["group_external_id"] = group.external_id
        group.head = encode(head)[:-1]
        group.tail = b',"group_management_type":' + encode({".tag": group.management})
    return group.head, group.tail


def _quoted_id(group: Group) -> bytes:
    if group.quoted_id is None:
        group.quoted_id = encode(group.id)
    return group.quoted_id


def _profile(member: Member) -> dict[str, Any]:
    optional: dict[str, Any] = {
        "external_id": member.external_id,
        "account_id": member.account_id,
        "invited_on": None if member.invited_on is None else _time(member.invited_on),
        "joined_on": None if member.joined_on is None else _time(member.joined_on),
        "suspended_on": None if member.suspended_on is None else _time(member.suspended_on),
        "persistent_id": member.persistent_id,
        "is_directory_restricted": member.directory_restricted,
        "profile_photo_url": member.photo_url,
    }
    return {
        "team_member_id": member.id,
        "email": member.email,
        "email_verified": member.email_verified,
        "secondary_emails": [{"email": email, "is_verified": verified} for email, verified in member.secondary_emails],
        "status": _status(member),
        "name": {
            "given_name": member.given,
            "surname": member.surname,
            "familiar_name": member.given,
            "display_name": member.display,
            "abbreviated_name": (member.given[:1] + member.surname[:1]).upper(),
        },
        "membership_type": {".tag": member.membership_type},
        **{name: value for name, value in optional.items() if value is not None},
    }
