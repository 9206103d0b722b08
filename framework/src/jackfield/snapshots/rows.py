"""The parts of a row that are kept as JSON in a snapshot file, and back."""

import sys
from datetime import datetime

import msgspec

from jackfield_contracts import Entitlement, EntitlementId, Exclusive, Grant, Resource, ResourceId, Trait


class ResourceData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A resource without its key, scope and display name."""

    description: str = ""
    parent: ResourceId | None = None
    trait: Trait | None = None
    profile: dict[str, str | int | float | bool | None] = {}
    link: str | None = None
    created: datetime | None = None


class EntitlementData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entitlement without its key, scope and display name."""

    description: str = ""
    purpose: str = "assignment"
    grantable_to: tuple[str, ...] = ()
    privileged: bool = False
    exclusive: Exclusive | None = None
    immutable: str | None = None
    leaves: str | None = None


class GrantData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A grant without its key and scope; most have none, and those that have share few."""

    immutable: str | None = None
    inherited_by: tuple[str, ...] = ()


def encode_resource(row: Resource) -> str:
    """The JSON of what has no column of its own."""
    data = ResourceData(
        description=row.description,
        parent=row.parent,
        trait=row.trait,
        profile=row.profile,
        link=row.link,
        created=row.created,
    )
    return msgspec.json.encode(data).decode()


def decode_resource(kind: str, id: str, scope: str, display_name: str, data: str) -> Resource:
    """The resource of a row."""
    rest = msgspec.json.decode(data, type=ResourceData)
    return Resource(
        id=ResourceId(type=kind, id=id),
        scope=scope,
        display_name=display_name,
        description=rest.description,
        parent=rest.parent,
        trait=rest.trait,
        profile=rest.profile,
        link=rest.link,
        created=rest.created,
    )


def encode_entitlement(row: Entitlement) -> str:
    """The JSON of what has no column of its own."""
    data = EntitlementData(
        description=row.description,
        # A default is left out where it is that very object: the same text made elsewhere would read as a difference.
        purpose=sys.intern(str(row.purpose)),
        grantable_to=row.grantable_to,
        privileged=row.privileged,
        exclusive=row.exclusive,
        immutable=row.immutable,
        leaves=row.leaves,
    )
    return msgspec.json.encode(data).decode()


def decode_entitlement(kind: str, id: str, slug: str, scope: str, display_name: str, data: str) -> Entitlement:
    """The entitlement of a row."""
    rest = msgspec.json.decode(data, type=EntitlementData)
    return Entitlement(
        id=EntitlementId(resource=ResourceId(type=kind, id=id), slug=slug),
        scope=scope,
        display_name=display_name,
        description=rest.description,
        purpose=rest.purpose,
        grantable_to=rest.grantable_to,
        privileged=rest.privileged,
        exclusive=rest.exclusive,
        immutable=rest.immutable,
        leaves=rest.leaves,
    )


def encode_grant(row: Grant) -> str | None:
    """The JSON of what has no column of its own, None if there is nothing."""
    if row.immutable is None and not row.inherited_by:
        return None
    return msgspec.json.encode(GrantData(immutable=row.immutable, inherited_by=row.inherited_by)).decode()


def decode_grant(data: str | None) -> GrantData:
    """What has no column of its own."""
    return msgspec.json.decode(data, type=GrantData) if data else GrantData()
