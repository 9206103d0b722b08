"""Resource types, resources and their traits: what a thing is for governance."""

from datetime import datetime
from enum import StrEnum

import msgspec

from jackfield_contracts.ids import ResourceId, TypeName
from jackfield_contracts.since import since

__all__ = [
    "AccountStatus",
    "AccountType",
    "AppTrait",
    "Email",
    "GroupTrait",
    "LicenseTrait",
    "Resource",
    "ResourceType",
    "RoleTrait",
    "Trait",
    "TraitKind",
    "UserTrait",
]


class TraitKind(StrEnum):
    """What a resource type is for governance."""

    USER = "user"
    GROUP = "group"
    ROLE = "role"
    APP = "app"
    LICENSE = "license"


@since(1, 0, batch=(1, 1))
class ResourceType(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A kind of thing that a connector reads; ``permissions`` are the application's own names for reading it.

    ``batch`` is how many grants on one resource of this type, or new accounts of it, one call of a hook may take.
    """

    name: TypeName
    display_name: str
    trait: TraitKind | None = None
    description: str = ""
    permissions: tuple[str, ...] = ()
    batch: int = 1


class AccountStatus(StrEnum):
    """Whether an account is in use. *pending* is invited and not yet used; *unknown* is a value not understood."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    PENDING = "pending"
    DELETED = "deleted"
    UNKNOWN = "unknown"


class AccountType(StrEnum):
    """Who stands behind an account."""

    HUMAN = "human"
    SERVICE = "service"
    SYSTEM = "system"
    UNKNOWN = "unknown"


@since(1, 0)
class Email(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One address of a user; ``verified`` is None where the application does not say."""

    address: str
    primary: bool = False
    verified: bool | None = None


@since(1, 0)
class UserTrait(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="trait", tag="user"):
    """An account. ``status_raw`` is the application's own word; dates are UTC; ``external_ids`` by name of the id."""

    status: AccountStatus
    status_raw: str = ""
    account_type: AccountType = AccountType.HUMAN
    login: str | None = None
    emails: tuple[Email, ...] = ()
    given_name: str | None = None
    surname: str | None = None
    familiar_name: str | None = None
    external_ids: dict[str, str] = {}
    invited: datetime | None = None
    joined: datetime | None = None
    suspended: datetime | None = None
    last_login: datetime | None = None


@since(1, 0)
class GroupTrait(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="trait", tag="group"):
    """A set of principals. ``management`` is the application's own word for who may change it."""

    external_id: str | None = None
    management: str | None = None
    member_count: int | None = None


@since(1, 0)
class RoleTrait(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="trait", tag="role"):
    """A bundle of rights that is held as one."""

    privileged: bool = False


@since(1, 0)
class AppTrait(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="trait", tag="app"):
    """An application that people sign in to."""

    home_page: str | None = None


@since(1, 0)
class LicenseTrait(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="trait", tag="license"):
    """A paid seat. Totals are the application's own figures, None where it gives none."""

    seats_total: int | None = None
    seats_used: int | None = None


Trait = UserTrait | GroupTrait | RoleTrait | AppTrait | LicenseTrait


@since(1, 0)
class Resource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="resource"):
    """One thing in the application, keyed by ``id``; ``scope`` names the set of rows that it belongs to.

    ``profile`` holds further plain facts for people; what governance decides on stands in ``trait``.
    """

    id: ResourceId
    scope: str
    display_name: str
    description: str = ""
    parent: ResourceId | None = None
    trait: Trait | None = None
    profile: dict[str, str | int | float | bool | None] = {}
    link: str | None = None
    created: datetime | None = None
