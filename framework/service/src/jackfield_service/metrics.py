"""Metrics in the form of Prometheus; the names are those that the alert rules and the dashboard use."""

from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from jackfield_contracts import OutcomeKind

_KINDS = ("grant", "revoke", "create_account", "delete_account", "action")
_SECONDS = (0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


class Metrics:
    """All metrics of this host."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        of = ["connection"]
        self._syncs = Counter("jackfield_sync", "Syncs by what became of them.", [*of, "status"], registry=registry)
        self._seconds = Histogram(
            "jackfield_sync_seconds", "How long syncs take.", of, buckets=_SECONDS, registry=registry
        )
        self._requests = Counter("jackfield_requests", "Requests of syncs to the application.", of, registry=registry)
        self._published = Gauge(
            "jackfield_last_published_timestamp_seconds", "When the last snapshot was published.", of, registry=registry
        )
        self._complete = Gauge(
            "jackfield_snapshot_complete", "Whether the last published snapshot is complete.", of, registry=registry
        )
        self._next = Gauge(
            "jackfield_next_sync_timestamp_seconds", "When the next sync is due; 0 for never.", of, registry=registry
        )
        self._sign_in = Gauge(
            "jackfield_needs_sign_in", "Whether an administrator has to consent anew.", of, registry=registry
        )
        self._usable = Gauge(
            "jackfield_connection_usable", "Whether all secrets of a connection are there.", of, registry=registry
        )
        self._changes = Counter("jackfield_changes", "Changes by outcome.", [*of, "kind", "outcome"], registry=registry)
        self._undecided = Gauge(
            "jackfield_changes_undecided", "Changes whose outcome is not known yet.", of, registry=registry
        )
        self._configured = Gauge(
            "jackfield_configuration_taken",
            "Whether the newest configuration is in force; 0 where something is wrong in it.",
            registry=registry,
        )
        self._configured.set(1)
        self._services = Gauge("jackfield_service_up", "Whether a service runs.", ["service"], registry=registry)
        self._connected = Gauge(
            "jackfield_uplink_connected", "Whether a service reaches its other end.", of, registry=registry
        )
        self._tasks = Counter(
            "jackfield_tasks", "Tasks of services by result.", [*of, "task", "result"], registry=registry
        )

    def text(self) -> bytes:
        """All of them as they are now, in Prometheus' text form."""
        return generate_latest(self._registry)

    def expect(self, connection: str, *, changes: bool) -> None:
        """Begin the series of a connection, so that the first of anything is an increase."""
        for status in ("published", "held", "failed"):
            self._syncs.labels(connection, status)
        self._requests.labels(connection)
        self._published.labels(connection)
        self._undecided.labels(connection)
        self._sign_in.labels(connection)
        self._usable.labels(connection).set(True)
        if changes:
            for kind in _KINDS:
                for outcome in OutcomeKind:
                    self._changes.labels(connection, kind, outcome.value)

    def forget(self, connection: str) -> None:
        """A connection is no longer configured; its counters stay."""
        for gauge in (
            self._published,
            self._complete,
            self._next,
            self._sign_in,
            self._usable,
            self._undecided,
            self._connected,
        ):
            with suppress(KeyError):  # it has no such series yet
                gauge.remove(connection)

    def synced(self, connection: str, status: str, seconds: float | None, requests: int) -> None:
        """One sync has ended so."""
        self._syncs.labels(connection, status).inc()
        self._requests.labels(connection).inc(requests)
        if seconds is not None:
            self._seconds.labels(connection).observe(seconds)

    def published(self, connection: str, at: float, *, complete: bool) -> None:
        """A snapshot is published."""
        self._published.labels(connection).set(at)
        self._complete.labels(connection).set(complete)

    def planned(self, connection: str, at: float) -> None:
        """When the next sync is due."""
        self._next.labels(connection).set(at)

    def needs_sign_in(self, connection: str, *, needs: bool) -> None:
        """Whether the sign-in fails."""
        self._sign_in.labels(connection).set(needs)

    def usable(self, connection: str, *, usable: bool) -> None:
        """Whether all secrets of a connection are there."""
        self._usable.labels(connection).set(usable)

    def changed(self, connection: str, kind: str, outcome: str) -> None:
        """One change has ended so."""
        self._changes.labels(connection, kind, outcome).inc()

    def undecided(self, connection: str, number: int) -> None:
        """How many changes are undecided."""
        self._undecided.labels(connection).set(number)

    def configured(self, *, taken: bool) -> None:
        """Whether the newest configuration is in force."""
        self._configured.set(taken)

    def service(self, name: str, *, up: bool) -> None:
        """Whether a service runs."""
        self._services.labels(name).set(up)

    def connected(self, connection: str, *, ok: bool) -> None:
        """Whether a service reaches its other end."""
        self._connected.labels(connection).set(ok)

    def task(self, connection: str, task: str, result: str) -> None:
        """One task was carried out."""
        self._tasks.labels(connection, task, result).inc()
