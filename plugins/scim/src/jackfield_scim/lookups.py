"""People by the names that they are known by, asked of the provider and checked here.

Promises that nobody is found who has not the very name: a provider may ignore filters, or give those that begin with it.
Comparing minds no case where the schema minds none (userName, addresses), and minds it for external ids.
"""

import re
from collections.abc import Sequence
from typing import Final

from jackfield.errors import Refused, RemoteContract, Unsupported
from jackfield_scim import api as routes
from jackfield_scim import listing, wire
from jackfield_scim.api import Api, quoted

_CASE_EXACT: Final = ("externalid", "id")
LIKE_AN_ID: Final = re.compile(r"[A-Za-z0-9._~:-]+")
LOGIN: Final = "userName"


async def by_name(api: Api, name: str, attributes: Sequence[str] | None = None) -> tuple[wire.Attributes, ...]:
    """Those who have *name* as one of the *attributes* (those of the configuration); one request each, and its pages.

    Where the provider refuses such a question, or may have misread it, the listing of all tells. Raises what can't be
    decided.
    """
    asked = [
        each for each in attributes or api.config.lookup_by if "@" in name or not each.lower().startswith("emails")
    ]
    if not await api.filters():
        return await _among_all(api, asked, name)
    found: dict[str | None, wire.Attributes] = {}
    refused = False
    for each in asked:

        def has(seen: wire.Attributes, attribute: str = each) -> bool:
            return _has(seen, attribute, name)

        try:
            hits = await listing.matching(api, routes.USERS, f"{each} eq {quoted(name)}", has)
        except (Refused, Unsupported):
            refused = True
            continue
        for one in hits:
            found.setdefault(wire.ident(one.get("id")), one)
    # Some providers take what is written for a quote or a backslash for another name.
    if refused or (not found and quoted(name) != f'"{name}"'):
        return await _among_all(api, asked, name)
    return tuple(found.values())


async def by_id(api: Api, name: str) -> wire.Attributes | None:
    """Who has *name* as an id; one request, none for what does not look like one."""
    if not LIKE_AN_ID.fullmatch(name):
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


async def is_member(api: Api, group: str, member: str) -> bool:
    """Whether a group that lists no members has *member*: one request, whose answer is that group or nothing.

    Raises RemoteContract where the provider does not understand the question and gives other groups.
    """
    asked = f"id eq {quoted(group)} and members eq {quoted(member)}"
    found = await listing.matching(api, routes.GROUPS, asked, lambda seen: True)
    if any(wire.ident(each.get("id")) != group for each in found):
        raise RemoteContract("the provider can't be asked whether a group has a member", route=routes.GROUPS)
    return bool(found)


async def _among_all(api: Api, asked: Sequence[str], name: str) -> tuple[wire.Attributes, ...]:
    """Those in the listing of all who have *name*."""
    return await listing.matching(api, routes.USERS, None, lambda seen: any(_has(seen, each, name) for each in asked))


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
