"""One command for every kind of change, and the team on which it has something to do."""

from collections.abc import Callable
from typing import Any

import msgspec

from jackfield_dropbox_simulator.options import TeamOptions

from .rosters import Roster

TEAM = TeamOptions(members=24, groups=6, seed=1)
NEW = "new.person@team.example"
JOB_AT_ONCE: dict[str, Any] = {"async_jobs": True, "job_polls": 2}
JOB_AT_LAST: dict[str, Any] = {"async_jobs": True, "job_seconds": 1.5, "job_effect": "end"}


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of ``jackfield``: a command, or the rows of a plan that is applied.

    ``before`` are changes of the team that come first, ``settings`` those of the service. ``by_answer``: nothing can be
    read that would confirm it.
    """

    command: tuple[str, ...] = ()
    plan: tuple[dict[str, Any], ...] = ()
    before: tuple[dict[str, Any], ...] = ()
    settings: dict[str, Any] = {}
    by_answer: bool = False


def _id(person: dict[str, Any]) -> str:
    return person["team_member_id"]


class Places:
    """The people and things of a team that errands are about."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        groups = [one for one in roster.groups.values() if one["management_type"] == "user_managed"]
        owned = [one for one in groups if "owner" in one["members"].values()]
        # The largest holds nearly everybody, so that nobody could join it.
        self.group, self.other = sorted(owned, key=lambda one: -len(one["members"]))[1:3]
        self.outside = [_id(one) for one in roster.outside(self.group)]
        self.members = [_id(one) for one in roster.inside(self.group, "member")]
        self.owners = [_id(one) for one in roster.inside(self.group, "owner")]
        self.plain = [_id(one) for one in roster.people(role=None)]
        self.helper = _id(roster.people(role=roster.roles["Billing"])[0])
        self.invited = roster.people("invited")[0]
        self.suspended = _id(roster.people("suspended")[0])

    def of_group(self, slug: str = "member", *, other: bool = False) -> str:
        """An entitlement of the group."""
        return f"group:{(self.other if other else self.group)['group_id']}/{slug}"

    def role(self, name: str) -> str:
        """The entitlement of a role."""
        return f"role:{self.roster.roles[name]}/member"


def _grant(entitlement: str, person: str, *more: str) -> Errand:
    return Errand(command=("grant", "acme", entitlement, f"user:{person}", *more))


def _revoke(entitlement: str, person: str) -> Errand:
    return Errand(command=("revoke", "acme", entitlement, f"user:{person}"))


def _account(verb: str, *given: str, **settings: Any) -> Errand:
    return Errand(command=("account", verb, "acme", *given), settings=settings)


def _create(at: Places, *more: str, **settings: Any) -> Errand:
    return _account("create", f"email={NEW}", "given_name=Neu", "surname=Ling", *more, **settings)


def _delete(at: Places, *more: str, **settings: Any) -> Errand:
    return _account("delete", f"user:{at.plain[0]}", "wipe_data=true", *more, **settings)


def _action(name: str, person: str, *given: str, **more: Any) -> Errand:
    return Errand(command=("action", "run", "acme", name, f"user_id={person}", *given), **more)


def _row(entitlement: str, person: str, **more: Any) -> dict[str, Any]:
    return {"entitlement": entitlement, "principal": f"user:{person}", **more}


def _batch(at: Places) -> Errand:
    rows = [_row(at.of_group(), person) for person in at.outside[:4]]
    return Errand(plan=(*rows, _row(at.of_group("owner"), at.members[0])))


def _mixed(at: Places) -> Errand:
    elsewhere = [one["team_member_id"] for one in at.roster.outside(at.other)]
    return Errand(
        plan=(
            *(_row(at.of_group(), person) for person in at.outside[:2]),
            *(_row(at.of_group(other=True), person) for person in elsewhere[:2]),
            _row(at.of_group(), at.members[1], kind="revoke"),
            _row(at.role("Support"), at.plain[0]),
            _row(at.role("Billing"), at.helper, kind="revoke"),
            {"kind": "create_account", "arguments": {"email": NEW}},
            {"kind": "disable_account", "account": f"user:{at.plain[1]}"},
            # After the role: one that waits for another.
            {"kind": "delete_account", "account": f"user:{at.plain[0]}"},
        )
    )


def _recover(at: Places) -> Errand:
    gone = at.plain[0]
    return _action("recover_user", gone, before=({"do": "leave", "user": gone},))


ERRANDS: dict[str, Callable[[Places], Errand]] = {
    "grant a membership": lambda at: _grant(at.of_group(), at.outside[0]),
    "grant ownership to a member": lambda at: _grant(at.of_group("owner"), at.members[0]),
    "grant ownership to an outsider": lambda at: _grant(at.of_group("owner"), at.outside[0]),
    "revoke ownership": lambda at: _revoke(at.of_group("owner"), at.owners[0]),
    "revoke a membership": lambda at: _revoke(at.of_group(), at.members[0]),
    "grant a role": lambda at: _grant(at.role("Support"), at.plain[0]),
    "replace a role": lambda at: _grant(at.role("Support"), at.helper, "--replace"),
    "revoke a role": lambda at: _revoke(at.role("Billing"), at.helper),
    "create an account": lambda at: _create(at),
    "create with role and groups": lambda at: _create(
        at, "role=Support", f"groups={at.group['group_id']},{at.other['group_id']}"
    ),
    "create by a job": lambda at: _create(at, **JOB_AT_ONCE),
    "create by a job, invited at its end": lambda at: _create(at, f"groups={at.group['group_id']}", **JOB_AT_LAST),
    "delete an account": lambda at: _delete(at),
    "delete by a job": lambda at: _delete(at, **JOB_AT_ONCE),
    "delete by a job, removed at its end": lambda at: _delete(at, **JOB_AT_LAST),
    "cancel an invitation": lambda at: _account("delete", f"user:{_id(at.invited)}"),
    "enable": lambda at: _account("enable", f"user:{at.suspended}"),
    "disable, wiping devices": lambda at: _account("disable", f"user:{at.plain[0]}"),
    "recover_user": _recover,
    "set_profile": lambda at: _action("set_profile", at.plain[0], "given_name=Zoë", "external_id=hr-4711"),
    "send_welcome_email": lambda at: _action("send_welcome_email", at.invited["email"], by_answer=True),
    "a plan for one group": _batch,
    "a plan of many kinds": _mixed,
}
"""Every kind of change, by its name in tables."""
