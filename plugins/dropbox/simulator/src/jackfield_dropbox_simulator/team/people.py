"""What can happen to the people of a team, refused as Dropbox refuses it."""

from __future__ import annotations

from . import ids
from .model import Member, RefusedError, Role
from .state import TeamState


class People(TeamState):
    """The operations on accounts: invite, join, suspend, roles and profiles."""

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
        if persistent_id and not self.policies.persistent_ids:
            raise RefusedError("persistent_id_disabled", email)
        if persistent_id and persistent_id in self.by_persistent:
            raise RefusedError("duplicate_member_persistent_id", email)
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
            persistent_id=persistent_id or None,
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
        """Lets a suspended member back in, who has kept the licence: refused only when too many are used."""
        if member.status == "removed":
            raise RefusedError("user_not_in_team")
        if member.status != "suspended":
            raise RefusedError("unsuspend_non_suspended_member")
        if self.free_licenses() < 0:
            raise RefusedError("team_license_limit")
        member.suspended_on = None
        self.set_status(member, "active")

    def set_role(self, member: Member, role: Role | None) -> None:
        """Replaces the role of an active member; None makes a plain member.

        Dropbox names suspended members as those who can't get a role. That invited ones can't either is not
        documented: they can be given a role with the invitation only.
        """
        if member.status == "removed":
            raise RefusedError("user_not_in_team")
        if member.status != "active":
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
        """Changes what is given of a member's profile; an empty external id clears it.

        That an empty external id clears it, and that an empty persistent id is refused, is not documented.
        """
        if member.status == "removed":
            raise RefusedError("set_profile_disallowed" if member.recoverable else "user_not_in_team")
        if email is not None and self.by_email.get(email.casefold(), member) is not member:
            raise RefusedError("email_reserved_for_other_user")
        if external_id and self.by_external.get(external_id, member) is not member:
            raise RefusedError("external_id_used_by_other_user")
        self._may_change_ids(member, persistent_id, directory_restricted)
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
            member.persistent_id = persistent_id
        if directory_restricted is not None:
            member.directory_restricted = directory_restricted
        self.index(member)
        self.touch(member)

    def _may_change_ids(self, member: Member, persistent_id: str | None, directory_restricted: bool | None) -> None:
        if persistent_id == "":
            raise RefusedError("param_cannot_be_empty")
        if persistent_id is not None and not self.policies.persistent_ids:
            raise RefusedError("persistent_id_disabled")
        if persistent_id and self.by_persistent.get(persistent_id, member) is not member:
            raise RefusedError("persistent_id_used_by_other_user")
        if directory_restricted is not None and not self.policies.directory_restriction:
            raise RefusedError("directory_restricted_off")

    def provisioned(self, *, suspended: bool = False) -> int:
        """How many accounts are provisioned: the active and the invited ones, and the *suspended* if that is said."""
        counted = ("active", "invited", *(("suspended",) if suspended else ()))
        return sum(1 for member in self.members if member.status in counted)

    def free_licenses(self) -> int:
        """How many licences are free."""
        return self.bought_licenses - self.used_licenses
