"""Deterministic teams of any size: the same options give the same team, identifiers included."""

from __future__ import annotations

import random

from ..options import TeamOptions
from . import Team, ids, names
from .model import Group, Management, Member, Role, Status

_DAY = 86_400
_START = 1_735_689_600  # 2025-01-01, so that a seeded team never depends on the day it is made
_CATALOGUE = (
    ("Team", "Manage everything and access all permissions"),
    ("User management", "Add, remove and manage team members"),
    ("Support", "Help team members with common requests"),
    ("Billing", "Manage the plan and payments"),
    ("Content", "Manage team content"),
    ("Compliance", "Manage data governance and legal holds"),
    ("Reporting", "Create and view reports"),
    ("Security", "Manage security settings and alerts"),
)


def build(options: TeamOptions) -> Team:
    """Builds the team that the options describe."""
    rng = random.Random(options.seed)
    team = Team(
        name="Acme Ünion & Söhne",
        team_id=options.team_id or ids.team_id(rng),
        roles=_roles(options.roles),
        rng=rng,
    )
    for seq in range(options.members):
        team.enrol(_member(rng, seq, options, team.domain))
    _assign_roles(team)
    _add_groups(team, options)
    _remove_some(team, options)
    team.bought_licenses = team.used_licenses + max(25, options.members // 10)
    team.authoriser = team.members[0]
    return team


def _roles(count: int) -> tuple[Role, ...]:
    catalogue = [*_CATALOGUE, *((f"Custom role {n}", "Made by the team") for n in range(9, count + 1))]
    return tuple(Role(id=ids.role_id(name), name=name, description=text) for name, text in catalogue[: max(1, count)])


def _member(rng: random.Random, seq: int, options: TeamOptions, domain: str) -> Member:
    status = _status(rng, seq)
    given, surname = names.person(rng, seq)
    if status == "invited" and seq % 3 != 1:
        given = surname = ""
    created = _START + seq * 60 + rng.randrange(60)
    return Member(
        seq=seq,
        id=ids.member_id(rng),
        account_id=None if status == "invited" else ids.account_id(rng),
        email=names.email(rng, seq, domain),
        email_verified=status != "invited",
        external_id=f"ext-{seq:06d}" if seq % 4 == 1 else f"hr:{seq}/a#b%" if seq % 41 == 8 else None,
        persistent_id=f"saml|{seq}@idp" if seq % 6 == 2 else None,
        secondary_emails=((f"alias{seq}@{domain}", seq % 2 == 0),) if seq % 13 == 4 else (),
        given=given,
        surname=surname,
        display=f"{given} {surname}".strip(),
        status=status,
        membership_type="limited" if seq % 29 == 17 else "full",
        invited_on=created if status == "invited" else None,
        joined_on=None if status == "invited" else created + _DAY,
        suspended_on=created + 90 * _DAY if status == "suspended" else None,
        directory_restricted=seq % 10 == 6 if seq % 3 else None,
        photo_url=f"https://photos.example/{seq}.png" if seq % 5 == 0 and status == "active" else None,
        folder_id=ids.folder_id(rng),
        root_folder_id=ids.folder_id(rng),
        shows_empty_roles=seq % 7 != 3,
    )


def _status(rng: random.Random, seq: int) -> Status:
    if seq < 2:
        return "active"
    # The first members show every status, so that a small team has all of them; the rest is drawn.
    if seq < 12:
        return "invited" if seq in (5, 7) else "suspended" if seq == 8 else "active"
    draw = rng.random()
    return "invited" if draw < 0.06 else "suspended" if draw < 0.11 else "active"


def _assign_roles(team: Team) -> None:
    active = [member for member in team.members if member.status == "active"]
    team.give_role(active[0], team.admin_role)
    if len(active) > 3:
        team.give_role(active[1], team.admin_role)
    # The last role of the catalogue stays without a holder.
    place = 2
    for number, role in enumerate(team.roles[1:-1], start=1):
        for _ in range(1 + number % 2):
            if place < len(active):
                team.give_role(active[place], role)
            place += 3
    invited = next((member for member in team.members if member.status == "invited"), None)
    if invited is not None and len(team.roles) > 2:
        team.give_role(invited, team.roles[1])


def _management(options: TeamOptions, seq: int) -> Management:
    if options.shape == "user_managed":
        return "user_managed"
    return "company_managed" if seq % 3 == 1 else "user_managed"


def _add_groups(team: Team, options: TeamOptions) -> None:
    rng = team.rng
    ordinary = [
        team.enlist_group(
            names.group(seq),
            _management(options, seq),
            names.group_external_id(seq) if seq % 3 == 0 else None,
            (_START + seq * 3600) * 1000 + seq % 1000,
        )
        for seq in range(options.groups)
    ]
    total = options.memberships
    if options.with_system_group:
        everyone = team.enlist_group(f"Everyone at {team.name}", "system_managed", None, _START * 1000)
        for member in team.members:
            team.put(everyone, member, "member")
        total -= options.members
    # One in twenty is in no group; a few are in nearly all.
    pool = [member for member in team.members if member.seq % 20 != 19]
    busy = [member for member in pool if member.seq in (1, 4, 10)]
    for group, size in zip(ordinary, _sizes(options.groups, max(0, total), len(pool)), strict=True):
        if size:
            chosen = dict.fromkeys((*busy, *rng.sample(pool, size)))
            _fill(team, group, list(chosen)[: max(size, len(busy))])


def _sizes(groups: int, total: int, limit: int) -> list[int]:
    """Sizes like those of real teams: few large groups, many small ones, one in eight empty."""
    weights = [0.0 if seq % 8 == 7 else (seq + 1) ** -0.8 for seq in range(groups)]
    sizes = [0] * groups
    left, open_weight = total, sum(weights)
    for seq, weight in enumerate(weights):
        if weight:
            sizes[seq] = min(limit, max(1, round(left * weight / open_weight))) if left > 0 else 0
            left -= sizes[seq]
            open_weight -= weight
    return sizes


def _fill(team: Team, group: Group, people: list[Member]) -> None:
    for member in people:
        team.put(group, member, "member")
    if group.management != "user_managed" or group.seq % 6 == 5:
        return
    owners = [member for member in people if member.status == "active"][: 1 + group.seq % 3]
    for member in owners:
        team.put(group, member, "owner")


def _remove_some(team: Team, options: TeamOptions) -> None:
    """Adds accounts that have left, in each of the forms that Dropbox shows."""
    for number in range(min(200, options.members // 15)):
        seq = len(team.members)
        member = team.enrol(_member(team.rng, seq, options, team.domain))
        if member.status == "invited":
            team.remove(member)
        else:
            team.remove(member, keep_account=number % 3 == 1, permanently=number % 3 == 2)
