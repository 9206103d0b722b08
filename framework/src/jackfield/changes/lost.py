"""What an account lost when it was disabled through Jackfield, by the journal: enabling it does not give that back.

Promises no request, and one question to the journal for many accounts.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

import msgspec

from jackfield.changes.kinds.registry import kind_of
from jackfield.changes.session import Session
from jackfield.state.journal import JournalFilter
from jackfield_contracts import EntitlementId, JournalEntry, OutcomeKind, ResourceId

_AT_ONCE = 500
"""Accounts in one question to the journal, far below what a database takes."""


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """What went ``at`` (UTC, ISO 8601) with an account: entitlements, and what was done beside that can't be undone."""

    at: str
    ends: tuple[EntitlementId, ...] = ()
    effects: tuple[str, ...] = ()

    @property
    def when(self) -> str:
        """The time for people."""
        return f"{datetime.fromisoformat(self.at):%Y-%m-%d %H:%M} UTC"


def lost_by(session: Session, takers: Mapping[ResourceId, Collection[str]]) -> dict[ResourceId, Lost]:
    """What each account lost by the last of its *takers*, which are names of actions, and has not got again since.

    Only a change through Jackfield tells: of an account that was disabled elsewhere after that, nothing is known.
    """
    found: dict[ResourceId, Lost] = {}
    again: dict[ResourceId, set[EntitlementId]] = {}
    ended: set[ResourceId] = set()
    for entry in _newest_first(session, list(takers)):
        outcome, who = entry.outcome, entry.before.account
        if who is None or who not in takers or who in ended:
            continue
        if outcome is None or outcome.outcome is not OutcomeKind.CHANGED:
            continue
        action = kind_of(entry.change).action(entry.change)
        if action in takers[who]:
            ended.add(who)
            left = tuple(id for id in entry.ends if id not in again.get(who, ()))
            if left or entry.effects:
                found[who] = Lost(at=entry.settled or entry.intended, ends=left, effects=entry.effects)
        elif entry.before.status is not None and entry.after is not None and entry.before.status != entry.after.status:
            ended.add(who)  # it was enabled since: who disabled it again is not known here
        elif entry.after is not None:
            again.setdefault(who, set()).update(entry.after.held)
    return found


def _newest_first(session: Session, accounts: list[ResourceId]) -> Iterator[JournalEntry]:
    for start in range(0, len(accounts), _AT_ONCE):
        wanted = JournalFilter(
            connection=session.connection.name,
            outcome=OutcomeKind.CHANGED,
            people=tuple(accounts[start : start + _AT_ONCE]),
        )
        yield from (each for each in session.state.each_change(wanted) if session.tenant_match.is_of(each.tenant))
