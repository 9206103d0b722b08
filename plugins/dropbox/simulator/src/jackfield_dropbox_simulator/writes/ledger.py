"""The side effects of the API's writes, counted so that a doubled one shows."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, get_args

Effect = Literal[
    "invitations",
    "welcome_mails",
    "wipes",
    "removals",
    "recoveries",
    "suspensions",
    "unsuspensions",
    "role_changes",
    "profile_changes",
    "group_additions",
    "group_removals",
    "access_changes",
]
"""What is counted; invitations and mails by e-mail in lower case, the others by member id or `group id member id`."""

EFFECTS: tuple[Effect, ...] = get_args(Effect)


class Ledger:
    """Counts write calls and what they did; changes by the control routes are not counted."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forgets everything."""
        self._calls: Counter[str] = Counter()
        self._applied: Counter[str] = Counter()
        self._effects: dict[str, Counter[str]] = {effect: Counter() for effect in EFFECTS}

    def arrived(self, route: str) -> None:
        """Counts a write call that reached the service, whatever becomes of it."""
        self._calls[route] += 1

    def applied(self, route: str) -> None:
        """Counts a write call that was carried out."""
        self._applied[route] += 1

    def count(self, effect: Effect, what: str) -> None:
        """Counts one side effect."""
        self._effects[effect][what] += 1

    def shown(self) -> dict[str, Any]:
        """Totals and counts."""
        return {
            "total_calls": self._calls.total(),
            "calls": dict(self._calls),
            "applied": dict(self._applied),
            **{name: dict(counts) for name, counts in self._effects.items()},
        }
