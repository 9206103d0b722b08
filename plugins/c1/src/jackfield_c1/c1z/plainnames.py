"""Names of other programs, made such as types and slugs have here."""

import hashlib
import re
from collections.abc import Callable

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ODD = re.compile(r"[^a-z0-9_-]+")
_MOST = 100
_TYPE = re.compile(r"[a-z][a-z0-9_-]*")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_.-]*")


def is_type(name: str) -> bool:
    """Whether *name* is such as types of resources have."""
    return _TYPE.fullmatch(name) is not None


def is_slug(name: str) -> bool:
    """Whether *name* is such as slugs of entitlements have."""
    return _SLUG.fullmatch(name) is not None


class Names:
    """Names of one kind: the same for the same, another for another; ``renamed`` are those that had to be altered."""

    def __init__(self, fits: Callable[[str], bool], prefix: str) -> None:
        self._fits = fits
        self._prefix = prefix
        self._known: dict[str, str] = {}
        self._taken: set[str] = set()
        self.renamed: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The name to use for *name*."""
        if name in self._known:
            return self._known[name]
        made = name if self._fits(name) else self._altered(name)
        if made in self._taken:
            made = self.apart(made, name)
        self._known[name] = made
        self._taken.add(made)
        if made != name:
            self.renamed[name] = made
        return made

    def apart(self, made: str, name: str) -> str:
        """Another name than *made* for *name*."""
        return f"{made[:_MOST]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    def _altered(self, name: str) -> str:
        plain = _ODD.sub("-", _CAMEL.sub("-", name).lower())[:_MOST]
        return plain if self._fits(plain) else f"{self._prefix}{plain}"
