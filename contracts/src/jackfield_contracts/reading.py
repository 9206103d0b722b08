"""How an application is read: families of reads, the scopes they feed, and the pages they give."""

from datetime import datetime
from enum import StrEnum

import msgspec

from jackfield_contracts.checks import Tenant
from jackfield_contracts.diagnostics import Diagnostic
from jackfield_contracts.grants import Entitlement, Grant
from jackfield_contracts.ids import ResourceId
from jackfield_contracts.resources import AccountStatus, Resource
from jackfield_contracts.since import since

__all__ = ["Family", "Item", "Page", "Reading", "RowKind", "Scope", "Witness"]

Item = Resource | Entitlement | Grant


class RowKind(StrEnum):
    """What the counts of a scope count."""

    RESOURCES = "resources"
    GRANTS = "grants"


@since(1, 3)
class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a count may be a count of: the rows of a scope of accounts that are in one of these statuses."""

    scope: str
    statuses: tuple[AccountStatus, ...]


@since(1, 0, presumed=(1, 3), counts=(1, 3), may_count=(1, 3), witness=(1, 3), like=(1, 3))
class Scope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A set of rows by content, with the family of reads that feeds it.

    By convention ``user`` is all resources of a type, ``role/*`` all grants on a type, ``group:7/*`` all grants on one
    resource. ``rows`` is what ``expected``, the application's own count (None where it gives none), counts.
    ``weight`` is the number of rows to come, by which scopes are packed into reads. ``fallback`` is the family that
    reads this scope alone when the counts disagree. ``unreconcilable`` says why the application's count can't be
    relied on. ``lists`` is the resource type of which this scope is the whole listing; ``resource`` the resource whose
    grants it holds. ``lookup`` is the family that answers for single resources of a listing: its cursor is a JSON array
    of ids, and ids that it gives no row for are gone. ``same_listing`` names a scope that the same listing feeds: where
    that one is not seen whole, neither is this.

    ``presumed`` says what the application leaves open about ``expected``: such a count alone does not make the scope
    partial where another route confirms the rows, or where it was as far off in snapshots before. ``counts`` is what
    ``expected`` counts where that is not the rows of this scope. ``may_count`` are other things that a presumed count may
    be a count of. ``witness`` is the family that answers for single principals of which grants of this scope they hold:
    its cursor is a JSON array of ids, and its pages carry a ``Witness`` and no rows. ``like`` is for a scope that is opened
    when the read that feeds it has ended: a grant such as each principal holds whom its witnesses had named before.
    """

    name: str
    family: str
    rows: RowKind = RowKind.GRANTS
    weight: int = 1
    expected: int | None = None
    fallback: str | None = None
    unreconcilable: str | None = None
    lists: str | None = None
    resource: ResourceId | None = None
    lookup: str | None = None
    same_listing: str | None = None
    presumed: str | None = None
    counts: Reading | None = None
    may_count: tuple[Reading, ...] = ()
    witness: str | None = None
    like: Grant | None = None


@since(1, 3)
class Witness(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a page says beside its rows of who holds something on which resource; no row is made of it.

    ``principals`` are the ids of those, of the type ``principal_type``, of whom it says all; ``holds`` gives by the id of
    a resource, of the type ``resource_type``, which of them hold something on it. ``silent`` is how many the page holds of
    whom it does not say it. Of two pages about the same principal the later one is believed. It stands against the rows
    of scopes that have a ``Scope.witness``.
    """

    principal_type: str
    resource_type: str
    principals: tuple[str, ...] = ()
    holds: dict[str, list[str]] = {}
    silent: int = 0


@since(1, 0)
class Family(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A kind of read. It starts when the families that it ``follows`` have ended.

    With ``scopes`` it is one read that feeds them. Without, its scopes are opened by other families' pages, and the
    host packs them into reads: a read takes scopes until their weights reach ``max_weight`` or their number
    ``max_scopes``.
    """

    name: str
    follows: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ()
    max_weight: int = 1
    max_scopes: int = 1
    description: str = ""


@since(1, 0, incomplete=(1, 2), witness=(1, 3), mentions=(1, 3), outside=(1, 3), created=(1, 3), as_of=(1, 3))
class Page(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one call gave: rows in any mixture, and where to go on (``next``, None at the end).

    ``opens`` declares scopes learned on the way. ``expected`` brings fresher counts for scopes by name. ``incomplete``
    says of scopes by name why they are not whole though they are read to their end, such as rows that can't be
    understood: they are sealed partial with that reason, a later page's before an earlier one's. ``vanished`` names
    resources that are gone from the application. ``tenant`` is set by the read that learns it.

    ``witness`` is what the page says of rows that other reads give. ``mentions`` names resources that the page takes to be
    there and that their listing lacks: they are asked for by the listing's ``lookup``. A lookup says of what it found:
    ``outside``, which of them the listing need not give, so that they say nothing against it; ``created``, by id, since
    when they are there, where the rows don't say so: what came meanwhile says nothing against it either.

    ``as_of`` says by the name of a source, such as a file, when it was written (UTC, ISO 8601), where that may be earlier than
    the reading: a snapshot of a source that is older than the one before had it is held.
    """

    items: tuple[Item, ...] = ()
    next: str | None = None
    opens: tuple[Scope, ...] = ()
    expected: dict[str, int] = {}
    incomplete: dict[str, str] = {}
    vanished: tuple[ResourceId, ...] = ()
    tenant: Tenant | None = None
    witness: Witness | None = None
    mentions: tuple[ResourceId, ...] = ()
    outside: tuple[ResourceId, ...] = ()
    created: dict[str, datetime] = {}
    as_of: dict[str, str] = {}
    diagnostics: tuple[Diagnostic, ...] = ()
