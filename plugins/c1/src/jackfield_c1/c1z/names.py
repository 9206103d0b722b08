"""The names and times of a ``.c1z`` file, as other programs form them."""

import hashlib
from datetime import UTC, datetime

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_EPOCH = 1_400_000_000
MOST_ID_BYTES = 1024
"""Of an id of a type, a resource, an entitlement or a grant."""


def ksuid(at: datetime, seed: bytes) -> str:
    """A sortable id of 27 characters for the time *at*; the same seed gives the same one."""
    seconds = min(max(int(at.timestamp()) - _EPOCH, 0), 0xFFFF_FFFF)
    number = int.from_bytes(seconds.to_bytes(4, "big") + hashlib.sha256(seed).digest()[:16], "big")
    made = ""
    for _ in range(27):
        number, digit = divmod(number, 62)
        made = _ALPHABET[digit] + made
    return made


def text_of_time(at: datetime) -> str:
    """*at* as text: UTC, without a zone, and without zeros at the end of the fraction."""
    utc = at.astimezone(UTC)
    fraction = f".{utc.microsecond:06d}".rstrip("0") if utc.microsecond else ""
    return f"{utc:%Y-%m-%d %H:%M:%S}{fraction}"


def entitlement_id(type: str, id: str, slug: str) -> str:
    """The id of an entitlement: type, resource and slug joined; hashed where that is too long."""
    plain = f"{type}:{id}:{slug}"
    return plain if _fits(plain) else f"{type}:sha256-{_digest(id)}:{slug}"


def grant_id(entitlement: str, principal_type: str, principal: str) -> str:
    """The id of a grant: entitlement and principal joined; hashed where that is too long."""
    plain = f"{entitlement}:{principal_type}:{principal}"
    return plain if _fits(plain) else f"sha256-{_digest(plain)}"


def plain_grant_id(type: str, id: str, slug: str, principal_type: str, principal: str) -> str:
    """The id of a grant whose joined parts are also those of another one: every part is escaped, or it is hashed."""
    parts = ("bid", "g", f"{_bid(type)}/{_bid(id)}/{_bid(slug)}", f"{_bid(principal_type)}/{_bid(principal)}")
    made = ":".join(parts)
    return made if _fits(made) else f"sha256-{_digest(made)}"


def _bid(part: str) -> str:
    return part.replace("\\", "\\\\").replace("/", "\\/").replace(":", "\\:")


def _fits(id: str) -> bool:
    return len(id) <= MOST_ID_BYTES // 4 or len(id.encode()) <= MOST_ID_BYTES


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
