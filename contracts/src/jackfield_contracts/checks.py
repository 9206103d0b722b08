"""Capabilities, the permissions they need, and what a check of credentials found."""

import msgspec

from jackfield_contracts.arguments import Argument, Confirmation
from jackfield_contracts.diagnostics import Diagnostic
from jackfield_contracts.since import since

__all__ = ["Capability", "CapabilityStatus", "CheckReport", "Permission", "Tenant"]


@since(1, 0)
class Permission(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One right that the application grants, under the application's own name."""

    name: str
    description: str = ""
    optional: bool = False


@since(1, 0, arguments=(1, 1), confirmed_by=(1, 1))
class Capability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a connector can do: the ``hook`` that does it and the permissions needed for it.

    Without a hook, this version of the connector can't do it yet; a check tells all the same whether it would be allowed.
    An ``optional`` permission only adds to it: without it, the capability works and says less. ``arguments`` are those of
    making or deleting an account, ``confirmed_by`` how such a change is confirmed.
    """

    name: str
    description: str
    hook: str | None = None
    permissions: tuple[Permission, ...] = ()
    arguments: tuple[Argument, ...] = ()
    confirmed_by: Confirmation = Confirmation.READ


@since(1, 0)
class CapabilityStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether given credentials allow a capability; None is unknown. ``missing`` names permissions to be granted."""

    capability: str
    available: bool | None
    missing: tuple[str, ...] = ()
    reason: str | None = None


@since(1, 0)
class Tenant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The account of the application that a connection reaches: its stable id and its name."""

    id: str
    name: str | None = None


@since(1, 0)
class CheckReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What signing in showed: the tenant and who authorised it (None is unknown), and each capability's status."""

    tenant: Tenant | None = None
    authorized_by: str | None = None
    capabilities: tuple[CapabilityStatus, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
