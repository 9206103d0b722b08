"""All connections that are configured or imported as they stand, by the configuration and the record of syncs. No request.

Promises that one connection which can't be used hides no other, and that what is not known stands there as unknown.
"""

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from jackfield.cli.app import App
from jackfield.cli.guards import allowed_text, guards_of, limits_text
from jackfield.cli.text import age, count
from jackfield.config import connection_names
from jackfield.errors import JackfieldError
from jackfield.snapshots.reader import read_snapshot
from jackfield.state import Run, RunStatus, is_taken


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """One connection. Times are UTC, ISO 8601; None is unknown, or that there is none.

    ``imported``: its snapshots were made of files, and it is not configured. ``problem`` is why it can't be used as it is
    configured. ``sign_in_needed`` is by the last sync that tells.
    """

    connection: str
    connector: str | None = None
    problem: str | None = None
    tenant: str | None = None
    tenant_name: str | None = None
    last_sync: Run | None = None
    syncing: bool = False
    snapshot: Run | None = None
    imported: bool = False
    sign_in_needed: bool | None = None
    undecided_changes: int = 0
    provisioning: bool | None = None
    read_only: bool | None = None
    require_reason: bool | None = None
    limits: dict[str, int] = {}
    protected: tuple[str, ...] = ()

    def document(self) -> dict[str, object]:
        """The one object that ``--output json`` prints of it."""
        made = {name: getattr(self, name) for name in self.__struct_fields__}
        made["last_sync"] = _run(self.last_sync)
        made["snapshot"] = _run(self.snapshot)
        return made

    def cells(self, app: App) -> tuple[Any, ...]:
        """The cells of ``COLUMNS``."""
        snapshot = self.snapshot
        return (
            self.connection,
            self.connector,
            self.tenant_name or self.tenant,
            age(snapshot.taken, app.clock.now()) if snapshot and snapshot.taken else "unknown" if snapshot else "never",
            snapshot.complete if snapshot else None,
            self.changes(),
            len(self.protected),
            self.state(),
        )

    def state(self) -> str:
        """How it stands, in words: the first of what somebody has to do."""
        if self.problem is not None:
            return f"can't be used: {self.problem}"
        if self.imported:
            return "imported"
        if self.sign_in_needed:
            return "sign-in needed"
        if self.syncing:
            return "a sync is running"
        if self.last_sync is None:
            return "no sync yet"
        if self.last_sync.status is RunStatus.FAILED:
            return f"the last sync failed: {self.last_sync.reason or 'no reason is known'}"
        if self.last_sync.status is RunStatus.INTERRUPTED:
            return "the last sync was interrupted"
        if self.last_sync.status is RunStatus.HELD:
            return f"held: {self.last_sync.run}"
        if self.undecided_changes:
            return f"{count(self.undecided_changes, 'change')} undecided"
        return "ready"

    def changes(self) -> str:
        """Whether changes may be made through it."""
        if self.provisioning is None:
            return ""
        return allowed_text(provisioning=self.provisioning, read_only=bool(self.read_only))


COLUMNS = ("connection", "connector", "account", "snapshot", "complete", "changes", "protected", "state")

CSV = (
    *("connection", "connector", "tenant", "tenant_name", "problem", "sign_in_needed", "last_sync", "last_sync_status"),
    *("snapshot", "taken", "complete", "undecided_changes", "provisioning", "read_only", "require_reason", "limits"),
    *("protected", "imported"),
)


def csv_cells(one: Overview) -> tuple[Any, ...]:
    """The cells of ``CSV``."""
    last, snapshot = one.last_sync, one.snapshot
    return (
        *(one.connection, one.connector, one.tenant, one.tenant_name, one.problem, one.sign_in_needed),
        *((last.run, last.status.value) if last else (None, None)),
        *((snapshot.run, snapshot.taken, snapshot.complete) if snapshot else (None, None, None)),
        *(one.undecided_changes, one.provisioning, one.read_only, one.require_reason),
        limits_text(one.limits),
        " ".join(one.protected),
        one.imported,
    )


def overviews(app: App, names: Iterable[str] | None = None) -> list[Overview]:
    """Each connection of *names*, or all that are configured or imported, in alphabetical order.

    Raises BadConfig for an unknown one.
    """
    wanted = sorted({*connection_names(app.settings), *imported_names(app)}) if names is None else tuple(names)
    return [_overview(app, name) for name in wanted]


def imported_names(app: App) -> list[str]:
    """The connections whose snapshots were imported, and that are not configured."""
    if not app.has_state:
        return []
    with app.state() as state:
        return [
            name
            for name in state.connections()
            if name not in app.settings.connections and any(run.imported for run in state.history(name, 1))
        ]


def _overview(app: App, name: str) -> Overview:
    found = Overview(connection=name, **_history(app, name))
    connector = app.settings.connections.get(name, {}).get("connector")
    if isinstance(connector, str):
        found = msgspec.structs.replace(found, connector=str(connector))
    elif name not in app.settings.connections:
        if found.snapshot is not None and found.snapshot.imported:
            return msgspec.structs.replace(
                found, imported=True, connector=found.snapshot.connector, sign_in_needed=None, limits={}
            )
        app.settings.connection(name)
    try:
        settings = app.settings.connection(name)
        found = msgspec.structs.replace(found, **cast("dict[str, Any]", guards_of(settings.host)))
        app.connector_config(settings, app.plugin(settings))
    except JackfieldError as error:
        return msgspec.structs.replace(found, problem=app.redactor.text(error.summary))
    return found


def _history(app: App, name: str) -> dict[str, Any]:
    if not app.has_state:
        return {}
    with app.state() as state:
        history = state.history(name)
        latest = next(iter(state.published(name, 1)), None)
        undecided = len(state.changes(name, undecided=True, limit=None))
        syncing = is_taken(app.home, state, name, "sync")
    last = next((run for run in history if run.status is not RunStatus.RUNNING), None)
    return {
        "last_sync": last,
        "syncing": syncing,
        "snapshot": latest,
        "sign_in_needed": _sign_in(history),
        "undecided_changes": undecided,
        "tenant": latest.tenant if latest else None,
        "tenant_name": _tenant_name(app, latest) if latest else None,
    }


def _sign_in(history: Iterable[Run]) -> bool | None:
    """Whether the newest sync that tells was refused its sign-in."""
    for run in history:
        if run.failure == "bad_credentials":
            return True
        if run.status in (RunStatus.PUBLISHED, RunStatus.HELD):
            return False
    return None


def _tenant_name(app: App, run: Run) -> str | None:
    try:
        with read_snapshot(app.home.snapshot(run.connection, run.run)) as snapshot:
            return snapshot.header.tenant_name
    except JackfieldError:
        return None  # the file is gone or damaged; `jackfield verify` tells of it


def _run(run: Run | None) -> dict[str, object] | None:
    if run is None:
        return None
    return {
        "run": run.run,
        "status": run.status.value,
        "complete": run.complete,
        "started": run.started,
        "finished": run.ended,
        "taken": run.taken if run.sha256 else None,
        "failure": run.failure,
        "reason": run.reason,
    }
