"""How people leave a team, and come back, refused as Dropbox refuses it (members/remove, members/recover)."""

from __future__ import annotations

import msgspec

from .model import Member, RefusedError
from .people import People

_DAY = 86_400
RECOVERABLE_FOR = {"seven_days": 7 * _DAY, "one_day": _DAY}
"""Seconds during which a removed account can be recovered, by the switch of that name."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On which terms an account is removed; the last two are the heir of the files and the admin who hears of it."""

    wipe_data: bool = False
    keep_account: bool = False
    retain_team_shares: bool = False
    permanently: bool = False
    heir: Member | None = None
    admin: Member | None = None


class Leaving(People):
    """The operations that take an account off the team or bring it back."""

    recoverable_for = RECOVERABLE_FOR["seven_days"]

    def remove(
        self, member: Member, *, keep_account: bool = False, permanently: bool = False, transferred: bool = False
    ) -> None:
        """Removes somebody from the team, all groups and roles; recoverable unless invited, kept, gone or transferred.

        An invitation is simply cancelled.
        """
        if member.status == "removed":
            raise RefusedError("user_not_in_team")
        if self.is_last_admin(member):
            raise RefusedError("remove_last_admin")
        if keep_account and member.status == "invited":
            raise RefusedError("cannot_keep_invited_user_account")
        member.recoverable = not (keep_account or permanently or transferred or member.status == "invited")
        member.disconnected = keep_account
        member.removed_on = self.now()
        member.former = [
            (group, group.members[member]) for group in member.groups if group.management != "system_managed"
        ]
        member.former_role = member.role
        self.give_role(member, None)
        for group in list(member.groups):
            self.drop(group, member)
        member.suspended_on = None
        member.invited_on = None
        self.set_status(member, "removed")
        if not member.recoverable:
            self.unindex(member)

    def check_terms(self, member: Member, terms: Terms) -> None:
        """Refuses terms that Dropbox does not take, and a removal that can't be.

        Which of several faults Dropbox names first is not documented; here the arguments come before the team.
        """
        if member.status == "removed":
            raise RefusedError("user_not_in_team")
        _check_combination(terms)
        self._check_people(member, terms)
        if self.is_last_admin(member):
            raise RefusedError("remove_last_admin")
        if terms.keep_account:
            self._check_keeping(member, terms)

    def recover(self, member: Member) -> None:
        """Brings a recoverable account back as an active member, into the groups that it was in.

        `user_not_in_team` means an account that has left with its owner. That an account which was not removed is
        `user_unrecoverable` is not documented.
        """
        if member.disconnected:
            raise RefusedError("user_not_in_team")
        if not member.recoverable:
            raise RefusedError("user_unrecoverable")
        if member.membership_type == "full" and self.free_licenses() < 1:
            raise RefusedError("team_license_limit")
        member.recoverable = False
        member.removed_on = None
        self.set_status(member, "active")
        for group in self.system_groups:
            self.put(group, member, "member")
        for group, access in member.former:
            if not group.deleted:
                self.put(group, member, access if group.management == "user_managed" else "member")
        member.former = []

    def lapse(self) -> None:
        """Makes unrecoverable what was removed too long ago: more than seven days, unless it is switched."""
        for member in self.members:
            if member.recoverable and self.now() - (member.removed_on or 0) >= self.recoverable_for:
                self.give_up(member)

    def give_up(self, member: Member) -> None:
        """Makes a removed account unrecoverable, and its address free."""
        member.recoverable = False
        self.unindex(member)
        self.touch(member)

    def _check_people(self, member: Member, terms: Terms) -> None:
        heir, admin = terms.heir, terms.admin
        if heir is not None and admin is None:
            raise RefusedError("unspecified_transfer_admin_id")
        if heir is member:
            raise RefusedError("removed_and_transfer_dest_should_differ")
        if admin is member:
            raise RefusedError("removed_and_transfer_admin_should_differ")
        if heir is not None and not heir.on_team:
            raise RefusedError("transfer_dest_user_not_in_team")
        if admin is not None and not admin.on_team:
            raise RefusedError("transfer_admin_user_not_in_team")
        if admin is not None and (admin.role != self.admin_role or admin.status != "active"):
            raise RefusedError("transfer_admin_is_not_admin")
        if heir is not None and not heir.email_verified:
            raise RefusedError("recipient_not_verified")

    def _check_keeping(self, member: Member, terms: Terms) -> None:
        if member.status == "invited":
            raise RefusedError("cannot_keep_invited_user_account")
        by = self.authoriser
        # "Only a team admin can convert this account": the admin who connected the app.
        if by is not None and (by.role != self.admin_role or by.status != "active"):
            raise RefusedError("cannot_keep_account")
        if terms.retain_team_shares and not self.policies.external_sharing:
            raise RefusedError("cannot_retain_shares_when_team_external_sharing_off")


def _check_combination(terms: Terms) -> None:
    if terms.retain_team_shares and terms.wipe_data:
        raise RefusedError("cannot_retain_shares_when_data_wiped")
    if terms.retain_team_shares and not terms.keep_account:
        raise RefusedError("cannot_retain_shares_when_no_account_kept")
    if terms.keep_account and terms.wipe_data:
        raise RefusedError("cannot_keep_account_and_delete_data")
    if terms.keep_account and terms.permanently:
        raise RefusedError("cannot_keep_account_and_permanently_delete")
    if terms.keep_account and terms.heir is not None:
        raise RefusedError("cannot_keep_account_and_transfer")
    if terms.permanently and terms.heir is not None:
        raise RefusedError("cannot_permanently_delete_and_transfer")
