"""What is known of a connection, made ready for many questions: a snapshot, the sign-ins, and the snapshots before.

Promises that what was carried forward is never told as seen, and that it is told why something could not be seen.
Hides the tables.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from jackfield.activity import SignIns
from jackfield.config import FindingsSettings
from jackfield.findings.model import Fact
from jackfield.snapshots.access import Access, holders_of
from jackfield.snapshots.reader import Snapshot
from jackfield.snapshots.records import RESOURCES_ORDER, Carried, carried_from
from jackfield.snapshots.rows import decode_resource
from jackfield_contracts import EntitlementId, Grant, GroupTrait, Purpose, Resource, ResourceId, UserTrait

_RESOURCES = f"""SELECT n.key, n.type, n.id, s.name, r.display_name, r.data, o.run, o.taken
FROM node n CROSS JOIN resource_row r ON r.key = n.key JOIN scope_row s ON s.key = r.scope
LEFT JOIN origin o ON o.key = r.origin WHERE r.data ->> '$.trait.trait' = ? {RESOURCES_ORDER}"""

# The origin is that of the row which makes the entitlement what is asked for: its own, or that of its resource.
_OFFERED = """SELECT n.type, n.id, e.slug, e.display_name, r.display_name, o.run, o.taken, e.data ->> '$.immutable'
FROM entitlement_row e JOIN node n ON n.key = e.resource LEFT JOIN resource_row r ON r.key = n.key
LEFT JOIN origin o ON o.key = {origin} WHERE {wanted} ORDER BY n.type, n.id, e.slug"""
_PRIVILEGED = _OFFERED.format(
    origin="iif(e.data ->> '$.privileged', e.origin, r.origin)",
    wanted="e.data ->> '$.privileged' OR r.data ->> '$.trait.privileged'",
)
_SEATS = _OFFERED.format(origin="r.origin", wanted="r.data ->> '$.trait.trait' = 'license'")

_OF_GROUP = """SELECT e.key, e.slug, e.data ->> '$.purpose', s.name, o.run, o.taken,
EXISTS (SELECT 1 FROM grant_row g WHERE g.entitlement = e.key AND g.origin IS NULL),
EXISTS (SELECT 1 FROM grant_row g WHERE g.entitlement = e.key AND g.origin IS NOT NULL)
FROM entitlement_row e LEFT JOIN scope_row s ON s.key = e.scope LEFT JOIN origin o ON o.key = e.origin
WHERE e.resource = ? ORDER BY e.slug"""

_SCOPES = """SELECT name, seal, rows, reason, definition ->> '$.resource.type', definition ->> '$.resource.id' FROM scope_row"""


class Entry(NamedTuple):
    """A resource of a snapshot, with its key in the file, and where it was last seen if it was carried forward."""

    key: int
    resource: Resource
    carried: Carried | None


class Account(NamedTuple):
    """An account, as ``Entry``."""

    key: int
    resource: Resource
    carried: Carried | None
    trait: UserTrait


class Offer(NamedTuple):
    """An entitlement that some resource offers; ``carried`` where it or its resource was not seen."""

    id: EntitlementId
    name: str
    carried: Carried | None
    immutable: str | None


class GroupOffer(NamedTuple):
    """An entitlement of a group: whether somebody was ``seen`` to hold it, or only before (``held_before``)."""

    slug: str
    owns: bool
    scope: str | None
    carried: Carried | None
    seen: bool
    held_before: bool


class Held(NamedTuple):
    """What somebody holds: the offer, and the access by which."""

    offer: Offer
    access: Access

    @property
    def carried(self) -> Carried | None:
        """Where it was last seen, None where all of it was seen now."""
        return self.access.carried or self.offer.carried


class _Scopes(NamedTuple):
    """Why scopes were not seen whole, None for those that were: by resource, and by type.

    Of all ``others`` only those that were not; ``of_grants`` are those of them that count grants.
    """

    of_resource: dict[ResourceId, list[str | None]]
    of_type: dict[str, str | None]
    of_grants: list[str]
    others: list[str]


class Known:
    """One open snapshot and what else is known; what needs a look at much of it is worked out when it is first asked for.

    *earlier* gives the published snapshots before this one, the newest first; each stays open once it was asked for.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        settings: FindingsSettings,
        *,
        sign_ins: SignIns | None = None,
        earlier: Iterable[Snapshot] = (),
    ) -> None:
        self.snapshot = snapshot
        self.settings = settings
        self.sign_ins = sign_ins
        self._earlier = iter(earlier)
        self._opened: list[Snapshot] = []
        self.run = snapshot.header.run
        self.taken = moment_of(snapshot.header.taken) if snapshot.header.taken else None

    def fact(self, what: str, value: str, scope: str) -> Fact:
        """What this snapshot saw."""
        return Fact(what=what, value=value, scope=scope, run=self.run, taken=self.snapshot.header.taken or None)

    def earlier(self) -> Iterator[Snapshot]:
        """The snapshots before this one, the newest first."""
        yield from self._opened
        for snapshot in self._earlier:
            self._opened.append(snapshot)
            yield snapshot

    def accounts(self) -> Iterator[Account]:
        """All accounts, in the order of their ids."""
        for entry in self._resources("user"):
            if isinstance(entry.resource.trait, UserTrait):
                yield Account(*entry, entry.resource.trait)

    def groups(self) -> Iterator[Entry]:
        """All groups, in the order of their ids."""
        return (entry for entry in self._resources("group") if isinstance(entry.resource.trait, GroupTrait))

    def _resources(self, trait: str) -> Iterator[Entry]:
        for key, kind, id, scope, name, data, run, taken in self.snapshot.db.execute(_RESOURCES, (trait,)):
            yield Entry(key, decode_resource(kind, id, scope, name, data), carried_from(run, taken))

    @cached_property
    def privileged_offers(self) -> tuple[Offer, ...]:
        """What is privileged: entitlements that say so, and those of roles that do."""
        return self._offers(_PRIVILEGED)

    @cached_property
    def seats(self) -> dict[EntitlementId, Offer]:
        """The entitlements of licences."""
        return {offer.id: offer for offer in self._offers(_SEATS)}

    def _offers(self, query: str) -> tuple[Offer, ...]:
        return tuple(
            Offer(
                EntitlementId(resource=ResourceId(type=kind, id=id), slug=slug),
                name or f"{of_name or id} ({slug})",
                carried_from(run, taken),
                immutable,
            )
            for kind, id, slug, name, of_name, run, taken, immutable in self.snapshot.db.execute(query)
        )

    @cached_property
    def privileged(self) -> dict[ResourceId, list[Held]]:
        """By principal what it holds that is privileged, inherited or not."""
        held: dict[ResourceId, list[Held]] = {}
        for offer in self.privileged_offers:
            for access in holders_of(self.snapshot, offer.id):
                held.setdefault(access.principal, []).append(Held(offer, access))
        return held

    def is_privileged(self, id: ResourceId) -> bool:
        """Whether *id* was seen to hold something privileged."""
        return any(held.carried is None for held in self.privileged.get(id, ()))

    @cached_property
    def tells_ownership(self) -> bool:
        """Whether anything in the snapshot says that it is an ownership."""
        query = "SELECT 1 FROM entitlement_row WHERE data ->> '$.purpose' = ? LIMIT 1"
        return self.snapshot.db.execute(query, (Purpose.OWNERSHIP.value,)).fetchone() is not None

    @cached_property
    def tells_external_ids(self) -> bool:
        """Whether any account has an external id of the name that counts."""
        query = (
            "SELECT 1 FROM resource_row r, json_each(r.data, '$.trait.external_ids') i"
            " WHERE r.data ->> '$.trait.trait' = 'user' AND i.key = ? AND i.value <> '' LIMIT 1"
        )
        return self.snapshot.db.execute(query, (self.settings.external_id,)).fetchone() is not None

    @cached_property
    def tells_verified(self) -> bool:
        """Whether it is said of any address whether it is verified."""
        query = (
            "SELECT 1 FROM resource_row r, json_each(r.data, '$.trait.emails') e"
            " WHERE r.data ->> '$.trait.trait' = 'user' AND e.value ->> '$.verified' IS NOT NULL LIMIT 1"
        )
        return self.snapshot.db.execute(query).fetchone() is not None

    def offers_of(self, group: Entry) -> list[GroupOffer]:
        """What a group offers, and whether somebody holds it."""
        return [
            GroupOffer(slug, purpose == Purpose.OWNERSHIP, scope, carried_from(run, taken), bool(seen), bool(before))
            for _, slug, purpose, scope, run, taken, seen, before in self.snapshot.db.execute(_OF_GROUP, (group.key,))
        ]

    def grants_on(self, id: EntitlementId) -> list[tuple[Grant, Carried | None]]:
        """The grants of one entitlement itself."""
        return [(row.grant, row.carried) for row in self.snapshot.grants(entitlement=id, names=False)]

    def grant(self, id: EntitlementId, principal: ResourceId) -> Grant | None:
        """The grant of one entitlement to one principal, None if the snapshot has none."""
        return next((row.grant for row in self.snapshot.grants(entitlement=id, principal=principal, names=False)), None)

    def holding(self, held: Held) -> Fact:
        """That somebody holds something, by which way, as evidence."""
        way = held.access.path
        first = EntitlementId(resource=way[0].resource, slug=way[0].slug) if way else held.offer.id
        grant = self.grant(first, held.access.principal)
        value = " through ".join((str(held.offer.id), *(f"{via.resource}/{via.slug}" for via in reversed(way))))
        return self.fact("holds", value, grant.scope if grant else "")

    def unseen(self, resource: ResourceId) -> str | None:
        """Why it is not known of everybody whether they hold something on *resource*; None where it is."""
        scopes = self._scopes
        own = scopes.of_resource.get(resource)
        kinds = [scopes.of_type[resource.type]] if resource.type in scopes.of_type else []
        if reason := next((each for each in (*(own or ()), *kinds, *scopes.of_grants) if each), None):
            return reason
        if own or kinds:
            return None
        # A connector may keep grants in scopes of any name.
        if self._reads_grants_on(resource.type):
            return next(iter(scopes.others), None)
        return f"the snapshot says nothing of who holds what on any {resource.type}"

    @cached_property
    def _scopes(self) -> _Scopes:
        found = _Scopes({}, {}, [], [])
        for name, seal, rows, reason, kind, id in self.snapshot.db.execute(_SCOPES):
            why = None
            if seal not in ("complete", "unreconciled"):
                why = f"{name} was not seen whole: {seal or 'not read'}; {reason or 'no reason is known'}"
            of = ResourceId(type=kind, id=id) if kind else _named(name)
            if of is not None:
                found.of_resource.setdefault(of, []).append(why)
            elif name.endswith("/*") and ":" not in name:
                found.of_type[name[:-2]] = why
            elif why is not None:
                found.others.append(why)
                if rows == "grants":
                    found.of_grants.append(why)
        return found

    def _reads_grants_on(self, kind: str) -> bool:
        query = (
            "SELECT 1 FROM entitlement_row e JOIN node n ON n.key = e.resource WHERE n.type = ?"
            " AND EXISTS (SELECT 1 FROM grant_row g WHERE g.entitlement = e.key) LIMIT 1"
        )
        return self.snapshot.db.execute(query, (kind,)).fetchone() is not None


def _named(scope: str) -> ResourceId | None:
    """The resource whose grants a scope of this name holds, by the convention of names."""
    if not scope.endswith("/*") or ":" not in scope:
        return None
    try:
        return ResourceId.parse(scope[:-2])
    except ValueError:
        return None


def moment_of(text: str) -> datetime:
    """The time that a snapshot tells, aware and in UTC; raises ValueError for what is none."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def aware(moment: datetime) -> datetime:
    """A date of the application's, which is UTC where it does not say."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def day(moment: datetime) -> str:
    """A time as a day."""
    return f"{aware(moment):%Y-%m-%d}"
