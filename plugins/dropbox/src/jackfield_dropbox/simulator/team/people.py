"""What can happen to the people of a team, refused as Dropbox refuses it."""

from __future__ import annotations

from . import ids
from .model import Member, RefusedError, Role
from .state import TeamState


class People(TeamState):
    """The operations on accounts: invite, join, suspend, remove, recover, roles and profiles."""

    def find_member(self, kind: str, value: str) -> Member | None:
        """The account that a user selector (`team_member_id`, `external_id` or `email`) means."""
        if kind == "team_member_id":
            return self.by_id.get(value)
        if kind == "external_id":
            return self.by_external.get(value)
        return self.by_email.get(value.casefold())

    def active_admins(self) -> list[Member]:
        """The active members who hold the team admin role."""
        admin = self.admin_role
        return [member for member in self.members if member.role == admin and member.status == "active"]

    def is_last_admin(self, member: Member) -> bool:
        """Whether the team would be without an active admin but for this member."""
        return member.role == self.admin_role and self.active_admins() == [member]

    def invite(
        self,
        *,
        email: str,
        given: str = "",
        surname: str = "",
        external_id: str | None = None,
        persistent_id: str | None = None,
        role: Role | None = None,
        directory_restricted: bool | None = None,
    ) -> Member:
        """Invites somebody; the new account is `invited` and uses a licence at once."""
        known = self.by_email.get(email.casefold())
        if known is not None and (known.on_team or known.recoverable):
            raise RefusedError("user_already_on_team", email)
        if external_id and external_id in self.by_external:
            raise RefusedError("duplicate_external_member_id", email)
        if self.free_licenses() < 1:
            raise RefusedError("team_license_limit", email)
        member = Member(
            seq=len(self.members),
            id=ids.member_id(self.rng),
            email=email,
            email_verified=False,
            given=given,
            surname=surname,
            display=f"{given} {surname}".strip(),
            status="invited",
            external_id=external_id or None,
            persistent_id=persistent_id,
            invited_on=self.now(),
            directory_restricted=directory_restricted,
            folder_id=ids.folder_id(self.rng),
            root_folder_id=ids.folder_id(self.rng),
        )
        self.enrol(member)
        self.give_role(member, role)
        return member

    def activate(self, member: Member) -> None:
        """An invited person accepts and becomes active."""
        if member.status != "invited":
            raise RefusedError("not_invited")
        member.account_id = ids.account_id(self.rng)
        member.email_verified = True
        member.invited_on = None
        member.joined_on = self.now()
        if not member.display:
            member.given, member.surname = "New", f"Member {member.seq}"
            member.display = f"{member.given} {member.surname}"
        self.set_status(member, "active")

    def join(self, *, email: str, given: str = "", surname: str = "", external_id: str | None = None) -> Member:
        """Somebody is invited and accepts at once."""
        member = self.invite(email=email, given=given, surname=surname, external_id=external_id)
        self.activate(member)
        return member

    def suspend(self, member: Member) -> None:
        """Suspends an active member, who keeps the groups but is no owner and has no role any more."""
        if member.status == "removed":
            raise RefusedError("user_not_in_team")
        if member.status != "active":
            raise RefusedError("suspend_inactive_user")
        if self.is_last_admin(member):
            raise RefusedError("suspend_last_admin")
        self.give_role(member, None)
        for group in member.groups:
            if group.members[member] == "owner":
                self.put(group, member, "member")
        member.suspended_on = self.now()
        self.set_status(member, "suspended")

    def unsuspend(self, member: Member) -> None:
        """Lets a suspended member back in."""
        if member.status == "removed":
            raise RefusedError("user_not_in_team")
        if member.status != "suspended":
            raise RefusedError("unsuspend_non_suspended_member")
        member.suspended_on = None
        self.set_status(member, "active")

    def remove(self, member: Member, *, keep_account: bool = False, permanently: bool = False) -> None:
        """Removes somebody from the team, all groups and roles; recoverable unless invited, kept or permanent."""
        if member.status == "removed":
            raise RefusedError("user_not_in_team")
        if self.is_last_admin(member):
            raise RefusedError("remove_last_admin")
        if keep_account and member.status == "invited":
            raise RefusedError("cannot_keep_invited_user_account")
        member.recoverable = not (keep_account or permanently or member.status == "invited")
        member.disconnected = keep_account
        member.former = [
            (group, group.members[member]) for group in member.groups if group.management != "system_managed"
        ]
        self.give_role(member, None)
        for group in list(member.groups):
            self.drop(group, member)
        member.suspended_on = None
        member.invited_on = None
        self.set_status(member, "removed")
        if not member.recoverable:
            self.unindex(member)

    def recover(self, member: Member) -> None:
        """Brings a recoverable account back as an active member, into the groups that it was in."""
        if member.status != "removed":
            raise RefusedError("user_not_in_team")
        if not member.recoverable:
            raise RefusedError("user_unrecoverable")
        if member.membership_type == "full" and self.free_licenses() < 1:
            raise RefusedError("team_license_limit")
        member.recoverable = False
        self.set_status(member, "active")
        for group in self.system_groups:
            self.put(group, member, "member")
        for group, access in member.former:
            if not group.deleted:
                self.put(group, member, access)
        member.former = []

    def set_role(self, member: Member, role: Role | None) -> None:
        """Replaces the role of a member; None makes a plain member."""
        if member.status == "removed":
            raise RefusedError("user_not_in_team")
        if member.status == "suspended":
            raise RefusedError("cannot_set_permissions")
        if role != self.admin_role and self.is_last_admin(member):
            raise RefusedError("last_admin")
        self.give_role(member, role)

    def set_profile(
        self,
        member: Member,
        *,
        email: str | None = None,
        external_id: str | None = None,
        given: str | None = None,
        surname: str | None = None,
        persistent_id: str | None = None,
        directory_restricted: bool | None = None,
    ) -> None:
        """Changes what is given of a member's profile; an empty external id clears it."""
        if member.status == "removed":
            raise RefusedError("set_profile_disallowed")
        if email is not None and self.by_email.get(email.casefold(), member) is not member:
            raise RefusedError("email_reserved_for_other_user")
        if external_id and self.by_external.get(external_id, member) is not member:
            raise RefusedError("external_id_used_by_other_user")
        self.unindex(member)
        if email is not None:
            member.email = email
        if external_id is not None:
            member.external_id = external_id or None
        if given is not None:
            member.given = given
        if surname is not None:
            member.surname = surname
        if given is not None or surname is not None:
            member.display = f"{member.given} {member.surname}".strip()
        if persistent_id is not None:
            member.persistent_id = persistent_id or None
        if directory_restricted is not None:
            member.directory_restricted = directory_restricted
        self.index(member)
        self.touch(member)

    def provisioned(self) -> int:
        """How many accounts are provisioned: the active and the invited ones."""
        return sum(1 for member in self.members if member.status in ("active", "invited"))

    def free_licenses(self) -> int:
        """How many licences are free."""
        return self.bought_licenses - self.used_licenses
