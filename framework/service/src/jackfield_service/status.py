"""What is known of each connection and service while they run, for health and metrics.

Promises labels of few values and no personal data: the names of connections, and words of our own.
"""

import threading
from datetime import datetime

import msgspec

from jackfield.clock import Clock
from jackfield.errors import BadCredentials, JackfieldError, MissingSecret
from jackfield.state import Run, RunStatus
from jackfield.state.journal import outcome_of
from jackfield_contracts import JournalEntry
from jackfield_service.metrics import Metrics


class ConnectionStatus(msgspec.Struct, kw_only=True):
    """How one connection stands ``since`` it is served; ``seen`` is the newest run, ``failing`` the code of what ended it.

    ``learned`` is when, by the clock that never jumps, something was last published or the connection first seen here.
    ``unusable`` says which secret is not there.
    """

    since: datetime | None = None
    seen: str | None = None
    syncing: bool = False
    published: datetime | None = None
    learned: float | None = None
    run: str | None = None
    complete: bool | None = None
    held: bool = False
    failing: str | None = None
    needs_sign_in: bool = False
    unusable: str | None = None
    next_sync: datetime | None = None
    usual_seconds: float | None = None


class ServiceStatus(msgspec.Struct, kw_only=True):
    """How one service stands: whether it runs, and for each connection whether its other end is reached, and why not."""

    up: bool = False
    why: str = "it has not begun"
    connected: dict[str, tuple[bool, str]] = {}


class Status:
    """Of all connections and services of this host; may be told of by any thread."""

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._guard = threading.Lock()
        self.connections: dict[str, ConnectionStatus] = {}
        self.services: dict[str, ServiceStatus] = {}
        self.configuration: str | None = None
        """What is wrong in the newest configuration, so that an older one goes on; None where nothing is."""

    def of(self, connection: str) -> ConnectionStatus:
        """That of one connection, made if need be."""
        with self._guard:
            return self.connections.setdefault(connection, ConnectionStatus())

    def configured(self, wrong: str | None) -> None:
        """The configuration was read anew, and taken up but where something is *wrong* in it."""
        self.configuration = wrong
        self._metrics.configured(taken=wrong is None)

    def forget(self, connections: set[str]) -> None:
        """Forget all connections but these."""
        with self._guard:
            for name in self.connections.keys() - connections:
                del self.connections[name]
                self._metrics.forget(name)

    def known(self, connection: str, run: Run) -> None:
        """The last published run, as the record has it."""
        one = self.of(connection)
        if one.run != run.run:
            one.learned = self._clock.monotonic()
        one.published = datetime.fromisoformat(run.finished or run.started)
        one.run, one.complete = run.run, run.complete
        self._metrics.published(connection, one.published.timestamp(), complete=run.complete)

    def recorded(self, connection: str, run: Run | None) -> None:
        """The newest run of the record, which another process or an earlier start may have made; None if there is none."""
        one = self.of(connection)
        if run is None or one.syncing or one.seen == run.run:
            return
        if one.seen is not None and datetime.fromisoformat(run.started) > self._clock.now():
            return  # by a clock that has gone back since; what was seen here is newer
        one.seen = run.run
        one.held = run.status is RunStatus.HELD
        one.failing = run.failure if run.status is RunStatus.FAILED else None
        if run.failure == BadCredentials.code:
            self.signed_in(connection, ok=False)
        elif run.status in (RunStatus.PUBLISHED, RunStatus.HELD):
            self.signed_in(connection, ok=True)

    def expect(self, connection: str, *, changes: bool) -> None:
        """Begin the series of a connection at 0, so that the first of anything is seen as one more."""
        one = self.of(connection)
        if one.since is None:
            one.since, one.learned = self._clock.now(), self._clock.monotonic()
            self._metrics.expect(connection, changes=changes)

    def planned(self, connection: str, due: datetime | None, usual: float | None) -> None:
        """When the next sync is due, None for never."""
        one = self.of(connection)
        one.next_sync, one.usual_seconds = due, usual
        self._metrics.planned(connection, due.timestamp() if due is not None else 0.0)

    def sync_begins(self, connection: str) -> None:
        """A sync has begun."""
        self.of(connection).syncing = True

    def sync_stopped(self, connection: str) -> None:
        """A sync was stopped, and goes on later."""
        self.of(connection).syncing = False

    def sync_failed(self, connection: str, error: JackfieldError) -> None:
        """A sync could not begin, or ended with an error."""
        one = self.of(connection)
        one.syncing, one.failing = False, error.code
        if isinstance(error, MissingSecret):
            self.usable(connection, error.told)
        self._sign_in(connection, error)
        self._metrics.synced(connection, "failed", None, 0)

    def sync_ended(self, connection: str, run: Run, error: JackfieldError | None) -> None:
        """A sync has a record."""
        one = self.of(connection)
        one.syncing, one.seen = False, run.run
        one.failing = error.code if error is not None else None
        one.held = run.status is RunStatus.HELD
        self._sign_in(connection, error)
        if run.status is RunStatus.PUBLISHED:
            self.known(connection, run)
        self._metrics.synced(connection, run.status.value, run.seconds, run.requests)

    def usable(self, connection: str, why_not: str | None) -> None:
        """Whether the secrets of a connection are there, and which is not."""
        one = self.of(connection)
        if why_not is None and one.failing == MissingSecret.code:
            one.failing = None
        one.unusable = why_not
        self._metrics.usable(connection, usable=why_not is None)

    def signed_in(self, connection: str, *, ok: bool) -> None:
        """Whether the sign-in works."""
        self.of(connection).needs_sign_in = not ok
        self._metrics.needs_sign_in(connection, needs=not ok)

    def changed(self, connection: str, entry: JournalEntry) -> None:
        """A change has ended, or is pending."""
        outcome = outcome_of(entry)
        kind = str(msgspec.to_builtins(entry.change).get("kind", "change"))
        self._metrics.changed(connection, kind, outcome.outcome.value if outcome is not None else "undecided")

    def undecided(self, connection: str, number: int) -> None:
        """How many changes are undecided."""
        self._metrics.undecided(connection, number)

    def service(self, name: str) -> ServiceStatus:
        """That of one service, made if need be."""
        with self._guard:
            return self.services.setdefault(name, ServiceStatus())

    def service_up(self, name: str, *, up: bool, why: str = "") -> None:
        """Whether a service runs, and why not."""
        one = self.service(name)
        one.up, one.why = up, why
        self._metrics.service(name, up=up)

    def connected(self, service: str, connection: str, *, ok: bool, why: str) -> None:
        """Whether a service reaches its other end."""
        self.service(service).connected[connection] = (ok, why)
        self._metrics.connected(connection, ok=ok)

    def count_task(self, connection: str, task: str, result: str) -> None:
        """One task of a service was carried out."""
        self._metrics.task(connection, task, result)

    def _sign_in(self, connection: str, error: JackfieldError | None) -> None:
        if isinstance(error, BadCredentials):
            self.signed_in(connection, ok=False)
        elif error is None:
            self.signed_in(connection, ok=True)
