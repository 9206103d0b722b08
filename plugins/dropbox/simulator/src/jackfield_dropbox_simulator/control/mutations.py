"""Changes of the team that a test asks for by name."""

from __future__ import annotations

import random

import msgspec

from ..team import Access, Group, Management, Member, Team
from ..team.log import KINDS


class Mutation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One change: what to `do`, and to whom; `user` and `group` are ids, `email` also finds a user."""

    do: str
    user: str = ""
    email: str = ""
    group: str = ""
    name: str = ""
    given: str = ""
    surname: str = ""
    external_id: str | None = None
    management: Management = "user_managed"
    access: Access = "member"
    role: str | None = None
    percent: float = 0.0
    of: str = "users"
    seed: int = 1
    keep_account: bool = False
    permanently: bool = False
    ago: float = 0.0
    delay: float = 0.0
    by: str = ""


def apply(team: Team, mutation: Mutation) -> list[str]:
    """Makes the change and gives the ids that it touched; what can't be done is a `RefusedError` or ValueError."""
    do = mutation.do
    if do in ("join", "invite"):
        return [_arrive(team, mutation).id]
    if do == "create_group":
        return [
            team.create_group(name=mutation.name, management=mutation.management, external_id=mutation.external_id).id
        ]
    if do == "remove_percent":
        return _remove_percent(team, mutation)
    if do in ("rename_group", "delete_group"):
        return _change_group(team, mutation)
    member = _member(team, mutation)
    if do in KINDS:
        by = team.by_id.get(mutation.by)
        actor = "admin" if mutation.by else "user"
        team.log.add(do, member, now=team.clock(), ago=mutation.ago, delay=mutation.delay, actor=actor, by=by)
        return [member.id]
    if do in ("group_add", "group_remove", "set_access"):
        return _change_membership(team, mutation, member)
    _change_member(team, mutation, member)
    return [member.id]


def _arrive(team: Team, mutation: Mutation) -> Member:
    email = mutation.email or f"added{len(team.members)}@{team.domain}"
    if team.free_licenses() < 1:
        team.bought_licenses += 100
    if mutation.do == "invite":
        return team.invite(
            email=email, given=mutation.given, surname=mutation.surname, external_id=mutation.external_id
        )
    given, surname = mutation.given or "Added", mutation.surname or str(len(team.members))
    return team.join(email=email, given=given, surname=surname, external_id=mutation.external_id)


def _change_group(team: Team, mutation: Mutation) -> list[str]:
    group = _group(team, mutation)
    if mutation.do == "delete_group":
        team.delete_group(group)
    else:
        team.update_group(group, name=mutation.name)
    return [group.id]


def _change_membership(team: Team, mutation: Mutation, member: Member) -> list[str]:
    group = _group(team, mutation)
    match mutation.do:
        case "group_add":
            team.add_to_group(group, [(member, mutation.access)])
        case "group_remove":
            team.remove_from_group(group, [member])
        case _:
            team.set_access(group, member, mutation.access)
    return [member.id, group.id]


def _change_member(team: Team, mutation: Mutation, member: Member) -> None:
    match mutation.do:
        case "leave":
            team.remove(member, keep_account=mutation.keep_account, permanently=mutation.permanently)
        case "recover":
            team.recover(member)
        case "suspend":
            team.suspend(member)
        case "unsuspend":
            team.unsuspend(member)
        case "activate":
            team.activate(member)
        case "rename_member":
            team.set_profile(member, given=mutation.given, surname=mutation.surname)
        case "change_email":
            team.set_profile(member, email=mutation.email)
        case "set_role":
            role = None if mutation.role is None else team.role(mutation.role)
            if mutation.role is not None and role is None:
                raise ValueError(f"no role {mutation.role}")
            team.set_role(member, role)
        case _:
            raise ValueError(f"cannot do {mutation.do!r}")


def _remove_percent(team: Team, mutation: Mutation) -> list[str]:
    """Removes that share of the users, groups or memberships; never an admin, nor a system-managed group."""
    rng = random.Random(mutation.seed)
    groups = [group for group in team.live_groups() if group.management != "system_managed"]
    if mutation.of == "groups":
        chosen = rng.sample(groups, round(len(groups) * mutation.percent / 100))
        for group in chosen:
            team.delete_group(group)
        return [group.id for group in chosen]
    if mutation.of == "memberships":
        pairs = [(group, member) for group in groups for member in group.in_order()]
        for group, member in rng.sample(pairs, round(len(pairs) * mutation.percent / 100)):
            team.remove_from_group(group, [member])
        return []
    if mutation.of != "users":
        raise ValueError("of is users, groups or memberships")
    people = team.current()
    able = [member for member in people if member.role != team.admin_role and member is not team.authoriser]
    leaving = rng.sample(able, min(len(able), round(len(people) * mutation.percent / 100)))
    for member in leaving:
        team.remove(member)
    return [member.id for member in leaving]


def _member(team: Team, mutation: Mutation) -> Member:
    found = team.by_id.get(mutation.user) if mutation.user else team.find_member("email", mutation.email)
    if found is None:
        raise ValueError(f"no user {mutation.user or mutation.email!r}")
    return found


def _group(team: Team, mutation: Mutation) -> Group:
    found = team.group_by_id.get(mutation.group)
    if found is None:
        raise ValueError(f"no group {mutation.group!r}")
    return found
