"""Connections whose snapshots were imported from files, and those that read an application: never both under one name.

Promises that no sync builds upon an imported snapshot, no change is judged by one, and none takes the place of what was read.
"""

from jackfield.errors import BadConfig, OtherTenant
from jackfield.state import State
from jackfield.state.runs import IMPORT


def demand_not_imported(state: State, connection: str) -> None:
    """Raise BadConfig where the snapshots of *connection* were imported: it is not to be read or changed under that name."""
    if any(run.imported for run in state.history(connection, 1)):
        raise BadConfig(
            f"the snapshots of {connection!r} were imported from files, and it is not read from an application",
            path=f"connections.{connection}",
            hint=(
                "Give the connection that reads the application another name; `jackfield diff NAME --with"
                f" {connection}` compares the two."
            ),
        )


def demand_importable(state: State, connection: str, configured: bool) -> None:
    """Raise BadConfig where *connection* is one that reads an application, or was."""
    hint = "Import it under a name of its own; `jackfield diff NAME --with OTHER` compares two connections."
    if configured:
        raise BadConfig(
            f"{connection!r} is a connection that is read from its application", path="--connection", hint=hint
        )
    if any(not run.imported for run in state.history(connection)) or state.changes(connection, limit=1):
        raise BadConfig(f"{connection!r} has snapshots or changes of an application", path="--connection", hint=hint)


def demand_same_tenant(state: State, connection: str, tenant: str) -> None:
    """Raise OtherTenant where what was imported for *connection* before is of another account than *tenant*."""
    for run in state.published(connection, 1):
        if run.tenant not in (None, tenant):
            raise OtherTenant(
                f"the file is of the account {tenant}, and what was imported before of {run.tenant}",
                connection=connection,
                hint="Import it under another name.",
            )


def connector_of(format: str) -> str:
    """What stands in the place of a connector's name for an import of *format*; no connector can be called so."""
    return f"{IMPORT}{format}"
