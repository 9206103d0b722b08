"""One change of one resource: by PATCH, or by PUT of the whole of it where the provider has no PATCH.

Promises that a PUT takes nothing else along: it sends what the provider gave, changed in one place, and by ``If-Match``
only if nobody has changed it since.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from jackfield.errors import NotFound, Refused
from jackfield_contracts import Outcome
from jackfield_scim.api import Api, Operation
from jackfield_scim.outcomes import PRECONDITION, already, changed, decided, refused, word

_TRIES: Final = 3

Edit = Callable[[dict[str, Any]], bool]
"""Changes a document in place, and says whether there was anything to change."""


async def apply(api: Api, endpoint: str, id: str, operations: Sequence[Operation], edit: Edit) -> Outcome:
    """Change a resource by *operations*, or by *edit* where there is no PATCH; raises Refused and what can't be decided."""
    if await api.patches():
        await api.patch(endpoint, id, operations)
        return changed()
    return await _put(api, endpoint, id, edit)


async def _put(api: Api, endpoint: str, id: str, edit: Edit) -> Outcome:
    for tries in range(_TRIES, 0, -1):
        found = await api.find(endpoint, id)
        if found is None:
            raise NotFound("the application does not know it", tag="http_404")
        if found.etag is None and not api.config.put_without_etag:
            return refused(
                "no_etag",
                "The provider has no PATCH and gives no ETag, so that a PUT could undo what somebody else changes at the same"
                " time; put_without_etag = true allows it all the same.",
            )
        if not edit(found.raw):
            return already("It is so already.")
        try:
            await api.put(endpoint, id, found.raw, found.etag)
        except Refused as error:
            if word(error) != PRECONDITION or tries == 1:
                return decided(error)
        else:
            return changed()
    raise AssertionError


def key_of(document: dict[str, Any], name: str) -> str:
    """The name under which a document has the attribute *name*, whatever its case."""
    return next((each for each in document if each.lower() == name.lower()), name)
