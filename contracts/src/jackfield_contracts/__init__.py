"""The data that crosses the border between the Jackfield host and its connectors.

Frozen, keyword-only msgspec Structs and nothing else: no I/O, nothing of the host. Contracts grow by optional fields
with defaults; a field is never renamed or given another meaning within a major version.
"""

from jackfield_contracts.checks import (
    Capability,
    CapabilityStatus,
    CheckReport,
    Permission,
    Tenant,
)
from jackfield_contracts.diagnostics import Diagnostic, Severity
from jackfield_contracts.grants import Entitlement, Exclusive, Grant
from jackfield_contracts.ids import EntitlementId, GrantId, IdentifierError, ResourceId
from jackfield_contracts.reading import Family, Item, Page, RowKind, Scope
from jackfield_contracts.resources import (
    AccountStatus,
    AccountType,
    AppTrait,
    Email,
    GroupTrait,
    LicenseTrait,
    Resource,
    ResourceType,
    RoleTrait,
    Trait,
    TraitKind,
    UserTrait,
)
from jackfield_contracts.seals import Seal, Verdict

__all__ = [
    "AccountStatus",
    "AccountType",
    "AppTrait",
    "Capability",
    "CapabilityStatus",
    "CheckReport",
    "Diagnostic",
    "Email",
    "Entitlement",
    "EntitlementId",
    "Exclusive",
    "Family",
    "Grant",
    "GrantId",
    "GroupTrait",
    "IdentifierError",
    "Item",
    "LicenseTrait",
    "Page",
    "Permission",
    "Resource",
    "ResourceId",
    "ResourceType",
    "RoleTrait",
    "RowKind",
    "Scope",
    "Seal",
    "Severity",
    "Tenant",
    "Trait",
    "TraitKind",
    "UserTrait",
    "Verdict",
]
