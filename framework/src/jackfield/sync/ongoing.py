"""A sync while it goes on: its files, whose account it reads, how far it is, and its record."""

import sqlite3
from collections.abc import Callable

import msgspec

from jackfield.errors import OtherTenant
from jackfield.host.configured import Configured
from jackfield.host.connection import Connection
from jackfield.host.imported import demand_not_imported
from jackfield.host.tenants import known_tenant, other_tenant, tenant_name
from jackfield.state import Run, RunStatus
from jackfield.state.lock import Lock
from jackfield.sync.budget import Budget
from jackfield.sync.partial import find_base, open_writer
from jackfield_contracts import Page, Tenant


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a sync is. ``waiting``: requests in flight; ``stage``: reading, sealing or publishing."""

    run: str
    resumed: bool
    requests: int
    pages: int
    rows: int
    waiting: int
    stage: str


class OngoingSync:
    """What the steps of one sync share."""

    def __init__(
        self, configured: Configured, progress: Callable[[Progress], None] | None, accept_tenant: str | None, lock: Lock
    ) -> None:
        self.configured = configured
        self.lock = lock
        self.name = configured.name
        self._progress = progress
        self._pages = 0
        self._rows = 0
        self.connection: Connection | None = None
        # Spoilt: the partial snapshot is damaged or may hold rows of another tenant, so nobody may carry it on. Mixed:
        # it is spoilt since pages of this run told of two tenants.
        self.spoilt = False
        self.mixed = False
        self.accept_tenant = accept_tenant
        demand_not_imported(configured.state, self.name)
        self._known_tenant = accept_tenant or known_tenant(configured.state, self.name)
        self.base, self.damaged = find_base(configured, self._known_tenant, accepted=accept_tenant is not None)
        self.partial = configured.home.partial(self.name, lock.token)
        self.writer, requests = open_writer(configured, self.base, lock.token)
        self.resumed = requests is not None
        self._requests_before = requests or 0
        host = configured.host
        self._budget = Budget(self.writer, self.partial, rows=host.max_snapshot_rows, size=host.max_snapshot_bytes)
        header = self.writer.header()
        self.run = header["run"]
        self.started = header["started"]
        self._tenant = header.get("tenant")

    @property
    def requests(self) -> int:
        """All requests made for this run so far, those before a crash included as far as they were stored."""
        return self._requests_before + (self.connection.http.sent if self.connection else 0)

    @property
    def tenant(self) -> str | None:
        """The account that the rows stored so far are of, as far as a page told."""
        try:
            return self.writer.header().get("tenant")
        except sqlite3.Error:  # closed already, or it is what failed
            return None

    def record(self, status: RunStatus, *, reason: str | None = None) -> Run:
        """The record of the sync as it stands."""
        now = self.configured.clock.now()
        over = status is not RunStatus.RUNNING
        return Run(
            run=self.run,
            connection=self.name,
            connector=self.configured.plugin.name,
            connector_version=self.configured.plugin.version,
            status=status,
            started=self.started,
            finished=now.isoformat(timespec="milliseconds") if over else None,
            requests=self.requests,
            tenant=self.tenant if over else None,
            base=self.base.run.run if self.base else None,
            reason=reason,
            seconds=self.writer.worked,
        )

    def take(self, connection: Connection, page: Page) -> int:
        """Note a page that is about to be stored; the requests made so far.

        Refuses another tenant at once, and what a snapshot has no room for. Raises LeaseLost where it is known that another
        host has taken over.
        """
        self.lock.demand_unless_told()
        if page.tenant is not None:
            self._demand_same(page.tenant)
        self._budget.take(page)
        self._pages += 1
        self._rows += len(page.items)
        self.tell("reading", connection.http.limiter.in_flight)
        return self.requests

    def _demand_same(self, tenant: Tenant) -> None:
        now = f"the connection now reaches {tenant_name(tenant)}"
        if self._known_tenant not in (None, tenant.id):
            self.spoilt = True
            if self.accept_tenant is not None:
                raise OtherTenant(f"{now}, and --accept-tenant says {self.accept_tenant}", connection=self.name)
            raise other_tenant(tenant, self._known_tenant or "", self.name)
        if self._tenant not in (None, tenant.id):
            self.spoilt = self.mixed = True
            raise OtherTenant(
                f"{now}, and reached {self._tenant} when this sync began",
                connection=self.name,
                hint="Nothing of it is kept. Look at the address and the credentials, then sync again.",
            )
        self._tenant = tenant.id

    def demand_accepted(self) -> None:
        """Raise OtherTenant where an account was accepted and the whole sync did not tell whose account it read."""
        if self.accept_tenant is not None and self.tenant is None:
            self.spoilt = True
            raise OtherTenant(
                f"nothing shows that the connection reaches the account {self.accept_tenant}, which was accepted",
                connection=self.name,
                hint="Grant the permission that `jackfield check` names, or name another connection for this account.",
            )

    def tell(self, stage: str, waiting: int = 0) -> None:
        """Tell whoever watches how far the sync is."""
        if self._progress is not None:
            self._progress(
                Progress(
                    run=self.run,
                    resumed=self.resumed,
                    requests=self.requests,
                    pages=self._pages,
                    rows=self._rows,
                    waiting=waiting,
                    stage=stage,
                )
            )
