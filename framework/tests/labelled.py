"""Random teams of which it is known, by how they were made, what is to be found in them."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
from hypothesis import strategies as st

from jackfield.activity import SignIns
from jackfield.config import FindingKind
from jackfield_contracts import (
    AccountStatus,
    AccountType,
    Email,
    Entitlement,
    EntitlementId,
    Grant,
    GroupTrait,
    Item,
    LicenseTrait,
    Purpose,
    Resource,
    ResourceId,
    RoleTrait,
    UserTrait,
)

TAKEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
"""When the snapshot was taken, as the header of the support files says."""

ENABLED, DISABLED, PENDING, DELETED, UNKNOWN = AccountStatus
Label = tuple[FindingKind, frozenset[str]]
"""A kind, and the ids of all whom one finding of it is about."""


class Person(msgspec.Struct, frozen=True):
    """One account as it is in the application. Ages are in days before the snapshot."""

    status: AccountStatus
    type: AccountType
    invited: int | None
    created: int | None
    last_sign_in: int | None
    external_id: bool
    verified: tuple[bool | None, ...]
    role: bool
    in_admins: bool
    seat: bool
    twin_of: int | None
    twin_by: str


class Group(msgspec.Struct, frozen=True):
    """One group as it is; people by their numbers."""

    members: frozenset[int]
    owners: frozenset[int]
    owned_by_group: bool
    can_be_owned: bool
    counts: bool


class Team(msgspec.Struct, frozen=True):
    """A whole team, and from how many days before the snapshot on its log of sign-ins tells all."""

    people: tuple[Person, ...]
    groups: tuple[Group, ...]
    log: int | None


_age = st.sampled_from([0, 1, 29, 30, 31, 89, 90, 91, 400])
_people = st.builds(
    Person,
    status=st.sampled_from([ENABLED, ENABLED, DISABLED, PENDING, DELETED, UNKNOWN]),
    type=st.sampled_from([AccountType.HUMAN] * 4 + [AccountType.SERVICE, AccountType.UNKNOWN]),
    invited=st.none() | _age,
    created=st.none() | _age,
    last_sign_in=st.none() | _age,
    external_id=st.booleans(),
    verified=st.lists(st.sampled_from([True, True, False, None]), max_size=3).map(tuple),
    role=st.booleans(),
    in_admins=st.booleans(),
    seat=st.booleans(),
    twin_of=st.none() | st.integers(0, 9),
    twin_by=st.sampled_from(["address", "login", "external", "name"]),
)


@st.composite
def teams(draw: st.DrawFn) -> Team:
    """Any team."""
    people = draw(st.lists(_people, min_size=1, max_size=8).map(tuple))
    some = st.frozensets(st.integers(0, len(people) - 1), max_size=3)
    group = st.builds(
        Group, members=some, owners=some, owned_by_group=st.booleans(), can_be_owned=st.booleans(), counts=st.booleans()
    )
    groups = draw(st.lists(group, max_size=4).map(tuple))
    return Team(people=people, groups=groups, log=draw(st.none() | st.sampled_from([10, 89, 90, 91, 1000])))


def ago(days: int) -> datetime:
    """So many days before the snapshot."""
    return TAKEN - timedelta(days=days)


def user_id(number: int) -> ResourceId:
    """The id of a person."""
    return ResourceId(type="user", id=f"u{number}")


def group_id(number: int) -> ResourceId:
    """The id of a group."""
    return ResourceId(type="group", id=f"g{number}")


ADMINS = ResourceId(type="group", id="admins")
ROLE = EntitlementId(resource=ResourceId(type="role", id="r"), slug="member")
SEAT = EntitlementId(resource=ResourceId(type="license", id="full"), slug="assigned")


def account(number: int, team: Team) -> Resource:
    """A person as a connector gives it."""
    person = team.people[number]
    twin = person.twin_of if person.twin_of is not None and person.twin_of < number else None
    by = person.twin_by if twin is not None else None
    addresses = [f"u{number}.{at}@example.com" for at in range(len(person.verified))]
    if by == "address" and addresses:
        addresses[-1] = f"MAIL{twin}@Example.com"
    emails = (
        Email(address=f"mail{number}@example.com", primary=True, verified=True),
        *(Email(address=one, verified=verified) for one, verified in zip(addresses, person.verified, strict=True)),
    )
    external = {"external_id": f"e{number}"} if person.external_id else {}
    external["directory"] = f"d{twin}" if by == "external" else f"d{number}"
    return Resource(
        id=user_id(number),
        scope="user",
        display_name=f"Name {twin if by == 'name' else number}",
        created=None if person.created is None else ago(person.created),
        trait=UserTrait(
            status=person.status,
            status_raw="a word",
            account_type=person.type,
            login=f"login{twin}" if by == "login" else f"login{number}",
            emails=emails,
            external_ids=external,
            invited=None if person.invited is None else ago(person.invited),
        ),
    )


def _offers(id: EntitlementId, *, owns: bool = False, privileged: bool = False) -> Entitlement:
    purpose = Purpose.OWNERSHIP if owns else Purpose.ASSIGNMENT
    return Entitlement(id=id, scope=id.resource.type, display_name=str(id), purpose=purpose, privileged=privileged)


def _holds(principal: ResourceId, id: EntitlementId, **more: tuple[str, ...]) -> Grant:
    return Grant(entitlement=id, principal=principal, scope=f"{id.resource}/*", **more)


def rows(team: Team) -> list[Item]:
    """All that a connector sees that sees everything."""
    items: list[Item] = [account(number, team) for number in range(len(team.people))]
    items.append(Resource(id=ROLE.resource, scope="role", display_name="Boss", trait=RoleTrait(privileged=True)))
    items.append(_offers(ROLE, privileged=True))
    items.append(Resource(id=SEAT.resource, scope="license", display_name="Seat", trait=LicenseTrait()))
    items.append(_offers(SEAT))
    admins = EntitlementId(resource=ADMINS, slug="member")
    items.append(Resource(id=ADMINS, scope="group", display_name="Admins", trait=GroupTrait()))
    items.append(_offers(admins))
    # Whoever is in the group of administrators has the role, and the seat.
    items += [_holds(ADMINS, ROLE, inherited_by=("member",)), _holds(ADMINS, SEAT, inherited_by=("member",))]
    for number, person in enumerate(team.people):
        items += [_holds(user_id(number), ROLE)] if person.role else []
        items += [_holds(user_id(number), SEAT)] if person.seat else []
        items += [_holds(user_id(number), admins)] if person.in_admins else []
    for number, group in enumerate(team.groups):
        id = group_id(number)
        held = len(group.members) + (len(group.owners) + group.owned_by_group if group.can_be_owned else 0)
        trait = GroupTrait(member_count=held if group.counts else None)
        items.append(Resource(id=id, scope="group", display_name=f"Group {number}", trait=trait))
        member, owner = EntitlementId(resource=id, slug="member"), EntitlementId(resource=id, slug="lead")
        items.append(_offers(member))
        items += [_holds(user_id(each), member) for each in sorted(group.members)]
        if group.can_be_owned:
            items.append(_offers(owner, owns=True))
            items += [_holds(user_id(each), owner) for each in sorted(group.owners)]
            items += [_holds(ADMINS, owner)] if group.owned_by_group else []
    return items


def sign_ins(team: Team) -> SignIns | None:
    """What the log tells: older sign-ins are not in it."""
    if team.log is None:
        return None
    told = {
        user_id(number): ago(person.last_sign_in)
        for number, person in enumerate(team.people)
        if person.last_sign_in is not None and person.last_sign_in <= team.log
    }
    return SignIns(known_from=ago(team.log), known_until=TAKEN, last=told)


class Labels(NamedTuple):
    """What is to be found, and of what it is to be told that it is not known."""

    found: set[Label]
    unknown: set[Label]


def labels(team: Team) -> Labels:
    """By how the team was made, and by nothing that reads a snapshot."""
    found: set[Label] = set()
    unknown: set[Label] = set()

    def say(kind: FindingKind, *ids: ResourceId, sure: bool | None = True) -> None:
        if sure is not False:
            (found if sure else unknown).add((kind, frozenset(map(str, ids))))

    tells_external = any(person.external_id for person in team.people)
    for number, person in enumerate(team.people):
        id, status = user_id(number), person.status
        human = person.type is not AccountType.SERVICE
        if (person.role or person.in_admins) and status is not DELETED:
            say(FindingKind.ADMINS, id)
        if status is PENDING:
            age = person.invited if person.invited is not None else person.created
            say(FindingKind.INVITED, id, sure=None if age is None else age > 30)
        if status is DISABLED and (person.seat or person.in_admins):
            say(FindingKind.SUSPENDED_SEAT, id)
        if tells_external and human and not person.external_id and status is not DELETED:
            say(FindingKind.NO_EXTERNAL_ID, id, sure=None if status is UNKNOWN else True)
        if status is ENABLED:
            open_ = False in person.verified
            say(FindingKind.UNVERIFIED_ADDRESS, id, sure=open_ or (None if None in person.verified else False))
        if status is ENABLED and human and team.log is not None:
            say(FindingKind.DORMANT, id, sure=_dormant(person, team.log))
    for number, group in enumerate(team.groups):
        id = group_id(number)
        owners = group.owners if group.can_be_owned else frozenset[int]()
        by_group = group.can_be_owned and group.owned_by_group
        say(FindingKind.EMPTY_GROUP, id, sure=not (group.members or owners or by_group))
        if group.can_be_owned:
            say(FindingKind.OWNERLESS_GROUP, id, sure=not (owners or by_group))
            statuses = {team.people[each].status for each in owners}
            if owners and not by_group and not statuses & {ENABLED, PENDING}:
                say(FindingKind.SUSPENDED_OWNER, id, sure=None if UNKNOWN in statuses else True)
    if not any(person.in_admins for person in team.people):
        say(FindingKind.EMPTY_GROUP, ADMINS)
    _label_twins(team, say)
    return Labels(found, unknown)


def _dormant(person: Person, log: int) -> bool | None:
    """What can be known of it: the log tells what came within *log* days, and the account's age what may have come before."""
    last = person.last_sign_in if person.last_sign_in is not None and person.last_sign_in <= log else None
    if last is not None and last <= 90:
        return False
    if person.created is not None and person.created < 90:
        return False
    if log < 90 or (person.created is None and last is None):
        return None
    return True


def _label_twins(team: Team, say: object) -> None:
    """People are joined where one was made with something of the other; names are no evidence."""
    compared = {
        number
        for number, person in enumerate(team.people)
        if person.type is not AccountType.SERVICE and person.status is not DELETED
    }
    shared: dict[tuple[str, int], set[int]] = {}
    for number in sorted(compared):
        for by in ("address", "login", "external"):
            person = team.people[number]
            twin = person.twin_of if person.twin_of is not None and person.twin_of < number else None
            applies = twin is not None and person.twin_by == by and (by != "address" or bool(person.verified))
            # Of an address it has a further one; a login or external id stands in the place of its own.
            owns = {number} if by == "address" or not applies else set[int]()
            for value in owns | ({twin} if applies and twin is not None else set()):
                shared.setdefault((by, value), set()).add(number)
    sure = {
        number
        for number in compared
        if team.people[number].status is not UNKNOWN and team.people[number].type is AccountType.HUMAN
    }
    groups: list[set[int]] = []
    for each in shared.values():
        if len(each & sure) > 1:
            joined = set(each & sure).union(*(group for group in groups if group & each & sure))
            groups = [group for group in groups if not group & joined] + [joined]
    for group in groups:
        say(FindingKind.DUPLICATE_PEOPLE, *map(user_id, group))  # type: ignore[operator]
    told = set[int]().union(*groups)
    for each in shared.values():
        for number in each if len(each) > 1 else ():
            if number not in told:
                say(FindingKind.DUPLICATE_PEOPLE, user_id(number), sure=None)  # type: ignore[operator]
