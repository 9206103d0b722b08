"""Identifiers: structured in data, one text form for people and command lines.

Text forms: resource ``type:id``, entitlement ``type:id/slug``, grant ``type:id/slug#type:id``. The type ends at the
first ``:``, the slug follows the last ``/``; inside ids ``/``, ``#`` and ``%`` are percent-encoded, nothing else is.
An id is any Unicode text that is not empty; a lone surrogate is no Unicode text, and neither JSON nor a file can hold it.
"""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from jackfield_contracts.since import since

__all__ = ["EntitlementId", "GrantId", "IdentifierError", "ResourceId"]

_TYPE = re.compile(r"[a-z][a-z0-9_-]*")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_ESCAPE = {"%": "%25", "/": "%2F", "#": "%23"}
_ESCAPED = re.compile(r"[%/#]")
_UNESCAPE = re.compile(r"%(.{0,2})", re.DOTALL)
_END = r"(?![\s\S])"  # unlike $ it means the very end, in Python and in JSON Schema alike

TypeName = Annotated[str, Meta(pattern=f"^{_TYPE.pattern}{_END}")]
"""Name of a resource type, checked where it is decoded."""

Slug = Annotated[str, Meta(pattern=f"^{_SLUG.pattern}{_END}")]
"""Name of an entitlement within its resource, checked where it is decoded."""


class IdentifierError(ValueError):
    """The text is not an identifier; the message says which part is wrong and shows the form expected."""


def _escape(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPE[found.group()], text)


def _unescape(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        try:
            return {"25": "%", "2f": "/", "23": "#"}[found.group(1).lower()]
        except KeyError:
            raise IdentifierError(
                f"{text!r}: only %25, %2F and %23 may follow a percent sign in an identifier"
            ) from None

    return _UNESCAPE.sub(plain, text)


@since(1, 0)
class ResourceId(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """One resource of a connection: its type and the application's own id.

    ``str()`` gives the text form ``type:id``; ``parse`` reads it back, for any id of Unicode text.
    """

    type: TypeName
    id: Annotated[str, Meta(min_length=1)]

    def __str__(self) -> str:
        return f"{self.type}:{_escape(self.id)}"

    @classmethod
    def parse(cls, text: str) -> "ResourceId":
        """Read ``type:id``; raises IdentifierError."""
        kind, colon, rest = text.partition(":")
        if not colon or not _TYPE.fullmatch(kind) or not rest:
            raise IdentifierError(f"{text!r} is not a resource: expected type:id, such as user:42")
        if "/" in rest or "#" in rest:
            raise IdentifierError(f"{text!r} is not a resource: write / as %2F and # as %23 inside an id")
        try:
            rest.encode()
        except UnicodeEncodeError:
            raise IdentifierError(f"{text!r} is not a resource: its id is not Unicode text") from None
        return cls(type=kind, id=_unescape(rest))


@since(1, 0)
class EntitlementId(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """What one resource offers: the resource and the slug. Text form ``type:id/slug``."""

    resource: ResourceId
    slug: Slug

    def __str__(self) -> str:
        return f"{self.resource}/{self.slug}"

    @classmethod
    def parse(cls, text: str) -> "EntitlementId":
        """Read ``type:id/slug``; raises IdentifierError."""
        resource, slash, slug = text.rpartition("/")
        if not slash or not _SLUG.fullmatch(slug):
            raise IdentifierError(f"{text!r} is not an entitlement: expected type:id/slug, such as group:7/member")
        return cls(resource=ResourceId.parse(resource), slug=slug)


@since(1, 0)
class GrantId(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """Who holds what: the entitlement and the principal. Text form ``type:id/slug#type:id``."""

    entitlement: EntitlementId
    principal: ResourceId

    def __str__(self) -> str:
        return f"{self.entitlement}#{self.principal}"

    @classmethod
    def parse(cls, text: str) -> "GrantId":
        """Read ``type:id/slug#type:id``; raises IdentifierError."""
        entitlement, sharp, principal = text.partition("#")
        if not sharp:
            raise IdentifierError(f"{text!r} is not a grant: expected type:id/slug#type:id")
        return cls(entitlement=EntitlementId.parse(entitlement), principal=ResourceId.parse(principal))
