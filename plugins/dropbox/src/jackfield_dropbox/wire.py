"""What Dropbox sends: the fields that are used, and nothing else.

Dropbox's unions are mostly open and its structs grow, so that a tag is a plain text and unknown fields are passed over.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, field

from jackfield_dropbox.presumption import Presumption

Count = Annotated[int, Meta(ge=0, le=2**53)]
"""A number of things; more than that is none, and would fit no column."""

Id = Annotated[str, Meta(min_length=1)]
"""An id of the application; an empty one names nobody."""

RoleId = Annotated[str, Meta(pattern="^pid_dbtmr:", max_length=128)]
"""The form that the specification gives ``TeamMemberRoleId``; another could not be granted."""

Instant = Annotated[datetime, Meta(tz=True)]
"""A date with its zone; without one nobody knows when it was."""

_TAG: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


def plain_tag(tag: str) -> str:
    """*tag*, unless it can't be one: a server, or what stands before it, may echo what it was sent."""
    return tag if _TAG.fullmatch(tag) else "malformed_tag"


def selector(by: str, value: str) -> dict[str, str]:
    """A ``UserSelectorArg`` or ``GroupSelector``: by ``team_member_id``, ``email``, ``external_id`` or ``group_id``."""
    return {".tag": by, by: value}


class Wire(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all of them. They hold no cycles, so that the garbage collector need not look at a million of them."""


class Tag(Wire, frozen=True, kw_only=True, gc=False):
    """A union of which only the tag matters."""

    tag: str = field(name=".tag")


class Status(Wire, frozen=True, kw_only=True, gc=False):
    """``TeamMemberStatus``; the flags come with the tag ``removed``."""

    tag: str = field(name=".tag")
    is_recoverable: bool | None = None
    is_disconnected: bool | None = None


class Name(Wire, frozen=True, kw_only=True, gc=False):
    """A person's name; any part may be empty for somebody who was only invited."""

    given_name: str = ""
    surname: str = ""
    familiar_name: str = ""
    display_name: str


class SecondaryEmail(Wire, frozen=True, kw_only=True, gc=False):
    """A further address."""

    email: str
    is_verified: bool | None = None


class Profile(Wire, frozen=True, kw_only=True, gc=False):
    """``TeamMemberProfile``; ``groups`` is None where it does not tell them."""

    team_member_id: Id
    email: str
    status: Status
    name: Name
    membership_type: Tag | None = None
    email_verified: bool | None = None
    secondary_emails: tuple[SecondaryEmail, ...] | None = None
    external_id: str | None = None
    account_id: str | None = None
    persistent_id: str | None = None
    invited_on: Instant | None = None
    joined_on: Instant | None = None
    suspended_on: Instant | None = None
    is_directory_restricted: bool | None = None
    groups: tuple[Id, ...] | None = None

    @property
    def removed(self) -> bool:
        """Whether the account was removed from the team."""
        return self.status.tag == "removed"

    @property
    def member_of(self) -> tuple[str, ...] | None:
        """The groups that the account is in, None where it does not tell: one that was removed is in none, whatever it says."""
        return () if self.removed else self.groups


class Role(Wire, frozen=True, kw_only=True, gc=False):
    """``TeamMemberRole``."""

    role_id: RoleId
    name: str
    description: str = ""


class Member(Wire, frozen=True, kw_only=True, gc=False):
    """``TeamMemberInfoV2``; no roles is an ordinary member."""

    profile: Profile
    roles: tuple[Role, ...] | None = None

    @property
    def held(self) -> tuple[Role, ...]:
        """The roles that the account holds: one that was removed holds none, whatever it says."""
        return () if self.profile.removed else self.roles or ()


class MembersPage(Wire, frozen=True, kw_only=True, gc=False):
    """``MembersListV2Result``."""

    members: tuple[Member, ...]
    cursor: str
    has_more: bool


class MemberItem(Wire, frozen=True, kw_only=True, gc=False):
    """``MembersGetInfoItemV2``: ``member_info`` with its fields beside the tag, or ``id_not_found``."""

    tag: str = field(name=".tag")
    profile: Profile | None = None
    roles: tuple[Role, ...] | None = None
    id_not_found: str | None = None


class MembersInfo(Wire, frozen=True, kw_only=True, gc=False):
    """``MembersGetInfoV2Result``."""

    members_info: tuple[MemberItem, ...]


class Roles(Wire, frozen=True, kw_only=True, gc=False):
    """``MembersGetAvailableTeamMemberRolesResult``."""

    roles: tuple[Role, ...]


class Group(Wire, frozen=True, kw_only=True, gc=False):
    """``GroupSummary``."""

    group_id: Id
    group_name: str
    group_management_type: Tag
    group_external_id: str | None = None
    member_count: Count | None = None


class GroupsPage(Wire, frozen=True, kw_only=True, gc=False):
    """``GroupsListResult``."""

    groups: tuple[Group, ...]
    cursor: str
    has_more: bool


class GroupMemberProfile(Wire, frozen=True, kw_only=True, gc=False):
    """``MemberProfile``, of which only the id is used."""

    team_member_id: Id


class GroupMember(Wire, frozen=True, kw_only=True, gc=False):
    """``GroupMemberInfo``."""

    profile: GroupMemberProfile
    access_type: Tag


class GroupWithoutMembers(Wire, frozen=True, kw_only=True, gc=False):
    """``GroupsGetInfoItem`` but for the members of the group."""

    tag: str = field(name=".tag")
    group_id: Id | None = None
    group_name: str | None = None
    group_management_type: Tag | None = None
    group_external_id: str | None = None
    id_not_found: str | None = None
    member_count: Count | None = None
    created: Annotated[int, Meta(ge=0, le=2**45)] | None = None
    """Milliseconds since 1970."""


class GroupInfo(GroupWithoutMembers, frozen=True, kw_only=True, gc=False):
    """``GroupsGetInfoItem``: ``group_info`` with its fields beside the tag, or ``id_not_found``."""

    members: tuple[GroupMember, ...] | None = None


def summary(info: GroupInfo) -> Group | None:
    """What ``groups/list`` would say of the group; None where it is not found, or a part of it is missing."""
    if info.group_id is None or info.group_name is None or info.group_management_type is None:
        return None
    return Group(
        group_id=info.group_id,
        group_name=info.group_name,
        group_management_type=info.group_management_type,
        group_external_id=info.group_external_id,
        member_count=info.member_count,
    )


class GroupMembersPage(Wire, frozen=True, kw_only=True, gc=False):
    """``GroupsMembersListResult``."""

    members: tuple[GroupMember, ...]
    cursor: str
    has_more: bool


class TeamInfo(Wire, frozen=True, kw_only=True, gc=False):
    """``TeamGetInfoResult``. Dropbox sends 0 for ``num_used_licenses`` where it does not know."""

    name: str
    team_id: Id
    num_licensed_users: Count | None = None
    num_provisioned_users: Count | None = None
    num_used_licenses: Count = 0


class Admin(Wire, frozen=True, kw_only=True, gc=False):
    """``TokenGetAuthenticatedAdminResult``."""

    admin_profile: Profile


class ErrorTag(Wire, frozen=True, kw_only=True, gc=False):
    """The error union of an answer."""

    tag: str | None = field(name=".tag", default=None)
    required_scope: str | None = None


class ErrorBody(Wire, frozen=True, kw_only=True, gc=False):
    """The body of a 401, 403 or 409."""

    error: ErrorTag = ErrorTag()

    @property
    def tag(self) -> str | None:
        """The error's tag."""
        return self.error.tag


class Refusal(Wire, frozen=True, kw_only=True, gc=False):
    """The body of a 409 with all that its union carries."""

    error: dict[str, Any]


class Launch(Wire, frozen=True, kw_only=True, gc=False):
    """``LaunchEmptyResult`` and ``PollEmptyResult``: ``complete``, a job's id, or ``in_progress``."""

    tag: str = field(name=".tag")
    async_job_id: str | None = None


class AddLaunch(Wire, frozen=True, kw_only=True, gc=False):
    """``MembersAddLaunchV2Result`` and ``MembersAddJobStatusV2Result``; see ``AddItem`` for what is complete."""

    tag: str = field(name=".tag")
    async_job_id: str | None = None
    complete: tuple[dict[str, Any], ...] | None = None
    failed: str | None = None


class AddItem(Wire, frozen=True, kw_only=True, gc=False):
    """``MemberAddV2Result``: ``success`` with the new member beside the tag, else the e-mail address under the tag."""

    tag: str = field(name=".tag")
    profile: Profile | None = None
    roles: tuple[Role, ...] | None = None
    email: str | None = None


def add_item(item: dict[str, Any]) -> AddItem:
    """One item of ``AddLaunch.complete``: the key of its e-mail address is its tag, those of tomorrow included."""
    known = msgspec.convert(item, AddItem, strict=False)
    reason = known.profile.email if known.profile is not None else item.get(known.tag)
    return AddItem(
        tag=plain_tag(known.tag),
        profile=known.profile,
        roles=known.roles,
        email=reason if isinstance(reason, str) else None,
    )


class RolesSet(Wire, frozen=True, kw_only=True, gc=False):
    """``MembersSetPermissions2Result``."""

    roles: tuple[Role, ...] | None = None


class Reason(Wire, frozen=True, kw_only=True, gc=False):
    """The body of a 429."""

    retry_after: float | None = None


class RateLimit(Wire, frozen=True, kw_only=True, gc=False):
    """The envelope of a 429."""

    error: Reason = Reason()


class LogIds(Wire, frozen=True, kw_only=True, gc=False):
    """``UserLogInfo``, of whichever kind ``tag`` says; every id may be missing ("historical data gap")."""

    tag: str = field(name=".tag", default="")
    account_id: str | None = None
    display_name: str | None = None
    email: str | None = None
    team_member_id: str | None = None


class LogActor(Wire, frozen=True, kw_only=True, gc=False):
    """``ActorLogInfo``: who did it."""

    tag: str = field(name=".tag")
    user: LogIds | None = None
    admin: LogIds | None = None


class LogEvent(Wire, frozen=True, kw_only=True, gc=False):
    """``TeamEvent``."""

    timestamp: Instant
    event_type: Tag
    event_category: Tag | None = None
    actor: LogActor | None = None
    context: LogIds | None = None


class LogPage(Wire, frozen=True, kw_only=True, gc=False):
    """``GetTeamEventsResult``; events as they were sent, so that each can be told from others by all that it says."""

    events: tuple[msgspec.Raw, ...]
    cursor: Id
    has_more: bool


PRESUMES = (
    Presumption(
        name="open-unions",
        presumed="A tag that this version does not know may come in any union.",
        source="the specification: most unions are open",
        noticed="the tag is none of those known",
        then="the row stands with the status unknown or the weaker right, and a warning names the tag",
        switch="unknown_tags",
        test="tests/test_faults.py::test_faults_end_in_the_truth_or_are_told",
    ),
)
