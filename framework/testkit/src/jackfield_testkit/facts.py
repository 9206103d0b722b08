"""Facts of resources: what a snapshot shows under a name, and whether that is what the application has.

Promises that values of different types are different facts, and that two dates are one fact if they are one instant.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, cast

from jackfield_contracts import AccountStatus, AccountType, Email, Resource

OWN = ("display_name", "description", "parent", "link", "created")
"""Facts that are fields of a resource itself."""

_PLAIN = (AccountStatus.UNKNOWN, AccountType.HUMAN)
"""Values of a trait that say nothing."""


def fact_of(resource: Resource, name: str) -> object:
    """One fact of a resource: a field of its own, of its trait, or of its profile."""
    if name in OWN:
        return getattr(resource, name)
    trait = resource.trait
    if trait is not None and name in trait.__struct_fields__:
        value = getattr(trait, name)
        return getattr(value, "value", value)
    return resource.profile.get(name)


def shown_facts(resource: Resource) -> set[str]:
    """The names of all facts that a resource has a value of."""
    found = {name for name in OWN if getattr(resource, name) not in (None, "")}
    trait = resource.trait
    if trait is not None:
        found |= {
            name
            for name in trait.__struct_fields__
            if (value := getattr(trait, name)) not in (None, "", (), False) and value != {} and value not in _PLAIN
        }
    return found | resource.profile.keys()


def same_fact(seen: object, fact: object) -> bool:
    """Whether what is shown is what the application has."""
    if isinstance(fact, Enum):
        fact = fact.value
    if isinstance(fact, datetime):
        # A date without a zone is no instant, whatever it is compared with.
        return (
            isinstance(seen, datetime)
            and seen.utcoffset() is not None
            and fact.utcoffset() is not None
            and seen == fact
        )
    if isinstance(fact, list | tuple) and isinstance(seen, tuple):
        return _many(cast("Iterable[Any]", seen), cast("Iterable[Any]", fact))
    if isinstance(fact, Mapping) and isinstance(seen, Mapping):
        one, other = cast("Mapping[str, Any]", seen), cast("Mapping[str, Any]", fact)
        return one.keys() == other.keys() and all(same_fact(one[name], value) for name, value in other.items())
    return type(seen) is type(cast("object", fact)) and seen == fact


def _many(seen: Iterable[Any], fact: Iterable[Any]) -> bool:
    """Whether two lists have the same in any order; an address that is given as a text is compared as one."""
    wanted = list(fact)
    given = [
        each.address if isinstance(each, Email) and wanted and isinstance(wanted[0], str) else each for each in seen
    ]
    return sorted(map(repr, given)) == sorted(map(repr, wanted))
