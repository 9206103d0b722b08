"""Removals: terms that exclude each other are refused before any call, and jobs are followed."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from jackfield.errors import Refused, RemoteContract
from jackfield_contracts import AccessState, AccountState, DeleteAccount, Outcome, OutcomeKind, Value
from jackfield_dropbox import people, routes, wire, writes
from jackfield_dropbox.api import Api
from jackfield_dropbox.arguments import flag, text
from jackfield_dropbox.outcomes import asked_before, decide, outcome
from jackfield_dropbox.presumption import Presumption

RECOVERABLE_FOR = timedelta(days=7)


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="route", tag="remove"):
    """A job of members/remove: whose account it is about, and what is to be said once it has ended."""

    id: str
    account: str
    recoverable: bool
    cancelled: bool = False


async def delete(api: Api, change: DeleteAccount, state: AccessState, now: datetime) -> Outcome:
    """Remove a member by members/remove, or cancel an invitation; *now* tells until when it can be recovered."""
    call = api.traced()
    values, id = change.arguments, change.account.id
    account = next((each for each in state.accounts if each.account == change.account), None)
    invited = _is_invited(account)
    if (why := excluded(change, account)) is not None:
        return why
    terms: dict[str, object] = {
        "wipe_data": flag(values, "wipe_data", False),
        "keep_account": flag(values, "keep_account", False),
        "retain_team_shares": flag(values, "retain_team_shares", False),
        "permanently_delete_files": flag(values, "permanently_delete_files", False),
    }
    heirs = await _heirs(call, values, id)
    if isinstance(heirs, Outcome):
        return msgspec.structs.replace(heirs, request_ids=call.request_ids)
    reply = await writes.remove_member(call, id, {**terms, **heirs})
    launch, tag = reply.answer, reply.tag
    lost = invited or bool(heirs.get("transfer_dest_id")) or terms["keep_account"] or terms["permanently_delete_files"]
    if launch is not None and launch.tag == "complete":
        return _removed(recoverable=not lost, cancelled=invited, now=now, call=call)
    if launch is not None and launch.async_job_id:
        job = Job(id=launch.async_job_id, account=id, recoverable=not lost, cancelled=invited)
        return Outcome(
            outcome=OutcomeKind.PENDING,
            reason="Dropbox removes the account by a job that goes on.",
            job=msgspec.json.encode(job).decode(),
            request_ids=call.request_ids,
        )
    if tag is None:
        raise _odd(routes.REMOVE, launch)
    case = await _gone(call, id) if tag in ("user_not_found", "user_not_in_team") else None
    end = outcome(decide(routes.REMOVE, tag, case), tag=tag, request_ids=call.request_ids)
    return asked_before(end) if reply.repeated else end


def excluded(change: DeleteAccount, account: AccountState | None) -> Outcome | None:
    """Why *account* can't be removed on these terms, known before any call; None if it may be possible."""
    if change.account.type != "user":
        return _refused("wrong_type", f"{change.account} is no account.")
    tag = _excluded(change.arguments, invited=_is_invited(account))
    return outcome(decide(routes.REMOVE, tag), tag=tag) if tag is not None else None


def _is_invited(account: AccountState | None) -> bool:
    return account is not None and account.status_raw == "invited"


async def remove_status(api: Api, job: Job, text: str, now: datetime) -> Outcome:
    """How a removal stands, by members/remove/job_status/get; an error of the job is settled by looking."""
    call = api.traced()
    reply = await writes.remove_job(call, job.id)
    launch, tag = reply.answer, reply.tag
    if launch is not None and launch.tag == "in_progress":
        return Outcome(outcome=OutcomeKind.PENDING, job=text, request_ids=call.request_ids)
    if launch is not None and launch.tag == "complete":
        return _removed(recoverable=job.recoverable, cancelled=job.cancelled, now=now, call=call)
    case = await _gone(call, job.account)
    if tag is None and case is None:
        raise _odd(routes.REMOVE_STATUS, launch)
    tag = tag or "other"
    return outcome(decide(routes.REMOVE_STATUS, tag, case), tag=tag, request_ids=call.request_ids)


def _odd(route: str, launch: wire.Launch | None) -> RemoteContract:
    """An answer of which it is not known what it means: only a read can tell."""
    tag = wire.plain_tag(launch.tag) if launch is not None else "none"
    return RemoteContract(f"Dropbox answered in words that this version does not know ({tag})", route=route)


def _excluded(values: Mapping[str, Value], *, invited: bool) -> str | None:
    """Dropbox's tag for terms that exclude each other; None if they are possible."""
    wipe, keep = flag(values, "wipe_data", False), flag(values, "keep_account", False)
    retain, erase = flag(values, "retain_team_shares", False), flag(values, "permanently_delete_files", False)
    transfer = text(values, "transfer_to") is not None
    rules = (
        (retain and wipe, "cannot_retain_shares_when_data_wiped"),
        (retain and not keep, "cannot_retain_shares_when_no_account_kept"),
        (keep and wipe, "cannot_keep_account_and_delete_data"),
        (keep and erase, "cannot_keep_account_and_permanently_delete"),
        (keep and transfer, "cannot_keep_account_and_transfer"),
        (erase and transfer, "cannot_permanently_delete_and_transfer"),
        (transfer and text(values, "transfer_admin") is None, "unspecified_transfer_admin_id"),
        (keep and invited, "cannot_keep_invited_user_account"),
    )
    return next((tag for broken, tag in rules if broken), None)


async def _heirs(call: Api, values: Mapping[str, Value], id: str) -> dict[str, object] | Outcome:
    """The people of a transfer as the route's arguments, or why it can't be."""
    named = {
        role: name
        for role, argument in (("dest", "transfer_to"), ("admin", "transfer_admin"))
        if (name := text(values, argument)) is not None
    }
    if not named:
        return {}
    try:
        found = await people.find_named(call, named.values())
    except Refused as error:
        tag = error.tag or "other"
        return outcome(decide(routes.GET_INFO, tag), tag=tag)
    heirs: dict[str, object] = {}
    for role, name in named.items():
        member = found.get(("email", name))
        tag: str | None = None
        if member is None:
            tag = f"transfer_{role}_user_not_found"
        elif member.profile.team_member_id == id:
            tag = f"removed_and_transfer_{role}_should_differ"
        elif member.profile.removed:
            tag = f"transfer_{role}_user_not_in_team"
        if member is None or tag is not None:
            tag = tag or "other"
            return outcome(decide(routes.REMOVE, tag), tag=tag)
        heirs[f"transfer_{role}_id"] = {
            ".tag": "team_member_id",
            "team_member_id": member.profile.team_member_id,
        }
    return heirs


async def _gone(call: Api, id: str) -> str | None:
    return "gone" if await people.look(call, id) in ("gone", "removed", "recoverable") else None


def _removed(*, recoverable: bool, cancelled: bool, now: datetime, call: Api) -> Outcome:
    if cancelled:
        reason = "The invitation was cancelled; it can't be recovered, only sent anew."
        return Outcome(outcome=OutcomeKind.CHANGED, reason=reason, request_ids=call.request_ids)
    if not recoverable:
        reason = "On these terms the account can't be recovered."
        return Outcome(outcome=OutcomeKind.CHANGED, reason=reason, request_ids=call.request_ids)
    until = (now + RECOVERABLE_FOR).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Outcome(
        outcome=OutcomeKind.CHANGED,
        reason=f"The account can be recovered until {until} by the action recover_user.",
        results={"recoverable_until": until},
        request_ids=call.request_ids,
    )


def _refused(tag: str, reason: str) -> Outcome:
    return Outcome(outcome=OutcomeKind.REFUSED, tag=tag, reason=reason)


PRESUMES = (
    Presumption(
        name="seven-days",
        presumed="A removed account can be recovered for seven days.",
        source="a help page",
        noticed="recover_user is refused earlier",
        then="the refusal stands: the date that was told is no promise",
        switch="recoverable_for",
        test="tests/test_unclear_lookups.py::test_an_account_that_can_be_recovered_for_a_shorter_time_is_refused_by_the_route_itself",
    ),
)
