"""Addresses that may be called: https, or http on this machine, and nothing that makes two readers see two hosts.

Promises that credentials never travel in the clear, judged by the parsed host; hides what makes an address ambiguous.
"""

from ipaddress import IPv4Network, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from jackfield.errors import BadConfig

_LOOPBACK = IPv4Network("127.0.0.0/8")
_LOOPBACK_6 = IPv6Address("::1")
_LONGEST = 16_384


def checked_address(url: str, path: str | None = None) -> str:
    """*url* itself, if it may be called; *path* is the place in the configuration where it stands.

    Raises BadConfig unless it is an https address, or an http one whose host is ``localhost``, ``::1`` or in 127.0.0.0/8:
    elsewhere credentials would travel in the clear. A name or password in it is refused, too. The error shows nothing of it.
    """
    parts = _parts(url)
    if parts is None:
        raise BadConfig("not an address that can be called", path=path, hint="Write it as https://host/path.")
    if "@" in parts.netloc:
        raise BadConfig("the address holds a name or a password; they have no use there", path=path)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise BadConfig(
            "credentials would travel in the clear",
            path=path,
            hint="Use https; http is for localhost, 127.0.0.1 and ::1 only.",
        )
    return url


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine, by what it says itself: no name but ``localhost`` is believed."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address in _LOOPBACK if address.version == 4 else address == _LOOPBACK_6


def _parts(url: str) -> SplitResult | None:
    # Parsers drop some of what can't be seen, each another part of it.
    if not url.isprintable() or url != url.strip() or len(url) > _LONGEST:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    host = parts.netloc
    # Browsers take a backslash for a slash, which ends the host; here it would be a part of it.
    plain = "\\" not in host and " " not in host and "%" not in host
    return parts if parts.scheme in ("http", "https") and parts.hostname and plain else None
