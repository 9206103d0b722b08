"""What a reviewed table is held against: the record of runs, and the snapshot that the table was made of."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from jackfield.cli.app import App

if TYPE_CHECKING:
    from jackfield.changes.reviewedlines import Expected
    from jackfield.snapshots.reader import Snapshot


@contextmanager
def expected_table(app: App, connection: str) -> Generator["Expected"]:
    """What a table for *connection* has to be, as far as it is known here, for as long as the block lasts."""
    from jackfield.changes.reviewedlines import Expected

    with ExitStack() as stack:
        known = _Known(app, connection, stack)
        yield Expected(connection=connection, owner=known.owner, name=known.name)


class _Known:
    """The runs that are known, and the snapshots of those of the connection, each opened once."""

    def __init__(self, app: App, connection: str, stack: ExitStack) -> None:
        self._app = app
        self._connection = connection
        self._stack = stack
        self._owners: dict[str, str | None] = {}
        self._snapshots: dict[str, Snapshot | None] = {}

    def owner(self, run: str) -> str | None:
        """The connection whose run has the id *run*, None where it is none that is known here."""
        if run not in self._owners:
            self._owners[run] = self._find(run)
        return self._owners[run]

    def _find(self, run: str) -> str | None:
        if not self._app.home.has_database:
            return None
        with self._app.state() as state:
            return next((name for name in state.connections() if state.get(name, run) is not None), None)

    def name(self, run: str, resource: str, column: str) -> str | None:
        """What the snapshot of *run* has of *resource*, which is an identifier, in a *column* of the table; None is unknown."""
        from jackfield.snapshots.principals import facts_of_resource
        from jackfield_contracts import IdentifierError, ResourceId

        if self.owner(run) != self._connection or (snapshot := self._snapshot(run)) is None:
            return None
        try:
            row = snapshot.resource(ResourceId.parse(resource))
        except IdentifierError:
            return None
        if row is None:
            return None
        facts = facts_of_resource(row.resource)
        return {
            "principal_name": facts.name,
            "resource_name": facts.name,
            "principal_login": facts.login,
            "principal_email": facts.email,
            "principal_external_id": facts.external_id,
        }.get(column)

    def _snapshot(self, run: str) -> "Snapshot | None":
        if run not in self._snapshots:
            self._snapshots[run] = self._open(run)
        return self._snapshots[run]

    def _open(self, run: str) -> "Snapshot | None":
        from jackfield.errors import JackfieldError
        from jackfield.snapshots.reader import read_snapshot

        file = self._app.home.snapshot(self._connection, run)
        try:
            return self._stack.enter_context(read_snapshot(file)) if file.is_file() else None
        except JackfieldError:
            return None  # what can't be read contradicts nothing
