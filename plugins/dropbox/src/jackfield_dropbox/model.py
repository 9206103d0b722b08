"""How Dropbox maps to governance: pure functions from the wire to contracts.

Identifiers are those that existing Dropbox connections in this field use, so that histories carry over.
"""

from collections.abc import Iterable, Iterator

from jackfield_contracts import (
    AccountStatus,
    AppTrait,
    Diagnostic,
    Email,
    Entitlement,
    EntitlementId,
    Exclusive,
    Grant,
    GroupTrait,
    Item,
    LicenseTrait,
    Purpose,
    Reading,
    Resource,
    ResourceId,
    RoleTrait,
    RowKind,
    Scope,
    Severity,
    UserTrait,
)
from jackfield_dropbox import wire
from jackfield_dropbox.presumption import Presumption
from jackfield_dropbox.sifting import Sifted

PEOPLE, WITNESS, NAMED_GROUPS = "people", "people_groups", "named_groups"
"""The families that ask by ids."""

USERS = Scope(
    name="user",
    family="members",
    rows=RowKind.RESOURCES,
    lists="user",
    counts=Reading(scope="user", statuses=(AccountStatus.ENABLED, AccountStatus.PENDING)),
    presumed="Dropbox's words for num_provisioned_users leave open whether it counts suspended members",
    may_count=(Reading(scope="user", statuses=(AccountStatus.ENABLED, AccountStatus.PENDING, AccountStatus.DISABLED)),),
    fallback="seats_again",
    lookup=PEOPLE,
    same_listing="license:full/*",
)
ROLE_GRANTS = Scope(
    name="role/*",
    family="members",
    unreconcilable="Dropbox gives no count of a role's holders",
    same_listing="user",
)
ROLES = Scope(
    name="role",
    family="catalogue",
    rows=RowKind.RESOURCES,
    lists="role",
    unreconcilable="Dropbox gives no count of roles",
)
APPS = Scope(name="app", family="catalogue", rows=RowKind.RESOURCES, lists="app", expected=1)
LICENSES = Scope(name="license", family="catalogue", rows=RowKind.RESOURCES, lists="license", expected=1)
GROUPS = Scope(
    name="group",
    family="groups",
    rows=RowKind.RESOURCES,
    lists="group",
    unreconcilable="Dropbox gives no count of groups",
    fallback="groups_again",
    lookup=NAMED_GROUPS,
)
SEATS = "license:full/*"

LICENSE = ResourceId(type="license", id="full")
SEAT = EntitlementId(resource=LICENSE, slug="assigned")
APP = ResourceId(type="app", id="dropbox")

LARGE_GROUP = 5000
"""Members from which on a group is read by its own listing, not in one answer with others."""

WITHOUT_OWNERS = ("company_managed", "system_managed")
"""The management types whose groups have plain members only; a type that this version does not know may have owners."""

_SYSTEM = "Dropbox manages the members of this group itself"
_SEAT = "a seat follows from being a full member of the team: invite or remove the person"
_STATUS = {
    "active": AccountStatus.ENABLED,
    "suspended": AccountStatus.DISABLED,
    "invited": AccountStatus.PENDING,
    "removed": AccountStatus.DELETED,
}
_COUNTED_SEATS = "Dropbox does not document whom num_used_licenses counts"
_COUNTED_MEMBERS = "Dropbox does not document whether member_count counts suspended and invited members"
_SEATED = (AccountStatus.ENABLED, AccountStatus.DISABLED, AccountStatus.PENDING)
_GUESSED_WEIGHT = 200


def drift(union: str, tag: str) -> Diagnostic:
    """A tag that this version does not know: nothing is lost by it, and somebody should look."""
    return Diagnostic(
        code="unknown_tag",
        severity=Severity.WARNING,
        summary=f"Dropbox sent {union} {tag!r}, which this version does not know",
    )


def user(member: wire.Member) -> Resource:
    """One member of the team as a user."""
    profile = member.profile
    external_ids: dict[str, str] = {}
    if profile.external_id:
        external_ids["external_id"] = profile.external_id
    if profile.persistent_id:
        external_ids["persistent_id"] = profile.persistent_id
    if profile.account_id:
        external_ids["account_id"] = profile.account_id
    emails = (Email(address=profile.email, primary=True, verified=profile.email_verified),)
    if profile.secondary_emails:
        emails += tuple(Email(address=more.email, verified=more.is_verified) for more in profile.secondary_emails)
    name = profile.name
    return Resource(
        id=ResourceId(type="user", id=profile.team_member_id),
        scope=USERS.name,
        display_name=name.display_name.strip() or profile.email,
        trait=UserTrait(
            status=_STATUS.get(profile.status.tag, AccountStatus.UNKNOWN),
            status_raw=profile.status.tag,
            login=profile.email,
            emails=emails,
            given_name=name.given_name or None,
            surname=name.surname or None,
            familiar_name=name.familiar_name or None,
            external_ids=external_ids,
            invited=profile.invited_on,
            joined=profile.joined_on,
            suspended=profile.suspended_on,
        ),
        profile=_facts(profile),
    )


def _facts(profile: wire.Profile) -> dict[str, str | int | float | bool | None]:
    facts: dict[str, str | int | float | bool | None] = {}
    if profile.membership_type is not None:
        facts["membership_type"] = profile.membership_type.tag
    if profile.is_directory_restricted is not None:
        facts["directory_restricted"] = profile.is_directory_restricted
    if profile.status.is_recoverable is not None:
        facts["recoverable"] = profile.status.is_recoverable
    if profile.status.is_disconnected is not None:
        facts["disconnected"] = profile.status.is_disconnected
    return facts


def user_drift(profile: wire.Profile) -> list[Diagnostic]:
    """The unknown tags of one member."""
    notes: list[Diagnostic] = []
    if profile.status.tag not in _STATUS:
        notes.append(drift("the member status", profile.status.tag))
    if profile.membership_type is not None and profile.membership_type.tag not in ("full", "limited"):
        notes.append(drift("the membership type", profile.membership_type.tag))
    return notes


def seat(profile: wire.Profile) -> Grant | None:
    """The seat that a member holds: every full member but a removed one, invited and suspended ones included."""
    if _STATUS.get(profile.status.tag) not in _SEATED:
        return None
    if profile.membership_type is not None and profile.membership_type.tag != "full":
        return None
    return Grant(entitlement=SEAT, principal=ResourceId(type="user", id=profile.team_member_id), scope=SEATS)


def role(role: wire.Role) -> tuple[Item, ...]:
    """One admin role: the resource and what it offers. A member holds at most one of them."""
    id = ResourceId(type="role", id=role.role_id)
    return (
        Resource(
            id=id,
            scope=ROLES.name,
            display_name=role.name,
            description=role.description,
            trait=RoleTrait(privileged=True),
        ),
        Entitlement(
            id=EntitlementId(resource=id, slug="member"),
            scope=ROLES.name,
            display_name=role.name,
            description=role.description,
            grantable_to=("user",),
            privileged=True,
            exclusive=Exclusive(set="role"),
        ),
    )


def role_grant(role_id: str, member: str) -> Grant:
    """A member holds a role."""
    return Grant(
        entitlement=EntitlementId(resource=ResourceId(type="role", id=role_id), slug="member"),
        principal=ResourceId(type="user", id=member),
        scope=ROLE_GRANTS.name,
    )


def app() -> tuple[Item, ...]:
    """Dropbox itself, as something that people have access to."""
    return (
        Resource(id=APP, scope=APPS.name, display_name="Dropbox", trait=AppTrait(home_page="https://www.dropbox.com")),
        Entitlement(
            id=EntitlementId(resource=APP, slug="access"),
            scope=APPS.name,
            display_name="Access to Dropbox",
            grantable_to=("user",),
        ),
    )


def license(info: wire.TeamInfo | None) -> tuple[Item, ...]:
    """The seat of a full member, with the team's totals where they are known."""
    trait = LicenseTrait(
        seats_total=info.num_licensed_users if info else None,
        seats_used=info.num_used_licenses or None if info else None,
    )
    return (
        Resource(id=LICENSE, scope=LICENSES.name, display_name="Full member", trait=trait),
        Entitlement(
            id=SEAT,
            scope=LICENSES.name,
            display_name="Seat of a full member",
            grantable_to=("user",),
            immutable=_SEAT,
        ),
    )


def seats(info: wire.TeamInfo | None, unknown: str) -> Scope:
    """The scope of all seats held, to be reconciled with the team's own figure if there is one."""
    if info is None:
        why = f"{unknown}, so that the team's own figure is unknown"
        return Scope(name=SEATS, family="members", resource=LICENSE, unreconcilable=why, same_listing=USERS.name)
    if not info.num_used_licenses:
        why = "Dropbox gives no figure of licences in use"
        return Scope(name=SEATS, family="members", resource=LICENSE, unreconcilable=why, same_listing=USERS.name)
    return Scope(
        name=SEATS,
        family="members",
        resource=LICENSE,
        expected=info.num_used_licenses,
        presumed=_COUNTED_SEATS,
        may_count=(Reading(scope=USERS.name, statuses=_SEATED),),
        fallback="seats_again",
        same_listing=USERS.name,
    )


def fed_by_members(group: GroupTrait) -> bool:
    """Whether the listing of members says all about a group's memberships, so that no further read is needed.

    It does not tell owners from members, so it does where there are no owners, and for empty groups. Where somebody says
    to be in a group that is counted empty, the group is read by itself.
    """
    return group.management in WITHOUT_OWNERS or group.member_count == 0


def group(group: wire.Group, *, found_by: str | None = None, late: bool = False) -> tuple[tuple[Item, ...], Scope]:
    """One group with what it offers, and the scope of its memberships.

    *found_by* is the family that gave them already; *late* says that the listing of members does not tell them any more.
    """
    id = ResourceId(type="group", id=group.group_id)
    management, count = group.group_management_type.tag, group.member_count
    trait = GroupTrait(external_id=group.group_external_id, management=management, member_count=count)
    immutable = _SYSTEM if management == "system_managed" else None
    slugs = ("member",) if management in WITHOUT_OWNERS else ("member", "owner")
    resource = Resource(id=id, scope=GROUPS.name, display_name=group.group_name, trait=trait)
    items = (
        resource,
        *(
            Entitlement(
                id=EntitlementId(resource=id, slug=slug),
                scope=GROUPS.name,
                display_name=f"{group.group_name} {slug}",
                purpose=Purpose.OWNERSHIP if slug == "owner" else Purpose.ASSIGNMENT,
                grantable_to=("user",),
                exclusive=Exclusive(set=str(id), rank=rank),
                immutable=immutable,
                leaves="member" if slug == "owner" else None,
            )
            for rank, slug in enumerate(slugs)
        ),
    )
    by_listing = count is not None and count > LARGE_GROUP
    alone = "group_listing" if by_listing else "group_members"
    if found_by is not None and not immutable:
        family, fallback = found_by, "group_listing"
    elif late:
        family, fallback = "group_listing" if immutable else alone, "group_listing"
    elif fed_by_members(trait):
        # Whether get_info gives the members of a system-managed group is not documented.
        family, fallback = "members", "group_listing" if immutable else alone
    else:
        family, fallback = alone, "group_listing"
    scope = Scope(
        name=group_scope(id),
        family=family,
        weight=_GUESSED_WEIGHT if count is None else max(count, 1),
        expected=count,
        fallback=fallback,
        presumed=_COUNTED_MEMBERS,
        witness=WITNESS,
        like=next(plain_members(resource, ["*"])) if found_by is not None and immutable else None,
        resource=id,
    )
    return items, scope


def group_scope(id: ResourceId) -> str:
    """The name of the scope of a group's memberships."""
    return f"{id}/*"


def plain_members(group: Resource, members: Iterable[str]) -> Iterator[Grant]:
    """The memberships of *members* in a group that has no owners."""
    system = isinstance(group.trait, GroupTrait) and group.trait.management == "system_managed"
    entitlement = EntitlementId(resource=group.id, slug="member")
    scope, immutable = group_scope(group.id), _SYSTEM if system else None
    for member in members:
        user = ResourceId(type="user", id=member)
        yield Grant(entitlement=entitlement, principal=user, scope=scope, immutable=immutable)


def memberships(
    group: ResourceId, members: Iterable[wire.GroupMember], management: str | None
) -> tuple[list[Item], list[Diagnostic]]:
    """The memberships of one group's own listing; each person once, as owner or as member."""
    scope, immutable = group_scope(group), _SYSTEM if management == "system_managed" else None
    held: dict[str, str] = {}
    unknown: list[Diagnostic] = []
    for member in members:
        slug = member.access_type.tag
        if slug not in ("member", "owner"):
            unknown.append(drift("the group access type", slug))
            slug = "member"
        if held.get(member.profile.team_member_id) != "owner":
            held[member.profile.team_member_id] = slug
    rows: list[Item] = []
    for slug in ("member", "owner"):
        entitlement = EntitlementId(resource=group, slug=slug)
        rows += [
            Grant(entitlement=entitlement, principal=ResourceId(type="user", id=id), scope=scope, immutable=immutable)
            for id, its in held.items()
            if its == slug
        ]
    return rows, unknown


def incomplete(answer: Sifted[tuple[wire.GroupInfo, ...]], info: wire.GroupInfo) -> str | None:
    """Why the members of a group are not all in an answer that gives groups with their members."""
    if info.members is None and info.member_count != 0:
        return "Dropbox left out the members of the group"
    return answer.reason(one for one in answer.broken if one.within is not None and one.within == info.group_id)


PRESUMES = (
    Presumption(
        name="used-licenses",
        presumed="num_used_licenses counts the full members who are active, suspended or invited.",
        source=(
            "a help page (invited and suspended people use a licence); the API's documentation says only that "
            "licences in use are counted, and 0 where it is not known"
        ),
        noticed="seats that were read are more or fewer than the figure",
        then=(
            "seats that the listing gave stand, and the difference is told as a note where another reading of "
            "the figure explains it, or where it is the usual one; else another read, and partial"
        ),
        switch="used_licenses",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
    Presumption(
        name="member-count",
        presumed="member_count counts every member of a group, suspended and invited ones as well.",
        source="inferred: the field is optional, and whom it counts is not documented",
        noticed="a group's memberships are more or fewer than the count",
        then=(
            "more are no sign of a loss; fewer are read by another route, and where both give the same they "
            "stand, with a note"
        ),
        switch="member_count",
        test="tests/test_presumptions.py::test_each_switch_alone",
    ),
)
