"""Entitlements and grants: what a resource offers, and who holds it."""

from enum import StrEnum

import msgspec

from jackfield_contracts.ids import EntitlementId, ResourceId
from jackfield_contracts.since import since

__all__ = ["Entitlement", "Exclusive", "Grant", "Purpose"]


class Purpose(StrEnum):
    """What an entitlement is for: *assignment* to be in the resource or to have it, *permission* a right on it.

    Whoever holds one of *ownership* answers for the resource, such as the owner of a group: findings tell that nobody does.
    """

    ASSIGNMENT = "assignment"
    PERMISSION = "permission"
    OWNERSHIP = "ownership"


@since(1, 0)
class Exclusive(msgspec.Struct, frozen=True, kw_only=True):
    """Of all entitlements of one ``set`` a principal holds at most one; a higher ``rank`` includes the lower."""

    set: str
    rank: int = 0


@since(1, 0, leaves=(1, 3))
class Entitlement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="entitlement"):
    """What a resource offers to principals, keyed by ``id``; ``scope`` names the set of rows that it belongs to.

    ``purpose`` is one of ``Purpose``, or a word of the application's. ``grantable_to`` lists resource types;
    ``immutable`` is the reason why nobody can change its grants by this connector, None where they can be changed.

    ``leaves`` is the slug of what a principal holds of the same resource once this one is revoked, such as *member* where an
    owner becomes a plain member; None where nothing is left. People are told before, and what is left can be revoked as well.
    """

    id: EntitlementId
    scope: str
    display_name: str
    description: str = ""
    purpose: str = "assignment"
    grantable_to: tuple[str, ...] = ()
    privileged: bool = False
    exclusive: Exclusive | None = None
    immutable: str | None = None
    leaves: str | None = None


@since(1, 0)
class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag_field="kind", tag="grant"):
    """A principal holds an entitlement, keyed by the two; ``scope`` names the set of rows that it belongs to.

    The principal may be any resource. Where it is not a person, ``inherited_by`` lists the slugs of *its* entitlements
    whose holders inherit this grant. ``immutable`` is the reason why this one grant can't be changed.
    """

    entitlement: EntitlementId
    principal: ResourceId
    scope: str
    immutable: str | None = None
    inherited_by: tuple[str, ...] = ()
