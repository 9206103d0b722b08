"""Since which version of the plugin interface each contract is there.

A contract that is added is entered here with the version that brings it, as is each field that is younger than its
contract (``Contract.field``).
"""

from collections.abc import Mapping

_READING = (
    "AppTrait Capability CapabilityStatus CheckReport Diagnostic Email Entitlement EntitlementId Exclusive Family Grant "
    "GrantId GroupTrait LicenseTrait Page Permission Resource ResourceId ResourceType RoleTrait Scope Seal Tenant UserTrait"
)
_CHANGES = (
    "AccessState AccountState Action Argument CreateAccount DeleteAccount GrantAccess JournalEntry Outcome Plan "
    "PlannedChange RevokeAccess RunAction StateQuery TargetState"
)

SINCE: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(_READING.split(), (1, 0)),
    **dict.fromkeys(_CHANGES.split(), (1, 1)),
    "Capability.arguments": (1, 1),
    "Capability.confirmed_by": (1, 1),
    "ResourceType.batch": (1, 1),
    "AccessState.as_of": (1, 3),
    "AccessState.unreadable": (1, 3),
    "Argument.privileged": (1, 2),
    "Outcome.understood": (1, 3),
    **dict.fromkeys(("Page.created", "Page.mentions", "Page.outside", "Page.witness"), (1, 3)),
    "Page.incomplete": (1, 2),
    "PlannedChange.limit": (1, 2),
    "AccountState.names": (1, 3),
    "Argument.secret": (1, 3),
    "JournalEntry.tenant": (1, 3),
    "Plan.tenant": (1, 3),
    "Plan.warnings": (1, 3),
    "Argument.effect": (1, 3),
    "JournalEntry.effects": (1, 3),
    "JournalEntry.lost": (1, 3),
    "PlannedChange.effects": (1, 3),
    "StateQuery.known": (1, 3),
    "StateQuery.known_grants": (1, 3),
    "TargetState.login": (1, 3),
    **dict.fromkeys(("Reading", "Witness"), (1, 3)),
    **dict.fromkeys(("Scope.counts", "Scope.like", "Scope.may_count", "Scope.presumed", "Scope.witness"), (1, 3)),
}
