"""The routes that take people off the team and bring them back, and the one that asks after removal jobs."""

from __future__ import annotations

from ..team import Member, RefusedError, Terms
from ..wire.answers import RouteError, encode
from ..writes.outcomes import REMOVE_STATUS
from . import arguments, write_arguments
from .call import Call, Route

REMOVE = "team/members/remove"
RECOVER = "team/members/recover"


def remove(call: Call) -> bytes:
    """team/members/remove; refusals come at once, also where a job does the work."""
    behind, arg = call.behind, call.arg
    member = call.member(arg["user"])
    if member is None:
        raise RouteError("user_not_found")
    terms = Terms(
        wipe_data=arg["wipe_data"],
        keep_account=arg["keep_account"],
        retain_team_shares=arg["retain_team_shares"],
        permanently=arg["permanently_delete_files"],
        heir=_other(call, "transfer_dest_id", "transfer_dest_user_not_found"),
        admin=_other(call, "transfer_admin_id", "transfer_admin_user_not_found"),
    )
    busy = behind.jobs.busy(member.id)
    if busy:
        raise RefusedError("transfer_in_progress" if busy == "source" else "member_is_transfer_destination")
    call.team.check_terms(member, terms)

    def work() -> bytes:
        _remove(call, member, terms)
        return encode({".tag": "complete"})

    if not behind.job_options.always:
        return work()
    people = (member.id, terms.heir.id) if terms.heir is not None else (member.id,)
    job = behind.jobs.launch(REMOVE_STATUS, work, behind.job_options, people)
    return encode({".tag": "async_job_id", "async_job_id": job})


def _other(call: Call, field: str, missing: str) -> Member | None:
    if call.arg[field] is None:
        return None
    found = call.member(call.arg[field])
    if found is None:
        raise RouteError(missing)
    return found


def _remove(call: Call, member: Member, terms: Terms) -> None:
    call.team.remove(
        member, keep_account=terms.keep_account, permanently=terms.permanently, transferred=terms.heir is not None
    )
    ledger = call.behind.ledger
    ledger.applied(REMOVE)
    ledger.count("removals", member.id)
    if terms.wipe_data:
        ledger.count("wipes", member.id)


def remove_status(call: Call) -> bytes:
    """team/members/remove/job_status/get; its union has no `failed`."""
    job = call.behind.jobs.poll(REMOVE_STATUS, call.arg["async_job_id"])
    if job is None:
        return encode({".tag": "in_progress"})
    if job.failed:
        raise RouteError("internal_error")
    return job.result


def recover(call: Call) -> bytes:
    """team/members/recover."""
    member = call.member(call.arg["user"])
    if member is None:
        raise RouteError("user_not_found")
    call.team.recover(member)
    call.behind.ledger.applied(RECOVER)
    call.behind.ledger.count("recoveries", member.id)
    return b"null"


def routes() -> list[Route]:
    """The routes of this file."""
    scope = "members.delete"
    return [
        Route(name=REMOVE, scope=scope, arg=write_arguments.MEMBERS_REMOVE, answer=remove, writes=True),
        Route(name=REMOVE_STATUS, scope=scope, arg=arguments.POLL, answer=remove_status),
        Route(name=RECOVER, scope=scope, arg=write_arguments.MEMBERS_RECOVER, answer=recover, writes=True),
    ]
