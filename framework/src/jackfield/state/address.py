"""Where the state is, if not in a file: the address of a PostgreSQL database that several hosts share.

Promises that the password in it is in no repr and no message.
"""

import re
from urllib.parse import unquote, urlsplit

import msgspec

from jackfield.config.secrets import Secret
from jackfield.errors import BadConfig

TERM = 15.0
"""Seconds after which a lock ends that its holder has not renewed."""
_SCHEMES = ("postgresql", "postgres")
_HIDDEN = re.compile(r"(?:^|&)password=")
"""A password where it is not looked for to be taken out of messages."""
_SHORTEST, _LONGEST = 2.0, 600.0


class DatabaseAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A database and how long its locks last: ``term`` seconds after they were last renewed."""

    url: Secret
    term: float = TERM

    @property
    def shown(self) -> str:
        """The address without user, password and options."""
        parts = urlsplit(self.url.reveal())
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def password(self) -> Secret | None:
        """The password that stands in the address, if any."""
        parts = urlsplit(self.url.reveal())
        return Secret(unquote(parts.password)) if parts.password else None


def parse_address(url: str, *, term: str | None = None, path: str) -> DatabaseAddress:
    """The database at *url*; raises BadConfig, which shows nothing of it, where it is none. *path* names its origin."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in _SCHEMES and not parts.fragment and not _HIDDEN.search(parts.query)
    except ValueError:
        sound = False
    if not sound:
        raise BadConfig(
            "this is no address of a PostgreSQL database",
            path=path,
            hint="It looks so: postgresql://USER:PASSWORD@HOST:5432/DATABASE, with special characters as %40.",
        )
    return DatabaseAddress(url=Secret(url), term=_seconds(term) if term else TERM)


def _seconds(term: str) -> float:
    try:
        seconds = float(term)
    except ValueError:
        seconds = -1.0
    if not _SHORTEST <= seconds <= _LONGEST:
        raise BadConfig(
            f"a lock can't last {term!r} seconds",
            path="$JACKFIELD_LEASE_SECONDS",
            hint=f"Give a number from {_SHORTEST:.0f} to {_LONGEST:.0f}; it is {TERM:.0f} where nothing is given.",
        )
    return seconds
