"""People by the names that they are known by, asked of the provider and checked here.

Promises that nobody is found who has not the very name: a provider may ignore filters, or give those that begin with it.
Comparing minds no case where the schema minds none (userName, addresses), and minds it for external ids.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from jackfield.errors import Refused, Unsupported
from jackfield_scim import api as routes
from jackfield_scim import listing, wire
from jackfield_scim.api import Api, quoted

_CASE_EXACT: Final = ("externalid", "id")
LOGIN: Final = "userName"


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Who is known by a name; *unknown* says why there may be others."""

    found: tuple[wire.Attributes, ...] = ()
    unknown: str | None = None


async def by_name(api: Api, name: str, attributes: Sequence[str] | None = None) -> Named:
    """Those who have *name* as one of the *attributes* (those of the configuration); one request each, and its pages.

    Raises what can't be decided.
    """
    asked = [
        each for each in attributes or api.config.lookup_by if "@" in name or not each.lower().startswith("emails")
    ]
    if not await api.filters():
        everybody = await listing.matching(
            api, routes.USERS, None, lambda seen: any(_has(seen, each, name) for each in asked)
        )
        return Named(found=everybody)
    found: dict[str | None, wire.Attributes] = {}
    unknown: str | None = None
    for each in asked:

        def has(seen: wire.Attributes, attribute: str = each) -> bool:
            return _has(seen, attribute, name)

        try:
            hits = await listing.matching(api, routes.USERS, f"{each} eq {quoted(name)}", has)
        except (Refused, Unsupported) as error:
            unknown = f"the provider can't be asked by {each} ({error.summary}); leave it out of lookup_by"
            continue
        for one in hits:
            found.setdefault(wire.ident(one.get("id")), one)
    return Named(found=tuple(found.values()), unknown=unknown)


async def by_id(api: Api, name: str) -> wire.Attributes | None:
    """Who has *name* as an id; one request, none for what is an address or a name with spaces."""
    if "@" in name or name != "".join(name.split()):
        return None
    try:
        found = await api.find(routes.USERS, name)
    except Refused:  # no id of this provider's form
        return None
    return found.seen if found is not None else None


async def anybody(api: Api, attribute: str, value: str) -> bool:
    """Whether anybody has *value* in a multi-valued *attribute*; one request, or the listing where filters are refused."""
    path = f"{attribute}.value"

    def has(seen: wire.Attributes) -> bool:
        return value in _values(seen, path)

    if await api.filters():
        try:
            return bool(await listing.matching(api, routes.USERS, f"{path} eq {quoted(value)}", has))
        except (Refused, Unsupported):
            pass
    return bool(await listing.matching(api, routes.USERS, None, has))


def _has(seen: wire.Attributes, attribute: str, name: str) -> bool:
    values = _values(seen, attribute)
    if attribute.lower() in _CASE_EXACT:
        return name in values
    return name.casefold() in {each.casefold() for each in values}


def _values(seen: wire.Attributes, path: str) -> list[str]:
    """The texts at an attribute path, such as ``emails.value``."""
    found: list[object] = [seen]
    for step in path.lower().split("."):
        parts = [part.get(step) for each in found if (part := wire.attributes(each)) is not None]
        found = [one for part in parts for one in (wire.several(part) or [part])]
    return [each for each in found if isinstance(each, str)]
