"""How users and groups map to governance: pure functions from what a provider gives to contracts.

What can't be understood is unknown, and named in ``odd`` or as a reason; nothing is guessed.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from jackfield_contracts import (
    AccountState,
    AccountStatus,
    Email,
    Entitlement,
    EntitlementId,
    Grant,
    GroupTrait,
    Resource,
    ResourceId,
    RoleTrait,
    RowKind,
    Scope,
    UserTrait,
    Value,
)
from jackfield_scim import wire
from jackfield_scim.config import ScimConfig, Untyped

PEOPLE: Final = "people"
NAMED_GROUPS: Final = "named_groups"
USERS: Final = Scope(name="user", family="users", rows=RowKind.RESOURCES, lists="user", lookup=PEOPLE)
GROUPS: Final = Scope(name="group", family="groups", rows=RowKind.RESOURCES, lists="group", lookup=NAMED_GROUPS)
_OF_USERS: Final = "the provider has no listing of them: they are what users are said to have"


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A multi-valued attribute of users whose values are things that people hold."""

    type: str
    attribute: str
    slug: str
    listed: Scope
    held: Scope


def _kind(type: str, attribute: str, slug: str) -> Kind:
    return Kind(
        type=type,
        attribute=attribute,
        slug=slug,
        listed=Scope(name=type, family="users", rows=RowKind.RESOURCES, same_listing="user", unreconcilable=_OF_USERS),
        held=Scope(name=f"{type}/*", family="users", same_listing="user", unreconcilable=_OF_USERS),
    )


KINDS: Final = (_kind("role", "roles", "member"), _kind("entitlement", "entitlements", "assigned"))
BY_TYPE: Final = {each.type: each for each in KINDS}
MEMBER: Final = "member"
INHERITED: Final = (MEMBER,)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user as it is understood; *odd* are the attributes that are there and can't be."""

    resource: Resource
    state: AccountState
    odd: tuple[str, ...] = ()


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """The members of a group: those whose type is known, those (*untyped*) whose is not, and how many can't be understood."""

    typed: tuple[ResourceId, ...] = ()
    untyped: tuple[str, ...] = ()
    broken: int = 0

    @property
    def reason(self) -> str | None:
        """Why they are not whole."""
        return f"{self.broken} of its members can't be understood" if self.broken else None


class _Reader:
    """Reads the attributes of one document, and keeps the names of those that are of no known form."""

    def __init__(self, seen: wire.Attributes) -> None:
        self.seen = seen
        self.odd: list[str] = []

    def text(self, name: str, within: wire.Attributes | None = None) -> str | None:
        value = (self.seen if within is None else within).get(name.lower())
        if value is not None and not isinstance(value, str):
            self.odd.append(name)
        return wire.text(value)

    def part(self, name: str) -> wire.Attributes:
        value = self.seen.get(name.lower())
        found = wire.attributes(value)
        if value is not None and found is None:
            self.odd.append(name)
        return found or {}

    def several(self, name: str, *, texts: bool) -> list[wire.Attributes]:
        listed = wire.several(self.seen.get(name.lower()))
        found = [wire.value_of(each, texts=texts) for each in listed or []]
        if listed is None or None in found:
            self.odd.append(name)
        return [each for each in found if each is not None]


def person(seen: wire.Attributes, config: ScimConfig, asked: str | None = None) -> Person | None:
    """A user, None where it has no id."""
    id = wire.ident(seen.get("id"))
    if id is None:
        return None
    reader = _Reader(seen)
    name, meta, enterprise = reader.part("name"), reader.part("meta"), reader.part(wire.ENTERPRISE)
    login = reader.text("userName")
    given, surname = reader.text("givenName", name), reader.text("familyName", name)
    display = reader.text("displayName") or reader.text("formatted", name)
    shown = display or " ".join(filter(None, (given, surname))) or login or id
    status, raw = _status(seen, config, reader)
    emails = tuple(_emails(reader, config))
    external = reader.text("externalId")
    number = reader.text("employeeNumber", enterprise)
    created = wire.instant(meta.get("created"))
    if created is None and meta.get("created") is not None:
        reader.odd.append("meta.created")
    account = ResourceId(type="user", id=id)
    profile: dict[str, str | int | float | bool | None] = dict(_profile(reader, enterprise))
    trait = UserTrait(
        status=status,
        status_raw=raw,
        login=login,
        emails=emails,
        given_name=given,
        surname=surname,
        familiar_name=reader.text("nickName"),
        external_ids={
            name: each for name, each in (("externalId", external), ("employeeNumber", number)) if each is not None
        },
    )
    facts: dict[str, Value] = {
        "display_name": reader.text("displayName"),
        "given_name": given,
        "surname": surname,
        "external_id": external,
        "email": next((each.address for each in emails if each.primary), None)
        or (emails[0].address if len(emails) == 1 else None),
        "emails": tuple(each.address for each in emails),
        "employee_number": number,
        **{fact: profile.get(fact) for fact in ("title", "user_type", "department")},
    }
    return Person(
        resource=Resource(
            id=account, scope=USERS.name, display_name=shown, trait=trait, created=created, profile=profile
        ),
        state=AccountState(
            account=account,
            asked=asked,
            status=status,
            status_raw=raw,
            login=login,
            display_name=shown,
            facts=facts,
            names=tuple(dict.fromkeys(filter(None, (*(each.address for each in emails), external, number)))),
        ),
        odd=tuple(dict.fromkeys(reader.odd)),
    )


_PROFILE: Final = (
    ("title", "title"),
    ("user_type", "userType"),
    ("preferred_language", "preferredLanguage"),
    ("locale", "locale"),
    ("timezone", "timezone"),
)
_ENTERPRISE: Final = (
    ("department", "department"),
    ("division", "division"),
    ("organization", "organization"),
    ("cost_center", "costCenter"),
)


def _profile(reader: _Reader, enterprise: wire.Attributes) -> Iterator[tuple[str, str]]:
    for fact, name in _PROFILE:
        if (found := reader.text(name)) is not None:
            yield fact, found
    for fact, name in _ENTERPRISE:
        if (found := reader.text(name, enterprise)) is not None:
            yield fact, found
    manager = enterprise.get("manager")
    held = wire.attributes(manager)
    if held is not None and (id := wire.ident(held.get("value"))) is not None:
        yield "manager", id
    elif manager is not None and held != {}:
        reader.odd.append("manager")


def _status(seen: wire.Attributes, config: ScimConfig, reader: _Reader) -> tuple[AccountStatus, str]:
    value = seen.get("active")
    if value is None:
        return (AccountStatus.ENABLED if config.active_if_absent else AccountStatus.UNKNOWN), ""
    found = wire.truth(value, texts=config.text_booleans)
    raw = value if isinstance(value, str) else msgspec.json.encode(value).decode()[:40]
    if found is None:
        reader.odd.append("active")
        return AccountStatus.UNKNOWN, raw
    return (AccountStatus.ENABLED if found else AccountStatus.DISABLED), raw


def _emails(reader: _Reader, config: ScimConfig) -> Iterator[Email]:
    given: set[str] = set()
    for each in reader.several("emails", texts=config.text_values):
        address = wire.text(each.get("value"))
        if address is None:
            reader.odd.append("emails")
            continue
        flag = each.get("primary")
        primary = wire.truth(flag, texts=config.text_booleans)
        if flag is not None and primary is None:
            reader.odd.append("emails.primary")
        if address not in given:
            given.add(address)
            yield Email(address=address, primary=primary is True)


def held(seen: wire.Attributes, kind: Kind, config: ScimConfig) -> tuple[dict[str, str], int]:
    """What a user has of a kind, by value with the name shown; and how many values can't be understood."""
    listed = wire.several(seen.get(kind.attribute))
    if listed is None:
        return {}, 1
    found: dict[str, str] = {}
    broken = 0
    for each in listed:
        part = wire.value_of(each, texts=config.text_values)
        value = wire.text(part.get("value")) if part is not None else None
        if part is None or value is None:
            broken += 1
            continue
        found.setdefault(value, wire.text(part.get("display")) or value)
    return found, broken


def thing(kind: Kind, value: str, display: str) -> tuple[Resource, Entitlement]:
    """A role or an entitlement of the provider's, and having it."""
    id = ResourceId(type=kind.type, id=value)
    trait = RoleTrait() if kind.type == "role" else None
    return Resource(id=id, scope=kind.listed.name, display_name=display, trait=trait), offered(id, kind.listed.name)


def offered(id: ResourceId, scope: str) -> Entitlement:
    """What a group, a role or an entitlement offers."""
    kind = BY_TYPE.get(id.type)
    return Entitlement(
        id=EntitlementId(resource=id, slug=kind.slug if kind is not None else MEMBER),
        scope=scope,
        display_name="Member" if kind is None else "Assigned",
        grantable_to=("user", "group") if kind is None else ("user",),
    )


def group(seen: wire.Attributes) -> tuple[Resource, Entitlement, tuple[str, ...]] | None:
    """A group with what it offers, and the attributes that can't be understood; None where it has no id."""
    id = wire.ident(seen.get("id"))
    if id is None:
        return None
    reader = _Reader(seen)
    meta = reader.part("meta")
    created = wire.instant(meta.get("created"))
    if created is None and meta.get("created") is not None:
        reader.odd.append("meta.created")
    listed = wire.several(seen.get("members"))
    found = ResourceId(type="group", id=id)
    resource = Resource(
        id=found,
        scope=GROUPS.name,
        display_name=reader.text("displayName") or id,
        trait=GroupTrait(external_id=reader.text("externalId"), member_count=len(listed) if listed else None),
        created=created,
    )
    return resource, offered(found, GROUPS.name), tuple(dict.fromkeys(reader.odd))


def members(seen: wire.Attributes, config: ScimConfig) -> Members | None:
    """The members of a group; None where it does not say."""
    if seen.get("members") is None:
        return None
    listed = wire.several(seen.get("members"))
    if listed is None:
        return Members(broken=1)
    typed: list[ResourceId] = []
    untyped: list[str] = []
    broken = 0
    for each in listed:
        part = wire.attributes(each)
        id = wire.ident(part.get("value")) if part is not None else None
        if part is None or id is None:
            broken += 1
            continue
        type, known = _type(part)
        if not known:
            broken += 1
        elif type is not None or config.untyped_members is Untyped.USER:
            typed.append(ResourceId(type=type or "user", id=id))
        else:
            untyped.append(id)
    return Members(typed=tuple(dict.fromkeys(typed)), untyped=tuple(dict.fromkeys(untyped)), broken=broken)


def _type(member: wire.Attributes) -> tuple[str | None, bool]:
    """The type of a member, None where nothing tells; and whether what tells it is known here."""
    told: Any = member.get("type")
    if told is not None:
        type = told.lower() if isinstance(told, str) else ""
        return (type, True) if type in ("user", "group") else (None, False)
    reference = member.get("$ref")
    if isinstance(reference, str):
        steps = reference.split("?")[0].rstrip("/").split("/")
        type = {"users": "user", "groups": "group"}.get(steps[-2].lower()) if len(steps) > 1 else None
        return type, True
    return None, True


def grant(entitlement: EntitlementId, principal: ResourceId, scope: str) -> Grant:
    """A principal holds something; what a group holds by being a member, its members inherit."""
    return Grant(
        entitlement=entitlement,
        principal=principal,
        scope=scope,
        inherited_by=INHERITED if principal.type == "group" else (),
    )
