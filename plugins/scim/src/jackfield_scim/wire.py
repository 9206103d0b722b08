"""What answers hold, read defensively: names of attributes whatever their case, and values of a form that is known.

SCIM's attribute names mind no case (RFC 7643, 2.1), so that documents are read with all names in small letters. A value of
another form than the schema's is None here, and told by whoever reads it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from jackfield.http import Response, decode_json, decoder_of, peek_json

CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_ERROR = "urn:ietf:params:scim:api:messages:2.0:error"

Attributes = Mapping[str, Any]
"""A document or a complex value, its names in small letters."""


def lowered(value: object) -> Any:
    """*value* with the names of all objects in it in small letters; of two that are then the same the first stays."""
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for name, each in cast("dict[str, object]", value).items():
            found.setdefault(name.lower(), lowered(each))
        return found
    if isinstance(value, list):
        return [lowered(each) for each in cast("list[object]", value)]
    return value


def text(value: object) -> str | None:
    """A text that is not empty, as it is."""
    return value if isinstance(value, str) and value else None


def ident(value: object) -> str | None:
    """An id: a text, or a whole number, which some providers give in the place of one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value)


def truth(value: object, *, texts: bool) -> bool | None:
    """A truth; with *texts* also one that is written as a text."""
    if isinstance(value, bool):
        return value
    if texts and isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None


def instant(value: object) -> datetime | None:
    """A date and time with its zone, in UTC; one without a zone may be hours off and is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def raw_object(value: object) -> dict[str, Any] | None:
    """An object as it came, None if it is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def attributes(value: object) -> Attributes | None:
    """A complex value, None if it is none."""
    return raw_object(value)


def value_of(value: object, *, texts: bool) -> Attributes | None:
    """One value of a multi-valued attribute; with *texts* also one that is a plain text. None if it is neither."""
    return {"value": value} if texts and isinstance(value, str) else attributes(value)


def several(value: object) -> list[Any] | None:
    """The values of a multi-valued attribute: none where it is absent or null, None where it is no list."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else None


def document(body: bytes) -> Any:
    """A body as plain data; raises RemoteContract for what is no JSON."""
    return decode_json(body, decoder_of(Any))


def word_of_error(response: Response) -> str | None:
    """The provider's word for a refusal: ``scimType``, else the status; None for what is no SCIM error (RFC 7644, 3.12)."""
    found = attributes(lowered(peek_json(response.body, dict[str, Any])))
    if found is None:
        return None
    schemas = several(found.get("schemas")) or []
    if _ERROR not in [each.lower() for each in schemas if isinstance(each, str)]:
        return None
    return text(found.get("scimtype")) or f"http_{response.status}"


def word_of_status(response: Response) -> str:
    """As ``word_of_error``, for providers whose refusals are no SCIM errors."""
    return word_of_error(response) or f"http_{response.status}"
