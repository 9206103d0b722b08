"""What an entitlement is called in sentences for people: its own name, that of its resource, and its identifier."""

import re
from collections.abc import Mapping

import msgspec

from jackfield_contracts import EntitlementId


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """What the last snapshot calls a resource, and what it offers by slug."""

    name: str
    offers: Mapping[str, str] = {}


def entitlement_told(id: EntitlementId, name: str | None, of: str | None) -> str:
    """An entitlement with its id; with what its resource is called (*of*) unless its own *name* says that.

    Where a name is not known, the id stands alone.
    """
    if not name:
        return str(id)
    return f"{name} of {of} ({id})" if of and not says(name, of) else f"{name} ({id})"


def says(text: str, name: str) -> bool:
    """Whether *text* has *name* in it, as whole words."""
    return re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", text.casefold()) is not None
