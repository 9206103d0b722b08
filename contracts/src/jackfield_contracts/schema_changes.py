"""Compares two sets of schemas: what was added, and what would break a program written for the older one.

Not imported by the package itself. Whatever is not known to be an addition is breaking.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

Schema = Mapping[str, Any]

_WORDING = {"description", "title", "$comment", "examples", "$schema", "$id", "$defs", "deprecated"}
"""What may read otherwise without meaning anything else."""
_COMPARED_APART = {"properties", "required", "enum"}
_CONTRACT = "the contract"
_HOLDS_ONE = ("items", "additionalProperties")


class Effect(StrEnum):
    """What a difference does to a program written for the older set."""

    ADDITIVE = "additive"
    BREAKING = "breaking"


class Difference(NamedTuple):
    """One difference, with its place: the contract, and within it the field."""

    at: str
    effect: Effect
    what: str

    def __str__(self) -> str:
        return f"{self.effect.value}: {self.at}: {self.what}"


def differences(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> list[Difference]:
    """All differences between two sets of schemas by name, each once, by place.

    Additive are a new contract, a new optional field, a new value of an enumeration, a new member of a tagged union, and
    that a field is marked as deprecated. Wording does not count. Everything else is breaking, also what looks lenient: a
    field that need not be there any more is missed by those who read it.
    """
    found = list(_by_name(old, new, _CONTRACT))
    for name in sorted(old.keys() & new.keys()):
        found += _compared(old[name], new[name], name)
        before, after = old[name].get("$defs", {}), new[name].get("$defs", {})
        for inner in sorted(before):
            found += (
                _compared(before[inner], after[inner], inner) if inner in after else _by_name({inner: 0}, {}, _CONTRACT)
            )
    return sorted(set(found))


def _compared(old: Schema, new: Schema, at: str) -> Iterable[Difference]:
    if _is_tagged_union(old) and _is_tagged_union(new):
        yield from _unions(old, new, at)
        return
    yield from _by_name(old.get("properties", {}), new.get("properties", {}), "the field", at, new.get("required", ()))
    for name in old.get("properties", {}):
        if name in new.get("properties", {}):
            yield from _compared(old["properties"][name], new["properties"][name], f"{at}.{name}")
    both = set(new.get("properties", {})) & set(old.get("properties", {}))
    for name in sorted((set(new.get("required", ())) ^ set(old.get("required", ()))) & both):
        now = "is required now" if name in new.get("required", ()) else "need not be there any more"
        yield Difference(at=f"{at}.{name}", effect=Effect.BREAKING, what=now)
    if "enum" in old and "enum" in new:
        yield from _values(old["enum"], new["enum"], at)
    elif "enum" in old or "enum" in new:
        yield Difference(at=at, effect=Effect.BREAKING, what="it became an enumeration, or is none any more")
    if new.get("deprecated") and not old.get("deprecated"):
        yield Difference(at=at, effect=Effect.ADDITIVE, what="it is deprecated")
    apart = set(_COMPARED_APART)
    for key, before, after in _inner(old, new):
        apart.add(key)
        yield from _compared(before, after, at)
    for key in sorted((old.keys() | new.keys()) - _WORDING - apart):
        if (key in old, old.get(key)) != (key in new, new.get(key)):
            what = f"{key} was {_short(old, key)} and is {_short(new, key)}"
            yield Difference(at=at, effect=Effect.BREAKING, what=what)


def _is_tagged_union(schema: Schema) -> bool:
    return "anyOf" in schema and {"propertyName", "mapping"} <= schema.get("discriminator", {}).keys()


def _inner(old: Schema, new: Schema) -> Iterable[tuple[str, Schema, Schema]]:
    """The schemas within a list, a table or a choice that stand at the same place in both, with the key that has them."""
    for key in _HOLDS_ONE:
        if isinstance(old.get(key), Mapping) and isinstance(new.get(key), Mapping):
            yield key, old[key], new[key]
    if len(old.get("anyOf", ())) == len(new.get("anyOf", ())):
        for before, after in zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=True):
            yield "anyOf", before, after


def _by_name(
    old: Mapping[str, object],
    new: Mapping[str, object],
    thing: str,
    within: str = "",
    required: Iterable[str] = (),
) -> Iterable[Difference]:
    for name in sorted(old.keys() ^ new.keys()):
        at = f"{within}.{name}" if within else name
        if name in old:
            yield Difference(at=at, effect=Effect.BREAKING, what=f"{thing} is gone")
        elif name in required:
            yield Difference(at=at, effect=Effect.BREAKING, what=f"{thing} is new and required")
        else:
            yield Difference(at=at, effect=Effect.ADDITIVE, what=f"{thing} is new")


def _values(old: Iterable[object], new: Iterable[object], at: str) -> Iterable[Difference]:
    for gone in sorted(set(map(str, old)) - set(map(str, new))):
        yield Difference(at=at, effect=Effect.BREAKING, what=f"the value {gone!r} is gone")
    for added in sorted(set(map(str, new)) - set(map(str, old))):
        yield Difference(at=at, effect=Effect.ADDITIVE, what=f"the value {added!r} is new")


def _unions(old: Schema, new: Schema, at: str) -> Iterable[Difference]:
    """Unions whose members are told apart by a tag; with them may stand null."""
    before, after = old["discriminator"], new["discriminator"]
    if before["propertyName"] != after["propertyName"]:
        yield Difference(at=at, effect=Effect.BREAKING, what="its members are told apart by another field")
    yield from _values(before["mapping"], after["mapping"], at)
    for tag in sorted(before["mapping"].keys() & after["mapping"].keys()):
        if before["mapping"][tag] != after["mapping"][tag]:
            yield Difference(at=at, effect=Effect.BREAKING, what=f"{tag!r} stands for another contract")
    rest = [
        [each for each in one["anyOf"] if each.get("$ref") not in one["discriminator"]["mapping"].values()]
        for one in (old, new)
    ]
    if rest[0] != rest[1]:
        yield Difference(at=at, effect=Effect.BREAKING, what="what it may be beside its members is another thing")
    if old.get("default") != new.get("default") or ("default" in old) != ("default" in new):
        yield Difference(at=at, effect=Effect.BREAKING, what="its default is another")


def _short(schema: Schema, key: str) -> str:
    text = msgspec.json.encode(schema[key]).decode() if key in schema else "not set"
    return text if len(text) <= 80 else text[:79] + "…"
