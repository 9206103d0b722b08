"""The order in which the changes of a plan are made: together, but for those that depend on one another."""

from collections.abc import Iterable, Sequence

import msgspec

from jackfield.changes.goals import View
from jackfield.changes.operations import Operations
from jackfield_contracts import CreateAccount, DeleteAccount, GrantAccess, PlannedChange, ResourceId, RevokeAccess


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A change with its ``wave``, and the ids of all changes before it that may alter what it finds (``after``)."""

    planned: PlannedChange
    wave: int
    after: frozenset[str]


def in_order(changes: Sequence[PlannedChange], view: View, operations: Operations) -> list[Place]:
    """The place of each of *changes*: those about one thing, or about one account, come one after the other."""
    by_key: dict[object, list[Place]] = {}
    touched: dict[ResourceId, list[Place]] = {}
    altered: dict[ResourceId, list[Place]] = {}
    places: list[Place] = []
    for planned in changes:
        key, who, alters = _about(planned, view, operations)
        before = list(by_key.get(key, ()))
        if who is not None:
            before += (touched if alters else altered).get(who, ())
        wave = max((each.wave + 1 for each in before), default=0)
        # Those before them too: between two changes may stand one that is never made.
        after = frozenset(id for each in before for id in (each.planned.id, *each.after))
        place = Place(planned=planned, wave=wave, after=after)
        places.append(place)
        by_key.setdefault(key, []).append(place)
        if who is not None:
            touched.setdefault(who, []).append(place)
            if alters:
                altered.setdefault(who, []).append(place)
    return places


def waves(places: Iterable[Place]) -> list[list[PlannedChange]]:
    """The changes wave by wave, each in the order of the plan; no wave is empty."""
    found: dict[int, list[PlannedChange]] = {}
    for place in places:
        found.setdefault(place.wave, []).append(place.planned)
    return [found[wave] for wave in sorted(found)]


def _about(planned: PlannedChange, view: View, operations: Operations) -> tuple[object, ResourceId | None, bool]:
    """What a change is about, whose account it touches, and whether it alters that account itself."""
    change = planned.change
    if isinstance(change, GrantAccess | RevokeAccess):
        entitlement = view.entitlement(change.entitlement)
        group = entitlement.exclusive.set if entitlement and entitlement.exclusive else str(change.entitlement)
        return (group, change.principal), change.principal, False
    if isinstance(change, CreateAccount):
        login = operations.login(change)
        return (login.casefold() if login else planned.id, change.type), None, False
    account = change.account if isinstance(change, DeleteAccount) else planned.before.account or change.account
    return account or planned.id, account, True
