"""The access table: the columns that reviewers get, in every format that has columns.

Promises that the columns of grants stand first, as they always did, and that a cell means the same in each format.
"""

from typing import Any

from jackfield.exports.facts import EntitlementFacts, GrantFacts
from jackfield.exports.lines import BETWEEN_PATHS, DIRECT
from jackfield.hookspecs import SignInTimes
from jackfield.snapshots.principals import PrincipalFacts
from jackfield.snapshots.records import Header

ACCESS_COLUMNS = (
    *("resource_type", "resource_id", "resource_name", "slug", "entitlement_name"),
    *("principal_type", "principal_id", "principal_name", "principal_status"),
    *("inherited_by", "immutable", "scope", "seal", "carried_from", "carried_taken", "run", "snapshot_complete"),
    *("principal_login", "principal_email", "principal_external_id"),
    *("privileged", "entitlement"),
    *("principal", "last_sign_in"),
    *("path", "first_seen"),
    *("decision", "reason"),
)
"""In the order of ``GRANT_COLUMNS``, then what is known beyond the grant itself, then what a reviewer fills in."""

Cells = tuple[Any, ...]


def entitlement_cells(one: EntitlementFacts) -> tuple[Cells, Cells]:
    """The cells of the entitlement: those before the principal's, and those behind."""
    resource = one.id.resource
    return (resource.type, resource.id, one.resource_name, one.id.slug, one.name), (one.privileged, str(one.id))


def principal_cells(one: PrincipalFacts, sign_ins: SignInTimes | None) -> tuple[Cells, Cells, Cells]:
    """The cells of the principal: of the grant, of the person, and those at the end."""
    last = sign_ins.last.get(one.id) if sign_ins is not None else None
    return (
        (one.id.type, one.id.id, one.name, one.status),
        (one.login, one.email, one.external_id),
        (str(one.id), last),
    )


def grant_cells(one: GrantFacts, header: Header) -> Cells:
    """The cells of what grants share."""
    inherited_by = " ".join(one.inherited_by)
    where = (one.scope, one.seal, one.carried_from, one.carried_taken)
    return (inherited_by, one.immutable, *where, header.run, header.complete)


def path_cell(direct: bool, paths: tuple[str, ...]) -> str:
    """How somebody has an entitlement: ``direct``, or each way to it; where both, ``direct`` first."""
    return BETWEEN_PATHS.join((DIRECT, *paths) if direct else paths)
