"""The team's event log: what was logged, and when it comes to be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from .model import Member

Actor = Literal["user", "admin"]


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """One event: what happened to `member` at the moment `at`, and from when on it can be read (both in seconds)."""

    type: str
    category: str
    description: str
    member: Member
    at: float
    arrives: float
    number: int
    actor: Actor = "user"
    by: Member | None = None

    @property
    def timestamp(self) -> str:
        """When it happened, as Dropbox writes a time."""
        return datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


KINDS: dict[str, tuple[str, str, str]] = {
    "sign_in": ("login_success", "logins", "Signed in"),
    "sign_in_failed": ("login_fail", "logins", "Failed to sign in"),
    "sign_out": ("logout", "logins", "Signed out"),
    "sign_in_as": ("sign_in_as_session_start", "logins", "Started admin sign-in-as session"),
    "add_to_group": ("group_add_member", "groups", "Added team members to group"),
}
"""What a test logs by name: the event's type, category and description."""


class EventLog:
    """All events. Those that have arrived stay in their order, whatever is logged later."""

    def __init__(self) -> None:
        self._events: list[Logged] = []

    def add(
        self, kind: str, member: Member, *, now: float, ago: float, delay: float, actor: Actor, by: Member | None
    ) -> Logged:
        """Log that something happened *ago* seconds ago, to be read *delay* seconds from now."""
        type, category, description = KINDS[kind]
        event = Logged(
            type=type,
            category=category,
            description=description,
            member=member,
            at=now - ago,
            arrives=now + delay,
            number=len(self._events),
            actor=actor,
            by=by,
        )
        self._events.append(event)
        return event

    def arrived(self, now: float, category: str = "", since: float = 0.0) -> list[Logged]:
        """Those of *category* (all: empty) that happened at *since* or later and can be read by *now*, as they arrived."""
        found = [
            each
            for each in self._events
            if each.arrives <= now and category in ("", each.category) and each.at >= since
        ]
        return sorted(found, key=lambda each: (each.arrives, each.number))
