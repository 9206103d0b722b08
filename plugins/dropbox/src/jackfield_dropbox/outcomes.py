"""What each error tag of each route means: one table, in which every tag of the specification has its row.

What a tag means only beside who is in a group is decided in ``groups.py``; what is no end of a change, such as a limit of
requests, is raised by ``api.py``.
"""

from collections.abc import Mapping

import msgspec

from jackfield_contracts import Outcome, OutcomeKind
from jackfield_dropbox import routes


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a change, with a sentence for people."""

    outcome: OutcomeKind
    sentence: str
    retryable: bool = False
    understood: bool = True


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """The meaning of one tag. ``cases`` are told apart by what was asked and one more read; ``plain`` is all else."""

    plain: Verdict
    cases: Mapping[str, Verdict] = {}


def decide(route: str, tag: str, case: str | None = None) -> Verdict:
    """The verdict on *tag* of *route* in *case*; a tag of tomorrow is a failure that names it, if no read shows more."""
    cell = TABLE[route].get(tag)
    if cell is None:
        return Verdict(
            outcome=OutcomeKind.FAILED,
            sentence=f"Dropbox refused for a reason that this version does not know ({tag}).",
            understood=False,
        )
    return cell.cases.get(case, cell.plain) if case is not None else cell.plain


def decisive(route: str, tag: str) -> bool:
    """Whether *tag* of *route* alone tells that nothing was made."""
    cell = TABLE[route].get(tag)
    return cell is not None and cell.plain.understood


def outcome(verdict: Verdict, *, tag: str, request_ids: tuple[str, ...] = ()) -> Outcome:
    """*verdict* on *tag* as an outcome."""
    return Outcome(
        outcome=verdict.outcome,
        reason=verdict.sentence,
        retryable=verdict.retryable,
        understood=verdict.understood,
        tag=tag,
        request_ids=request_ids,
    )


def asked_before(end: Outcome) -> Outcome:
    """*end* of a change for which this command had sent a request before: that it is so may be the doing of that one."""
    if end.outcome is not OutcomeKind.ALREADY:
        return end
    text = f"{end.reason} " if end.reason else ""
    reason = f"{text}An earlier request of this change may have made it, or somebody else may have made it."
    return msgspec.structs.replace(end, outcome=OutcomeKind.CHANGED, tag=None, reason=reason)


def _already(sentence: str) -> Verdict:
    return Verdict(outcome=OutcomeKind.ALREADY, sentence=sentence)


def _changed(sentence: str) -> Verdict:
    return Verdict(outcome=OutcomeKind.CHANGED, sentence=sentence)


def _refusal(sentence: str) -> Verdict:
    return Verdict(outcome=OutcomeKind.REFUSED, sentence=sentence)


def _failure(sentence: str, *, retryable: bool = False, understood: bool = True) -> Verdict:
    return Verdict(outcome=OutcomeKind.FAILED, sentence=sentence, retryable=retryable, understood=understood)


def _refused(sentence: str, **cases: Verdict) -> Cell:
    return Cell(plain=_refusal(sentence), cases=cases)


def _failed(sentence: str, *, retryable: bool = False, understood: bool = True, **cases: Verdict) -> Cell:
    return Cell(plain=_failure(sentence, retryable=retryable, understood=understood), cases=cases)


# The unions are open, and this tag is what each reason of tomorrow may come as: it tells nothing of what was made.
_OTHER = _failed("Dropbox refused and gives no reason that this interface has a word for.", understood=False)
_UNKNOWN_USER = _refused("Dropbox does not know this person.")
_LEFT = _refused("This person is no member of the team any more.")
_NO_LICENSE = _refused("The team has no licence left; buy one or remove somebody first.")
_RECOVER_FIRST = _refusal("This account was removed from the team and can be recovered: run the action recover_user.")
_REMOVED = _refusal("This account was removed from the team.")
_NOT_ACCEPTED = "This person is only invited and has not accepted yet"

_GROUP: Mapping[str, Cell] = {
    "group_not_found": _refused("The group is not there any more."),
    "system_managed_group_disallowed": _refused("Dropbox manages the members of this group itself."),
    "other": _OTHER,
}
_NO_OWNERS = _refused("A company-managed group has members only and no owners.")
_THERE = _changed("How the job ended is not known, but the account is there.")
_GONE = _changed("How the job ended is not known, but the account is off the team.")


def _poll(**cases: Verdict) -> dict[str, Cell]:
    return {
        "invalid_async_job_id": _failed(
            "Dropbox does not know the job any more, and its change is not to be seen.",
            retryable=True,
            understood=True,
            **cases,
        ),
        "internal_error": _failed(
            "The job ended with an error of Dropbox's own, and its change is not to be seen.",
            retryable=True,
            understood=True,
            **cases,
        ),
        "other": _failed(
            "The job ended in a way that this interface has no word for, and its change is not to be seen.",
            retryable=True,
            understood=False,
            **cases,
        ),
    }


_ADDING: Mapping[str, Cell] = {
    "team_license_limit": _NO_LICENSE,
    "free_team_member_limit_reached": _refused("A free team can have no more members."),
    # What a look-up shows of removed accounts is not documented, nor whether it minds the case of addresses.
    "user_already_on_team": _refused(
        "Dropbox says that this address is on the team, yet shows nobody who has it: if it is of an account that was removed "
        "less than seven days ago, run the action recover_user.",
        active=_already("This person is a member of the team already; nothing about the account was changed."),
        invited=_already("This person is invited already; nothing about the invitation was changed."),
        suspended=_refusal("This account is suspended: run the action enable_user."),
        recoverable=_RECOVER_FIRST,
        removed=_refusal(
            "This account was removed from the team, and Dropbox does not let its address be invited yet."
        ),
    ),
    "user_on_another_team": _refused("This person is on another Dropbox team and has to leave that one first."),
    "user_already_paired": _refused("This person's Dropbox account is paired with another one already."),
    "user_migration_failed": _failed("Dropbox could not move this person's own account into the team.", retryable=True),
    "duplicate_external_member_id": _refused("Another member has this external id."),
    "duplicate_member_persistent_id": _refused("Another member has this persistent id."),
    "persistent_id_disabled": _refused("Persistent ids are switched off for this team."),
    "user_creation_failed": _failed("Dropbox could not make the account.", retryable=True),
    "other": _OTHER,
}

TABLE: Mapping[str, Mapping[str, Cell]] = {
    routes.GROUPS_ADD: {
        **_GROUP,
        "group_not_in_team": _refused("The group belongs to another team."),
        "duplicate_user": Cell(
            plain=_already("This person is in the group already."),
            cases={
                "member": _changed("This person was a plain member of the group and has been made an owner."),
                "owner": _already("This person is an owner of the group already."),
            },
        ),
        "members_not_in_team": _LEFT,
        "users_not_found": _UNKNOWN_USER,
        "user_must_be_active_to_be_owner": _refused("Only an active member can own a group."),
        "user_cannot_be_manager_of_company_managed_group": _NO_OWNERS,
    },
    routes.GROUPS_REMOVE: {
        **_GROUP,
        "group_not_in_team": _refused("The group belongs to another team."),
        "member_not_in_group": Cell(plain=_already("This person is not in the group.")),
        "members_not_in_team": Cell(plain=_already("This person is off the team, and so in none of its groups.")),
        "users_not_found": _UNKNOWN_USER,
    },
    routes.SET_ACCESS: {
        **_GROUP,
        "member_not_in_group": Cell(
            plain=_already("This person is not in the group, and so does not own it."),
            cases={"grant": _changed("This person was not in the group and has been added as an owner.")},
        ),
        "user_cannot_be_manager_of_company_managed_group": _NO_OWNERS,
        # Not in this route's union: Dropbox documents the rule with the other route, and so it may come as "other" too.
        "user_must_be_active_to_be_owner": _refused("Only an active member can own a group."),
    },
    routes.SET_ROLES: {
        "user_not_found": _UNKNOWN_USER,
        "user_not_in_team": _LEFT,
        "last_admin": _refused(
            "This is the team's last administrator, and a team keeps one: the role was not changed."
        ),
        "cannot_set_permissions": _refused(
            "Dropbox sets no role for this person now; it sets none for the suspended and the invited."
        ),
        "role_not_found": _refused("The team has no such role."),
        "other": _OTHER,
    },
    routes.ADD: _ADDING,
    routes.ADD_STATUS: {
        **_poll(there=_THERE),
        "failed": _failed("The job failed, and nobody was invited by it.", retryable=True, there=_THERE),
    },
    routes.REMOVE: {
        "user_not_found": _failed(
            "Dropbox does not find the account that it shows.",
            retryable=True,
            gone=_already("Dropbox does not know this account any more."),
        ),
        "user_not_in_team": _failed(
            "Dropbox says that this person is off the team, and shows the account as still there.",
            retryable=True,
            gone=_already("This person is off the team already."),
        ),
        "remove_last_admin": _refused("This is the team's last administrator, and a team keeps one."),
        "transfer_in_progress": _refused("The files of this account are being transferred; wait until that has ended."),
        "already_transferred": _refused("The files of this account have been transferred already."),
        "already_transferred_or_deleted": _refused(
            "The files of this account have been transferred or deleted already."
        ),
        "removed_and_transfer_dest_should_differ": _refused("The files can't go to the account that is deleted."),
        "removed_and_transfer_admin_should_differ": _refused(
            "The administrator of the transfer can't be the account that is deleted."
        ),
        "transfer_dest_user_not_found": _refused("Dropbox does not know the person whom the files should go to."),
        "transfer_dest_user_not_in_team": _refused("The person whom the files should go to is no member of the team."),
        "transfer_admin_user_not_found": _refused("Dropbox does not know the administrator of the transfer."),
        "transfer_admin_user_not_in_team": _refused("The administrator of the transfer is no member of the team."),
        "transfer_admin_is_not_admin": _refused("The administrator of the transfer is no team administrator."),
        "unspecified_transfer_admin_id": _refused(
            "transfer_to needs transfer_admin: the administrator who hears of what goes wrong."
        ),
        "recipient_not_verified": _refused("The person whom the files should go to has no verified e-mail address."),
        "member_is_transfer_destination": _refused("Files of another account are on their way to this one."),
        "cannot_keep_account": _refused(
            "Only a team administrator can let an account be kept; whoever authorised Jackfield is none."
        ),
        "cannot_keep_account_and_transfer": _refused("keep_account and transfer_to exclude each other."),
        "cannot_keep_account_and_delete_data": _refused("keep_account needs wipe_data=false."),
        "cannot_keep_account_and_permanently_delete": _refused(
            "keep_account and permanently_delete_files exclude each other."
        ),
        "cannot_keep_account_under_legal_hold": _refused("An account under a legal hold can't be kept by its owner."),
        "cannot_keep_account_required_to_sign_tos": _refused(
            "The account can't be kept before its owner has accepted Dropbox's terms of service."
        ),
        "cannot_keep_invited_user_account": _refused(f"{_NOT_ACCEPTED}: there is no account to keep."),
        "cannot_retain_shares_when_data_wiped": _refused("retain_team_shares needs wipe_data=false."),
        "cannot_retain_shares_when_no_account_kept": _refused("retain_team_shares needs keep_account=true."),
        "cannot_retain_shares_when_team_external_sharing_off": _refused(
            "retain_team_shares needs sharing outside the team, which is switched off."
        ),
        "cannot_permanently_delete_and_transfer": _refused(
            "permanently_delete_files and transfer_to exclude each other."
        ),
        "email_address_too_long_to_be_disabled": _refused(
            "The e-mail address of this account is too long for Dropbox to disable it; change it first."
        ),
        "other": _OTHER,
    },
    routes.REMOVE_STATUS: _poll(gone=_GONE),
    routes.SUSPEND: {
        "user_not_found": _UNKNOWN_USER,
        "user_not_in_team": _LEFT,
        "suspend_inactive_user": _refused(
            "Dropbox suspends active members only.",
            suspended=_already("This account is suspended already; its devices were not wiped again."),
            invited=_refusal(f"{_NOT_ACCEPTED}: there is nothing to disable. Delete the account to cancel it."),
            recoverable=_REMOVED,
            removed=_REMOVED,
        ),
        "suspend_last_admin": _refused("This is the team's last administrator, and a team keeps one."),
        "team_license_limit": _NO_LICENSE,
        "other": _OTHER,
    },
    routes.UNSUSPEND: {
        "user_not_found": _UNKNOWN_USER,
        "user_not_in_team": _refused("This person is no member of the team any more.", recoverable=_RECOVER_FIRST),
        "unsuspend_non_suspended_member": _refused(
            "This account is not suspended.",
            active=_already("This account is active already."),
            invited=_refusal(f"{_NOT_ACCEPTED}: there is nothing to enable."),
            recoverable=_RECOVER_FIRST,
            removed=_REMOVED,
        ),
        "team_license_limit": _NO_LICENSE,
        "other": _OTHER,
    },
    routes.RECOVER: {
        "user_not_found": _UNKNOWN_USER,
        "user_not_in_team": _refused("This account has left the team with its owner and can't be recovered."),
        "user_unrecoverable": _refused(
            "This account can't be recovered: more than seven days have passed, or its files were transferred or deleted.",
            active=_already("This account is active already."),
            invited=_refusal(f"{_NOT_ACCEPTED}: there is nothing to recover."),
            suspended=_refusal("This account was not removed but is suspended: run the action enable_user."),
        ),
        "team_license_limit": _NO_LICENSE,
        "other": _OTHER,
    },
    routes.SET_PROFILE: {
        "user_not_found": _UNKNOWN_USER,
        "user_not_in_team": _LEFT,
        "external_id_and_new_external_id_unsafe": _failed(
            "Dropbox takes no new external id for a person who is named by the old one."
        ),
        "no_new_data_specified": _refused("There is nothing to set: give at least one value."),
        "email_reserved_for_other_user": _refused("Somebody else has this e-mail address."),
        "external_id_used_by_other_user": _refused("Another member has this external id."),
        "set_profile_disallowed": _refused("The profile of a deleted account can't be changed."),
        "param_cannot_be_empty": _refused("One of the values can't be empty."),
        "persistent_id_disabled": _refused("Persistent ids are switched off for this team."),
        "persistent_id_used_by_other_user": _refused("Another member has this persistent id."),
        "directory_restricted_off": _refused("Hiding people from the directory is switched off for this team."),
        "other": _OTHER,
    },
    routes.WELCOME: {
        "user_not_found": _UNKNOWN_USER,
        "user_not_in_team": _LEFT,
        "other": _OTHER,
    },
    routes.GET_INFO: {
        "other": _failed("Dropbox did not say how the account stands, so that nothing was changed.", retryable=True),
    },
}
"""Route, then tag. What a route gives beside its error union stands here too: items of add_v2, a job's ``failed``."""
