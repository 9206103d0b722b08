"""The order in which the changes of a plan are made: together, but for those that depend on one another."""

from collections.abc import Iterable, Sequence

import msgspec

from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.kinds.view import View
from jackfield_contracts import PlannedChange, ResourceId


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """A change with its ``wave``, and the ids of all changes before it that may alter what it finds (``after``)."""

    planned: PlannedChange
    wave: int
    after: frozenset[str]


def in_order(changes: Sequence[PlannedChange], view: View, operations: Operations) -> list[Ordered]:
    """The place of each of *changes*: those about one thing, or about one account, come one after the other."""
    by_key: dict[object, list[Ordered]] = {}
    touched: dict[ResourceId, list[Ordered]] = {}
    altered: dict[ResourceId, list[Ordered]] = {}
    places: list[Ordered] = []
    for planned in changes:
        about = kind_of(planned.change).place(planned.change, planned, operations, view)
        who = about.account
        before = list(by_key.get(about.key, ()))
        if who is not None:
            before += (touched if about.alters else altered).get(who, ())
        wave = max((each.wave + 1 for each in before), default=0)
        # Those before them too: between two changes may stand one that is never made.
        after = frozenset(id for each in before for id in (each.planned.id, *each.after))
        place = Ordered(planned=planned, wave=wave, after=after)
        places.append(place)
        by_key.setdefault(about.key, []).append(place)
        if who is not None:
            touched.setdefault(who, []).append(place)
            if about.alters:
                altered.setdefault(who, []).append(place)
    return places


def waves(places: Iterable[Ordered]) -> list[list[PlannedChange]]:
    """The changes wave by wave, each in the order of the plan; no wave is empty."""
    found: dict[int, list[PlannedChange]] = {}
    for place in places:
        found.setdefault(place.wave, []).append(place.planned)
    return [found[wave] for wave in sorted(found)]
