"""What changes through Jackfield have made of grants since the last snapshot was read, by the journal.

Promises that only what a read has confirmed counts, so that a snapshot with it tells no less than before.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from jackfield.snapshots.reader import Snapshot
from jackfield_contracts import (
    AccountStatus,
    Confirmation,
    EntitlementId,
    GrantId,
    JournalEntry,
    OutcomeKind,
    ResourceId,
)

if TYPE_CHECKING:
    from jackfield.changes.session import Session

LONGEST_CHANGE = timedelta(days=1)
"""How long a change may go on: one that was asked for so long before a snapshot may have ended after it was begun."""

_SHOWN = (OutcomeKind.CHANGED, OutcomeKind.ALREADY)


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """``grants`` that are held by now, or no more; ``gone`` are accounts that are not there any more."""

    grants: dict[GrantId, bool] = {}
    gone: frozenset[ResourceId] = frozenset()

    def held(self, principal: ResourceId, before: Iterable[EntitlementId]) -> list[EntitlementId]:
        """What *principal* holds by now, of whom a snapshot shows what was held *before*."""
        if principal in self.gone:
            return []
        found = dict.fromkeys(before)
        for grant, is_held in self.grants.items():
            if grant.principal == principal and is_held:
                found.setdefault(grant.entitlement)
            elif grant.principal == principal:
                found.pop(grant.entitlement, None)
        return list(found)

    def holders(self, id: EntitlementId, before: Iterable[ResourceId]) -> set[ResourceId]:
        """Who holds *id* by now, of which a snapshot shows who held it *before*."""
        found = set(before)
        for grant, is_held in self.grants.items():
            if grant.entitlement == id:
                (found.add if is_held else found.discard)(grant.principal)
        return found - self.gone

    def touches(self, principals: Iterable[ResourceId] = (), entitlements: Iterable[EntitlementId] = ()) -> bool:
        """Whether anything of it is about one of them."""
        people, ids = set(principals), set(entitlements)
        return bool(people & self.gone) or any(
            grant.principal in people or grant.entitlement in ids for grant in self.grants
        )


def later_than(session: Session, snapshot: Snapshot) -> Later:
    """What was changed since the sync of *snapshot* began, so that it may lack it."""
    began = snapshot.header.started or snapshot.header.taken
    if not began:
        return Later()
    since = datetime.fromisoformat(began)
    entries = session.state.changes(session.connection.name, since=since - LONGEST_CHANGE, limit=None)[::-1]
    grants: dict[GrantId, bool] = {}
    gone: dict[ResourceId, bool] = {}
    for entry in entries:
        if entry.settled is None or datetime.fromisoformat(entry.settled) < since:
            continue
        who = _whose(entry) if session.tenant_match.is_of(entry.tenant) else None
        after = entry.after
        if who is None or after is None:
            continue
        gone[who] = not after.exists or after.status is AccountStatus.DELETED
        grants |= {_grant(id, who): False for id in (*entry.before.held, *_ended(entry)) if id not in after.held}
        grants |= {_grant(id, who): True for id in after.held}
    return Later(grants=grants, gone=frozenset(who for who, is_gone in gone.items() if is_gone))


def _whose(entry: JournalEntry) -> ResourceId | None:
    """Whose account a read after the change has shown; None where no read has."""
    outcome, after = entry.outcome, entry.after
    if outcome is None or outcome.outcome not in _SHOWN or outcome.confirmed_by is not Confirmation.READ or not after:
        return None
    return after.account or entry.before.account


def _ended(entry: JournalEntry) -> tuple[EntitlementId, ...]:
    made = entry.outcome is not None and entry.outcome.outcome is OutcomeKind.CHANGED
    return entry.ends if made else ()


def _grant(id: EntitlementId, who: ResourceId) -> GrantId:
    return GrantId(entitlement=id, principal=who)
