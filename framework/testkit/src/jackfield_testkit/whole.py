"""The application's own objects before and after a change, and in what they differ.

Promises that what a list holds is compared one by one, whatever the order. Where the backend does not give them, they are
those that the answers of a sync hold.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from jackfield_testkit.bench import Bench
from jackfield_testkit.bodies import Place, decoded
from jackfield_testkit.data import NotApplicable
from jackfield_testkit.wire import Wire

_BOOKS = re.compile(
    r"(?i)etag|version|revision|modified|updated|changed|count|cursor|has_?more|total|location|\bmeta\b"
)
"""Names under which an application keeps its own books of what changed."""

_ON = re.compile(r"(?i)next|prev|cursor|page|token|link|href|url")
"""Names of what leads on, which may name a thing of the next page."""


class Unit(msgspec.Struct, frozen=True, order=True):
    """One value of an object: by its place, an element of a list whole."""

    object: str
    at: str
    value: str

    def __str__(self) -> str:
        return f"{self.at} of {self.object} ({self.value[:120]})"

    def mentions(self, names: Collection[str]) -> bool:
        """Whether the place or the value has one of *names* in it, whole or at the end of an address."""
        if any(step in names for step in self.at.split("\t")):
            return True
        return any(
            text in names or text.rpartition("/")[2] in names for text in _texts(msgspec.json.decode(self.value))
        )

    def of(self, ids: Iterable[str]) -> bool:
        """Whether the object is that of one of *ids*."""
        return any(self.object == id or self.object.endswith(f":{id}") for id in ids)


Whole = frozenset[Unit]


async def whole_of(bench: Bench) -> Whole:
    """All that is there now; raises NotApplicable where that can't be known."""
    if bench.has("whole"):
        given: Mapping[str, object] = bench.need("whole", "what stands beside a change")()
        return frozenset(unit for key, each in given.items() for unit in _units(key, each))
    wire = Wire()
    await bench.sync(wire)
    if not wire.sent:
        bench.need("whole", "what stands beside a change")
    ids = frozenset(each.id for each in bench.truth().resources)
    found = frozenset(
        unit
        for _, given in wire.answered
        for key, each in _objects(decoded(given), ids, ())
        for unit in _units(key, each)
    )
    if not found:
        raise NotApplicable("no answer of a sync has an object with an id of the truth")
    return found


def _objects(body: Any, ids: Collection[str], at: Place) -> Iterator[tuple[str, Any]]:
    """The objects that name an id outside of lists, each by that id."""
    if isinstance(body, list):
        for each in cast("list[Any]", body):
            yield from _objects(each, ids, (*at, "*"))
    elif isinstance(body, dict):
        known = cast("dict[str, Any]", body)
        said = {name: each for name, each in known.items() if not _ON.search(name)}
        own = next((text for text in _texts(said, lists=False) if text in ids), None)
        if own is not None:
            yield f"{'.'.join(at)}:{own}", known
        else:
            for name, each in known.items():
                yield from _objects(each, ids, (*at, name))


def _texts(value: Any, *, lists: bool = True) -> Iterator[str]:
    """All texts in *value*, and names of fields; the nearest first. Numbers count as texts, as ids may be any."""
    later: list[Any] = []
    if isinstance(value, dict):
        for name, each in cast("dict[str, Any]", value).items():
            yield name
            later.append(each)
    elif isinstance(value, list):
        later = list(cast("list[Any]", value)) if lists else []
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield str(value)
    for each in sorted(later, key=lambda one: isinstance(one, dict | list)):
        yield from _texts(each, lists=lists)


def _units(key: str, value: Any, at: Place = ()) -> Iterator[Unit]:
    if isinstance(value, Mapping):
        for name, each in cast("Mapping[str, Any]", value).items():
            yield from _units(key, each, (*at, str(name)))
    elif isinstance(value, list | tuple | set | frozenset):
        for each in cast("Iterable[Any]", value):
            yield Unit(key, "\t".join((*at, "*")), msgspec.json.encode(each, order="deterministic").decode())
    else:
        yield Unit(key, "\t".join(at), msgspec.json.encode(value).decode())


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What is gone, and what is new."""

    gone: frozenset[Unit]
    new: frozenset[Unit]

    @property
    def both(self) -> list[Unit]:
        """All of it, in order."""
        return sorted(self.gone | self.new)

    def word(self, unit: Unit) -> str:
        """What became of a unit, in a sentence's end."""
        same = [each for each in self.new if (each.object, each.at) == (unit.object, unit.at)]
        if unit in self.gone and same and not unit.at.endswith("*"):
            return f"is now {same[0].value[:120]}"
        return "is gone" if unit in self.gone else "is new"

    @property
    def dropped(self) -> list[Unit]:
        """One element of each list that lost more of them than came; nothing has taken the place of those."""
        places: dict[tuple[str, str], list[Unit]] = {}
        for unit in sorted(self.gone):
            if unit.at.endswith("*"):
                places.setdefault((unit.object, unit.at), []).append(unit)
        came = Counter((unit.object, unit.at) for unit in self.new)
        return [units[-1] for place, units in places.items() if len(units) > max(1, came[place])]


def moved(before: Whole, after: Whole, unsteady: Collection[tuple[str, str]] = ()) -> Moved:
    """How two readings differ, but for the application's own books and what is *unsteady* by itself."""

    def counts(unit: Unit) -> bool:
        return (unit.object, unit.at) not in unsteady and not any(_BOOKS.search(step) for step in unit.at.split("\t"))

    gone, new = set(filter(counts, before - after)), set(filter(counts, after - before))
    # A figure that is one more or one less than before counts the change itself.
    for one in [*gone]:
        for other in [*new]:
            if (one.object, one.at) == (other.object, other.at) and _one_apart(one.value, other.value):
                gone.discard(one)
                new.discard(other)
    return Moved(gone=frozenset(gone), new=frozenset(new))


def _one_apart(one: str, other: str) -> bool:
    return one.isdigit() and other.isdigit() and abs(int(one) - int(other)) == 1


async def unsteady_in(bench: Bench, first: Whole) -> frozenset[tuple[str, str]]:
    """What differs between two readings with no change between them."""
    second = await whole_of(bench)
    return frozenset((unit.object, unit.at) for unit in first ^ second)
