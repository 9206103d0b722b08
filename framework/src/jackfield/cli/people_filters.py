"""Filters by what is known of people and groups beside the rows themselves: privileges, absence, and who is left alone.

Promises that unknown is never taken for what is asked for: it is counted, and told.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from jackfield.activity import SignIns, read_sign_ins
from jackfield.cli.app import App
from jackfield.cli.output import note
from jackfield.cli.text import count, moment
from jackfield.config import FindingKind, FindingsSettings
from jackfield.errors import NotFound
from jackfield.findings.known import Known
from jackfield.findings.survey import find
from jackfield.snapshots.reader import Snapshot
from jackfield_contracts import AccountStatus, Purpose, Resource, ResourceId, UserTrait

R = TypeVar("R")


def privileged_people(snapshot: Snapshot) -> frozenset[ResourceId]:
    """Who holds something privileged, inherited or not."""
    return frozenset(_known(snapshot).privileged)


class Away:
    """Who was away, as of the moment until which sign-ins are known; that window is told once."""

    def __init__(self, app: App, connection: str, days: int) -> None:
        """Raises NotFound where no sign-ins are known."""
        known = read_sign_ins(app.home, connection)
        if known is None:
            raise NotFound(
                f"nobody's sign-ins are known of {connection!r}, so that nobody can be called dormant",
                hint=f"`jackfield events {connection}` reads them, where the connector can and its configuration says so.",
            )
        note(window_of(known, f"dormant for {count(days, 'day')} is meant as of then"))
        self._known = known
        self._days = days
        self._unknown = 0

    def only(self, rows: Iterable[R], person: Callable[[R], Resource | None]) -> Iterator[R]:
        """Those of *rows* whose *person* is enabled and was away; of how many it is unknown is told behind the last."""
        unknown: set[ResourceId] = set()
        for row in rows:
            one = person(row)
            if one is None or not isinstance(one.trait, UserTrait) or one.trait.status is not AccountStatus.ENABLED:
                continue
            found = self._known.dormant(one, self._days)
            if found:
                yield row
            elif found is None:
                unknown.add(one.id)
        self._unknown = len(unknown)
        if unknown:
            note(f"of {count(len(unknown), 'more person', 'more people')} it is not known")

    def told(self) -> dict[str, object]:
        """For JSON, once all rows were looked at: of how many it is unknown, and in which time all sign-ins are known."""
        until = self._known.as_of
        window = {"from": self._known.known_from, "until": until} if until is not None else None
        return {"dormant_days": self._days, "unknown": self._unknown, "sign_ins_known": window}

    def last(self, id: ResourceId) -> datetime | None:
        """The last sign-in that is known of somebody."""
        return self._known.last.get(id)


def window_of(known: SignIns, as_of: str) -> str:
    """The time of which all sign-ins are known, in words, with what is to be said of its end."""
    if known.as_of is None:
        return "of no time all sign-ins are known yet"
    known_from, until = (moment(each.isoformat()) for each in (known.known_from, known.as_of))
    return f"all sign-ins are known from {known_from} to {until}; {as_of}"


def person_of(snapshot: Snapshot) -> Callable[[ResourceId], Resource | None]:
    """The resource of a principal, looked up once."""
    found: dict[ResourceId, Resource | None] = {}

    def look(id: ResourceId) -> Resource | None:
        if id not in found:
            row = snapshot.resource(id)
            found[id] = row.resource if row is not None else None
        return found[id]

    return look


def orphans_of(snapshot: Snapshot) -> frozenset[ResourceId]:
    """Groups that nobody is in, and accounts that hold nothing; where that was not seen whole, it is told, and none is one."""
    known = _known(snapshot)
    report = find(known, (FindingKind.EMPTY_GROUP,))
    empty = {one.subject.id for one in report.findings}
    if report.unknown:
        note(f"of {count(len(report.unknown), 'more group')} it is not known whether anybody is in it")
    if any(seal.scope for seal in snapshot.seals(not_whole=True)):
        note("whether an account holds nothing is not known: parts of the snapshot were not seen whole")
        return frozenset(empty)
    rows = snapshot.db.execute(
        "SELECT n.type, n.id FROM resource_row r JOIN node n ON n.key = r.key"
        " WHERE r.data ->> '$.trait.trait' = 'user' AND NOT EXISTS (SELECT 1 FROM grant_row g WHERE g.principal = r.key)"
    )
    return frozenset(empty | {ResourceId(type=type, id=id) for type, id in rows})


def holders_by_resource(
    snapshot: Snapshot, type: str
) -> Callable[[ResourceId], tuple[int | str | None, int | str | None]] | None:
    """By how many a resource of *type* is held and owned directly; *at least*, where not all of it was seen.

    None where these are accounts. Nobody can own what offers no ownership: then that is None.
    """
    accounts = (
        "SELECT 1 FROM resource_row r JOIN node n ON n.key = r.key"
        " WHERE n.type = ? AND r.data ->> '$.trait.trait' = 'user' LIMIT 1"
    )
    if snapshot.db.execute(accounts, (type,)).fetchone() is not None:
        return None
    owned = f"e.data ->> '$.purpose' = '{Purpose.OWNERSHIP.value}'"
    rows = snapshot.db.execute(
        f"SELECT n.id, count(DISTINCT g.principal), count(DISTINCT iif({owned}, g.principal, NULL)), total({owned})"
        " FROM node n JOIN entitlement_row e ON e.resource = n.key LEFT JOIN grant_row g ON g.entitlement = e.key"
        " WHERE n.type = ? GROUP BY n.key",
        (type,),
    )
    found = {id: (holders, owners if ownerships else None) for id, holders, owners, ownerships in rows}
    known = _known(snapshot)

    def of(id: ResourceId) -> tuple[int | str | None, int | str | None]:
        holders, owners = found.get(id.id, (None, None))
        if known.unseen(id) is None:
            return holders, owners
        least = (
            None if number is None else f"at least {number:,}" if number else "unknown" for number in (holders, owners)
        )
        return next(least), next(least)

    return of


def _known(snapshot: Snapshot) -> Known:
    return Known(snapshot, FindingsSettings())
