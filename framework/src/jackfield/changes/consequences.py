"""What a change brings beside what is asked for: what is left in its place, what ends with it, and what nobody owns any more.

Promises no request: the live state that a plan is made on and the last snapshot tell it, and each sentence says which did.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cached_property

import msgspec

from jackfield.changes.kinds.called import entitlement_told
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield.changes.later import Later, later_than
from jackfield.changes.lost import Lost, lost_by
from jackfield.changes.session import Session
from jackfield.errors import BadConfig, BadStorage
from jackfield.snapshots.reader import Snapshot, read_snapshot
from jackfield_contracts import Entitlement, EntitlementId, PlannedChange, Purpose, ResourceId, Verdict

_SHOWN = 5
_WHOLE = (Verdict.COMPLETE, Verdict.UNRECONCILED)


def with_consequences(
    session: Session, planned: Sequence[PlannedChange], view: View, operations: Operations
) -> list[PlannedChange]:
    """*planned* with what each brings beside, and with the names of what it is about.

    Of one that is not to be made, only the names are told.
    """
    file = session.last_snapshot
    if file is not None and file.is_file():
        try:
            with read_snapshot(file) as snapshot:
                seen = _Seen(view, snapshot, lambda: later_than(session, snapshot))
                return _told(_with_what_stays_lost(session, planned, seen, operations), seen, operations)
        except (BadConfig, BadStorage) as error:
            session.log.info("the last snapshot tells nothing of what a change brings", reason=str(error))
    seen = _Seen(view, None, Later)
    return _told(_with_what_stays_lost(session, planned, seen, operations), seen, operations)


class _Seen:
    """What the live state and the last snapshot tell, each thing looked up once; and what was changed since that."""

    def __init__(self, view: View, snapshot: Snapshot | None, later: Callable[[], Later]) -> None:
        self.view = view
        self.snapshot = snapshot
        self._later = later
        self._offered: dict[EntitlementId, Entitlement | None] = {}
        self._names: dict[ResourceId, str | None] = {}

    @cached_property
    def later(self) -> Later:
        """What was changed since; the journal is read only where somebody asks."""
        return self._later()

    @property
    def source(self) -> str:
        """The snapshot by the time when it was taken, for people."""
        taken = self.snapshot.header.taken if self.snapshot is not None else ""
        return "the snapshot of " + (f"{datetime.fromisoformat(taken):%Y-%m-%d %H:%M} UTC" if taken else "")

    def by(self, principals: Sequence[ResourceId] = (), entitlements: Sequence[EntitlementId] = ()) -> str:
        """By what it is known what they hold, or who holds them: a snapshot that is older than a change is told as such."""
        touched = self.later.touches(principals, entitlements)
        return f"{self.source} and the changes through Jackfield since" if touched else self.source

    def entitlement(self, id: EntitlementId) -> Entitlement | None:
        """What is offered, by the live state or else by the snapshot."""
        if id not in self._offered:
            found = self.view.entitlement(id)
            if found is None and self.snapshot is not None:
                rows = self.snapshot.entitlements(resource=id.resource, slug=id.slug)
                found = next((row.entitlement for row in rows), None)
            self._offered[id] = found
        return self._offered[id]

    def name(self, id: ResourceId) -> str | None:
        """What a resource is called, None where that is not known."""
        if id not in self._names:
            account = self.view.account(id)
            row = self.snapshot.resource(id) if account is None and self.snapshot is not None else None
            self._names[id] = (
                account.display_name if account is not None else row.resource.display_name if row else None
            )
        return self._names[id]

    def held(self, principal: ResourceId) -> list[EntitlementId]:
        """What the snapshot shows a principal to hold directly, and what was changed since."""
        if self.snapshot is None:
            return []
        rows = self.snapshot.grants(principal=principal, names=False)
        return self.later.held(principal, [row.grant.entitlement for row in rows])

    def holders(self, id: EntitlementId) -> set[ResourceId] | None:
        """As ``held``, who holds an entitlement directly; None where the snapshot is not whole there, or shows nobody."""
        rows = list(self.snapshot.grants(entitlement=id, names=False)) if self.snapshot is not None else []
        if not rows or any(row.seal not in _WHOLE for row in rows):
            return None
        return self.later.holders(id, (row.grant.principal for row in rows))

    def is_ownership(self, id: EntitlementId) -> bool:
        """Whether whoever holds it answers for the resource."""
        known = self.entitlement(id)
        return known is not None and known.purpose == Purpose.OWNERSHIP

    def is_privileged(self, id: EntitlementId) -> bool:
        """Whether it gives more than others have, as far as that is known."""
        known = self.entitlement(id)
        return known is not None and known.privileged

    def told(self, ids: Sequence[EntitlementId]) -> str:
        """Entitlements by name and id, privileged ones first; those beyond the first few are counted."""
        ids = sorted(ids, key=lambda id: not self.is_privileged(id))
        return ", ".join(map(self._told, ids[:_SHOWN])) + (
            f" and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else ""
        )

    def _told(self, id: EntitlementId) -> str:
        known = self.entitlement(id)
        return entitlement_told(id, known.display_name, self.resource_name(known)) if known is not None else str(id)

    def resource_name(self, own: Entitlement) -> str | None:
        """What the resource of an entitlement is called, None where that is not known, or not any more."""
        return self.view.resource_name(own) if self.view.entitlement(own.id) is not None else self.name(own.id.resource)


def _told(planned: Sequence[PlannedChange], seen: _Seen, operations: Operations) -> list[PlannedChange]:
    found = [_with_what_ends(each, seen, operations) if _to_be_made(each) else each for each in planned]
    orphaned = _orphaned(found, seen)
    return [
        msgspec.structs.replace(
            each,
            consequences=(*each.consequences, *_left_without(orphaned.get(each.id, []), seen)),
            names=_names(each, seen),
        )
        for each in found
    ]


def _to_be_made(planned: PlannedChange) -> bool:
    return planned.follows or planned.forecast.outcome.value == "changed"


def _with_what_ends(planned: PlannedChange, seen: _Seen, operations: Operations) -> PlannedChange:
    """*planned* with what is left in the place of what it takes, and with what ends by it beside."""
    kind = kind_of(planned.change)
    leaves = tuple(each.id for each in kind.leaves(planned.change, seen.view))
    patterns = kind.ends(planned.change, operations)
    account = planned.before.account
    if not patterns or account is None:
        return msgspec.structs.replace(planned, leaves=leaves)
    if seen.snapshot is None:
        told = f"what the account holds of {', '.join(patterns)} ends for good; which that is, no snapshot tells"
        return msgspec.structs.replace(planned, leaves=leaves, consequences=(*planned.consequences, told))
    ends = tuple(id for id in seen.held(account) if f"{id.resource.type}/{id.slug}" in patterns)
    told = ""
    if ends:
        source = seen.by([account])
        told = f"ends for good, of what {source} {'shows' if source == seen.source else 'show'}: {seen.told(ends)}"
    elif not seen.snapshot.header.complete:
        told = (
            f"what the account holds of {', '.join(patterns)} ends for good; {seen.source} shows none of it,"
            " and is not complete"
        )
    own = (told,) if told else ()
    return msgspec.structs.replace(planned, leaves=leaves, ends=ends, consequences=(*planned.consequences, *own))


def _with_what_stays_lost(
    session: Session, planned: Sequence[PlannedChange], seen: _Seen, operations: Operations
) -> list[PlannedChange]:
    """*planned* with what an account that is enabled again lost when it was disabled, and does not get back."""
    takers = {
        each.before.account: names
        for each in planned
        if each.before.account is not None
        and _to_be_made(each)
        and (names := kind_of(each.change).undoes(each.change, operations))
    }
    lost = lost_by(session, takers) if takers else {}
    return [
        msgspec.structs.replace(each, consequences=(*each.consequences, *_stays_lost(known, each.before.account, seen)))
        if each.before.account in takers and _to_be_made(each) and (known := lost.get(each.before.account))
        else each
        for each in planned
    ]


def _stays_lost(lost: Lost, account: ResourceId, seen: _Seen) -> tuple[str, ...]:
    # A snapshot that was begun after it shows what was given again.
    newer = seen.snapshot is not None and seen.snapshot.header.started > lost.at
    held = seen.held(account) if newer else ()
    ends = [id for id in lost.ends if id not in held]
    told = [f"does not give back what ended when it was disabled on {lost.when}: {seen.told(ends)}"] if ends else []
    if lost.effects:
        told.append(f"does not undo what was done when it was disabled on {lost.when}: {', '.join(lost.effects)}")
    return tuple(told)


def _orphaned(planned: Sequence[PlannedChange], seen: _Seen) -> dict[str, list[EntitlementId]]:
    """By the id of a change, the ownerships that nobody holds any more once all of *planned* are made."""
    losing: defaultdict[EntitlementId, dict[ResourceId, str]] = defaultdict(dict)
    for each in planned:
        if not _to_be_made(each):
            continue
        who, lost = _taken(each, seen)
        for id in lost:
            if who is not None and seen.is_ownership(id):
                losing[id][who] = each.id
    found: dict[str, list[EntitlementId]] = {}
    for id, losers in losing.items():
        if (known := seen.holders(id)) is not None and known <= losers.keys():
            for change in dict.fromkeys(losers.values()):
                found.setdefault(change, []).append(id)
    return found


def _taken(planned: PlannedChange, seen: _Seen) -> tuple[ResourceId | None, Iterable[EntitlementId]]:
    """Who loses what by a change, as far as that is known."""
    kind = kind_of(planned.change)
    if kind.ends_account:
        account = planned.before.account
        return account, seen.held(account) if account is not None else ()
    if planned.ends:
        return planned.before.account, planned.ends
    return next(iter(kind.principals(planned.change)), None), kind.takes(planned.change)


def _left_without(ids: Sequence[EntitlementId], seen: _Seen) -> tuple[str, ...]:
    if not ids:
        return ()
    return (f"nobody else holds {seen.told(ids)}, by {seen.by(entitlements=ids)}",)


def _names(planned: PlannedChange, seen: _Seen) -> dict[str, str]:
    """The names of the person, of the entitlements and of their resources, as far as they are known."""
    held = (
        *planned.before.held,
        *planned.replaces,
        *planned.leaves,
        *planned.ends,
        *kind_of(planned.change).takes(planned.change),
    )
    ids = dict.fromkeys((*held, *kind_of(planned.change).entitlements(planned.change)))
    found: dict[str, str] = {}
    unknown: set[ResourceId] = set()
    for id in ids:
        known = seen.entitlement(id)
        if known is not None:
            found[str(id)] = known.display_name
            # What it is called by now, nothing tells.
            unknown |= {id.resource} if seen.resource_name(known) is None else set()
    principals = (planned.before.account, *kind_of(planned.change).principals(planned.change))
    for id in dict.fromkeys((*(each.resource for each in ids if each.resource not in unknown), *principals)):
        if id is not None and (name := seen.name(id)):
            found[str(id)] = name
    return found
