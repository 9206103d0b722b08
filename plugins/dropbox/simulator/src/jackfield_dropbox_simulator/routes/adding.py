"""The route that invites people, and the one that asks after its jobs."""

from __future__ import annotations

from typing import Any

from ..team import Member, RefusedError, Role
from ..wire import rendering
from ..wire.answers import encode
from ..writes.outcomes import ADD, ADD_STATUS
from . import arguments, write_arguments
from .call import Call, Route


def add_v2(call: Call) -> bytes:
    """team/members/add_v2; what is wrong with a person stands in the answer, which is a 200."""
    behind = call.behind

    def work() -> bytes:
        items = [_add(call, asked) for asked in call.arg["new_members"]]
        behind.ledger.applied(ADD)
        return b"[" + b",".join(items) + b"]"

    if call.arg["force_async"] or behind.job_options.always:
        job = behind.jobs.launch(ADD_STATUS, work, behind.job_options)
        return encode({".tag": "async_job_id", "async_job_id": job})
    return b'{".tag":"complete","complete":' + work() + b"}"


def _add(call: Call, asked: dict[str, Any]) -> bytes:
    email: str = asked["member_email"]
    forced = call.behind.outcomes.take_item(ADD, email)
    if forced is not None and not forced.order.applied:
        return forced.item(email)
    try:
        member = _invite(call, asked)
    except RefusedError as error:
        return encode({".tag": error.tag, error.tag: error.value})
    return b'{".tag":"success",' + rendering.info(member)[1:] if forced is None else forced.item(email)


def _invite(call: Call, asked: dict[str, Any]) -> Member:
    email: str = asked["member_email"]
    team, ledger = call.team, call.behind.ledger
    role: Role | None = None
    for role_id in asked["role_ids"] or ():
        role = team.role(role_id)
        if role is None:
            # No tag of this union speaks of roles; what Dropbox says of an unknown one is not documented.
            raise RefusedError("user_creation_failed", email)
    former = team.by_email.get(email.casefold())
    if call.behaviour.rehire == "invites_anew" and former is not None and not former.on_team:
        team.give_up(former)
    member = team.invite(
        email=email,
        given=asked["member_given_name"] or "",
        surname=asked["member_surname"] or "",
        external_id=asked["member_external_id"],
        persistent_id=asked["member_persistent_id"],
        role=role,
        directory_restricted=asked["is_directory_restricted"] if team.policies.directory_restriction else None,
    )
    ledger.count("invitations", email.casefold())
    if asked["send_welcome_email"]:
        ledger.count("welcome_mails", email.casefold())
    return member


def add_status(call: Call) -> bytes:
    """team/members/add/job_status/get_v2."""
    job = call.behind.jobs.poll(ADD_STATUS, call.arg["async_job_id"])
    if job is None:
        return encode({".tag": "in_progress"})
    if job.failed:
        return encode({".tag": "failed", "failed": job.failed})
    return b'{".tag":"complete","complete":' + job.result + b"}"


def routes() -> list[Route]:
    """The routes of this file."""
    scope = "members.write"
    return [
        Route(name=ADD, scope=scope, arg=write_arguments.MEMBERS_ADD, answer=add_v2, writes=True),
        Route(name=ADD_STATUS, scope=scope, arg=arguments.POLL, answer=add_status),
    ]
