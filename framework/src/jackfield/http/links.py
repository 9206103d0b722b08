"""The Link header (RFC 8288), read whole or not at all: a link that was passed over would cut a listing short."""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urljoin, urlsplit

from jackfield.errors import RemoteContract

_TARGET = re.compile(r"[\s,]*<([^>]*)>")
_PARAMETER = re.compile(r'\s*;\s*(?:([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?)?')
_END = re.compile(r"\s*(?:,|\Z)")
_NOTHING = re.compile(r"[ \t,]*\Z")
_ESCAPED = re.compile(r"\\(.)")
_PORTS = {"http": 80, "https": 443}


def link(header: str, rel: str) -> str | None:
    """The target of the link of relation *rel*, None without one.

    Raises RemoteContract for a header that can't be read, or that gives two targets.
    """
    targets = {target for target, relations in _links(header) if rel.lower() in relations}
    if len(targets) > 1:
        raise RemoteContract(f"the Link header gives {len(targets)} addresses of relation {rel!r}")
    return next(iter(targets), None)


def _links(header: str) -> Iterator[tuple[str, list[str]]]:
    at = 0
    while _NOTHING.match(header, at) is None:
        found = _TARGET.match(header, at)
        if found is None:
            raise RemoteContract("the Link header can't be read")
        target, at = found.group(1), found.end()
        parameters: dict[str, str] = {}
        while (found := _PARAMETER.match(header, at)) is not None:
            name, quoted, plain = found.groups()
            at = found.end()
            if name:
                value = _ESCAPED.sub(r"\1", quoted) if quoted is not None else plain or ""
                parameters.setdefault(name.lower(), value)  # of several the first counts (3.3)
        end = _END.match(header, at)
        if end is None:
            raise RemoteContract("the Link header can't be read")
        at = end.end()
        # With an anchor it is a link of something else than this page.
        yield target, [] if "anchor" in parameters else parameters.get("rel", "").lower().split()


def same_origin(target: str, address: str) -> str:
    """The path and query of *target*, which may be relative to *address*.

    Raises RemoteContract where it is on another origin: credentials go nowhere else.
    """
    try:
        parts = urlsplit(urljoin(address, target.strip()))
        own = urlsplit(address)
        same = (parts.scheme, parts.hostname, _port(parts)) == (own.scheme, own.hostname, _port(own))
    except ValueError:
        raise RemoteContract("the address of the next page is none") from None
    if not same or parts.username is not None:
        raise RemoteContract(
            f"the next page is at {parts.scheme}://{parts.hostname or ''}, and the API is at {own.scheme}://{own.hostname}",
            hint="Credentials are sent to one origin only; configure the address that the application gives itself.",
        )
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _port(parts: SplitResult) -> int | None:
    return parts.port or _PORTS.get(parts.scheme)
