"""An application in memory that can be changed: lost requests and answers, lag, jobs, and counters."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from jackfield.errors import JackfieldError, Transient
from jackfield_contracts import AccountStatus, EntitlementId, ResourceId


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 1, 12, tzinfo=UTC)
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.time += timedelta(seconds=seconds)


class Person(msgspec.Struct):
    """One account."""

    login: str
    status: AccountStatus = AccountStatus.ENABLED
    name: str = ""
    word: str = ""
    """The application's own word for the status, where it is another than ours."""


class Office:
    """What is true: people, groups with members and owners, at most one role each."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.people = {f"u{n}": Person(login=f"u{n}@x.org", name=f"Person {n}") for n in range(1, 10)}
        self.groups: dict[str, dict[str, str]] = {"g1": {"u1": "owner", "u2": "member"}, "g2": {}, "frozen": {}}
        self.roles: dict[str, str] = {"u1": "admin"}
        self.calls: Counter[str] = Counter()
        self.effects: Counter[str] = Counter()
        self.lag = 0.0
        self.jobs: dict[str, tuple[float, Callable[[], None]]] = {}
        self.by_job = False
        self.ids: list[tuple[str, ...]] = []
        self.job_takes = 5.0
        self.stumbles: list[str] = []
        """What befalls the next writing calls: ``before`` loses the request, ``after`` the answer, ``busy`` too, as a pause that
        is asked for, and empty nothing."""
        self.breaks: BaseException | None = None
        """Ends the next writing call in its middle: after the first of several effects, or before groups are joined."""
        self.unread: list[JackfieldError | None] = []
        """What befalls the next reads; None is nothing."""
        self._past: list[tuple[float, dict[str, dict[str, str]], dict[str, str], dict[str, Person]]] = []

    def stumble(self) -> str:
        """What befalls this call; raises where its request is lost."""
        what = self.stumbles.pop(0) if self.stumbles else ""
        if what == "before":
            raise Transient("the request was lost")
        return what

    def middle(self) -> None:
        """The middle of a writing call."""
        breaks, self.breaks = self.breaks, None
        if breaks is not None:
            raise breaks

    def changed(self, kind: str) -> None:
        self.effects[kind] += 1

    def remember(self) -> None:
        """Keep what lagging reads show."""
        people = {id: msgspec.structs.replace(person) for id, person in self.people.items()}
        groups = {id: dict(members) for id, members in self.groups.items()}
        self._past.append((self.clock.monotonic(), groups, dict(self.roles), people))

    def seen(self) -> tuple[dict[str, dict[str, str]], dict[str, str], dict[str, Person]]:
        """What a read shows now."""
        since = [then for then in self._past if self.clock.monotonic() - then[0] < self.lag]
        return since[0][1:] if since else (self.groups, self.roles, self.people)


def group(id: str, slug: str) -> EntitlementId:
    return EntitlementId(resource=ResourceId(type="group", id=id), slug=slug)


def role(id: str) -> EntitlementId:
    return EntitlementId(resource=ResourceId(type="role", id=id), slug="member")


def user(id: str) -> ResourceId:
    return ResourceId(type="user", id=id)
