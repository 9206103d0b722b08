"""What a team is made of: members, groups and admin roles, as plain records that `Team` alone changes."""

from __future__ import annotations

from typing import Literal

import msgspec

Status = Literal["active", "invited", "suspended", "removed"]
MembershipType = Literal["full", "limited"]
Management = Literal["user_managed", "company_managed", "system_managed"]
Access = Literal["member", "owner"]


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """One admin role of the catalogue."""

    id: str
    name: str
    description: str


class Group(msgspec.Struct, kw_only=True, eq=False):
    """One group; `members` maps each of its members to the access type."""

    seq: int
    id: str
    name: str
    management: Management
    created_ms: int
    external_id: str | None = None
    deleted: bool = False
    members: dict[Member, Access] = msgspec.field(default_factory=lambda: dict[Member, Access]())
    # Listings page through the members in join order; the order is kept until somebody joins or leaves the group.
    ordered: list[Member] | None = None
    # JSON of everything but the member count, kept until the group is renamed.
    head: bytes | None = None
    tail: bytes | None = None
    quoted_id: bytes | None = None

    def __repr__(self) -> str:
        # Members and groups hold one another; showing all of it would take for ever.
        return f"Group({self.id!r}, {self.name!r}, {self.management}, {len(self.members)} members)"

    def in_order(self) -> list[Member]:
        """The members by the order in which they joined the team."""
        if self.ordered is None:
            self.ordered = sorted(self.members, key=_by_seq)
        return self.ordered


class Member(msgspec.Struct, kw_only=True, eq=False):
    """One account of the team, removed ones included; `seq` is its place in the order of joining."""

    seq: int
    id: str
    email: str
    given: str
    surname: str
    display: str
    status: Status
    folder_id: str
    root_folder_id: str
    account_id: str | None = None
    email_verified: bool = True
    external_id: str | None = None
    persistent_id: str | None = None
    secondary_emails: tuple[tuple[str, bool], ...] = ()
    membership_type: MembershipType = "full"
    recoverable: bool = False
    disconnected: bool = False
    invited_on: int | None = None
    joined_on: int | None = None
    suspended_on: int | None = None
    removed_on: int | None = None
    directory_restricted: bool | None = None
    photo_url: str | None = None
    role: Role | None = None
    # Dropbox gives plain members an empty list of roles or none at all.
    shows_empty_roles: bool = True
    groups: list[Group] = msgspec.field(default_factory=lambda: list[Group]())
    # What a recovered account gets back.
    former_role: Role | None = None
    former: list[tuple[Group, Access]] = msgspec.field(default_factory=lambda: list[tuple[Group, Access]]())
    # Rendered JSON, dropped when anything in it changes.
    profile_json: bytes | None = None
    info_json: bytes | None = None

    def __repr__(self) -> str:
        return f"Member({self.id!r}, {self.email!r}, {self.status}, {len(self.groups)} groups)"

    @property
    def on_team(self) -> bool:
        """Whether the account is a member now: active, invited or suspended."""
        return self.status != "removed"

    @property
    def licensed(self) -> bool:
        """Whether the account uses a licence: full members that are active, invited or suspended do."""
        return self.status != "removed" and self.membership_type == "full"


def _by_seq(member: Member) -> int:
    return member.seq


class RefusedError(Exception):
    """The team refuses an operation; `tag` is Dropbox's error tag, `value` what the tag carries."""

    def __init__(self, tag: str, value: object = None) -> None:
        super().__init__(tag)
        self.tag = tag
        self.value = value
