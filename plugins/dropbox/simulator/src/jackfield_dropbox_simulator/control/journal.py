"""The record of requests, in memory and, if asked, in a file."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from ..faults.kinds import TOKEN
from ..wire.cursors import CursorCodec


class Entry(msgspec.Struct, kw_only=True):
    """One request: its place in the order of arrival, and what became of it (status 0: no answer)."""

    index: int
    route: str
    status: int
    faults: list[str]
    argument_digest: str
    cursor_fingerprint: str | None
    asked: str


class _Continue(msgspec.Struct):
    cursor: str


class Journal:
    """Counts every request to `/2/` and to the token endpoint since the last reset."""

    def __init__(self, codec: CursorCodec, record: str = "") -> None:
        self._codec = codec
        self._file = Path(record).open("ab", buffering=0) if record else None  # noqa: SIM115
        self.entries: list[Entry] = []
        self._next = 0
        self._in_flight = 0
        self._most_in_flight = 0

    def arrive(self) -> int:
        """Counts a request that arrives and gives its index."""
        self._in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self._in_flight)
        self._next += 1
        return self._next - 1

    def leave(self) -> None:
        """Notes that a request is no longer under way."""
        self._in_flight -= 1

    def note(self, index: int, route: str, request: bytes, status: int, response: bytes, faults: list[str]) -> None:
        """Keeps what became of a request."""
        secret = route == TOKEN
        cursor = None if secret else _cursor(request)
        entry = Entry(
            index=index,
            route=route,
            status=status,
            faults=faults,
            argument_digest="" if secret else _digest(request),
            cursor_fingerprint=None if cursor is None else self._fingerprint(cursor),
            asked=_grant_type(request) if secret else "",
        )
        self.entries.append(entry)
        if self._file is not None and not secret:
            line = {
                "index": index,
                "route": route,
                "request": request.decode(errors="replace"),
                "status": status,
                "answer": response.decode(errors="replace"),
                "faults": faults,
            }
            self._file.write(msgspec.json.encode(line) + b"\n")

    def reset(self) -> None:
        """Forgets all requests; the index starts at 0 again."""
        self.entries = []
        self._next = 0
        self._most_in_flight = self._in_flight

    def shown(self) -> dict[str, Any]:
        """Totals and the list of requests by index."""
        ordered = sorted(self.entries, key=lambda entry: entry.index)
        return {
            "total": self._next,
            "per_route": dict(Counter(entry.route for entry in ordered)),
            "per_status": dict(Counter(str(entry.status) for entry in ordered)),
            "token_refreshes": sum(entry.asked == "refresh_token" for entry in ordered),
            "token_exchanges": sum(entry.asked == "authorization_code" for entry in ordered),
            "in_flight": self._in_flight,
            "most_in_flight": self._most_in_flight,
            "requests": ordered,
        }

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()

    def _fingerprint(self, text: str) -> str:
        # Two cursors for the same position look different; their fingerprints are the same.
        known = self._codec.decode(text)
        return _digest(text.encode() if known is None else msgspec.json.encode(known))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=6).hexdigest()


def _cursor(request: bytes) -> str | None:
    if b'"cursor"' not in request:
        return None
    try:
        return msgspec.json.decode(request, type=_Continue).cursor
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _grant_type(request: bytes) -> str:
    for grant_type in ("refresh_token", "authorization_code"):
        if f"grant_type={grant_type}".encode() in request:
            return grant_type
    return ""
