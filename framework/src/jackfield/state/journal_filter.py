"""Which entries of the journal somebody wants to see, as a condition of its table."""

from datetime import UTC, datetime

import msgspec

from jackfield.state.sql import Sql
from jackfield_contracts import JournalStatus, OutcomeKind, ResourceId


class JournalFilter(msgspec.Struct, frozen=True, kw_only=True):
    """All of what is given has to fit. *undecided*: whose outcome is not known, or goes on.

    ``people`` are accounts that the change is about, ``logins`` logins that they had (in small letters): either is enough.
    ``kind`` is one that limits count, such as *revoke*.
    """

    connection: str | None = None
    undecided: bool = False
    since: datetime | None = None
    until: datetime | None = None
    plan: str | None = None
    actor: str | None = None
    outcome: OutcomeKind | None = None
    kind: str | None = None
    people: tuple[ResourceId, ...] | None = None
    logins: tuple[str, ...] = ()

    def condition(self, db: Sql) -> tuple[str, list[str]]:
        """The condition in the SQL of *db*, and its values."""
        found: list[tuple[str, tuple[str, ...]]] = []
        if self.connection is not None:
            found.append(("connection = ?", (self.connection,)))
        if self.undecided:
            found.append(("status <> ?", (JournalStatus.SETTLED.value,)))
        if self.since is not None:
            found.append(("intended >= ?", (moment(self.since),)))
        if self.until is not None:
            found.append(("intended <= ?", (moment(self.until),)))
        if self.plan is not None:
            found.append(("plan = ?", (self.plan,)))
        if self.actor is not None:
            found.append((f"{db.text_at('entry', 'actor')} = ?", (self.actor,)))
        if self.outcome is not None:
            # What the application answered is no outcome before a read has settled it.
            answered = db.text_at("entry", "outcome", "outcome")
            found.append((f"status <> ? AND {answered} = ?", ("intent", self.outcome.value)))
        if self.kind is not None:
            found.append((f"EXISTS (SELECT 1 FROM {db.texts_at('entry', 'kinds')} WHERE value = ?)", (self.kind,)))
        if self.people is not None:
            found.append(self._about(db))
        return " AND ".join(f"({text})" for text, _ in found) or "1 = 1", [
            each for _, values in found for each in values
        ]

    def _about(self, db: Sql) -> tuple[str, tuple[str, ...]]:
        parts: list[str] = ["0 = 1"]
        values: list[str] = []
        people = tuple(f"{each.type}:{each.id}" for each in self.people or ())
        for side in ("before", "after"):
            kind, id = (db.text_at("entry", side, "account", name) for name in ("type", "id"))
            login = db.text_at("entry", side, "login")
            for expression, wanted in (
                (f"coalesce({kind} || ':' || {id}, '')", people),
                (f"lower(coalesce({login}, ''))", self.logins),
            ):
                if wanted:
                    parts.append(f"{expression} IN ({', '.join('?' * len(wanted))})")
                    values += wanted
        return " OR ".join(parts), tuple(values)


def moment(time: datetime) -> str:
    """A time as the journal writes it, so that texts are in the order of time."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")
